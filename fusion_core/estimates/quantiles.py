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

# Cumulative weights this close to the mark, relative to the total, count as having reached it.
_TIE = 1e-10


def weighted_quantiles(values: NDArray[Any], weights: Floats, probability: float) -> Floats:
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
    result = np.full((weights.shape[1], values.shape[1]), np.nan)
    order = np.argsort(values, axis=0, kind="stable")
    for implicate in range(values.shape[1]):
        rows = order[:, implicate]
        ordered = np.asarray(values[rows, implicate], dtype=np.float64)
        answered = len(ordered) - int(np.isnan(ordered).sum())
        if answered:
            cumulative = np.cumsum(weights[rows[:answered]], axis=0)
            result[:, implicate] = _read_off(ordered[:answered], cumulative, probability)
    return result


def _read_off(ordered: Floats, cumulative: Floats, probability: float) -> Floats:
    total = cumulative[-1]
    mark = probability * total
    slack = _TIE * np.abs(total)
    first = np.argmax(cumulative >= mark - slack, axis=0)
    columns = np.arange(cumulative.shape[1])
    tied = np.abs(cumulative[first, columns] - mark) <= slack
    # Rows of zero weight after a tie carry no mass: the next value is that of the next mass.
    later = np.argmax(cumulative > mark + slack, axis=0)
    following = np.where(tied & (later > first), later, first)
    middle = 0.5 * (ordered[first] + ordered[following])
    return np.where(total > 0, middle, np.nan)


def interpolated_quantiles(values: NDArray[Any], weight: Floats, probability: float) -> Floats:
    """Return quantiles interpolated between the midpoints of the cumulative weight.

    The definition of the R package matrixStats, used to reproduce published medians.

    Parameters
    ----------
    values
        Array of shape (rows, M).
    weight
        One weight per row.
    """
    used = weight > 0
    kept, draws = weight[used], values[used]
    if not len(kept):
        return np.full(values.shape[1], np.nan)
    result = np.empty(values.shape[1])
    for implicate in range(values.shape[1]):
        rows = np.argsort(draws[:, implicate], kind="stable")
        ordered = kept[rows]
        middle = (np.cumsum(ordered) - 0.5 * ordered) / ordered.sum()
        result[implicate] = np.interp(probability, middle, draws[rows, implicate])
    return result


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
