"""Suggestions beside the match, candidates and the queue."""

from harmony_app.harmonize.suggest.queueing import (
    Queueing,
)
from harmony_app.harmonize.suggest.ranking import (
    Ranking,
)
from harmony_app.harmonize.suggest.suggesting import (
    Suggesting,
)

__all__ = [
    "Queueing",
    "Ranking",
    "Suggesting",
]
