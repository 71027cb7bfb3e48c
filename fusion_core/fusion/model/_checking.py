"""What a saved model holds, checked before compiled code walks it.

Compiled code believes every index it is given: one that points outside ends the program, or reads
what is none of its business. The checksums of a model guard against accidents only, since whoever
writes a model writes its manifest too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.errors import CorruptFileError
from fusion_core.fusion.trees import MOST_LEAVES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fusion_core.fusion.forests import Forest
    from fusion_core.fusion.model.chain import ModelContent, VariableModel
    from fusion_core.fusion.model.neighbours import DonorPool

_CATEGORICAL: Final = 1
"""Bit of LightGBM's decision types."""
_WORD_BITS: Final = 32
_MOST_CATEGORIES: Final = 100_000
_PER_SPLIT: Final = (
    "split_feature",
    "split_gain",
    "threshold",
    "decision_type",
    "left_child",
    "right_child",
    "internal_value",
    "internal_weight",
    "internal_count",
)
_PER_LEAF: Final = ("leaf_value", "leaf_weight", "leaf_count")


class _Implausible(Exception):  # noqa: N818 - becomes the cause of the error people read
    """Something in a model points where nothing is."""


def check_model(model: ModelContent, shown: Path, *, trees: bool) -> None:
    """Refuse a model whose parts do not fit each other.

    Parameters
    ----------
    model
        The model as read.
    shown
        Its folder or zip, for messages.
    trees
        Whether to look into the boosted trees too, which takes a while.

    Raises
    ------
    CorruptFileError
        Saying what does not fit.
    """
    try:
        _check(model, trees=trees)
    except (_Implausible, ValueError, TypeError, OverflowError) as error:
        raise CorruptFileError(
            f"The fusion model is damaged, or was made by another program: {error}",
            where=str(shown),
            fix="Train the model again, or ask whoever sent it for the original",
        ) from error


def _check(model: ModelContent, *, trees: bool) -> None:
    donors = len(model.weights)
    _require(donors > 0, "it has no donors")
    _require(
        bool(np.isfinite(model.weights).all()) and bool((model.weights >= 0).all()),
        "a donor's weight is not a number of at least 0",
    )
    _require(
        all(len(values) == donors for values in (*model.values.values(), *model.exact.values())),
        "not every donor has a value of every variable",
    )
    _require(len(model.fill) >= len(model.predictors), "a predictor has no value for gaps")
    known = len(model.predictors)
    for step in model.steps:
        for variable in step.variables:
            _check_variable(variable, known, model.values[variable.type.name], trees=trees)
        if step.pool is not None:
            _check_pool(step.pool, donors)
        if step.forest is not None:
            _check_forest(step.forest, known, donors, sum(item.width for item in step.variables))
        known += len(step.variables)


def _check_variable(
    variable: VariableModel, known: int, values: NDArray[np.float64], *, trees: bool
) -> None:
    name = variable.type.name
    levels = len(variable.type.levels)
    _require(_within(variable.features, known), f"{name} has predictors that are not there")
    _require(_within(variable.classes, levels), f"{name} has answers that are not there")
    if variable.type.is_categorical:
        codes = np.asarray(values)
        coded = codes[~np.isnan(codes.astype(np.float64))]
        _require(_within(coded, levels), f"a donor's answer to {name} is not there")
    for part in variable.parts if trees else ():
        _check_text(part.text, len(variable.features), len(variable.classes), name)


def _check_pool(pool: DonorPool, donors: int) -> None:
    _require(_within(pool.donors, donors), "a list of donors names some that are not there")
    lists = np.asarray(pool.offsets)
    _require(
        len(lists) == len(pool.points) + 1
        and lists[0] == 0
        and lists[-1] == len(pool.donors)
        and bool((np.diff(lists) > 0).all()),
        "the lists of donors do not fit their centres",
    )
    width = pool.points.shape[1]
    scale = pool.scale
    _require(
        len(scale.centre) == len(scale.spread) == len(scale.weight) == width
        and bool(np.isfinite(pool.points).all()),
        "the centres of the donors have other coordinates than their scale",
    )


