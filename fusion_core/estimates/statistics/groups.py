"""Rows sorted by area once, so that every later step works on contiguous runs of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.estimates.statistics.questions import row_mask
from fusion_core.records import Checked

_MOST_SMALL = 2**15 - 1
Rows: TypeAlias = "slice | NDArray[np.intp]"

RESULT_COLUMNS = (
    "variable",
    "level",
    "statistic",
    "n",
    "estimate",
    "standard_error",
    "moe",
    "lower",
    "upper",
    "cv",
    "degrees_of_freedom",
    "reliability",
    "fusion_share",
    "assumption",
)
"""Columns of a table of estimates; no column of these names can form groups."""


@dataclass(frozen=True)
class Groups(Checked):
    """A partition of some rows into groups.

    Attributes
    ----------
    order
        Row numbers, group after group; ``None`` when all rows already stand in that order.
    bounds
        Positions in `order` where groups start, followed by its length.
    """

    order: NDArray[np.intp] | None
    bounds: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __iter__(self) -> Iterator[Rows]:
        for start, stop in zip(self.bounds[:-1], self.bounds[1:], strict=True):
            span = slice(int(start), int(stop))
            yield span if self.order is None else self.order[span]

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Number of rows of each group."""
        return np.diff(self.bounds)

    @property
    def nbytes(self) -> int:
        """Memory the partition takes."""
        return self.bounds.nbytes + (0 if self.order is None else self.order.nbytes)

    def codes(self, rows: int) -> NDArray[np.intp]:
        """Return the group of every one of so many rows, −1 for those in none."""
        codes = np.full(rows, -1, dtype=np.intp)
        numbers = np.repeat(np.arange(len(self)), self.sizes)
        span = slice(int(self.bounds[0]), int(self.bounds[-1]))
        codes[span if self.order is None else self.order[span]] = numbers
        return codes

    def within(self, coarser: Groups, rows: int) -> NDArray[np.intp] | None:
        """Return which of the coarser groups each of these lies in, or ``None`` if one does not.

        Parameters
        ----------
        coarser
            Groups of the same rows.
        rows
            Number of rows of the table.
        """
        if self.sizes.sum() != coarser.sizes.sum() or not len(self) or not self.sizes.all():
            return None
        codes = coarser.codes(rows)
        span = slice(int(self.bounds[0]), int(self.bounds[-1]))
        inside = codes[span] if self.order is None else codes[self.order[span]]
        starts = self.bounds[:-1] - self.bounds[0]
        lowest = np.minimum.reduceat(inside, starts)
        same = lowest.min() >= 0 and (lowest == np.maximum.reduceat(inside, starts)).all()
        return lowest if same else None

    def parts(self, count: int) -> list[Groups]:
        """Return at most so many runs of neighbouring groups, of about equal numbers of rows."""
        marks = np.linspace(self.bounds[0], self.bounds[-1], max(count, 1) + 1)[1:-1]
        ends = np.unique([0, *np.searchsorted(self.bounds, marks), len(self)])
        return [Groups(self.order, self.bounds[start : stop + 1]) for start, stop in pairwise(ends)]

    def pick(self, places: NDArray[np.intp]) -> Groups:
        """Return some of the groups, in another order."""
        every = np.arange(self.bounds[-1]) if self.order is None else self.order
        spans = [every[self.bounds[place] : self.bounds[place + 1]] for place in places]
        bounds = np.cumsum([0, *(len(span) for span in spans)])
        order = np.concatenate(spans) if spans else np.empty(0, dtype=np.intp)
        return Groups(order, bounds)

    @classmethod
    def from_codes(cls, codes: NDArray[np.intp], count: int) -> Groups:
        """Partition rows by code 0 … count−1; rows with a negative code belong to no group."""
        # Codes of 16 bits are sorted by radix, in a fifth of the time.
        small = codes.astype(np.int16) if count <= _MOST_SMALL else codes
        order = np.argsort(small, kind="stable")
        order = order[np.searchsorted(codes[order], 0) :]
        bounds = np.searchsorted(codes[order], np.arange(count + 1))
        in_place = len(order) == len(codes) and bool((order == np.arange(len(order))).all())
        return cls(None if in_place else order, bounds)


def check_group_columns(by: Sequence[str], reserved: Sequence[str] = RESULT_COLUMNS) -> None:
    """Refuse columns that would give a result two columns of one name.

    Parameters
    ----------
    by
        Columns that form the groups.
    reserved
        The other columns of the result.

    Raises
    ------
    InputError
        If a column is named twice or like one of the result.
    """
    for name in by:
        if name in reserved:
            raise InputError(
                f"'{name}' cannot form groups: the result has a column of that name",
                where="by",
                fix="Rename the column in the data",
            )
        if list(by).count(name) > 1:
            raise InputError(f"'{name}' is named twice", where="by", fix="Name every column once")


def group_rows(
    table: pd.DataFrame, by: Sequence[str], subset: NDArray[np.bool_] | None = None
) -> tuple[Groups, pd.DataFrame]:
    """Partition the rows of a table by the values of some columns.

    Parameters
    ----------
    table
        One row per household.
    by
        Columns whose combinations form the groups, sorted; none makes one group of all rows.
    subset
        Rows to keep; ``None`` keeps all.

    Returns
    -------
    tuple
        The groups that have at least one row, and a frame with one row of `by` values per group.

    Raises
    ------
    InputError
        If a column does not exist, or its name is one of the result's, or no row is kept.
    """
    check_group_columns(by)
    for name in by:
        if name not in table.columns:
            raise InputError.unknown("column", name, map(str, table.columns), where="by")
    kept = np.ones(len(table), dtype=bool)
    if subset is not None:
        kept = row_mask(subset, len(table), "The subset")
    if not kept.any():
        raise InputError("No household is left to estimate from", fix="Widen the filter")
    if not by:
        groups = Groups.from_codes(np.where(kept, 0, -1).astype(np.intp), 1)
        return groups, pd.DataFrame(index=pd.RangeIndex(1))
    chosen = table.loc[kept, list(by)]
    grouped = chosen.groupby(list(by), observed=True, sort=True, dropna=False)
    codes = np.full(len(table), -1, dtype=np.intp)
    codes[kept] = grouped.ngroup().to_numpy()
    count = int(codes.max()) + 1
    groups = Groups.from_codes(codes, count)
    first = groups.bounds[:-1] if groups.order is None else groups.order[groups.bounds[:-1]]
    return groups, table.iloc[first][list(by)].reset_index(drop=True)
