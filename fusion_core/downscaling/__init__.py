"""From PUMAs to tracts and block groups: households allocated so that published counts are met."""

from fusion_core.downscaling.allocation import Allocation, allocate
from fusion_core.downscaling.draws import redraw
from fusion_core.downscaling.problem import AllocationProblem, allocation_problem
from fusion_core.downscaling.published import PublishedCounts
from fusion_core.downscaling.scores import HeldOut, hold_out, unexplained_share

__all__ = [
    "Allocation",
    "AllocationProblem",
    "HeldOut",
    "PublishedCounts",
    "allocate",
    "allocation_problem",
    "hold_out",
    "redraw",
    "unexplained_share",
]
