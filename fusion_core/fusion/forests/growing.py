"""Grow the trees of a forest, each on a sample of the donors.

Every tree has a sample of its own, drawn with replacement and with probabilities proportional to the
survey weights. So it stands for the population the weights describe, and donors of a leaf are drawn
alike, as often as the sample holds them: weighted draws from leaves of a few donors would lean
towards their unweighted mean (see `neighbours.enough_donors`).

Trees are scikit-learn's. It takes predictors for numbers of single precision, so they are grown on
ranks among the donors' values, and thresholds are put back in between those values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_core.fusion.base import Purpose, Stop, TrainSettings, VariableType, stream
from fusion_core.fusion.forests._outcomes import category_ranks, outcome_columns
from fusion_core.fusion.forests._walks import NODE
from fusion_core.fusion.forests.forest import TreeShape
from fusion_core.records import Checked

FOLDED = 7
"""Key of the random streams of trees that leave out a part of the donors."""
MOST_SCORED = 2_000
"""Most donors whose out-of-bag distribution is looked at."""


@dataclass(frozen=True)
class ForestTask(Checked):
    """All that a forest follows from.

    Attributes
    ----------
    types
        The variables of the step.
    outcomes
        Their values (numbers or codes) on the donors used, of shape (donors, variables), none missing.
    matrix
        Features of the same donors: predictors, then expectations of boosted trees.
    candidates
        Types of the predictors; features beyond them are numbers.
    features
        Positions of the predictors (see `Forest.features`).
    donors
        Positions of the donors in the model's donor table.
    weights
        Survey weights with mean 1.
    settings, seed
        Training settings and the user's seed.
    origin
        What its random streams are named after (see `streams.origin`).
    """

    types: tuple[VariableType, ...]
    outcomes: NDArray[np.float64]
    matrix: NDArray[np.float64]
    candidates: tuple[VariableType, ...]
    features: tuple[int, ...]
    donors: NDArray[np.int32]
    weights: NDArray[np.float64]
    settings: TrainSettings
    seed: int
    origin: str


def scored_rows(task: ForestTask) -> NDArray[np.int64]:
    """Return the rows of a task whose out-of-bag distribution is looked at."""
    rows = len(task.matrix)
    draw = stream(task.seed, Purpose.FOREST, task.origin)
    return np.sort(draw.choice(rows, min(rows, MOST_SCORED), replace=False))


@dataclass(frozen=True)
class GrownTree:
    """One tree.

    Attributes
    ----------
    nodes
        Of type `NODE`; nodes and donors are counted from the tree's first.
    donors
        Rows of the task by leaf, as often as the tree's sample holds them.
    gains
        How much each feature lowers the squared error.
    held
        The leaf of each scored row, −1 where the tree's sample holds it.
    """

    nodes: NDArray[np.void]
    donors: NDArray[np.int32]
    gains: NDArray[np.float64]
    held: NDArray[np.int64]


class ForestData:
    """The donors as trees are grown on them: ranks of predictors, and outcomes side by side.

    Parameters
    ----------
    task
        What to grow the forest for.
    """

    def __init__(self, task: ForestTask) -> None:
        rows, columns = task.matrix.shape
        self.task = task
        self.targets = outcome_columns(task.types, task.outcomes, task.weights)
        self.codes = np.empty((rows, columns), dtype=np.float32)
        self.ranks: list[tuple[float, ...]] = []
        self.distinct: list[NDArray[np.float64] | None] = []
        for place, values in enumerate(task.matrix.T):
            self._add(place, values)
        self.scored = scored_rows(task)

    @property
    def expectations(self) -> int:
        """Number of features that are expectations of boosted trees."""
        return self.codes.shape[1] - len(self.task.candidates)

    def _add(self, place: int, values: NDArray[np.float64]) -> None:
        candidates = self.task.candidates
        given = np.isfinite(values)
        self.codes[:, place] = np.nan
        if place < len(candidates) and candidates[place].is_unordered_in_trees:
            levels = len(candidates[place].levels)
            ranks = category_ranks(values, levels, self.targets, self.task.weights)
            self.codes[given, place] = ranks[values[given].astype(np.int64)]
            self.ranks.append(tuple(ranks.tolist()))
            self.distinct.append(None)
            return
        distinct, codes = np.unique(values[given], return_inverse=True)
        self.codes[given, place] = codes
        self.ranks.append(())
        self.distinct.append(distinct)

    def thresholds(
        self, features: NDArray[np.int32], found: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return thresholds between ranks as numbers between the donors' values.

        An infinite one parts what is missing from all else.
        """
        result = found.copy()
        for feature, distinct in enumerate(self.distinct):
            here = np.flatnonzero((features == feature) & np.isfinite(found))
            if distinct is None or not len(here):
                continue
            last = np.floor(found[here]).astype(np.int64)
            low, high = distinct[last], distinct[last + 1]
            middle = low + (high - low) / 2
            result[here] = np.where(middle < high, middle, low)
        return result

    @cached_property
    def fold(self) -> NDArray[np.int64]:
        """Each donor's part of the donors, where trees leave out one part."""
        rows = np.arange(len(self.codes)) % max(1, self.task.settings.folds)
        return stream(self.task.seed, Purpose.FOREST, self.task.origin, FOLDED).permutation(rows)

    def sample(self, draw: np.random.Generator, without: int | None = None) -> NDArray[np.int64]:
        """Return how often a tree's sample holds each donor, none of the part it does without."""
        known = np.ones(len(self.codes), dtype=bool) if without is None else self.fold != without
        size = min(int(known.sum()), self.task.settings.tree_rows)
        running = np.cumsum(np.where(known, self.task.weights, 0.0))
        rows = np.searchsorted(running, draw.random(size) * running[-1], side="right")
        return np.bincount(np.minimum(rows, len(running) - 1), minlength=len(running))


