"""American Community Survey PUMS files."""

from fusion_core.ingest.acs.pums import (
    read_acs_pums,
)
from fusion_core.ingest.acs.registration import READER

__all__ = [
    "READER",
    "read_acs_pums",
]
