"""Make one fused variable a monotone function of another, such as a bill of the energy used.

Fused expenditures and quantities of one household come from different draws, so a household may
pay less than another that uses less. Where everybody faces the same prices, only a monotone
relation is plausible; what was drawn is then replaced by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import PchipInterpolator

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FEWEST_POINTS = 3


def monotonic(
    x: ArrayLike,
    y: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    keep_zeros: bool = True,
    keep_mean: bool = True,
    expenditure: bool = False,
) -> NDArray[np.float64]:
    """Return values of y that are a smooth monotone function of x, by default with the mean of y.

    The weighted isotonic regression of y on x gives steps; a monotone cubic (PCHIP) through the
    middle of the steps smooths them. Whether y rises or falls with x is told by the rank
    correlation.

    Parameters
    ----------
    x, y
        Numbers of the same households, none missing.
    weight
        Survey weights; equal ones when left out. A household of weight 0 gets the value of the
        nearest x among the others, which alone decide about the curve.
    keep_zeros
        Whether a household with x = 0 keeps y = 0 exactly if that is what most such households
        have: who uses nothing pays nothing.
    keep_mean
        Whether the result is scaled so that the weighted mean stays, or, where y has both signs,
        shifted: a scale would turn the curve around where the mean is near 0.
    expenditure
        Whether y is what x costs: nothing where x = 0, whatever y says, and otherwise at least the
        least amount anybody pays, even where that raises the mean a little.

    Raises
    ------
    InputError
        If there are no numbers, the lengths differ, a number is missing, a weight is negative, or, for an expenditure, x
        or y is.
    """
    from scipy.stats import spearmanr
    from sklearn.isotonic import IsotonicRegression

    numbers, values, weights = _checked(x, y, weight)
    total = float(weights @ values)
    if expenditure:
        values, least = _paid(numbers, values, weights)
        zero = numbers == 0
    else:
        zero = _zeros(numbers, values, weights) if keep_zeros else np.zeros(len(values), dtype=bool)
    fitted = values.copy()
    fit = (weights > 0) & ~zero
    # Where all x or all y are equal there is no relation, and no correlation to tell its direction.
    if _varies(numbers[fit]) and _varies(values[fit]):
        rising = bool(spearmanr(numbers[fit], values[fit]).statistic >= 0)
        steps = IsotonicRegression(increasing=rising, out_of_bounds="clip")
        steps.fit(numbers[fit], values[fit], sample_weight=weights[fit])
        points = np.unique(numbers[fit])
        curve = _smooth(points, steps.predict(points))
        # Beyond the households that decide about it a curve says nothing.
        fitted[~zero] = curve(np.clip(numbers[~zero], points[0], points[-1]))
    elif fit.any():
        fitted[~zero] = np.average(values[fit], weights=weights[fit])
    fitted[zero] = 0.0
    if keep_mean:
        fitted = _with_total(fitted, total, weights, zero)
    if expenditure:
        fitted[~zero] = np.maximum(fitted[~zero], least)
    return fitted


def _with_total(
    fitted: NDArray[np.float64],
    total: float,
    weights: NDArray[np.float64],
    zero: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Scale values of one sign, or shift values of both, to a weighted total."""
    reached, moved = weights @ fitted, weights[~zero].sum()
    if reached and (fitted.min() >= 0 or fitted.max() <= 0):
        return np.asarray(fitted * (total / reached))
    if not moved:
        return fitted
    return np.asarray(np.where(zero, fitted, fitted + (total - reached) / moved))


def _varies(values: NDArray[np.float64]) -> bool:
    return bool(len(values)) and bool(np.ptp(values) > 0)


def _paid(
    numbers: NDArray[np.float64], values: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return what is paid, with the least amount for who uses something, and that amount."""
    for name, column in (("x", numbers), ("y", values)):
        if (column < 0).any():
            raise InputError(
                f"A value of {name} is negative", fix="Leave out `expenditure`, or correct it"
            )
    paid = values[(values > 0) & (numbers > 0) & (weights > 0)]
    least = float(paid.min()) if len(paid) else 0.0
    return np.where(numbers > 0, np.maximum(values, least), 0.0), least


def _checked(
    x: ArrayLike, y: ArrayLike, weight: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    numbers, values = _numbers(x, "x"), _numbers(y, "y")
    weights = np.ones(len(values)) if weight is None else _numbers(weight, "the weights")
    if not len(numbers) == len(values) == len(weights):
        raise InputError(
            f"x, y and the weights have {len(numbers):,}, {len(values):,} and {len(weights):,} rows",
            fix="Give one of each per household",
        )
    if not len(numbers):
        raise InputError("x and y are empty", fix="Give a number of each per household")
    for name, column in (("x", numbers), ("y", values), ("the weights", weights)):
        if not np.isfinite(column).all():
            raise InputError(f"A value of {name} is missing or infinite", fix="Fill or drop it")
    if (weights < 0).any() or not (weights > 0).any():
        raise InputError("A weight is negative, or all are zero", fix="Use survey weights")
    return numbers, values, weights


def _numbers(column: ArrayLike, name: str) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"A value of {name} is not a number", fix="Give a column of numbers"
        ) from error
    if numbers.ndim != 1:
        raise InputError(
            f"{name} has {numbers.ndim} dimensions", fix="Give one number per household"
        )
    return numbers


def _zeros(
    numbers: NDArray[np.float64], values: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return the households with x = 0, if most of them have y = 0."""
    nothing = numbers == 0
    free = weights[nothing & (values == 0)].sum()
    return nothing if 2 * free > weights[nothing].sum() else np.zeros(len(values), dtype=bool)


def _smooth(points: NDArray[np.float64], steps: NDArray[np.float64]) -> PchipInterpolator:
    """Return a monotone curve through the middle of the steps and both ends."""
    starts = np.flatnonzero(np.diff(steps, prepend=np.nan) != 0)
    ends = np.append(starts[1:], len(steps)) - 1
    middles = (points[starts] + points[ends]) / 2
    x, y = [points[0], *middles, points[-1]], [steps[0], *steps[starts], steps[-1]]
    places, first = np.unique(x, return_index=True)
    if len(places) < FEWEST_POINTS:
        places, heights = points[[0, -1]], steps[[0, -1]]
    else:
        heights = np.array(y)[first]
    return PchipInterpolator(places, heights)
