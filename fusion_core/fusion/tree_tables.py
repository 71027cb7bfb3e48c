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
_ALL: Final = 2**64 - 1
_WORD: Final = 32


class TreeTables(NamedTuple):
    """The trees of a model part; the splits of all trees side by side.

    Within a tree, splits on predictors of the recipient come before those on fused variables.

    Attributes
    ----------
    outputs
        Which output each tree adds to: 0, or the class.
    starts
        Where each tree's splits begin, of length trees + 1.
    fused_starts
        Where each tree's splits on fused variables begin.
    leaf_starts
        Where each tree's leaves begin in `leaves`.
    features
        Feature each split is on.
    thresholds
        Largest number that goes left; NaN for a split on a category.
    steps
        Position of the threshold among the distinct ones of the same feature in `cuts`.
    missing_left
        Whether a missing value goes left.
    sets, set_sizes
        Where the categories that go left begin in `words`, and how many words they take.
    words
        Sets of categories as bits.
    if_left, if_right
        Leaves of the tree that stay possible when a row goes left or right at the split.
    leaves
        Values of all leaves.
    cuts
        Distinct thresholds of each feature in increasing order, features side by side.
    cut_starts
        Where each feature's thresholds begin in `cuts`, of length features + 1.
    width
        Number of outputs.
    """

    outputs: NDArray[np.int64]
    starts: NDArray[np.int64]
    fused_starts: NDArray[np.int64]
    leaf_starts: NDArray[np.int64]
    features: NDArray[np.int64]
    thresholds: NDArray[np.float64]
    steps: NDArray[np.int64]
    missing_left: NDArray[np.bool_]
    sets: NDArray[np.int64]
    set_sizes: NDArray[np.int64]
    words: NDArray[np.uint32]
    if_left: NDArray[np.uint64]
    if_right: NDArray[np.uint64]
    leaves: NDArray[np.float64]
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
    splits = [split for tree in trees for split in tree.ordered()]
    column = list(zip(*splits, strict=True)) if splits else [()] * 7
    features = np.array(column[0], dtype=np.int64)
    thresholds = np.array(column[1], dtype=np.float64)
    predictors = int(described["max_feature_idx"]) + 1
    steps, cuts, cut_starts = _cuts(features, thresholds, predictors)
    sizes = np.array([len(words) for words in column[3]], dtype=np.int64)
    starts = _starts([len(tree.splits) for tree in trees])
    return TreeTables(
        outputs=np.arange(len(trees), dtype=np.int64) % width,
        starts=starts,
        fused_starts=starts[:-1] + np.array([tree.unfused for tree in trees], dtype=np.int64),
        leaf_starts=_starts([len(tree.leaves) for tree in trees])[:-1],
        features=features,
        thresholds=thresholds,
        steps=steps,
        missing_left=np.array(column[2], dtype=np.bool_),
        sets=np.cumsum(sizes) - sizes,
        set_sizes=sizes,
        words=np.array([word for words in column[3] for word in words], dtype=np.uint32),
        if_left=np.array(column[4], dtype=np.uint64),
        if_right=np.array(column[5], dtype=np.uint64),
        leaves=np.array([value for tree in trees for value in tree.leaves], dtype=np.float64),
        cuts=cuts,
        cut_starts=cut_starts,
        width=width,
    )


class _Tree:
    """The splits and leaves of one tree."""

    def __init__(self, root: dict[str, Any], fused: set[int]) -> None:
        self.leaves: list[float] = []
        self.splits: list[tuple[int, float, bool, tuple[int, ...], int, int, bool]] = []
        self._fused = fused
        self._add(root)
        self.unfused = sum(not split[-1] for split in self.splits)

    def ordered(self) -> list[tuple[int, float, bool, tuple[int, ...], int, int, bool]]:
        """Return the splits, those on fused variables last."""
        return sorted(self.splits, key=lambda split: split[-1])

    def _add(self, node: dict[str, Any]) -> int:
        """Add a node with all below it; return the bits of its leaves."""
        if "split_index" not in node:
            self.leaves.append(float(node["leaf_value"]))
            return 1 << (len(self.leaves) - 1)
        left, right = self._add(node["left_child"]), self._add(node["right_child"])
        feature, threshold, missing_left = int(node["split_feature"]), np.nan, False
        words: tuple[int, ...] = ()
        if node["decision_type"] == "==":
            words = _bits(str(node["threshold"]))
        else:
            threshold = float(node["threshold"])
            missing_left = _missing_left(node, threshold)
        self.splits.append(
            (
                feature,
                threshold,
                missing_left,
                words,
                _ALL & ~right,
                _ALL & ~left,
                feature in self._fused,
            )
        )
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


def _cuts(
    features: NDArray[np.int64], thresholds: NDArray[np.float64], predictors: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Give each threshold its position among those of the same feature."""
    steps = np.full(len(features), -1, dtype=np.int64)
    cuts, sizes = [np.zeros(0)], []
    for predictor in range(predictors):
        rows = np.flatnonzero((features == predictor) & ~np.isnan(thresholds))
        values, steps[rows] = np.unique(thresholds[rows], return_inverse=True)
        cuts.append(values)
        sizes.append(len(values))
    return steps, np.concatenate(cuts), _starts(sizes)


@lru_cache(maxsize=4096)
def _bits(categories: str) -> tuple[int, ...]:
    """Return a set such as ``1||4||40`` as words of bits."""
    members = [int(item) for item in categories.split("||")]
    words = [0] * (max(members) // _WORD + 1)
    for member in members:
        words[member // _WORD] |= 1 << (member % _WORD)
    return tuple(words)
