"""Compiled evaluation of trees for a household and all its implicates at once.

Implicates of a household share its predictors and differ only in the variables fused before. So
every split on a predictor is decided once per household, as a word of the leaves that stay possible
(QuickScorer: Lucchese et al., SIGIR 2015). What is left of a tree is

* one leaf, the same for all implicates;
* splits on one fused variable: a step function of that number, or of the category's code; the steps
  of all trees are added up and looked up once per implicate;
* splits on several fused variables, or on one of many categories: decided per implicate.

The sums are those of LightGBM but for the order of addition. Fused values are never missing.

Only `_walk` is compiled, with the others inside, see `fusion_core.compiling`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numba import float64, from_dtype, int64, njit, types, uint32, void

from fusion_core.compiling import compile_once, plain
from fusion_core.fusion.trees.tables import MOST_CODES, MOST_LEAVES, SPLIT, TREE, TreeTables

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Bits = NDArray[np.uint64]
    Integers = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Records = NDArray[np.void]

ROWS_AT_ONCE: Final = 256
"""Rows whose words are kept at once, so that they stay in the processor's cache."""

_ONE: Final = np.uint64(1)
_FACTOR: Final = np.uint64(0x03F79D71B4CB0A89)
_SHIFT: Final = np.uint64(58)
_TABLES: Final = TreeTables(
    trees=from_dtype(TREE)[::1],
    splits=from_dtype(SPLIT)[::1],
    leaves=float64[::1],
    words=uint32[::1],
    cuts=float64[::1],
    cut_starts=int64[::1],
    width=int64,
)
_SIGNATURE: Final = void(
    types.NamedTuple(_TABLES, TreeTables),
    float64[:, ::1],
    float64[:, :, ::1],
    int64[::1],
    float64[:, :, ::1],
)


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
    compiled_walk()(
        TreeTables(
            plain(tables.trees, TREE),
            plain(tables.splits, SPLIT),
            plain(tables.leaves, np.float64),
            plain(tables.words, np.uint32),
            plain(tables.cuts, np.float64),
            plain(tables.cut_starts, np.int64),
            tables.width,
        ),
        plain(predictors, np.float64),
        plain(fused, np.float64),
        plain(fused_place, np.int64),
        scores,
    )
    return scores


@cache
def compiled_walk() -> Callable[..., None]:
    """Return the compiled `_walk`; the first of many processes compiles, the others wait for it."""
    return compile_once(_walk, _SIGNATURE)


def _walk(  # noqa: C901 - the loop of the whole module; a call per tree costs over half as much again
    tables: TreeTables, predictors: Numbers, fused: Numbers, fused_place: Integers, scores: Numbers
) -> None:
    rows, outputs, implicates = scores.shape
    trees, splits, cut_starts = tables.trees, tables.splits, tables.cut_starts
    possible = np.empty((len(trees), ROWS_AT_ONCE), np.uint64)
    place = np.zeros((len(fused_place), implicates), np.int64)
    jumps = np.zeros((outputs, len(tables.cuts) + len(fused_place)))
    every_code = np.zeros((len(fused_place), MOST_CODES), np.int64)
    every_code[:] = np.arange(MOST_CODES)
    listed = np.empty(MOST_LEAVES, np.int64)
    bits = np.empty(implicates, np.uint64)
    common = np.zeros(outputs)
    for first in range(0, rows, ROWS_AT_ONCE):
        last = min(first + ROWS_AT_ONCE, rows)
        block = np.ascontiguousarray(predictors[:, first:last])
        for tree in range(len(trees)):
            _decide_predictors(trees[tree], splits, tables.words, block, possible[tree])
        for row in range(first, last):
            _place_values(tables.cuts, cut_starts, fused[row], fused_place, place)
            common[:] = 0.0
            for tree in range(len(trees)):
                output, left_over = trees[tree]["output"], possible[tree, row - first]
                leaves = tables.leaves[trees[tree]["leaf"] :]
                if left_over & (left_over - _ONE) == 0:
                    common[output] += leaves[_lowest(left_over)]
                    continue
                count, on_one = _open_splits(trees[tree], splits, left_over, listed)
                if on_one:
                    feature = splits[listed[0]]["feature"]
                    begin = cut_starts[feature] + feature
                    codes = cut_starts[feature + 1] - cut_starts[feature] + 1
                    if splits[listed[0]]["step"] >= 0:
                        _add_jumps(splits, leaves, left_over, listed[:count], jumps[output, begin:])
                        continue
                    if 1 < codes <= implicates:
                        bits[:codes] = left_over
                        _decide(splits, tables.words, listed[:count], every_code, bits[:codes])
                        _add_codes(leaves, bits[:codes], jumps[output, begin:])
                        continue
                bits[:] = left_over
                _decide(splits, tables.words, listed[:count], place, bits)
                for implicate in range(implicates):
                    scores[row, output, implicate] += leaves[_lowest(bits[implicate])]
            for output in range(outputs):
                for implicate in range(implicates):
                    scores[row, output, implicate] += common[output]
            _add_steps(cut_starts, fused_place, place, jumps, scores[row])


