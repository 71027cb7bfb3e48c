"""Compiled evaluation of trees for a household and all its implicates at once.

Implicates of a household share its predictors and differ only in the variables fused before. So
every split on a predictor is decided once per household, as a word of the leaves that stay possible
(QuickScorer: Lucchese et al., SIGIR 2015). What is left of a tree is

* one leaf, the same for all implicates;
* splits on one number: a step function of that number; the steps of all trees are added up and
  looked up once per implicate;
* splits on a category or on several fused variables: decided per implicate.

The sums are those of LightGBM but for the order of addition. Fused values are never missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from fusion_core.fusion.tree_tables import MOST_LEAVES, TreeTables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bits = NDArray[np.uint64]
    Integers = NDArray[np.int64]
    Numbers = NDArray[np.float64]

ROWS_AT_ONCE: Final = 256
"""Rows whose words are kept at once, so that they stay in the processor's cache."""

_ONE: Final = np.uint64(1)
_FACTOR: Final = np.uint64(0x03F79D71B4CB0A89)
_SHIFT: Final = np.uint64(58)


def _positions() -> NDArray[np.int64]:
    """Return the position of a word's only bit, by the word's de Bruijn hash."""
    table = np.zeros(64, dtype=np.int64)
    for position in range(64):
        table[(int(_FACTOR) << position & (2**64 - 1)) >> int(_SHIFT)] = position
    return table


_POSITION: Final = _positions()


def walk_trees(
    tables: TreeTables, predictors: Numbers, fused: Numbers, fused_place: Integers
) -> Numbers:
    """Return the raw scores of households and implicates: sums of leaves, before any link function.

    Parameters
    ----------
    tables
        The trees.
    predictors
        Values of the trees' features, of shape (features, rows); rows of fused variables are not
        read.
    fused
        Variables fused so far, of shape (rows, variables, implicates), none missing.
    fused_place
        Per feature its position in `fused`, or −1 for a predictor of the recipient.

    Returns
    -------
    Array of shape (rows, outputs, implicates).
    """
    scores = np.zeros((predictors.shape[1], tables.width, fused.shape[2]))
    _walk(tables, predictors, fused, fused_place, scores)
    return scores


@njit(cache=True, nogil=True)
def _walk(
    tables: TreeTables, predictors: Numbers, fused: Numbers, fused_place: Integers, scores: Numbers
) -> None:
    rows, outputs, implicates = scores.shape
    trees = len(tables.outputs)
    possible = np.empty((ROWS_AT_ONCE, trees), np.uint64)
    bits = np.empty(ROWS_AT_ONCE, np.uint64)
    place = np.zeros((len(fused_place), implicates), np.int64)
    jumps = np.zeros((outputs, len(tables.cuts) + len(fused_place)))
    for first in range(0, rows, ROWS_AT_ONCE):
        last = min(first + ROWS_AT_ONCE, rows)
        for tree in range(trees):
            _decide_predictors(tables, predictors[:, first:last], tree, bits)
            for row in range(last - first):
                possible[row, tree] = bits[row]
        for row in range(first, last):
            _place_values(tables, fused[row], fused_place, place)
            _add_trees(tables, possible[row - first], place, jumps, scores[row])
            _add_steps(tables, fused_place, place, jumps, scores[row])


@njit(cache=True, nogil=True)
def _decide_predictors(tables: TreeTables, predictors: Numbers, tree: int, bits: Bits) -> None:
    """Find the leaves of a tree that the predictors of each row leave possible."""
    rows = predictors.shape[1]
    leaves = tables.starts[tree + 1] - tables.starts[tree] + 1
    bits[:rows] = ~np.uint64(0) >> np.uint64(MOST_LEAVES - leaves)
    for split in range(tables.starts[tree], tables.fused_starts[tree]):
        values = predictors[tables.features[split]]
        left, right = tables.if_left[split], tables.if_right[split]
        threshold = tables.thresholds[split]
        if np.isnan(threshold):
            for row in range(rows):
                bits[row] &= left if _is_member(tables, split, values[row]) else right
        elif tables.missing_left[split]:
            for row in range(rows):
                bits[row] &= right if values[row] > threshold else left
        else:
            for row in range(rows):
                bits[row] &= left if values[row] <= threshold else right


@njit(cache=True, nogil=True)
def _is_member(tables: TreeTables, split: int, value: float) -> bool:
    """Tell whether a category goes left; a missing one goes right."""
    if not value >= 0:
        return False
    category = np.int64(value)
    word = category >> 5
    if word >= tables.set_sizes[split]:
        return False
    bits = tables.words[tables.sets[split] + word]
    return bool((bits >> np.uint32(category & 31)) & np.uint32(1))


@njit(cache=True, nogil=True)
def _leaf(tables: TreeTables, tree: int, bits: np.uint64) -> float:
    """Return the value of a tree's only possible leaf."""
    lowest = bits & (~bits + _ONE)
    leaf = tables.leaf_starts[tree] + _POSITION[(lowest * _FACTOR) >> _SHIFT]
    return float(tables.leaves[leaf])


