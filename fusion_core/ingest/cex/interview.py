"""Read the interview microdata of the Consumer Expenditure Surveys (BLS, PUMD) for calendar years.

Files are ``fmli191x.csv``, ``fmli192.csv`` … ``fmli201.csv`` – consumer units of a quarter – and
``memi…`` (members) and ``mtbi…`` (monthly expenditures), in the ZIPs of the BLS or a folder. Each
interview is a household of its own, as the BLS counts: it tells of three months, of which those in
the calendar years are *in scope* (MO_SCOPE). Its weight is ``FINLWT21`` × MO_SCOPE / 12 per year and
its expenditures are those of its months in scope × 12 / MO_SCOPE, so that weighted means are annual
expenditures per consumer unit exactly as the BLS computes them ("CE PUMD Getting Started Guide").

Variance: balanced half-samples, ``WTREP01`` … ``WTREP44``, (1/44) Σ (θ_r − θ)² (same guide); a blank
half-sample weight is 0. Income is the mean of the five imputations (…M).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import InputError
from fusion_core.ingest.cex._dictionary import characteristics
from fusion_core.ingest.cex._expenditures import (
    MONTHLY,
    Expenditure,
    annual_amounts,
    monthly_sums,
    price_factors,
    read_expenditures,
)
from fusion_core.ingest.families import (
    check_persons,
    has_replicates,
    joined,
    numbers_or_nan,
    require_columns,
    tables_in,
    with_columns,
    with_reference_first,
)
from fusion_core.ingest.generic import (
    Choices,
    CodebookEntry,
    LoadedTable,
    read_loaded,
)
from fusion_core.ingest.reader import (
    CODEBOOKS,
    FileSlot,
    ImportRequest,
    Progress,
    PublishedTotal,
    Reader,
    say_nothing,
)
from fusion_core.ingest.tables import FileProblemsError, Problem, ProblemLog, RawTable, key_texts
from fusion_core.surveys.model import PERSON_KEY, WEIGHT, Survey, SurveyDescription, SurveyId

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OWN: Final = Path(__file__).parent / "tables"
KEY: Final = "NEWID"
REPLICATES: Final = 44
_WEIGHT: Final = "FINLWT21"
_HALF_SAMPLES: Final = tuple(f"WTREP{index:02d}" for index in range(1, REPLICATES + 1))
_QUARTER: Final = re.compile(r"(?:fmli|memi|mtbi)(\d\d)([1-4])(x?)\.csv")
_WHEN: Final = ("QINTRVMO", "QINTRVYR")
_MONTHS: Final = 3  # before the month of the interview, which the expenditures are about
_YEAR: Final = 12
_MOST: Final = 0.5
"""Smallest share of a file's records whose consumer units are known."""
_DOLLARS: Final = "dollars per year"
_ROLES: Final = ("CU_CODE1", "CU_CODE")


def read_cex(
    interview: PathLike,
    *,
    vintage: str,
    codebook: PathLike | None = None,
    expenditures: PathLike | None = None,
    whole_years: bool = False,
    name: str = "CEI",
    title: str = "",
    progress: Progress = say_nothing,
) -> Survey:
    """Read consumer units, their members and annual expenditures.

    Parameters
    ----------
    interview
        ``intrvw19.zip`` of the BLS, or a folder of such ZIPs or their files.
    vintage
        A calendar year, or a range such as ``"2015-2019"``; dollars are brought to its last year by
        the CPI-U, and weights stand for an average year.
    codebook
        The dictionary of the BLS, which says what the usual characteristics mean; or a table of
        variables, codes and labels that says which to read in place of them.
    expenditures
        What makes up which expenditure, in place of the usual table
        (see `fusion_core.ingest.cex._expenditures`).
    whole_years
        Whether a household is a consumer unit with its four interviews added up, those it lacks
        imputed (see `fusion_core.ingest.cex._four_interviews`), in place of an interview.
    name, title
        Short and full name of the survey.
    progress
        Told the share done, from 0 to 1, and what is being done.

    Raises
    ------
    FileProblemsError
        If a quarter is missing, or members or units do not fit together.
    InputError
        If a file or table cannot be read, or the vintage names no years.
    """
    survey = SurveyId(name, vintage)
    if not survey.years:
        raise InputError(
            f"The vintage '{vintage}' names no calendar year", fix="Write 2019 or 2015-2019"
        )
    years = range(survey.years[0], survey.years[-1] + 1)
    interview = path_of(interview, "interview")
    entries = characteristics(None if codebook is None else path_of(codebook, "codebook"), years)
    parts = read_expenditures(path_of(expenditures or _OWN / "expenditures.csv", "expenditures"))
    progress(0.0, "Reading consumer units")
    units, everybody, notes = _units(interview, years, entries, parts)
    index = pd.Index(key_texts(units.frame[KEY]).astype(object))
    progress(0.3, "Adding up expenditures")
    columns = (KEY, "UCC", "COST", "REF_YR", "REF_MO")
    monthly = _quarterly(interview, "mtbi", years, frozenset(columns), columns)
    _check_known(monthly, everybody, ProblemLog())
    if whole_years:
        units, described, imputed = _with_years(units, index, monthly, parts, years)
        notes = [*notes[:1], *imputed, *notes[2:]]
    else:
        units, described = _with_expenditures(units, index, monthly, parts, years)
    progress(0.6, "Reading members")
    members, said = _members(interview, units, everybody, entries, years)
    progress(0.8, "Converting the columns")
    log = ProblemLog()
    complete = has_replicates(units, _HALF_SAMPLES, log)
    log.raise_errors()
    choices = Choices(
        key=KEY,
        weight=WEIGHT,
        replicates=("WTREP",) if complete else ("-",),
        design="brr" if complete else "",
        left_out=tuple(name for name in (*_WHEN, "MO_SCOPE") if name in units.frame.columns),
    )
    entries = entries | described
    return read_loaded(
        LoadedTable(units, entries),
        None if members is None else LoadedTable(members, entries),
        description=SurveyDescription(
            survey,
            title or f"Consumer Expenditure Surveys {vintage}, interview microdata",
            f"Bureau of Labor Statistics, CE PUMD {vintage}: {interview.name}",
            price_year=years[-1],
            notes=(*notes, *said),
        ),
        choices=choices,
        person_choices=Choices(key=KEY, person_number=PERSON_KEY, weight=WEIGHT, replicates=("-",)),
    )


