"""Read any household survey: look at the file first, then read it as seen or as corrected.

`inspect_file` says what each column seems to be and lists everything that is wrong, with rows;
`read_generic` reads exactly that, or refuses with the same list. Nothing is guessed silently: what
was inferred is in the inspection and in the notes of the survey.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import InputError
from fusion_core.ingest.generic import _inference as inference
from fusion_core.ingest.generic._column_choices import TYPES, typed, with_choices
from fusion_core.ingest.generic._implied_decimals import with_decimals
from fusion_core.ingest.generic._places import PUMA, census_of_column, with_whole_pumas
from fusion_core.ingest.generic._plausibility import check_membership
from fusion_core.ingest.generic._quotes import without_quotes
from fusion_core.ingest.generic._standard_table import standard_table
from fusion_core.ingest.generic._weights import (
    Weighting,
    families,
    find_weight,
    pair,
)
from fusion_core.ingest.generic.codebook import CodebookEntry, read_codebook
from fusion_core.ingest.generic.inspection import Choices, Inspection, parse_missing
from fusion_core.ingest.generic.loading import LoadedTable, load_table
from fusion_core.ingest.generic.special import reserved_negatives, values_of
from fusion_core.ingest.tables import ProblemLog, gathered
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

if TYPE_CHECKING:
    from fusion_core.ingest.tables import RawTable


@dataclass(frozen=True)
class _Reading:
    """An inspection together with the file and the table it leads to."""

    raw: RawTable
    choices: Choices
    unknown: tuple[str, ...]
    inspection: Inspection
    table: pd.DataFrame
    variables: tuple[Variable, ...]
    named: frozenset[str]
    """Names of the columns in lower case, as the file writes them and as a person renamed them."""


def inspect_file(
    path: PathLike,
    codebook: PathLike | None = None,
    *,
    choices: Choices | None = None,
    alone: bool = True,
) -> Inspection:
    """Look at a file without storing anything.

    Parameters
    ----------
    path
        CSV (also gzip, ZIP, semicolons or tabs), Parquet, Stata, SPSS or SAS.
    codebook
        Table of what columns and codes mean (see `fusion_core.ingest.generic.codebook`).
    choices
        Corrections of what was inferred.
    alone
        Whether a column that is named but not there is a problem; it may be one of the person file.

    Raises
    ------
    InputError
        If the file or the codebook cannot be opened at all; everything else is a problem in the
        result.
    """
    choices = choices or Choices()
    entries = None if codebook is None else read_codebook(codebook)
    reading = _read(_loaded(path, choices), entries, choices)
    log = ProblemLog()
    if alone:
        _report_unknown([reading], log)
    problems = (*reading.inspection.problems, *log.problems)
    return dataclasses.replace(reading.inspection, problems=problems)


def _report_unknown(readings: list[_Reading], log: ProblemLog) -> None:
    """Report the columns a person named that no file has."""
    columns = [str(name) for reading in readings for name in reading.raw.frame.columns]
    for name in readings[0].unknown:
        if all(name in reading.unknown for reading in readings):
            error = InputError.unknown("column", name, columns)
            log.add(error.what, file=readings[0].inspection.path.name, fix=error.fix)
    choices = readings[0].choices
    known = {name.strip().lower() for name in (*columns, *choices.left_out)}
    for name in choices.missing:
        if name != "*" and name.lower() not in known:
            error = InputError.unknown("column", name, columns)
            log.add(
                f"Missing values are declared of a column that is not there: {error.what}",
                file=readings[0].inspection.path.name,
                fix=error.fix,
                severity="warning",
            )


def read_generic(
    household: PathLike,
    person: PathLike | None = None,
    *,
    survey: SurveyId,
    codebook: PathLike | None = None,
    choices: Choices | None = None,
    person_choices: Choices | None = None,
    title: str = "",
    source: str = "",
    price_year: int | None = None,
    synthetic: bool = False,
) -> Survey:
    """Read a household file and, if any, its person file.

    Parameters
    ----------
    household, person
        The files, as for `inspect_file`.
    survey
        Name and vintage the survey gets.
    codebook
        Table of what columns and codes mean, for both files.
    choices, person_choices
        Corrections of what was inferred for each file.
    title, source, price_year, synthetic
        As in `fusion_core.surveys.model.SurveyDescription`.

    Raises
    ------
    FileProblemsError
        Listing everything that is wrong.
    InputError
        If a file cannot be opened.
    """
    household = path_of(household, "household")
    choices = choices or Choices()
    log = ProblemLog()
    entries = None if codebook is None else read_codebook(codebook)
    first = _read(_loaded(household, choices), entries, choices)
    second = None
    if person is not None:
        own = person_choices or choices.for_persons()
        second = _read(_loaded(person, own), entries, own, respondent="person")
    readings = _checked(first, second, log)
    if codebook is not None:
        _check_codebook(path_of(codebook, "codebook"), readings, log)
    log.raise_errors()
    described = SurveyDescription(
        id=survey, title=title, source=source, synthetic=synthetic, price_year=price_year
    )
    return _survey(described, readings, log)


def read_loaded(
    household: LoadedTable,
    person: LoadedTable | None,
    *,
    description: SurveyDescription,
    choices: Choices,
    person_choices: Choices | None = None,
) -> Survey:
    """Read tables that a reader of one family loaded, joined and described.

    Parameters
    ----------
    household, person
        The tables as texts with what is known of their columns: no codebook beside them is read.
    description
        Identifier, title, source, price year and the notes of the family; the design, areas and
        what is inferred of the columns are added to it.
    choices, person_choices
        What the family says of the columns, as a person would.

    Raises
    ------
    FileProblemsError
        Listing everything that is wrong.
    """
    log = ProblemLog()
    first = _read(household, None, choices, respondent="household")
    second = None
    if person is not None:
        own = person_choices or choices.for_persons()
        second = _read(person, None, own, respondent="person")
    readings = _checked(first, second, log)
    log.raise_errors()
    return _survey(description, readings, log)


def _loaded(path: PathLike, choices: Choices) -> LoadedTable:
    return load_table(path_of(path, "file"), layout=choices.layout)


def _checked(first: _Reading, second: _Reading | None, log: ProblemLog) -> list[_Reading]:
    """Note what is wrong with each file and with the two together."""
    log.problems += first.inspection.problems
    if first.inspection.respondent == "person":
        log.add(
            "The file has several rows per household: it is a person file",
            file=first.inspection.path.name,
            column=first.inspection.key,
            fix="Give the household file too, with the person file beside it",
        )
    if second is not None:
        log.problems += second.inspection.problems
        if first.inspection.key and second.inspection.key:
            check_membership(
                (first.raw, first.inspection.key), (second.raw, second.inspection.key), log
            )
    readings = [first] if second is None else [first, second]
    _report_unknown(readings, log)
    return readings


def _survey(described: SurveyDescription, readings: list[_Reading], log: ProblemLog) -> Survey:
    first, *others = readings
    extra = [item.sentence for item in log.warnings if item not in first.inspection.problems]
    variables: dict[str, Variable] = {}
    for reading in readings:
        for variable in reading.variables:
            variables.setdefault(variable.name, variable)
    inspection = first.inspection
    description = dataclasses.replace(
        described,
        title=described.title or described.id.title,
        source=described.source
        or "Read from " + ", ".join(r.inspection.path.name for r in readings),
        design=inspection.design,
        geography=_survey_names(inspection),
        puma_censuses=_censuses(inspection),
        notes=tuple(
            dict.fromkeys(
                [
                    *described.notes,
                    *(note for reading in readings for note in _notes(reading.inspection)),
                    *extra,
                ]
            )
        ),
    )
    persons = others[0].table if others else None
    return Survey(
        description,
        Dictionary(list(variables.values())),
        first.table.sort_values(HOUSEHOLD_KEY, kind="stable").reset_index(drop=True),
        None
        if persons is None
        else persons.sort_values([HOUSEHOLD_KEY, PERSON_KEY], kind="stable").reset_index(drop=True),
    )


def _survey_names(inspection: Inspection) -> tuple[str, ...]:
    """Return the columns of areas by their names in the survey."""
    names = {column.source: column.name for column in inspection.columns}
    return tuple(
        names.get(column, inference.survey_name(column)) for column in inspection.geography
    )


def _censuses(inspection: Inspection) -> tuple[str, ...]:
    """Return the census of the survey's PUMAs, where the name of their column says it."""
    found = {
        census_of_column(column.source) for column in inspection.columns if column.name == PUMA
    }
    return tuple(sorted(found - {""}))


