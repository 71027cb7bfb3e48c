"""From PUMAs to tracts and block groups: households allocated so that published counts are met."""

from fusion_core.downscaling.answers import (
    Places,
    places_from_crosswalk,
    places_from_list,
    places_from_polygons,
    places_of_level,
    read_places,
    small_area_estimates,
)
from fusion_core.downscaling.inputs import Constraint, CountFile, read_constraints, read_counts
from fusion_core.downscaling.solving import (
    Allocation,
    AllocationProblem,
    AreaEffects,
    Draw,
    HeldOut,
    PublishedCounts,
    allocate,
    allocation_problem,
    hold_out,
    redraw,
    unexplained_share,
)
from fusion_core.downscaling.stage import (
    DownscaleRequest,
    StoredAllocation,
    downscale,
    list_allocations,
    open_allocation,
    remove_allocation,
)

__all__ = [
    "Allocation",
    "AllocationProblem",
    "AreaEffects",
    "Constraint",
    "CountFile",
    "DownscaleRequest",
    "Draw",
    "HeldOut",
    "Places",
    "PublishedCounts",
    "StoredAllocation",
    "allocate",
    "allocation_problem",
    "downscale",
    "hold_out",
    "list_allocations",
    "open_allocation",
    "places_from_crosswalk",
    "places_from_list",
    "places_from_polygons",
    "places_of_level",
    "read_constraints",
    "read_counts",
    "read_places",
    "redraw",
    "remove_allocation",
    "small_area_estimates",
    "unexplained_share",
]