def months_in_scope(
    year: NDArray[np.float64], month: NDArray[np.float64], years: range
) -> NDArray[np.float64]:
    """Return how many of the three months before an interview lie in some calendar years."""
    interview = year * _YEAR + (month - 1)
    before = interview[:, None] - np.arange(1, _MONTHS + 1)
    inside = (before >= years[0] * _YEAR) & (before < (years[-1] + 1) * _YEAR)
    return np.asarray(inside.sum(axis=1), dtype="float64")


def _quarterly(
    path: Path,
    stem: str,
    years: range,
    columns: frozenset[str],
    needed: Sequence[str],
    *,
    required: bool = True,
) -> list[RawTable]:
    """Read a file of every quarter whose interviews tell of the years; report missing quarters.

    The BLS publishes the first quarter of a year twice: at the end of one year's ZIP, and revised,
    with an ``x`` in its name, at the beginning of the next. The revised one is taken where the first
    year begins, the other where a year follows.
    """
    wanted = [(year, quarter) for year in years for quarter in range(1, 5)] + [(years[-1] + 1, 1)]
    found: dict[tuple[int, int], dict[str, RawTable]] = {}
    for table in tables_in(path, rf"{stem}\d\d[1-4]x?\.csv", keep=columns.__contains__):
        match = _QUARTER.fullmatch(Path(table.parts[0].name).name.lower())
        if match is None:
            raise FileProblemsError(
                (
                    Problem(
                        "The name of the file says no quarter",
                        table.parts[0].name,
                        fix=f"Keep the names of the BLS, such as {stem}192.csv",
                    ),
                )
            )
        year = int(match.group(1)) + (1900 if int(match.group(1)) > 79 else 2000)  # noqa: PLR2004 - PUMD begin in 1980
        found.setdefault((year, int(match.group(2))), {})[match.group(3)] = table
    lacking = [quarter for quarter in wanted if quarter not in found]
    if lacking and (required or len(lacking) < len(wanted)):
        raise FileProblemsError(
            tuple(
                Problem(
                    f"Quarter {quarter} of {year} is missing ({stem}{year % 100:02d}{quarter}.csv)",
                    path.name,
                    fix="Give the ZIPs of all years, and of the year before or after where the BLS"
                    " publishes that quarter there, in one folder",
                )
                for year, quarter in lacking
            )
        )
    tables = []
    log = ProblemLog()
    for quarter in wanted if not lacking else []:
        versions = found[quarter]
        revised = quarter == wanted[0]
        table = versions.get("x" if revised else "") or next(iter(versions.values()))
        require_columns(table, needed, f"file of a quarter ({stem}…)", log)
        if not log.errors and set(_WHEN) <= set(needed):
            _check_quarter(table, quarter, log)
        tables.append(table)
    log.raise_errors()
    return tables


