"""Forests: grown on donors, chosen by out-of-bag score, and walked to a donor of a leaf."""

from fusion_core.fusion.forests.forest import (
    NODE,
    Forest,
    ForestChoice,
    TreeShape,
    forest_bytes,
)
from fusion_core.fusion.forests.growing import ForestTask, scored_rows
from fusion_core.fusion.forests.records import forest_of, forest_record
from fusion_core.fusion.forests.tuning import FittedForest, fit_forest, most_trees

__all__ = [
    "NODE",
    "FittedForest",
    "Forest",
    "ForestChoice",
    "ForestTask",
    "TreeShape",
    "fit_forest",
    "forest_bytes",
    "forest_of",
    "forest_record",
    "most_trees",
    "scored_rows",
]