@njit(nogil=True)
def _decide_predictors(
    tree: np.void, splits: Records, words: Integers, predictors: Numbers, bits: Bits
) -> None:
    """Find the leaves of a tree that the predictors of each row leave possible."""
    rows = predictors.shape[1]
    leaves = tree["end"] - tree["first"] + 1
    every = ~np.uint64(0) >> np.uint64(MOST_LEAVES - leaves)
    for row in range(rows):
        bits[row] = every
    for place in range(tree["first"], tree["first_fused"]):
        split = splits[place]
        values = predictors[split["feature"]]
        left, right, threshold = split["if_left"], split["if_right"], split["threshold"]
        if np.isnan(threshold):
            for row in range(rows):
                bits[row] &= left if _is_member(split, words, values[row]) else right
        elif split["missing_left"]:
            for row in range(rows):
                bits[row] &= right if values[row] > threshold else left
        else:
            for row in range(rows):
                bits[row] &= left if values[row] <= threshold else right


@njit(nogil=True)
def _is_member(split: np.void, words: Integers, value: float) -> bool:
    """Tell whether a category goes left; a missing one goes right."""
    if not value >= 0:
        return False
    category = np.int64(value)
    word = category >> 5
    if word >= split["words"]:
        return False
    return bool((words[split["word"] + word] >> np.uint32(category & 31)) & np.uint32(1))


@njit(nogil=True)
def _lowest(bits: np.uint64) -> int:
    """Return the position of the lowest bit."""
    lowest = bits & (~bits + _ONE)
    return int(_POSITION[(lowest * _FACTOR) >> _SHIFT])


@njit(nogil=True)
def _place_values(
    cuts: Numbers, cut_starts: Integers, fused: Numbers, fused_place: Integers, place: Integers
) -> None:
    """Find how many thresholds lie below each fused number; of many categories keep the codes."""
    for feature in range(len(fused_place)):
        variable = fused_place[feature]
        if variable < 0:
            continue
        first, last = cut_starts[feature], cut_starts[feature + 1]
        for implicate in range(fused.shape[1]):
            value = fused[variable, implicate]
            if first == last:
                place[feature, implicate] = np.int64(value)
                continue
            below, above = first, last
            while below < above:
                middle = (below + above) >> 1
                if cuts[middle] < value:
                    below = middle + 1
                else:
                    above = middle
            place[feature, implicate] = below - first


@njit(nogil=True)
def _open_splits(
    tree: np.void, splits: Records, left_over: np.uint64, listed: Integers
) -> tuple[int, bool]:
    """List the splits with possible leaves on both sides, in the order of their thresholds.

    Returns their number, and whether all of them are on one variable.
    """
    count, on_one, feature = 0, True, -1
    for place in range(tree["first_fused"], tree["end"]):
        split = splits[place]
        if left_over & ~split["if_left"] == 0 or left_over & ~split["if_right"] == 0:
            continue
        step = split["step"]
        position = count
        while position > 0 and splits[listed[position - 1]]["step"] > step:
            listed[position] = listed[position - 1]
            position -= 1
        listed[position] = place
        count += 1
        on_one &= feature in (-1, split["feature"])
        feature = split["feature"]
    return count, on_one


@njit(nogil=True)
def _add_jumps(
    splits: Records, leaves: Numbers, left_over: np.uint64, listed: Integers, jumps: Numbers
) -> None:
    """Add a tree that depends on one number: its first value, and its change at each threshold."""
    before = 0.0
    for passed in range(len(listed) + 1):
        bits = left_over
        for position in range(len(listed)):
            split = splits[listed[position]]
            bits &= split["if_right"] if position < passed else split["if_left"]
        value = leaves[_lowest(bits)]
        at = 0 if passed == 0 else splits[listed[passed - 1]]["step"] + 1
        jumps[at] += value - before
        before = value


@njit(nogil=True)
def _add_codes(leaves: Numbers, bits: Bits, jumps: Numbers) -> None:
    """Add a tree that depends on one category: its change from each code to the next."""
    before = 0.0
    for code in range(len(bits)):
        value = leaves[_lowest(bits[code])]
        jumps[code] += value - before
        before = value


@njit(nogil=True)
def _decide(
    splits: Records, words: Integers, listed: Integers, place: Integers, bits: Bits
) -> None:
    """Leave each implicate, or each code, only the leaf its fused values lead to."""
    for position in range(len(listed)):
        split = splits[listed[position]]
        left, right, step = split["if_left"], split["if_right"], split["step"]
        values = place[split["feature"]]
        for implicate in range(len(bits)):
            if step < 0:
                goes_left = _is_member(split, words, float(values[implicate]))
            else:
                goes_left = values[implicate] <= step
            bits[implicate] &= left if goes_left else right


@njit(nogil=True)
def _add_steps(
    cut_starts: Integers, fused_place: Integers, place: Integers, jumps: Numbers, scores: Numbers
) -> None:
    """Add the step functions of all variables to the scores, and clear the jumps."""
    for feature in range(len(fused_place)):
        first, last = cut_starts[feature], cut_starts[feature + 1]
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
            for position in range(begin, begin + last - first + 1):
                jumps[output, position] = 0.0
