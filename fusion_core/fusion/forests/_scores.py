"""How well forests, and other ways to draw, describe donors they did not see.

A donor's out-of-bag distribution is made of the leaves it falls into in the trees whose samples do
not hold it. Few trees are grown to choose by, and fewer of them are out of bag, so two draws are taken
from two different trees: the score is that of a forest of many trees with the same choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.fusion.forests._pairs import Answer, Drawn, pair_distances

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from fusion_core.fusion.forests.growing import ForestData, GrownTree

    Floats = NDArray[np.float64]

FEWEST_TREES = 2


def drawn_from(ways: Sequence[Sequence[GrownTree]], rival: csr_array | None = None) -> Drawn:
    """Describe what ways to draw say of the scored rows.

    Parameters
    ----------
    ways
        Trees of each way.
    rival
        The chance of each donor in one more way, of shape (scored rows, donors), the last one.
    """
    listed, sizes, donors, chance = [], [], [], []
    lists = 0
    for tree in (tree for trees in ways for tree in trees):
        is_leaf = tree.nodes["feature"] < 0
        # Donors stand leaf by leaf, as leaves stand in the nodes.
        members = tree.nodes["threshold"][is_leaf].astype(np.int64)
        leaf = np.cumsum(is_leaf) - 1 + lists
        listed.append(np.where(tree.held >= 0, leaf[tree.held], -1))
        sizes.append(members)
        donors.append(tree.donors)
        chance.append(np.repeat(1.0 / np.maximum(members, 1), members))
        lists += len(members)
    way = [number for number, trees in enumerate(ways) for _ in trees]
    if rival is not None:
        listed.append(lists + np.arange(rival.shape[0]))
        sizes.append(np.diff(rival.indptr).astype(np.int64))
        donors.append(rival.indices.astype(np.int32))
        chance.append(rival.data)
        way.append(len(ways))
    return Drawn(
        np.stack(listed, axis=1),
        np.array(way, dtype=np.int64),
        np.concatenate([[0], np.cumsum(np.concatenate(sizes))]),
        np.concatenate(donors),
        np.concatenate(chance),
    )


@dataclass(frozen=True)
class Distances:
    """How far draws are from the true answers and from each other (see `_pairs`).

    Attributes
    ----------
    weights
        Survey weights of the scored rows that trees enough have not seen, with sum 1; 0 for others.
    off, apart
        By variable, of shape (scored rows, ways) and (scored rows, ways, ways).
    """

    weights: Floats
    off: list[Floats]
    apart: list[Floats]


def row_distances(
    data: ForestData, ways: Sequence[Sequence[GrownTree]], rival: csr_array | None = None
) -> Distances | None:
    """Return the distances that scores are made of; ``None`` where all trees have seen every donor.

    Parameters
    ----------
    data
        The donors.
    ways, rival
        As for `drawn_from`.
    """
    drawn = drawn_from(ways, rival)
    seen = [(drawn.listed[:, drawn.way == way] >= 0).sum(axis=1) for way in range(len(ways))]
    weights = data.task.weights[data.scored] * (np.min(seen, axis=0) >= FEWEST_TREES)
    if not weights.sum() > 0:
        return None
    found = []
    for variable, values in zip(data.task.types, data.task.outcomes.T, strict=True):
        levels, codes = np.unique(values, return_inverse=True)
        answer = Answer(codes, levels, variable.is_categorical, codes[data.scored])
        found.append(pair_distances(drawn, answer, int(drawn.way[-1]) + 1))
    off, apart = zip(*found, strict=True)
    return Distances(weights / weights.sum(), list(off), list(apart))


def out_of_bag_losses(data: ForestData, trees: Sequence[GrownTree]) -> tuple[float, ...]:
    """Return the mean out-of-bag score of each variable: CRPS of numbers, Brier score of classes.

    Both are E d(V, y) − ½ E d(V, V') (Gneiting and Raftery 2007).
    """
    found = row_distances(data, [trees])
    if found is None:
        return tuple(np.inf for _ in data.task.types)
    return tuple(
        float(found.weights @ (off[:, 0] - apart[:, 0, 0] / 2))
        for off, apart in zip(found.off, found.apart, strict=True)
    )


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


def held_probabilities(data: ForestData, trees: Sequence[GrownTree]) -> Floats:
    """Return the out-of-bag probabilities of the first variable's classes, of shape (scored rows, classes).

    Rows that every tree has seen have none.
    """
    classes, codes = np.unique(data.task.outcomes[:, 0], return_inverse=True)
    mass, seen = np.zeros((len(data.scored), len(classes))), np.zeros(len(data.scored))
    for tree in trees:
        is_leaf = tree.nodes["feature"] < 0
        members = tree.nodes["threshold"][is_leaf].astype(np.int64)
        shares = np.zeros((len(members), len(classes)))
        place = np.repeat(np.arange(len(members)), members)
        np.add.at(shares, (place, codes[tree.donors]), 1.0 / members[place])
        rows = np.flatnonzero(tree.held >= 0)
        mass[rows] += shares[(np.cumsum(is_leaf) - 1)[tree.held[rows]]]
        seen[rows] += 1
    return mass / np.maximum(seen, 1)[:, None]
