"""Scores of implicates by household, so that two ways to draw are compared pair by pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fusion_core.fusion import Implicates
from fusion_core.validation.internal.scores import (
    brier_by_row,
    coverage_by_row,
    crps_by_row,
    energy_by_row,
    log_by_row,
)

CALIBRATION_BINS = 10
LEVELS = (0.8, 0.5)


@dataclass(frozen=True)
class Scores:
    """How well implicates describe the true answers.

    Attributes
    ----------
    crps, brier, log
        Score of every household, by variable; lower is better.
    energy
        Energy score of all numbers together, of every household.
    coverage
        Share of true values inside the central 80 % and 50 % interval, by number.
    calibration
        Expected calibration error of the shares of the draws, by category.
    correlation
        Largest difference of a correlation among the numbers from the true one.
    subgroups
        Median absolute relative error of subgroup means of the numbers.
    """

    crps: dict[str, np.ndarray]
    brier: dict[str, np.ndarray]
    log: dict[str, np.ndarray]
    energy: np.ndarray
    coverage: dict[str, tuple[float, ...]]
    calibration: dict[str, float]
    correlation: float
    subgroups: float


def score(implicates: Implicates, truth: pd.DataFrame, groups: tuple[str, ...]) -> Scores:
    """Score implicates against the true answers of the same households, each counting alike."""
    numbers = [name for name in implicates.names if not implicates[name].levels]
    classes = [name for name in implicates.names if implicates[name].levels]
    draws = {name: implicates[name].values for name in implicates.names}
    actual = {name: truth[name].to_numpy(float) for name in numbers}
    codes = {
        name: pd.Categorical(truth[name], list(implicates[name].levels)).codes for name in classes
    }
    shares = {
        name: np.stack(
            [(draws[name] == code).mean(axis=1) for code in range(len(implicates[name].levels))],
            axis=1,
        )
        for name in classes
    }
    return Scores(
        crps={name: crps_by_row(actual[name], draws[name]) for name in numbers},
        brier={
            name: brier_by_row(codes[name], draws[name], shares[name].shape[1]) for name in classes
        },
        log={name: log_by_row(codes[name], draws[name], shares[name].shape[1]) for name in classes},
        energy=energy_by_row(
            np.stack([actual[name] for name in numbers], axis=1),
            np.stack([draws[name] for name in numbers], axis=2),
        ),
        coverage={
            name: tuple(
                float(coverage_by_row(actual[name], draws[name], level=level).mean())
                for level in LEVELS
            )
            for name in numbers
        },
        calibration={name: calibration_error(codes[name], shares[name]) for name in classes},
        correlation=_correlation_error(
            np.stack([actual[name] for name in numbers]),
            np.stack([draws[name] for name in numbers]),
        ),
        subgroups=_subgroup_error(
            actual, {name: draws[name].mean(axis=1) for name in numbers}, truth, groups
        ),
    )


def calibration_error(codes: np.ndarray, shares: np.ndarray) -> float:
    """Return the expected calibration error: mean |share drawn − share true| over bins, by class.

    Shares of a class are cut into ten bins of equal size (Nixon et al. 2019, adaptive bins).
    """
    errors = []
    for code in range(shares.shape[1]):
        order = np.argsort(shares[:, code], kind="stable")
        for part in np.array_split(order, CALIBRATION_BINS):
            gap = shares[part, code].mean() - (codes[part] == code).mean()
            errors.append(abs(gap) * len(part) / len(codes))
    return float(np.sum(errors) / shares.shape[1])


def difference(ours: list[dict], theirs: list[dict]) -> tuple[float, float]:
    """Return the mean difference of scores in per cent of theirs, and its standard error.

    Parameters
    ----------
    ours, theirs
        Per world: scores of every household by variable, of the same households.

    Notes
    -----
    Every variable counts alike: its differences are divided by the other's mean over all worlds.
    The standard error is that of the households' mean differences; what another donor sample would
    have changed is in it only as far as there are several worlds.
    """
    relative = 0.0
    names = list(theirs[0])
    for name in names:
        other = np.concatenate([world[name] for world in theirs])
        own = np.concatenate([world[name] for world in ours])
        relative = relative + (own - other) / other.mean() / len(names)
    return 100 * float(np.mean(relative)), 100 * float(np.std(relative) / np.sqrt(len(relative)))


def _correlation_error(truth: np.ndarray, draws: np.ndarray) -> float:
    each = [np.corrcoef(draws[:, :, implicate]) for implicate in range(draws.shape[2])]
    return float(np.abs(np.mean(each, axis=0) - np.corrcoef(truth)).max())


def _subgroup_error(
    truth: dict[str, np.ndarray],
    means: dict[str, np.ndarray],
    frame: pd.DataFrame,
    groups: tuple[str, ...],
) -> float:
    errors = []
    for group in groups:
        labels = frame[group].astype(str).to_numpy()
        for name, values in truth.items():
            found = pd.Series(means[name]).groupby(labels).mean()
            errors.append((found / pd.Series(values).groupby(labels).mean() - 1).abs().to_numpy())
    return float(np.median(np.concatenate(errors)))
