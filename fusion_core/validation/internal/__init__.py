"""Fused values against the donor's own: subsets, distributions, dependence, scores."""

from fusion_core.validation.internal.calibration import (
    COVERAGE_COLUMNS,
    RELIABILITY_COLUMNS,
    reliability_gaps,
)
from fusion_core.validation.internal.choosing import (
    SubsetChoice,
    choose_subset_variables,
)
from fusion_core.validation.internal.convergence import (
    CONVERGENCE_COLUMNS,
)
from fusion_core.validation.internal.dependence import (
    FUSED,
)
from fusion_core.validation.internal.distributions import (
    DISTANCE_COLUMNS,
    KOLMOGOROV,
    TOTAL_VARIATION,
)
from fusion_core.validation.internal.score_parts import (
    PARTS,
    SCORE_PART_COLUMNS,
    jackknife,
)
from fusion_core.validation.internal.scores import (
    LOG,
    SCORE_COLUMNS,
    brier,
    crps,
    energy_score,
    interval_coverage,
    log_score,
    score_table,
    score_variables,
)
from fusion_core.validation.internal.subsets import (
    build_subsets,
)
from fusion_core.validation.internal.validate import (
    DONOR_COLUMNS,
    IMPORTANCE_COLUMNS,
    FigureName,
    Validation,
    smooth_metrics,
    validate,
)
from fusion_core.validation.internal.verdicts import (
    FAIR_ERROR,
    GOOD_ERROR,
    UNUSABLE_ERROR,
    error_curve,
    percent_words,
    smallest_share,
    verdict,
)

__all__ = [
    "CONVERGENCE_COLUMNS",
    "COVERAGE_COLUMNS",
    "DISTANCE_COLUMNS",
    "DONOR_COLUMNS",
    "FAIR_ERROR",
    "FUSED",
    "GOOD_ERROR",
    "IMPORTANCE_COLUMNS",
    "KOLMOGOROV",
    "LOG",
    "PARTS",
    "RELIABILITY_COLUMNS",
    "SCORE_COLUMNS",
    "SCORE_PART_COLUMNS",
    "TOTAL_VARIATION",
    "UNUSABLE_ERROR",
    "FigureName",
    "SubsetChoice",
    "Validation",
    "brier",
    "build_subsets",
    "choose_subset_variables",
    "crps",
    "energy_score",
    "error_curve",
    "interval_coverage",
    "jackknife",
    "log_score",
    "percent_words",
    "reliability_gaps",
    "score_table",
    "score_variables",
    "smallest_share",
    "smooth_metrics",
    "validate",
    "verdict",
]
