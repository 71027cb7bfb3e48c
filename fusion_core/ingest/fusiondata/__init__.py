"""Variable dictionaries published by fusionData, and which published harmonies apply."""

from fusion_core.ingest.fusiondata.dictionary import (
    read_fusiondata_dictionary,
)

__all__ = [
    "read_fusiondata_dictionary",
]
