"""Estimates and places: those of one place alone, and what a donor says at its own."""

from fusion_core.estimates.places.donor_resolution import (
    DonorResolution,
    donor_resolution,
)
from fusion_core.estimates.places.within import Within, where_within

__all__ = [
    "DonorResolution",
    "Within",
    "donor_resolution",
    "where_within",
]
