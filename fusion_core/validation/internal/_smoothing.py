"""A robust curve through metrics of many subsets: the local median against subset share.

**What it is.** At each point a straight line is fitted by least absolute deviations – a median
regression – to the nearest 60 % of the subsets, weighted by a tricube kernel (Cleveland 1979, *Robust
locally weighted regression*, JASA 74); distances are measured on the square root of the share, the
axis the curves are drawn on. The line is found by 20 rounds of reweighted least squares, for all
points of a curve at once.

**Why.** Metrics of small subsets are skewed and a few are wild, so the curve should be a median, not a
mean; a line rather than a level keeps it unbiased at its ends, where subsets lie on one side only.
There is nothing to tune per curve and no random start, so equal data give equal curves.

**How it differs from R.** fusionModel fits a penalised spline for the median. On its own reference
results (two runs, five variables), over subsets of up to 20 % of households, the two curves differ on
average by 0.4 points of error (a tenth of the curve's height; at most a fifth), by 0.05 of value-added
and by 0.4 % of the uncertainty ratio. Among the few larger subsets they may differ more: what a
smoother says there is mostly its own habit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SPAN = 0.6
POINTS = 100
_ROUNDS = 20
_MINIMUM = 5


def curve_shares(shares: Floats, points: int = POINTS) -> Floats:
    """Return shares to draw a curve at, evenly spaced on the square-root axis."""
    return np.linspace(np.sqrt(shares.min()), np.sqrt(shares.max()), points) ** 2


def local_median(
    shares: Floats, values: Floats, at: Floats, *, weights: Floats | None = None, span: float = SPAN
) -> Floats:
    """Return the local median of values at some shares.

    Parameters
    ----------
    shares, values
        Subset shares and metric values; pairs with a NaN are left out.
    at
        Shares to evaluate the curve at.
    weights
        Weight of each pair.
    span
        Share of all pairs that a local fit uses.

    Returns
    -------
    ndarray
        Values at `at`, never outside the range of the local values; NaN without any pair.
    """
    usable = np.isfinite(values) & np.isfinite(shares)
    position, value = np.sqrt(shares[usable]), values[usable]
    prior = np.ones(len(value)) if weights is None else weights[usable]
    if not len(value):
        return np.full(len(at), np.nan)
    target = np.sqrt(at)
    distance = np.abs(position[None, :] - target[:, None])
    neighbours = min(len(value), max(_MINIMUM, int(np.ceil(span * len(value)))))
    reach = np.partition(distance, neighbours - 1, axis=1)[:, neighbours - 1 : neighbours]
    # A little further than the farthest neighbour, which would otherwise get no weight at all.
    reach = np.maximum(reach * 1.05, 1e-9 + 0.05 * np.ptp(position))
    kernel = (1.0 - np.minimum(distance / reach, 1.0) ** 3) ** 3 * prior
    offset = position[None, :] - target[:, None]
    fitted = _median_lines(offset, value, kernel)
    inside = np.where(kernel > 0, value, np.nan)
    return np.clip(fitted, np.nanmin(inside, axis=1), np.nanmax(inside, axis=1))


def _median_lines(offset: Floats, value: Floats, kernel: Floats) -> Floats:
    """Fit one least-absolute-deviations line per row by reweighted least squares; value at 0."""
    scale = max(float(np.median(np.abs(value - np.median(value)))), 1e-12)
    weight, level = kernel.copy(), np.zeros(len(kernel))
    # Two matrices are used again and again: a curve takes 20 rounds, and memory is slower than sums.
    first, second = np.empty_like(kernel), np.empty_like(kernel)
    for _ in range(_ROUNDS):
        total = weight.sum(axis=1)
        mean_x = np.multiply(weight, offset, out=first).sum(axis=1) / total
        mean_y = (weight @ value) / total
        centred = np.subtract(offset, mean_x[:, None], out=second)
        np.multiply(weight, centred, out=first)
        product = np.multiply(first, value, out=first).sum(axis=1)
        np.square(centred, out=second)
        spread = np.multiply(weight, second, out=first).sum(axis=1)
        slope = product / np.maximum(spread, 1e-12)
        level = mean_y - slope * mean_x
        residual = np.subtract(value, level[:, None], out=first)
        residual -= np.multiply(slope[:, None], offset, out=second)
        np.maximum(np.abs(residual, out=residual), 1e-3 * scale, out=residual)
        np.divide(kernel, residual, out=weight)
    return level
