"""Place donors by their expectations: each step gets the donors it is drawn from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.fusion.base import Progress, Purpose, Stop, integer_seed, workers_of
from fusion_core.fusion.model import (
    DonorPool,
    Step,
    VariableModel,
    best_temperature,
    both_chances,
    fixed_k_pool,
    variable_k_pool,
)
from fusion_core.fusion.training._donors import Donors
from fusion_core.fusion.training._fitting import FITTING_SHARE
from fusion_core.fusion.training._variable_fits import FittedVariable

if TYPE_CHECKING:
    from numpy.typing import NDArray


def place_donors(
    donors: Donors, fitted: Sequence[FittedVariable], report: Progress
) -> tuple[Step, ...]:
    """Put the variables into their steps, each with the donors it is drawn from.

    Few numbers decide which donors are near: they are found here, also after a cluster's work.

    Parameters
    ----------
    donors
        The encoded donors.
    fitted
        Models and expectations of each fused variable.
    report
        Takes the share done and a sentence.
    """
    listed: list[str] = []

    def tell() -> None:
        share = FITTING_SHARE + (1 - FITTING_SHARE) * len(listed) / len(donors.steps)
        report(share, f"Listed donors for {listed[-1]}" if listed else "Listing donors")

    with workers_of(None, donors.settings.workers) as workers:

        def list_donors(number: int) -> Step:
            step = _step(donors, number, fitted, workers.stop)
            listed.append(" and ".join(donors.steps[number]))
            return step

        jobs = [partial(list_donors, number) for number in range(len(donors.steps))]
        return tuple(workers.coordinate(jobs, heartbeat=tell))


def _step(donors: Donors, number: int, fitted: Sequence[FittedVariable], stop: Stop) -> Step:
    columns, rows = donors.step_columns(number), donors.step_rows(number)
    own = fitted[columns.start : columns.stop]
    origin = donors.origin(columns)
    seed = integer_seed(donors.seed, Purpose.CENTRES, origin)
    if len(own) > 1:
        pool = _block_pool(donors, number, own, seed, stop)
        return Step(tuple(item.model for item in own), pool, origin)
    (variable,), values = own, donors.fused[rows, columns.start]
    model = variable.model
    if donors.settings.class_probabilities == "calibrated":
        model = calibrated(variable, values, donors.weights[rows])
    # A categorical variable on its own is drawn from its probabilities, not from donors.
    drawn = not model.type.is_categorical
    return Step((model,), _pool(donors, number, variable, seed, stop) if drawn else None, origin)


def _pool(
    donors: Donors, number: int, variable: FittedVariable, seed: int, stop: Stop
) -> DonorPool:
    """List the donors of a number; of a zero-inflated one those that are not zero."""
    rows = np.flatnonzero(donors.step_rows(number)).astype(np.int32)
    values = donors.fused[rows, donors.step_columns(number).start]
    expectations = variable.expectations(donors.settings.method, donors.dominant[rows])
    if variable.model.has_zero_part:
        keep = values != 0
        rows, values, expectations = rows[keep], values[keep], expectations[keep, 1:]
    if variable.model.constant is not None:
        return fixed_k_pool(
            np.zeros((len(rows), 1)),
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
        dominant=donors.dominant[rows],
        seed=seed,
        check=stop.check,
    )


def _block_pool(
    donors: Donors, number: int, block: Sequence[FittedVariable], seed: int, stop: Stop
) -> DonorPool:
    """List the donors of a block; each variable counts alike, however many expectations it has."""
    rows = np.flatnonzero(donors.step_rows(number)).astype(np.int32)
    dominant, method = donors.dominant[rows], donors.settings.method
    columns = [item.expectations(method, dominant) for item in block if item.model.width]
    is_probability = [np.full(item.model.width, item.model.type.is_categorical) for item in block]
    for item, flags in zip(block, is_probability, strict=True):
        if item.model.has_zero_part:
            flags[0] = True
    weight = [
        np.full(item.model.width, np.sqrt(1 / (len(block) * max(item.model.width, 1))))
        for item in block
    ]
    return fixed_k_pool(
        np.concatenate(columns, axis=1),
        donors.weights[rows],
        rows,
        donors.settings,
        is_probability=np.concatenate(is_probability),
        column_weight=np.concatenate(weight),
        dominant=dominant,
        seed=seed,
        check=stop.check,
    )


def calibrated(
    fitted: FittedVariable, outcome: NDArray[np.float64], weights: NDArray[np.float64]
) -> VariableModel:
    """Return a variable's model with the temperature that suits its out-of-fold probabilities.

    A model without class probabilities, or without out-of-fold ones, is returned as it is.

    Parameters
    ----------
    fitted
        The variable's models and expectations of the donors.
    outcome, weights
        The donors' values (numbers or codes) and survey weights.
    """
    model = fitted.model
    if (fitted.out_of_fold == fitted.fitted).all():
        return model
    if model.type.is_categorical:
        place = np.searchsorted(model.classes, outcome)
        temperature = best_temperature(fitted.out_of_fold, place, weights)
    elif model.has_zero_part:
        place = (outcome != 0).astype(np.int64)
        temperature = best_temperature(both_chances(fitted.out_of_fold[:, 0]), place, weights)
    else:
        return model
    return dataclasses.replace(model, temperature=temperature)