def _check_quarter(table: RawTable, quarter: tuple[int, int], log: ProblemLog) -> None:
    """Report a file whose interviews are of another quarter than its name says."""
    month, year = (numbers_or_nan(table.frame[name]) for name in _WHEN)
    other = np.flatnonzero(year * 4 + (month - 1) // _MONTHS != quarter[0] * 4 + quarter[1] - 1)
    if len(other):
        table.report(
            log,
            f"The interview of month {month[other[0]]:.0f} of {year[other[0]]:.0f} is not of quarter"
            f" {quarter[1]} of {quarter[0]}, which the file's name says",
            column="QINTRVYR",
            positions=other,
            fix="Use the files of the BLS under their own names",
        )


def _check_known(tables: Sequence[RawTable], everybody: pd.Index[Any], log: ProblemLog) -> None:
    """Report a file whose records are of consumer units no file of units has: of another edition."""
    for table in tables:
        known = key_texts(table.frame[KEY]).isin(set(everybody)).to_numpy()
        if len(known) and known.mean() < _MOST:
            table.report(
                log,
                f"{1 - known.mean():.0%} of the records are of consumer units that no fmli… file has",
                column=KEY,
                positions=np.flatnonzero(~known),
                fix="Use the files of one release",
            )
    log.raise_errors()


def _units(
    path: Path, years: range, entries: dict[str, CodebookEntry], parts: Sequence[Expenditure]
) -> tuple[RawTable, pd.Index[Any], list[str]]:
    asked = {item for part in parts if part.source != MONTHLY for item in part.items}
    replicates = set(_HALF_SAMPLES)
    described = {entry.name for entry in entries.values()}
    columns = frozenset({KEY, _WEIGHT, *_WHEN, *replicates, *asked, *described})
    units = _stacked(_quarterly(path, "fmli", years, columns, (KEY, _WEIGHT, *_WHEN)))
    everybody = _distinct(units)
    when = [numbers_or_nan(units.frame[name]) for name in ("QINTRVYR", "QINTRVMO")]
    scope = months_in_scope(when[0], when[1], years)
    kept = scope > 0
    frame = units.frame[kept].reset_index(drop=True)
    units = dataclasses.replace(units, frame=frame)
    share = scope[kept] / (_YEAR * len(years))
    weighted: dict[str, Any] = {WEIGHT: numbers_or_nan(frame[_WEIGHT]) * share}
    for name in sorted(replicates & set(map(str, frame.columns))):
        weighted[name] = np.nan_to_num(numbers_or_nan(frame[name])) * share
    interviewed = when[0][kept]
    for name in frame.columns:
        entry = entries.get(str(name).lower())
        if entry is not None and entry.unit == _DOLLARS and len(years) > 1:
            weighted[str(name)] = numbers_or_nan(frame[name]) * price_factors(interviewed, years)
    weighted["MO_SCOPE"] = scope[kept]
    units = with_columns(units, weighted)
    units = dataclasses.replace(units, frame=units.frame.drop(columns=_WEIGHT))
    notes = [
        (
            f"{len(frame):,} interviews have months in scope; {int((~kept).sum()):,} tell of other years"
            " only and were left out."
        ),
        (
            "Each interview is a household: its weight counts its months in scope, its expenditures are"
            " annual."
        ),
        "Blank half-sample weights are 0.",
    ]
    if len(years) > 1:
        notes.append(f"Dollars of each year were brought to {years[-1]} by the CPI-U.")
    return units, everybody, notes


def _distinct(units: RawTable) -> pd.Index[Any]:
    """Return the identifiers of the interviews, each of which may occur once."""
    log = ProblemLog()
    found = key_texts(units.frame[KEY]).astype(object)
    twice = np.flatnonzero(found.duplicated().to_numpy())
    if len(twice):
        units.report(
            log,
            f"The interview '{found.iloc[twice[0]]}' occurs more than once",
            column=KEY,
            positions=twice,
            fix="Use each quarter's file once, under its own name",
        )
    log.raise_errors()
    names: pd.Index[Any] = pd.Index(found)
    return names


def _with_expenditures(
    units: RawTable,
    index: pd.Index[Any],
    tables: Sequence[RawTable],
    parts: Sequence[Expenditure],
    years: range,
) -> tuple[RawTable, dict[str, CodebookEntry]]:
    sums = monthly_sums(tables, parts, index, years)
    scope = numbers_or_nan(units.frame["MO_SCOPE"])
    values: dict[str, Any] = {
        name: np.round(total * _YEAR / scope, 2) for name, total in sums.items()
    }
    return _described(units, parts, values | annual_amounts(units, parts))


def _with_years(
    units: RawTable,
    index: pd.Index[Any],
    tables: Sequence[RawTable],
    parts: Sequence[Expenditure],
    years: range,
) -> tuple[RawTable, dict[str, CodebookEntry], list[str]]:
    """Return consumer units with the expenditures of four interviews."""
    from fusion_core.ingest.cex._four_interviews import whole_years

    sums = monthly_sums(tables, parts, index, years, every_month=True)
    weights = [WEIGHT, *(name for name in _HALF_SAMPLES if name in units.frame.columns)]
    units, annual, notes = whole_years(units, KEY, sums, weights)
    values: dict[str, Any] = {name: np.round(total, 2) for name, total in annual.items()}
    return *_described(units, parts, values | annual_amounts(units, parts)), notes


def _described(
    units: RawTable, parts: Sequence[Expenditure], values: dict[str, Any]
) -> tuple[RawTable, dict[str, CodebookEntry]]:
    """Return the units with their expenditures in place of what those were made of."""
    used = {item for part in parts if part.source != MONTHLY for item in part.items}
    kept = units.frame.drop(columns=[name for name in used if name in units.frame.columns])
    units = with_columns(dataclasses.replace(units, frame=kept), values)
    labels = {part.variable: part.label for part in parts}
    entries = {
        name.lower(): CodebookEntry(name, labels[name], _DOLLARS, "continuous") for name in values
    }
    return units, entries


def _members(
    path: Path,
    units: RawTable,
    everybody: pd.Index[Any],
    entries: dict[str, CodebookEntry],
    years: range,
) -> tuple[RawTable | None, list[str]]:
    described = {entry.name for entry in entries.values()}
    needed = (KEY, "MEMBNO")
    columns = frozenset({*needed, *described})
    tables = _quarterly(path, "memi", years, columns, needed, required=False)
    if not tables:
        return None, ["There are no files of members (memi…): the survey has no persons."]
    log = ProblemLog()
    _check_known(tables, everybody, log)
    members = _stacked(tables)
    inside = key_texts(members.frame[KEY]).isin(set(key_texts(units.frame[KEY]))).to_numpy()
    frame = members.frame[inside].reset_index(drop=True)
    members = dataclasses.replace(members, frame=frame)
    alone = check_persons(units, members, KEY, "MEMBNO", log)
    log.raise_errors()
    members = joined(members, units, (KEY,), (WEIGHT,), log)
    log.raise_errors()
    role = next((name for name in _ROLES if name in frame.columns), None)
    is_reference = (
        numbers_or_nan(frame["MEMBNO"]) == 1 if role is None else numbers_or_nan(frame[role]) == 1
    )
    members, notes = with_reference_first(members, KEY, "MEMBNO", is_reference)
    return members, [*alone, *notes, "Persons carry the weight of their consumer unit."]


def _stacked(tables: Sequence[RawTable]) -> RawTable:
    """Put the quarters under each other; a column that one of them lacks is blank there."""
    columns = list(dict.fromkeys(str(name) for table in tables for name in table.frame.columns))
    frames = [table.frame.astype(object).reindex(columns=columns) for table in tables]
    frame = pd.concat(frames, ignore_index=True).astype("category")
    return RawTable(tables[0].path, frame, tuple(part for table in tables for part in table.parts))


def _read(request: ImportRequest, progress: Progress) -> Survey:
    return read_cex(
        request.files["household"],
        vintage=request.survey.vintage,
        codebook=request.files.get("codebook"),
        expenditures=request.files.get("expenditures"),
        name=request.survey.name,
        title=request.title,
        whole_years=request.reader == YEARS_READER.key,
        progress=progress,
    )


_TABLE: Final = "BLS table 1101 (interview and diary together; from general knowledge)"
_UNITS: Final = {
    "2015": 128_437,
    "2016": 129_549,
    "2017": 130_001,
    "2018": 131_439,
    "2019": 132_242,
}
READER: Final = Reader(
    "cex",
    "CEX interview (BLS)",
    "Consumer Expenditure Surveys: annual expenditures of consumer units in calendar years.",
    (
        FileSlot(
            "household",
            "Interview files",
            True,
            (".zip",),
            "intrvw19.zip; for several years a folder of them, by its path",
        ),
        FileSlot(
            "expenditures",
            "Table of expenditures",
            False,
            (".csv",),
            "variable, label, source, items, factor; the usual 54 if none",
        ),
        FileSlot(
            "codebook",
            "Codebook",
            False,
            CODEBOOKS,
            "ce_pumd_interview_diary_dictionary.xlsx, or characteristics in place of the usual",
        ),
    ),
    _read,
    name="CEI",
    variance="Half-samples (BRR), 44 replicates, factor 1/44 (CE PUMD Getting Started Guide)",
    published={
        year: PublishedTotal(1000.0 * units, _TABLE, 0.03) for year, units in _UNITS.items()
    },
)
YEARS_READER: Final = dataclasses.replace(
    READER,
    key="cex_years",
    title="CEX interview, four quarters a household (BLS)",
    help="Consumer Expenditure Surveys: a year of each consumer unit, interviews it lacks imputed.",
)
