"""Differences and ratios of estimates, with what the two have in common taken into account.

Two groups of one run are estimated under the same replicate weights and from the same implicates,
so whatever makes them move together – overlapping households, one donor pool, calibration –
cancels: the contrast is formed per implicate and replicate, and its variance is computed like that
of any other estimate (`paired`). Two runs draw their implicates independently; if they share the
recipient they still share its replicate weights, otherwise nothing (`unpaired`).

Tests are two-sided and compare the contrast over its standard error with Student's t, or with the
normal distribution where degrees of freedom are infinite (Census Bureau, *Understanding and Using
ACS Data*, chapter 7, for the test itself). With many comparisons some appear by chance alone; `holm`
adjusts for that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from fusion_core.estimates.variance.pooling import Pooled, pool, pool_with_donor, with_part
from fusion_core.estimates.variance.variance import GroupEstimates, replicate_variance
from fusion_core.records import Checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.variance.area_error import AreaEffect
    from fusion_core.estimates.variance.donor_effect import Effect

    Floats = NDArray[np.float64]

ContrastKind = Literal["difference", "ratio"]
CONTRASTS: tuple[ContrastKind, ...] = get_args(ContrastKind)
_NOTHING = {"difference": 0.0, "ratio": 1.0}


@dataclass(frozen=True)
class Contrast(Checked):
    """A contrast of pairs of groups, one entry per pair.

    Attributes
    ----------
    kind
        First minus second, or first over second.
    pooled
        The contrast with its uncertainty.
    """

    kind: ContrastKind
    pooled: Pooled

    @property
    def p_values(self) -> Floats:
        """How often so large a contrast would appear if the two were equal (two-sided)."""
        from scipy import special

        size = np.abs(self.pooled.estimate - _NOTHING[self.kind])
        error = self.pooled.standard_error
        with np.errstate(invalid="ignore", divide="ignore"):
            tail = 2.0 * special.stdtr(self.pooled.degrees_of_freedom, -size / error)
        # A difference nothing moves is one nothing is known of, unless there is none.
        fixed = np.where(size == 0, 1.0, np.nan)
        return np.where(np.isnan(error + size), np.nan, np.where(error == 0, fixed, tail))


def paired(
    first: GroupEstimates,
    second: GroupEstimates,
    *,
    kind: ContrastKind = "difference",
    factor: float,
    complete_degrees_of_freedom: Floats | float,
    extra: tuple[Floats, Floats] | None = None,
    donor: tuple[Effect, Effect] | None = None,
    areas: tuple[AreaEffect, AreaEffect] | None = None,
) -> Contrast:
    """Contrast groups of one run.

    Parameters
    ----------
    first, second
        Estimates of the groups, pair by pair; a single group is contrasted with each of the other.
        With estimates under every weight the contrast is formed under every weight; without, the
        groups must not overlap and their sampling variances add up.
    kind
        Difference or ratio.
    factor
        Of the replication design.
    complete_degrees_of_freedom
        Of the sampling variance.
    extra
        Variance of each side that neither weights nor implicates show, independent between sides.
    donor
        How far the donor may have moved each side; what moves both alike cancels. ``None`` pools by
        Rubin's rules.
    areas
        How far areas may move each side beyond the predictors.
    """
    estimates = _contrast(first.estimates, second.estimates, kind)
    if first.replicates is not None and second.replicates is not None:
        replicates = _contrast(first.replicates, second.replicates, kind)
        variances, _ = replicate_variance(replicates, factor)
        of_mean = replicate_variance(replicates.mean(axis=2, keepdims=True), factor)[0][:, 0]
    else:
        slope = _slope(estimates, second.estimates, kind)
        with np.errstate(invalid="ignore", divide="ignore"):
            variances = slope[0] ** 2 * first.variances + slope[1] ** 2 * second.variances
        slope = _slope(estimates.mean(axis=1), second.estimates.mean(axis=1), kind)
        of_mean = slope[0] ** 2 * first.variance_of_mean + slope[1] ** 2 * second.variance_of_mean
    freedom = complete_degrees_of_freedom
    if donor is None:
        pooled = pool(estimates, variances, complete_degrees_of_freedom=freedom)
    else:
        slope = _slope(estimates.mean(axis=1), second.estimates.mean(axis=1), kind)
        effect = donor[0].scaled(slope[0]) - donor[1].scaled(-np.asarray(slope[1]))
        pooled = pool_with_donor(
            estimates, of_mean, effect.variance, (freedom, effect.degrees_of_freedom)
        )
    if areas is not None:
        slope = _slope(estimates.mean(axis=1), second.estimates.mean(axis=1), kind)
        moved = _each(areas[0], len(estimates)).scaled(slope[0]) - _each(
            areas[1], len(estimates)
        ).scaled(-np.asarray(slope[1]))
        pooled = with_part(pooled, moved.variance, moved.degrees_of_freedom)
    if extra is not None:
        slope = _slope(pooled.estimate, second.estimates.mean(axis=1), kind)
        added = slope[0] ** 2 * extra[0] + slope[1] ** 2 * extra[1]
        pooled = replace(pooled, within=pooled.within + added, total=pooled.total + added)
    return Contrast(kind, pooled)


def unpaired(
    first: Pooled,
    second: Pooled,
    *,
    kind: ContrastKind = "difference",
    covariance: Floats | float = 0.0,
) -> Contrast:
    """Contrast groups of two runs or surveys whose implicates have nothing to do with one another.

    T = s₁²T₁ + s₂²T₂ + 2 s₁s₂c with the slopes s of the contrast (1 and −1 for a difference; 1/θ₂
    and −θ₁/θ₂² for a ratio, the delta method) and c the sampling covariance; degrees of freedom
    after Welch (1947) and Satterthwaite (1946): T²/[(s₁²T₁)²/ν₁ + (s₂²T₂)²/ν₂].

    Parameters
    ----------
    first, second
        Pooled estimates, pair by pair.
    kind
        Difference or ratio.
    covariance
        Sampling covariance of each pair, see `shared_weight_covariance`; 0 for independent samples.
    """
    estimate = _contrast(first.estimate, second.estimate, kind)
    slope = _slope(estimate, second.estimate, kind)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = slope[0] ** 2 * first.total, slope[1] ** 2 * second.total
        shared = 2.0 * slope[0] * slope[1] * covariance
        total = np.maximum(parts[0] + parts[1] + shared, 0.0)
        weakness = (
            parts[0] ** 2 / first.degrees_of_freedom + parts[1] ** 2 / second.degrees_of_freedom
        )
        freedom = np.where(weakness > 0, (parts[0] + parts[1]) ** 2 / weakness, np.inf)
    within = np.maximum(slope[0] ** 2 * first.within + slope[1] ** 2 * second.within + shared, 0.0)
    between = slope[0] ** 2 * first.between + slope[1] ** 2 * second.between
    return Contrast(kind, Pooled(estimate, within, between, total, freedom))


def shared_weight_covariance(
    first: GroupEstimates, second: GroupEstimates, factor: float
) -> Floats:
    """Return factor × Σ_r (θ̄₁ᵣ − θ̄₁)(θ̄₂ᵣ − θ̄₂), θ̄ the mean over a run's implicates.

    Parameters
    ----------
    first, second
        Estimates under the same replicate weights, pair by pair.
    factor
        Of the replication design.
    """
    if first.replicates is None or second.replicates is None:
        return np.zeros(len(first.estimates))
    means = [
        side.replicates.mean(axis=2) for side in (first, second) if side.replicates is not None
    ]
    moves = [mean[:, 1:] - mean[:, :1] for mean in means]
    return np.asarray(factor * np.nansum(moves[0] * moves[1], axis=1))


def holm(p_values: Floats) -> Floats:
    """Return p-values adjusted for the number of comparisons (Holm 1979).

    The chance that any of the equal pairs is called different stays below the level chosen. NaN,
    where nothing could be tested, does not count as a comparison.

    Parameters
    ----------
    p_values
        One per comparison.
    """
    adjusted = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted


def _each(effect: AreaEffect, count: int) -> AreaEffect:
    """Return an effect on each of so many groups; a single group stands for all."""
    if effect.moved.shape[0] == count:
        return effect
    return replace(effect, moved=effect.moved[np.zeros(count, dtype=np.intp)])


def _contrast(first: Floats, second: Floats, kind: ContrastKind) -> Floats:
    if kind == "difference":
        return first - second
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(second != 0, first / second, np.nan)


def _slope(
    contrast: Floats, second: Floats, kind: ContrastKind
) -> tuple[Floats | float, Floats | float]:
    """Return the derivatives of a contrast by its two sides."""
    if kind == "difference":
        return 1.0, -1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1.0 / second, -contrast / second
