"""`harmony estimate`, `difference` and `export`."""

from fusion_core.cli.estimates import difference, estimate, export
from fusion_core.cli.estimates.statistics import (
    Wish,
    estimates_of,
    read_statistics,
)

__all__ = [
    "Wish",
    "difference",
    "estimate",
    "estimates_of",
    "export",
    "read_statistics",
]
