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
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.forests.growing import ForestData, GrownTree

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

FEWEST_TREES = 2


@dataclass(frozen=True)
class HeldMembers:
    """The donors in the leaves of scored rows, one entry per row, tree and donor.

    Attributes
    ----------
    row, member
        The scored row, and the donor in its leaf of some tree.
    weight
        The donor's part of the leaf.
    trees
        Per scored row the number of trees that did not see it.
    """

    row: Integers
    member: Integers
    weight: Floats
    trees: Integers

    def mass(self, codes: Integers, count: int) -> csr_array:
        """Return the summed weights of each code of the members, of shape (scored rows, codes)."""
        shape = (len(self.trees), count)
        return csr_array((self.weight, (self.row, codes[self.member])), shape=shape)


def held_members(trees: Sequence[GrownTree]) -> HeldMembers:
    """Look up the leaves of the scored rows in the trees that did not see them."""
    row, member, weight = [], [], []
    seen = np.zeros(len(trees[0].held), dtype=np.int64)
    for tree in trees:
        rows = np.flatnonzero(tree.held >= 0)
        leaves = tree.nodes[tree.held[rows]]
        counts = leaves["threshold"].astype(np.int64)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        row.append(np.repeat(rows, counts))
        member.append(tree.donors[np.repeat(leaves["right"], counts) + within].astype(np.int64))
        weight.append(np.repeat(1.0 / counts, counts))
        seen[rows] += 1
    return HeldMembers(np.concatenate(row), np.concatenate(member), np.concatenate(weight), seen)


def out_of_bag_losses(data: ForestData, trees: Sequence[GrownTree]) -> tuple[float, ...]:
    """Return the mean out-of-bag score of each variable: CRPS of numbers, Brier score of classes.

    Both are E|V − y| − ½ E|V − V'|, V and V' being drawn from different trees: the distance of two
    numbers, or twice whether two classes differ (Gneiting and Raftery 2007).
    """
    held = held_members(trees)
    known = held.trees >= FEWEST_TREES
    weights = data.task.weights[data.scored] * known
    if not weights.sum() > 0:
        return tuple(np.inf for _ in data.task.types)
    count = np.maximum(held.trees, FEWEST_TREES).astype(np.float64)
    losses = []
    for variable, values in zip(data.task.types, data.task.outcomes.T, strict=True):
        levels, codes = np.unique(values, return_inverse=True)
        gaps = None if variable.is_categorical else np.diff(levels)
        mass, true = held.mass(codes, len(levels)), codes[data.scored]
        if gaps is None:
            distance: Floats = 2.0 * (count - _at(mass, true))
        else:
            far = np.abs(values[held.member] - values[data.scored][held.row])
            distance = np.asarray(np.bincount(held.row, held.weight * far, len(count)), np.float64)
        pairs = np.square(count) * _half_spread(mass, count, gaps) - _within_trees(
            trees, codes, len(levels), gaps
        )
        found = distance / count - pairs / (count * (count - 1.0))
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


def held_probabilities(held: HeldMembers, values: Floats) -> Floats:
    """Return the out-of-bag probabilities of a variable's classes, of shape (scored rows, classes).

    Parameters
    ----------
    held
        Leaves of the scored rows.
    values
        The donors' codes.
    """
    classes, codes = np.unique(values, return_inverse=True)
    mass = held.mass(codes, len(classes)).toarray()
    return np.asarray(mass / np.maximum(held.trees, 1)[:, None])


def _within_trees(
    trees: Sequence[GrownTree], codes: Integers, count: int, gaps: Floats | None
) -> Floats:
    """Return the sum of ½ E|V − V'| over the leaves of each scored row, both from the same leaf."""
    result = np.zeros(len(trees[0].held))
    for tree in trees:
        is_leaf = tree.nodes["feature"] < 0
        members = tree.nodes["threshold"][is_leaf]
        # Donors stand leaf by leaf, as leaves stand in the nodes.
        leaf = np.repeat(np.arange(len(members)), members.astype(np.int64))
        ones = np.ones(len(leaf))
        mass = csr_array((ones, (leaf, codes[tree.donors])), shape=(len(members), count))
        members = np.maximum(members, 1.0)
        place = np.cumsum(is_leaf) - 1
        rows = np.flatnonzero(tree.held >= 0)
        result[rows] += _half_spread(mass, members, gaps)[place[tree.held[rows]]]
    return result


def _half_spread(mass: csr_array, total: Floats, gaps: Floats | None) -> Floats:
    """Return ½ E|V − V'| of the distribution in each row: ∫ F (1 − F), or 1 − Σ p² of classes.

    Parameters
    ----------
    mass
        Weights of each level, of shape (rows, levels).
    total
        Their sum in each row, or what they are divided by.
    gaps
        Distances between the levels; ``None`` for classes.
    """
    if gaps is None:
        return np.asarray(1.0 - mass.power(2).sum(axis=1) / np.square(total))
    levels = np.concatenate([[0.0], np.cumsum(gaps)])
    mass.sum_duplicates()
    row = np.repeat(np.arange(mass.shape[0]), np.diff(mass.indptr))
    running = np.cumsum(mass.data)
    before = np.concatenate([[0.0], running])[mass.indptr[:-1]]
    share = (running - before[row]) / total[row]
    value = levels[mass.indices]
    gap = np.append(np.where(np.diff(row) == 0, np.diff(value), 0.0), 0.0)
    return np.asarray(np.bincount(row, share * (1 - share) * gap, mass.shape[0]), dtype=np.float64)


def _at(mass: csr_array, codes: Integers) -> Floats:
    """Return the weight of one level in each row."""
    return np.asarray(mass[np.arange(mass.shape[0]), codes])
