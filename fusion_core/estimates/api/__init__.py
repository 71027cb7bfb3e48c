"""Estimates as people ask for them: analyze, compare, survey estimates and their reports."""

from fusion_core.estimates.api.analysis import (
    DONOR_UNKNOWN,
    MARGIN_LATER,
    METHODS,
    NO_DONOR,
    Method,
    analyze,
    estimate_points,
    estimate_targets,
)
from fusion_core.estimates.api.breakdown import (
    Cell,
    estimate_by,
    fused_cells,
)
from fusion_core.estimates.api.comparison import (
    CONTRAST_COLUMNS,
    Difference,
    Side,
    adjusted_for_number,
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
    ResultBlock,
    reliability,
    result_frame,
)
from fusion_core.estimates.api.survey import (
    survey_estimates,
)

__all__ = [
    "CONTRAST_COLUMNS",
    "DONOR_UNKNOWN",
    "FUSED_MARGINS",
    "MARGIN_LATER",
    "METHODS",
    "NO_DONOR",
    "Cell",
    "Difference",
    "Method",
    "ResultBlock",
    "Side",
    "adjusted_for_number",
    "analyze",
    "compare",
    "compare_sides",
    "contrast_frame",
    "derive",
    "difference_of",
    "estimate_by",
    "estimate_points",
    "estimate_side",
    "estimate_targets",
    "freedom_words",
    "fused_cells",
    "group_mask",
    "margin_words",
    "only_target",
    "reliability",
    "result_frame",
    "single_group",
    "survey_estimates",
]
