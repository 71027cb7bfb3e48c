"""Train: from donor microdata to a fusion model.

Because models are trained with the *observed* values of the variables earlier in the chain, all
variables are independent of each other here and are fitted side by side (Ummel et al. 2024).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.fusion.checkpoints import fit_or_read
from fusion_core.fusion.expectations import FittedVariable, VariableTask
from fusion_core.fusion.inputs import (
    check_names,
    check_outcome,
    check_rows,
    check_seed,
    check_weights,
    normalise_steps,
)
from fusion_core.fusion.model import FusionModel, Step
from fusion_core.fusion.neighbours import DonorPool, fixed_k_pool, variable_k_pool
from fusion_core.fusion.screening import Design, suggest_order
from fusion_core.fusion.settings import TrainSettings
from fusion_core.fusion.streams import Purpose, integer_seed
from fusion_core.fusion.variables import VariableType, detect_types, encode_frame
from fusion_core.fusion.workers import Shares, Workers, workers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Progress = Callable[[float, str], None]
FITTING_SHARE = 0.9


def train(
    donor: pd.DataFrame,
    y: Sequence[str | Sequence[str]],
    x: Sequence[str],
    *,
    weight: str | None = None,
    seed: int = 0,
    settings: TrainSettings | None = None,
    checkpoints: Path | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> FusionModel:
    """Model the distribution of donor variables given the predictors shared with the recipient.

    Parameters
    ----------
    donor
        One row per household. Categorical columns are nominal, or ordered if their categories are;
        text and booleans are nominal; numbers are continuous, or zero-inflated when they pass the
        zero-inflation test. `TrainSettings.types` overrides this.
    y
        Fusion variables in fusion order; a nested list is a block, whose values are drawn together
        from one donor record so that identities among them hold.
    x
        Predictors, harmonized with the recipient.
    weight
        Column of survey weights; scaled to mean 1.
    seed
        Seed of every random choice; the result does not depend on `TrainSettings.workers`.
    settings
        Training settings; the published defaults when left out.
    checkpoints
        Folder where each variable's models are kept once they are fitted, so that an interrupted
        call with the same donor and settings goes on where it stopped.
    executor
        Fits the variables, such as ``dask.distributed.Client(…).get_executor()``; threads of this
        process when left out. The result does not depend on it.
    progress
        Called with the share done and a sentence; may raise to stop.

    Raises
    ------
    InputError
        If a column is missing, repeated or used twice, a weight is not a number of at least 0, or a
        fusion variable cannot be learned. Nothing has been fitted then.

    Notes
    -----
    Source: Ummel, Poblete-Cazenave, Akkiraju et al. (2024), "Multidimensional well-being of US
    households at a fine spatial scale using fused household surveys", Methods.
    """
    settings = settings or TrainSettings()
    report = progress or _ignore
    report(0.0, "Checking the donor")
    donors = _read_donors(donor, y, x, weight=weight, seed=check_seed(seed), settings=settings)
    with workers_of(executor, settings.workers) as workers:
        fitted = _fit_all(donors, workers, checkpoints, report)
    return FusionModel(
        predictors=donors.predictors,
        fill=donors.fill(),
        steps=_steps(donors, fitted, report),
        values={item.name: donors.fused[:, i] for i, item in enumerate(donors.fused_types)},
        weights=donors.weights,
        settings=settings,
        seed=donors.seed,
        notes=tuple(donors.notes),
    )


@dataclass(frozen=True)
class _Donors:
    """The donor as numbers: predictors, fused variables in fusion order, weights."""

    predictors: tuple[VariableType, ...]
    matrix: NDArray[np.float64]
    steps: tuple[tuple[str, ...], ...]
    fused_types: tuple[VariableType, ...]
    fused: NDArray[np.float64]
    weights: NDArray[np.float64]
    settings: TrainSettings
    seed: int
    notes: list[str]

    def step_columns(self, step: int) -> range:
        """Return the positions of a step's variables among the fused ones."""
        first = sum(len(names) for names in self.steps[:step])
        return range(first, first + len(self.steps[step]))

    def step_rows(self, step: int) -> NDArray[np.bool_]:
        """Return the donors that have a value of every variable of a step."""
        columns = self.step_columns(step)
        return np.asarray(np.isfinite(self.fused[:, columns.start : columns.stop]).all(axis=1))

    def task(self, place: int) -> VariableTask:
        """Return what the models of the fused variable at a place in the fusion order follow from."""
        step = next(step for step in range(len(self.steps)) if place in self.step_columns(step))
        rows, earlier = self.step_rows(step), self.step_columns(step).start
        matrix = np.column_stack([self.matrix[rows], self.fused[rows, :earlier]])
        return VariableTask(
            type=self.fused_types[place],
            outcome=self.fused[rows, place],
            matrix=matrix,
            candidates=(*self.predictors, *self.fused_types[:earlier]),
            features=tuple(range(matrix.shape[1])),
            weights=self.weights[rows],
            settings=self.settings,
            seed=self.seed,
            place=place,
        )

    def pool(self, step: int, fitted: list[FittedVariable]) -> DonorPool | None:
        """Return the donors a step draws from; ``None`` for a categorical variable on its own."""
        rows = np.flatnonzero(self.step_rows(step)).astype(np.int32)
        seed = integer_seed(self.seed, Purpose.CENTRES, step)
        if len(fitted) > 1:
            return _block_pool(fitted, self.weights[rows], rows, self.settings, seed)
        model, expectations = fitted[0].model, fitted[0].expectations
        if model.type.is_categorical:
            return None
        values = self.fused[rows, self.step_columns(step).start]
        if model.has_zero_part:
            keep = values != 0
            rows, values, expectations = rows[keep], values[keep], expectations[keep, 1:]
        if model.constant is not None:
            expectations = np.zeros((len(rows), 1))
            return fixed_k_pool(
                expectations,
                self.weights[rows],
                rows,
                self.settings.replace(block_neighbours=1),
                is_probability=np.zeros(1, dtype=bool),
                column_weight=np.ones(1),
                seed=seed,
            )
        return variable_k_pool(
            expectations, values, self.weights[rows], rows, self.settings, seed=seed
        )

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


