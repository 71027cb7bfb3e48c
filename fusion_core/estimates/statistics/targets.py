"""One number to estimate per group, with the three ways to get at its sampling variance.

A target turns the weights of a group's rows into estimates. `replicated` does so for the full
weight and all replicate weights at once, as one matrix product weights × implicates; `linearized`
computes the variance from the full weight alone, for surveys that publish no replicate weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.estimates.statistics._inequality import gini_variance, weighted_gini
from fusion_core.estimates.statistics.columns import Column, find_column
from fusion_core.estimates.statistics.groups import Rows
from fusion_core.estimates.statistics.quantiles import quantiles_by_woodruff, weighted_quantiles
from fusion_core.estimates.statistics.statistic import Statistic
from fusion_core.estimates.statistics.subgroups import Condition
from fusion_core.fusion.implicates import Implicates
from fusion_core.records import Checked

Floats = NDArray[np.float64]


@runtime_checkable
class Measure(Protocol):
    """A number per household and implicate."""

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other measures of the same households."""
        ...

    def __call__(self, rows: Rows) -> Floats:
        """Return the numbers of some rows, shape (rows, M) or (rows, 1)."""
        ...


@dataclass(frozen=True)
class Number(Checked):
    """The column's number, 0 without an answer."""

    column: Column

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other measures of the same households."""
        return ("number", self.column.name)

    def __call__(self, rows: Rows) -> Floats:
        """Return the numbers of some rows."""
        return self.column.numbers(rows)


@dataclass(frozen=True)
class HasLevel(Checked):
    """1 for households with a level."""

    column: Column
    code: int

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other measures of the same households."""
        return ("level", self.column.name, self.code)

    def __call__(self, rows: Rows) -> Floats:
        """Return the indicator of some rows."""
        return np.asarray(self.column.values[rows] == self.code, dtype=np.float64)


@dataclass(frozen=True)
class ThresholdIndicator(Checked):
    """1 for households with a number above, or below, a threshold; 0 for one equal to it."""

    column: Column
    threshold: float
    below: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other measures of the same households."""
        return ("below" if self.below else "above", self.column.name, self.threshold)

    def __call__(self, rows: Rows) -> Floats:
        """Return the indicator of some rows; no answer is on neither side."""
        values = self.column.values[rows]
        beyond = values < self.threshold if self.below else values > self.threshold
        return np.asarray(beyond, dtype=np.float64)


@dataclass(frozen=True)
class Answered(Checked):
    """1 for households with an answer."""

    column: Column

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other measures of the same households."""
        return ("answered", self.column.name)

    def __call__(self, rows: Rows) -> Floats:
        """Return the indicator of some rows."""
        return self.column.present(rows)


@dataclass(frozen=True)
class Product(Checked):
    """Product of two measures."""

    first: Measure
    second: Measure

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other measures of the same households."""
        return ("both", self.first.key, self.second.key)

    def __call__(self, rows: Rows) -> Floats:
        """Return the product for some rows."""
        return self.first(rows) * self.second(rows)


@dataclass(frozen=True)
class Constant(Checked):
    """1 for every household."""

    rows: int

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other measures of the same households."""
        return ("one",)

    def __call__(self, rows: Rows) -> Floats:
        """Return ones."""
        count = len(range(*rows.indices(self.rows))) if isinstance(rows, slice) else len(rows)
        return np.ones((count, 1))


class Target(Protocol):
    """One number to estimate per group."""

    def replicated(self, weights: Floats, rows: Rows) -> Floats:
        """Return estimates of shape (K, M) for weights of shape (rows, K)."""
        ...

    def linearized(self, weight: Floats, rows: Rows, sample: int) -> tuple[Floats, Floats]:
        """Return estimates and sampling variances, each of shape (M,)."""
        ...


