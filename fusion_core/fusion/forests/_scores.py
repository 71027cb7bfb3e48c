"""How well a forest describes donors its trees did not see.

A donor's out-of-bag distribution is made of the leaves it falls into in the trees whose samples do
not hold it. Few trees are grown to choose by, and fewer of them are out of bag, so products of two
chances are taken from two different trees: the score is that of a forest of many trees with the
same choices (a U-statistic; for a single distribution it is the fair CRPS of Ferro 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.base import VariableType
    from fusion_core.fusion.forests.growing import ForestData, GrownTree

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

FEWEST_TREES = 2


@dataclass(frozen=True)
class HeldMembers:
    """The donors in the leaves of scored rows, one entry per row, tree and donor.

    Attributes
    ----------
    row, tree, member
        The scored row, the tree, and the donor in their leaf.
    weight
        The donor's part of the leaf.
    trees
        Per scored row the number of trees that did not see it.
    """

    row: Integers
    tree: Integers
    member: Integers
    weight: Floats
    trees: Integers


def held_members(trees: Sequence[GrownTree]) -> HeldMembers:
    """Look up the leaves of the scored rows in the trees that did not see them."""
    row, number, member, weight = [], [], [], []
    seen = np.zeros(len(trees[0].held), dtype=np.int64)
    for place, tree in enumerate(trees):
        rows = np.flatnonzero(tree.held >= 0)
        leaves = tree.nodes[tree.held[rows]]
        counts = leaves["threshold"].astype(np.int64)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        row.append(np.repeat(rows, counts))
        number.append(np.full(len(within), place))
        member.append(tree.donors[np.repeat(leaves["right"], counts) + within].astype(np.int64))
        weight.append(np.repeat(1.0 / counts, counts))
        seen[rows] += 1
    return HeldMembers(
        np.concatenate(row),
        np.concatenate(number),
        np.concatenate(member),
        np.concatenate(weight),
        seen,
    )


def out_of_bag_losses(data: ForestData, trees: Sequence[GrownTree]) -> tuple[float, ...]:
    """Return the mean out-of-bag score of each variable: CRPS of numbers, Brier score of classes."""
    held = held_members(trees)
    known = held.trees >= FEWEST_TREES
    weights = data.task.weights[data.scored] * known
    if not weights.sum() > 0:
        return tuple(np.inf for _ in data.task.types)
    losses = []
    for variable, values in zip(data.task.types, data.task.outcomes.T, strict=True):
        score = _brier if variable.is_categorical else _crps
        found = score(held, values, values[data.scored])
        losses.append(float(np.average(np.where(known, found, 0.0), weights=weights)))
    return tuple(losses)


def baseline_losses(data: ForestData) -> tuple[float, ...]:
    """Return the mean score of each variable when all donors are drawn from alike."""
    task, scored = data.task, data.scored
    chance = task.weights / task.weights.sum()
    losses = []
    for variable, values in zip(task.types, task.outcomes.T, strict=True):
        true = values[scored]
        if variable.is_categorical:
            classes, place = np.unique(values, return_inverse=True)
            shares = np.bincount(place, chance)
            found = 1.0 + np.square(shares).sum() - 2 * shares[np.searchsorted(classes, true)]
        else:
            order = np.argsort(values, kind="stable")
            sorted_values, running = values[order], np.cumsum(chance[order])
            moments = np.concatenate([[0.0], np.cumsum(chance[order] * sorted_values)])
            below = np.searchsorted(sorted_values, true, side="right")
            share = np.concatenate([[0.0], running])[below]
            distance = true * (2 * share - 1) + moments[-1] - 2 * moments[below]
            spread = running[:-1] * (1 - running[:-1]) * np.diff(sorted_values)
            found = distance - spread.sum()
        losses.append(float(np.average(found, weights=task.weights[scored])))
    return tuple(losses)


def held_probabilities(
    held: HeldMembers, variable: VariableType, values: Floats, classes: Sequence[int]
) -> Floats:
    """Return the out-of-bag probabilities of classes, of shape (scored rows, classes).

    Parameters
    ----------
    held
        Leaves of the scored rows.
    variable, values
        A categorical variable and the donors' codes.
    classes
        Codes of the classes.
    """
    if not variable.is_categorical:
        raise ValueError(f"'{variable.name}' has no classes")
    place = np.searchsorted(np.array(classes), values[held.member])
    count = len(classes)
    mass = np.bincount(held.row * count + place, held.weight, len(held.trees) * count)
    return np.asarray(mass.reshape(-1, count) / np.maximum(held.trees, 1)[:, None])


def _crps(held: HeldMembers, values: Floats, true: Floats) -> Floats:
    """Return CRPS = E|V − y| − ½ E|V − V'| of each scored row, V and V' from different trees."""
    drawn, trees = values[held.member], np.maximum(held.trees, FEWEST_TREES).astype(np.float64)
    rows = len(true)
    distance = np.bincount(held.row, held.weight * np.abs(drawn - true[held.row]), rows) / trees
    within_row = _half_spread(held.row, drawn, held.weight, rows)
    cells = held.tree * rows + held.row
    within_tree = _half_spread(cells, drawn, held.weight, int(cells.max()) + 1)
    of_trees = np.bincount(np.arange(len(within_tree)) % rows, within_tree, rows)
    return np.asarray(
        distance - (np.square(trees) * within_row - of_trees) / (trees * (trees - 1.0))
    )


def _half_spread(group: Integers, values: Floats, weight: Floats, groups: int) -> Floats:
    """Return ½ E|V − V'| = ∫ F (1 − F) of the distribution in each group."""
    order = np.lexsort((values, group))
    group, values, weight = group[order], values[order], weight[order]
    total = np.bincount(group, weight, groups)
    running = np.cumsum(weight)
    first = np.concatenate([[True], group[1:] != group[:-1]])
    begin = np.maximum.accumulate(np.where(first, np.arange(len(group)), 0))
    share = (running - (running - weight)[begin]) / total[group]
    gap = np.concatenate([np.where(first[1:], 0.0, np.diff(values)), [0.0]])
    return np.asarray(np.bincount(group, share * (1 - share) * gap, groups))


def _brier(held: HeldMembers, values: Floats, true: Floats) -> Floats:
    """Return Σ p² − 2 p_y + 1 of each scored row, the two chances of p² from different trees."""
    trees = np.maximum(held.trees, FEWEST_TREES).astype(np.float64)
    classes, place = np.unique(values, return_inverse=True)
    rows, count = len(true), len(classes)
    own = place[held.member]
    mass = np.bincount(held.row * count + own, held.weight, rows * count).reshape(rows, count)
    cells, inverse = np.unique((held.tree * rows + held.row) * count + own, return_inverse=True)
    squares = np.square(np.bincount(inverse, held.weight))
    within = np.bincount(cells // count % rows, squares, rows)
    both = (np.square(mass).sum(axis=1) - within) / (trees * (trees - 1.0))
    chance = mass[np.arange(rows), np.searchsorted(classes, true)] / trees
    return np.asarray(1.0 + both - 2 * chance)
