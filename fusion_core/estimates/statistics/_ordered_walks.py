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

from fusion_core.compiling import compile_once, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

TIE: Final = 1e-10
"""Cumulative weights this close to the mark, relative to the total, count as having reached it."""

# Households whose weights are added up before anybody looks what they reached.
_STRIDE: Final = 8
_MOST_POSITIONS: Final = 0xFFFFFFFF


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

    def pick(self, implicates: list[int]) -> Ordered:
        """Return some of the implicates."""
        return Ordered(self.values[implicates], self.order[implicates], self.answered[implicates])


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
    if missing.any():
        return Ordered(by_implicate, np.argsort(by_implicate, axis=1), answered)
    return Ordered(by_implicate, _order(by_implicate), answered)


def _order(values: Floats) -> Integers:
    """Return the positions of each row's values in increasing order.

    Numbers of single precision, as most survey answers are, are sorted in half the time: their bits
    in front of their positions make one whole number each, and those are sorted without the
    indirection of `argsort`.
    """
    single = values.astype(np.float32)
    if not (single == values).all() or values.shape[1] > _MOST_POSITIONS:
        return np.argsort(values, axis=1)
    bits = single.view(np.int32)
    # Bits of negative numbers rise with their size.
    bits ^= (bits >> 31) & np.int32(0x7FFFFFFF)
    keys = bits.astype(np.int64) << 32
    keys |= np.arange(values.shape[1])
    keys.sort(axis=1)
    keys &= _MOST_POSITIONS
    return keys


def total_weights(ordered: Ordered, weights: Floats) -> Floats:
    """Return the weight of the rows with an answer, shape (M, K), for weights of shape (rows, K)."""
    if (ordered.answered == len(weights)).all():
        return np.tile(weights.sum(axis=0), (len(ordered.answered), 1))
    return np.asarray((~np.isnan(ordered.values)).astype(np.float64) @ weights)


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


def walk_gini(ordered: Ordered, weights: Floats, totals: Floats, amounts: Floats) -> Floats:
    """Return the Gini coefficient of every implicate under every weight, see `inequality`.

    Parameters
    ----------
    ordered
        The values.
    weights
        Array of shape (rows, K).
    totals, amounts
        Weight of all rows with an answer and their weighted sum, shape (M, K).
    """
    result = np.full((weights.shape[1], len(ordered.values)), np.nan)
    sums = plain(totals, np.float64), plain(amounts, np.float64)
    _compiled_gini()(ordered, plain(weights, np.float64), *sums, result)
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
    matrix = float64[:, ::1]
    return compile_once(_walk_gini, types.void(_ORDERED, matrix, matrix, matrix, matrix))


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
    marks, earlier, reached = np.empty((2, columns)), np.empty(columns), np.empty(columns)
    # What a weight has to reach next: its mark, what is above a tie, nothing any more.
    awaited = np.empty(columns)
    for implicate in range(count):
        position, answered = start.positions[implicate], ordered.answered[implicate]
        unknown, late = 0, not monotone
        for column in range(columns):
            total = start.totals[implicate, column]
            marks[0, column] = probability * total - TIE * abs(total)
            marks[1, column] = probability * total + TIE * abs(total)
            awaited[column] = marks[0, column] if total > 0 else np.inf
            unknown += total > 0
            reached[column] = start.before[implicate, column]
            late |= reached[column] >= awaited[column]
        if late:
            # Some weight reaches its mark before the start, so everything has to be walked.
            position = 0
            reached[:] = 0.0
        while unknown > 0 and position < answered:
            # Adding up several households at once takes a fraction of looking at each; where a
            # weight can fall again, its mark may be reached and left in between.
            rows = ordered.order[implicate, position : position + (_STRIDE if monotone else 1)]
            rows = rows[: answered - position]
            earlier[:] = reached
            for row in rows:
                for column in range(columns):
                    reached[column] += weights[row, column]
            for column in range(columns):
                if reached[column] >= awaited[column]:
                    awaited[column], result[column, implicate] = _settle(
                        ordered.values[implicate],
                        rows,
                        weights[:, column],
                        (earlier[column], awaited[column], result[column, implicate]),
                        marks[:, column],
                    )
                    unknown -= awaited[column] == np.inf
            position += len(rows)


@njit(nogil=True)
def _settle(
    values: Floats,
    rows: Integers,
    weight: Floats,
    so_far: tuple[float, float, float],
    marks: Floats,
) -> tuple[float, float]:
    """Look at every household where a weight gets what it awaits.

    Parameters
    ----------
    values, rows, weight
        Values of all households, the households to look at, and the weight of all households.
    so_far
        Weight before the first of them, what is awaited, and the quantile as far as it is known.
    marks
        Where the quantile is reached exactly, less and more what rounding may add.

    Returns
    -------
    tuple
        What is awaited after them, and the quantile.
    """
    total, awaited, quantile = so_far
    for row in rows:
        total += weight[row]
        if total < awaited:
            continue
        if awaited == marks[0]:
            quantile = values[row]
            awaited = marks[1] if total <= marks[1] else np.inf
        elif total > awaited:
            # The mark was reached exactly; rows of zero weight after it carry no mass.
            quantile = 0.5 * (quantile + values[row])
            awaited = np.inf
    return awaited, quantile


def _walk_gini(
    ordered: Ordered, weights: Floats, totals: Floats, amounts: Floats, result: Floats
) -> None:
    count, columns = len(ordered.values), weights.shape[1]
    below, spread = np.zeros(columns), np.zeros(columns)
    for implicate in range(count):
        below[:] = 0.0
        spread[:] = 0.0
        total, last = totals[implicate], ordered.answered[implicate] - 1
        # Two households at a time: sums are kept in memory half as often, which takes the time.
        for position in range(0, last, 2):
            row = ordered.order[implicate, position]
            after = ordered.order[implicate, position + 1]
            beyond = ordered.order[implicate, min(position + 2, last)]
            value = ordered.values[implicate, after]
            gap = value - ordered.values[implicate, row]
            next_gap = ordered.values[implicate, beyond] - value
            for column in range(columns):
                mass = below[column] + weights[row, column]
                both = mass + weights[after, column]
                below[column] = both
                spread[column] += gap * mass * (total[column] - mass) + next_gap * both * (
                    total[column] - both
                )
        for column in range(columns):
            amount = amounts[implicate, column]
            if total[column] > 0 and amount > 0:
                result[column, implicate] = spread[column] / (total[column] * amount)
