"""Trees: grown, sized by held-out loss, turned into arrays and walked for all implicates at once."""

from fusion_core.fusion.trees.boosting import (
    FoldedData,
    Objective,
    Tuning,
    predict,
    skill_of,
)
from fusion_core.fusion.trees.folds import (
    assign_folds,
    strata_of,
)
from fusion_core.fusion.trees.tables import (
    MOST_LEAVES,
    TreeTables,
    read_trees,
)
from fusion_core.fusion.trees.tuning import (
    Fit,
    tune,
    with_choices,
)
from fusion_core.fusion.trees.walks import (
    walk_trees,
)

__all__ = [
    "MOST_LEAVES",
    "Fit",
    "FoldedData",
    "Objective",
    "TreeTables",
    "Tuning",
    "assign_folds",
    "predict",
    "read_trees",
    "skill_of",
    "strata_of",
    "tune",
    "walk_trees",
    "with_choices",
]
