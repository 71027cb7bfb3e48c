"""The donor survey as the numbers a training works on, checked before anything is fitted."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.fusion.base import (
    TrainSettings,
    VariableType,
    candidates_of,
    detect_types,
    encode_frame,
    normalise_predictors,
    some_rows,
)
from fusion_core.fusion.model._chaining import suggest_blocks, suggest_order
from fusion_core.fusion.model._screening import Design
from fusion_core.fusion.model.expectations import VariableTask
from fusion_core.fusion.model.inputs import (
    check_names,
    check_outcome,
    check_rows,
    check_weights,
    normalise_steps,
    refuse_copy,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
    weights
        Survey weights with mean 1.
    settings, seed
        Training settings and the user's seed.
    notes
        What a user should know, in sentences.
    """

    predictors: tuple[VariableType, ...]
    matrix: NDArray[np.float64]
    steps: tuple[tuple[str, ...], ...]
    fused_types: tuple[VariableType, ...]
    fused: NDArray[np.float64]
    weights: NDArray[np.float64]
    settings: TrainSettings
    seed: int
    notes: tuple[str, ...]

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
        known, x = (*self.predictors, *self.fused_types[:earlier]), len(self.predictors)
        chosen = self.candidates(place)
        columns = [self.matrix[rows, i] if i < x else self.fused[rows, i - x] for i in chosen]
        return VariableTask(
            type=self.fused_types[place],
            outcome=self.fused[rows, place],
            matrix=np.column_stack(columns),
            candidates=tuple(known[item] for item in chosen),
            features=tuple(chosen),
            weights=self.weights[rows],
            settings=self.settings,
            seed=self.seed,
            place=place,
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


def read_donors(
    donor: pd.DataFrame,
    y: Sequence[str | Sequence[str]],
    x: Sequence[str] | Mapping[str, Sequence[str]],
    *,
    weight: str | None,
    seed: int,
    settings: TrainSettings,
) -> Donors:
    """Check a donor and write it as numbers.

    Parameters
    ----------
    donor, y, x, weight, seed, settings
        As for `fusion_core.fusion.train`.

    Raises
    ------
    InputError
        If anything asked for cannot be learned.
    """
    steps = normalise_steps(y)
    x, settings = normalise_predictors(x, steps, settings)
    check_names(donor, steps, x, weight, settings)
    check_rows(len(donor), "rows")
    raw_weights = check_weights(donor, weight)
    notes: list[str] = []
    keep = raw_weights > 0
    if not keep.all():
        notes.append(f"{int((~keep).sum()):,} donors have weight zero and were left out.")
        donor, raw_weights = donor.loc[keep], raw_weights[keep]
    check_rows(len(donor), "rows with a positive weight")
    # float32 is what the trees see; rounding here makes the result blind to the weights' unit.
    weights = (raw_weights / raw_weights.mean()).astype(np.float32).astype(np.float64)
    overrides = dict(settings.types)
    predictors = detect_types(donor, x, overrides)
    matrix = encode_frame(donor, predictors)
    predictors, matrix = _useful_predictors(predictors, matrix, settings.force, notes)
    names = tuple(name for step in steps for name in step)
    fused_types = detect_types(donor, names, overrides, fused=True)
    fused = encode_frame(donor, fused_types)
    for place, variable in enumerate(fused_types):
        check_outcome(variable, fused[:, place], settings.folds)
        missing = int(np.isnan(fused[:, place]).sum())
        if missing:
            notes.append(
                f"{missing:,} donors have no value of '{variable.name}' and are neither used to "
                "model it nor drawn for it."
            )
    donors = Donors(
        predictors, matrix, steps, fused_types, fused, weights, settings, seed, tuple(notes)
    )
    _check_blocks(donors)
    if len(steps) > 1 and (settings.order == "suggested" or settings.largest_block > 1):
        donors = _arranged(donors)
        _check_blocks(donors)
    for place, variable in enumerate(donors.fused_types):
        for known in donors.candidates(place):
            if known < len(predictors):
                refuse_copy(variable, donors.fused[:, place], predictors[known], matrix[:, known])
    return donors


def _check_blocks(donors: Donors) -> None:
    """Check that blocks can be learned from the donors that have a value of all their variables."""
    for step, names in enumerate(donors.steps):
        if len(names) == 1:
            continue
        rows = donors.step_rows(step)
        for column in donors.step_columns(step):
            check_outcome(
                donors.fused_types[column],
                donors.fused[rows, column],
                donors.settings.folds,
                where=f"donors with a value of {' and '.join(names)}",
            )


def _useful_predictors(
    predictors: tuple[VariableType, ...],
    matrix: NDArray[np.float64],
    forced: tuple[str, ...],
    notes: list[str],
) -> tuple[tuple[VariableType, ...], NDArray[np.float64]]:
    """Leave out predictors that are the same for every donor, and note missing values."""
    keep = []
    for place, predictor in enumerate(predictors):
        values = matrix[:, place]
        missing = np.isnan(values)
        if missing.any() and not missing.all():
            notes.append(f"{int(missing.sum()):,} donors have no value of '{predictor.name}'.")
        constant = missing.all() or (not missing.any() and (values == values[0]).all())
        if constant and predictor.name not in forced:
            same = "has no value for any donor" if missing.all() else "is the same for every donor"
            notes.append(f"'{predictor.name}' {same} and was left out.")
        else:
            keep.append(place)
    if not keep:
        raise InputError(
            "Every predictor has the same value for all donors", fix="Choose other predictors"
        )
    return tuple(predictors[place] for place in keep), matrix[:, keep]


def _arranged(donors: Donors) -> Donors:
    """Form the suggested blocks, and put the steps into the suggested order, as far as asked for."""
    settings = donors.settings
    rows = np.flatnonzero(np.isfinite(donors.fused).all(axis=1))
    check_rows(
        len(rows), "rows with a value of every fusion variable, to find order and blocks from"
    )
    rows = rows[some_rows(donors.seed, settings.screening_share, len(rows))]
    weights = donors.weights[rows]
    predictors = Design.build(donors.matrix[rows], donors.predictors, weights)

    def design(steps: Sequence[int]) -> Design:
        columns = [column for step in steps for column in donors.step_columns(step)]
        kinds = [donors.fused_types[column] for column in columns]
        return Design.build(donors.fused[rows][:, columns], kinds, weights)

    blocks = [[step] for step in range(len(donors.steps))]
    if settings.largest_block > 1:
        # Blocks somebody formed stay as they are.
        alone = [step for step in range(len(donors.steps)) if len(donors.steps[step]) == 1]
        found = suggest_blocks(
            [design([step]) for step in alone],
            predictors,
            largest=settings.largest_block,
            bond=settings.block_bond,
        )
        given = [block for block in blocks if block[0] not in alone]
        blocks = sorted([*given, *([alone[place] for place in block] for block in found)])
    if settings.order == "suggested":
        order = suggest_order([design(block) for block in blocks], predictors)
        blocks = [blocks[place] for place in order]
    return _rearranged(donors, blocks)


def _rearranged(donors: Donors, blocks: Sequence[Sequence[int]]) -> Donors:
    """Put steps together to blocks, in the order of these."""
    columns = [column for block in blocks for step in block for column in donors.step_columns(step)]
    steps = tuple(tuple(name for step in block for name in donors.steps[step]) for block in blocks)
    shown = ", ".join(" and ".join(names) for names in steps)
    what = "order" if donors.settings.order == "suggested" else "blocks"
    return dataclasses.replace(
        donors,
        steps=steps,
        fused_types=tuple(donors.fused_types[column] for column in columns),
        fused=donors.fused[:, columns],
        notes=(*donors.notes, f"Suggested {what}: {shown}."),
    )
