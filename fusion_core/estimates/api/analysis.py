"""`analyze`: estimates of fused variables with honest margins of error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from fusion_core.arguments import require_type
from fusion_core.errors import InputError
from fusion_core.estimates.api._published import estimate_published
from fusion_core.estimates.api.breakdown import estimate_by, fused_cells
from fusion_core.estimates.api.report import ResultBlock, result_frame
from fusion_core.estimates.statistics import (
    Constant,
    GiniTarget,
    Groups,
    GroupSums,
    NamedTarget,
    Question,
    RatioTarget,
    TotalTarget,
    WeightMatrix,
    answered_rows,
    build_targets,
    checked_implicates,
    effective_answers,
    group_rows,
    indicates,
    ordered_mask,
    share_of_answers,
    weight_matrix,
    weights_of_answers,
)
from fusion_core.estimates.variance import (
    DonorError,
    DonorSample,
    GroupEstimates,
    Pooled,
    estimate_linearized,
    estimate_with_replicates,
    pool,
    pool_with_donor,
)
from fusion_core.fusion.implicates import order_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import Rows, Statistic
    from fusion_core.estimates.variance import DonorEffect
    from fusion_core.frames import Table
    from fusion_core.fusion.implicates import Implicates
    from fusion_core.surveys.model import WeightDesign

    Floats = NDArray[np.float64]

Method = Literal["replicates", "paper", "fusionacs"]
METHODS: tuple[Method, ...] = ("replicates", "paper", "fusionacs")

NO_REPLICATES = (
    "No replicate weights: sampling error is linearized as if households were drawn independently."
)
ONE_IMPLICATE = "One implicate: the uncertainty of fusion itself is unknown and not counted."
MARGIN_LATER = "The margin of error is still being computed."
NO_DONOR = "The donor's own sampling error cannot be told for this figure and is not contained."
DONOR_UNKNOWN = "The donor's own sampling error is not contained: the donor is not known here."
ONE_HOUSEHOLD = "One household: sampling error cannot be estimated."
SAME_VALUE = (
    "Every replicate weight and implicate gives the same value, as where many households gave the"
    " same answer: the margin is unknown, not zero."
)
SAME_ANSWER = "All households gave the same answer: the margin is unknown, not zero."
HEAPED = (
    "So many households gave this answer that the interval holds no other: the margin is unknown,"
    " not zero."
)
CONTROLLED = (
    "Every replicate weight gives this number of households, as where weights are adjusted to known"
    " totals."
)
NO_CASE = (
    "No household, or every one, is of this kind: the margin comes from the sample size (Wilson)."
)
NO_HOUSEHOLD = "No household with a weight is in this group."
NO_ANSWER = "No household of this group answered."
NO_DENOMINATOR = "The denominator adds up to 0, or is too near to it, so there is no ratio."
DENOMINATOR_CHANGES_SIGN = (
    "Under some replicate weights the denominator is on the other side of 0: the margin is unknown."
)
NO_INEQUALITY = "The mean is not above 0, so there is no Gini coefficient."
NEGATIVE_VALUES = (
    "Some households have negative values: the Gini coefficient is then larger than one of positive"
    " values, above 1 where they weigh much, and not to be compared with those."
)
# The normal quantile of a 90 % interval, squared: Wilson's adjustment of a share of 0 or 1.
_WILSON = 1.6448536269514722**2
# Estimates and variances this near to 0 or 1 differ from it by rounding alone.
_ROUNDING = 1e-12
# A sum this small beside what it was added up from is 0 but for rounding.
_CANCELLED = 1e-12


def analyze(
    implicates: Implicates,
    statistics: Statistic | Sequence[Statistic],
    *,
    by: Sequence[str] | str | None = None,
    recipient: Table | None = None,
    weight: str | None = "weight",
    design: WeightDesign | None = None,
    donor: DonorSample | None = None,
    method: Method = "replicates",
    confidence: float = 0.90,
    subset: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Estimate statistics of fused variables, overall or by group.

    The estimate is the mean of those of the implicates, its margin of error t·√T. With `donor`, T is
    the recipient's sampling variance of that mean plus the donor's part in the error (see
    `fusion_core.estimates.variance.donor_error`). Without it, T = ū + (1 + 1/M) b (Rubin 1987) with Barnard
    and Rubin's (1999) degrees of freedom, which knows only of the implicates: margins of large
    groups are then too small.

    Parameters
    ----------
    implicates
        Fused variables.
    statistics
        What to estimate; variables of the recipient itself may be named too.
    by
        Columns whose combinations form the groups: of the recipient, or fused variables with levels.
    recipient
        One row per household, a table of pandas, polars, Arrow or DuckDB; ``None`` counts every
        household once, which `assumption` tells, and allows no `by`. Rows are matched by their index where the implicates have
        one, else by position.
    weight
        Column of the full-sample weight; ``None`` counts every household once, which `assumption`
        tells.
    design
        Replication design of the recipient's weights; ``None`` linearizes the sampling variance.
    donor
        The donor survey, for its own sampling error (`DonorSample.of`).
    method
        ``replicates`` (default): variances from all replicate weights; ``paper``: the formulas of
        fusionModel 2.4; ``fusionacs``: those of fusionACS, both without `donor`.
    confidence
        Of the margin of error.
    subset
        Households to estimate from, one truth value per row of `recipient`.

    Returns
    -------
    DataFrame
        One row per statistic, level and group with columns `by`…, ``variable``, ``level``,
        ``statistic``, ``n`` (households, unweighted), ``estimate``, ``standard_error``, ``moe``,
        ``lower``, ``upper``, ``cv``, ``degrees_of_freedom``, ``reliability`` (see
        `fusion_core.estimates.api.report.reliability`), ``fusion_share`` (share of the variance due to
        fusion) and ``assumption``.

    Raises
    ------
    InputError
        If a name does not exist, the rows are of other households or a statistic does not suit its
        variable.
    """
    if method not in METHODS:
        raise InputError.unknown("method", str(method), METHODS)
    implicates = checked_implicates(implicates)
    asked = Question.asked(statistics, by=by, weight=weight, design=design, confidence=confidence)
    if recipient is None and any(name not in implicates.variables for name in asked.by):
        raise InputError("Groups need the recipient's columns", fix="Give `recipient`")
    if donor is not None:
        require_type(
            donor, DonorSample, "donor", fix="Make one with DonorSample.of(model, donor, recipient)"
        )
    if recipient is not None:
        recipient = asked.read(recipient, "the recipient", fused=implicates.names)
        order = order_of(implicates.index, recipient, what="recipient")
        if subset is not None:
            subset = ordered_mask(subset, recipient, order, "The subset")
        recipient = recipient if order is None else recipient.iloc[order]
        donor = None if donor is None else donor.in_order_of(recipient)
    rows = implicates.rows if recipient is None else len(recipient)
    weights = weight_matrix(
        recipient,
        implicates.rows or rows,
        weight=weight,
        design=design,
        trained=implicates.weight,
    )
    table = _empty_table(rows) if recipient is None else recipient
    own, cells = fused_cells(asked.by, implicates, donor)
    groups, keys = group_rows(table, own, subset)
    targets = [
        target
        for statistic in asked.statistics
        for target in build_targets(statistic, implicates, recipient, rows)
    ]

    def blocks_of(items: Sequence[NamedTarget]) -> list[ResultBlock]:
        return estimate_targets(groups, weights, items, method=method, donor=donor)

    found = estimate_by(asked.by, (groups, keys), cells, targets, blocks_of)
    return result_frame(*found, confidence=confidence)


