"""From one estimate per implicate to one estimate with its uncertainty, by Rubin's rules or better.

Source: Rubin (1987), *Multiple Imputation for Nonresponse in Surveys*; degrees of freedom after
Barnard and Rubin (1999), *Small-sample degrees of freedom with multiple imputation*, Biometrika 86.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fusion_core.records import Checked

PUBLISHED_CONFIDENCE = 0.90
PUBLISHED_MULTIPLIER = 1.645

DegreesOfFreedomRule = Literal["barnard-rubin", "rubin", "fusionacs"]


@dataclass(frozen=True)
class Pooled(Checked):
    """Pooled results, one entry per group.

    Attributes
    ----------
    estimate
        Mean of the implicates' estimates.
    within
        Sampling variance of the recipient: ū, the mean over implicates, or by `pool_with_donor` that
        of the mean over implicates.
    between
        b, the variance of the implicates' estimates; 0 with a single implicate.
    total
        T, see `pool` and `pool_with_donor`.
    degrees_of_freedom
        Of the t distribution that gives the margin of error; infinite for a normal one.
    """

    estimate: NDArray[np.float64]
    within: NDArray[np.float64]
    between: NDArray[np.float64]
    total: NDArray[np.float64]
    degrees_of_freedom: NDArray[np.float64]

    @property
    def standard_error(self) -> NDArray[np.float64]:
        """√T."""
        return np.sqrt(self.total)

    @property
    def fusion_share(self) -> NDArray[np.float64]:
        """Share of the total variance that comes from fusion rather than sampling."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.total > 0, 1.0 - self.within / self.total, 0.0)


def pool(
    estimates: NDArray[np.float64],
    variances: NDArray[np.float64],
    *,
    complete_degrees_of_freedom: NDArray[np.float64] | float = np.inf,
    rule: DegreesOfFreedomRule = "barnard-rubin",
    extra_between: NDArray[np.float64] | float = 0.0,
) -> Pooled:
    """Combine the implicates' estimates by Rubin's rules, T = ū + (1 + 1/M) b.

    Parameters
    ----------
    estimates, variances
        Arrays of shape (groups, M): θ_m and its sampling variance u_m.
    complete_degrees_of_freedom
        Degrees of freedom the sampling variance would have without imputation.
    rule
        ``barnard-rubin`` (default); ``rubin`` is (M−1)(1+1/r)² with r = (1+1/M)b/ū as in the R
        package fusionModel; ``fusionacs`` is (M−1)(1+ū/b)²/[1/(M−1)+Σu²/(M²b²)] as in fusionACS.
    extra_between
        Added to b, see `fusion_core.estimates.margins.published`.
    """
    count = estimates.shape[1]
    estimate = estimates.mean(axis=1)
    within = variances.mean(axis=1)
    between = estimates.var(axis=1, ddof=1) if count > 1 else np.zeros_like(estimate)
    # Identical implicates differ by rounding alone; their variance is exactly zero.
    identical = np.ptp(estimates, axis=1) == 0
    between = np.where(identical, 0.0, between) + extra_between
    total = within + (1.0 + 1.0 / count) * between
    complete = np.broadcast_to(np.asarray(complete_degrees_of_freedom, dtype=float), total.shape)
    if count == 1:
        freedom = complete.copy()
    elif rule == "barnard-rubin":
        freedom = barnard_rubin(count, between, total, complete)
    elif rule == "rubin":
        freedom = _rubin(count, within, between)
    else:
        freedom = _fusionacs(variances, within, between, complete)
    return Pooled(estimate, within, between, total, freedom)


