"""The table of all harmonies, and changes of many at once."""

from harmony_app.harmonize.table.tabling import (
    Tabling,
)

__all__ = [
    "Tabling",
]
