"""Estimates and places: those of one place alone, and what a donor says at its own."""

from fusion_core.estimates.places.by_shares import (
    ALLOCATED,
    SUMS,
    AllocatedAreas,
    allocated_areas,
    are_by_shares,
    estimates_by_shares,
)
from fusion_core.estimates.places.donor_residuals import (
    DonorResiduals,
    donor_residuals,
)
from fusion_core.estimates.places.donor_resolution import (
    DonorResolution,
    donor_resolution,
)
from fusion_core.estimates.places.joint_areas import JointAreas
from fusion_core.estimates.places.shares import area_shares, kinds_by_shares
from fusion_core.estimates.places.within import Within, where_within

__all__ = [
    "ALLOCATED",
    "SUMS",
    "AllocatedAreas",
    "DonorResiduals",
    "DonorResolution",
    "JointAreas",
    "Within",
    "allocated_areas",
    "are_by_shares",
    "area_shares",
    "donor_residuals",
    "donor_resolution",
    "estimates_by_shares",
    "kinds_by_shares",
    "where_within",
]