def _check_forest(forest: Forest, known: int, donors: int, expectations: int) -> None:
    nodes, roots = forest.nodes, np.asarray(forest.roots)
    _require(_within(forest.features, known), "a forest has predictors that are not there")
    _require(
        len(forest.ranks) - len(forest.features) in {0, expectations},
        "a forest's ranks do not fit its features",
    )
    _require(_within(forest.donors, donors), "a forest names donors that are not there")
    _require(
        len(roots) > 0
        and roots[0] == 0
        and bool((np.diff(roots) > 0).all())
        and roots[-1] < len(nodes),
        "the trees of a forest do not begin where they should",
    )
    sizes = np.diff([*roots, len(nodes)])
    ends = np.repeat(roots + sizes, sizes)
    place = np.arange(len(nodes))
    is_leaf = nodes["feature"] == -1
    inner = ~is_leaf
    right = nodes["right"].astype(np.int64)
    _require(
        _within(nodes["feature"][inner], len(forest.ranks)),
        "a node of a forest asks for a feature that is not there",
    )
    # Both ways lead on within the tree, so that every walk comes to an end.
    _require(
        bool((right[inner] > place[inner] + 1).all()) and bool((right[inner] < ends[inner]).all()),
        "a node of a forest leads nowhere",
    )
    counts = nodes["threshold"][is_leaf]
    firsts = right[is_leaf]
    _require(
        bool(np.isfinite(counts).all())
        and bool((counts >= 1).all())
        and bool((firsts >= 0).all())
        and bool((firsts + counts <= len(forest.donors)).all()),
        "a leaf of a forest holds donors that are not there",
    )


def _check_text(text: str, features: int, classes: int, name: str) -> None:
    """Check a model in LightGBM's text form: its header, and every tree."""
    head, *sections = text.split("\nTree=")
    header = _entries(head)
    wrong = f"the trees of {name} cannot be read"
    wide = int(header.get("num_tree_per_iteration", "0"))
    _require(wide in {1, classes} and int(header.get("num_class", "0")) == wide, wrong)
    _require(int(header.get("max_feature_idx", "-1")) + 1 == features, wrong)
    _require(len(header.get("feature_names", "").split()) == features, wrong)
    _require(len(header.get("feature_infos", "").split()) == features, wrong)
    _require(bool(sections) and len(sections) % wide == 0, wrong)
    sizes = [int(size) for size in header.get("tree_sizes", "").split()]
    body = text[len(head) + 1 :].encode()
    end = body.find(b"end of trees")
    _require(len(sizes) == len(sections) and sum(sizes) == end and end >= 0, wrong)
    place = 0
    for number, size in enumerate(sizes):
        tree = body[place : place + size].decode()
        _require(tree.startswith(f"Tree={number}\n"), wrong)
        _check_tree(_entries(tree), features, wrong)
        place += size


def _check_tree(tree: dict[str, str], features: int, wrong: str) -> None:
    leaves = int(tree.get("num_leaves", "0"))
    _require(1 <= leaves <= MOST_LEAVES, wrong)
    _require(int(tree.get("is_linear", "0")) == 0, wrong)
    _require(len(_numbers(tree, "leaf_value", finite=True)) == leaves, wrong)
    if leaves == 1:
        return
    splits = leaves - 1
    columns = {key: _numbers(tree, key) for key in (*_PER_SPLIT, *_PER_LEAF)}
    _require(all(len(columns[key]) == splits for key in _PER_SPLIT), wrong)
    _require(all(len(columns[key]) == leaves for key in _PER_LEAF), wrong)
    _require(_within(columns["split_feature"], features), wrong)
    _check_children(columns["left_child"], columns["right_child"], leaves, wrong)
    categories = int(tree.get("num_cat", "0"))
    on_category = columns["decision_type"].astype(np.int64) & _CATEGORICAL == _CATEGORICAL
    _require(not on_category.any() if not categories else categories <= splits, wrong)
    if not categories:
        return
    _require(_within(columns["threshold"][on_category], categories), wrong)
    bounds, words = _numbers(tree, "cat_boundaries"), _numbers(tree, "cat_threshold")
    _require(
        len(bounds) == categories + 1
        and bounds[0] == 0
        and bool((np.diff(bounds) > 0).all())
        and bounds[-1] == len(words) <= _MOST_CATEGORIES // _WORD_BITS * categories
        and _within(words, 2**_WORD_BITS),
        wrong,
    )


def _check_children(
    left: NDArray[np.float64], right: NDArray[np.float64], leaves: int, wrong: str
) -> None:
    """Every split but the first and every leaf is the child of one split that comes before it."""
    children = np.concatenate([left, right])
    parents = np.tile(np.arange(leaves - 1), 2)
    inner = children >= 0
    _require(bool((children[inner] > parents[inner]).all()), wrong)
    expected = np.arange(-leaves, leaves - 1)
    _require(np.array_equal(np.sort(children), expected[expected != 0]), wrong)


def _entries(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines())
    return {name: value for name, mark, value in lines if mark}


def _numbers(tree: dict[str, str], key: str, *, finite: bool = False) -> NDArray[np.float64]:
    found = np.array(tree.get(key, "").split(), dtype=np.float64)
    if finite and not np.isfinite(found).all():
        raise _Implausible(f"'{key}' holds what is not a number")
    return found


def _within(values: object, count: int) -> bool:
    """Whether all values are whole numbers from 0 to below `count`."""
    found = np.asarray(values, dtype=np.float64)
    return bool(((found >= 0) & (found < count) & (found == np.floor(found))).all())


def _require(fits: bool, why: str) -> None:
    if not fits:
        raise _Implausible(why)


__all__ = ["check_model"]
