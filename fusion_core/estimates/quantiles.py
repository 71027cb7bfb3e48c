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
# Below these sizes accumulating all rows is as fast as finding out which ones matter.
_SMALL = 60
_FEW_WEIGHTS = 8


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
    # NaN sorts last, so that rows with an answer come first.
    order = np.argsort(values, axis=0, kind="stable")
    answered = (
        np.count_nonzero(~np.isnan(values), axis=0)
        if values.dtype.kind == "f"
        else np.full(values.shape[1], len(values))
    )
    windows = _windows(order, answered, weights, probability)
    # The weight below every window, for all implicates and replicates in one product.
    below = weights.T @ _before(order, windows[0]) if windows is not None else None
    total = weights.sum(axis=0)
    by_weight = np.ascontiguousarray(weights.T)
    for implicate in range(values.shape[1]):
        rows = order[: answered[implicate], implicate]
        if not len(rows):
            continue
        if windows is not None and below is not None:
            inside = rows[windows[0][implicate] : windows[1][implicate]]
            cumulative = np.cumsum(by_weight[:, inside], axis=1)
            cumulative += below[:, [implicate]]
            started = below[:, implicate] < (probability - _TIE) * total
            if (started & (cumulative[:, -1] > (probability + _TIE) * total)).all():
                ordered = np.asarray(values[inside, implicate], dtype=np.float64)
                result[:, implicate] = _read_off(ordered, cumulative, probability, total)
                continue
        ordered = np.asarray(values[rows, implicate], dtype=np.float64)
        cumulative = np.cumsum(by_weight[:, rows], axis=1)
        result[:, implicate] = _read_off(ordered, cumulative, probability, cumulative[:, -1])
    return result


def _windows(
    order: NDArray[np.intp], answered: NDArray[np.intp], weights: Floats, probability: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Return for every implicate the sorted rows that should hold the quantile of all replicates.

    Replicate weights move the quantile by little, so that only rows near the full-sample quantile
    have to be accumulated under all of them. ``None`` where this would not pay or, with negative
    weights, not be exact.
    """
    rows = len(order)
    few = rows < _SMALL or weights.shape[1] < _FEW_WEIGHTS
    if few or (answered < rows).any() or (weights < 0).any():
        return None
    share = np.cumsum(weights[:, 0][order], axis=0)
    share /= share[-1]
    reach = 5.0 * np.sqrt(probability * (1.0 - probability) / effective_sample_size(weights[:, 0]))
    low = (share < probability - reach).sum(axis=0)
    high = (share < probability + reach).sum(axis=0) + 2
    return low, np.minimum(high, rows)


def _before(order: NDArray[np.intp], starts: NDArray[np.intp]) -> Floats:
    """Return 1 for the rows that come before each implicate's window, shape (rows, M)."""
    earlier = (np.arange(len(order))[:, None] < starts).astype(np.float64)
    marked = np.empty(order.shape)
    np.put_along_axis(marked, order, earlier, axis=0)
    return marked


def _read_off(ordered: Floats, cumulative: Floats, probability: float, total: Floats) -> Floats:
    """Read quantiles off cumulative weights of shape (K, rows)."""
    mark = probability * total
    slack = _TIE * np.abs(total)
    first = np.argmax(cumulative >= (mark - slack)[:, None], axis=1)
    found = ordered[first]
    tied = np.flatnonzero(cumulative[np.arange(len(first)), first] <= mark + slack)
    if len(tied):
        # Rows of zero weight after a tie carry no mass: the next value is that of the next mass.
        later = np.argmax(cumulative[tied] > (mark + slack)[tied, None], axis=1)
        following = np.maximum(later, first[tied])
        found[tied] = 0.5 * (found[tied] + ordered[following])
    return np.where(total > 0, found, np.nan)


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