def _read(
    loaded: LoadedTable,
    codebook: Mapping[str, CodebookEntry] | None,
    choices: Choices,
    *,
    respondent: RespondentLevel | None = None,
) -> _Reading:
    path, log = loaded.raw.path, ProblemLog()
    raw, unknown = with_choices(loaded.raw, choices, log)
    entries = _entries(loaded, codebook, choices)
    raw, quoted = without_quotes(raw)
    log.problems += gathered(raw.said)
    raw, lacking = with_decimals(raw, entries, choices, log)
    raw = with_whole_pumas(raw, log)
    columns = [str(column) for column in raw.frame.columns]
    lacking += [name for name in choices.geography or () if name not in columns]
    key = _chosen(choices.key, columns, inference.HOUSEHOLD_KEYS, log, path)
    person = _chosen(choices.person_number, columns, inference.PERSON_NUMBERS, log, path)
    level = respondent or _respondent(raw, key, person)
    weighting = _weighting(raw, columns, choices, level=level, entries=entries, log=log)
    used = {
        *(key, weighting.weight, *weighting.replicates),
        *weighting.unused,
        person if level == "person" else "",
    }
    inferred = _answers(
        raw,
        [item for item in columns if item not in used],
        entries,
        choices,
        quoted=quoted,
        weight=weighting.weight,
    )
    inferred = typed(raw, inferred, choices.types)
    inferred += tuple(
        inference.InferredColumn(column, inference.survey_name(column), left_out=reason)
        for column, reason in (*weighting.unused.items(), *raw.left_out)
    )
    geography = tuple(
        column.source for column in inferred if column.role == "geography" and not column.left_out
    )
    inspection = Inspection(
        path=path,
        rows=len(raw.frame),
        respondent=level,
        key=key,
        person_number=person if level == "person" else "",
        weight=weighting.weight,
        replicates=weighting.replicates,
        design=weighting.design,
        design_reason=weighting.reason,
        total=weighting.total,
        blanks_are_zero=weighting.blanks_are_zero,
        families=tuple(
            (family.stem, len(family.columns))
            for family in families(columns, without=weighting.weight)
        ),
        geography=geography if choices.geography is None else choices.geography,
        columns=inferred,
        problems=(),
    )
    table, variables = standard_table(raw, inspection, log)
    return _Reading(
        raw,
        choices,
        (*unknown, *lacking),
        dataclasses.replace(inspection, problems=tuple(log.problems)),
        pd.DataFrame(table),
        tuple(variables),
        frozenset(str(name).strip().lower() for name in (*loaded.raw.frame, *raw.frame)),
    )


