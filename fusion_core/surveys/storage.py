"""Read and write one survey as a folder of Parquet and JSON files.

Layout of the folder (format version 1): ``survey.json`` (the description), ``dictionary.parquet``
(one row per variable) and, where microdata exist, ``household.parquet`` and ``person.parquet``.
"""

from __future__ import annotations

import dataclasses
import os
import re
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from fusion_core.arguments import PathLike, path_of, require_type
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.surveys.checks import check_survey
from fusion_core.surveys.model import (
    HOUSEHOLD_KEY,
    PERSON_KEY,
    Dictionary,
    RespondentLevel,
    Survey,
    SurveyDescription,
    SurveyId,
    Variable,
)
from fusion_core.surveys.weight_design import WeightDesign
from fusion_core.workspace.files import RANDOM_NAME, file_stamp, not_readable, read_json, write_json
from fusion_core.workspace.folders import (
    dissolve,
    hidden_beside,
    link_or_copy,
    own_files,
    replace_folder,
    restore_folder,
)
from fusion_core.workspace.tables import read_table, read_table_outline, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMAT_VERSION = 1
_DESCRIPTION: Final = "survey.json"
SURVEY_FILES: Final = own_files(r"survey\.json|(dictionary|household|person)\.parquet")
"""The files of a stored survey; whatever else is in its folder is a person's."""
LEVELS: Final[tuple[RespondentLevel, ...]] = ("household", "person")
_A_FILE = "A file of the survey"
_RESTORE = "Restore it from a backup or import the survey again"


def write_survey(survey: Survey, folder: PathLike, *, may_replace: bool = True) -> None:
    """Write a survey so that a reader sees either the old or the new one, never a mixture of files.

    Files of other programs in the folder, such as raw data or notes, are kept.

    Parameters
    ----------
    survey
        The survey to store.
    folder
        Where to; created if needed.
    may_replace
        Whether a survey already there is replaced.

    Raises
    ------
    InputError
        If the survey breaks a convention (see `fusion_core.surveys.checks`), the disk is full or
        the folder cannot be written; a survey already there stays as it was.
    ConflictError
        If one is there that may not be replaced, even one stored since this call began.
    """
    require_type(survey, Survey, "survey", fix="Read one with read_survey or Workspace.survey")
    check_survey(survey)
    folder = path_of(folder, "folder")
    restore_survey(folder)
    with replace_folder(folder, SURVEY_FILES, what="the survey", may_replace=may_replace) as fresh:
        write_table(_dictionary_frame(survey.dictionary), fresh / "dictionary.parquet")
        for name, table in (("household", survey.household), ("person", survey.person)):
            if table is not None:
                write_table(table, fresh / f"{name}.parquet")
        write_json(_description_record(survey.description), fresh / _DESCRIPTION)
    for leftover in _leftovers_of_earlier_versions(folder, "old|new"):
        dissolve(leftover, SURVEY_FILES, home=folder)


def adopt_survey(written: Path, folder: Path, *, may_replace: bool = True) -> None:
    """Put a survey that `write_survey` wrote elsewhere in its place; see there for errors.

    Parameters
    ----------
    written
        Folder of the survey, which stays as it is.
    folder, may_replace
        As of `write_survey`.
    """
    read_description(written)
    restore_survey(folder)
    with replace_folder(folder, SURVEY_FILES, what="the survey", may_replace=may_replace) as fresh:
        for path in written.iterdir():
            link_or_copy(path, fresh / path.name)


def restore_survey(folder: Path) -> None:
    """Put back a survey whose writer was killed while it was about to be replaced."""
    restore_folder(folder)
    if os.path.lexists(folder):
        return
    for aside in _leftovers_of_earlier_versions(folder, "old"):
        with suppress(OSError):  # read-only: whoever may write restores it
            aside.rename(folder)
            return


def _leftovers_of_earlier_versions(folder: Path, which: str) -> list[Path]:
    """Return the whole surveys that earlier versions, when killed, left under hidden names."""
    name = re.compile(rf"\.{re.escape(folder.name)}\.({which})\.{RANDOM_NAME}")
    found = [path for path in hidden_beside(folder) if name.fullmatch(path.name)]
    return [path for path in found if (path / _DESCRIPTION).is_file()]


