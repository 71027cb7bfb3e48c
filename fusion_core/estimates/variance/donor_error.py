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
(`fusion_core.geography.published_location`). Slopes of what differs inside places alone cannot be seen: they
move estimates by as much as the slopes that can (`regression.UnseenLocation`).

Several donors are independent samples: their parts add up (`JointDonorError`). To each of them what
was drawn from the others is an answer the recipient has already, as its own are: with x̄ weighted by
how often the other part holds, the share of households with two conditions moves with the first donor
as Σ w·p₂·xᵀΔβ₁.

In a subgroup defined by fused variables, donors are asked for the same condition: its mean is a ratio
of two means, Σ w·1(condition)·y over Σ w·1(condition), whose numerator and denominator the donor moves
as it moves any mean. Beside the recipient's own answers – in the statistic, in the condition, or
because only some households answered – a mean is the sum over such answers of regressions of what the
donors would contribute to each.

What differs between areas in ways no predictor shows, or inside the places the donor publishes in ways
those places do not show, is a part of its own (`area_error`), learned from variables whose answers in
every area are known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.statistics import (
    Answered,
    Constant,
    Groups,
    GroupSums,
    Measure,
    NamedTarget,
    Number,
    Product,
    QuantileTarget,
    RatioTarget,
    Target,
    ThresholdIndicator,
    TotalTarget,
    Within,
    quantiles_of_draws,
)
from fusion_core.estimates.variance._factors import Factors, directions, predictor_sums
from fusion_core.estimates.variance.area_error import (
    AreaEffect,
    Partition,
    SeenPlaces,
    effect_of_areas,
)
from fusion_core.estimates.variance.donor_effect import DonorEffect, Effect, JointEffect
from fusion_core.estimates.variance.donor_sample import DonorSample
from fusion_core.estimates.variance.donors import Donor, samples_of
from fusion_core.records import Checked

Floats = NDArray[np.float64]

# Distribution functions are evaluated at as many places; in between they are interpolated.
_MARKS: Final = 24
# The density at a quantile is read off the distance between quantiles this far apart, in shares.
_NARROWEST, _WIDEST = 0.02, 0.25
# Draws looked at for that distance; more would cost time and tell the same.
_DRAWS: Final = 10_000
# A subgroup fewer donors belong to shows nothing of how donors of its kind differ.
_FEWEST_MEETING: Final = 2
# Over so many areas what each has beyond the predictors has averaged out for the most part.
_FEWEST_AREAS: Final = 10


@dataclass(frozen=True)
class JointDonorError(Checked):
    """The parts of several donors in the error of estimates; see `DonorError`.

    Attributes
    ----------
    parts
        One per donor.
    """

    parts: tuple[DonorError, ...]

    def effect(self, item: NamedTarget, estimate: Floats) -> Effect | None:
        """Return the donors' effect, or ``None`` where that of one of them cannot be told."""
        found = [part.effect(item, estimate) for part in self.parts]
        known = tuple(effect for effect in found if effect is not None)
        return JointEffect(known) if len(known) == len(found) else None

    def areas(self, item: NamedTarget, estimates: Floats) -> AreaEffect | None:
        """Return how far areas move estimates, as the donor of the variable they are about tells it."""
        concerned = [part for part in self.parts if part.concerns(item)] or list(self.parts)
        return concerned[0].areas(item, estimates)

    @property
    def untested(self) -> NDArray[np.bool_]:
        """Whether a group is untested for any of the donors; see `DonorError.untested`."""
        return np.asarray(np.any([part.untested for part in self.parts], axis=0))

    def effective_donors(self, item: NamedTarget) -> float:
        """Return the effective number of donors behind an estimate: of the sample that has fewer."""
        return min(part.effective_donors(item) for part in self.parts)


def donor_error(donor: Donor, sums: GroupSums, weight: Floats) -> DonorError | JointDonorError:
    """Return what tells the part of a donor, or of several, in the error of estimates.

    Parameters
    ----------
    donor
        The donor, or several.
    sums, weight
        As in `DonorError`.
    """
    samples = samples_of(donor)
    errors = tuple(
        DonorError(sample, sums, weight, place, samples[:place] + samples[place + 1 :])
        for place, sample in enumerate(samples)
    )
    return errors[0] if len(errors) == 1 else JointDonorError(errors)


