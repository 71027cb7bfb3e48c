"""Train: from donor microdata to a fusion model.

Because models are trained with the *observed* values of the variables earlier in the chain, all
variables are independent of each other here and are fitted side by side (Ummel et al. 2024).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.arguments import PathLike, path_of
from fusion_core.fusion.base import (
    Purpose,
    Shares,
    Stop,
    TrainSettings,
    Workers,
    integer_seed,
    workers_of,
)
from fusion_core.fusion.model import (
    DonorPool,
    Donors,
    FittedVariable,
    FusionModel,
    Step,
    calibrated,
    check_name,
    checked_settings,
    fixed_k_pool,
    read_donors,
    variable_k_pool,
)
from fusion_core.fusion.training.checkpoints import fit_or_read, record_seed, seed_or_recorded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.frames import Table

Progress = Callable[[float, str], None]
FITTING_SHARE = 0.9


def train(
    donor: Table,
    y: Sequence[str | Sequence[str]],
    x: Sequence[str] | Mapping[str, Sequence[str]],
    *,
    weight: str | None = None,
    donor_name: str = "",
    seed: int | None = None,
    settings: TrainSettings | None = None,
    checkpoints: PathLike | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> FusionModel:
    """Model the distribution of donor variables given the predictors shared with the recipient.

    Parameters
    ----------
    donor
        One row per household: a pandas or polars frame, an Arrow table or a DuckDB relation.
        Categorical columns are nominal, or ordered if their categories are; text and booleans are
        nominal; numbers are continuous, or zero-inflated when they pass the zero-inflation test.
        `TrainSettings.types` overrides this.
    y
        Fusion variables in fusion order; a nested list is a block, whose values are drawn together
        from one donor record so that identities among them hold.
    x
        Predictors, harmonized with the recipient: a list, or a list per fusion variable (a block's
        variables each have their own). Fusion variables drawn earlier are predictors too, unless
        `TrainSettings.exclude` says otherwise.
    weight
        Column of survey weights; scaled to mean 1.
    donor_name
        Name of the donor survey, such as ``"RECS 2020"``. With the variable's name it names the random
        numbers the variable is drawn with; without it, weights and answers of the donors do.
    seed
        Seed of every random choice; the result does not depend on `TrainSettings.workers`. A random
        one when left out, or the one an interrupted call left in `checkpoints`; the model tells.
    settings
        Training settings; the published defaults when left out.
    checkpoints
        Folder where each variable's models are kept once they are fitted, so that an interrupted
        call with the same donor and settings goes on where it stopped.
    executor
        Fits folds and models, such as ``dask.distributed.Client(…).get_executor()``; threads of this
        process when left out. The result does not depend on it.
    progress
        Called with the share done and a sentence, several times a second; may raise to stop, which
        acts before the next tree is grown.

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
    settings = checked_settings(settings)
    report = progress or _ignore
    report(0.0, "Checking the donor")
    check_name(donor_name)
    folder = None if checkpoints is None else path_of(checkpoints, "checkpoints")
    drawn, seed = seed is None, seed_or_recorded(seed, folder)
    donors = read_donors(donor, y, x, weight=weight, seed=seed, settings=settings, name=donor_name)
    if drawn:
        record_seed(seed, folder)
    with workers_of(executor, settings.workers, jobs=max(1, settings.folds)) as workers:
        fitted = _fit_all(donors, workers, folder, report)
    # Few numbers decide which donors are near: they are found here, also after a cluster's work.
    with workers_of(None, settings.workers) as workers:
        steps = _steps(donors, fitted, workers, report)
    return FusionModel(
        predictors=donors.predictors,
        fill=donors.fill(),
        steps=steps,
        values={item.name: donors.fused[:, i] for i, item in enumerate(donors.fused_types)},
        weights=donors.weights,
        settings=donors.settings,
        seed=donors.seed,
        notes=donors.notes,
        missing=donors.missing(),
        donor=donors.name,
        exact=donors.exact,
        weight=weight or "",
    )


def _pool(donors: Donors, step: int, fitted: list[FittedVariable], stop: Stop) -> DonorPool | None:
    """Return the donors a step draws from; ``None`` for a categorical variable on its own."""
    rows = np.flatnonzero(donors.step_rows(step)).astype(np.int32)
    seed = integer_seed(donors.seed, Purpose.CENTRES, donors.origin(donors.step_columns(step)))
    dominant = donors.dominant[rows]
    if len(fitted) > 1:
        return _block_pool(
            fitted,
            donors.weights[rows],
            rows,
            donors.settings,
            dominant=dominant,
            seed=seed,
            stop=stop,
        )
    model = fitted[0].model
    expectations = fitted[0].expectations(donors.settings.method, dominant)
    if model.type.is_categorical:
        return None
    values = donors.fused[rows, donors.step_columns(step).start]
    if model.has_zero_part:
        keep = values != 0
        rows, values, expectations = rows[keep], values[keep], expectations[keep, 1:]
        dominant = dominant[keep]
    if model.constant is not None:
        expectations = np.zeros((len(rows), 1))
        return fixed_k_pool(
            expectations,
            donors.weights[rows],
            rows,
            donors.settings.replace(block_neighbours=1),
            is_probability=np.zeros(1, dtype=bool),
            column_weight=np.ones(1),
            seed=seed,
        )
    return variable_k_pool(
        expectations,
        values,
        donors.weights[rows],
        rows,
        donors.settings,
        dominant=dominant,
        seed=seed,
        check=stop.check,
    )


def _block_pool(
    fitted: list[FittedVariable],
    weights: NDArray[np.float64],
    rows: NDArray[np.int32],
    settings: TrainSettings,
    *,
    dominant: NDArray[np.bool_],
    seed: int,
    stop: Stop,
) -> DonorPool:
    """List the donors of a block; each variable counts alike, however many expectations it has."""
    columns = [item.expectations(settings.method, dominant) for item in fitted if item.model.width]
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
        dominant=dominant,
        seed=seed,
        check=stop.check,
    )


def _fit_all(
    donors: Donors, workers: Workers, checkpoints: Path | None, report: Progress
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


def _steps(
    donors: Donors, fitted: list[FittedVariable], workers: Workers, report: Progress
) -> tuple[Step, ...]:
    """Put the variables into their steps, each with the donors it is drawn from."""
    listed: list[str] = []

    def list_donors(step: int) -> Step:
        result = _step(donors, step, fitted, workers.stop)
        listed.append(" and ".join(donors.steps[step]))
        return result

    def tell() -> None:
        share = FITTING_SHARE + (1 - FITTING_SHARE) * len(listed) / len(donors.steps)
        report(share, f"Listed donors for {listed[-1]}" if listed else "Listing donors")

    return tuple(
        workers.coordinate(
            [partial(list_donors, step) for step in range(len(donors.steps))], heartbeat=tell
        )
    )


def _step(donors: Donors, number: int, fitted: list[FittedVariable], stop: Stop) -> Step:
    columns = donors.step_columns(number)
    part = fitted[columns.start : columns.stop]
    models = tuple(item.model for item in part)
    if donors.settings.class_probabilities == "calibrated" and len(part) == 1:
        rows = donors.step_rows(number)
        outcome = donors.fused[rows, columns.start]
        models = (calibrated(part[0], outcome, donors.weights[rows]),)
    return Step(models, _pool(donors, number, part, stop), donors.origin(columns))


def _ignore(_share: float, _message: str) -> None:
    """Report to nobody."""
