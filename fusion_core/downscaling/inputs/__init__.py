"""Published tables, the households each of their counts is of, and the PUMAs of their areas."""

from fusion_core.downscaling.inputs.constraints import (
    Constraint,
    characteristics,
    published_counts,
    read_constraints,
    refuse_contradictions,
    refuse_unequal_sums,
    tables_of,
)
from fusion_core.downscaling.inputs.count_files import CountFile, read_counts
from fusion_core.downscaling.inputs.puma_membership import puma_of

__all__ = [
    "Constraint",
    "CountFile",
    "characteristics",
    "published_counts",
    "puma_of",
    "read_constraints",
    "read_counts",
    "refuse_contradictions",
    "refuse_unequal_sums",
    "tables_of",
]
