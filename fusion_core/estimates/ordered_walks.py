"""Compiled walks through sorted households, under every weight at once.

A quantile or a Gini coefficient needs the households of an area in increasing order, once per
implicate, and cumulative weights along that order, once per replicate weight. Rows of the weight
matrix are contiguous, so adding a household's row to all cumulative weights is one pass over
neighbouring numbers.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import float64, int64, njit, types

from fusion_core.fusion.compiling import compile_once, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

TIE: Final = 1e-10
"""Cumulative weights this close to the mark, relative to the total, count as having reached it."""

_BELOW, _TIED, _FOUND = 0, 1, 2


class Ordered(NamedTuple):
    """The values of some rows and their order.

    Attributes
    ----------
    values
        Shape (M, rows).
    order
        Positions in increasing order of value per implicate, shape (M, rows), no answer last.
    answered
        Rows with an answer per implicate.
    """

    values: Floats
    order: Integers
    answered: Integers


class Start(NamedTuple):
    """Where the search for a quantile starts.

    Attributes
    ----------
    positions
        Position in the order per implicate.
    before, totals
        Weight before that position and of all rows with an answer, shape (M, K).
    """

    positions: Integers
    before: Floats
    totals: Floats


_ORDERED: Final = types.NamedTuple((float64[:, ::1], int64[:, ::1], int64[::1]), Ordered)
_START: Final = types.NamedTuple((int64[::1], float64[:, ::1], float64[:, ::1]), Start)


def in_order(values: NDArray[Any]) -> Ordered:
    """Sort values by implicate.

    Parameters
    ----------
    values
        Array of shape (rows, M), no answer NaN.
    """
    by_implicate = plain(values.T, np.float64)
    missing = np.isnan(by_implicate).sum(axis=1)
    answered = np.asarray(len(values) - missing, dtype=np.int64)
    return Ordered(by_implicate, np.argsort(by_implicate, axis=1), answered)


def mark_below(
    ordered: Ordered, weight: Floats, probability: float, reach: float
) -> tuple[Integers, Floats]:
    """Find where to start looking for a quantile, and mark the households before that place.

    Replicate weights move a quantile by little, so the households far below that of the full-sample
    weight only have to be summed, which a matrix product does faster than a walk.

    Parameters
    ----------
    ordered
        The values.
    weight
        Full-sample weight, one per row.
    probability, reach
        The search starts where the cumulative weight reaches their difference.

    Returns
    -------
    tuple
        Position per implicate, and 1 for the households before it, shape (M, rows).
    """
    count, rows = ordered.order.shape
    positions = np.zeros(count, dtype=np.int64)
    marks = np.zeros((count, rows))
    _compiled_mark()(ordered, plain(weight, np.float64), probability - reach, positions, marks)
    return positions, marks


def walk_quantiles(ordered: Ordered, weights: Floats, probability: float, start: Start) -> Floats:
    """Return the quantile of every implicate under every weight, see `quantiles`.

    Parameters
    ----------
    ordered
        The values.
    weights
        Array of shape (rows, K), K at least 1; replicate weights may be negative.
    probability
        Between 0 and 1.
    start
        Where to start; a start too late for some weight is noticed and costs time only.

    Returns
    -------
    Array of shape (K, M); NaN where the total weight is not positive.
    """
    result = np.full((weights.shape[1], len(ordered.values)), np.nan)
    _compiled_quantiles()(ordered, plain(weights, np.float64), probability, start, result)
    return result


def walk_gini(ordered: Ordered, weights: Floats) -> Floats:
    """Return the Gini coefficient of every implicate under every weight, see `inequality`.

    Parameters
    ----------
    ordered
        The values.
    weights
        Array of shape (rows, K).
    """
    result = np.full((weights.shape[1], len(ordered.values)), np.nan)
    _compiled_gini()(ordered, plain(weights, np.float64), result)
    return result


@cache
def _compiled_mark() -> Callable[..., None]:
    signature = types.void(_ORDERED, float64[::1], float64, int64[::1], float64[:, ::1])
    return compile_once(_mark_below, signature)


@cache
def _compiled_quantiles() -> Callable[..., None]:
    signature = types.void(_ORDERED, float64[:, ::1], float64, _START, float64[:, ::1])
    return compile_once(_walk_quantiles, signature)


@cache
def _compiled_gini() -> Callable[..., None]:
    return compile_once(_walk_gini, types.void(_ORDERED, float64[:, ::1], float64[:, ::1]))


def _mark_below(
    ordered: Ordered, weight: Floats, share: float, positions: Integers, marks: Floats
) -> None:
    for implicate in range(len(marks)):
        order = ordered.order[implicate]
        total = 0.0
        for position in range(ordered.answered[implicate]):
            total += weight[order[position]]
        mark, reached = share * total, 0.0
        for position in range(ordered.answered[implicate]):
            reached += weight[order[position]]
            if reached >= mark:
                positions[implicate] = position
                break
            marks[implicate, order[position]] = 1.0


def _walk_quantiles(
    ordered: Ordered, weights: Floats, probability: float, start: Start, result: Floats
) -> None:
    count, columns = len(ordered.values), weights.shape[1]
    monotone = weights.min() >= 0.0
    marks, reached = np.zeros((2, columns)), np.zeros(columns)
    state = np.zeros(columns, dtype=np.int8)
    for implicate in range(count):
        position, hits, unknown = start.positions[implicate], 0, 0
        for column in range(columns):
            total = start.totals[implicate, column]
            marks[0, column] = probability * total - TIE * abs(total)
            marks[1, column] = probability * total + TIE * abs(total)
            state[column] = _BELOW if total > 0 else _FOUND
            unknown += total > 0
            reached[column] = start.before[implicate, column]
            hits += reached[column] >= marks[0, column]
        if position > 0 and (hits > 0 or not monotone):
            # Some weight reaches its mark before the start, so everything has to be walked.
            position, hits = 0, 0
            reached[:] = 0.0
        tied = 0
        while unknown > 0 and position < ordered.answered[implicate]:
            row = ordered.order[implicate, position]
            position += 1
            weight, now = weights[row], 0
            for column in range(columns):
                reached[column] += weight[column]
                now += reached[column] >= marks[0, column]
            # Looking at every weight pays only where one of them has just reached its mark.
            if now != hits or tied > 0 or not monotone:
                hits, value = now, ordered.values[implicate, row]
                found, tied = _settle(reached, marks, state, value, result[:, implicate])
                unknown -= found


@njit(nogil=True)
def _settle(
    reached: Floats, marks: Floats, state: NDArray[np.int8], value: float, result: Floats
) -> tuple[int, int]:
    """Note the weights that reach their mark at a value; return how many are settled, how many tied.

    A tie – the mark reached exactly – is settled by the next value with mass: rows of zero weight
    after it carry none.
    """
    settled, tied = 0, 0
    for column in range(len(reached)):
        if state[column] == _BELOW and reached[column] >= marks[0, column]:
            result[column] = value
            state[column] = _TIED if reached[column] <= marks[1, column] else _FOUND
            settled += state[column] == _FOUND
        elif state[column] == _TIED and reached[column] > marks[1, column]:
            result[column] = 0.5 * (result[column] + value)
            state[column] = _FOUND
            settled += 1
        tied += state[column] == _TIED
    return settled, tied


def _walk_gini(ordered: Ordered, weights: Floats, result: Floats) -> None:
    count, columns = len(ordered.values), weights.shape[1]
    total, amount, ranked = np.zeros(columns), np.zeros(columns), np.zeros(columns)
    for implicate in range(count):
        total[:] = 0.0
        amount[:] = 0.0
        ranked[:] = 0.0
        for position in range(ordered.answered[implicate]):
            row = ordered.order[implicate, position]
            weight, value = weights[row], ordered.values[implicate, row]
            # Half of a household's own weight lies below it; among equal values, whose order is
            # arbitrary, this sums to what counting all ties half would give.
            for column in range(columns):
                mass = weight[column]
                ranked[column] += value * mass * (total[column] + 0.5 * mass)
                amount[column] += value * mass
                total[column] += mass
        for column in range(columns):
            if total[column] > 0 and amount[column] > 0:
                scale = total[column] * amount[column]
                result[column, implicate] = 2.0 * ranked[column] / scale - 1.0
