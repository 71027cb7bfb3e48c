"""Grow the forest of every step, where donors are drawn from the leaves of forests."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import psutil

from fusion_core.errors import InputError
from fusion_core.fusion.base import Progress, Shares, Workers, workers_of
from fusion_core.fusion.forests import FittedForest, ForestTask, forest_bytes, scored_rows
from fusion_core.fusion.model import Step, VariableModel
from fusion_core.fusion.training._donors import Donors
from fusion_core.fusion.training._fitting import Scored
from fusion_core.fusion.training._listed_shares import listed_shares
from fusion_core.fusion.training._variable_fits import FittedVariable, given_variable, screened
from fusion_core.fusion.training.checkpoints import forest_or_read

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

MIXTURES: Final = np.linspace(0.0, 1.0, 21)
"""Shares of the leaves in the mixture with boosted probabilities, compared by their log loss."""
_LEAST_CHANCE: Final = 1e-3
"""A chance below this counts as this: leaves seldom hold a rare class."""
_COPIES: Final = 2.0
"""A forest is held as trees and put together while it is grown."""


def check_forest_memory(donors: Donors, available: int | None = None) -> None:
    """Refuse forests that would outgrow the memory, before anything is fitted.

    Parameters
    ----------
    donors
        The encoded donors.
    available
        Bytes that are free; asked of the computer when left out.

    Raises
    ------
    InputError
        Saying how much is needed and how to need less.
    """
    settings = donors.settings
    free = psutil.virtual_memory().available if available is None else available
    each = forest_bytes(
        len(donors.weights),
        trees=settings.forest_trees,
        leaf=min(settings.forest_leaves),
        tree_rows=settings.tree_rows,
    )
    count = len(donors.steps) - len(donors.given)
    needed = each * (count + _COPIES * min(settings.workers, count))
    if needed > free:
        raise InputError(
            f"Forests of {count} variables and blocks on {len(donors.weights):,} donors may "
            f"need {needed / 1e9:,.1f} GB of memory, but {free / 1e9:,.1f} GB are free",
            fix="Lower 'forest_trees' or 'tree_rows', raise the smallest of 'forest_leaves', or use "
            "another method",
        )


def forest_steps(
    donors: Donors,
    fitted: Sequence[FittedVariable],
    listed: Sequence[Step],
    report: Progress,
    *,
    scored: Scored,
    folder: Path | None = None,
    executor: Executor | None = None,
) -> tuple[Step, ...]:
    """Grow the forests side by side and return the steps of the chain.

    Parameters
    ----------
    donors
        The encoded donors.
    fitted
        Boosted models of each fused variable and what they expect of the donors; empty where forests
        do without.
    listed
        The steps with lists of donors that take a part of the draws; empty where forests take all.
    report
        Takes the share done and a sentence.
    scored
        Takes the name and skill of each variable whose forest is grown.
    folder
        Where checkpoints are kept; ``None`` to keep none.
    executor
        Computes trees; threads of this process when ``None``.
    """
    names = [" and ".join(step) for step in donors.steps]
    done: list[str] = []
    share = 0.0

    def take(value: float) -> None:
        nonlocal share
        share = max(share, value)

    grown: list[Step] = []

    def tell() -> None:
        while grown:
            for name, skill in grown.pop(0).forest_skills():
                scored(name, skill)
        count = f"({len(done)} of {len(names)})"
        report(
            share, f"Grew the forest of {done[-1]} {count}" if done else f"Growing forests {count}"
        )

    shares = Shares(take, len(names))
    with workers_of(executor, donors.settings.workers, jobs=donors.settings.workers) as workers:

        def grow(number: int) -> Step:
            first = donors.steps[number][0]
            if first in donors.given:
                columns = donors.step_columns(number)
                given = given_variable(donors.fused_types[columns.start], donors.given[first])
                done.append(names[number])
                return Step((given.model,), None, donors.origin(columns))
            task = _task(donors, number, fitted, workers)
            rival = _rival(donors, number, fitted, listed[number], task) if listed else None
            found = forest_or_read(task, folder, workers, shares.parts[number], rival)
            shares.parts[number](1.0)
            step = (
                _stacked(donors, number, listed[number], task, found)
                if listed
                else _step(donors, number, fitted, task, found)
            )
            grown.append(step)
            done.append(names[number])
            return step

        jobs = [partial(grow, number) for number in range(len(names))]
        steps = tuple(workers.coordinate(jobs, heartbeat=tell))
    tell()
    return steps


def _stacked(
    donors: Donors, number: int, listed: Step, task: ForestTask, found: FittedForest
) -> Step:
    """Put a step together that draws from lists of donors and from leaves, without what it does not use."""
    forest = found.forest
    if forest is None or forest.mixture < 1:
        return dataclasses.replace(listed, forest=forest)
    if any(shape.boosted for shape, _ in forest.choice.kinds):
        return dataclasses.replace(listed, pool=None, forest=forest)
    plain = dataclasses.replace(forest, ranks=forest.ranks[: len(forest.features)])
    return _step(donors, number, (), task, dataclasses.replace(found, forest=plain))


def _task(
    donors: Donors, number: int, fitted: Sequence[FittedVariable], workers: Workers
) -> ForestTask:
    columns, rows = donors.step_columns(number), donors.step_rows(number)
    features = sorted(
        {item for place in columns for item in _features(donors, place, fitted, workers)}
    )
    known = (*donors.predictors, *donors.fused_types)
    matrix = [donors.features(features, rows)]
    if fitted:
        matrix += _expectations(donors, number, fitted)
    return ForestTask(
        types=donors.fused_types[columns.start : columns.stop],
        outcomes=donors.fused[rows, columns.start : columns.stop],
        matrix=np.concatenate(matrix, axis=1),
        candidates=tuple(known[item] for item in features),
        features=tuple(features),
        donors=np.flatnonzero(rows).astype(np.int32),
        weights=donors.weights[rows],
        settings=donors.settings,
        seed=donors.seed,
        origin=donors.origin(columns),
    )


def _expectations(
    donors: Donors, number: int, fitted: Sequence[FittedVariable]
) -> list[NDArray[np.float64]]:
    """Return what is expected of the donors of a step, by variable."""
    columns, dominant = donors.step_columns(number), donors.dominant[donors.step_rows(number)]
    return [fitted[place].expectations(donors.settings.method, dominant) for place in columns]


def _rival(
    donors: Donors, number: int, fitted: Sequence[FittedVariable], listed: Step, task: ForestTask
) -> csr_array:
    """Return with which chance a step without its forest draws each donor for those that are scored."""
    return listed_shares(listed, task, _expectations(donors, number, fitted), scored_rows(task))


def _features(
    donors: Donors, place: int, fitted: Sequence[FittedVariable], workers: Workers
) -> Sequence[int]:
    """Return the predictors of a variable that pass the screening."""
    if fitted:
        return fitted[place].model.features
    if len(donors.candidates(place)) <= donors.settings.screen_above:
        return donors.candidates(place)
    task = donors.task(place)
    (chosen,) = workers.run([partial(screened, task, workers.stop)])
    return [task.features[item] for item in chosen]


def _step(
    donors: Donors,
    number: int,
    fitted: Sequence[FittedVariable],
    task: ForestTask,
    found: FittedForest,
) -> Step:
    if found.forest is None:
        raise ValueError(f"the step {donors.steps[number]} has no forest to draw from")
    columns = donors.step_columns(number)
    if not fitted:
        variables = tuple(
            VariableModel(item, task.features, _classes(item.is_categorical, values), ())
            for item, values in zip(task.types, task.outcomes.T, strict=True)
        )
        return Step(variables, None, task.origin, found.forest)
    own, forest = fitted[columns.start : columns.stop], found.forest
    if len(own) == 1 and own[0].model.type.is_categorical:
        mixture = best_mixture(
            found.probabilities,
            own[0].out_of_fold[found.scored],
            np.searchsorted(own[0].model.classes, task.outcomes[found.scored, 0]),
            task.weights[found.scored],
        )
        forest = dataclasses.replace(forest, mixture=mixture)
    return Step(tuple(item.model for item in own), None, task.origin, forest)


def best_mixture(
    leaves: NDArray[np.float64],
    boosted: NDArray[np.float64],
    outcome: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> float:
    """Return the share of the leaves' chances in the mixture with the least weighted log loss.

    Parameters
    ----------
    leaves, boosted
        Class probabilities for donors neither has seen, of shape (donors, classes); the leaves' are
        zero for donors that every tree has seen, which do not count.
    outcome
        Position of each donor's true class.
    weights
        Survey weights.
    """
    known = leaves.sum(axis=1) > 0
    if not known.any():
        return 0.0
    rows = np.flatnonzero(known)
    first, second = leaves[rows, outcome[rows]], boosted[rows, outcome[rows]]
    chances = MIXTURES[:, None] * first + (1 - MIXTURES[:, None]) * second
    losses = -np.log(np.maximum(chances, _LEAST_CHANCE))
    return float(MIXTURES[np.argmin(losses @ weights[rows])])


def _classes(is_categorical: bool, values: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(np.unique(values).astype(np.int64).tolist()) if is_categorical else ()
