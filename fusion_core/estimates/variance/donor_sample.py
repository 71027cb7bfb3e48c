"""The donor survey as a sample: how a regression of its answers moves from replicate to replicate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fusion_core.errors import InputError
from fusion_core.estimates.statistics import Column, column_from_series, weight_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import Groups
    from fusion_core.surveys.model import WeightDesign

    Floats = NDArray[np.float64]

RANDOM_GROUPS: Final = 100
"""Groups a donor without replicate weights is dealt to (delete-a-group jackknife, Kott 2001)."""
# Directions in which predictors vary by less than this share of the largest come from columns that
# say the same, such as the levels of one predictor and the constant.
_COLLINEAR: Final = 1e-8
_FEWEST_PER_COEFFICIENT: Final = 2.0


@dataclass(frozen=True)
class Covariates:
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

    def matrix(self) -> Floats:
        """Return all columns side by side."""
        levels = [codes[:, None] == np.arange(count) for codes, count in self.codes]
        columns = [np.ones((self.rows, 1)), self.numbers, *levels]
        return np.concatenate(columns, axis=1, dtype=np.float64)

    def sums(self, weight: Floats, groups: Groups) -> Floats:
        """Return the weighted sum of every column in each group, shape (groups, columns).

        The first, of the constant, is the weight of the group. The columns are added up one by one,
        so that a large recipient needs no matrix of them.
        """
        count = len(groups)
        member = np.repeat(np.arange(count), groups.sizes)
        rows = slice(None) if groups.order is None else groups.order
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


@dataclass(frozen=True)
class DonorSample:
    """A donor survey with the predictors it shares with a recipient.

    Attributes
    ----------
    columns
        The donor's answers to the fused variables.
    own, recipient
        Predictors of the donor's and of the recipient's households, encoded alike.
    weights
        The donor's weights, shape (donors, 1+R), full sample first.
    factor
        Of the donor's replication: a variance is factor · Σ_r (θ_r − θ)².
    """

    columns: Mapping[str, Column]
    own: Covariates
    recipient: Covariates
    weights: Floats
    factor: float

    @classmethod
    def build(
        cls,
        donor: pd.DataFrame,
        recipient: pd.DataFrame,
        *,
        predictors: Sequence[str],
        variables: Sequence[str],
        weight: str | None = "weight",
        design: WeightDesign | None = None,
    ) -> DonorSample:
        """Encode a prepared donor and recipient.

        Parameters
        ----------
        donor, recipient
            One row per household, with the predictors, and the donor with the fused variables.
        predictors, variables
            Names of the predictors the fusion used and of the fused variables. Those joined by an
            imputed PUMA hide the bias they cause: see `run_donor.sample_with_location`.
        weight
            The donor's column of full-sample weights, ``None`` for weight 1.
        design
            Names the donor's replicate weights; without them random groups take their place.

        Raises
        ------
        InputError
            If a column is missing, or neither categories, yes/no nor numbers, or weights are bad.
        """
        for name in (*predictors, *variables):
            if name not in donor.columns:
                raise InputError.unknown("column", name, map(str, donor.columns), where="donor")
        table = None if weight is None else donor
        weights = weight_matrix(table, len(donor), weight=weight, design=design)
        values, factor = np.asarray(weights.values, dtype=np.float64), weights.design.factor
        if not weights.has_replicates:
            values, factor = _random_groups(weights.full)
        own, other = encode_alike(donor, recipient, predictors, weights.full)
        columns = {name: column_from_series(donor[name], name) for name in variables}
        return cls(columns, own, other, values, factor)

    @property
    def replicates(self) -> int:
        """Number of replicate weights."""
        return int(self.weights.shape[1] - 1)

    @property
    def is_large_enough(self) -> bool:
        """Whether there are at least two donors for every coefficient of the regression."""
        return len(self.weights) >= _FEWEST_PER_COEFFICIENT * self._rank

    def coefficients(self, values: Floats) -> Floats:
        """Return the weighted regression of donor values on the predictors.

        Parameters
        ----------
        values
            Shape (donors, …).
        """
        return np.asarray(self._inverse @ (self._weighted.T @ values))

    def movements(self, values: Floats) -> Floats:
        """Return how the coefficients differ under each replicate weight, shape (columns, R).

        Linearized: A⁻¹ Σ_j (w_jr − w_j) x_j e_j with A = Σ w x xᵀ and residuals e (Binder 1983, *On
        the variances of asymptotically normal estimators from complex surveys*), widened by
        √(n/(n − p)) because fitted residuals are too small.

        Parameters
        ----------
        values
            One number per donor.
        """
        residual = values - self._matrix @ self.coefficients(values)
        changed = (self.weights[:, 1:] - self.weights[:, :1]) * residual[:, None]
        count = len(values)
        widened = np.sqrt(count / max(count - self._rank, 1.0))
        return np.asarray(widened * (self._inverse @ (self._matrix.T @ changed)))

    @cached_property
    def _matrix(self) -> Floats:
        return self.own.matrix()

    @cached_property
    def _weighted(self) -> Floats:
        return self._matrix * self.weights[:, :1]

    @cached_property
    def _decomposed(self) -> tuple[Floats, Floats]:
        values, vectors = np.linalg.eigh(self._matrix.T @ self._weighted)
        kept = values > _COLLINEAR * values[-1]
        return values[kept], vectors[:, kept]

    @cached_property
    def _inverse(self) -> Floats:
        """The generalised inverse of A."""
        values, vectors = self._decomposed
        return np.asarray((vectors / values) @ vectors.T)

    @property
    def _rank(self) -> float:
        return float(len(self._decomposed[0]))


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
        if pair[0].levels:
            levels = pair[0].levels
            for own, column in zip(codes, pair, strict=True):
                own.append((_codes_in(levels, column), len(levels)))
            continue
        known = np.isfinite(pair[0].values[:, 0])
        values, mass = pair[0].values[known, 0], weight[known]
        centre = np.average(values, weights=mass)
        spread = float(np.sqrt(np.average((values - centre) ** 2, weights=mass))) or 1.0
        for scaled, column in zip(numbers, pair, strict=True):
            scaled.append(np.nan_to_num((column.values[:, 0] - centre) / spread))
    return (
        Covariates(tuple(codes[0]), _side_by_side(numbers[0], len(donor)), len(donor)),
        Covariates(tuple(codes[1]), _side_by_side(numbers[1], len(recipient)), len(recipient)),
    )


def _side_by_side(columns: list[Any], rows: int) -> NDArray[np.float32]:
    return np.array(columns, np.float32).reshape(len(columns), rows).T


def _codes_in(levels: tuple[str, ...], column: Column) -> NDArray[np.int16]:
    """Return a column's codes into the donor's levels, −1 for missing and unknown ones."""
    place = {level: code for code, level in enumerate(levels)}
    known = [place.get(level, -1) for level in column.levels]
    return np.asarray(np.array([*known, -1], dtype=np.int16)[column.values[:, 0]])


def _random_groups(weight: Floats) -> tuple[Floats, float]:
    """Deal the donors to random groups and leave out one group per replicate."""
    count = min(RANDOM_GROUPS, len(weight))
    # Seeded by the size alone: the same donor has the same margins at every reading.
    group = np.random.default_rng(len(weight)).permutation(len(weight)) % count
    kept = np.where(group[:, None] == np.arange(count), 0.0, count / (count - 1.0))
    return np.column_stack([weight, weight[:, None] * kept]), (count - 1.0) / count