@njit(cache=True, nogil=True)
def _place_values(
    tables: TreeTables, fused: Numbers, fused_place: Integers, place: Integers
) -> None:
    """Find how many thresholds lie below each fused number; categories keep their codes."""
    for feature in range(len(fused_place)):
        variable = fused_place[feature]
        if variable < 0:
            continue
        first, last = tables.cut_starts[feature], tables.cut_starts[feature + 1]
        for implicate in range(fused.shape[1]):
            value = fused[variable, implicate]
            if first == last:
                place[feature, implicate] = np.int64(value)
                continue
            below, above = first, last
            while below < above:
                middle = (below + above) >> 1
                if tables.cuts[middle] < value:
                    below = middle + 1
                else:
                    above = middle
            place[feature, implicate] = below - first


@njit(cache=True, nogil=True)
def _add_trees(
    tables: TreeTables, possible: Bits, place: Integers, jumps: Numbers, scores: Numbers
) -> None:
    """Add what is left of each tree: to all implicates, to the jumps, or to each implicate."""
    splits = np.empty(MOST_LEAVES, np.int64)
    bits = np.empty(scores.shape[1], np.uint64)
    common = np.zeros(scores.shape[0])
    for tree in range(len(tables.outputs)):
        output, left_over = tables.outputs[tree], possible[tree]
        if left_over & (left_over - _ONE) == 0:
            common[output] += _leaf(tables, tree, left_over)
            continue
        count = _open_splits(tables, tree, left_over, splits)
        if _are_on_one_number(tables, splits, count):
            _add_jumps(tables, tree, left_over, splits[:count], jumps[output])
        else:
            bits[:] = left_over
            _decide_implicates(tables, splits, count, place, bits)
            for implicate in range(len(bits)):
                scores[output, implicate] += _leaf(tables, tree, bits[implicate])
    for output in range(len(common)):
        for implicate in range(len(bits)):
            scores[output, implicate] += common[output]


@njit(cache=True, nogil=True)
def _open_splits(tables: TreeTables, tree: int, left_over: np.uint64, splits: Integers) -> int:
    """List the splits with possible leaves on both sides, in the order of their thresholds."""
    count = 0
    for split in range(tables.fused_starts[tree], tables.starts[tree + 1]):
        without_left = left_over & ~tables.if_left[split]
        without_right = left_over & ~tables.if_right[split]
        if without_left == 0 or without_right == 0:
            continue
        position = count
        while position > 0 and tables.steps[splits[position - 1]] > tables.steps[split]:
            splits[position] = splits[position - 1]
            position -= 1
        splits[position] = split
        count += 1
    return count


@njit(cache=True, nogil=True)
def _are_on_one_number(tables: TreeTables, splits: Integers, count: int) -> bool:
    for position in range(count):
        split = splits[position]
        if tables.steps[split] < 0 or tables.features[split] != tables.features[splits[0]]:
            return False
    return True


@njit(cache=True, nogil=True)
def _add_jumps(
    tables: TreeTables, tree: int, left_over: np.uint64, splits: Integers, jumps: Numbers
) -> None:
    """Add a tree that depends on one number: its first value, and its change at each threshold."""
    feature = tables.features[splits[0]]
    begin = tables.cut_starts[feature] + feature
    before = 0.0
    for passed in range(len(splits) + 1):
        bits = left_over
        for position in range(len(splits)):
            split = splits[position]
            bits &= tables.if_right[split] if position < passed else tables.if_left[split]
        value = _leaf(tables, tree, bits)
        at = 0 if passed == 0 else tables.steps[splits[passed - 1]] + 1
        jumps[begin + at] += value - before
        before = value


@njit(cache=True, nogil=True)
def _decide_implicates(
    tables: TreeTables, splits: Integers, count: int, place: Integers, bits: Bits
) -> None:
    """Leave each implicate only the leaf its fused values lead to."""
    for position in range(count):
        split = splits[position]
        left, right, step = tables.if_left[split], tables.if_right[split], tables.steps[split]
        values = place[tables.features[split]]
        for implicate in range(len(bits)):
            if step < 0:
                goes_left = _is_member(tables, split, values[implicate])
            else:
                goes_left = values[implicate] <= step
            bits[implicate] &= left if goes_left else right


@njit(cache=True, nogil=True)
def _add_steps(
    tables: TreeTables, fused_place: Integers, place: Integers, jumps: Numbers, scores: Numbers
) -> None:
    """Add the step functions of all numbers to the scores, and clear the jumps."""
    for feature in range(len(fused_place)):
        first, last = tables.cut_starts[feature], tables.cut_starts[feature + 1]
        if fused_place[feature] < 0 or first == last:
            continue
        begin = first + feature
        for output in range(scores.shape[0]):
            total = 0.0
            for position in range(begin, begin + last - first + 1):
                total += jumps[output, position]
                jumps[output, position] = total
            for implicate in range(scores.shape[1]):
                scores[output, implicate] += jumps[output, begin + place[feature, implicate]]
            jumps[output, begin : begin + last - first + 1] = 0.0
