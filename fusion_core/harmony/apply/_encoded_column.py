"""Answers with every distinct one stated once, and how often each was given.

A survey of millions of rows has few distinct answers per question. Grouping, binning and deflating
work on the distinct ones; the rows are needed only where persons are added up.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fusion_core.harmony.model import FloatArray, IndexArray

Positions = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class EncodedColumn:
    """What every row answered, as a position in the list of distinct answers.

    Attributes
    ----------
    positions
        One per row; `count` stands for a missing answer.
    labels
        The distinct labels in questionnaire order; empty for numbers.
    numbers
        The distinct numbers in increasing order; ``None`` for labels.
    """

    positions: Positions
    labels: tuple[str, ...] = ()
    numbers: FloatArray | None = None

    @property
    def count(self) -> int:
        """Number of distinct answers."""
        return len(self.labels) if self.numbers is None else len(self.numbers)

    @property
    def nbytes(self) -> int:
        """Memory the rows and numbers take."""
        return self.positions.nbytes + (0 if self.numbers is None else self.numbers.nbytes)


def encode(column: pd.Series[Any]) -> EncodedColumn:
    """List the distinct labels or numbers of a column; infinite numbers count as missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        labels = tuple(str(label) for label in column.cat.categories)
        return EncodedColumn(_with_missing(column.cat.codes.to_numpy(), len(labels)), labels)
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        positions, numbers = distinct_numbers(column.to_numpy(dtype=np.float64, na_value=np.nan))
        return EncodedColumn(positions, numbers=numbers)
    codes, distinct = pd.factorize(column, sort=False)
    return EncodedColumn(
        _with_missing(codes, len(distinct)), tuple(str(label) for label in distinct)
    )


def distinct_numbers(numbers: FloatArray) -> tuple[Positions, FloatArray]:
    """Return the position of every number among the distinct ones, and these in increasing order.

    NaN and infinite numbers have the position after the last.
    """
    finite = np.isfinite(numbers)
    counted = _distinct_whole_numbers(numbers, finite)
    if counted is not None:
        return counted
    codes, distinct = pd.factorize(np.where(finite, numbers, np.nan))
    order = np.argsort(distinct)
    rank = np.empty(len(distinct) + 1, dtype=_smallest(len(distinct)))
    rank[order] = np.arange(len(distinct))
    rank[-1] = len(distinct)  # where code −1 looks
    return rank[codes], distinct[order].astype(np.float64)


_SPAN: Final = 4
"""Whole numbers are looked up in a table of at most so many entries per row."""


def _distinct_whole_numbers(
    numbers: FloatArray, finite: npt.NDArray[np.bool_]
) -> tuple[Positions, FloatArray] | None:
    """Find distinct whole numbers by ticking them off in a table, several times faster than hashing.

    ``None`` where a number is not whole, or the table would be much longer than the column.
    """
    if not finite.any():
        return None
    low = float(numbers.min(where=finite, initial=np.inf))
    high = float(numbers.max(where=finite, initial=-np.inf))
    if not low.is_integer() or high - low >= _SPAN * len(numbers):
        return None
    span = int(high - low) + 1
    places = np.where(finite, numbers - low, span)  # the entry after the last is for missing ones
    entries = places.astype(np.intp)
    # Compared with the numbers themselves: a difference may have been rounded to a whole number.
    if not np.array_equal(entries + low, np.where(finite, numbers, span + low)):
        return None
    seen = np.zeros(span + 1, dtype=bool)
    seen[entries] = True
    seen[span] = False
    distinct = np.flatnonzero(seen)
    rank = np.empty(span + 1, dtype=_smallest(len(distinct)))
    rank[distinct] = np.arange(len(distinct))
    rank[span] = len(distinct)
    return rank[entries], distinct.astype(np.float64) + low


def _with_missing(codes: Positions, count: int) -> Positions:
    """Turn code −1 into position `count`."""
    return np.where(codes < 0, count, codes).astype(_smallest(count))


def _smallest(count: int) -> np.dtype[Any]:
    """Return the smallest type that holds `count` positions and the two special cells."""
    return np.dtype(np.min_scalar_type(count + 1))


@dataclass(frozen=True)
class UniverseColumn:
    """The answers of those a question was put to, everybody else set apart.

    There is one cell per distinct answer, then one for missing answers, then one for the rows
    outside the universe.

    Attributes
    ----------
    key
        Tells the cells of one survey apart.
    answers
        The answers, whatever the universe.
    positions
        The cell of every row.
    """

    key: Hashable
    answers: EncodedColumn
    positions: Positions

    @property
    def missing(self) -> int:
        """The cell of missing answers."""
        return self.answers.count

    @property
    def outside(self) -> int:
        """The cell of rows outside the universe."""
        return self.answers.count + 1

    @property
    def count(self) -> int:
        """Number of cells."""
        return self.answers.count + 2

    @property
    def nbytes(self) -> int:
        """Memory the cells take beside the answers."""
        return 0 if self.positions is self.answers.positions else self.positions.nbytes


def within_universe(
    key: Hashable, answers: EncodedColumn, inside: npt.NDArray[np.bool_] | None
) -> UniverseColumn:
    """Set the rows outside a universe apart; ``None`` for everybody."""
    if inside is None:
        return UniverseColumn(key, answers, answers.positions)
    outside = answers.positions.dtype.type(answers.count + 1)
    return UniverseColumn(key, answers, np.where(inside, answers.positions, outside))


@dataclass(frozen=True)
class CellTotals:
    """How often every cell occurs.

    Attributes
    ----------
    rows, weight
        Number of rows and sum of their weights, per cell.
    first, last
        Number of the first and of the last row of every cell; undefined for empty cells.
    row_weight
        The weight of every row.
    """

    rows: IndexArray
    weight: FloatArray
    first: IndexArray
    last: IndexArray
    row_weight: FloatArray

    @property
    def nbytes(self) -> int:
        """Memory the totals take beside the weights."""
        return 4 * self.weight.nbytes


def cell_totals(positions: Positions, weight: FloatArray, count: int) -> CellTotals:
    """Count the rows of every cell in one pass.

    Parameters
    ----------
    positions, weight
        Cell and weight of every row.
    count
        Number of cells.
    """
    # Where an index repeats, the last assignment counts.
    first, last = np.zeros(count, dtype=np.intp), np.zeros(count, dtype=np.intp)
    rows = np.arange(len(positions))
    last[positions] = rows
    first[positions[::-1]] = rows[::-1]
    sums = np.bincount(positions, weights=weight, minlength=count).astype(np.float64, copy=False)
    return CellTotals(np.bincount(positions, minlength=count), sums, first, last, weight)


__all__ = [
    "CellTotals",
    "EncodedColumn",
    "Positions",
    "UniverseColumn",
    "cell_totals",
    "distinct_numbers",
    "encode",
    "within_universe",
]