def estimate_targets(
    groups: Groups,
    weights: WeightMatrix,
    targets: Sequence[NamedTarget],
    *,
    method: Method = "replicates",
    donor: DonorSample | None = None,
    wilson_at_bounds: bool = True,
    sums: GroupSums | None = None,
) -> list[ResultBlock]:
    """Estimate and pool targets; the part of `analyze` that needs no table.

    Parameters
    ----------
    groups
        Rows of each group.
    weights
        Weights of all rows.
    targets
        What to estimate.
    method, donor
        As in `analyze`.
    widen_certainty
        Give shares of exactly 0 or 1, whose replicate variance is 0, the margin their sample size
        implies.
    sums
        Weighted sums of these groups and weights, where some are known already.
    """
    if method != "replicates":
        return estimate_published(groups, weights, targets, method)
    computed = [item.target for item in targets]
    known = GroupSums(groups, weights.values) if sums is None else sums
    if weights.has_replicates:
        raw = estimate_with_replicates(
            groups, weights.values, weights.design.factor, computed, sums=known
        )
    else:
        raw = estimate_linearized(groups, weights.full, computed, len(weights.values))
    error = None if donor is None else DonorError(donor, known, weights.full)
    blocks = []
    for item, result in zip(targets, raw, strict=True):
        found = pool_target(
            item, result, groups, weights, error=error, wilson_at_bounds=wilson_at_bounds
        )
        blocks.append(
            ResultBlock(
                item.statistic,
                item.level,
                found.n,
                found.pooled,
                bounds_of(item),
                found.notes,
                found.complete,
            )
        )
    return blocks