def _read_donors(
    donor: pd.DataFrame,
    y: Sequence[str | Sequence[str]],
    x: Sequence[str],
    *,
    weight: str | None,
    seed: int,
    settings: TrainSettings,
) -> _Donors:
    steps = normalise_steps(y)
    check_names(donor, steps, x, weight, settings)
    raw_weights = check_weights(donor, weight)
    notes = []
    keep = raw_weights > 0
    if not keep.all():
        notes.append(f"{int((~keep).sum()):,} donors have weight zero and were left out.")
        donor, raw_weights = donor.loc[keep], raw_weights[keep]
    check_rows(len(donor))
    # float32 is what the trees see; rounding here makes the result blind to the weights' unit.
    weights = (raw_weights / raw_weights.mean()).astype(np.float32).astype(np.float64)
    overrides = dict(settings.types)
    predictors = detect_types(donor, tuple(x), overrides)
    matrix = encode_frame(donor, predictors)
    predictors, matrix = _useful_predictors(predictors, matrix, settings.force, notes)
    names = tuple(name for step in steps for name in step)
    fused_types = detect_types(donor, names, overrides, fused=True)
    fused = encode_frame(donor, fused_types)
    for place, variable in enumerate(fused_types):
        check_outcome(variable, fused[:, place])
        missing = int(np.isnan(fused[:, place]).sum())
        if missing:
            notes.append(
                f"{missing:,} donors have no value of '{variable.name}' and are neither used to "
                "model it nor drawn for it."
            )
    donors = _Donors(predictors, matrix, steps, fused_types, fused, weights, settings, seed, notes)
    return _reordered(donors) if settings.order == "suggested" and len(steps) > 1 else donors


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
        if missing.any():
            notes.append(f"{int(missing.sum()):,} donors have no value of '{predictor.name}'.")
        constant = missing.all() or (not missing.any() and (values == values[0]).all())
        if constant and predictor.name not in forced:
            notes.append(f"'{predictor.name}' is the same for every donor and was left out.")
        else:
            keep.append(place)
    if not keep:
        raise InputError(
            "Every predictor has the same value for all donors", fix="Choose other predictors"
        )
    return tuple(predictors[place] for place in keep), matrix[:, keep]


