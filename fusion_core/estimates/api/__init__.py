"""Estimates as people ask for them: analyze, compare, survey estimates and their reports."""

from fusion_core.estimates.api.analysis import (
    MARGIN_LATER,
    METHODS,
    Method,
    analyze,
    estimate_points,
    estimate_targets,
)
from fusion_core.estimates.api.comparison import (
    Difference,
    Side,
    compare,
    compare_sides,
    contrast_frame,
    difference_of,
    estimate_side,
    group_mask,
    only_target,
    single_group,
)
from fusion_core.estimates.api.derived import (
    derive,
)
from fusion_core.estimates.api.margin_words import (
    freedom_words,
    margin_words,
)
from fusion_core.estimates.api.report import (
    FUSED_MARGINS,
    reliability,
    result_frame,
)
from fusion_core.estimates.api.survey import (
    survey_estimates,
)

__all__ = [
    "FUSED_MARGINS",
    "MARGIN_LATER",
    "METHODS",
    "Difference",
    "Method",
    "Side",
    "analyze",
    "compare",
    "compare_sides",
    "contrast_frame",
    "derive",
    "difference_of",
    "estimate_points",
    "estimate_side",
    "estimate_targets",
    "freedom_words",
    "group_mask",
    "margin_words",
    "only_target",
    "reliability",
    "result_frame",
    "single_group",
    "survey_estimates",
]
