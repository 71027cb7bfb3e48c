"""The ACS among the readers a user can choose."""

from __future__ import annotations

from typing import Final

from fusion_core.ingest.acs.pums import read_acs_pums
from fusion_core.ingest.reader import TABLES, FileSlot, ImportRequest, Progress, Reader
from fusion_core.surveys.model import Survey

_PUMS: Final = (*TABLES, ".json")


def _read(request: ImportRequest, progress: Progress) -> Survey:
    files = request.files
    return read_acs_pums(
        files["household"],
        files.get("person"),
        files["dictionary"],
        vintage=request.survey.vintage,
        name=request.survey.name,
        title=request.title,
        progress=progress,
    )


READER: Final = Reader(
    "acs_pums",
    "ACS PUMS (Census Bureau)",
    "Raw public use microdata with the Census Bureau's data dictionary.",
    (
        FileSlot("household", "Housing file", True, _PUMS, "psam_h….csv or csv_h….zip"),
        FileSlot("person", "Person file", False, _PUMS, "psam_p….csv or csv_p….zip"),
        FileSlot(
            "dictionary",
            "Data dictionary",
            True,
            (".csv", ".txt", ".gz"),
            "PUMS_Data_Dictionary_….csv, or the .txt of older years",
        ),
    ),
    _read,
    name="ACS",
    variance="Successive differences, 80 replicates, factor 4/80 (PUMS Accuracy of the Data)",
)
