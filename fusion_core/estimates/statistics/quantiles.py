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
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fusion_core.estimates.statistics._ordered_walks import Ordered

    Floats = NDArray[np.float64]

# Standard errors around a quantile within which those of the replicate weights are looked for.
_REACH = 3.0
# Bins draws are dealt to before those of one bin are sorted.
_BINS = 1024


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
    from fusion_core.estimates.statistics._ordered_walks import in_order

    used = np.ascontiguousarray(weights, dtype=np.float64)
    if not len(used):
        return np.full((weights.shape[1], values.shape[1]), np.nan)
    return _quantiles_in_order(in_order(values), used, probability)


def _quantiles_in_order(ordered: Ordered, used: Floats, probability: float) -> Floats:
    """Return quantiles of values that were put in order, for every implicate and weight."""
    from fusion_core.estimates.statistics._ordered_walks import (
        Start,
        mark_below,
        total_weights,
        walk_quantiles,
    )

    full = np.ascontiguousarray(used[:, 0])
    size = effective_sample_size(full)
    spread = np.sqrt(probability * (1.0 - probability) / size) if size else 1.0
    positions, marks = mark_below(ordered, full, probability, _REACH * spread)
    start = Start(positions, marks @ used, total_weights(ordered, used))
    return walk_quantiles(ordered, used, probability, start)


def quantiles_of_draws(
    draws: NDArray[Any], weight: Floats, probabilities: Sequence[float]
) -> list[float]:
    """Return quantiles of the draws of all implicates together.

    The same numbers as `weighted_quantiles` of one long column, in a third of the time: draws are
    dealt to bins, and only those of the bin a quantile lies in are sorted.

    Parameters
    ----------
    draws
        Array of shape (rows, M); draws that are missing (NaN) are left out.
    weight
        One weight per row, not negative.
    probabilities
        Between 0 and 1.

    Returns
    -------
    list
        One number per probability, NaN without any weight.
    """
    from fusion_core.estimates.statistics._ordered_walks import TIE

    values, mass = draws.ravel().astype(np.float64), np.repeat(weight, draws.shape[1])
    used = ~np.isnan(values) & (mass > 0)
    if not used.all():
        values, mass = values[used], mass[used]
    if not len(values):
        return [np.nan] * len(probabilities)
    lowest, width = values.min(), np.ptp(values)
    scale = _BINS / width if 0 < width < np.inf else 0.0
    place = ((values - lowest) * scale).astype(np.intp) if scale else np.zeros_like(mass, np.intp)
    upto = np.cumsum(np.bincount(place, mass))
    found = []
    for probability in probabilities:
        marks = upto[-1] * (probability + TIE * np.array([-1.0, 1.0]))
        first = int(np.searchsorted(upto, marks[0]))
        last = int(np.searchsorted(upto, marks[1], side="right"))
        near = np.flatnonzero((place >= first) & (place <= last))
        order = np.argsort(values[near])
        some, reached = values[near][order], np.cumsum(mass[near][order])
        marks -= upto[first - 1] if first else 0.0
        low = min(int(np.searchsorted(reached, marks[0])), len(some) - 1)
        # Where the mark is reached exactly, the middle between this value and the next.
        high = min(int(np.searchsorted(reached, marks[1], side="right")), len(some) - 1)
        found.append(float(some[low] if high == low else 0.5 * (some[low] + some[high])))
    return found


def effective_sample_size(weight: Floats) -> float:
    """Return Kish's n_eff = (Σw)²/Σw²."""
    square = float((weight**2).sum())
    return float(weight.sum() ** 2) / square if square > 0 else 0.0


def quantiles_by_woodruff(
    values: NDArray[Any], weight: Floats, probability: float
) -> tuple[Floats, Floats]:
    """Return the quantile of every implicate and its variance without replicate weights.

    The distance between the quantiles at p ± √(p(1−p)/n_eff) is two standard errors (Woodruff 1952).
    The values are put in order once for all three.

    Parameters
    ----------
    values
        Array of shape (rows, M); rows without an answer (NaN) are left out.
    weight
        Full-sample weight, one per row.
    probability
        Between 0 and 1.

    Returns
    -------
    tuple
        Quantiles and variances, each of shape (M,); NaN where no positive weight, or for a variance
        no more than one effective household, is left.
    """
    from fusion_core.estimates.statistics._ordered_walks import in_order

    variances = np.full(values.shape[1], np.nan)
    used = np.ascontiguousarray(weight, dtype=np.float64)[:, None]
    if not len(used):
        return variances.copy(), variances
    ordered = in_order(values)
    for size, columns in _by_size(ordered, used[:, 0]).items():
        if size <= 1:
            continue
        step = np.sqrt(probability * (1.0 - probability) / size)
        ends = max(probability - step, 1e-6), min(probability + step, 1.0 - 1e-6)
        alike = ordered if len(columns) == values.shape[1] else ordered.pick(columns)
        lower, upper = (_quantiles_in_order(alike, used, end)[0] for end in ends)
        variances[columns] = ((upper - lower) / 2.0) ** 2
    return _quantiles_in_order(ordered, used, probability)[0], variances


def _by_size(ordered: Ordered, weight: Floats) -> dict[float, list[int]]:
    """Return the implicates by the effective number of households that answered in them."""
    if (ordered.answered == len(weight)).all():
        return {effective_sample_size(weight): list(range(len(ordered.answered)))}
    found: dict[float, list[int]] = {}
    for place, (order, answered) in enumerate(zip(ordered.order, ordered.answered, strict=True)):
        # Summed in the order of the rows, so that the same rows give the same number to the last bit.
        rows = np.sort(order[:answered])
        found.setdefault(effective_sample_size(weight[rows]), []).append(place)
    return found
