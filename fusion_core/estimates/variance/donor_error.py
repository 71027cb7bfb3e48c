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

Several donors are independent samples: their parts add up (`JointDonorError`). To each of them what
was drawn from the others is an answer the recipient has already, as its own are: with x̄ weighted by
how often the other part holds, the share of households with two conditions moves with the first donor
as Σ w·p₂·xᵀΔβ₁.

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
from operator import and_, mul
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.statistics import (
    Answered,
    Constant,
    DonorAnswers,
    Groups,
    GroupSums,
    HasLevel,
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
# Combinations of patterns and donors looked at, at most (240 MB).
_MOST_ANSWERS: Final = 30_000_000
# Fewer patterns are regressed one by one.
_MANY_PATTERNS: Final = 8
# Rows whose draws are multiplied at once.
_BLOCK: Final = 65_536
# Combinations of patterns are regressed in the directions in which donors differ by more than this.
_SAME_DIRECTION: Final = 1e-9


class Effect(Protocol):
    """How far one donor, or several, may have moved an estimate."""

    @property
    def variance(self) -> Floats:
        """Expected squared error of each group."""

    @property
    def degrees_of_freedom(self) -> Floats | float:
        """Of that variance."""

    def scaled(self, by: Floats | float) -> Effect:
        """Return the effect on a multiple of the estimate, by one factor or one per group."""

    def __sub__(self, other: Any) -> Effect:
        """Return the effect on a difference of two estimates of the same donors."""


@dataclass(frozen=True)
class DonorEffect(Checked):
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
class JointEffect(Checked):
    """How far several donors, which are independent samples, may have moved an estimate.

    Attributes
    ----------
    parts
        The effect of each.
    """

    parts: tuple[DonorEffect, ...]

    @property
    def variance(self) -> Floats:
        """Expected squared error of each group, the sum of the parts'."""
        return np.asarray(sum(part.variance for part in self.parts))

    @property
    def degrees_of_freedom(self) -> Floats:
        """Those of the sum of the parts' variances (Satterthwaite 1946), one per group."""
        with np.errstate(invalid="ignore", divide="ignore"):
            weakness = sum(part.variance**2 / part.degrees_of_freedom for part in self.parts)
            freedom = self.variance**2 / weakness
        return np.where(np.isfinite(freedom), freedom, np.inf)

    def scaled(self, by: Floats | float) -> JointEffect:
        """Return the effect on a multiple of the estimate; see `DonorEffect.scaled`."""
        return JointEffect(tuple(part.scaled(by) for part in self.parts))

    def __sub__(self, other: JointEffect) -> JointEffect:
        """Return the effect on a difference; what a donor moves in both alike cancels."""
        pairs = zip(self.parts, other.parts, strict=True)
        return JointEffect(tuple(first - second for first, second in pairs))


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
        used, is_asked = np.ones(self.sample.own.rows), False
        for measure in measures:
            factors = self._factors(measure)
            answers = factors.answers
            if answers is None:
                return np.inf
            is_asked |= answers.is_asked
            used = used * (np.nan_to_num(answers.met, nan=0.0) > 0).any(axis=0)
        return self.sample.effective_size(used) if is_asked else np.inf

    def _factors(self, measure: Measure) -> _Factors:
        """Take a measure apart, as this donor sees it."""
        return _Factors.of(measure, self)

    def is_given(self, name: str) -> bool:
        """Whether a fused variable was drawn from another donor alone."""
        return name not in self.sample.columns and any(
            name in sample.columns for sample in self.others
        )

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
        for means, values in _directions(self._mean_predictors(factors), answers.met):
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


@dataclass(frozen=True)
class _Factors:
    """A measure as a product: what a household has already, what it was given, and of whom.

    Attributes
    ----------
    own
        Measures of the recipient's own answers, and of what other donors gave it.
    asked
        What the donors would contribute of the fused variables; ``None`` where they were not asked.
    conditions
        Subgroups that fused variables define, as the donors see them.
    keys
        What tells patterns of answers from others.
    """

    own: tuple[Measure, ...] = ()
    asked: tuple[DonorAnswers | None, ...] = ()
    conditions: tuple[DonorAnswers | None, ...] = ()
    keys: tuple[object, ...] = ()

    @classmethod
    def of(cls, measure: Measure, error: DonorError) -> _Factors:
        """Take a measure apart."""
        if isinstance(measure, Product):
            first, second = cls.of(measure.first, error), cls.of(measure.second, error)
            return cls(
                first.own + second.own,
                error.sample.product_of(first.asked + second.asked),
                first.conditions + second.conditions,
                first.keys + second.keys,
            )
        if isinstance(measure, Within):
            answers = measure.condition.of_donor(error.place)
            return cls(conditions=(answers,), keys=(measure.key,))
        if isinstance(measure, Constant):
            return cls()
        if not isinstance(measure, Number | HasLevel | ThresholdIndicator | Answered):
            raise TypeError(type(measure))
        column = measure.column
        if column.observed or error.is_given(column.name):
            return cls(own=(measure,))
        found = error.sample.answers_to(measure)
        has_pattern = found is not None and found.pattern is not None
        return cls(asked=(found,), keys=(("derived", column.name),) if has_pattern else ())

    @property
    def own_key(self) -> tuple[object, ...]:
        """What tells the recipient's part of it from others."""
        return (*(item.key for item in self.own), *self.keys)

    @cached_property
    def answers(self) -> DonorAnswers | None:
        """What donors contribute beside each pattern; ``None`` where they were not asked.

        NaN for donors who did not answer.
        """
        asked, conditions = (
            [item for item in items if item is not None] for items in (self.asked, self.conditions)
        )
        if len(asked) < len(self.asked) or len(conditions) < len(self.conditions):
            return None
        every = [*asked, *conditions]
        patterns = np.prod([len(item.met) for item in every], dtype=float)
        if patterns * max((item.met.shape[1] for item in every), default=1) > _MOST_ANSWERS:
            return None
        values = reduce(mul, asked, DonorAnswers(None, np.ones((1, 1))))
        if not conditions:
            return values
        met = reduce(and_, conditions)
        # Who fails a condition contributes nothing, whatever else is not known.
        fails = np.repeat(met.met == 0, len(values.met), axis=0)
        product = met * values
        return replace(product, met=np.where(fails, 0.0, product.met))

    def donors_meeting(self, sample: DonorSample) -> int:
        """Return how many donors belong to the subgroup beside some answers of the recipient."""
        known = [item for item in self.conditions if item is not None]
        if not known:
            return sample.own.rows
        met = (reduce(and_, known).met == 1).any(axis=0)
        return int((np.broadcast_to(met, sample.own.rows) & (sample.weights[:, 0] > 0)).sum())


def _predictor_sums(
    sample: DonorSample, weight: Floats, factors: _Factors, groups: Groups
) -> Floats:
    """Return the recipient's weighted sums of predictors, shape (groups, patterns, columns)."""
    answers = factors.answers
    pattern = None if answers is None else answers.pattern
    if answers is None or pattern is None:
        part = _own_part(weight, factors.own)
        return sample.recipient.sums(part, groups)[:, None, :]
    count = len(answers.met)
    if pattern.ndim == 1:
        codes = groups.codes(len(weight))
        cells = Groups.from_codes(
            np.where(codes < 0, -1, codes * count + pattern), len(groups) * count
        )
        sums = sample.recipient.sums(_own_part(weight, factors.own), cells)
        return sums.reshape(len(groups), count, -1)
    places, shares, numbers = _shared_patterns(answers, weight, factors.own)
    codes = groups.codes(len(weight))[places]
    cells = Groups.from_codes(np.where(codes < 0, -1, codes * count + numbers), len(groups) * count)
    sums = sample.recipient.take(places).sums(shares, cells)
    return sums.reshape(len(groups), count, -1)


def _shared_patterns(
    answers: DonorAnswers, weight: Floats, own: tuple[Measure, ...]
) -> tuple[NDArray[np.intp], Floats, NDArray[np.integer]]:
    """Return which patterns each household has in some implicates, and with which share of its weight.

    What other donors gave differs between implicates, so that a household has a share of several
    patterns; of most only a few, and those beside which no donor counts are left out.

    Returns
    -------
    tuple
        Household, weight times its own answers times the share of implicates, and pattern, each one
        entry per household and pattern.
    """
    pattern = answers.pattern
    counts = np.asarray((np.nan_to_num(answers.met, nan=1.0) != 0).any(axis=1))
    if pattern is None:
        raise ValueError("there is one pattern for all")
    found = []
    for start in range(0, len(pattern), _BLOCK):
        rows = slice(start, start + _BLOCK)
        block = pattern[rows]
        parts = [measure(rows) for measure in own]
        factor = reduce(mul, parts) if parts else np.ones((1, 1))
        values = np.where(counts[block], np.broadcast_to(factor, block.shape), 0.0)
        key = np.arange(len(block))[:, None] * len(answers.met) + block
        used, place = np.unique(key[values != 0], return_inverse=True)
        sums = np.bincount(place, values[values != 0], minlength=len(used))
        household = used // len(answers.met)
        share = weight[rows][household] * sums / block.shape[1]
        found.append((household + start, share, used % len(answers.met)))
    households, shares, numbers = (np.concatenate(items) for items in zip(*found, strict=True))
    return households, shares, numbers


def _own_part(weight: Floats, own: tuple[Measure, ...]) -> Floats:
    """Return each household's weight times what it has already, the mean over implicates."""
    if not own:
        return weight
    result = np.empty(len(weight))
    for start in range(0, len(weight), _BLOCK):
        rows = slice(start, start + _BLOCK)
        result[rows] = weight[rows] * reduce(mul, [measure(rows) for measure in own]).mean(axis=1)
    return result


def _directions(means: Floats, values: Floats) -> list[tuple[Floats, Floats]]:
    """Return mean predictors and donor values, pattern by pattern or in fewer directions.

    What donors contribute beside some patterns is a multiple of what they do beside others – a cost
    over an income of the recipient is the same cost beside every income –, and the regression is
    linear in it. So patterns are replaced by the directions in which they differ.

    Parameters
    ----------
    means
        Shape (groups, patterns, columns).
    values
        Shape (patterns, donors), NaN for donors who did not answer.
    """
    places = [place for place in range(len(values)) if np.nan_to_num(values[place], nan=1.0).any()]
    plain = [(means[:, place], values[place]) for place in places]
    if len(places) < _MANY_PATTERNS:
        return plain
    unknown = np.isnan(values[places])
    if (unknown != unknown[0]).any():
        return plain
    left, size, right = np.linalg.svd(np.nan_to_num(values[places]), full_matrices=False)
    kept = np.flatnonzero(size > _SAME_DIRECTION * size[0])
    if len(kept) == len(places):
        return plain
    mixed = np.einsum("gpc,pk->gkc", means[:, places], left[:, kept] * size[kept])
    return [
        (mixed[:, place], np.where(unknown[0], np.nan, right[direction]))
        for place, direction in enumerate(kept)
    ]


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
