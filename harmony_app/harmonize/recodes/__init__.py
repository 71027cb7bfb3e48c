"""Recodes on the page: used by a side, saved from one, changed for all harmonies that use them."""

from harmony_app.harmonize.recodes.recoding import (
    Recoding,
    side_recode,
)

__all__ = [
    "Recoding",
    "side_recode",
]
