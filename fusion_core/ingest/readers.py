"""The readers a user can choose from, and one way to try any of them without storing anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from fusion_core.errors import InputError
from fusion_core.ingest.acs import read_acs_pums
from fusion_core.ingest.fusiondata import read_fusiondata_dictionary
from fusion_core.ingest.generic import (
    FORMATS,
    Choices,
    Inspection,
    inspect_file,
    is_text_encoding,
    read_generic,
)
from fusion_core.ingest.recs import read_recs
from fusion_core.ingest.tables import FileProblemsError, Problem
from fusion_core.surveys.model import Survey, SurveyId

Progress = Callable[[float, str], None]
ReaderKey = Literal["generic", "acs_pums", "recs", "fusiondata"]


@dataclass(frozen=True, slots=True)
class FileSlot:
    """A file a reader takes.

    Attributes
    ----------
    key, title
        Name in code and for people.
    required
        Whether the reader needs it.
    suffixes
        Endings of the files it accepts.
    help
        What to put there, in a sentence.
    """

    key: str
    title: str
    required: bool
    suffixes: tuple[str, ...]
    help: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader a user can choose.

    Attributes
    ----------
    key, title, help
        Name in code, for people, and what it reads.
    slots
        The files it takes.
    name
        Survey name it proposes; empty when the user must say.
    names_itself
        Whether name and vintage stand in the files.
    """

    key: ReaderKey
    title: str
    help: str
    slots: tuple[FileSlot, ...]
    name: str = ""
    names_itself: bool = False


_PUMS: Final = (".csv", ".zip", ".gz", ".parquet")
READERS: Final[tuple[Reader, ...]] = (
    Reader(
        "generic",
        "Any survey file",
        "CSV, Excel, Parquet, Stata, SPSS or SAS, with an optional codebook.",
        (
            FileSlot("household", "Household file", True, FORMATS, "One row per household."),
            FileSlot("person", "Person file", False, FORMATS, "One row per person, if any."),
            FileSlot(
                "codebook",
                "Codebook",
                False,
                (".csv", ".xlsx"),
                "Columns: variable, description, code, label, type, unit.",
            ),
        ),
    ),
    Reader(
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
        name="ACS",
    ),
    Reader(
        "recs",
        "RECS 2015 (EIA)",
        "Residential Energy Consumption Survey with the EIA's codebook.",
        (
            FileSlot("household", "Microdata", True, _PUMS, "recs2015_public_v4.csv"),
            FileSlot("codebook", "Codebook", True, (".xlsx",), "codebook_publicv4.xlsx"),
            FileSlot("supplement", "Supplement", False, _PUMS, "More columns by DOEID, if any."),
        ),
        name="RECS",
    ),
    Reader(
        "fusiondata",
        "fusionData dictionary",
        "A dictionary alone, to harmonize before the microdata are at hand.",
        (
            FileSlot("household", "Household dictionary", True, (".parquet",), "…_H.parquet"),
            FileSlot("person", "Person dictionary", False, (".parquet",), "…_P.parquet"),
        ),
        names_itself=True,
    ),
)


@dataclass(frozen=True)
class ImportRequest:
    """What a user asks to import.

    Attributes
    ----------
    reader
        The reader to use.
    files
        The files, by slot.
    name, vintage
        Name and vintage of the survey; ignored by readers that find them in the files.
    title
        Full name, optional.
    choices
        Corrections of what was inferred, for the generic reader; the encoding is that of both
        files.
    price_year
        Year whose prices dollar amounts are in, for the generic reader; 0 takes the year of the
        vintage, where it is one.
    """

    reader: ReaderKey
    files: Mapping[str, Path]
    name: str = ""
    vintage: str = ""
    title: str = ""
    choices: Choices | None = None
    price_year: int = 0


@dataclass(frozen=True)
class ImportTrial:
    """What an import would store, or why it can not.

    Attributes
    ----------
    survey
        The survey, ``None`` when something is wrong.
    problems
        Everything that is wrong, errors first.
    inspection
        What was inferred of the household file, for the generic reader.
    """

    survey: Survey | None
    problems: tuple[Problem, ...]
    inspection: Inspection | None = None


def find_reader(key: str) -> Reader:
    """Return a reader by its key.

    Raises
    ------
    InputError
        If there is no such reader.
    """
    for reader in READERS:
        if reader.key == key:
            return reader
    raise InputError.unknown("reader", key, [reader.key for reader in READERS])


def try_import(request: ImportRequest, *, progress: Progress | None = None) -> ImportTrial:
    """Read the files as asked, without storing anything; nothing raises for a wrong file.

    Parameters
    ----------
    request
        What to read.
    progress
        Told the share done, from 0 to 1, and what is being done.
    """
    tell = progress or _say_nothing
    inspection = None
    try:
        _check_request(request)
        if request.reader == "generic":
            tell(0.0, f"Looking at {request.files['household'].name}")
            inspection = inspect_file(
                request.files["household"],
                request.files.get("codebook"),
                choices=request.choices,
                alone="person" not in request.files,
            )
        survey = _read(request, tell)
    except FileProblemsError as error:
        return ImportTrial(None, error.problems, inspection)
    except InputError as error:
        return ImportTrial(None, (Problem(error.what, error.where, fix=error.fix),), inspection)
    warnings = () if inspection is None else inspection.problems
    return ImportTrial(survey, warnings, inspection)


def _check_request(request: ImportRequest) -> None:
    reader = find_reader(request.reader)
    problems = [
        Problem(f"The {slot.title.lower()} is missing", fix="Choose a file or type its path")
        for slot in reader.slots
        if slot.required and slot.key not in request.files
    ]
    if not reader.names_itself:
        if not request.name:
            problems.append(Problem("The survey has no name", fix="Type a short one such as RECS"))
        if not request.vintage:
            problems.append(Problem("The survey has no vintage", fix="Type a year such as 2015"))
    if request.choices is not None and not is_text_encoding(request.choices.encoding):
        problems.append(
            Problem(
                f"There is no text encoding '{request.choices.encoding}'",
                fix="Try utf-8, cp1252 or latin-1",
            )
        )
    chosen = request.choices or Choices()
    if reader.key != "generic" and chosen != Choices(encoding=chosen.encoding):
        problems.append(
            Problem(
                f"The reader '{reader.key}' takes the columns as they are published",
                fix="Use the reader 'generic' to say what columns, weights and codes are",
            )
        )
    if problems:
        raise FileProblemsError(tuple(problems))


def _say_nothing(share: float, sentence: str) -> None:
    pass


def _read(request: ImportRequest, progress: Progress) -> Survey:
    files = request.files
    if request.reader == "fusiondata":
        return read_fusiondata_dictionary(files["household"], files.get("person"))
    identifier = SurveyId(request.name, request.vintage)
    if request.reader == "acs_pums":
        return read_acs_pums(
            files["household"],
            files.get("person"),
            files["dictionary"],
            vintage=identifier.vintage,
            name=identifier.name,
            title=request.title,
            progress=progress,
        )
    if request.reader == "recs":
        return read_recs(
            files["household"],
            files["codebook"],
            vintage=identifier.vintage,
            supplement=files.get("supplement"),
            name=identifier.name,
            title=request.title,
        )
    choices = request.choices or Choices()
    progress(0.5, "Converting the columns")
    return read_generic(
        files["household"],
        files.get("person"),
        survey=identifier,
        codebook=files.get("codebook"),
        choices=choices,
        person_choices=choices.for_persons(),
        title=request.title,
        price_year=request.price_year or identifier.only_year,
    )
