"""Weights that meet published counts, how sure they are, and how good where nothing was told."""

from fusion_core.downscaling.solving.allocation import Allocation, allocate
from fusion_core.downscaling.solving.draws import Draw, redraw, truth_of
from fusion_core.downscaling.solving.effects import AreaEffects, seen_share
from fusion_core.downscaling.solving.problem import AllocationProblem, allocation_problem
from fusion_core.downscaling.solving.published import Z90, PublishedCounts
from fusion_core.downscaling.solving.scores import HeldOut, hold_out, unexplained_share

__all__ = [
    "Z90",
    "Allocation",
    "AllocationProblem",
    "AreaEffects",
    "Draw",
    "HeldOut",
    "PublishedCounts",
    "allocate",
    "allocation_problem",
    "hold_out",
    "redraw",
    "seen_share",
    "truth_of",
    "unexplained_share",
]
