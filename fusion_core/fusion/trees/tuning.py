"""Choose a model's size by its loss on held-out rows, then fit it on every row.

For each combination of the grid, tree sizes are tried from small to large until a larger one no
longer helps: the loss falls and then rises with the size, so the sizes after the first rise – the
most expensive ones – need not be grown. All folds of a candidate grow together until their mean loss
has stopped falling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_core.fusion.base import Report, Shares, TrainSettings, Workers
from fusion_core.fusion.trees.boosting import FoldedData, FoldModel, Objective, Tuning
from fusion_core.records import Checked

SEARCH_SHARE = 0.9
"""Part of the work that the search is; the rest is the fit on every row."""
ROUNDS_AWAY = 3
"""In another process growing begins anew, so this many times the patience is asked for at first."""


@dataclass(frozen=True)
class Fit(Checked):
    """A model fitted on every row.

    Attributes
    ----------
    model
        LightGBM's text form, which is also what is stored.
    tuning
        The choices behind it.
    out_of_fold
        Predictions of each row by the cross-validation model that never saw it, of shape
        (rows, outputs); ``None`` with a single held-out fraction.
    """

    model: str
    tuning: Tuning
    out_of_fold: NDArray[np.float64] | None


def tune(
    data: FoldedData,
    objective: Objective,
    settings: TrainSettings,
    workers: Workers,
    report: Report,
) -> Fit:
    """Search the grid, then fit on all rows.

    Parameters
    ----------
    data
        Rows and folds.
    objective
        What to predict.
    settings
        Tree sizes and grid to search, and when to stop growing.
    workers
        Where to compute.
    report
        Called with the share that is done.

    Raises
    ------
    Cancelled
        If the workers are asked to stop.
    """
    variants = settings.variants()
    if not workers.travels:
        workers.run([data.bin])
    searched = Shares(lambda share: report(SEARCH_SHARE * share), len(variants))
    best_of_each = workers.coordinate(
        [
            partial(_best_size, data, objective, variant, workers, searched.parts[place])
            for place, variant in enumerate(variants)
        ]
    )
    place = min(range(len(variants)), key=lambda place: best_of_each[place].loss)
    best, variant = best_of_each[place], variants[place]
    parameters = data.parameters(objective, variant, best.leaves)
    jobs: list[Callable[[], Any]] = [partial(data.fit, parameters, best.trees, workers.stop)]
    if data.is_folded:
        jobs += [partial(model.predict_held, best.trees) for model in best.models]
    text, *held = workers.run(jobs)
    report(1.0)
    tuning = Tuning(
        best.leaves,
        best.trees,
        best.loss,
        data.baseline_loss(objective),
        variant.learning_rate,
        variant.feature_fraction,
        variant.minimum_leaf_rows,
    )
    return Fit(text, tuning, _joined(data, objective, held) if held else None)


def with_choices(settings: TrainSettings, tuning: Tuning) -> TrainSettings:
    """Return settings whose only candidate is what an earlier search chose."""
    return settings.replace(
        leaves=(tuning.leaves,),
        learning_rate=tuning.learning_rate,
        feature_fraction=tuning.feature_fraction,
        minimum_leaf_rows=tuning.minimum_leaf_rows,
        grid=(),
    )


@dataclass(frozen=True)
class _Candidate:
    leaves: int
    trees: int
    loss: float
    models: list[FoldModel]


def _best_size(
    data: FoldedData,
    objective: Objective,
    settings: TrainSettings,
    workers: Workers,
    report: Report,
) -> _Candidate:
    """Try tree sizes from small to large until a larger one no longer helps."""
    sizes = [settings.replace(leaves=(leaves,)) for leaves in sorted(settings.leaves)]
    grown = Shares(report, len(sizes))
    # Growing models hold most of the memory of a training: no more of them than keep workers busy.
    with workers.slot():
        best = _grown(data, objective, sizes[0], workers, grown.parts[0])
        for place, larger in enumerate(sizes[1:], 1):
            candidate = _grown(data, objective, larger, workers, grown.parts[place])
            if candidate.loss >= best.loss:
                break
            best = candidate
        for model in best.models:
            model.settle(best.trees)
    report(1.0)
    return best


def _grown(
    data: FoldedData,
    objective: Objective,
    settings: TrainSettings,
    workers: Workers,
    report: Report,
) -> _Candidate:
    """Grow the folds' models of one tree size side by side until their mean loss stops falling."""
    (leaves,) = settings.leaves
    parameters = data.parameters(objective, settings, leaves)
    models = [FoldModel(data, number, parameters) for number in data.numbers]
    weights = [data.held_weight(number) for number in data.numbers]
    patience, rounds = settings.early_stopping_rounds, 0
    curve = Curve(patience, settings.maximum_trees)
    while not curve.is_over:
        # Nothing is grown in vain: no earlier round than this can be the last.
        least = min(max(curve.best, 1) + patience, settings.maximum_trees)
        rounds = min(max(ROUNDS_AWAY * patience, 2 * rounds), settings.maximum_trees)
        rounds = max(rounds, least) if workers.travels else least
        grown = workers.run(
            [partial(model.grow, rounds, workers.stop, travels=workers.travels) for model in models]
        )
        for model, growth in zip(models, grown, strict=True):
            model.growth = growth
        curve.extend(
            np.average([growth.losses for growth in grown], axis=0, weights=weights),
            np.all([growth.ended for growth in grown], axis=0),
        )
        report(curve.rounds / (curve.rounds + patience))
    return _Candidate(leaves, max(curve.best, 1), curve.loss, models)


class Curve:
    """The mean loss of the folds by round, and where it has stopped falling.

    Parameters
    ----------
    patience
        Rounds without improvement after which growing ends.
    maximum
        Most rounds.
    """

    def __init__(self, patience: int, maximum: int) -> None:
        self.loss = np.inf
        self.best = 0
        self.rounds = 0
        self.is_over = False
        self._patience = patience
        self._maximum = maximum

    def extend(self, losses: NDArray[np.float64], ended: NDArray[np.bool_]) -> None:
        """Read the rounds not seen yet, up to the one after which growing ends.

        Parameters
        ----------
        losses
            Mean loss after every round from the first.
        ended
            After each round, whether no fold could grow a tree in it.
        """
        for loss, nothing in zip(losses[self.rounds :], ended[self.rounds :], strict=True):
            if self.is_over:
                return
            self.rounds += 1
            if loss < self.loss:
                self.loss, self.best = float(loss), self.rounds
            late = self.rounds - max(self.best, 1) >= self._patience
            self.is_over = bool(nothing) or late or self.rounds >= self._maximum


def _joined(
    data: FoldedData, objective: Objective, held: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Put the folds' predictions into the order of the rows."""
    columns = objective.classes if objective.kind == "classes" else 1
    result = np.empty((len(data.matrix), columns))
    for number, predicted in zip(data.numbers, held, strict=True):
        rows = data.held(number)
        result[rows] = predicted.reshape(len(rows), columns)
    return result