@dataclass(frozen=True)
class DonorError(Checked):
    """The donor's part in the error of estimates for one partition of the recipient.

    Attributes
    ----------
    sample
        The donor.
    sums
        Sums of the recipient in each group, which many questions share.
    weight
        Full-sample weight of the recipient's households.
    place
        Its place among several donors.
    others
        The other donors: their variables are as they were drawn.
    """

    sample: DonorSample
    sums: GroupSums
    weight: Floats
    place: int = 0
    others: tuple[DonorSample, ...] = ()

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

    def areas(self, item: NamedTarget, estimates: Floats) -> AreaEffect | None:
        """Return how far areas move estimates beyond the predictors, ``None`` where nothing says.

        Parameters
        ----------
        item
            What is estimated.
        estimates
            Its estimates, shape (groups, M).
        """
        locality = self.sample.locality
        if locality is None or locality.rule is None:
            return None
        values, unexplained = self._asked_values(item), np.nan
        if values is not None and self.sample.regression(values).is_determined:
            unexplained = self.sample.unexplained(values)

        def seen() -> SeenPlaces:
            return SeenPlaces() if values is None else self.sample.seen_places(values)

        return effect_of_areas(
            locality,
            locality.rule,
            self._partition,
            item,
            estimates,
            seen=seen,
            unexplained=unexplained,
            spread=self._spread,
        )

    def _spread(self, measure: Measure) -> Floats:
        """Return the mean variance of single households' draws in each group, by squared weight."""
        compute = partial(_squared_spread, measure, self.weight)
        found = self.sums.added(("spread", measure.key), compute)
        squares = self.sums.added("squared weight", partial(_squared_spread, None, self.weight))
        return np.asarray(found / np.where(squares > 0, squares, 1.0))

    @cached_property
    def untested(self) -> NDArray[np.bool_]:
        """Whether a group is of so few areas that they may differ by more than anything has tested."""
        locality, groups = self.sample.locality, self.sums.groups
        if locality is None or locality.rule is not None:
            return np.zeros(len(groups), dtype=bool)
        return locality.behind(groups, self.weight) < _FEWEST_AREAS

    @cached_property
    def _partition(self) -> Partition:
        """The groups, with how much each moves with each area."""
        groups, locality = self.sums.groups, self.sample.locality
        if locality is None or locality.rule is None:
            raise ValueError("nothing is known of how areas differ")
        loadings = locality.loadings(locality.rule, groups, self.weight)
        return Partition(groups, self.weight, loadings)

    def concerns(self, item: NamedTarget) -> bool:
        """Whether a target is about a variable of this donor."""
        return any(column.name in self.sample.names for column in item.columns)

    def _asked_values(self, item: NamedTarget) -> Floats | None:
        """Return the donor's answers a target is about – of a ratio its numerator –, NaN for none."""
        target = item.target
        if isinstance(target, RatioTarget | TotalTarget):
            part = target.numerator if isinstance(target, RatioTarget) else target.measure
        elif item.column is not None:
            part = Number(item.column)
        else:
            return None
        asked = next(iter(self._factors(part).asked), None)
        return None if asked is None or asked.pattern is not None else asked.met[0]

    def effective_donors(self, item: NamedTarget) -> float:
        """Return the effective number of donors behind an estimate (Kish's), ∞ without a donor's part.

        Parameters
        ----------
        item
            What is estimated.
        """
        measures: list[Measure] = [
            Answered(column) for column in item.columns if not column.observed
        ]
        if item.within is not None:
            measures.append(Within(item.within))
        found = []
        for measure in measures:
            answers = self._factors(measure).answers
            if answers is None:
                return np.inf
            found.append(answers)
        if not any(answers.is_asked for answers in found):
            return np.inf
        return self.sample.effective_behind(found)

    def _factors(self, measure: Measure) -> Factors:
        """Take a measure apart, as this donor sees it."""
        return Factors.of(measure, self.sample, place=self.place, is_given=self.is_given)

    def is_given(self, name: str) -> bool:
        """Whether a fused variable was drawn from another donor alone."""
        return name not in self.sample.names and any(name in sample.names for sample in self.others)

    @property
    def _means(self) -> Floats:
        """Mean predictors of each group."""
        return self._mean_predictors(Factors())[:, 0]

    @cached_property
    def _totals(self) -> Floats:
        """Weight of each group."""
        added = self.sums.added("weight", self._weights_of)
        return np.asarray(added)

    def _weights_of(self, groups: Groups) -> Floats:
        return np.array([self.weight[rows].sum() for rows in groups])

    def _mean_predictors(self, factors: Factors) -> Floats:
        """Return Σ w·a·x / Σ w with a the recipient's own part, by group and pattern of answers."""
        compute = partial(predictor_sums, self.sample, self.weight, factors)
        sums = self.sums.added(("predictors", self.place, factors.own_key), compute)
        totals = np.where(self._totals > 0, self._totals, 1.0)
        return np.asarray(sums / totals[:, None, None])

    def _base(self, measure: Measure) -> Floats:
        """Return the fused mean of a measure in each group."""
        return np.asarray(self.sums.of_full_weight(measure) / self._totals)

    def _part(self, measure: Measure, fused: Floats) -> DonorEffect | None:
        """Return the effect on the mean of a measure, given its fused mean in each group."""
        sample, factors = self.sample, self._factors(measure)
        moved, answers = np.zeros((len(fused), sample.replicates)), factors.answers
        if answers is None:
            return None
        if not answers.is_asked:
            return DonorEffect(moved, np.zeros(len(fused)), sample.factor)
        expected = np.zeros(len(fused))
        for means, values in directions(self._mean_predictors(factors), answers.met):
            if not sample.regression(values).is_determined:
                return None
            if np.nan_to_num(values).any():
                moved += means @ sample.movements(values)
                expected += means @ sample.coefficients(values)
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


def _squared_spread(measure: Measure | None, weight: Floats, groups: Groups) -> Floats:
    """Return Σ w²·s² with s² the variance of a household's draws, or Σ w² without a measure."""
    found = np.empty(len(groups))
    for place, rows in enumerate(groups):
        squares = np.square(weight[rows])
        if measure is not None:
            draws = measure(rows)
            squares = squares * (draws.var(axis=1, ddof=1) if draws.shape[1] > 1 else 0.0)
        found[place] = squares.sum()
    return found


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
