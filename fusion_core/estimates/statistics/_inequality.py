"""The weighted Gini coefficient and its variance.

With F the distribution function that counts ties half, G = 2 E[x·F(x)] / E[x] − 1: 0 when all
households have the same, towards 1 when few have everything. A number may be negative as long as
the mean is positive; G can then exceed 1. Computed as ∫ F(x)(1 − F(x)) dx / E[x], which is the same
and subtracts no large numbers (Dorfman 1979, *A formula for the Gini coefficient*, Review of
Economics and Statistics 61).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def weighted_gini(values: NDArray[Any], weights: NDArray[Any]) -> Floats:
    """Return Gini coefficients for every implicate and weight.

    Parameters
    ----------
    values
        Array of shape (rows, M); rows without an answer (NaN) are left out.
    weights
        Array of shape (rows, K).

    Returns
    -------
    ndarray
        Shape (K, M); NaN where the mean is not positive.
    """
    from fusion_core.estimates.statistics._ordered_walks import in_order, total_weights, walk_gini

    used = np.ascontiguousarray(weights, dtype=np.float64)
    ordered = in_order(values)
    complete = (ordered.answered == len(used)).all()
    known = ordered.values if complete else np.nan_to_num(ordered.values)
    return walk_gini(ordered, used, total_weights(ordered, used), known @ used)


def gini_variance(values: NDArray[Any], weight: Floats) -> Floats:
    """Return variances by linearization (influence function; Deville 1999).

    The influence of a household with x is (2/μ)·(x·F(x) + E[y·1(y > x)]) − (G + 1)·(1 + x/μ),
    where a tie counts half in the expectation as well.

    Parameters
    ----------
    values
        Array of shape (rows, M).
    weight
        Full-sample weight, one per row.
    """
    result = np.full(values.shape[1], np.nan)
    gini = weighted_gini(values, weight[:, None])[0]
    for implicate in range(values.shape[1]):
        column = np.asarray(values[:, implicate], dtype=np.float64)
        used = ~np.isnan(column) & (weight != 0)
        count = int(used.sum())
        if count < 2 or np.isnan(gini[implicate]):  # noqa: PLR2004 - one household has no variance
            continue
        x, w = column[used], weight[used]
        distinct, place = np.unique(x, return_inverse=True)
        mass = np.bincount(place, w)
        total = mass.sum()
        rank = (np.cumsum(mass) - mass / 2) / total
        amount = distinct * mass / total
        mean = amount.sum()
        above = mean - np.cumsum(amount) + amount / 2
        influence = 2 / mean * (distinct * rank + above)
        influence -= (gini[implicate] + 1) * (1 + distinct / mean)
        squares = float(((w * influence[place]) ** 2).sum())
        result[implicate] = count / (count - 1) * squares / total**2
    return result