def estimate_points(
    groups: Groups, weights: WeightMatrix, targets: Sequence[NamedTarget]
) -> list[ResultBlock]:
    """Estimate targets from the full-sample weight alone, without any margin of error.

    The estimates are those of `estimate_targets`; a map can be coloured by them while its margins
    are computed.

    Parameters
    ----------
    groups, weights, targets
        As in `estimate_targets`.
    """
    unknown = np.full(len(groups), np.nan)
    blocks = []
    for item in targets:
        means = [
            item.target.replicated(weights.full[rows][:, None], rows).mean() for rows in groups
        ]
        pooled = Pooled(np.array(means), unknown, unknown, unknown, unknown)
        counts = answered_rows(groups, item, weights.full)
        notes = [MARGIN_LATER] * len(groups)
        blocks.append(
            ResultBlock(
                item.statistic,
                item.level,
                counts,
                pooled,
                bounds_of(item),
                notes,
                np.ones(len(groups), dtype=bool),
            )
        )
    return blocks


@dataclass(frozen=True)
class PooledTarget:
    """One target in every group, pooled, with all there is to say about it.

    Attributes
    ----------
    pooled
        The estimates; variances are NaN where they are unknown.
    n
        Households with an answer and a weight per group, averaged over implicates.
    notes
        Per group, what was assumed or is missing, and why.
    complete
        Per group, whether the margin contains every part of the error that there is.
    extra
        Variance that neither weights nor implicates show: of shares of exactly 0 or 1; NaN where
        the variance is unknown.
    effect
        How far the donor may have moved the estimates, where that can be told.
    degrees_of_freedom
        Of the sampling variance of each group.
    """

    pooled: Pooled
    n: NDArray[np.int_]
    notes: list[str]
    complete: NDArray[np.bool_]
    extra: Floats
    effect: DonorEffect | None
    degrees_of_freedom: Floats


