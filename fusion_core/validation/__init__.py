"""Can the fused variables be trusted? Internal and external validation."""

from fusion_core.validation.external import ExternalComparison, compare_external
from fusion_core.validation.internal import (
    Validation,
    brier,
    crps,
    energy_score,
    interval_coverage,
    log_score,
    score_table,
    score_variables,
    smooth_metrics,
    validate,
)
from fusion_core.validation.report import read_validation, write_validation

__all__ = [
    "ExternalComparison",
    "Validation",
    "brier",
    "compare_external",
    "crps",
    "energy_score",
    "interval_coverage",
    "log_score",
    "read_validation",
    "score_table",
    "score_variables",
    "smooth_metrics",
    "validate",
    "write_validation",
]
