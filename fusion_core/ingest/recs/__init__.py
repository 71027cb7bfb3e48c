"""Residential Energy Consumption Survey microdata."""

from fusion_core.ingest.recs.microdata import (
    read_recs,
)

__all__ = [
    "read_recs",
]