def pool_target(
    item: NamedTarget,
    raw: GroupEstimates,
    groups: Groups,
    weights: WeightMatrix,
    *,
    error: DonorError | None = None,
    wilson_at_bounds: bool = True,
) -> PooledTarget:
    """Pool a target's implicates, with the donor's part where it can be told.

    A variance of exactly 0 is never passed on as certainty. Shares of 0 or 1 get that of Wilson's
    interval; any other estimate that no weight, implicate or donor moves – many households gave the
    same round number, or there is one household – has an unknown margin.

    Parameters
    ----------
    item, raw
        What was estimated, before pooling.
    groups, weights
        Of whom, with which weights.
    error
        The donor's part.
    widen_certainty
        As in `estimate_targets`.
    """
    counts = answered_rows(groups, item, weights.full)
    limit = sampling_degrees_of_freedom(counts, weights, observed=item.observed)
    unsure, none = _weak_denominators(item, groups, weights)
    raw = _without_lonely(raw, counts)
    if none.any():
        raw = replace(raw, estimates=np.where(none[:, None], np.nan, raw.estimates))
    effect = None
    if error is not None and not item.observed:
        effect = error.effect(item, raw.estimates.mean(axis=1))
    if effect is None:
        pooled = pool(raw.estimates, raw.variances, complete_degrees_of_freedom=limit)
    else:
        pooled = pool_with_donor(
            raw.estimates,
            raw.variance_of_mean,
            effect.variance,
            (limit, effect.degrees_of_freedom),
        )
    certain, extra = np.zeros(len(groups), dtype=bool), np.zeros(len(groups))
    if wilson_at_bounds:
        donors = np.inf if error is None or item.observed else error.effective_donors(item)
        certain, extra = certainty_variance(pooled, item, groups, weights, donors=donors)
        pooled = replace(
            pooled,
            within=np.where(certain, extra, pooled.within),
            total=np.where(certain, np.fmax(extra, pooled.total), pooled.total),
            degrees_of_freedom=np.where(certain, np.inf, pooled.degrees_of_freedom),
        )
    fixed = _is_fixed(pooled)
    controlled = fixed & _is_controlled(item, groups, weights)
    fixed &= ~controlled
    pooled = _with_unknown(pooled, fixed | unsure)
    complete = np.full(len(groups), item.observed or effect is not None)
    told = _Told(item, groups, weights, counts)
    lacking = ""
    if not complete.all():
        lacking = lacking_donor(raw.estimates.shape[1], error is not None)
    same = SAME_VALUE
    if not weights.has_replicates:
        same = HEAPED if item.statistic.kind in {"median", "quantile"} else SAME_ANSWER
    reasons = told.notes(pooled.estimate)
    notes = []
    for group, reason in enumerate(reasons):
        known = bool(np.isfinite(pooled.total[group]))
        lonely = not known and counts[group] == 1
        parts = (
            weights.note,
            "" if weights.has_replicates else NO_REPLICATES,
            _unknown_margin(counts[group], fixed=fixed[group], lonely=lonely, same=same),
            DENOMINATOR_CHANGES_SIGN if unsure[group] else "",
            NO_CASE if certain[group] else "",
            CONTROLLED if controlled[group] else "",
            _lost_replicates(int(raw.lost_replicates[group])),
            _without_household(raw.absent[group]),
            lacking if known else "",
        )
        # Without an estimate there is nothing to say about its margin.
        shown = () if np.isnan(pooled.estimate[group]) else parts
        notes.append(" ".join(filter(None, (*shown, reason))))
    extra = np.where(np.isnan(pooled.total), np.nan, np.where(certain, extra, 0.0))
    return PooledTarget(pooled, counts, notes, complete, extra, effect, limit)


def _unknown_margin(count: int, *, fixed: bool, lonely: bool, same: str) -> str:
    if lonely:
        return ONE_HOUSEHOLD
    if not fixed:
        return ""
    return same if count else NO_HOUSEHOLD


def _lost_replicates(count: int) -> str:
    if not count:
        return ""
    weights = "replicate weight gives" if count == 1 else "replicate weights give"
    return f"{count:,} {weights} no estimate here."


def _without_household(absent: NDArray[np.bool_]) -> str:
    """Say in how many implicates a group is empty."""
    if not absent.any():
        return ""
    count = f"{int(absent.sum())} of {len(absent)} implicates"
    return f"In {count} no household is of this kind; the others are averaged."


def _without_lonely(raw: GroupEstimates, counts: NDArray[np.int_]) -> GroupEstimates:
    """One household has the same mean under every weight; that is no certainty."""
    lonely = (counts <= 1) & ~np.nan_to_num(raw.variances).any(axis=1)
    if not lonely.any():
        return raw
    return replace(
        raw,
        variances=np.where(lonely[:, None], np.nan, raw.variances),
        variance_of_mean=np.where(lonely, np.nan, raw.variance_of_mean),
    )


def _is_fixed(pooled: Pooled) -> NDArray[np.bool_]:
    """Return which estimates nothing moves, but for rounding."""
    with np.errstate(invalid="ignore"):
        still = np.sqrt(pooled.total) <= _ROUNDING * np.abs(pooled.estimate)
    return np.asarray(still | ((pooled.total == 0) & np.isfinite(pooled.estimate)))