def _weighting(
    raw: RawTable,
    columns: list[str],
    choices: Choices,
    *,
    level: RespondentLevel,
    entries: Mapping[str, CodebookEntry],
    log: ProblemLog,
) -> Weighting:
    """Return the weight, as chosen or as found, with the replicates that belong to it."""
    if choices.weight == "-":
        return Weighting(total=float(len(raw.frame)))
    if choices.weight:
        weight = _chosen(choices.weight, columns, (), log, raw.path)
    else:
        weight = find_weight(raw, columns, level, entries)
    return pair(
        raw,
        columns,
        weight,
        level=level,
        chosen=choices.replicates,
        design=choices.design,
        log=log,
    )


def _answers(
    raw: RawTable,
    columns: list[str],
    entries: Mapping[str, CodebookEntry],
    choices: Choices,
    *,
    quoted: frozenset[str],
    weight: str,
) -> tuple[inference.InferredColumn, ...]:
    """Infer all answers; codes that several columns share tell more than those of one alone."""
    values = {column: values_of(raw.frame[column]) for column in columns}
    reserved = reserved_negatives(values.values())
    inferred = tuple(
        inference.infer_answer(
            raw,
            column,
            entries.get(column.strip().lower()),
            values=values[column],
            missing=choices.missing_in(column),
            also=choices.missing.get("*", ()),
            reserved=reserved,
            is_code=column in quoted,
        )
        for column in columns
    )
    return inference.with_own_names(inferred, weight)


def _entries(
    loaded: LoadedTable, codebook: Mapping[str, CodebookEntry] | None, choices: Choices
) -> dict[str, CodebookEntry]:
    """Return what is known of each column: a person's word, then the codebook, then the file."""
    entries = {**loaded.known, **(codebook or {})}
    for old, new in choices.renamed.items():
        entries.setdefault(new.lower(), entries.get(old.lower(), CodebookEntry(new)))
    for name, kind in choices.types.items():
        known = entries.get(name.strip().lower(), CodebookEntry(name))
        entries[name.strip().lower()] = dataclasses.replace(known, type=TYPES[kind])
    return entries


def _chosen(
    choice: str, columns: list[str], known: tuple[str, ...], log: ProblemLog, path: Path
) -> str:
    if choice and choice not in columns:
        error = InputError.unknown("column", choice, columns)
        log.add(error.what, file=path.name, fix=error.fix)
        return ""
    return choice or inference.first_known(columns, known)


def _respondent(raw: RawTable, key: str, person: str) -> RespondentLevel:
    if not key or not person:
        return "household"
    return "person" if raw.frame[key].duplicated().any() else "household"


def _check_codebook(codebook: Path, readings: list[_Reading], log: ProblemLog) -> None:
    """Refuse a codebook that knows no column of the files, and doubt one that knows few."""
    described = read_codebook(codebook)
    columns = {name for reading in readings for name in reading.named}
    known = described.keys() & columns
    if not known:
        log.add(
            f"The codebook describes {len(described):,} variables, none of which is in the files:"
            " it is of another survey or edition",
            file=codebook.name,
            fix="Use the codebook of these files, or none",
        )
    elif 2 * len(known) < len(described):
        log.add(
            f"The codebook describes {len(described):,} variables, of which only {len(known):,} are"
            " in the files: is it of another edition?",
            file=codebook.name,
            fix="Use the codebook of these files, unless they are an extract",
            severity="warning",
        )


def _notes(inspection: Inspection) -> list[str]:
    name = inspection.path.name
    notes = [f"{name}: {inspection.rows:,} rows, identifier {inspection.key}."]
    if inspection.weight:
        notes.append(
            f"{name}: the weight is {inspection.weight}; the rows stand for {inspection.population}."
        )
    if inspection.design_reason and inspection.respondent == "household":
        first, last = inspection.replicates[0], inspection.replicates[-1]
        notes.append(f"{name}: {inspection.design_reason} ({first} … {last}).")
    notes += [problem.sentence for problem in inspection.problems if problem.severity == "warning"]
    return notes


__all__ = [
    "Choices",
    "Inspection",
    "inspect_file",
    "parse_missing",
    "read_generic",
    "read_loaded",
]