@dataclass(frozen=True)
class RatioTarget(Checked):
    """Σ w·a / Σ w·d: means (d = 1), shares (a = 0 or 1) and ratios.

    Attributes
    ----------
    numerator, denominator
        The measures a and d.
    proportion
        Whether the estimate is a share between 0 and 1.
    """

    numerator: Measure
    denominator: Measure
    proportion: bool = False

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures whose weighted sums it follows from."""
        return self.numerator, self.denominator

    def combine(self, sums: Sequence[Floats]) -> Floats:
        """Return the ratio of sums; NaN where the denominator is 0."""
        top, bottom = sums
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = top / bottom
        return ratio if bottom.all() else np.where(bottom != 0, ratio, np.nan)

    def replicated(self, weights: Floats, rows: Rows) -> Floats:
        """Return the ratio for every weight."""
        return self.combine([weights.T @ measure(rows) for measure in self.measures])

    def linearized(self, weight: Floats, rows: Rows, sample: int) -> tuple[Floats, Floats]:
        """Return Taylor-linearized variances, n/(n−1)·Σ[w(a − θd)]²/(Σwd)² (Cochran 1977).

        For a mean this is the ratio variance of Cochran's section 6.4 that fusionModel uses.
        """
        del sample
        top, bottom = self.numerator(rows), self.denominator(rows)
        with np.errstate(invalid="ignore", divide="ignore"):
            base = weight @ bottom
            estimate = (weight @ top) / base
            count = ((bottom != 0) & (weight[:, None] != 0)).sum(axis=0)
            residual = weight[:, None] * (top - estimate * bottom)
            variance = count / (count - 1) * (residual**2).sum(axis=0) / base**2
        return estimate, np.where(count > 1, variance, np.nan)


@dataclass(frozen=True)
class TotalTarget(Checked):
    """Σ w·a: totals and counts.

    Attributes
    ----------
    measure
        The measure a.
    answered
        Marks who answered, where not everybody did; a total of nobody's answers is not 0.
    """

    measure: Measure
    answered: Measure | None = None

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures whose weighted sums it follows from."""
        return (self.measure,) if self.answered is None else (self.measure, self.answered)

    def combine(self, sums: Sequence[Floats]) -> Floats:
        """Return the sum; NaN where nobody of the full sample, the first weight, answered."""
        if len(sums) == 1:
            return sums[0]
        total, answered = sums
        return np.where(answered[..., :1, :] > 0, total, np.nan)

    def replicated(self, weights: Floats, rows: Rows) -> Floats:
        """Return the total for every weight."""
        return self.combine([weights.T @ measure(rows) for measure in self.measures])

    def linearized(self, weight: Floats, rows: Rows, sample: int) -> tuple[Floats, Floats]:
        """Return the variance of a total over a domain of a with-replacement sample.

        n/(n−1)·[Σ z² − (Σ z)²/n] with z = w·a inside the group and 0 outside, n the rows of the
        whole sample (Särndal, Swensson and Wretman 1992, section 2.9).
        """
        weighted = weight[:, None] * self.measure(rows)
        estimate = weighted.sum(axis=0)
        if self.answered is not None:
            estimate = np.where(weight @ self.answered(rows) > 0, estimate, np.nan)
        if sample < 2:  # noqa: PLR2004 - one household has no variance
            return estimate, np.full_like(estimate, np.nan)
        spread = (weighted**2).sum(axis=0) - estimate**2 / sample
        return estimate, sample / (sample - 1) * np.maximum(spread, 0.0)


@dataclass(frozen=True)
class QuantileTarget(Checked):
    """The weighted quantile of a number."""

    column: Column
    probability: float

    def replicated(self, weights: Floats, rows: Rows) -> Floats:
        """Return the quantile for every weight."""
        return weighted_quantiles(self.column.values[rows], weights, self.probability)

    def linearized(self, weight: Floats, rows: Rows, sample: int) -> tuple[Floats, Floats]:
        """Return variances by Woodruff's (1952) test inversion."""
        del sample
        return quantiles_by_woodruff(self.column.values[rows], weight, self.probability)


@dataclass(frozen=True)
class GiniTarget(Checked):
    """The Gini coefficient of a number."""

    column: Column

    def replicated(self, weights: Floats, rows: Rows) -> Floats:
        """Return the coefficient for every weight."""
        return weighted_gini(self.column.values[rows], weights)

    def linearized(self, weight: Floats, rows: Rows, sample: int) -> tuple[Floats, Floats]:
        """Return the coefficient and its linearized variance."""
        del sample
        values = self.column.values[rows]
        return weighted_gini(values, weight[:, None])[0], gini_variance(values, weight)


@dataclass(frozen=True)
class NamedTarget(Checked):
    """A target and what its row of the result says.

    Attributes
    ----------
    statistic
        What was asked for.
    level
        Level the target is about; empty for numbers.
    target
        What computes it.
    column
        The variable, or ``None`` for the number of households.
    observed
        Whether every variable in it was observed, so that there is no fusion error.
    within
        Subgroup it is restricted to, where that differs between implicates.
    divisor
        The variable a ratio divides by.
    """

    statistic: Statistic
    level: str
    target: Target
    column: Column | None
    observed: bool
    within: Condition | None = None
    divisor: Column | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """The variables a household must have answered to count."""
        return tuple(column for column in (self.column, self.divisor) if column is not None)


def build_targets(
    statistics: Sequence[Statistic],
    implicates: Implicates | None,
    table: pd.DataFrame | None,
    rows: int,
) -> list[NamedTarget]:
    """Return what has to be computed for statistics: one target each, or one per level.

    Parameters
    ----------
    statistics
        What is asked.
    implicates, table
        Where its variables are.
    rows
        Number of households.

    Raises
    ------
    InputError
        If a variable or level does not exist or does not suit its statistic.
    """
    return [item for asked in statistics for item in _targets_of(asked, implicates, table, rows)]


