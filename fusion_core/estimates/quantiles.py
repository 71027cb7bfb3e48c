"""Weighted quantiles, also under replicate weights, and their variance without replicates.

The quantile at probability p is the smallest value whose cumulative weight reaches p times the
total; where it is reached exactly, the middle between that value and the next (the usual median of
an even number of values). A replicate weight may be negative; its cumulative weight then is not
monotone and the first value that reaches the mark counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Standard errors around a quantile within which those of the replicate weights are looked for.
_REACH = 3.0


def weighted_quantiles(values: NDArray[Any], weights: NDArray[Any], probability: float) -> Floats:
    """Return quantiles for every implicate and weight.

    Parameters
    ----------
    values
        Array of shape (rows, M); rows without an answer (NaN) are left out.
    weights
        Array of shape (rows, K).
    probability
        Between 0 and 1.

    Returns
    -------
    ndarray
        Shape (K, M); NaN where no positive weight is left.
    """
    # Compiled code is loaded by those who ask for a quantile: its compiler takes a second.
    from fusion_core.estimates.ordered_walks import (
        Start,
        in_order,
        mark_below,
        total_weights,
        walk_quantiles,
    )

    used = np.ascontiguousarray(weights, dtype=np.float64)
    if not len(used):
        return np.full((weights.shape[1], values.shape[1]), np.nan)
    ordered = in_order(values)
    full = np.ascontiguousarray(used[:, 0])
    size = effective_sample_size(full)
    spread = np.sqrt(probability * (1.0 - probability) / size) if size else 1.0
    positions, marks = mark_below(ordered, full, probability, _REACH * spread)
    start = Start(positions, marks @ used, total_weights(ordered, used))
    return walk_quantiles(ordered, used, probability, start)


def effective_sample_size(weight: Floats) -> float:
    """Return Kish's n_eff = (Σw)²/Σw²."""
    square = float((weight**2).sum())
    return float(weight.sum() ** 2) / square if square > 0 else 0.0


def woodruff_variance(values: NDArray[Any], weight: Floats, probability: float) -> Floats:
    """Return the variance of quantiles without replicate weights (Woodruff 1952).

    The distance between the quantiles at p ± √(p(1−p)/n_eff) is two standard errors.

    Parameters
    ----------
    values
        Array of shape (rows, M).
    weight
        Full-sample weight, one per row.
    """
    size = effective_sample_size(weight)
    if size <= 1:
        return np.full(values.shape[1], np.nan)
    step = np.sqrt(probability * (1.0 - probability) / size)
    low, high = max(probability - step, 1e-6), min(probability + step, 1.0 - 1e-6)
    lower = weighted_quantiles(values, weight[:, None], low)[0]
    upper = weighted_quantiles(values, weight[:, None], high)[0]
    return np.asarray(((upper - lower) / 2.0) ** 2)