def pool_with_donor(
    estimates: NDArray[np.float64],
    variance_of_mean: NDArray[np.float64],
    donor_variance: NDArray[np.float64],
    degrees_of_freedom: tuple[NDArray[np.float64] | float, NDArray[np.float64] | float],
) -> Pooled:
    """Combine the implicates' estimates where the donor's part in the error is known.

    T is the sum of the recipient's sampling variance and the donor's expected squared error (Kim and
    Rao 2012, Biometrika 99), degrees of freedom are Satterthwaite's (1946) of such a sum.

    Parameters
    ----------
    estimates
        Array of shape (groups, M).
    variance_of_mean
        Sampling variance of the mean over implicates, the draws' noise in it included.
    donor_variance
        See `fusion_core.estimates.variance.donor_error`.
    degrees_of_freedom
        Of the two variances.
    """
    between = estimates.var(axis=1, ddof=1) if estimates.shape[1] > 1 else np.zeros(len(estimates))
    total = variance_of_mean + donor_variance
    own, donor = degrees_of_freedom
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = total**2 / (variance_of_mean**2 / own + donor_variance**2 / donor)
    freedom = np.where(total > 0, np.maximum(freedom, 1.0), np.inf)
    return Pooled(estimates.mean(axis=1), variance_of_mean, between, total, freedom)


def with_part(pooled: Pooled, variance: NDArray[np.float64], degrees_of_freedom: float) -> Pooled:
    """Add one more independent part to the total variance, with Satterthwaite's degrees of freedom.

    Never with more than before, so that no margin shrinks because of what is added.

    Parameters
    ----------
    pooled
        Pooled results.
    variance, degrees_of_freedom
        Of the part.
    """
    total = pooled.total + variance
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = total**2 / (
            pooled.total**2 / pooled.degrees_of_freedom + variance**2 / degrees_of_freedom
        )
    freedom = np.clip(freedom, 1.0, np.maximum(pooled.degrees_of_freedom, 1.0))
    freedom = np.where(variance > 0, freedom, pooled.degrees_of_freedom)
    return replace(pooled, total=total, degrees_of_freedom=freedom)


def barnard_rubin(
    count: int,
    between: NDArray[np.float64],
    total: NDArray[np.float64],
    complete: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return degrees of freedom after Barnard and Rubin (1999), equation 3.

    λ = (1+1/M)b/T; 1/ν = λ²/(M−1) + 1/[(ν+1)/(ν+3)·ν(1−λ)] with ν the complete-data degrees of
    freedom. Never below 1, where the formula, meant for larger samples, would give margins of
    hundreds of standard errors.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        lost = np.where(total > 0, (1.0 + 1.0 / count) * between / total, 0.0)
        share = np.where(np.isfinite(complete), (complete + 1.0) / (complete + 3.0), 1.0)
        observed = share * complete * (1.0 - lost)
        inverse = lost**2 / (count - 1) + np.where(observed > 0, 1.0 / observed, np.inf)
        # All variance from fusion: the sampling part says nothing about the degrees of freedom.
        inverse = np.where(lost >= 1.0, 1.0 / (count - 1), inverse)
        return np.where(inverse > 0, np.maximum(1.0 / inverse, 1.0), np.inf)


def _rubin(
    count: int, within: NDArray[np.float64], between: NDArray[np.float64]
) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        increase = (1.0 + 1.0 / count) * between / within
        freedom = np.where(between > 0, (count - 1) * (1.0 + 1.0 / increase) ** 2, np.inf)
    # Without any variance the R package gives no margin rather than one of zero.
    return np.where((between == 0) & (within == 0), np.nan, freedom)


def _fusionacs(
    variances: NDArray[np.float64],
    within: NDArray[np.float64],
    between: NDArray[np.float64],
    complete: NDArray[np.float64],
) -> NDArray[np.float64]:
    count = variances.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        bottom = 1.0 / (count - 1) + (variances**2).sum(axis=1) / (count**2 * between**2)
        freedom = (count - 1) * (1.0 + within / between) ** 2 / bottom
    return np.where(between > 0, freedom, complete)


def margin_multiplier(
    degrees_of_freedom: NDArray[np.float64], confidence: float
) -> NDArray[np.float64]:
    """Return the t quantile that turns a standard error into a margin of error.

    Infinite degrees of freedom at 90 % give 1.645, the rounded normal quantile the Census Bureau
    publishes with (PUMS Accuracy of the Data), so that published margins are met to the last digit.
    """
    from scipy import special

    multiplier = np.asarray(
        special.stdtrit(degrees_of_freedom, 0.5 + confidence / 2.0), dtype=float
    )
    if confidence == PUBLISHED_CONFIDENCE:
        multiplier = np.where(np.isinf(degrees_of_freedom), PUBLISHED_MULTIPLIER, multiplier)
    return multiplier