def _reordered(donors: _Donors) -> _Donors:
    """Put the steps into the suggested order."""
    rows = np.isfinite(donors.fused).all(axis=1)
    weights = donors.weights[rows]
    designs = [
        Design.build(
            donors.fused[rows][:, list(donors.step_columns(step))],
            [donors.fused_types[column] for column in donors.step_columns(step)],
            weights,
        )
        for step in range(len(donors.steps))
    ]
    order = suggest_order(designs, Design.build(donors.matrix[rows], donors.predictors, weights))
    columns = [column for step in order for column in donors.step_columns(step)]
    steps = tuple(donors.steps[step] for step in order)
    shown = ", ".join(" and ".join(names) for names in steps)
    return dataclasses.replace(
        donors,
        steps=steps,
        fused_types=tuple(donors.fused_types[column] for column in columns),
        fused=donors.fused[:, columns],
        notes=[*donors.notes, f"Suggested order: {shown}."],
    )


def _block_pool(
    fitted: list[FittedVariable],
    weights: NDArray[np.float64],
    rows: NDArray[np.int32],
    settings: TrainSettings,
    seed: int,
) -> DonorPool:
    """List the donors of a block; each variable counts alike, however many expectations it has."""
    columns = [item.expectations for item in fitted if item.expectations.shape[1]]
    is_probability = [np.full(item.model.width, item.model.type.is_categorical) for item in fitted]
    for item, flags in zip(fitted, is_probability, strict=True):
        if item.model.has_zero_part:
            flags[0] = True
    weight = [
        np.full(item.model.width, np.sqrt(1 / (len(fitted) * max(item.model.width, 1))))
        for item in fitted
    ]
    return fixed_k_pool(
        np.concatenate(columns, axis=1),
        weights,
        rows,
        settings,
        is_probability=np.concatenate(is_probability),
        column_weight=np.concatenate(weight),
        seed=seed,
    )


def _fit_all(
    donors: _Donors, workers: Workers, checkpoints: Path | None, report: Progress
) -> list[FittedVariable]:
    """Fit the variables side by side; tell how far they are, and which one was finished last."""
    names = [variable.name for variable in donors.fused_types]
    done: list[str] = []
    told = _Telling(report, len(names))
    shares = Shares(told.take, len(names))

    def fit(place: int) -> FittedVariable:
        # The predictors are copied only now, when the variable's turn has come.
        fitted = fit_or_read(donors.task(place), checkpoints, workers, shares.parts[place])
        shares.parts[place](1.0)
        done.append(names[place])
        return fitted

    return workers.coordinate(
        [partial(fit, place) for place in range(len(names))], heartbeat=lambda: told.tell(done)
    )


class _Telling:
    """Tells the caller, in the caller's thread, how far the fitting is."""

    def __init__(self, report: Progress, variables: int) -> None:
        self._report = report
        self._variables = variables
        self._share = 0.0

    def take(self, share: float) -> None:
        """Take the share that is done; what is reported never goes back."""
        self._share = max(self._share, share)

    def tell(self, done: list[str]) -> None:
        """Report the share and the variable finished last."""
        count = f"({len(done)} of {self._variables} variables)"
        message = f"Modelled {done[-1]} {count}" if done else f"Fitting models {count}"
        self._report(FITTING_SHARE * self._share, message)


def _steps(donors: _Donors, fitted: list[FittedVariable], report: Progress) -> tuple[Step, ...]:
    """Put the variables into their steps, each with the donors it is drawn from."""
    steps = []
    for number, names in enumerate(donors.steps):
        columns = donors.step_columns(number)
        part = fitted[columns.start : columns.stop]
        steps.append(Step(tuple(item.model for item in part), donors.pool(number, part)))
        report(
            FITTING_SHARE + (1 - FITTING_SHARE) * (number + 1) / len(donors.steps),
            f"Listed donors for {' and '.join(names)}",
        )
    return tuple(steps)


def _ignore(_share: float, _message: str) -> None:
    """Report to nobody."""
