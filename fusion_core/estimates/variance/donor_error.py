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

In a subgroup defined by fused variables, donors are asked for the same condition: its mean is a ratio
of two means, Σ w·1(condition)·y over Σ w·1(condition), whose numerator and denominator the donor moves
as it moves any mean. Beside the recipient's own answers – in the statistic, in the condition, or
because only some households answered – a mean is the sum over such answers of regressions of what the
donors would contribute to each.

Not contained: what differs between groups in ways no predictor shows, or inside the places the donor
publishes in ways those places do not show.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial, reduce
from operator import and_
from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.estimates.statistics import (
    Answered,
    Constant,
    DonorAnswers,
    Groups,
    HasLevel,
    Number,
    Product,
    QuantileTarget,
    RatioTarget,
    ThresholdIndicator,
    TotalTarget,
    Within,
    effective_sample_size,
    quantiles_of_draws,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import Column, GroupSums, Measure, NamedTarget, Target
    from fusion_core.estimates.variance.donor_sample import DonorSample

    Floats = NDArray[np.float64]

# Distribution functions are evaluated at as many places; in between they are interpolated.
_MARKS: Final = 24
# The density at a quantile is read off the distance between quantiles this far apart, in shares.
_NARROWEST, _WIDEST = 0.02, 0.25
# Draws looked at for that distance; more would cost time and tell the same.
_DRAWS: Final = 10_000
# A subgroup fewer donors belong to shows nothing of how donors of its kind differ.
_FEWEST_MEETING: Final = 2


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
    degrees_of_freedom
        Of the sampling variance: those of the replication, or fewer where few donors decide.
    """

    moved: Floats
    gap: Floats
    factor: float
    degrees_of_freedom: float = np.inf

    @property
    def variance(self) -> Floats:
        """Expected squared error of each group: sampling variance of the donor plus squared bias."""
        sampling = self.factor * np.einsum("gr,gr->g", self.moved, self.moved)
        return np.asarray(np.maximum(sampling, self.gap**2))

    def scaled(self, by: Floats | float) -> DonorEffect:
        """Return the effect on a multiple of the estimate, by one factor or one per group."""
        factors = np.asarray(by, dtype=np.float64)
        return replace(self, moved=self.moved * factors[..., None], gap=self.gap * factors)

    def __sub__(self, other: DonorEffect) -> DonorEffect:
        """Return the effect on a difference; what moves both estimates alike cancels."""
        freedom = min(self.degrees_of_freedom, other.degrees_of_freedom)
        return DonorEffect(self.moved - other.moved, self.gap - other.gap, self.factor, freedom)


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

        That is so for Gini coefficients, variables computed from fused ones, donors with too few
        households for their predictors, and subgroups that hardly any donor belongs to.

        Parameters
        ----------
        item
            What is estimated.
        estimate
            Its estimate in each group, the mean over implicates.
        """
        target: Target = item.target
        # A group of weight zero has no estimate, and none of this.
        with np.errstate(invalid="ignore", divide="ignore"):
            if isinstance(target, RatioTarget):
                return self._ratio(target, estimate, self._base(target.denominator))
            if isinstance(target, TotalTarget):
                part = self._part(target.measure, estimate / self._totals)
                return None if part is None else part.scaled(self._totals)
            if isinstance(target, QuantileTarget):
                return self._quantile(item, target, estimate)
        return None

    def effective_donors(self, item: NamedTarget) -> float:
        """Return the effective number of donors behind an estimate (Kish's), ∞ without a donor's part.

        Parameters
        ----------
        item
            What is estimated.
        """
        factors = [_Factors.of(Answered(column)) for column in item.columns if not column.observed]
        if item.within is not None:
            factors.append(_Factors.of(Within(item.within)))
        used = np.ones(self.sample.own.rows)
        for factor in factors:
            values = factor.donor_values(self.sample)
            if values is None:
                return np.inf
            used = used * (np.nan_to_num(values, nan=0.0) > 0).any(axis=0)
        return effective_sample_size(self.sample.weights[:, 0] * used) if factors else np.inf

    @property
    def _means(self) -> Floats:
        """Mean predictors of each group."""
        return self._mean_predictors(_Factors())[:, 0]

    @cached_property
    def _totals(self) -> Floats:
        """Weight of each group."""
        added = self.sums.added("weight", self._weights_of)
        return np.asarray(added)

    def _weights_of(self, groups: Groups) -> Floats:
        return np.array([self.weight[rows].sum() for rows in groups])

    def _mean_predictors(self, factors: _Factors) -> Floats:
        """Return Σ w·a·x / Σ w with a the recipient's own part, by group and pattern of answers."""
        compute = partial(_predictor_sums, self.sample, self.weight, factors)
        sums = self.sums.added(("predictors", factors.own_key), compute)
        totals = np.where(self._totals > 0, self._totals, 1.0)
        return np.asarray(sums / totals[:, None, None])

    def _base(self, measure: Measure) -> Floats:
        """Return the fused mean of a measure in each group."""
        return np.asarray(self.sums.of_full_weight(measure) / self._totals)

    def _part(self, measure: Measure, fused: Floats) -> DonorEffect | None:
        """Return the effect on the mean of a measure, given its fused mean in each group."""
        sample, factors = self.sample, _Factors.of(measure)
        moved = np.zeros((len(fused), sample.replicates))
        if not factors.asked and not factors.conditions:
            return DonorEffect(moved, np.zeros(len(fused)), sample.factor)
        values = factors.donor_values(sample)
        if values is None:
            return None
        means, expected = self._mean_predictors(factors), np.zeros(len(fused))
        for place, answers in enumerate(values):
            if not sample.regression(answers).is_determined:
                return None
            if np.nan_to_num(answers).any():
                moved += means[:, place] @ sample.movements(answers)
                expected += means[:, place] @ sample.coefficients(answers)
        freedom = sample.degrees_of_freedom
        if factors.conditions:
            meeting = factors.donors_meeting(sample)
            if meeting < _FEWEST_MEETING:
                return None
            freedom = min(freedom, meeting - 1.0)
        return DonorEffect(moved, fused - expected, sample.factor, freedom)

    def _ratio(self, target: RatioTarget, estimate: Floats, base: Floats) -> DonorEffect | None:
        top = self._part(target.numerator, estimate * base)
        bottom = self._part(target.denominator, base)
        if top is None or bottom is None:
            return None
        return (top - bottom.scaled(estimate)).scaled(1.0 / base)

    def _quantile(
        self, item: NamedTarget, target: QuantileTarget, estimate: Floats
    ) -> DonorEffect | None:
        """Carry the effect on the share below the quantile over to the quantile itself."""
        column = item.column
        if column is None:
            return None
        inside: Measure = Constant(self.sample.recipient.rows)
        if not column.complete:
            inside = Answered(column)
        if item.within is not None:
            inside = Product(inside, Within(item.within))
        base = self._base(inside)
        known = np.unique(estimate[np.isfinite(estimate)])
        if not len(known):
            return None
        if len(known) > _MARKS:
            known = np.unique(np.quantile(known, np.linspace(0.0, 1.0, _MARKS)))
        above = np.full(len(estimate), 1.0 - target.probability)
        parts = []
        for mark in known:
            share = RatioTarget(
                Product(ThresholdIndicator(column, float(mark)), inside), inside, proportion=True
            )
            part = self._ratio(share, above, base)
            if part is None:
                return None
            parts.append(part)
        shares = replace(
            parts[0],
            moved=_interpolated(known, np.stack([part.moved for part in parts]), estimate),
            gap=_interpolated(known, np.stack([part.gap for part in parts]), estimate),
        )
        # More households above a place move the quantile up.
        return shares.scaled(self._distances(target, np.sqrt(shares.variance)))

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


@dataclass(frozen=True)
class _Factors:
    """A measure as a product: what the recipient answered, what it was given, and of whom.

    Attributes
    ----------
    own
        Measures of the recipient's own answers.
    asked
        Measures of fused variables.
    conditions
        Subgroups that fused variables define.
    """

    own: tuple[Measure, ...] = ()
    asked: tuple[Measure, ...] = ()
    conditions: tuple[Within, ...] = ()

    @classmethod
    def of(cls, measure: Measure) -> _Factors:
        """Take a measure apart."""
        if isinstance(measure, Product):
            first, second = cls.of(measure.first), cls.of(measure.second)
            return cls(
                first.own + second.own,
                first.asked + second.asked,
                first.conditions + second.conditions,
            )
        if isinstance(measure, Within):
            return cls(conditions=(measure,))
        if isinstance(measure, Constant):
            return cls()
        if not isinstance(measure, Number | HasLevel | ThresholdIndicator | Answered):
            raise TypeError(type(measure))
        return cls(own=(measure,)) if measure.column.observed else cls(asked=(measure,))

    @property
    def own_key(self) -> tuple[object, ...]:
        """What tells the recipient's part of it from others."""
        return tuple(item.key for item in (*self.own, *self.conditions))

    @property
    def answers(self) -> DonorAnswers | None:
        """The donor's side of the conditions."""
        found = [item.condition.donor for item in self.conditions]
        known = [item for item in found if item is not None]
        return None if not known or len(known) < len(found) else reduce(and_, known)

    def donor_values(self, sample: DonorSample) -> Floats | None:
        """Return what each donor contributes beside each pattern, shape (patterns, donors).

        ``None`` where the donor was not asked; NaN for donors who did not answer.
        """
        answers = self.answers
        if self.conditions and answers is None:
            return None
        met = np.ones((1, sample.own.rows)) if answers is None else answers.met
        values = np.ones(sample.own.rows)
        for measure in self.asked:
            found = donor_values(measure, sample)
            if found is None:
                return None
            values = values * found
        return np.where(met == 0, 0.0, values * met)

    def donors_meeting(self, sample: DonorSample) -> int:
        """Return how many donors belong to the subgroup beside some answers of the recipient."""
        answers = self.answers
        if answers is None:
            return sample.own.rows
        return int(((answers.met == 1).any(axis=0) & (sample.weights[:, 0] > 0)).sum())


def _predictor_sums(
    sample: DonorSample, weight: Floats, factors: _Factors, groups: Groups
) -> Floats:
    """Return the recipient's weighted sums of predictors, shape (groups, patterns, columns)."""
    every = slice(0, len(weight))
    for measure in factors.own:
        weight = weight * measure(every)[:, 0]
    cells, count, answers = groups, 1, factors.answers
    if answers is not None and answers.pattern is not None:
        codes, count = groups.codes(len(weight)), len(answers.met)
        cells = Groups.from_codes(
            np.where(codes < 0, -1, codes * count + answers.pattern), len(groups) * count
        )
    return sample.recipient.sums(weight, cells).reshape(len(groups), count, -1)


def donor_values(measure: Measure, sample: DonorSample) -> Floats | None:
    """Return a measure of a fused variable for the donor's households.

    Parameters
    ----------
    measure
        A measure of one fused variable.
    sample
        The donor.

    Returns
    -------
    array or None
        NaN for donors who did not answer – unless no answer is itself something the recipient was
        given –, ``None`` where the donor was not asked.
    """
    if not isinstance(measure, Number | HasLevel | ThresholdIndicator | Answered):
        return None
    column = sample.columns.get(measure.column.name)
    if column is None or bool(column.levels) != bool(measure.column.levels):
        return None
    every = slice(0, sample.own.rows)
    if isinstance(measure, HasLevel):
        level = measure.column.levels[measure.code]
        place = column.levels.index(level) if level in column.levels else len(column.levels)
        own: Measure = HasLevel(column, place)
    else:
        own = replace(measure, column=column)
    values = own(every)[:, 0]
    return _unknown_without_answer(values, column) if measure.column.complete else values


def _unknown_without_answer(values: Floats, column: Column) -> Floats:
    return np.where(column.present(slice(0, len(values)))[:, 0] > 0, values, np.nan)


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
