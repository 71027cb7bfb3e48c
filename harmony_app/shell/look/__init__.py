"""How everything looks: theme, figures, tables, numbers and times."""

from harmony_app.shell.look.figures import (
    FONT,
    PaletteName,
    sequential_palette,
    style_figure,
)
from harmony_app.shell.look.formats import (
    MISSING,
    NO_BREAK,
    Quantity,
    count,
    joined,
    number,
    percent,
)
from harmony_app.shell.look.saver import (
    FigureSaver,
)
from harmony_app.shell.look.segmented import (
    segmented,
)
from harmony_app.shell.look.tables import (
    data_table,
)
from harmony_app.shell.look.theme import (
    HarmonyDesign,
    figure_colours,
)
from harmony_app.shell.look.times import (
    duration,
    elapsed,
    moment,
    size,
)

__all__ = [
    "FONT",
    "MISSING",
    "NO_BREAK",
    "FigureSaver",
    "HarmonyDesign",
    "PaletteName",
    "Quantity",
    "count",
    "data_table",
    "duration",
    "elapsed",
    "figure_colours",
    "joined",
    "moment",
    "number",
    "percent",
    "segmented",
    "sequential_palette",
    "size",
    "style_figure",
]