def _targets_of(
    statistic: Statistic, implicates: Implicates | None, table: pd.DataFrame | None, rows: int
) -> list[NamedTarget]:
    if not statistic.variable:
        return [NamedTarget(statistic, "", TotalTarget(Constant(rows)), None, observed=True)]
    column = find_column(statistic.variable, implicates, table)
    if statistic.kind in {"share", "count"} and statistic.threshold is None:
        return _level_targets(statistic, column, rows)
    if column.levels:
        raise InputError(
            f"'{column.name}' has levels, not numbers, so it has no {statistic.kind.replace('_', ' ')}",
            fix="Ask for the share or count of its levels",
        )
    if statistic.kind == "ratio":
        return [
            _ratio_target(
                statistic, column, find_column(statistic.denominator or "", implicates, table), rows
            )
        ]
    return [
        NamedTarget(statistic, "", _number_target(statistic, column, rows), column, column.observed)
    ]


def _number_target(statistic: Statistic, column: Column, rows: int) -> Target:
    match statistic.kind:
        case "mean":
            return RatioTarget(Number(column), _answered(column, rows))
        case "share_above" | "share_below":
            beyond = _beyond(statistic, column)
            return RatioTarget(beyond, _answered(column, rows), proportion=True)
        case "count":
            return TotalTarget(_beyond(statistic, column), _partly_answered(column))
        case "total":
            return TotalTarget(Number(column), _partly_answered(column))
        case "gini":
            return GiniTarget(column)
        case _:
            return QuantileTarget(column, statistic.quantile)


def _ratio_target(statistic: Statistic, column: Column, divisor: Column, rows: int) -> NamedTarget:
    if divisor.levels:
        raise InputError(f"'{divisor.name}' has levels, not numbers", where="denominator")
    target = RatioTarget(
        Product(Number(column), _answered(divisor, rows)),
        Product(Number(divisor), _answered(column, rows)),
    )
    observed = column.observed and divisor.observed
    return NamedTarget(statistic, "", target, column, observed, divisor=divisor)


def _beyond(statistic: Statistic, column: Column) -> ThresholdIndicator:
    threshold = float(statistic.threshold if statistic.threshold is not None else 0.0)
    return ThresholdIndicator(column, threshold, below=statistic.kind == "share_below")


def _answered(column: Column, rows: int) -> Measure:
    # One column of ones instead of M saves half of the work where nobody is left out.
    return Constant(rows) if column.complete else Answered(column)


def _partly_answered(column: Column) -> Measure | None:
    return None if column.complete else Answered(column)


def _level_targets(statistic: Statistic, column: Column, rows: int) -> list[NamedTarget]:
    if not column.levels:
        raise InputError(
            f"'{column.name}' is a number and has no levels",
            fix="Ask for its mean, or for the share above or below a threshold",
        )
    if statistic.level is not None and statistic.level not in column.levels:
        raise InputError.unknown("level", statistic.level, column.levels, where=column.name)
    targets = []
    for code, level in enumerate(column.levels):
        if statistic.level not in {None, level}:
            continue
        has_level = HasLevel(column, code)
        target: Target = (
            TotalTarget(has_level, _partly_answered(column))
            if statistic.kind == "count"
            else RatioTarget(has_level, _answered(column, rows), proportion=True)
        )
        targets.append(NamedTarget(statistic, level, target, column, column.observed))
    return targets


@dataclass(frozen=True)
class Within(Checked):
    """1 for households of a subgroup that differs between implicates."""

    condition: Condition

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other measures of the same households."""
        return ("within", self.condition.key)

    def __call__(self, rows: Rows) -> Floats:
        """Return the indicator of some rows."""
        return self.condition.mask[rows].astype(np.float64)


def restrict(item: NamedTarget, condition: Condition) -> NamedTarget:
    """Restrict a target to a subgroup that differs between implicates.

    Parameters
    ----------
    item
        The target, not restricted before.
    condition
        The subgroup.
    """
    target, inside = item.target, Within(condition)
    if isinstance(target, RatioTarget):
        numerator = Product(target.numerator, inside)
        target = replace(
            target, numerator=numerator, denominator=Product(target.denominator, inside)
        )
    elif isinstance(target, TotalTarget):
        target = replace(target, measure=Product(target.measure, inside))
    elif isinstance(target, QuantileTarget | GiniTarget):
        values = np.where(condition.mask, target.column.values, np.nan)
        target = replace(target, column=replace(target.column, values=values))
    return replace(item, target=target, observed=False, within=condition)


def indicates(measure: Measure) -> bool:
    """Whether a measure marks some households, rather than all or a number of each."""
    if isinstance(measure, Product):
        return indicates(measure.first)
    return isinstance(measure, HasLevel | ThresholdIndicator)
