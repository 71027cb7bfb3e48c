"""A forest's out-of-bag score is that of a large forest, whatever the order it is computed in."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from fusion_core.fusion.base import VariableType
from fusion_core.fusion.forests._scores import (
    baseline_losses,
    held_probabilities,
    out_of_bag_losses,
)
from fusion_core.fusion.forests._walks import NODE
from fusion_core.fusion.forests.growing import GrownTree

ROWS = 12
NUMBER = VariableType("kwh", "continuous")
CLASSES = VariableType("fuel", "nominal", ("oil", "gas", "electric"))


def tree(draw: np.random.Generator, leaves: int = 3) -> GrownTree:
    """A tree of random leaves; only the nodes that are leaves matter to scores."""
    sizes = draw.integers(1, 4, leaves)
    nodes = np.zeros(leaves, dtype=NODE)
    nodes["feature"], nodes["threshold"] = -1, sizes
    nodes["right"] = np.cumsum(sizes) - sizes
    donors = draw.integers(0, ROWS, sizes.sum()).astype(np.int32)
    held = np.where(draw.random(ROWS) < 0.8, draw.integers(0, leaves, ROWS), -1)
    return GrownTree(nodes, donors, np.zeros(1), held)


def members(grown: GrownTree, row: int) -> np.ndarray:
    leaf = grown.nodes[grown.held[row]]
    return grown.donors[leaf["right"] : leaf["right"] + int(leaf["threshold"])]


@pytest.fixture(params=range(5))
def world(request):
    draw = np.random.default_rng(request.param)
    values = np.stack([draw.gamma(2, 10, ROWS).round(), draw.permutation(np.arange(ROWS) % 3)], 1)
    task = SimpleNamespace(
        types=(NUMBER, CLASSES), outcomes=values.astype(float), weights=draw.gamma(4, 0.25, ROWS)
    )
    data = SimpleNamespace(task=task, scored=np.arange(ROWS))
    return data, [tree(draw) for _ in range(6)]


def test_scores_are_those_of_draws_from_two_different_trees(world):
    data, trees = world
    values, weights = data.task.outcomes, data.task.weights
    numbers, classes, mass = [], [], []
    for row in range(ROWS):
        seen = [members(item, row) for item in trees if item.held[row] >= 0]
        if len(seen) < 2:
            continue
        pairs = list(itertools.permutations(seen, 2))
        own, kind = values[row]
        distance = np.mean([np.abs(values[part, 0] - own).mean() for part in seen])
        spread = np.mean(
            [np.abs(values[one, 0][:, None] - values[other, 0]).mean() for one, other in pairs]
        )
        numbers.append(distance - spread / 2)
        same = np.mean(
            [(values[one, 1][:, None] == values[other, 1]).mean() for one, other in pairs]
        )
        right = np.mean([(values[part, 1] == kind).mean() for part in seen])
        classes.append(1 + same - 2 * right)
        mass.append(weights[row])
    expected = np.average(numbers, weights=mass), np.average(classes, weights=mass)
    assert out_of_bag_losses(data, trees) == pytest.approx(expected)


def test_the_baseline_draws_every_donor_by_weight(world):
    data, _ = world
    values, weights = data.task.outcomes, data.task.weights
    chance = weights / weights.sum()
    number, kind = values.T
    distance = np.abs(number[:, None] - number)
    crps = distance @ chance - chance @ distance @ chance / 2
    shares = np.array([chance[kind == code].sum() for code in range(3)])
    brier = 1 + np.square(shares).sum() - 2 * shares[kind.astype(int)]
    expected = np.average(crps, weights=weights), np.average(brier, weights=weights)
    assert baseline_losses(data) == pytest.approx(expected)


def test_out_of_bag_probabilities_are_shares_of_leaves(world):
    data, trees = world
    kind = data.task.outcomes[:, 1]
    own = SimpleNamespace(**{**vars(data.task), "outcomes": data.task.outcomes[:, 1:]})
    found = held_probabilities(SimpleNamespace(task=own, scored=data.scored), trees)
    for row in range(ROWS):
        seen = [members(item, row) for item in trees if item.held[row] >= 0]
        if seen:
            shares = [[(kind[part] == code).mean() for code in range(3)] for part in seen]
            assert found[row] == pytest.approx(np.mean(shares, axis=0))
        else:
            assert not found[row].any()
