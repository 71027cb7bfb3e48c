"""The donor survey as the numbers a training works on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_core.fusion.base import TrainSettings, VariableType, candidates_of, origin
from fusion_core.fusion.training._variable_fits import VariableTask

if TYPE_CHECKING:
    from numpy.typing import NDArray

DOMINANT_SHARE = 0.01
DOMINANT_TIMES = 10.0
"""A donor dominates with more than this share of the weight and so many times the mean."""


@dataclass(frozen=True)
class Donors:
    """The donor as numbers.

    Attributes
    ----------
    predictors, matrix
        Types of the predictors and their values, of shape (donors, predictors).
    steps
        Names of the fused variables in fusion order; several in a step are a block.
    fused_types, fused
        Types of the fused variables and their values, of shape (donors, fused variables).
    filled
        The same values with gaps filled, as predictors of later variables (see `_gaps`).
    weights
        Survey weights with mean 1.
    settings, seed
        Training settings and the user's seed.
    notes
        What a user should know, in sentences.
    name
        Name of the survey, where it has one.
    exact
        Values of fused whole numbers that `fused` does not hold exactly.
    given
        Columns of the recipient with the probability of each level, by variable that is given
        there and not modelled; these are the first steps.
    """

    predictors: tuple[VariableType, ...]
    matrix: NDArray[np.float64]
    steps: tuple[tuple[str, ...], ...]
    fused_types: tuple[VariableType, ...]
    fused: NDArray[np.float64]
    filled: NDArray[np.float64]
    weights: NDArray[np.float64]
    settings: TrainSettings
    seed: int
    notes: tuple[str, ...]
    name: str = ""
    exact: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def dominant(self) -> NDArray[np.bool_]:
        """Which donors weigh so much that no other donors can stand for them.

        Folds without them describe another population, and centres that count donors alike pass them
        by: unless treated apart they would never be drawn.
        """
        heavy = self.weights > DOMINANT_SHARE * self.weights.sum()
        return np.asarray(heavy & (self.weights > DOMINANT_TIMES * self.weights.mean()))

    def origin(self, columns: Iterable[int]) -> str:
        """Return what names the random streams of some fused variables (see `streams.origin`)."""
        columns = list(columns)
        names = [self.fused_types[column].name for column in columns]
        if self.name:
            return origin(self.name, names)
        ordered = sorted(columns, key=lambda column: self.fused_types[column].name)
        return origin("", names, [self.weights, *(self.fused[:, column] for column in ordered)])

    def step_columns(self, step: int) -> range:
        """Return the positions of a step's variables among the fused ones."""
        first = sum(len(names) for names in self.steps[:step])
        return range(first, first + len(self.steps[step]))

    def step_rows(self, step: int) -> NDArray[np.bool_]:
        """Return the donors that have a value of every variable of a step."""
        columns = self.step_columns(step)
        return np.asarray(np.isfinite(self.fused[:, columns.start : columns.stop]).all(axis=1))

    def task(self, place: int) -> VariableTask:
        """Return what the models of the fused variable at a place in the fusion order follow from.

        Raises
        ------
        InputError
            If the settings leave it no predictor.
        """
        step = next(step for step in range(len(self.steps)) if place in self.step_columns(step))
        rows, earlier = self.step_rows(step), self.step_columns(step).start
        known = (*self.predictors, *self.fused_types[:earlier])
        chosen = self.candidates(place)
        return VariableTask(
            type=self.fused_types[place],
            outcome=self.fused[rows, place],
            matrix=self.features(chosen, rows),
            candidates=tuple(known[item] for item in chosen),
            features=tuple(chosen),
            weights=self.weights[rows],
            settings=self.settings,
            seed=self.seed,
            origin=self.origin([place]),
        )

    def features(self, chosen: Iterable[int], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return predictors and, after them, fused variables as predictors, of some donors.

        Parameters
        ----------
        chosen
            Their positions: the predictors first, then the fused variables in fusion order.
        rows
            Which donors.
        """
        count = len(self.predictors)
        return np.column_stack(
            [self.matrix[rows, i] if i < count else self.filled[rows, i - count] for i in chosen]
        )

    def candidates(self, place: int) -> list[int]:
        """Return which predictors and earlier fused variables may predict a fused one.

        Raises
        ------
        InputError
            If the settings leave it none.
        """
        earlier = next(
            columns.start
            for columns in map(self.step_columns, range(len(self.steps)))
            if place in columns
        )
        known = (*self.predictors, *self.fused_types[:earlier])
        return candidates_of(
            self.fused_types[place].name,
            [variable.name for variable in known],
            len(self.predictors),
            self.settings,
        )

    def missing(self) -> dict[str, int]:
        """Return how many donors lack a value, by variable."""
        columns = zip(
            (*self.predictors, *self.fused_types), (*self.matrix.T, *self.fused.T), strict=True
        )
        return {variable.name: int(np.isnan(values).sum()) for variable, values in columns}

    def fill(self) -> tuple[float, ...]:
        """Return each predictor's typical value, or NaN where donors themselves lack values."""
        result = []
        for place, predictor in enumerate(self.predictors):
            values = self.matrix[:, place]
            if np.isnan(values).any():
                result.append(np.nan)
            elif predictor.is_categorical:
                counts = np.bincount(values.astype(np.int64), weights=self.weights)
                result.append(float(np.argmax(counts)))
            else:
                result.append(float(np.median(values)))
        return tuple(result)
