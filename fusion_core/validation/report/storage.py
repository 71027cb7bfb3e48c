"""A validation on disk: one Parquet file per table and ``validation.json``.

Every format has the tables of the earlier ones and more. Earlier ones are still read: what they lack
is empty then. The out-of-fold validation of a run is a folder of the same form inside that of its usual validation.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.arguments import PathLike, path_of, require_type
from fusion_core.errors import CorruptFileError
from fusion_core.validation.internal import (
    CONVERGENCE_COLUMNS,
    COVERAGE_COLUMNS,
    DISTANCE_COLUMNS,
    DONOR_COLUMNS,
    FUSED,
    IMPORTANCE_COLUMNS,
    KOLMOGOROV,
    RELIABILITY_COLUMNS,
    SCORE_COLUMNS,
    SCORE_PART_COLUMNS,
    TOTAL_VARIATION,
    Validation,
)
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.folders import own_files, replace_folder
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FORMAT_VERSION: Final = 5
OUT_OF_FOLD: Final = "out_of_fold"
_FIRST_TABLES: Final = ("metrics", "curves", "summary", "marginals", "correlations")
_ADDED_TABLES: Final = {
    "distances": DISTANCE_COLUMNS,
    "scores": SCORE_COLUMNS,
    "coverage": COVERAGE_COLUMNS,
    "convergence": CONVERGENCE_COLUMNS,
    "importance": IMPORTANCE_COLUMNS,
}
_ADDED_BY_FORMAT: Final[dict[int, dict[str, tuple[str, ...]]]] = {
    2: _ADDED_TABLES,
    3: {"reliability": RELIABILITY_COLUMNS},
    4: {"donors": DONOR_COLUMNS},
    5: {"score_parts": SCORE_PART_COLUMNS},
}
TABLES: Final = (*_FIRST_TABLES, *(name for added in _ADDED_BY_FORMAT.values() for name in added))
_FILE: Final = "validation.json"
_OWN: Final = own_files(rf"validation\.json|({'|'.join(TABLES)})\.parquet")


def write_validation(
    validation: Validation,
    folder: PathLike,
    *,
    fingerprint: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    """Write a validation; an earlier one is replaced once the new one is complete.

    Other files in the folder, such as an out-of-fold validation, are kept.

    Parameters
    ----------
    validation
        What was found.
    folder
        Where to.
    fingerprint
        What it was computed from, see `fingerprint_files`.
    facts
        More to remember, such as the number of folds and the seconds it took.

    Raises
    ------
    InputError
        If the disk is full or the folder cannot be written; an earlier validation is kept.
    """
    require_type(validation, Validation, "validation", fix="Make one with validate")
    folder = path_of(folder, "folder")
    record = {
        "format": FORMAT_VERSION,
        "verdicts": list(validation.verdicts),
        "fingerprint": fingerprint,
        "facts": facts or {},
    }
    with replace_folder(folder, _OWN, what="the validation") as new:
        for name in TABLES:
            table: pd.DataFrame = getattr(validation, name)
            write_table(table, new / f"{name}.parquet")
        write_json(record, new / _FILE)


def has_validation(folder: Path) -> bool:
    """Whether a whole validation is in a folder."""
    return (folder / _FILE).is_file()


def read_validation(folder: PathLike) -> Validation:
    """Read a validation.

    Parameters
    ----------
    folder
        Where `write_validation` wrote it, such as `Run.validation_folder`.

    Raises
    ------
    CorruptFileError
        If a file is missing, damaged or of an unknown format version.
    """
    folder = path_of(folder, "folder")
    record = _record(folder)
    lacking = {
        name: columns
        for number, added in _ADDED_BY_FORMAT.items()
        if record["format"] < number
        for name, columns in added.items()
    }
    tables = {
        name: pd.DataFrame(columns=list(lacking[name]))
        if name in lacking
        else _read(folder / f"{name}.parquet")
        for name in TABLES
    }
    if record["format"] == 1:
        tables = _completed(tables)
    return Validation(verdicts=tuple(record["verdicts"]), **tables)


def read_facts(folder: Path) -> dict[str, Any]:
    """Return what was remembered of a validation, with its ``fingerprint`` (empty if unknown).

    Raises
    ------
    CorruptFileError
        If the record is missing, damaged or of an unknown format version.
    """
    record = _record(folder)
    return {**record.get("facts", {}), "fingerprint": record.get("fingerprint", "")}


def fingerprint_files(paths: Iterable[Path]) -> str:
    """Return a text that changes when the content of any of the files does.

    A file that does not exist counts as empty.
    """
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        if path.is_file():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _record(folder: Path) -> dict[str, Any]:
    path = folder / _FILE
    record = read_json(path)
    if record.get("format") not in range(1, FORMAT_VERSION + 1) or "verdicts" not in record:
        raise CorruptFileError(
            "The validation was written by another version",
            where=str(path),
            fix="Validate the run again",
        )
    return record


def _completed(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables of format 1 with what can be told from them of later columns."""
    marginals = tables["marginals"]
    first = marginals.drop_duplicates("variable")
    measure = np.where(first["lower"].isna(), TOTAL_VARIATION, KOLMOGOROV)
    summary = tables["summary"]
    return {
        **tables,
        "distances": first.assign(measure=measure).reindex(columns=list(DISTANCE_COLUMNS)),
        "summary": summary.assign(baseline=summary["value"] / (1.0 - summary["skill"])),
        "marginals": marginals.drop(columns="distance"),
        "correlations": tables["correlations"].assign(kind=FUSED),
    }


def _read(path: Path) -> pd.DataFrame:
    return read_table(path, what="A table of the validation", fix="Validate the run again")
