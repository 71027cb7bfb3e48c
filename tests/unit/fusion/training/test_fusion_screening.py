"""The LASSO prescreen chooses what a plain coordinate descent on the same data would choose."""

import numpy as np
import pytest
from scipy.stats import rankdata

from fusion_core import TrainSettings
from fusion_core.fusion.base.variables import VariableType
from fusion_core.fusion.training._screening import Design, screen

ROWS = 400
LEVELS = ("coast", "hills", "plain", "town")


def standardised(column: np.ndarray, weights: np.ndarray) -> np.ndarray:
    centred = column - np.average(column, weights=weights)
    return centred / np.sqrt(np.average(centred**2, weights=weights))


def lasso(columns: np.ndarray, target: np.ndarray, weights: np.ndarray, penalty: float):
    """Minimise Σ w (target − columns b)² / 2 + penalty Σ|b|, one coefficient at a time."""
    share = weights / weights.sum()
    coefficients = np.zeros(columns.shape[1])
    for _ in range(5000):
        before = coefficients.copy()
        for place, column in enumerate(columns.T):
            others = target - columns @ coefficients + column * coefficients[place]
            pull = (share * column) @ others
            coefficients[place] = np.sign(pull) * max(abs(pull) - penalty, 0)
        if np.abs(coefficients - before).max() < 1e-9:
            break
    return coefficients


def active_columns(columns: np.ndarray, target: np.ndarray, weights: np.ndarray, deviance: float):
    """The columns in use at the first of fifty penalties that explains enough."""
    share = weights / weights.sum()
    largest = np.abs((share[:, None] * columns).T @ target).max()
    path = [
        lasso(columns, target, weights, penalty)
        for penalty in np.geomspace(largest, largest / 1000, 50)
    ]
    explained = [1 - share @ (target - columns @ found) ** 2 for found in path]
    enough = next(i for i, value in enumerate(explained) if value >= deviance * explained[-1])
    return set(np.flatnonzero(path[enough]))


@pytest.fixture(scope="module")
def survey():
    """Five numbers, of which the third repeats the first, a nominal variable, and weights."""
    draw = np.random.default_rng(4)
    numbers = draw.gamma(2, 1, (ROWS, 5))
    numbers[:, 2] = numbers[:, 0] + draw.normal(0, 0.4, ROWS)
    region = draw.integers(0, 4, ROWS)
    weights = draw.gamma(3, 1, ROWS)
    types = [VariableType(f"number {i}", "continuous", dtype="float64") for i in range(5)]
    types.append(VariableType("region", "nominal", LEVELS))
    matrix = np.column_stack([numbers, region])
    return matrix, types, weights


def expected(survey, targets: list[np.ndarray], deviance: float) -> list[int]:
    matrix, _, weights = survey
    columns = [standardised(rankdata(matrix[:, i]), weights) for i in range(5)]
    columns += [standardised((matrix[:, 5] == level).astype(float), weights) for level in range(4)]
    owner = [0, 1, 2, 3, 4, 5, 5, 5, 5]
    stacked = np.column_stack(columns)
    found = [active_columns(stacked, standardised(y, weights), weights, deviance) for y in targets]
    return sorted({owner[place] for places in found for place in places})


@pytest.mark.parametrize("deviance", [0.8, 0.95])
def test_a_number_keeps_the_predictors_active_where_enough_is_explained(survey, deviance):
    matrix, types, weights = survey
    draw = np.random.default_rng(5)
    outcome = matrix[:, 0] + 3 * (matrix[:, 5] == 2) + draw.normal(0, 1, ROWS)
    chosen = screen(
        Design.build(outcome[:, None], [VariableType("y", "continuous")], weights),
        Design.build(matrix, types, weights),
        [],
        TrainSettings(rank_correlation=0.0, deviance_share=deviance),
    )
    assert chosen == expected(survey, [rankdata(outcome)], deviance)
    assert {0, 5} <= set(chosen) < set(range(6))


def test_a_nominal_outcome_keeps_what_any_of_its_levels_needs(survey):
    matrix, types, weights = survey
    draw = np.random.default_rng(6)
    outcome = np.where(matrix[:, 1] > 2, 1, np.where(matrix[:, 3] + draw.random(ROWS) > 3, 2, 0))
    chosen = screen(
        Design.build(
            outcome[:, None].astype(float), [VariableType("y", "nominal", ("a", "b", "c"))], weights
        ),
        Design.build(matrix, types, weights),
        [],
        TrainSettings(rank_correlation=0.0, deviance_share=0.9),
    )
    targets = [(outcome == level).astype(float) for level in range(3)]
    assert chosen == expected(survey, targets, 0.9)
    assert {1, 3} <= set(chosen)
