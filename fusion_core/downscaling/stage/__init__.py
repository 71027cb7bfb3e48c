"""Allocations of stored surveys: made PUMA by PUMA, kept in the workspace."""

from fusion_core.downscaling.stage.downscale import DownscaleRequest, downscale
from fusion_core.downscaling.stage.stored import (
    PumaAllocation,
    StoredAllocation,
    list_allocations,
    open_allocation,
    remove_allocation,
)

__all__ = [
    "DownscaleRequest",
    "PumaAllocation",
    "StoredAllocation",
    "downscale",
    "list_allocations",
    "open_allocation",
    "remove_allocation",
]
