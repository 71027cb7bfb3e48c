"""Choose the trees of a forest by out-of-bag score, then grow it whole.

Leaf sizes are tried from small to large until a larger one no longer helps, then shares of the
features with the best of them. A few trees tell candidates apart, as all candidates meet the same
samples; those of the winner are part of the forest. Where boosted trees have been grown, some trees
see their expectations and some do not, in the shares that describe donors best. Where there is
another way to draw, the forest gets as many trees as its share of the draws is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fusion_core.fusion.base import Report, TrainSettings, Workers
from fusion_core.fusion.forests._scores import (
    baseline_losses,
    held_probabilities,
    out_of_bag_losses,
)
from fusion_core.fusion.forests._stacking import stacked_shares
from fusion_core.fusion.forests.forest import Forest, ForestChoice, TreeShape
from fusion_core.fusion.forests.growing import (
    ForestData,
    ForestTask,
    GrownTree,
    grow_trees,
    joined,
)
from fusion_core.records import Checked

UNSEEN_BY = 14.7
"""By how many trees a donor is not seen, on average, when candidates are compared."""
FOLDED_TREES = 40
"""Trees of each kind that leave out a part of the donors."""
SCORED_TREES = 100
"""Trees of the whole forest by which it is scored."""
TREES_A_JOB = 10
BOOSTED_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of trees that see expectations, tried where there are any."""


def search_trees(rows: int, settings: TrainSettings) -> int:
    """Return by how many trees candidates are compared: 40, or fewer where samples leave out more.

    Parameters
    ----------
    rows
        Number of donors.
    settings
        Most donors in the sample of a tree, and trees of a forest.
    """
    unseen = np.exp(-min(rows, settings.tree_rows) / rows)
    return min(int(np.ceil(UNSEEN_BY / unseen)), settings.forest_trees)


def most_trees(rows: int, settings: TrainSettings) -> int:
    """Return how many trees a forest and the choice of its trees take at most.

    Parameters
    ----------
    rows
        Number of donors.
    settings
        Whether trees of two kinds are compared, and with nearby donors; and the candidates.
    """
    kinds = 2 if settings.is_boosted else 1
    folded = FOLDED_TREES * kinds if settings.lists_donors else 0
    tried = _most_tries(kinds, settings) * search_trees(rows, settings)
    return tried + folded + settings.forest_trees


def _most_tries(kinds: int, settings: TrainSettings) -> int:
    """Return how many candidates are compared at most."""
    return kinds * (len(settings.forest_leaves) + len(settings.forest_shares) - 1)


@dataclass(frozen=True)
class FittedForest(Checked):
    """A forest, and what it says of donors its trees did not see.

    Attributes
    ----------
    forest
        The forest; ``None`` where all draws are better taken in the other way.
    scored
        Rows of the task whose out-of-bag distribution was looked at.
    probabilities
        Of a single categorical variable the out-of-bag probabilities of its classes, of shape
        (scored rows, classes), rows without any as zeros; otherwise empty.
    """

    forest: Forest | None
    scored: NDArray[np.int64]
    probabilities: NDArray[np.float64]