def write_description(description: SurveyDescription, folder: Path) -> None:
    """Replace the description of a stored survey; dictionary and microdata stay as they are."""
    write_json(_description_record(description), folder / _DESCRIPTION)


def read_description(folder: Path) -> SurveyDescription:
    """Read the description of a stored survey.

    Raises
    ------
    CorruptFileError
        If ``survey.json`` is missing, damaged or of an unknown version.
    """
    path = folder / _DESCRIPTION
    record = read_json(path)
    version = record.get("format")
    if version != FORMAT_VERSION:
        raise CorruptFileError(
            f"The survey is stored in format {version!r}, this version reads {FORMAT_VERSION}",
            where=str(path),
            fix="Update the program or import the survey again",
        )
    try:
        return SurveyDescription(
            id=SurveyId(record["name"], record["vintage"]),
            title=record["title"],
            source=record["source"],
            synthetic=record["synthetic"],
            design=WeightDesign(**record["design"]),
            geography=tuple(record["geography"]),
            price_year=record["price_year"],
            notes=tuple(record["notes"]),
            puma_censuses=tuple(record.get("puma_censuses", ())),
        )
    except (KeyError, TypeError) as error:
        raise CorruptFileError(
            f"The survey description lacks or misspells {error}",
            where=str(path),
            fix="Import the survey again",
        ) from error


def read_dictionary(folder: PathLike) -> Dictionary:
    """Read the dictionary of a stored survey.

    Parameters
    ----------
    folder
        Where `write_survey` wrote the survey.

    Raises
    ------
    CorruptFileError
        If the file is missing or damaged.
    """
    path = path_of(folder, "folder") / "dictionary.parquet"
    return _dictionary_as_of(path, file_stamp(path))


@lru_cache(maxsize=16)  # a page asks for the same dictionary many times; none can be changed
def _dictionary_as_of(path: Path, _stamp: tuple[int, int]) -> Dictionary:
    frame = _read_parquet(path)
    if "name" not in frame.columns:
        raise CorruptFileError(
            "The survey's dictionary has no column of variable names",
            where=str(path),
            fix="Restore it from a backup or import the survey again",
        )
    names = [item.name for item in dataclasses.fields(Variable) if item.name != "definition"]
    return Dictionary(
        [Variable(**_variable_record(row, names)) for row in frame.to_dict("records")]
    )


def read_survey(
    folder: PathLike,
    *,
    household_columns: Sequence[str] | None = None,
    person_columns: Sequence[str] | None = None,
) -> Survey:
    """Read a stored survey, whole or only some columns (keys are always read).

    Parameters
    ----------
    folder
        Folder written by `write_survey`.
    household_columns, person_columns
        Columns to read; ``None`` reads all.

    Raises
    ------
    CorruptFileError
        If a file is missing or damaged.
    InputError
        If a wanted column does not exist.
    """
    folder = path_of(folder, "folder")
    return Survey(
        description=read_description(folder),
        dictionary=read_dictionary(folder),
        household=_read_table(folder, "household", [HOUSEHOLD_KEY], household_columns),
        person=_read_table(folder, "person", [HOUSEHOLD_KEY, PERSON_KEY], person_columns),
    )


def table_path(folder: Path, respondent: RespondentLevel) -> Path:
    """Return the file of a stored survey's household or person table, existing or not."""
    return folder / f"{respondent}.parquet"


def has_table(folder: Path, respondent: RespondentLevel) -> bool:
    """Whether a stored survey has a household or person table, readable or not.

    Raises
    ------
    InputError
        If the folder may not be read.
    """
    try:
        return table_path(folder, respondent).exists()
    except OSError as error:
        raise not_readable("survey", folder, error) from error


