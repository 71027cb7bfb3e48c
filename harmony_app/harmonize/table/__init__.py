"""The table of all harmonies, and changes of many at once."""

from harmony_app.harmonize.table.steps import (
    Steps,
)
from harmony_app.harmonize.table.tabling import (
    Tabling,
)

__all__ = [
    "Steps",
    "Tabling",
]
