"""Recodes on the page: used by a side, saved from one, edited by themselves with all that use them."""

from harmony_app.harmonize.recodes.changes import (
    RecodeChanges,
)
from harmony_app.harmonize.recodes.desk import (
    RecodeDesk,
)
from harmony_app.harmonize.recodes.recoding import (
    Recoding,
    side_recode,
)

__all__ = [
    "RecodeChanges",
    "RecodeDesk",
    "Recoding",
    "side_recode",
]
