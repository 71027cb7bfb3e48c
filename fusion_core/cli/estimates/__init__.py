"""`harmony estimate`, `rank`, `difference` and `export`."""

from fusion_core.cli.estimates import difference, estimate, export, rank
from fusion_core.cli.estimates.statistics import (
    Wish,
    chosen_fusion,
    estimates_of,
    read_statistics,
)

__all__ = [
    "Wish",
    "chosen_fusion",
    "difference",
    "estimate",
    "estimates_of",
    "export",
    "rank",
    "read_statistics",
]
