"""Medians as the R packages compute them, to the last digit.

matrixStats' weighted median interpolates between the midpoints of the cumulative weight, so where
several households have the same value its result depends on the order the sorting routine leaves
them in. R sorts with Singleton's quicksort (R. C. Singleton 1969, *Algorithm 347: an efficient
algorithm for sorting with minimal storage*, Communications of the ACM 12), which is not stable but
deterministic: the same numbers in the same order always end in the same places.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import float64, int64, njit, types

from fusion_core.compiling import compile_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_SHORT: Final = 10
"""Pieces up to this length (less one) are sorted by insertion."""
_FIRST_RATIO: Final = 0.375
_LARGEST_RATIO: Final = 0.5898437
_STEP_UP: Final = 0.0390625
_STEP_DOWN: Final = 0.21875
_DEEPEST: Final = 64
"""Pieces that can wait at once: the longer one of each split waits, so 2^64 rows would be needed."""


def interpolated_quantiles(values: NDArray[Any], weight: Floats, probability: float) -> Floats:
    """Return quantiles interpolated between the midpoints of the cumulative weight.

    With households sorted by value and cumulative weight C_i the value x_i stands at
    (C_i − w_i/2)/C_n; in between it is interpolated, outside it is that of the nearest end (R
    package matrixStats, ``weightedMedian``). Households of weight 0 are left out.

    Parameters
    ----------
    values
        Array of shape (rows, M), rows in the order of the file.
    weight
        One weight per row.
    probability
        Between 0 and 1; 0.5 is the median.
    """
    used = weight > 0
    kept, draws = weight[used], values[used]
    if not len(kept):
        return np.full(values.shape[1], np.nan)
    result = np.empty(values.shape[1])
    for implicate in range(values.shape[1]):
        column = np.asarray(draws[:, implicate], dtype=np.float64)
        rows = r_order(column)
        ordered = kept[rows]
        middle = (np.cumsum(ordered) - 0.5 * ordered) / ordered.sum()
        result[implicate] = np.interp(probability, middle, column[rows])
    return result


def r_order(values: Floats) -> Integers:
    """Return the positions of numbers in increasing order, equal ones as R's quicksort leaves them.

    Parameters
    ----------
    values
        Numbers, none missing.
    """
    v = np.array(values, dtype=np.float64)
    place = np.arange(len(v), dtype=np.int64)
    _compiled_sort()(v, place)
    return place


@cache
def _compiled_sort() -> Callable[..., None]:
    return compile_once(_sort, types.void(float64[::1], int64[::1]))


def _sort(v: Floats, place: Integers) -> None:
    """Sort numbers and their places; see the module's description."""
    waiting = np.empty((_DEEPEST, 2), dtype=np.int64)
    depth, low, high, ratio = 0, 0, len(v) - 1, _FIRST_RATIO
    begun = False
    while True:
        long = high - low > _SHORT
        # The leftmost piece is split to its end: it has no smaller neighbour to stop insertion at.
        leftmost = not begun or (low == 0 and not long)
        begun = True
        if leftmost and low < high:
            ratio += _STEP_UP if ratio < _LARGEST_RATIO else -_STEP_DOWN
        if (leftmost and low < high) or (long and not leftmost):
            left, right = _split(v, place, low, high, ratio)
            if left - low <= high - right:
                waiting[depth, 0], waiting[depth, 1] = right, high
                high = left
            else:
                waiting[depth, 0], waiting[depth, 1] = low, left
                low = right
            depth += 1
            continue
        if not leftmost:
            _insert(v, place, low, high)
        if not depth:
            return
        depth -= 1
        low, high = waiting[depth, 0], waiting[depth, 1]


@njit(nogil=True)
def _split(v: Floats, place: Integers, low: int, high: int, ratio: float) -> tuple[int, int]:
    """Part a piece around one of its values; return where the left part ends, the right begins."""
    middle = low + int((high - low) * ratio)
    if v[low] > v[middle]:
        _swap(v, place, low, middle)
    if v[high] < v[middle]:
        _swap(v, place, high, middle)
        if v[low] > v[middle]:
            _swap(v, place, low, middle)
    pivot = v[middle]
    left, right = high, low
    while True:
        left -= 1
        while v[left] > pivot:
            left -= 1
        right += 1
        while v[right] < pivot:
            right += 1
        if right > left:
            return left, right
        _swap(v, place, left, right)


@njit(nogil=True)
def _insert(v: Floats, place: Integers, low: int, high: int) -> None:
    for position in range(low + 1, high + 1):
        value, row = v[position], place[position]
        hole = position
        while hole > low and value < v[hole - 1]:
            v[hole], place[hole] = v[hole - 1], place[hole - 1]
            hole -= 1
        v[hole], place[hole] = value, row


@njit(nogil=True)
def _swap(v: Floats, place: Integers, first: int, second: int) -> None:
    v[first], v[second] = v[second], v[first]
    place[first], place[second] = place[second], place[first]
