"""How everything looks: theme, figures, tables, numbers and times."""

from harmony_app.shell.look.figures import (
    FONT,
    PaletteName,
    diverging_palette,
    sequential_palette,
    style_figure,
    two_way_palette,
)
from harmony_app.shell.look.formats import (
    MISSING,
    NO_BREAK,
    Quantity,
    axis_numbers,
    count,
    joined,
    number,
    percent,
)
from harmony_app.shell.look.parts import page_part
from harmony_app.shell.look.report_figure import (
    REPORT_FONT,
    round_ticks,
    text_block,
    text_width,
    wrapped,
)
from harmony_app.shell.look.saver import (
    FigureSaver,
)
from harmony_app.shell.look.segmented import (
    segmented,
)
from harmony_app.shell.look.sight import (
    Sight,
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
)

__all__ = [
    "FONT",
    "MISSING",
    "NO_BREAK",
    "REPORT_FONT",
    "FigureSaver",
    "HarmonyDesign",
    "PaletteName",
    "Quantity",
    "Sight",
    "axis_numbers",
    "count",
    "data_table",
    "diverging_palette",
    "duration",
    "elapsed",
    "figure_colours",
    "joined",
    "moment",
    "number",
    "page_part",
    "percent",
    "round_ticks",
    "segmented",
    "sequential_palette",
    "style_figure",
    "text_block",
    "text_width",
    "two_way_palette",
    "wrapped",
]
