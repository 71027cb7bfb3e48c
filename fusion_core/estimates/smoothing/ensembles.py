"""Estimates of areas that are right as an ensemble: as spread as the truth, and in its order.

Best predictors of single areas are too much alike: their variance is less than that of the true values, so that
a map of them shows too few extremes, and ranks of them follow who was asked most.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS: Final = 400
_HALVINGS: Final = 60


def constrained(estimate: Floats, variance: Floats) -> Floats:
    """Return predictors stretched about their mean until they vary as the areas are thought to.

    θ̄ + a(θ̂ − θ̄) with a² = 1 + (1 − 1/m)·Σ V / Σ(θ̂ − θ̄)² (Ghosh 1992, *Constrained Bayes estimation with
    applications*, JASA 87).

    Parameters
    ----------
    estimate, variance
        Best predictors of m areas, and the variance of each area's value around it.
    """
    mean = estimate.mean()
    spread = float(((estimate - mean) ** 2).sum())
    if spread <= 0:
        return estimate.copy()
    stretch = np.sqrt(1 + (1 - 1 / len(estimate)) * variance.sum() / spread)
    return np.asarray(mean + stretch * (estimate - mean))


def triple_goal(estimate: Floats, variance: Floats) -> tuple[Floats, NDArray[np.int_]]:
    """Return estimates that serve single areas, their histogram and their ranks, and these ranks.

    Areas are put in the order of their expected ranks, and given the quantiles (2j − 1)/2m of the mean of their
    distributions (Shen and Louis 1998, *Triple-goal estimates in two-stage hierarchical models*, JRSS B 60), which
    are taken to be normal.

    Parameters
    ----------
    estimate, variance
        As for `constrained`.

    Returns
    -------
    tuple
        Estimates of shape (m,), and ranks of shape (m,), 1 the highest.
    """
    from scipy.special import ndtr

    m = len(estimate)
    error = np.sqrt(np.maximum(variance, 0.0))
    expected = np.empty(m)
    for start in range(0, m, _STEPS):
        rows = slice(start, start + _STEPS)
        apart = estimate[rows, None] - estimate[None, :]
        together = np.hypot(error[rows, None], error[None, :])
        with np.errstate(invalid="ignore", divide="ignore"):
            above = np.where(together > 0, ndtr(apart / together), (apart > 0) + 0.5 * (apart == 0))
        expected[rows] = above.sum(axis=1)
    order = np.lexsort((estimate, expected))  # from the lowest on
    values = _quantiles(estimate, error, (2 * np.arange(1, m + 1) - 1) / (2 * m))
    result, ranks = np.empty(m), np.empty(m, dtype=int)
    result[order] = values
    ranks[order] = np.arange(m, 0, -1)
    return result, ranks


def _quantiles(estimate: Floats, error: Floats, probabilities: Floats) -> Floats:
    """Return quantiles of a mixture of normal distributions in equal shares, by halving intervals."""
    from scipy.special import ndtr

    reach = 8 * float(error.max(initial=0.0))
    low = np.full(len(probabilities), estimate.min() - reach)
    high = np.full(len(probabilities), estimate.max() + reach)
    size = np.where(error > 0, error, np.finfo(float).tiny)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = np.concatenate(
            [
                ndtr((part[:, None] - estimate) / size).mean(axis=1)
                for part in np.array_split(middle, max(1, len(middle) // _STEPS))
            ]
        )
        low = np.where(below < probabilities, middle, low)
        high = np.where(below < probabilities, high, middle)
    return np.asarray((low + high) / 2)


__all__ = ["constrained", "triple_goal"]
