"""Read raw American Community Survey PUMS files into a survey.

What is done, and said in the survey's notes and in each variable's note:

* vacant units and group quarters leave (``NP`` is 0, or ``TYPE``/``TYPEHUGQ`` is not a housing
  unit), and with them their persons;
* ``SERIALNO`` becomes the household identifier; the reference person becomes person number 1;
* ``WGTP``/``PWGTP`` and their 80 replicates become weights with the successive difference design;
* ``ST`` and ``PUMA`` become a seven-digit area;
* codes become the dictionary's labels; a blank that means something for an occupied household
  ("not owned or being bought") becomes a level of its own, or zero where an amount is asked, if the
  row's other answers agree (see `fusion_core.ingest.acs._universe`); any other blank is missing;
* utility costs that are codes ("included in rent") become missing or zero and a flag variable;
* dollar amounts are brought to the last year of the file with ``ADJHSG`` and ``ADJINC``;
* allocation flags and columns no dictionary explains are left out.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.arguments import PathLike, path_of
from fusion_core.geography.definitions import PUMA_CENSUS, census_of_year
from fusion_core.ingest.acs import _codes as acs_codes
from fusion_core.ingest.acs._census_api import with_blanks, with_file_names
from fusion_core.ingest.acs._census_dictionary import (
    CensusDictionary,
    Record,
    read_census_dictionary,
)
from fusion_core.ingest.acs._joined_areas import with_areas_apart
from fusion_core.ingest.acs._persons import number_persons
from fusion_core.ingest.acs._plausibility import check_names, check_year, members
from fusion_core.ingest.acs._variables import (
    Context,
    code_variable,
    number_variable,
    with_later_names,
    with_old_codes,
)
from fusion_core.ingest.tables import ProblemLog, RawTable, keys, numbers, read_raw_table, weights
from fusion_core.summaries import counted
from fusion_core.surveys.model import (
    HOUSEHOLD_KEY,
    PERSON_KEY,
    WEIGHT,
    Dictionary,
    Survey,
    SurveyDescription,
    SurveyId,
    Variable,
)
from fusion_core.surveys.weight_design import WeightDesign

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Progress = Callable[[float, str], None]

_HOUSING_UNIT = "1"
# Shares of the time that reading a national file takes up to here.
_HOUSING_READ, _HOUSING_DONE, _PERSONS_DONE = 0.2, 0.4, 0.85


@dataclasses.dataclass
class _Result:
    """A table in standard form with the descriptions of its columns."""

    columns: dict[str, Any]
    variables: list[Variable]
    notes: list[str]
    censuses: tuple[str, ...] = ()

    def add(self, variable: Variable, values: Any) -> None:
        """Add a column and its description."""
        self.columns[variable.name] = values
        self.variables.append(variable)


def read_acs_pums(
    housing: PathLike,
    person: PathLike | None,
    data_dictionary: PathLike,
    *,
    vintage: str,
    name: str = "ACS",
    title: str = "",
    progress: Progress | None = None,
) -> Survey:
    """Read PUMS housing and person files with their data dictionary.

    Parameters
    ----------
    housing, person
        CSV, gzipped CSV, JSON of the Census API, ZIP (all its ``psam_h*``/``psam_p*`` or ``ss..h*``/``ss..p*`` parts) or
        Parquet; `person` may be ``None``. Both may be the same ZIP.
    data_dictionary
        The Census Bureau's data dictionary of that release, CSV or TXT, plain or gzipped.
    vintage
        Year or range of years, e.g. ``"2019"`` or ``"2006-2010"``; the last year is the price year.
    name, title
        Short and full name of the survey.
    progress
        Told the share done, from 0 to 1, and what is being done.

    Raises
    ------
    FileProblemsError
        Listing everything that is wrong: missing columns, repeated households, weights that are
        text or not positive, codes absent from the dictionary, ….
    InputError
        If a file is missing or no PUMS data dictionary.
    """
    identifier = SurveyId(name, vintage)
    housing, data_dictionary = path_of(housing, "housing"), path_of(data_dictionary, "dictionary")
    person = None if person is None else path_of(person, "person")
    dictionary = read_census_dictionary(data_dictionary)
    log = ProblemLog()
    tell = progress or _say_nothing
    tell(0.0, f"Reading {housing.name}")
    raw = _read(housing, "household", log)
    log.raise_errors()
    tell(_HOUSING_READ, f"Converting {len(raw.frame):,} housing records")
    _require(raw, ("SERIALNO", "NP", "WGTP"), log)
    log.raise_errors()
    check_year(raw, vintage, log)
    log.raise_errors()
    kept, notes = _occupied(raw)
    households = _convert(raw, kept, "household", dictionary, vintage=vintage, log=log)
    persons = None
    if person is not None:
        tell(_HOUSING_DONE, f"Reading {person.name}")
        persons = _persons(person, (raw, kept), dictionary, vintage=vintage, log=log)
    tell(_PERSONS_DONE, "Putting households and persons in order")
    log.raise_errors()

    household_table = _sorted(households.columns, [HOUSEHOLD_KEY])
    person_table = None
    variables = list(households.variables)
    notes += _about_dictionary(dictionary, vintage) + households.notes
    if persons is not None:
        person_table, person_notes = number_persons(pd.DataFrame(persons.columns), household_table)
        known = {variable.name for variable in variables}
        variables += [item for item in persons.variables if item.name not in known]
        notes += person_notes + [note for note in persons.notes if note not in notes]
    replicates = sum(column.startswith("replicate_") for column in household_table.columns)
    design = WeightDesign.successive_difference(replicates) if replicates else WeightDesign()
    description = SurveyDescription(
        id=identifier,
        title=title or f"American Community Survey {vintage}, public use microdata",
        source=f"U.S. Census Bureau, ACS PUMS {vintage}: {housing.name}"
        + (f", {person.name}" if person else "")
        + f"; labels of {dictionary.title}",
        design=design,
        geography=tuple(
            column
            for column in ("region", "division", "state", PUMA_CENSUS, "puma")
            if column in household_table.columns
        ),
        puma_censuses=households.censuses,
        price_year=_price_year(vintage),
        notes=tuple(notes),
    )
    return Survey(description, Dictionary(variables), household_table, person_table)


def _say_nothing(share: float, sentence: str) -> None:
    pass


def _read(path: Path, record: Record, log: ProblemLog) -> RawTable:
    letter = "h" if record == "household" else "p"

    def is_part(member: str) -> bool:
        stem = member.lower()
        return stem.startswith((f"psam_{letter}", f"csv_{letter}")) or (
            stem.startswith("ss") and stem[4:5] == letter
        )

    raw = read_raw_table(
        path, keep=lambda name: not acs_codes.is_allocation_flag(name), member=is_part
    )
    raw = with_file_names(raw)
    check_names(raw, log)
    frame = raw.frame.rename(columns=lambda name: str(name).strip().upper())
    return dataclasses.replace(raw, frame=with_areas_apart(frame))


def _require(raw: RawTable, columns: tuple[str, ...], log: ProblemLog) -> None:
    for column in columns:
        if column not in raw.frame.columns:
            log.add(
                f"The column {column} is missing",
                file=raw.path.name,
                fix="Use the PUMS file as the Census Bureau publishes it",
            )


def _occupied(raw: RawTable) -> tuple[NDArray[np.bool_], list[str]]:
    """Tell households from vacant units and group quarters, and say how many left."""
    silent = ProblemLog()
    persons = numbers(raw, "NP", silent)
    weight = numbers(raw, "WGTP", silent)
    kind = next((name for name in ("TYPEHUGQ", "TYPE") if name in raw.frame.columns), None)
    # A group quarters place holder has weight 0; without TYPE that is all there is to go by.
    is_unit = (raw.frame[kind] == _HOUSING_UNIT).to_numpy() if kind else weight > 0
    vacant = is_unit & (persons == 0)
    unweighted = is_unit & ~vacant & (weight == 0)
    kept = is_unit & ~vacant & ~unweighted
    notes = []
    if vacant.any():
        notes.append(
            f"{counted(int(vacant.sum()), 'vacant housing unit')} (weighted {weight[vacant].sum():,.0f})"
            " left out."
        )
    if (~is_unit).any():
        notes.append(f"{counted(int((~is_unit).sum()), 'group quarters record')} left out.")
    if unweighted.any():
        notes.append(f"{counted(int(unweighted.sum()), 'household')} with weight 0 left out.")
    return kept, notes


def _persons(
    path: Path,
    housing: tuple[RawTable, NDArray[np.bool_]],
    dictionary: CensusDictionary,
    *,
    vintage: str,
    log: ProblemLog,
) -> _Result | None:
    raw = _read(path, "person", log)
    _require(raw, ("SERIALNO", "PWGTP"), log)
    if log.errors:
        return None
    kept, notes = members(*housing, raw, log)
    if log.errors:
        return None
    result = _convert(raw, kept, "person", dictionary, vintage=vintage, log=log)
    result.notes += notes
    return result


def _convert(
    raw: RawTable,
    kept: NDArray[np.bool_],
    record: Record,
    dictionary: CensusDictionary,
    *,
    vintage: str,
    log: ProblemLog,
) -> _Result:
    entries = with_old_codes(dictionary.record(record), record, vintage)
    entries = with_later_names(entries, _price_year(vintage))
    raw = with_blanks(raw, entries)
    context = Context(raw, kept, record, log, _price_year(vintage), entries)
    result = _Result({}, [], [])
    _add_keys(context, result)
    unexplained = []
    for column in raw.frame.columns:
        if _is_used_up(column) or (record == "person" and column in _HOUSEHOLD_COLUMNS):
            continue
        entry = entries.get(column)
        if entry is None:
            unexplained.append(column)
        elif entry.is_allocation_flag:
            continue
        elif entry.kind == "number":
            for variable, values in number_variable(context, entry):
                result.add(variable, values)
        else:
            result.add(*code_variable(context, entry))
    if unexplained:
        result.notes.append(
            f"Columns of the {record} file that {dictionary.title} does not explain were left"
            f" out: {', '.join(unexplained)}."
        )
    if context.unadjusted:
        names = " and ".join(sorted(set(context.unadjusted)))
        result.notes.append(
            f"The {record} file has no {names}: dollar amounts are as published and not brought to"
            f" {context.price_year} dollars."
        )
    result.notes += context.notes
    result.censuses = tuple(dict.fromkeys(context.censuses))
    if context.unexplained:
        counts = ", ".join(f"{name} {count:,}" for name, count in context.unexplained.items())
        result.notes.append(
            f"Blank fields of the {record} file are missing answers where the dictionary gives them "
            f"no meaning for these rows: {counts}."
        )
    return result


_HOUSEHOLD_COLUMNS = frozenset({"REGION", "DIVISION", "ST", "STATE"})


def _is_used_up(column: str) -> bool:
    return (
        column in acs_codes.DROPPED
        or column in acs_codes.PUMA_COLUMNS
        or column in {"SERIALNO", "WGTP", "PWGTP", acs_codes.PERSON_NUMBER}
        or acs_codes.replicate_number(column) is not None
    )


def _add_keys(context: Context, result: _Result) -> None:
    """Add identifiers, weights, replicates and area."""
    raw, kept, log, record = context.raw, context.kept, context.log, context.record
    serial = keys(raw, "SERIALNO", log, unique=record == "household")
    result.columns[HOUSEHOLD_KEY] = serial.array[kept]
    if record == "household":
        result.variables.append(
            Variable(HOUSEHOLD_KEY, "Housing unit serial number (SERIALNO)", record, role="key")
        )
    else:
        result.columns[PERSON_KEY] = _person_number(context)
        result.variables.append(
            Variable(
                PERSON_KEY,
                "Person number within the household; 1 is the reference person",
                record,
                "integer",
                "key",
            )
        )
    weight = "WGTP" if record == "household" else "PWGTP"
    result.columns[WEIGHT] = weights(raw, weight, log, rows=kept)[kept]
    if record == "household":
        result.variables.append(
            Variable(
                WEIGHT, "Sampling weight (WGTP; for persons PWGTP)", record, "integer", "weight"
            )
        )
    for index in range(1, acs_codes.REPLICATES + 1):
        column = f"{weight}{index}"
        if column in raw.frame.columns:
            replicate = numbers(raw, column, log, rows=kept)[kept]
            result.columns[f"replicate_{index}"] = replicate.astype("float32")
    _add_area(context, result)


def _person_number(context: Context) -> NDArray[np.float64]:
    raw, kept = context.raw, context.kept
    if acs_codes.PERSON_NUMBER in raw.frame.columns:
        return numbers(raw, acs_codes.PERSON_NUMBER, context.log, rows=kept)[kept]
    context.notes.append(
        "The person file has no SPORDER: persons are numbered in the order of the file."
    )
    serial = raw.frame["SERIALNO"].astype(object)[kept]
    return np.asarray(serial.groupby(serial).cumcount() + 1, dtype="float64")


def _add_area(context: Context, result: _Result) -> None:
    """Put state and area code together: two and five digits."""
    frame = context.raw.frame.loc[context.kept]
    state = next((column for column in ("STATE", "ST") if column in frame.columns), None)
    columns = [column for column in acs_codes.PUMA_COLUMNS if column in frame.columns]
    if context.record == "household":
        context.notes += _about_areas(context, columns)
    if state is None or not columns:
        return
    area = np.full(len(frame), -1, dtype="int64")
    defined = np.full(len(frame), "", dtype=object)
    names: list[str] = []
    for column in columns:
        codes = [str(code) for code in frame[column].cat.categories]
        usable = np.array([*(not code.startswith("-") for code in codes), False])
        found = frame[column].cat.codes.to_numpy()
        applies = usable[found] & (area < 0)
        area[applies] = found[applies] + len(names)
        names += [code.zfill(5) for code in codes]
        year = acs_codes.PUMA_COLUMNS[column]
        if applies.any():
            defined[applies] = year or census_of_year(context.price_year)
            context.censuses.append(year or census_of_year(context.price_year))
        if year and context.record == "household" and applies.any():
            context.notes.append(
                f"{counted(int(applies.sum()), 'household carries', 'households carry')} a PUMA of the {year} census ({column})."
            )
    result.columns["puma"] = _joined(frame[state], area, names)
    if context.record == "household":
        if len(set(context.censuses)) > 1:
            _add_census(result, defined)
        result.variables.append(
            Variable(
                "puma",
                "Public use microdata area: two digits of state and five of the area",
                "household",
                role="geography",
            )
        )


def _add_census(result: _Result, defined: NDArray[np.object_]) -> None:
    """Say of each household whose definition its area follows: equal codes are different areas."""
    found = sorted(set(defined) - {""})
    values = pd.Categorical(defined, categories=found)
    result.columns[PUMA_CENSUS] = values
    result.variables.append(
        Variable(
            PUMA_CENSUS,
            "Census that defined the public use microdata area",
            "household",
            role="geography",
            levels=tuple(found),
        )
    )


def _joined(state: pd.Series[Any], area: NDArray[np.int64], names: list[str]) -> Any:
    """Write the codes of state and area together; each pair once, not once per row."""
    states = [str(code).zfill(2) for code in state.cat.categories]
    pairs = state.cat.codes.to_numpy().astype("int64") * len(names) + area
    known = (state.cat.codes.to_numpy() >= 0) & (area >= 0)
    distinct, places = np.unique(np.where(known, pairs, -1), return_inverse=True)
    texts = [
        "nan" if pair < 0 else states[pair // len(names)] + names[pair % len(names)]
        for pair in distinct
    ]
    return np.array(texts)[places]


def _about_areas(context: Context, columns: list[str]) -> list[str]:
    """Say which census defined the areas, as boundaries of another one do not fit."""
    if not columns:
        return ["The file names no area: maps by PUMA are not possible."]
    if columns != ["PUMA"]:
        return []
    return [f"The areas are PUMAs of the {census_of_year(context.price_year)} census."]


def _about_dictionary(dictionary: CensusDictionary, vintage: str) -> list[str]:
    """Warn when the labels come from the dictionary of another year."""
    years = re.findall(r"(?<!\d)(20\d\d|\d\d)(?!\d)", dictionary.title)
    if not years:
        return []
    year = int(years[-1]) + (0 if len(years[-1]) > 2 else 2000)  # noqa: PLR2004 - digits of a year
    if year == _price_year(vintage):
        return []
    return [f"The labels come from the dictionary of {year}; codes may have meant something else."]


def _sorted(columns: dict[str, Any], by: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns).sort_values(by, kind="stable").reset_index(drop=True)


def _price_year(vintage: str) -> int:
    parts = [part for part in vintage.split("-") if part.isdigit()]
    return int(parts[-1] if parts else vintage[:4])