def read_columns(
    folder: Path, respondent: RespondentLevel, columns: Sequence[str], *, rows: int | None = None
) -> pd.DataFrame:
    """Read some columns of one table of a stored survey, of its first `rows` rows.

    Raises
    ------
    CorruptFileError
        If the file is missing or damaged.
    InputError
        If a wanted column does not exist.
    """
    return _read_parquet(table_path(folder, respondent), list(columns), rows)


def read_outline(folder: Path, respondent: RespondentLevel) -> tuple[int, tuple[str, ...]]:
    """Return the number of rows and the names of the columns of one table of a stored survey.

    Raises
    ------
    CorruptFileError
        If the file is missing or damaged.
    """
    path = table_path(folder, respondent)
    return read_table_outline(path, what=_A_FILE, fix=_RESTORE)


def damaged_files(folder: Path) -> list[InputError]:
    """Say which files of a stored survey are damaged, by the ends of its tables alone.

    Parquet files end with what they hold, so one that is cut off or none at all is told from its last
    bytes, without reading dictionary or rows. A file that was in order is not looked at again until
    it changes.
    """
    found = []
    for path in (folder / "dictionary.parquet", *(table_path(folder, level) for level in LEVELS)):
        if path.stem in LEVELS and not path.exists():
            continue
        try:
            state = path.stat()
            _look_at_end(path, state.st_ino, state.st_size, state.st_mtime_ns)
        except InputError as error:
            found.append(error)
        except OSError as error:
            found.append(not_readable("survey", folder, error))
    return found


@lru_cache(maxsize=1024)
def _look_at_end(path: Path, *_: int) -> None:
    """Raise if a table is damaged; only that it is not is remembered, by the file's state."""
    read_table_outline(path, what=_A_FILE, fix=_RESTORE)


def _read_table(
    folder: Path, respondent: RespondentLevel, keys: list[str], columns: Sequence[str] | None
) -> pd.DataFrame | None:
    path = table_path(folder, respondent)
    if not has_table(folder, respondent):
        return None
    wanted = None if columns is None else list(dict.fromkeys([*keys, *columns]))
    return _read_parquet(path, wanted)


def _read_parquet(
    path: Path, columns: list[str] | None = None, rows: int | None = None
) -> pd.DataFrame:
    return read_table(path, what=_A_FILE, fix=_RESTORE, columns=columns, rows=rows)


def _dictionary_frame(dictionary: Dictionary) -> pd.DataFrame:
    rows = [dataclasses.asdict(variable) for variable in dictionary.values()]
    # Derived variables are no columns: their definitions are stored beside the survey.
    names = [item.name for item in dataclasses.fields(Variable) if item.name != "definition"]
    frame = pd.DataFrame(rows, columns=names)
    for name in ("levels", "codes"):
        frame[name] = [list(row[name]) for row in rows]
    for name in ("minimum", "median", "mean", "maximum", "missing_share"):
        frame[name] = frame[name].astype("float64")
    return frame


def _variable_record(row: dict[Any, Any], names: list[str]) -> dict[str, Any]:
    record = {name: row[name] for name in names if name in row}
    for name in ("levels", "codes"):
        record[name] = tuple(str(item) for item in record.get(name, ()))
    for name in ("minimum", "median", "mean", "maximum", "missing_share"):
        value = record.get(name)
        record[name] = None if value is None or pd.isna(value) else float(value)
    return record


def _description_record(description: SurveyDescription) -> dict[str, Any]:
    return {
        "format": FORMAT_VERSION,
        "name": description.id.name,
        "vintage": description.id.vintage,
        "title": description.title,
        "source": description.source,
        "synthetic": description.synthetic,
        "design": dataclasses.asdict(description.design),
        "geography": list(description.geography),
        "price_year": description.price_year,
        "notes": list(description.notes),
        "puma_censuses": list(description.puma_censuses),
    }


__all__ = [
    "FORMAT_VERSION",
    "LEVELS",
    "SURVEY_FILES",
    "adopt_survey",
    "damaged_files",
    "has_table",
    "read_columns",
    "read_description",
    "read_dictionary",
    "read_outline",
    "read_survey",
    "restore_survey",
    "table_path",
    "write_description",
    "write_survey",
]
