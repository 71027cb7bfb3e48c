"""One target in every group: its implicates pooled, its margin, and all there is to say about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.estimates.margins._certainty import (
    certainty_variance,
    is_controlled,
    is_fixed,
    weak_denominators,
    with_unknown,
    without_lonely,
)
from fusion_core.estimates.margins.assumptions import (
    CONTROLLED,
    DENOMINATOR_CHANGES_SIGN,
    HEAPED,
    NO_CASE,
    NO_REPLICATES,
    SAME_ANSWER,
    SAME_VALUE,
    AnswerNotes,
    lacking_donor,
    lost_replicates,
    unknown_margin,
    without_household,
)
from fusion_core.estimates.statistics import (
    Groups,
    NamedTarget,
    RatioTarget,
    WeightMatrix,
    answered_rows,
)
from fusion_core.estimates.variance import (
    DonorError,
    GroupEstimates,
    Pooled,
    pool,
    pool_with_donor,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.variance import DonorEffect

    Floats = NDArray[np.float64]


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
    wilson_at_bounds
        As in `estimate_targets`.
    """
    counts = answered_rows(groups, item, weights.full)
    limit = sampling_degrees_of_freedom(counts, weights, observed=item.observed)
    unsure, none = weak_denominators(item, groups, weights)
    raw = without_lonely(raw, counts)
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
    fixed = is_fixed(pooled)
    controlled = fixed & is_controlled(item, groups, weights)
    fixed &= ~controlled
    pooled = with_unknown(pooled, fixed | unsure)
    complete = np.full(len(groups), item.observed or effect is not None)
    told = AnswerNotes(item, groups, weights, counts)
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
            unknown_margin(counts[group], fixed=fixed[group], lonely=lonely, same=same),
            DENOMINATOR_CHANGES_SIGN if unsure[group] else "",
            NO_CASE if certain[group] else "",
            CONTROLLED if controlled[group] else "",
            lost_replicates(int(raw.lost_replicates[group])),
            without_household(raw.absent[group]),
            lacking if known else "",
        )
        # Without an estimate there is nothing to say about its margin.
        shown = () if np.isnan(pooled.estimate[group]) else parts
        notes.append(" ".join(filter(None, (*shown, reason))))
    extra = np.where(np.isnan(pooled.total), np.nan, np.where(certain, extra, 0.0))
    return PooledTarget(pooled, counts, notes, complete, extra, effect, limit)


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


def bounds_of(item: NamedTarget) -> tuple[float, float]:
    """Return the smallest and largest value an estimate can have."""
    if isinstance(item.target, RatioTarget) and item.target.proportion:
        return 0.0, 1.0
    if item.statistic.kind == "count":
        return 0.0, np.inf
    return -np.inf, np.inf
