"""The readers a user can choose from, and one way to try any of them without storing anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fusion_core.errors import InputError
from fusion_core.ingest import acs, ahs, cex, fusiondata, ipums, nhts, recs
from fusion_core.ingest.generic import (
    FORMATS,
    Choices,
    Inspection,
    inspect_file,
    is_text_encoding,
    read_generic,
)
from fusion_core.ingest.reader import (
    CODEBOOKS,
    FileSlot,
    ImportRequest,
    Progress,
    Reader,
    check_price_year,
    say_nothing,
)
from fusion_core.ingest.tables import FileProblemsError, Problem
from fusion_core.surveys.model import WEIGHT, Survey


def _read_any(request: ImportRequest, progress: Progress) -> Survey:
    choices = request.choices or Choices()
    progress(0.5, "Converting the columns")
    return read_generic(
        request.files["household"],
        request.files.get("person"),
        survey=request.survey,
        codebook=request.files.get("codebook"),
        choices=choices,
        person_choices=choices.for_persons(),
        title=request.title,
        price_year=check_price_year(request.price_year) or request.survey.only_year,
    )


GENERIC: Final = Reader(
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
            CODEBOOKS,
            "Columns: variable, description, code, label, type, unit.",
        ),
    ),
    _read_any,
    takes_choices=True,
    variance="Inferred from the replicate weights, or as you say",
)
READERS: Final[tuple[Reader, ...]] = (
    GENERIC,
    acs.READER,
    recs.READER,
    nhts.READER,
    ahs.READER,
    cex.READER,
    cex.YEARS_READER,
    ipums.READER,
    fusiondata.READER,
)


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
    tell = progress or say_nothing
    inspection = None
    try:
        reader = _checked(request)
        if reader is GENERIC:
            tell(0.0, f"Looking at {request.files['household'].name}")
            inspection = inspect_file(
                request.files["household"],
                request.files.get("codebook"),
                choices=request.choices,
                alone="person" not in request.files,
            )
        survey = reader.read(request, tell)
    except FileProblemsError as error:
        return ImportTrial(None, error.problems, inspection)
    except InputError as error:
        return ImportTrial(None, (Problem(error.what, error.where, fix=error.fix),), inspection)
    warnings = () if inspection is None else inspection.problems
    return ImportTrial(survey, (*warnings, *_against_published(reader, survey)), inspection)


def _checked(request: ImportRequest) -> Reader:
    """Return the reader of a request in which nothing is missing or too much."""
    reader = find_reader(request.reader)
    problems = [
        Problem(
            f"The {slot.title[0].lower()}{slot.title[1:]} is missing",
            fix="Choose a file or type its path",
        )
        for slot in reader.slots
        if slot.required and slot.key not in request.files
    ]
    problems += [
        Problem(
            f"The reader '{reader.key}' takes no {key} file",
            fix=f"It takes {', '.join(slot.key for slot in reader.slots)}",
        )
        for key in request.files
        if reader.slot(key) is None
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
    if not reader.takes_choices and chosen != Choices(encoding=chosen.encoding):
        problems.append(
            Problem(
                f"The reader '{reader.key}' takes the columns as they are published",
                fix="Use the reader 'generic' to say what columns, weights and codes are",
            )
        )
    if problems:
        raise FileProblemsError(tuple(problems))
    return reader


def _against_published(reader: Reader, survey: Survey) -> tuple[Problem, ...]:
    """Warn where the weights do not add up to what the statistical office publishes."""
    known = reader.published.get(survey.id.vintage)
    if known is None or survey.household is None:
        return ()
    total = float(survey.household[WEIGHT].sum())
    if abs(total - known.households) <= known.tolerance * known.households:
        return ()
    return (
        Problem(
            f"The weights add up to {total:,.0f} households; {known.source} gives"
            f" {known.households:,.0f}",
            fix="Check that the file is whole and of this edition, unless it is an extract",
            severity="warning",
        ),
    )


__all__ = [
    "READERS",
    "FileSlot",
    "ImportRequest",
    "ImportTrial",
    "Reader",
    "check_price_year",
    "find_reader",
    "try_import",
]
