"""Estimates against independent tables of the same areas."""

from fusion_core.validation.external.comparison import (
    ExternalComparison,
    compare_external,
    external_findings,
)
from fusion_core.validation.external.tables import (
    SUFFIXES,
    ColumnGuess,
    guess_columns,
    known_areas,
    read_external,
    tidy_external,
)

__all__ = [
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
