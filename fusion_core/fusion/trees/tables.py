"""LightGBM trees as flat arrays, the form in which compiled code evaluates them.

A model part is read once from LightGBM's own description of its trees. Decisions follow LightGBM:
a number goes left when it is at most the threshold, a category when it is in the split's set; where
a missing value goes is part of the split. Every split carries the leaves that stay possible on
either side as the bits of one word, so a tree may have up to 64 leaves.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    import lightgbm as lgb
    from numpy.typing import NDArray

MOST_LEAVES: Final = 64
MOST_CODES: Final = 64
"""Features with fewer categories have thresholds between their codes."""
_ALL: Final = 2**64 - 1
_WORD: Final = 32


SPLIT: Final = np.dtype(
    [
        ("feature", np.int64),
        ("threshold", np.float64),
        ("step", np.int64),
        ("missing_left", np.int64),
        ("word", np.int64),
        ("words", np.int64),
        ("if_left", np.uint64),
        ("if_right", np.uint64),
    ],
    align=True,
)
"""A split: the feature it is on; the largest number that goes left, NaN for a split on a category;
the threshold's position among the distinct ones of the feature, −1 for a category; whether a missing
value goes left; where its set of categories begins and how many words it takes; the leaves of the
tree that stay possible when a row goes left or right."""
TREE: Final = np.dtype(
    [
        ("output", np.int64),
        ("first", np.int64),
        ("first_fused", np.int64),
        ("end", np.int64),
        ("leaf", np.int64),
    ],
    align=True,
)
"""A tree: the output it adds to (0, or the class), where its splits begin, its splits on fused
variables, where they end, and where its leaves begin."""


class TreeTables(NamedTuple):
    """The trees of a model part; the splits of all trees side by side.

    Within a tree, splits on predictors of the recipient come before those on fused variables.

    Attributes
    ----------
    trees, splits
        Of type `TREE` and `SPLIT`.
    leaves
        Values of all leaves.
    words
        Sets of categories that go left, as bits.
    cuts
        Distinct thresholds of each feature in increasing order, features side by side; for a few
        categories, halves between their codes.
    cut_starts
        Where each feature's thresholds begin in `cuts`, of length features + 1.
    width
        Number of outputs.
    """

    trees: NDArray[np.void]
    splits: NDArray[np.void]
    leaves: NDArray[np.float64]
    words: NDArray[np.uint32]
    cuts: NDArray[np.float64]
    cut_starts: NDArray[np.int64]
    width: int


def read_trees(booster: lgb.Booster, fused: Collection[int]) -> TreeTables:
    """Return the trees of a LightGBM model.

    Parameters
    ----------
    booster
        The model; its trees have at most `MOST_LEAVES` leaves.
    fused
        Features that are fused variables.
    """
    described = booster.dump_model()
    width = int(described["num_tree_per_iteration"])
    trees = [_Tree(tree["tree_structure"], set(fused)) for tree in described["tree_info"]]
    found = [split for tree in trees for split in tree.ordered()]
    splits = np.zeros(len(found), dtype=SPLIT)
    for place, split in enumerate(found):
        splits[place] = (
            split.feature,
            split.threshold,
            -1,
            split.missing_left,
            0,
            len(split.words),
            _ALL & ~split.right,
            _ALL & ~split.left,
        )
    splits["word"] = np.cumsum(splits["words"]) - splits["words"]
    categories = _categories(found)
    cuts, cut_starts = _number_thresholds(
        splits, [categories.get(item, 0) for item in range(int(described["max_feature_idx"]) + 1)]
    )
    table = np.zeros(len(trees), dtype=TREE)
    starts = _starts([len(tree.splits) for tree in trees])
    table["output"] = np.arange(len(trees)) % width
    table["first"], table["end"] = starts[:-1], starts[1:]
    table["first_fused"] = starts[:-1] + [tree.unfused for tree in trees]
    table["leaf"] = _starts([len(tree.leaves) for tree in trees])[:-1]
    return TreeTables(
        trees=table,
        splits=splits,
        leaves=np.array([value for tree in trees for value in tree.leaves], dtype=np.float64),
        words=np.array([word for split in found for word in split.words], dtype=np.uint32),
        cuts=cuts,
        cut_starts=cut_starts,
        width=width,
    )


class _Split(NamedTuple):
    """A split as LightGBM describes it, with the bits of the leaves on either side."""

    feature: int
    threshold: float
    missing_left: bool
    words: tuple[int, ...]
    left: int
    right: int


class _Tree:
    """The splits and leaves of one tree."""

    def __init__(self, root: dict[str, Any], fused: set[int]) -> None:
        self.leaves: list[float] = []
        self.splits: list[_Split] = []
        self._fused = fused
        self._add(root)
        self.unfused = sum(split.feature not in fused for split in self.splits)

    def ordered(self) -> list[_Split]:
        """Return the splits, those on fused variables last."""
        return sorted(self.splits, key=lambda split: split.feature in self._fused)

    def _add(self, node: dict[str, Any]) -> int:
        """Add a node with all below it; return the bits of its leaves."""
        if "split_index" not in node:
            self.leaves.append(float(node["leaf_value"]))
            return 1 << (len(self.leaves) - 1)
        left, right = self._add(node["left_child"]), self._add(node["right_child"])
        threshold, missing_left = np.nan, False
        words: tuple[int, ...] = ()
        if node["decision_type"] == "==":
            words = _bits(str(node["threshold"]))
        else:
            threshold = float(node["threshold"])
            missing_left = _missing_left(node, threshold)
        feature = int(node["split_feature"])
        self.splits.append(_Split(feature, threshold, missing_left, words, left, right))
        return left | right


def _missing_left(node: dict[str, Any], threshold: float) -> bool:
    """Tell where a missing number goes: LightGBM takes it for 0 if the donors lacked none."""
    if node["missing_type"] == "NaN":
        return bool(node["default_left"])
    if node["missing_type"] == "None":
        return threshold >= 0
    raise ValueError("trees that take zero for missing are not supported")


def _starts(sizes: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _categories(splits: list[_Split]) -> dict[int, int]:
    """Return the number of categories that the sets of each categorical feature tell apart."""
    found: dict[int, int] = {}
    for split in splits:
        if split.words:
            count = _WORD * (len(split.words) - 1) + split.words[-1].bit_length()
            found[split.feature] = max(found.get(split.feature, 0), count)
    return found


def _number_thresholds(
    splits: NDArray[np.void], categories: list[int]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give each threshold its position among those of the same feature; return them all.

    A feature with a few categories has thresholds between their codes.
    """
    cuts, sizes = [np.zeros(0)], []
    for feature, count in enumerate(categories):
        rows = np.flatnonzero((splits["feature"] == feature) & ~np.isnan(splits["threshold"]))
        values, splits["step"][rows] = np.unique(splits["threshold"][rows], return_inverse=True)
        if count:
            values = np.arange(count if count < MOST_CODES else 0) + 0.5
        cuts.append(values)
        sizes.append(len(cuts[-1]))
    return np.concatenate(cuts), _starts(sizes)


@lru_cache(maxsize=4096)
def _bits(categories: str) -> tuple[int, ...]:
    """Return a set such as ``1||4||40`` as words of bits."""
    members = [int(item) for item in categories.split("||")]
    words = [0] * (max(members) // _WORD + 1)
    for member in members:
        words[member // _WORD] |= 1 << (member % _WORD)
    return tuple(words)
