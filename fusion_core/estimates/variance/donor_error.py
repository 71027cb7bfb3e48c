"""What the donor adds to the uncertainty of an estimate: its own sampling error, and bias.

Implicates are drawn from one donor sample. Had other households been interviewed for it, all
implicates would have moved together, so the variance *between* implicates does not show it; what it
shows instead, the noise of the draws, averages out in the mean over implicates and is no error of
that mean. Rubin's (1987) rules, made for a sample's own gaps, therefore add too much for small
groups and too little for large ones (Reiter 2008, *Multiple imputation when records used for
imputation are not used or disseminated for analysis*, Biometrika 95).

The variance of predictions carried from one survey to another is that over samples of the recipient
plus that over samples of the donor (Kim and Rao 2012, *Combining data from two independent surveys:
a model-assisted approach*, Biometrika 99). The first is the replicate variance of the mean over
implicates. For the second, how the trees depend on the donor sample is taken to be how a linear
regression on the same predictors does: with x̄ the mean predictors of a group, factor · Σ_r (x̄ᵀΔβ_r)²
over the donor's replicate weights r (`DonorSample.movements`).

Trees also shrink towards the mean, more so the smaller the donor. The regression does not: its
residuals sum to zero in every group the predictors name. So the gap δ between fused and regression
estimate measures the bias, with a noise that is at most about the donor's variance V. Bias² is
estimated by max(0, δ² − V), as for synthetic estimators of small areas (Gonzalez and Waksberg 1973;
Marker 1995), and V + bias² becomes max(V, δ²).

A donor's location is drawn within the place it publishes, so that inside a place the spatial
predictors of the donor say nothing, and everything learned from them is too flat – by trees and by a
regression on the same draws alike, whose gap would not show it. The regression therefore takes what
is expected of the predictors in the published place, whose error leaves its slopes unbiased
(`fusion_core.geography.published_location`).

Not contained: what differs between groups in ways no predictor shows, or inside the places the donor
publishes in ways those places do not show.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.estimates.statistics import (
    Answered,
    Beyond,
    Both,
    HasLevel,
    Number,
    One,
    QuantileTarget,
    RatioTarget,
    TotalTarget,
    quantiles_of_draws,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import GroupSums, Measure, NamedTarget, Target
    from fusion_core.estimates.variance.donor_sample import DonorSample

    Floats = NDArray[np.float64]

# Distribution functions are evaluated at as many places; in between they are interpolated.
_MARKS: Final = 24
# The density at a quantile is read off the distance between quantiles this far apart, in shares.
_NARROWEST, _WIDEST = 0.02, 0.25
# Draws looked at for that distance; more would cost time and tell the same.
_DRAWS: Final = 10_000


@dataclass(frozen=True)
class DonorEffect:
    """How far the donor may have moved an estimate.

    Attributes
    ----------
    moved
        Difference of the estimate under each donor replicate, shape (groups, R).
    gap
        Fused minus regression estimate, one per group.
    factor
        Of the donor's replication.
    """

    moved: Floats
    gap: Floats
    factor: float

    @property
    def variance(self) -> Floats:
        """Expected squared error of each group: sampling variance of the donor plus squared bias."""
        sampling = self.factor * np.einsum("gr,gr->g", self.moved, self.moved)
        return np.asarray(np.maximum(sampling, self.gap**2))

    def scaled(self, by: Floats | float) -> DonorEffect:
        """Return the effect on a multiple of the estimate, by one factor or one per group."""
        factors = np.asarray(by, dtype=np.float64)
        return DonorEffect(self.moved * factors[..., None], self.gap * factors, self.factor)

    def __sub__(self, other: DonorEffect) -> DonorEffect:
        """Return the effect on a difference; what moves both estimates alike cancels."""
        return DonorEffect(self.moved - other.moved, self.gap - other.gap, self.factor)


@dataclass(frozen=True)
class DonorError:
    """The donor's part in the error of estimates for one partition of the recipient.

    Attributes
    ----------
    sample
        The donor.
    sums
        Sums of the recipient in each group, which many questions share.
    weight
        Full-sample weight of the recipient's households.
    """

    sample: DonorSample
    sums: GroupSums
    weight: Floats

    def effect(self, item: NamedTarget, estimate: Floats) -> DonorEffect | None:
        """Return the donor's effect, or ``None`` where it cannot be told.

        That is so for Gini coefficients, variables computed from fused ones, filters on fused
        variables, and donors with too few households for their predictors.

        Parameters
        ----------
        item
            What is estimated.
        estimate
            Its estimate in each group, the mean over implicates.
        """
        if item.within is not None or not self.sample.is_large_enough:
            return None
        target: Target = item.target
        # A group of weight zero has no estimate, and none of this.
        with np.errstate(invalid="ignore", divide="ignore"):
            if isinstance(target, RatioTarget):
                return self._ratio(target, estimate)
            if isinstance(target, TotalTarget):
                part = self._part(target.measure, estimate / self._totals)
                return None if part is None else part.scaled(self._totals)
            if isinstance(target, QuantileTarget):
                return self._quantile(target, estimate)
        return None

    @cached_property
    def _predictors(self) -> Floats:
        return self.sums.added("predictors", partial(self.sample.recipient.sums, self.weight))

    @cached_property
    def _means(self) -> Floats:
        return self._predictors / np.where(self._totals > 0, self._totals, 1.0)[:, None]

    @property
    def _totals(self) -> Floats:
        return self._predictors[:, 0]

    def _part(self, measure: Measure, fused: Floats) -> DonorEffect | None:
        """Return the effect on the mean of a measure, given its fused mean in each group."""
        factor, replicates = self.sample.factor, self.sample.replicates
        if is_observed(measure):
            return DonorEffect(np.zeros((len(fused), replicates)), np.zeros(len(fused)), factor)
        values = donor_values(measure, self.sample)
        if values is None:
            return None
        moved = self._means @ self.sample.movements(values)
        return DonorEffect(moved, fused - self._means @ self.sample.coefficients(values), factor)

    def _ratio(self, target: RatioTarget, estimate: Floats) -> DonorEffect | None:
        base = self.sums.of_full_weight(target.denominator) / self._totals
        top = self._part(target.numerator, estimate * base)
        bottom = self._part(target.denominator, base)
        if top is None or bottom is None:
            return None
        return (top - bottom.scaled(estimate)).scaled(1.0 / base)

    def _quantile(self, target: QuantileTarget, estimate: Floats) -> DonorEffect | None:
        """Carry the effect on the share below the quantile over to the quantile itself."""
        column = self.sample.columns.get(target.column.name)
        if target.column.observed or column is None:
            return None
        own = np.asarray(column.values[:, 0], dtype=np.float64)
        known = np.unique(estimate[np.isfinite(estimate)])
        if not len(known):
            return None
        if len(known) > _MARKS:
            known = np.unique(np.quantile(known, np.linspace(0.0, 1.0, _MARKS)))
        parts = [self._share_below(own, mark, target.probability) for mark in known]
        shares = DonorEffect(
            _interpolated(known, np.stack([part.moved for part in parts]), estimate),
            _interpolated(known, np.stack([part.gap for part in parts]), estimate),
            self.sample.factor,
        )
        return shares.scaled(-self._distances(target, np.sqrt(shares.variance)))

    def _share_below(self, own: Floats, mark: float, probability: float) -> DonorEffect:
        below = np.asarray(own <= mark, dtype=np.float64)
        moved = self._means @ self.sample.movements(below)
        gap = probability - self._means @ self.sample.coefficients(below)
        return DonorEffect(moved, gap, self.sample.factor)

    def _distances(self, target: QuantileTarget, error: Floats) -> Floats:
        """Return the distance between quantiles per unit of probability (Woodruff 1952)."""
        result = np.full(len(self.sums.groups), np.nan)
        for group, rows in enumerate(self.sums.groups):
            if not np.isfinite(error[group]):
                continue
            step = float(np.clip(error[group], _NARROWEST, _WIDEST))
            weight = self.weight[rows]
            draws = target.column.values[rows][:, : max(1, _DRAWS // max(len(weight), 1))]
            ends = [max(target.probability - step, 0.001), min(target.probability + step, 0.999)]
            low, high = quantiles_of_draws(draws, weight, ends)
            result[group] = (high - low) / (ends[1] - ends[0])
        return result


def is_observed(measure: Measure) -> bool:
    """Whether a measure rests on the recipient's own answers alone."""
    if isinstance(measure, Both):
        return is_observed(measure.first) and is_observed(measure.second)
    if isinstance(measure, Number | HasLevel | Beyond | Answered):
        return measure.column.observed
    return isinstance(measure, One)


