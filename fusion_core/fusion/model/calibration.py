"""Calibrate class probabilities by one temperature per variable.

Source: Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural networks":
p^(1/T), scaled to sum to one. A temperature above 1 flattens probabilities that are too sure, one
below 1 sharpens them; the order of the classes stays. It is chosen on out-of-fold probabilities,
which cross-validation yields for free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize_scalar

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOG_RANGE: Final = (-1.5, 1.5)
"""Range of ln T that is searched: T from 0.22 to 4.5."""
SMALLEST: Final = 1e-12


def tempered(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return p^(1/T), scaled to sum to one over the last axis."""
    powers = np.exp(np.log(np.maximum(probabilities, SMALLEST)) / temperature)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def tempered_chance(chance: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return the calibrated probability of one of two outcomes."""
    return tempered(both_chances(chance), temperature)[..., 1]


def best_temperature(
    probabilities: NDArray[np.float64], outcome: NDArray[np.int64], weights: NDArray[np.float64]
) -> float:
    """Return the temperature with the smallest weighted mean log loss.

    Parameters
    ----------
    probabilities
        Out-of-fold probabilities, of shape (rows, classes).
    outcome
        Position of each row's true class.
    weights
        Survey weights.
    """
    rows = np.arange(len(outcome))

    def loss(logarithm: float) -> float:
        scaled = tempered(probabilities, float(np.exp(logarithm)))[rows, outcome]
        return float(np.average(-np.log(np.maximum(scaled, SMALLEST)), weights=weights))

    return float(np.exp(minimize_scalar(loss, bounds=LOG_RANGE, method="bounded").x))


def both_chances(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities of both outcomes from that of the second, along a new last axis."""
    return np.stack([1 - chance, chance], axis=-1)
