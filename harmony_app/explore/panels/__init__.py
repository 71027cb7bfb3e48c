"""The panels around the map: controls, the chosen area, the ranking."""

from harmony_app.explore.panels.centre import (
    Centre,
)
from harmony_app.explore.panels.combining import (
    Combining,
)
from harmony_app.explore.panels.controls import (
    Controls,
)
from harmony_app.explore.panels.side import (
    Side,
)

__all__ = [
    "Centre",
    "Combining",
    "Controls",
    "Side",
]