def fit_forest(
    task: ForestTask, workers: Workers, report: Report, rival: csr_array | None = None
) -> FittedForest:
    """Choose a forest's trees and grow them.

    Parameters
    ----------
    task
        What to grow it for.
    workers
        Where to compute.
    report
        Called with the share that is done.
    rival
        Another way to draw that takes a part of the draws, as the chance it gives each donor, of shape
        (`scored_rows` of the task, donors).

    Raises
    ------
    Cancelled
        If the workers are asked to stop.
    """
    (data,) = workers.run([partial(ForestData, task)])
    # Who holds trees holds memory: no more of them than keep workers busy.
    with workers.slot():
        search = _Search(data, workers, report)
        found, nothing = search.candidates(), np.empty((len(data.scored), 0))
        shares = search.shares(found, rival)
        trees, kinds = search.grown(found, shares)
        if not trees:
            report(1.0)
            return FittedForest(None, data.scored, nothing)
        # As many as were compared tell the score, and every so many keep the shares of the kinds.
        some = trees[:: max(1, len(trees) // SCORED_TREES)]
        choice = ForestChoice(kinds, out_of_bag_losses(data, some), search.baselines)
    nodes, roots = joined(trees)
    members = np.concatenate([tree.donors for tree in trees])
    forest = Forest(
        features=task.features,
        ranks=tuple(data.ranks),
        nodes=nodes,
        roots=roots,
        donors=task.donors[members],
        gains=tuple(np.mean([tree.gains for tree in trees], axis=0).tolist()),
        choice=choice,
        mixture=round(sum(shares), 10),
    )
    report(1.0)
    is_category = len(task.types) == 1 and task.types[0].is_categorical
    return FittedForest(
        forest, data.scored, held_probabilities(data, some) if is_category else nothing
    )


@dataclass(frozen=True)
class _Candidate:
    """Trees of one shape, grown to be compared with others."""

    shape: TreeShape
    trees: list[GrownTree]
    score: float


class _Search:
    """Searches the shapes of a forest's trees.

    Parameters
    ----------
    data
        The donors.
    workers, report
        As for `fit_forest`.
    """

    def __init__(self, data: ForestData, workers: Workers, report: Report) -> None:
        settings = data.task.settings
        self.baselines = baseline_losses(data)
        self._data, self._workers, self._settings = data, workers, settings
        self._kinds = (False, True) if data.expectations else (False,)
        # One try grows as many trees as a search compares; the rest of the forest is a few tries.
        tries = _most_tries(len(self._kinds), settings)
        self._tried_trees = search_trees(len(data.codes), settings)
        self._steps = tries + settings.forest_trees / self._tried_trees
        self._done = 0.0
        self._report = report

    def candidates(self) -> list[_Candidate]:
        """Return the best candidate of each kind of trees."""
        return [self._best(boosted=kind) for kind in self._kinds]

    def shares(self, found: list[_Candidate], rival: csr_array | None) -> tuple[float, ...]:
        """Return the shares of the draws that are taken from trees of each kind."""
        if rival is not None:
            # As the rival's models did, these trees learn from all folds but the one they are scored on.
            kinds = [
                self._grow(candidate.shape, range(FOLDED_TREES), folded=True) for candidate in found
            ]
            return stacked_shares(self._data, kinds, self.baselines, rival)
        boosted = self._share(found) if len(found) > 1 else 0.0
        return (1.0 - boosted, boosted)[: len(found)]

    def grown(
        self, found: list[_Candidate], shares: Sequence[float]
    ) -> tuple[list[GrownTree], tuple[tuple[TreeShape, int], ...]]:
        """Return the trees of a forest of the best candidates, and how many of which shape they are.

        Each kind has as many trees as its share of the draws is worth.
        """
        trees: list[GrownTree] = []
        kinds = []
        ends = np.round(np.cumsum(shares[::-1]) * self._settings.forest_trees).astype(int)
        counts = np.diff(ends, prepend=0)[::-1].tolist()
        for candidate, count in zip(found, counts, strict=True):
            if count:
                more = self._grow(candidate.shape, range(len(candidate.trees), count))
                trees += [*candidate.trees, *more][:count]
                kinds.append((candidate.shape, count))
        return trees, tuple(kinds)

    def _best(self, *, boosted: bool) -> _Candidate:
        """Search leaf sizes with the first share of features, then shares with the best size."""
        first, *others = self._settings.forest_shares
        small, *larger = sorted(self._settings.forest_leaves)
        best = self._tried(TreeShape(small, first, boosted))
        for leaf in larger:
            candidate = self._tried(TreeShape(leaf, first, boosted))
            if candidate.score >= best.score:
                break
            best = candidate
        for share in others:
            candidate = self._tried(TreeShape(best.shape.leaf, share, boosted))
            if candidate.score < best.score:
                best = candidate
        return best

    def _share(self, found: list[_Candidate]) -> float:
        """Return the share of trees that see expectations with which donors are described best."""
        plain, boosted = (candidate.trees for candidate in found)
        scores = {}
        for share in BOOSTED_SHARES:
            count = round(share * len(boosted))
            scores[share] = self._score([*plain[count:], *boosted[:count]])
        return min(scores, key=lambda share: scores[share])

    def _tried(self, shape: TreeShape) -> _Candidate:
        trees = self._grow(shape, range(self._tried_trees))
        self._done += 1
        self._report(self._done / self._steps)
        return _Candidate(shape, trees, self._score(trees))

    def _score(self, trees: Sequence[GrownTree]) -> float:
        losses = out_of_bag_losses(self._data, trees)
        pairs = zip(losses, self.baselines, strict=True)
        return float(np.mean([loss / base for loss, base in pairs if base > 0]))

    def _grow(self, shape: TreeShape, numbers: range, *, folded: bool = False) -> list[GrownTree]:
        """Grow trees side by side."""
        starts = range(0, len(numbers), TREES_A_JOB)
        jobs = [
            partial(
                grow_trees,
                self._data,
                shape,
                numbers[first : first + TREES_A_JOB],
                self._workers.stop,
                folded=folded,
            )
            for first in starts
        ]
        return [tree for part in self._workers.run(jobs) for tree in part]
