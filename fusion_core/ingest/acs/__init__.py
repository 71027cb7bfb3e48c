"""American Community Survey PUMS files."""

from fusion_core.ingest.acs.pums import (
    read_acs_pums,
)

__all__ = [
    "read_acs_pums",
]
