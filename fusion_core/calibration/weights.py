"""Weights calibrated to totals, none moved further than allowed.

Written here because every implicate has totals of its own, of amounts and counts together, and weights
must stay within bounds: a short Newton method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEPS: Final = 60
_CLOSE: Final = 1e-8
_RIDGE: Final = 1e-12


def calibrated_weights(
    weights: NDArray[np.float64],
    auxiliary: NDArray[np.float64],
    totals: NDArray[np.float64],
    *,
    bounds: tuple[float, float] = (0.3, 3.0),
    names: tuple[str, ...] = (),
) -> NDArray[np.float64]:
    """Return weights that reproduce totals and stay near the given ones.

    The logit method of Deville and Särndal (1992): factors lie within the bounds and come as near
    to 1 as the totals allow.

    Parameters
    ----------
    weights
        Weights, all positive, shape (households,).
    auxiliary
        What is added up, shape (households, totals): amounts, or 1 and 0 for counts.
    totals
        Shape (totals,).
    bounds
        Smallest and largest factor of a weight, below and above 1.
    names
        Of the totals, for messages.

    Raises
    ------
    InputError
        If the totals cannot be met within the bounds.
    """
    low, high = bounds
    if not 0 <= low < 1 < high:
        raise InputError(
            f"Factors of weights must be bounded below and above 1; got {low:g} and {high:g}"
        )
    scale = np.maximum(np.abs(auxiliary).T @ weights, 1e-300)
    x, wanted = auxiliary / scale, totals / scale
    steepness = (high - low) / ((1 - low) * (high - 1))
    multipliers = np.zeros(len(totals))
    factors = np.ones(len(weights))
    for _ in range(_STEPS):
        gap = wanted - x.T @ (weights * factors)
        if np.abs(gap).max() < _CLOSE:
            return weights * factors
        slope = steepness * (factors - low) * (high - factors) / (high - low)
        curve = (x * (weights * slope)[:, None]).T @ x
        curve += _RIDGE * max(float(np.trace(curve)), 1e-300) * np.eye(len(totals))
        step = np.linalg.lstsq(curve, gap, rcond=None)[0]
        size, before = 1.0, np.abs(gap).max()
        while size > _CLOSE:
            tried = _factors(x @ (multipliers + size * step), bounds)
            if np.abs(wanted - x.T @ (weights * tried)).max() < before:
                break
            size /= 2
        multipliers = multipliers + size * step
        factors = _factors(x @ multipliers, bounds)
    worst = int(np.argmax(np.abs(gap)))
    which = f"'{names[worst]}'" if names else f"number {worst + 1}"
    raise InputError(
        f"The total {which} cannot be met with weights between {low:g} and {high:g} times theirs",
        fix="Check its unit and year, or widen the bounds",
    )


def _factors(score: NDArray[np.float64], bounds: tuple[float, float]) -> NDArray[np.float64]:
    low, high = bounds
    grown = np.exp(np.clip((high - low) / ((1 - low) * (high - 1)) * score, -500, 500))
    return np.asarray(
        (low * (high - 1) + high * (1 - low) * grown) / ((high - 1) + (1 - low) * grown)
    )


__all__ = ["calibrated_weights"]
