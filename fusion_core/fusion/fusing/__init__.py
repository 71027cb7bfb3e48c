"""Fusing: from a model and a recipient to implicates, in memory or from file to folder."""

from fusion_core.fusion.fusing.fusing import fuse
from fusion_core.fusion.fusing.imputing import impute
from fusion_core.fusion.fusing.monotone import monotonic
from fusion_core.fusion.fusing.out_of_fold import fuse_out_of_fold
from fusion_core.fusion.fusing.streaming import fuse_to_folder

__all__ = [
    "fuse",
    "fuse_out_of_fold",
    "fuse_to_folder",
    "impute",
    "monotonic",
]
