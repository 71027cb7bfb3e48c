"""Forms that bring something new to the page: outcomes and combinations, known totals, own places."""

from harmony_app.explore.panels.bringing.calibrating import calibrating
from harmony_app.explore.panels.bringing.combining import Combining
from harmony_app.explore.panels.bringing.placing import placing

__all__ = ["Combining", "calibrating", "placing"]