def grow_trees(
    data: ForestData,
    shape: TreeShape,
    numbers: Iterable[int],
    stop: Stop,
    *,
    folded: bool = False,
) -> list[GrownTree]:
    """Grow trees.

    Parameters
    ----------
    data
        The donors.
    shape
        How the trees are grown.
    numbers
        Which trees of this kind; a tree's sample follows from its kind and number alone.
    stop
        Looked at before each tree.
    folded
        Whether each tree leaves out one part of the donors and is scored on it, as the models of
        cross-validation are; otherwise it is scored on those its sample does not hold.

    Raises
    ------
    Cancelled
        If `stop` says so.
    """
    # Imported late: scikit-learn takes a second, and few processes grow trees.
    from sklearn import config_context

    grown = []
    with config_context(skip_parameter_validation=True):
        for number in numbers:
            stop.check()
            grown.append(_grown(data, shape, number, folded=folded))
    return grown


def _grown(data: ForestData, shape: TreeShape, number: int, *, folded: bool) -> GrownTree:
    from sklearn.tree import DecisionTreeRegressor

    task = data.task
    key = (int(shape.boosted), number, *((FOLDED,) if folded else ()))
    draw = stream(task.seed, Purpose.FOREST, task.origin, *key)
    columns = data.codes.shape[1] if shape.boosted else len(task.candidates)
    without = number % task.settings.folds if folded else None
    counts = data.sample(draw, without)
    unseen = counts == 0 if without is None else data.fold == without
    rows = np.flatnonzero(counts)
    regressor = DecisionTreeRegressor(
        min_samples_leaf=shape.leaf,
        max_features=max(1, round(shape.share * columns)),
        random_state=int(draw.integers(2**31 - 1)),
    )
    codes = data.codes[rows, :columns]
    regressor.fit(
        codes,
        data.targets[rows],
        sample_weight=counts[rows].astype(np.float64),
        # Nothing is wrong with them; only where values are missing the check finds out which.
        check_input=bool(np.isnan(codes).any()),
    )
    tree = regressor.tree_
    members = np.repeat(rows, counts[rows])
    leaves = np.repeat(tree.apply(codes), counts[rows])
    inside = np.bincount(leaves, minlength=tree.node_count)
    held = tree.apply(data.codes[data.scored, :columns])
    held = np.where(unseen[data.scored] & (inside[held] > 0), held, -1)
    gains = np.zeros(data.codes.shape[1])
    gains[:columns] = tree.compute_feature_importances(normalize=False)
    order = np.argsort(leaves, kind="stable")
    nodes = _nodes(data, tree, inside)
    return GrownTree(nodes, members[order].astype(np.int32), gains, held.astype(np.int64))


def _nodes(data: ForestData, tree: Any, members: NDArray[np.int64]) -> NDArray[np.void]:
    """Write scikit-learn's nodes as ours; leaves say where their donors are."""
    nodes = np.zeros(tree.node_count, dtype=NODE)
    is_leaf = tree.children_left < 0
    nodes["feature"] = np.where(is_leaf, -1, tree.feature)
    nodes["threshold"] = data.thresholds(nodes["feature"], np.asarray(tree.threshold))
    if not (tree.children_left == np.arange(1, tree.node_count + 1))[~is_leaf].all():
        raise ValueError("nodes on the left do not follow their parents")
    nodes["threshold"][is_leaf] = members[is_leaf]
    nodes["right"] = np.where(is_leaf, np.cumsum(members) - members, tree.children_right)
    nodes["missing_left"] = tree.missing_go_to_left
    if not members[is_leaf].all():
        _close_empty_branches(nodes, members)
    return nodes


def _close_empty_branches(nodes: NDArray[np.void], members: NDArray[np.int64]) -> None:
    """Send nobody to branches without donors.

    With missing values scikit-learn 1.6 sometimes splits off a side that its own trees then lead no donor
    to; 1.9 has not been seen to.
    """
    inside = members.copy()
    for place in range(len(nodes) - 1, -1, -1):
        if nodes[place]["feature"] < 0:
            continue
        left, right = place + 1, int(nodes[place]["right"])
        inside[place] = inside[left] + inside[right]
        if not inside[left]:
            nodes[place]["threshold"], nodes[place]["missing_left"] = -np.inf, 0
        elif not inside[right]:
            nodes[place]["threshold"], nodes[place]["missing_left"] = np.inf, 1


def joined(trees: Sequence[GrownTree]) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Put the nodes of trees side by side; return them, and where each tree begins."""
    sizes = np.array([len(tree.nodes) for tree in trees], dtype=np.int64)
    members = np.array([len(tree.donors) for tree in trees], dtype=np.int64)
    roots = np.cumsum(sizes) - sizes
    nodes = np.concatenate([tree.nodes for tree in trees])
    is_leaf = nodes["feature"] < 0
    after, before = np.repeat(roots, sizes), np.repeat(np.cumsum(members) - members, sizes)
    nodes["right"] += np.where(is_leaf, before, after).astype(np.int32)
    return nodes, roots
