"""How far fused values of areas hold: slope, error, coverage, interval score, unexplained variance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CONFIDENCE: Final = 0.90
_STEPS: Final = 60
# A spread of less than this many sampling variances is mostly noise, and so is a slope on it.
_TELLING: Final = 0.5


def slope(fused: Floats, answer: Floats, answer_sampling: Floats) -> float:
    """Return by how much fused values rise where the truth rises by one.

    The regression of fused on answered means, whose sampling error is taken out of their variance
    (Fuller 1987, *Measurement Error Models*, section 1.2). What the two share – the same households –
    is small beside it and left in.

    Parameters
    ----------
    fused, answer, answer_sampling
        Of the areas.
    """
    spread = answer.var(ddof=1) - answer_sampling.mean()
    if not spread > _TELLING * answer_sampling.mean():
        return np.nan
    return float(np.cov(fused, answer)[0, 1] / spread)


def correlation(fused: Floats, answer: Floats) -> float:
    """Return the correlation over areas, NaN where either is the same everywhere."""
    if not (np.ptp(fused) > 0 and np.ptp(answer) > 0):
        return np.nan
    return float(np.corrcoef(fused, answer)[0, 1])


def interval_score(difference: Floats, margin: Floats, confidence: float = CONFIDENCE) -> float:
    """Return the mean interval score: width plus 2/α times what lies outside.

    Gneiting and Raftery 2007, *Strictly proper scoring rules, prediction, and estimation*, JASA 102,
    equation 43. The smaller the better, in units of the statistic.

    Parameters
    ----------
    difference
        Estimate minus truth.
    margin
        Half the width of the intervals.
    confidence
        What the intervals aim to hold.
    """
    outside = np.maximum(np.abs(difference) - margin, 0.0)
    return float(np.mean(2.0 * margin + 2.0 / (1.0 - confidence) * outside))


def variance_beyond(difference: Floats, known: Floats) -> float:
    """Return the variance of differences between areas beyond what is known of their errors.

    The τ² that makes Σ (d² − ŝ)/ŝ² nought with ŝ = τ² + known: the maximum of the normal likelihood
    for errors around 0, found by bisection; 0 where even that is too much.

    Parameters
    ----------
    difference
        Estimate minus truth.
    known
        Known variance of each.
    """

    def score(beyond: float) -> float:
        total = known + beyond
        return float(np.sum((np.square(difference) - total) / np.square(total)))

    low, high = 0.0, float(np.max(np.square(difference), initial=0.0))
    if high <= 0 or (np.all(known > 0) and score(low) <= 0):
        return 0.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if score(middle) > 0 else (low, middle)
    return (low + high) / 2.0
