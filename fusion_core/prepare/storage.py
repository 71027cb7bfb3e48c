"""Prepared input on disk: ``donor.parquet``, ``recipient.parquet`` and ``prepare.json``."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import CorruptFileError
from fusion_core.prepare.assemble import PREDICTOR_COLUMNS
from fusion_core.prepare.stage import PreparedInput
from fusion_core.surveys.weight_design import WeightDesign
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.folders import own_files, replace_folder
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from pathlib import Path

FORMAT_VERSION: Final = 1
DONOR_FILE: Final = "donor.parquet"
RECIPIENT_FILE: Final = "recipient.parquet"
"""Where the recipient's households are, for readers that take them in parts."""
_OWN: Final = own_files(r"prepare\.json|(donor|recipient)\.parquet")
_NUMBERS: Final = ("similarity", "missing_donor", "missing_recipient")
_COLUMNS: Final = (*PREDICTOR_COLUMNS, "kept", "reason")


def write_prepared(prepared: PreparedInput, folder: Path) -> None:
    """Write prepared input; an earlier one is replaced once the new one is complete.

    Raises
    ------
    InputError
        If the disk is full or the folder cannot be written; an earlier input is kept.
    """
    record = {
        "format": FORMAT_VERSION,
        "predictors": [_record(row) for row in prepared.predictors.to_dict("records")],
        "donor_design": dataclasses.asdict(prepared.donor_design),
        "recipient_design": dataclasses.asdict(prepared.recipient_design),
        "notes": list(prepared.notes),
        "location": list(prepared.location),
    }
    with replace_folder(folder, _OWN, what="the prepared input") as new:
        for name in ("donor", "recipient"):
            frame: pd.DataFrame = getattr(prepared, name)
            write_table(frame, new / f"{name}.parquet")
        write_json(record, new / "prepare.json")


def read_prepared(folder: PathLike) -> PreparedInput:
    """Read prepared input.

    Parameters
    ----------
    folder
        Where it was written, such as `Run.input_folder`.

    Raises
    ------
    CorruptFileError
        If a file is missing, damaged or of an unknown format version.
    """
    folder = path_of(folder, "folder")
    path = folder / "prepare.json"
    record = read_json(path)
    if record.get("format") != FORMAT_VERSION:
        raise CorruptFileError(
            "The prepared input was written by another version",
            where=str(path),
            fix="Start the run again",
        )
    frames = {name: _read(folder / f"{name}.parquet") for name in ("donor", "recipient")}
    predictors = pd.DataFrame(record["predictors"], columns=list(_COLUMNS))
    for name in _NUMBERS:
        predictors[name] = predictors[name].astype(float)
    return PreparedInput(
        donor=frames["donor"],
        recipient=frames["recipient"],
        predictors=predictors,
        donor_design=WeightDesign(**record["donor_design"]),
        recipient_design=WeightDesign(**record["recipient_design"]),
        notes=tuple(record["notes"]),
        location=tuple(record.get("location", ())),
    )


def place_predictors(folder: PathLike) -> tuple[str, ...]:
    """Return the predictors of places in use that are numbers, without reading any household.

    Parameters
    ----------
    folder
        As in `read_prepared`; one without a record has none.
    """
    path = path_of(folder, "folder") / "prepare.json"
    if not path.exists():
        return ()
    return tuple(
        str(row["predictor"])
        for row in read_json(path)["predictors"]
        if row["kept"] and row["source"] == "spatial" and row["type"] == "number"
    )


def _read(path: Path) -> pd.DataFrame:
    return read_table(path, what="The prepared input", fix="Start the run again")


def _record(row: dict[Any, Any]) -> dict[str, Any]:
    """JSON knows no not-a-number: an unknown share is null."""
    values = {str(name): value for name, value in row.items()}
    for name in _NUMBERS:
        values[name] = None if pd.isna(values[name]) else float(values[name])
    return values | {"kept": bool(values["kept"])}
