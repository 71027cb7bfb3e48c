"""Whether PUMS files can be what they are said to be: names, factors, households and persons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fusion_core.ingest.tables import numbers
from fusion_core.summaries import counted
from fusion_core.surveys.model import SurveyId

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fusion_core.ingest.tables import ProblemLog, RawTable

_IMPLIED_DECIMALS: Final = 1e6
_SMALLEST_IMPLIED: Final = 1000.0
_FACTORS: Final = (0.5, 3.0)
"""Beyond it a factor is none: prices doubled in 25 years."""
_FEW: Final = 0.05
_SERIAL: Final = r"^(20\d\d)(?:HU|GQ)\d+$"


def check_names(raw: RawTable, log: ProblemLog) -> None:
    """Report names that occur twice apart from case."""
    seen: dict[str, str] = {}
    for name in map(str, raw.frame.columns):
        plain = name.strip().upper()
        if plain in seen:
            log.add(
                f"The columns '{seen[plain]}' and '{name}' differ only in case",
                file=raw.path.name,
                column=name,
                fix="Remove one of them from the file",
            )
        seen.setdefault(plain, name)


def check_year(raw: RawTable, vintage: str, log: ProblemLog) -> None:
    """Report a file of other years, which identifiers such as 2019HU0000001 show since 2018."""
    years = SurveyId("ACS", vintage).years
    serial = raw.frame["SERIALNO"].astype("category").cat.categories.astype(str)
    found = serial.str.extract(_SERIAL, expand=False).dropna()
    if not years or not len(found):
        return
    first, last = int(found.min()), int(found.max())
    # A range of years may be read in part; a year alone may name the last of five.
    if last > years[-1] or (first < years[0] if len(years) > 1 else last < years[0]):
        own = str(last) if first == last else f"{first}-{last}"
        log.add(
            f"The identifiers are of {own}, the survey is to be ACS {vintage}",
            file=raw.parts[0].name,
            column="SERIALNO",
            fix=f"Use the file of {vintage}, or import it as {own}",
        )


def adjustment_factor(
    raw: RawTable, column: str, kept: NDArray[np.bool_], log: ProblemLog
) -> NDArray[np.float64]:
    """Return a factor that brings dollars to one year's prices, of the kept rows.

    The Census Bureau's files write it with six implied decimals, 1010145, and its API as a decimal,
    1.010145 ("ACS PUMS Data Dictionary", ADJINC and ADJHSG). What is neither is reported.
    """
    values = numbers(raw, column, log, rows=kept)
    scaled = np.where(values >= _SMALLEST_IMPLIED, values / _IMPLIED_DECIMALS, values)
    known = raw.frame[column].notna().to_numpy()
    low, high = _FACTORS
    mad = np.flatnonzero(kept & np.isfinite(scaled) & ((scaled < low) | (scaled > high)))
    if len(mad):
        raw.report(
            log,
            f"{values[mad[0]]:g} is not an adjustment factor: it would multiply dollars by"
            f" {scaled[mad[0]]:g}",
            column=column,
            positions=mad,
            fix="Write it as the Census Bureau does, 1.010145 or 1010145",
        )
    blank = np.flatnonzero(kept & ~known)
    if len(blank):
        raw.report(
            log,
            "The adjustment factor is missing",
            column=column,
            positions=blank,
            fix="Fill it in, or remove the column to keep dollars as published",
        )
    factor: NDArray[np.float64] = scaled[kept]
    return factor


def members(
    housing: RawTable, kept: NDArray[np.bool_], persons: RawTable, log: ProblemLog
) -> tuple[NDArray[np.bool_], list[str]]:
    """Find the persons of the households, and report persons that cannot be theirs.

    Parameters
    ----------
    housing, kept
        The housing file and its rows of occupied households.
    persons
        The person file.
    log
        Where it is reported that no household, or next to none, has a person.

    Returns
    -------
    numpy.ndarray
        Which rows of the person file belong to a kept household.
    list of str
        What should be said: households without persons, persons of no unit.
    """
    units, people = (table.frame["SERIALNO"].astype("category") for table in (housing, persons))
    names = units.cat.categories.astype(str)
    # Identifiers are compared once each, rows by whole numbers: a nation has millions.
    lookup = np.append(names.get_indexer(people.cat.categories.astype(str)), -1)
    unit_of_person = lookup[people.cat.codes.to_numpy()]
    homes = units.cat.codes.to_numpy()[kept]
    is_home, has_person = np.zeros(len(names) + 1, bool), np.zeros(len(names) + 1, bool)
    is_home[homes[homes >= 0]] = True
    has_person[unit_of_person] = True
    is_home[-1] = has_person[-1] = False
    peopled = has_person[homes]
    belongs = is_home[unit_of_person]
    if len(homes) and peopled.mean() < _FEW:
        known = np.flatnonzero(people.notna().to_numpy())
        persons.report(
            log,
            f"{int(peopled.sum()):,} of {len(homes):,} households of {housing.path.name} have a"
            " person in this file" + _why(names, people.cat.categories.astype(str)),
            column="SERIALNO",
            positions=known[:1] if len(known) else np.array([0]),
            fix="Use the housing and person file of the same release and state, with SERIALNO as"
            " published",
        )
        return belongs, []
    notes = []
    if not peopled.all():
        first = names[homes[np.flatnonzero(~peopled)[0]]]
        notes.append(
            f"{counted(int((~peopled).sum()), 'household has', 'households have')} no person in {persons.path.name},"
            f" such as {first}."
        )
    strangers = np.flatnonzero((unit_of_person < 0) & people.notna().to_numpy())
    if len(strangers):
        file, row = persons.place(int(strangers[0]))
        notes.append(
            f"{counted(len(strangers), 'person belongs', 'persons belong')} to no unit of"
            f" {housing.path.name} and {'was' if len(strangers) == 1 else 'were'} left out"
            f" ({file}, column 'SERIALNO', row {row:,})."
        )
    return belongs, notes


def _why(homes: pd.Index[Any], people: pd.Index[Any]) -> str:
    if homes.str.lstrip("0").isin(people.str.lstrip("0")).any():
        return ": the identifiers differ in leading zeros"
    return ""