def donor_values(measure: Measure, sample: DonorSample) -> Floats | None:
    """Return a measure of the donor's households, ``None`` where they were not asked for it."""
    every = slice(0, sample.own.rows)
    if isinstance(measure, One) or (isinstance(measure, Answered) and measure.column.observed):
        return np.ones(sample.own.rows)
    if isinstance(measure, Both):
        first, second = donor_values(measure.first, sample), donor_values(measure.second, sample)
        return None if first is None or second is None else first * second
    if not isinstance(measure, Number | HasLevel | Beyond | Answered):
        return None
    column = sample.columns.get(measure.column.name)
    if column is None or measure.column.observed:
        return None
    if isinstance(measure, HasLevel):
        level = measure.column.levels[measure.code]
        place = column.levels.index(level) if level in column.levels else len(column.levels)
        own: Measure = HasLevel(column, place)
    else:
        own = replace(measure, column=column)
    return own(every)[:, 0]


def _interpolated(marks: Floats, values: Floats, at: Floats) -> Floats:
    """Interpolate values of shape (marks, groups, …) at one place per group."""
    place = np.clip(np.searchsorted(marks, at) - 1, 0, max(len(marks) - 2, 0))
    group = np.arange(len(at))
    if len(marks) == 1:
        return np.asarray(values[0])
    share = (at - marks[place]) / (marks[place + 1] - marks[place])
    share = share.reshape(-1, *[1] * (values.ndim - 2))
    lower, upper = values[place, group], values[place + 1, group]
    return np.asarray(lower + share * (upper - lower))
