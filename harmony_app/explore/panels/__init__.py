"""The panels around the map: controls, the chosen area, the ranking."""

from harmony_app.explore.panels.bringing import Combining, calibrating, placing
from harmony_app.explore.panels.centre import (
    Centre,
)
from harmony_app.explore.panels.controls import (
    Controls,
)
from harmony_app.explore.panels.kept_tables import KeptTables
from harmony_app.explore.panels.notices import notices_html
from harmony_app.explore.panels.publishing import Publishing
from harmony_app.explore.panels.side import (
    Side,
)
from harmony_app.explore.panels.takeaway import (
    Shown,
    TakeAway,
    copy_link_button,
)
from harmony_app.explore.panels.years import Years

__all__ = [
    "Centre",
    "Combining",
    "Controls",
    "KeptTables",
    "Publishing",
    "Shown",
    "Side",
    "TakeAway",
    "Years",
    "calibrating",
    "copy_link_button",
    "notices_html",
    "placing",
]
