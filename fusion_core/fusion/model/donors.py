"""The donor survey as the numbers a training works on, checked before anything is fitted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.arguments import require_text
from fusion_core.errors import InputError
from fusion_core.frames import read_frame
from fusion_core.fusion.base import (
    TrainSettings,
    VariableType,
    candidates_of,
    detect_types,
    encode_frame,
    exact_values,
    normalise_predictors,
    origin,
    some_rows,
)
from fusion_core.fusion.model._chaining import suggest_blocks, suggest_order
from fusion_core.fusion.model._gaps import fill_gaps
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
        The same values with gaps filled, as predictors of later variables (see `gaps`).
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
        known, x = (*self.predictors, *self.fused_types[:earlier]), len(self.predictors)
        chosen = self.candidates(place)
        columns = [self.matrix[rows, i] if i < x else self.filled[rows, i - x] for i in chosen]
        return VariableTask(
            type=self.fused_types[place],
            outcome=self.fused[rows, place],
            matrix=np.column_stack(columns),
            candidates=tuple(known[item] for item in chosen),
            features=tuple(chosen),
            weights=self.weights[rows],
            settings=self.settings,
            seed=self.seed,
            origin=self.origin([place]),
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


def _relative_weights(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights of mean one."""
    with np.errstate(over="ignore"):
        if not np.isfinite(weights.sum()):
            weights = weights / weights.max()
    # float32 is what the trees see; rounding here makes the result blind to the weights' unit.
    relative = (weights / weights.mean()).astype(np.float32)
    return np.asarray(relative, dtype=np.float64)


def read_donors(
    donor: pd.DataFrame,
    y: Sequence[str | Sequence[str]],
    x: Sequence[str] | Mapping[str, Sequence[str]],
    *,
    weight: str | None,
    seed: int,
    settings: TrainSettings,
    name: str = "",
) -> Donors:
    """Check a donor and write it as numbers.

    Parameters
    ----------
    donor, y, x, weight, seed, settings
        As for `fusion_core.fusion.train`.
    name
        Name of the donor survey, where it has one.

    Raises
    ------
    InputError
        If anything asked for cannot be learned.
    """
    steps = normalise_steps(y)
    x, settings = normalise_predictors(x, steps, settings)
    notes: list[str] = []
    donor, weights, rows, where = _read_rows(
        donor, steps, x, weight, settings=settings, notes=notes
    )
    overrides = dict(settings.types)
    predictors = detect_types(donor, x, overrides)
    matrix = encode_frame(donor, predictors, rows)
    predictors, matrix = _useful_predictors(predictors, matrix, settings.force, notes)
    names = tuple(name for step in steps for name in step)
    fused_types = detect_types(donor, names, overrides, fused=True)
    fused = encode_frame(donor, fused_types, rows)
    for place, variable in enumerate(fused_types):
        check_outcome(variable, fused[:, place], settings.folds, where=where)
        missing = int(np.isnan(fused[:, place]).sum())
        if missing:
            notes.append(
                f"{missing:,} donors have no value of '{variable.name}': it is modelled and drawn "
                "from the others, and filled in where it predicts a later variable."
            )
    filled = (
        fill_gaps(fused, fused_types, matrix, predictors, weights, seed=seed)
        if len(steps) > 1
        else fused
    )
    donors = Donors(
        predictors,
        matrix,
        steps,
        fused_types,
        fused,
        filled,
        weights,
        settings,
        seed,
        tuple(notes),
        name,
        exact_values(donor, fused_types),
    )
    _check_blocks(donors)
    if len(steps) > 1 and (settings.order == "suggested" or settings.largest_block > 1):
        donors = _arranged(donors)
        _check_blocks(donors)
    _refuse_copies(donors, where=where)
    if donors.dominant.any():
        donors = dataclasses.replace(donors, notes=(*donors.notes, _dominance(donors)))
    return donors


def _read_rows(
    donor: pd.DataFrame,
    steps: tuple[tuple[str, ...], ...],
    x: Sequence[str],
    weight: str | None,
    *,
    settings: TrainSettings,
    notes: list[str],
) -> tuple[pd.DataFrame, NDArray[np.float64], NDArray[np.intp], str]:
    """Return the donors that have a weight, their weights and rows, and what they are in messages."""
    if weight is not None:
        require_text(weight, "weight")
    answers = [name for step in steps for name in step]
    answers += [*x, *([] if weight is None else [weight])]
    donor = read_frame(donor, "the donor", answers=answers)
    check_names(donor, steps, x, weight, settings)
    check_rows(len(donor), "rows")
    weights = check_weights(donor, weight)
    if weight is None:
        notes.append("Unweighted: every donor counts once.")
    keep = weights > 0
    if not keep.all():
        notes.append(f"{int((~keep).sum()):,} donors have weight zero and were left out.")
        donor, weights = donor.loc[keep], weights[keep]
    check_rows(len(donor), "rows with a positive weight")
    where = "" if keep.all() else "donors with a positive weight"
    return donor, _relative_weights(weights), np.flatnonzero(keep), where


def _refuse_copies(donors: Donors, *, where: str) -> None:
    """Refuse predictors that say exactly what a fusion variable says."""
    for place, variable in enumerate(donors.fused_types):
        for known in donors.candidates(place):
            if known < len(donors.predictors):
                refuse_copy(
                    variable,
                    donors.fused[:, place],
                    donors.predictors[known],
                    donors.matrix[:, known],
                    where=where,
                )


def _dominance(donors: Donors) -> str:
    """Say how much rests on donors that dominate."""
    count = int(donors.dominant.sum())
    share = donors.weights[donors.dominant].sum() / donors.weights.sum()
    who = "One donor carries" if count == 1 else f"{count} donors carry"
    return f"{who} {share:.0%} of all weight: what is fused rests on few answers."


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
    key = donors.origin(range(len(donors.fused_types)))
    rows = rows[some_rows(donors.seed, settings.screening_share, len(rows), key)]
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
        filled=donors.filled[:, columns],
        notes=(*donors.notes, f"Suggested {what}: {shown}."),
    )
