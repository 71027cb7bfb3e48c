"""Estimates against independent tables of the same areas."""

from fusion_core.validation.external.comparison import (
    ExternalComparison,
    compare_external,
    external_findings,
)
from fusion_core.validation.external.tables import (
    LARGEST_TABLE,
    SUFFIXES,
    ColumnGuess,
    guess_columns,
    known_areas,
    read_external,
    tidy_external,
)

__all__ = [
    "LARGEST_TABLE",
    "SUFFIXES",
    "ColumnGuess",
    "ExternalComparison",
    "compare_external",
    "external_findings",
    "guess_columns",
    "known_areas",
    "read_external",
    "tidy_external",
]
