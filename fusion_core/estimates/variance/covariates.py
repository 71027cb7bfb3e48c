"""Predictors of donors and of the recipient as columns of a regression, encoded alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.estimates.statistics import Column, Groups, Rows, column_from_series
from fusion_core.frames import plain_column, values_in_words
from fusion_core.fusion.base import MOST_LEVELS
from fusion_core.records import Checked

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Covariates(Checked):
    """Predictors as columns of a regression: a constant, numbers, and one indicator per level.

    Attributes
    ----------
    codes
        Per categorical predictor, the level of each row (negative: missing) and how many there are.
    numbers
        Standardised numbers, shape (rows, numbers); missing ones at the mean.
    rows
        Number of rows.
    """

    codes: tuple[tuple[NDArray[np.int16], int], ...]
    numbers: NDArray[np.float32]
    rows: int

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(1 + self.numbers.shape[1] + sum(count for _, count in self.codes))

    @property
    def nbytes(self) -> int:
        """Memory it takes, the `matrix` aside."""
        return self.numbers.nbytes + sum(own.nbytes for own, _ in self.codes)

    def take(self, order: NDArray[np.intp]) -> Covariates:
        """Return the rows in another order."""
        codes = tuple((own[order], count) for own, count in self.codes)
        # Numbers are kept column by column, as they are added up.
        return Covariates(codes, np.take(self.numbers.T, order, axis=1).T, len(order))

    def with_last(self, count: int, numbers: Floats) -> Covariates:
        """Return the same with other numbers in place of the last ones.

        Parameters
        ----------
        count
            How many are replaced.
        numbers
            By what, shape (rows, numbers).
        """
        kept = self.numbers.shape[1] - count
        every = np.concatenate([self.numbers.T[:kept], numbers.T.astype(np.float32)]).T
        return Covariates(self.codes, every, self.rows)

    def last(self, count: int) -> Floats:
        """Return the last of the numbers, shape (rows, count)."""
        return self.numbers[:, self.numbers.shape[1] - count :].astype(np.float64)

    @cached_property
    def matrix(self) -> Floats:
        """All columns side by side, made on first use: copies of a sample share it."""
        levels = [codes[:, None] == np.arange(count) for codes, count in self.codes]
        columns = [np.ones((self.rows, 1)), self.numbers, *levels]
        return np.concatenate(columns, axis=1, dtype=np.float64)

    def sums(self, weight: Floats, groups: Groups) -> Floats:
        """Return the weighted sum of every column in each group, shape (groups, columns).

        The first, of the constant, is the weight of the group. The columns are added up one by one,
        so that a large recipient needs no matrix of them.
        """
        count = len(groups)
        member = groups.codes(self.rows)
        rows: Rows = slice(0, self.rows)
        if groups.sizes.sum() < self.rows:
            rows = np.flatnonzero(member >= 0)
            member = member[rows]
        own = weight[rows]
        columns = [np.bincount(member, own, minlength=count)]
        columns += [
            np.bincount(member, own * item[rows], minlength=count) for item in self.numbers.T
        ]
        for codes, levels in self.codes:
            # Missing answers go to a column of their own that is dropped again.
            cell = member * (levels + 1) + np.where(codes[rows] < 0, levels, codes[rows])
            sums = np.bincount(cell, own, minlength=count * (levels + 1))
            columns += list(sums.reshape(count, levels + 1).T[:levels])
        return np.column_stack(columns)


def encode_alike(
    donor: pd.DataFrame, recipient: pd.DataFrame, predictors: Sequence[str], weight: Floats
) -> tuple[Covariates, Covariates]:
    """Encode the predictors of both sides; numbers are standardised by the donor's mean and spread.

    Parameters
    ----------
    donor, recipient
        One row per household.
    predictors
        Columns of both.
    weight
        The donor's full-sample weight.
    """
    codes: tuple[list[Any], list[Any]] = ([], [])
    numbers: tuple[list[Any], list[Any]] = ([], [])
    for name in predictors:
        pair = column_from_series(donor[name], name), column_from_series(recipient[name], name)
        if bool(pair[0].levels) != bool(pair[1].levels) and _answered(pair[1]):
            found = values_in_words(plain_column(recipient[name], where="the recipient"))
            expected = "categories" if pair[0].levels else "numbers"
            raise InputError(
                f"The predictor '{name}' holds {found} in the recipient and {expected} in the donor",
                fix="Give it the same type in both surveys",
            )
        if pair[0].levels:
            levels = pair[0].levels
            for own, column in zip(codes, pair, strict=True):
                own.append((_codes_in(levels, column), len(levels)))
            continue
        known = np.isfinite(pair[0].values[:, 0]) & (weight > 0)
        if not known.any():
            continue
        values, mass = pair[0].values[known, 0], weight[known]
        # A predictor that no donor of any weight answered says nothing: it is the same for everybody.
        centre, spread = (0.0, 1.0) if not mass.any() else weighted_scale(values, mass)
        for scaled, column in zip(numbers, pair, strict=True):
            scaled.append(np.nan_to_num((column.values[:, 0] - centre) / spread))
    return (
        Covariates(tuple(codes[0]), _side_by_side(numbers[0], len(donor)), len(donor)),
        Covariates(tuple(codes[1]), _side_by_side(numbers[1], len(recipient)), len(recipient)),
    )


def _answered(column: Column) -> bool:
    """Whether anybody answered; a column of nothing has no type of its own."""
    return bool(column.present(slice(None)).any())


def weighted_scale(values: Floats, mass: Floats) -> tuple[float, float]:
    """Return the weighted mean and spread; 1 where there is none.

    Parameters
    ----------
    values, mass
        Numbers and their weights.
    """
    centre = float(np.average(values, weights=mass))
    spread = float(np.sqrt(np.average((values - centre) ** 2, weights=mass)))
    return centre, spread or 1.0


def _side_by_side(columns: list[Any], rows: int) -> NDArray[np.float32]:
    return np.array(columns, np.float32).reshape(len(columns), rows).T


def _codes_in(levels: tuple[str, ...], column: Column) -> NDArray[np.int16]:
    """Return a column's codes into the donor's levels, −1 for missing and unknown ones."""
    if len(levels) > MOST_LEVELS:
        raise InputError(
            f"The predictor '{column.name}' has {len(levels):,} levels, more than {MOST_LEVELS:,}",
            fix="Leave out identifiers, or group the levels",
        )
    if not column.levels:  # nobody answered
        return np.full(len(column.values), -1, dtype=np.int16)
    place = {level: code for code, level in enumerate(levels)}
    known = [place.get(level, -1) for level in column.levels]
    return np.asarray(np.array([*known, -1], dtype=np.int16)[column.values[:, 0]])
