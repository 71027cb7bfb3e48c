"""Estimates as people ask for them: analyze, compare, survey estimates and derived variables."""

from fusion_core.estimates.api.analysis import (
    METHODS,
    Method,
    analyze,
    estimate_points,
    estimate_targets,
)
from fusion_core.estimates.api.breakdown import (
    Breakdown,
    estimate_by,
    fused_cells,
    fused_group,
    level_condition,
)
from fusion_core.estimates.api.compared_groups import group_mask, single_group
from fusion_core.estimates.api.comparison import compare, compare_sides, group_side, only_target
from fusion_core.estimates.api.contrast_frame import (
    CONTRAST_COLUMNS,
    Side,
    adjusted_for_number,
    contrast_frame,
    estimate_side,
)
from fusion_core.estimates.api.derived import derive
from fusion_core.estimates.api.difference import Difference, difference_of
from fusion_core.estimates.api.plotting import plot
from fusion_core.estimates.api.ranking import (
    RANK_COLUMNS,
    TOP,
    joint_error,
    rank,
    rank_frame,
    ranks_of,
    refuse_fused,
    with_ranks,
)
from fusion_core.estimates.api.survey import survey_estimates

__all__ = [
    "CONTRAST_COLUMNS",
    "METHODS",
    "RANK_COLUMNS",
    "TOP",
    "Breakdown",
    "Difference",
    "Method",
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
    "fused_cells",
    "fused_group",
    "group_mask",
    "group_side",
    "joint_error",
    "level_condition",
    "only_target",
    "plot",
    "rank",
    "rank_frame",
    "ranks_of",
    "refuse_fused",
    "single_group",
    "survey_estimates",
    "with_ranks",
]
