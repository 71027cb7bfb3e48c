"""The panels around the map: controls, the chosen area, the ranking."""

from harmony_app.explore.panels.bringing import Calibrating, Combining, Placing
from harmony_app.explore.panels.centre import (
    Centre,
)
from harmony_app.explore.panels.controls import (
    Controls,
)
from harmony_app.explore.panels.notices import notices_html
from harmony_app.explore.panels.publishing import Publishing
from harmony_app.explore.panels.side import (
    Side,
)
from harmony_app.explore.panels.takeaway import (
    Shown,
    TakeAway,
)
from harmony_app.explore.panels.years import Years

__all__ = [
    "Calibrating",
    "Centre",
    "Combining",
    "Controls",
    "Placing",
    "Publishing",
    "Shown",
    "Side",
    "TakeAway",
    "Years",
    "notices_html",
]
