"""Variable dictionaries published by fusionData, and which published harmonies apply."""

from typing import Final

from fusion_core.ingest.fusiondata.dictionary import (
    read_fusiondata_dictionary,
)
from fusion_core.ingest.reader import FileSlot, ImportRequest, Progress, Reader
from fusion_core.surveys.model import Survey


def _read(request: ImportRequest, progress: Progress) -> Survey:
    progress(0.0, f"Reading {request.files['household'].name}")
    return read_fusiondata_dictionary(request.files["household"], request.files.get("person"))


READER: Final = Reader(
    "fusiondata",
    "fusionData dictionary",
    "A dictionary alone, to harmonize before the microdata are at hand.",
    (
        FileSlot("household", "Household dictionary", True, (".parquet",), "…_H.parquet"),
        FileSlot("person", "Person dictionary", False, (".parquet",), "…_P.parquet"),
    ),
    _read,
    names_itself=True,
)

__all__ = [
    "READER",
    "read_fusiondata_dictionary",
]
