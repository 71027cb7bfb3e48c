"""`harmony estimate`, `rank`, `answer`, `difference` and `export`."""

from fusion_core.cli.estimates import answer, difference, estimate, export, rank
from fusion_core.cli.estimates.statistics import (
    Wish,
    chosen_fusion,
    estimates_of,
    read_statistics,
)

__all__ = [
    "Wish",
    "answer",
    "chosen_fusion",
    "difference",
    "estimate",
    "estimates_of",
    "export",
    "rank",
    "read_statistics",
]
