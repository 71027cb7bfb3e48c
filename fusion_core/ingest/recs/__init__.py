"""Residential Energy Consumption Survey microdata, each edition with its own codebook."""

from fusion_core.ingest.recs.editions import READER, read_recs_edition
from fusion_core.ingest.recs.microdata import (
    read_recs,
)

__all__ = [
    "READER",
    "read_recs",
    "read_recs_edition",
]
