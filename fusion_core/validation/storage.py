"""A validation on disk: one Parquet file per table and ``validation.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from fusion_core.errors import CorruptFileError
from fusion_core.validation.internal import Validation
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from pathlib import Path

FORMAT_VERSION = 1
TABLES = ("metrics", "curves", "summary", "marginals", "correlations")


def write_validation(validation: Validation, folder: Path) -> None:
    """Write a validation; ``validation.json`` comes last and marks it complete.

    Raises
    ------
    InputError
        If the disk is full or the folder cannot be written.
    """
    (folder / "validation.json").unlink(missing_ok=True)
    for name in TABLES:
        table: pd.DataFrame = getattr(validation, name)
        write_table(table, folder / f"{name}.parquet")
    record = {"format": FORMAT_VERSION, "verdicts": list(validation.verdicts)}
    write_json(record, folder / "validation.json")


def read_validation(folder: Path) -> Validation:
    """Read a validation.

    Raises
    ------
    CorruptFileError
        If a file is missing, damaged or of an unknown format version.
    """
    path = folder / "validation.json"
    record = read_json(path)
    if record.get("format") != FORMAT_VERSION or "verdicts" not in record:
        raise CorruptFileError(
            "The validation was written by another version",
            where=str(path),
            fix="Start the run again",
        )
    tables = {name: _read(folder / f"{name}.parquet") for name in TABLES}
    return Validation(verdicts=tuple(record["verdicts"]), **tables)


def _read(path: Path) -> pd.DataFrame:
    return read_table(path, what="A table of the validation", fix="Start the run again")
