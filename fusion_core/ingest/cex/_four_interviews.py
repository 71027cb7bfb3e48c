"""A year of spending of consumer units: their four interviews added up, lacking ones imputed.

A consumer unit is interviewed in four quarters that follow each other. Three months times four are
right on average, but spread too widely: a unit that bought a car would buy four a year. Here the four
are added up. An interview a unit lacks – it moved in or away, refused, or was interviewed outside the
years that are read – is that of the complete unit nearest to it: nearest in what both spent in the
interviews it gave, in income and in size. The whole interview is taken, so that sums stay sums.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.ingest.families import numbers_or_nan, raw_column
from fusion_core.ingest.tables import RawTable, key_texts, problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

INTERVIEWS: Final = 4
_LAST_NUMBER_BEFORE_2015: Final = 5
_ALSO_ALIKE: Final = ("FINCBTXM", "FAM_SIZE")


def whole_years(
    units: RawTable, key: str, sums: Mapping[str, NDArray[np.float64]], weights: list[str]
) -> tuple[RawTable, dict[str, NDArray[np.float64]], list[str]]:
    """Return consumer units in place of interviews.

    Parameters
    ----------
    units
        One row per interview, in the order of time.
    key
        Column of the interview's identifier (NEWID), whose last digit is its number.
    sums
        By variable, dollars of each interview's three months.
    weights
        Columns of weights, which a unit has the sum of: the interviews of a year stand for the
        population once.

    Returns
    -------
    RawTable
        One row per unit, with what its last interview says, or an earlier one where that is silent.
    dict
        By variable, dollars a year of each unit.
    list of str
        How much was imputed, in sentences.

    Raises
    ------
    FileProblemsError
        If no unit has all four interviews.
    """
    identifiers = key_texts(units.frame[key]).astype(object)
    unit, names = pd.factorize(identifiers.str[:-1])
    number = pd.to_numeric(identifiers.str[-1], errors="coerce").fillna(0).to_numpy(dtype="int64")
    # Until 2014 the first interview, which told of no spending, had number 1.
    number = number - (2 if number.max() == _LAST_NUMBER_BEFORE_2015 else 1)
    if not ((number >= 0) & (number < INTERVIEWS)).all():
        raise problem(
            "The last digit of NEWID is not the number of an interview",
            units.parts[0].name,
            "Use the files of the BLS as they are published",
        )
    rows = np.full((len(names), INTERVIEWS), -1)
    rows[unit, number] = np.arange(len(unit))
    given = rows >= 0
    if not given.all(axis=1).any():
        raise problem(
            "No consumer unit has all four interviews, from which lacking ones could be imputed",
            units.parts[0].name,
            "Read at least two years, or the interviews one by one (reader cex)",
        )
    amounts = np.column_stack(list(sums.values()))
    filled = _filled(rows, amounts, _also_alike(units))
    annual = amounts[filled].sum(axis=1)
    last = rows[np.arange(len(rows)), INTERVIEWS - 1 - given[:, ::-1].argmax(axis=1)]
    said = units.frame.astype(object).groupby(unit).last().astype("category")
    added = {
        name: raw_column(np.bincount(unit, weights=numbers_or_nan(units.frame[name])), said.index)
        for name in weights
    }
    identifier = raw_column(identifiers.to_numpy()[last], said.index)
    frame = said.assign(**added, **{key: identifier}).reset_index(drop=True)
    note = (
        f"{len(names):,} consumer units, of which {given.all(axis=1).mean():.0%} gave all four"
        f" interviews; the {(~given).mean():.0%} of interviews that are lacking are those of the"
        " nearest complete unit."
    )
    table = dataclasses.replace(units, frame=frame)
    return table, {name: annual[:, place] for place, name in enumerate(sums)}, [note]


def _also_alike(units: RawTable) -> NDArray[np.float64]:
    """Return income and size of each interview, evenly scaled; missing is the middle."""
    found = [np.zeros(len(units.frame))]
    for name in _ALSO_ALIKE:
        if name in units.frame.columns:
            ranks = pd.Series(numbers_or_nan(units.frame[name])).rank(pct=True)
            found.append(np.asarray(ranks.fillna(0.5), dtype=np.float64))
    return np.column_stack(found)


def _filled(
    rows: NDArray[np.int64], amounts: NDArray[np.float64], alike: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return rows in which a lacking interview is that of the nearest complete unit."""
    from scipy.spatial import cKDTree

    filled = rows.copy()
    given = rows >= 0
    complete = rows[given.all(axis=1)]
    spent = pd.Series(np.where(amounts > 0, amounts, 0.0).sum(axis=1)).rank(pct=True).to_numpy()
    features = np.column_stack([spent, alike])
    for pattern in np.unique(given[~given.all(axis=1)], axis=0):
        who = np.flatnonzero((given == pattern).all(axis=1))
        tree = cKDTree(features[complete[:, pattern]].reshape(len(complete), -1))
        _, nearest = tree.query(features[rows[who][:, pattern]].reshape(len(who), -1))
        filled[np.ix_(who, np.flatnonzero(~pattern))] = complete[nearest][:, ~pattern]
    return filled


__all__ = ["INTERVIEWS", "whole_years"]
