"""The table of all harmonies, changes of many at once, and one variable in all surveys."""

from harmony_app.harmonize.table.tabling import (
    Tabling,
)
from harmony_app.harmonize.table.targeting import (
    Targeting,
)

__all__ = [
    "Tabling",
    "Targeting",
]
