"""Annual expenditures of consumer units, by a table a person can read and change.

One row per part of a variable: the universal classification codes (UCC) of the monthly expenditures
file (``MTBI``) it adds up, single ones and ranges, or columns of the file of consumer units
(``FMLI``), each times a factor: a share where a code belongs to two variables, −1 where the file
books principal that is paid back as a negative amount, 12 for a month's payment. The label stands in
a variable's first row.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.harmony.apply import CPI_U
from fusion_core.ingest.families import numbers_or_nan
from fusion_core.ingest.tables import RawTable, key_texts, read_raw_table
from fusion_core.records import Checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

MONTHLY: Final = "MTBI"
UNITS: Final = "FMLI"
_COLUMNS: Final = ("variable", "label", "source", "items", "factor")
_CODE_LENGTH: Final = 6


@dataclass(frozen=True)
class Expenditure(Checked):
    """A part of an expenditure variable.

    Attributes
    ----------
    variable, label
        Name, and words for people.
    source
        ``MTBI`` or ``FMLI``.
    items
        Codes and ranges of codes, or columns.
    factor
        What each amount is multiplied by.
    """

    variable: str
    label: str
    source: str
    items: tuple[str, ...]
    factor: float = 1.0

    def holds(self, ucc: str) -> bool:
        """Whether a code is one of the items."""
        return any(low <= ucc <= (high or low) for low, _, high in self._ranges)

    @property
    def _ranges(self) -> list[tuple[str, str, str]]:
        return [item.partition("-") for item in self.items]


def read_expenditures(path: Path) -> tuple[Expenditure, ...]:
    """Read the table.

    Raises
    ------
    InputError
        If a column is missing or a row is not written as it has to be; it names the row.
    """
    frame = read_raw_table(path).frame
    lacking = [name for name in _COLUMNS if name not in frame.columns]
    if lacking:
        raise InputError(
            f"The table of expenditures has no column '{lacking[0]}'",
            where=path.name,
            fix=f"Its columns are {', '.join(_COLUMNS)}",
        )
    rows = frame.astype(object).where(frame.notna(), "").to_dict("records")
    found = tuple(_row(row, f"{path.name}, row {number}") for number, row in enumerate(rows, 2))
    labels: dict[str, str] = {}
    for item in found:
        labels[item.variable] = labels.get(item.variable) or item.label or item.variable
    return tuple(dataclasses.replace(item, label=labels[item.variable]) for item in found)


def _row(row: dict[Any, Any], where: str) -> Expenditure:
    cells = {name: str(row[name]).strip() for name in _COLUMNS}
    if cells["source"] not in {MONTHLY, UNITS}:
        raise InputError.unknown("source", cells["source"], (MONTHLY, UNITS), where=where)
    items = tuple(cells["items"].split())
    wrong = [item for item in items if cells["source"] == MONTHLY and not _is_code(item)]
    if wrong or not items:
        raise InputError(
            f"'{wrong[0]}' is neither a UCC nor a range of them" if wrong else "It has no items",
            where=where,
            fix="Write codes of six digits and ranges, such as 260111-260114 640130",
        )
    try:
        factor = float(cells["factor"] or 1)
    except ValueError:
        raise InputError(
            f"The factor '{cells['factor']}' is not a number", where=where, fix="Write 1, 0.5 or -1"
        ) from None
    return Expenditure(cells["variable"], cells["label"], cells["source"], items, factor)


def _is_code(item: str) -> bool:
    low, dash, high = item.partition("-")
    codes = (low, high) if dash else (low,)
    return all(len(code) == _CODE_LENGTH and code.isdigit() for code in codes)


def monthly_sums(
    tables: Sequence[RawTable],
    parts: Sequence[Expenditure],
    units: pd.Index[Any],
    years: range,
    *,
    every_month: bool = False,
) -> dict[str, NDArray[np.float64]]:
    """Add up each unit's expenditures of the months of some years, in prices of the last.

    Parameters
    ----------
    tables
        The monthly expenditures.
    parts
        What makes up which variable.
    units
        Identifiers of the interviews (NEWID), each once.
    years
        Calendar years whose months count.
    every_month
        Whether all months of an interview count, also those of the years around.

    Returns
    -------
    dict
        By variable, dollars of each interview's months in scope.
    """
    found = {item.variable: np.zeros(len(units)) for item in parts if item.source == MONTHLY}
    for table in tables:
        frame = table.frame
        year = numbers_or_nan(frame["REF_YR"])
        places = units.get_indexer(pd.Index(key_texts(frame["NEWID"]).astype(object)))
        inside = (every_month | np.isin(year, list(years))) & (places >= 0)
        cost = numbers_or_nan(frame["COST"])
        cost = np.where(inside & np.isfinite(cost), cost, 0.0) * price_factors(year, years)
        codes = [str(code).zfill(_CODE_LENGTH) for code in frame["UCC"].cat.categories]
        ucc = frame["UCC"].cat.codes.to_numpy()
        for part in parts:
            if part.source != MONTHLY:
                continue
            chosen = np.array([*(part.holds(code) for code in codes), False])[ucc] & inside
            sums = np.bincount(places[chosen], weights=cost[chosen], minlength=len(units))
            found[part.variable] += part.factor * sums
    return found


def price_factors(year: NDArray[np.float64], years: range) -> NDArray[np.float64]:
    """Return what brings dollars of each row's year to those of the last year (CPI-U)."""
    base = CPI_U.get(years[-1])
    if len(years) == 1 or base is None:
        return np.ones(len(year))
    known = pd.Series({one: base / index for one, index in CPI_U.items()})
    return np.asarray(pd.Series(year).map(known).fillna(1.0), dtype="float64")


def annual_amounts(units: RawTable, parts: Sequence[Expenditure]) -> dict[str, NDArray[np.float64]]:
    """Return what the file of units itself says of a variable; missing where all columns are."""
    found: dict[str, NDArray[np.float64]] = {}
    for part in parts:
        columns = [name for name in part.items if name in units.frame.columns]
        if part.source != UNITS or not columns:
            continue
        values = np.column_stack([numbers_or_nan(units.frame[name]) for name in columns])
        known = np.isfinite(values)
        total = np.where(known.any(axis=1), np.where(known, values, 0.0).sum(axis=1), np.nan)
        found[part.variable] = found.get(part.variable, 0.0) + part.factor * total
    return found
