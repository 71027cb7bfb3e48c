"""One target in every group: its implicates pooled, its margin, and all there is to say about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.margins._certainty import (
    Doubts,
    certainty_variance,
    unmoved,
    weak_denominators,
    with_unknown,
    with_variance,
    without_estimate,
    without_lonely,
)
from fusion_core.estimates.margins.assumptions import GroupNotes, lacking_donor
from fusion_core.estimates.statistics import (
    Groups,
    NamedTarget,
    WeightMatrix,
    answered_rows,
)
from fusion_core.estimates.variance import (
    AreaEffect,
    DonorError,
    Effect,
    GroupEstimates,
    JointDonorError,
    Pooled,
    pool,
    pool_with_donor,
    with_part,
)
from fusion_core.records import Checked

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PooledTarget(Checked):
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
    areas
        How far areas may move the estimates beyond the predictors, where anything says.
    untested
        Per group, whether it is of so few areas that it may differ by more than anything has tested.
    """

    pooled: Pooled
    n: NDArray[np.int_]
    notes: list[str]
    complete: NDArray[np.bool_]
    extra: Floats
    effect: Effect | None
    degrees_of_freedom: Floats
    areas: AreaEffect | None = None
    untested: NDArray[np.bool_] | None = None


def pool_target(
    item: NamedTarget,
    raw: GroupEstimates,
    groups: Groups,
    weights: WeightMatrix,
    *,
    error: DonorError | JointDonorError | None = None,
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
    freedom = sampling_degrees_of_freedom(counts, weights, observed=item.observed)
    sign, none = weak_denominators(item, groups, weights)
    raw = without_estimate(without_lonely(raw, counts), none)

    donor = None if item.observed else error
    effect = None if donor is None else donor.effect(item, raw.estimates.mean(axis=1))
    areas = None if donor is None else donor.areas(item, raw.estimates)
    pooled = _pooled(raw, freedom, effect)
    if areas is not None:
        pooled = with_part(pooled, areas.variance, areas.degrees_of_freedom)

    certain, extra = np.zeros(len(groups), dtype=bool), np.zeros(len(groups))
    if wilson_at_bounds:
        donors = np.inf if donor is None else donor.effective_donors(item)
        certain, extra = certainty_variance(pooled, item, groups, weights, donors=donors)
        pooled = with_variance(pooled, certain, extra)
    fixed, controlled = unmoved(pooled, item, groups, weights)
    pooled = with_unknown(pooled, fixed | sign)
    extra = np.where(np.isnan(pooled.total), np.nan, extra)

    complete = item.observed or effect is not None
    lacking = "" if complete else lacking_donor(raw.estimates.shape[1], error is not None)
    doubts = Doubts(sign, certain, fixed, controlled)
    notes = GroupNotes(item, groups, weights, counts, raw, doubts, lacking).notes(pooled)
    everywhere = np.full(len(groups), complete)
    untested = None if donor is None else donor.untested
    return PooledTarget(pooled, counts, notes, everywhere, extra, effect, freedom, areas, untested)


def _pooled(raw: GroupEstimates, freedom: Floats, effect: Effect | None) -> Pooled:
    if effect is None:
        return pool(raw.estimates, raw.variances, complete_degrees_of_freedom=freedom)
    both = (freedom, effect.degrees_of_freedom)
    return pool_with_donor(raw.estimates, raw.variance_of_mean, effect.variance, both)


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
