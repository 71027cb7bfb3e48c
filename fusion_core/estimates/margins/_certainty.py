"""Where a variance of 0 is no certainty: shares of 0 and 1, one household, heaped answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.estimates.statistics import (
    Constant,
    Groups,
    NamedTarget,
    RatioTarget,
    TotalTarget,
    WeightMatrix,
    effective_answers,
    indicates,
    weights_of_answers,
)
from fusion_core.estimates.variance import (
    GroupEstimates,
    Pooled,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# The normal quantile of a 90 % interval, squared: Wilson's adjustment of a share of 0 or 1.
_WILSON = 1.6448536269514722**2
# Estimates and variances this near to 0 or 1 differ from it by rounding alone.
_ROUNDING = 1e-12
# A sum this small beside what it was added up from is 0 but for rounding.
_CANCELLED = 1e-12


@dataclass(frozen=True)
class Doubts:
    """Per group, why the variance of a target is not taken as it came out.

    Attributes
    ----------
    sign
        A ratio's denominator changes its sign with the weights.
    certain
        A share of exactly 0 or 1, whose variance is Wilson's.
    fixed
        Nothing moves the estimate, so its variance is unknown.
    controlled
        The weights were adjusted to this number, so it has no variance.
    """

    sign: NDArray[np.bool_]
    certain: NDArray[np.bool_]
    fixed: NDArray[np.bool_]
    controlled: NDArray[np.bool_]


def without_estimate(raw: GroupEstimates, where: NDArray[np.bool_]) -> GroupEstimates:
    """Take the estimates of some groups away."""
    if not where.any():
        return raw
    return replace(raw, estimates=np.where(where[:, None], np.nan, raw.estimates))


def without_lonely(raw: GroupEstimates, counts: NDArray[np.int_]) -> GroupEstimates:
    """One household has the same mean under every weight; that is no certainty."""
    lonely = (counts <= 1) & ~np.nan_to_num(raw.variances).any(axis=1)
    if not lonely.any():
        return raw
    return replace(
        raw,
        variances=np.where(lonely[:, None], np.nan, raw.variances),
        variance_of_mean=np.where(lonely, np.nan, raw.variance_of_mean),
    )


def unmoved(
    pooled: Pooled, item: NamedTarget, groups: Groups, weights: WeightMatrix
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which estimates nothing moves, but for rounding: for no known reason, or rightly so."""
    with np.errstate(invalid="ignore"):
        still = np.sqrt(pooled.total) <= _ROUNDING * np.abs(pooled.estimate)
    fixed = np.asarray(still | ((pooled.total == 0) & np.isfinite(pooled.estimate)))
    controlled = fixed & _is_controlled(item, groups, weights)
    return fixed & ~controlled, controlled


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


def with_unknown(pooled: Pooled, where: NDArray[np.bool_]) -> Pooled:
    """Take the variances of some groups away."""
    if not where.any():
        return pooled
    unknown = {
        name: np.where(where, np.nan, getattr(pooled, name))
        for name in ("within", "between", "total")
    }
    return replace(pooled, **unknown)


def weak_denominators(
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


def with_variance(pooled: Pooled, where: NDArray[np.bool_], variance: Floats) -> Pooled:
    """Give some groups another variance, where it is larger."""
    return replace(
        pooled,
        within=np.where(where, variance, pooled.within),
        total=np.where(where, np.fmax(variance, pooled.total), pooled.total),
        degrees_of_freedom=np.where(where, np.inf, pooled.degrees_of_freedom),
    )


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
