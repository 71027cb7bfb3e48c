"""`harmony estimate`, `rank`, `answer`, `difference`, `series`, `smooth`, `calibrate`, `prices` and `export`."""

from fusion_core.cli.estimates import (
    answer,
    calibrate,
    difference,
    estimate,
    export,
    prices,
    rank,
    series,
    smooth,
)
from fusion_core.cli.estimates.statistics import (
    Wish,
    chosen_fusion,
    chosen_source,
    estimates_of,
    known_variables,
    read_statistics,
)

__all__ = [
    "Wish",
    "answer",
    "calibrate",
    "chosen_fusion",
    "chosen_source",
    "difference",
    "estimate",
    "estimates_of",
    "export",
    "known_variables",
    "prices",
    "rank",
    "read_statistics",
    "series",
    "smooth",
]