def _is_controlled(item: NamedTarget, groups: Groups, weights: WeightMatrix) -> NDArray[np.bool_]:
    """Return where a count may be one that weights were adjusted to, so that it has no error.

    That is so where replicate weights move the households and not their number, as the Census
    Bureau's do for total population (*PUMS Accuracy of the Data*).
    """
    controlled = np.zeros(len(groups), dtype=bool)
    counts = isinstance(item.target, TotalTarget) and (
        isinstance(item.target.measure, Constant) or indicates(item.target.measure)
    )
    if not counts or not item.observed or not weights.has_replicates:
        return controlled
    for place, rows in enumerate(groups):
        block = weights.values[rows]
        controlled[place] = bool((block[:, 1:] != block[:, :1]).any())
    return controlled


def _with_unknown(pooled: Pooled, where: NDArray[np.bool_]) -> Pooled:
    if not where.any():
        return pooled
    unknown = {
        name: np.where(where, np.nan, getattr(pooled, name))
        for name in ("within", "between", "total")
    }
    return replace(pooled, **unknown)


def _weak_denominators(
    item: NamedTarget, groups: Groups, weights: WeightMatrix
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where a ratio's denominator changes its sign with the weights, and where it is 0.

    Between two signs lies a denominator of 0, where a ratio has no variance to speak of.
    """
    target, divisor = item.target, item.divisor
    unsure, none = np.zeros((2, len(groups)), dtype=bool)
    if not isinstance(target, RatioTarget) or divisor is None or divisor.values.min(initial=0) >= 0:
        return unsure, none
    for place, rows in enumerate(groups):
        weight = np.asarray(weights.values[rows], dtype=np.float64)
        below = target.denominator(rows)
        sums = (weight.T @ below).mean(axis=1)
        size = float((weight[:, 0] @ np.abs(below)).mean())
        unsure[place] = bool((sums > 0).any() and (sums < 0).any())
        none[place] = abs(float(sums[0])) <= _CANCELLED * size
    return unsure & ~none, none


@dataclass(frozen=True)
class _Told:
    """What has to be said of the answers behind a target, group by group."""

    item: NamedTarget
    groups: Groups
    weights: WeightMatrix
    counts: NDArray[np.int_]

    def notes(self, estimate: Floats) -> list[str]:
        """Return why there is no estimate, or what it rests on."""
        target, columns = self.item.target, self.item.columns
        partial = not all(column.complete for column in columns)
        notes = [""] * len(self.groups)
        for place, rows in enumerate(self.groups):
            if np.isnan(estimate[place]):
                notes[place] = self._reason(place, rows)
            elif isinstance(target, TotalTarget) and partial:
                notes[place] = self._answered(rows)
            elif isinstance(target, GiniTarget) and self._has_negative(target, rows):
                notes[place] = NEGATIVE_VALUES
        return notes

    def _reason(self, place: int, rows: Rows) -> str:
        if not self.counts[place]:
            inside = self.weights.full[rows] > 0
            if self.item.within is not None:
                inside = inside & self.item.within.mask[rows].any(axis=1)
            return NO_ANSWER if inside.any() else NO_HOUSEHOLD
        if isinstance(self.item.target, GiniTarget):
            return NO_INEQUALITY
        return NO_DENOMINATOR if self.item.divisor is not None else ""

    def _answered(self, rows: Rows) -> str:
        share = share_of_answers(self.item, rows, self.weights.full[rows])
        if share >= 1.0:
            return ""
        return f"{share:.1%} of the households answered; those who did not are not in this figure."

    def _has_negative(self, target: GiniTarget, rows: Rows) -> bool:
        used = self.weights.full[rows] > 0
        return bool((target.column.values[rows][used] < 0).any())


def lacking_donor(implicates: int, known: bool) -> str:
    """Say what a margin lacks that does not contain the donor's part.

    Parameters
    ----------
    implicates
        Number of implicates.
    known
        Whether the donor is known, but not its part in this figure.
    """
    return _join(ONE_IMPLICATE if implicates == 1 else "", NO_DONOR if known else DONOR_UNKNOWN)


def sampling_degrees_of_freedom(
    households: NDArray[np.int_], weights: WeightMatrix, *, observed: bool
) -> Floats:
    """Return the degrees of freedom of groups' sampling variances, before fusion takes its part.

    * Variables the survey itself asked, with replicate weights: those its publisher uses. The Census
      Bureau publishes margins with the normal distribution, infinite degrees of freedom (*PUMS
      Accuracy of the Data*); EIA takes the number of replicates, 96 (*Using the 2015 microdata file
      to compute estimates and standard errors*, R example 2); jackknives have the rank of their
      variance estimator.
    * Fused variables with replicate weights: the smaller of that rank (Korn and Graubard 1999,
      section 2.4, give it less the number of constraints, which no survey publishes), and
      households − 1.
    * No replicate weights: households − 1, as for a simple random sample.

    Rubin's rules turn these into the degrees of freedom of the pooled estimate, see
    `fusion_core.estimates.variance.pooling.barnard_rubin`; contrasts of two sources use Welch and
    Satterthwaite's, see `fusion_core.estimates.variance.contrasts.unpaired`.

    Parameters
    ----------
    households
        Households with an answer per group.
    weights
        Weights they are estimated with.
    observed
        Whether the survey itself asked.
    """
    limit = np.maximum(households - 1, 1).astype(float)
    if not weights.has_replicates:
        return limit
    design = weights.design
    if not observed:
        return np.asarray(np.minimum(limit, design.rank))
    published = np.inf if design.method == "successive difference" else design.rank
    return np.full_like(limit, published)


def certainty_variance(
    pooled: Pooled,
    item: NamedTarget,
    groups: Groups,
    weights: WeightMatrix,
    *,
    donors: float = np.inf,
) -> tuple[NDArray[np.bool_], Floats]:
    """Return where a share of exactly 0 or 1 came out as certain, and the variance it gets instead.

    No replicate weight changes a share that nobody, or everybody, contributes to. Its variance is
    that of Wilson's (1927) adjusted share p* = (n p + z²/2)/(n + z²), p*(1 − p*)/(n + z²), with n
    the effective number of households that answered – and, of a fused variable, no more than the
    donors who did –; counts take it times the squared weight of the households.

    Parameters
    ----------
    pooled
        Pooled estimates.
    item, groups, weights
        What was estimated, of whom, with which weights.
    donors
        Effective number of donors behind it.
    """
    target = item.target
    certain = np.zeros(len(groups), dtype=bool)
    if isinstance(target, RatioTarget) and target.proportion:
        nearest = np.clip(np.round(pooled.estimate), 0.0, 1.0)
        certain = np.abs(pooled.estimate - nearest) < _ROUNDING
        certain &= ~(pooled.within > _ROUNDING**2)
    elif isinstance(target, TotalTarget) and indicates(target.measure):
        certain = (pooled.estimate == 0) & ~(pooled.within > 0)
    variance = np.zeros(len(groups))
    if not certain.any():
        return certain, variance
    for place, rows in enumerate(groups):
        if certain[place]:
            size = min(effective_answers(item, rows, weights.full[rows]), donors)
            adjusted = _WILSON / 2.0 / (size + _WILSON)
            variance[place] = adjusted * (1.0 - adjusted) / (size + _WILSON)
            if isinstance(target, TotalTarget):
                used = weights_of_answers(item, rows, weights.full[rows])
                variance[place] *= float(used.sum(axis=0).mean()) ** 2
    return certain, variance


def bounds_of(item: NamedTarget) -> tuple[float, float]:
    """Return the smallest and largest value an estimate can have."""
    if isinstance(item.target, RatioTarget) and item.target.proportion:
        return 0.0, 1.0
    if item.statistic.kind == "count":
        return 0.0, np.inf
    return -np.inf, np.inf


def _empty_table(rows: int) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(index=pd.RangeIndex(rows))


def _join(first: str, second: str) -> str:
    return f"{first} {second}".strip()
