"""Order, blocks and choice of predictors: as regressing anew, and an end with few donors."""

import numpy as np
import pytest

from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.fusion.base.variables import VariableType
from fusion_core.fusion.training._chaining import suggest_blocks, suggest_order
from fusion_core.fusion.training._screening import Design, screen


def design(matrix: np.ndarray, weights: np.ndarray, *, levels: int = 0) -> Design:
    """Standardise numbers, or one nominal variable of some levels."""
    names = tuple(str(level) for level in range(levels))
    kind = "nominal" if levels else "continuous"
    types = [VariableType(f"v{place}", kind, names) for place in range(matrix.shape[1])]
    return Design.build(matrix, types, weights)


def share_explained(columns: np.ndarray, targets: np.ndarray) -> float:
    fitted = columns @ np.linalg.lstsq(columns, targets, rcond=None)[0]
    return float(np.mean(np.square(fitted).sum(axis=0)))


def order_by_regressing_anew(steps: list[Design], predictors: Design) -> list[int]:
    known, order = predictors.columns, []
    others = [
        np.column_stack([known, *(other.columns for other in steps if other is not step)])
        for step in steps
    ]
    while len(order) < len(steps):
        gains = {
            place: share_explained(known, step.columns)
            / share_explained(others[place], step.columns)
            for place, step in enumerate(steps)
            if place not in order
        }
        order.append(max(gains, key=lambda place: gains[place]))
        known = np.column_stack([known, steps[order[-1]].columns])
    return order


@pytest.mark.parametrize("seed", range(5))
def test_equals_regressing_anew_for_every_step(seed: int):
    draw = np.random.default_rng(seed)
    mixing = np.eye(9) + 0.4 * draw.normal(size=(9, 9))
    numbers = draw.normal(size=(400, 9)) @ mixing
    weights = draw.gamma(3.0, 1.0, 400)
    codes = np.digitize(numbers[:, [3]], [-0.5, 0.5]).astype(float)
    steps = [
        design(codes, weights, levels=3),
        design(numbers[:, 4:6], weights),
        *(design(numbers[:, [place]], weights) for place in range(6, 9)),
    ]
    predictors = design(numbers[:, :3], weights)
    assert suggest_order(steps, predictors) == order_by_regressing_anew(steps, predictors)


def test_variables_that_say_the_same_twice_do_not_matter():
    draw = np.random.default_rng(1)
    numbers, weights = draw.normal(size=(200, 3)), np.ones(200)
    twice = design(numbers[:, [0, 0]], weights)
    steps = [design(numbers[:, [place]] + numbers[:, [0]], weights) for place in (1, 2)]
    assert sorted(suggest_order([twice, *steps], twice)) == [0, 1, 2]


def bound_by_hand(first: np.ndarray, second: np.ndarray, predictor: np.ndarray) -> float:
    """Squared partial correlation of two columns of ranks."""
    known = np.column_stack([np.ones(len(predictor)), predictor])
    ranked = [values.argsort().argsort().astype(float) for values in (first, second)]
    rest = [column - known @ np.linalg.lstsq(known, column, rcond=None)[0] for column in ranked]
    return float(np.corrcoef(*rest)[0, 1] ** 2)


def test_what_the_predictors_leave_bound_becomes_a_block():
    draw = np.random.default_rng(3)
    x, shared = draw.normal(size=(2, 3000))
    first, second = x + shared, shared + 0.3 * draw.normal(size=3000)
    alike = [x + 0.3 * draw.normal(size=3000) for _ in range(2)]  # but by their predictor only
    assert np.corrcoef(*alike)[0, 1] ** 2 > 0.7
    assert bound_by_hand(*alike, x.argsort().argsort()) < 0.1
    weights = np.ones(3000)
    variables = [design(v[:, None], weights) for v in (alike[0], first, alike[1], second)]
    known = design(x[:, None], weights)
    bond = bound_by_hand(first, second, x.argsort().argsort())
    assert 0.6 < bond < 0.95
    for least, blocks in [(bond - 0.05, [[0], [1, 3], [2]]), (bond + 0.02, [[0], [1], [2], [3]])]:
        assert suggest_blocks(variables, known, largest=4, bond=least) == blocks


@pytest.mark.parametrize(("largest", "blocks"), [(1, 4), (2, 3), (3, 2), (4, 2)])
def test_blocks_hold_variables_that_are_all_bound_and_no_more_than_asked(largest: int, blocks: int):
    draw = np.random.default_rng(4)
    common, weights = draw.normal(size=2000), np.ones(2000)
    levels = np.digitize(common, [-1.0, 1.0]).astype(float)[:, None]
    variables = [
        design(levels, weights, levels=3),
        *(design((common + 0.2 * draw.normal(size=2000))[:, None], weights) for _ in range(2)),
        design(draw.normal(size=(2000, 1)), weights),
    ]
    found = suggest_blocks(
        variables, design(draw.normal(size=(2000, 1)), weights), largest=largest, bond=0.5
    )
    assert sorted(place for block in found for place in block) == [0, 1, 2, 3]
    assert len(found) == blocks
    assert max(map(len, found)) == min(largest, 3)
    assert [3] in found


def test_what_the_predictors_explain_fully_is_bound_to_nothing():
    draw = np.random.default_rng(5)
    x, weights = draw.normal(size=(500, 1)), np.ones(500)
    variables = [design(x + 1e-9 * draw.normal(size=(500, 1)), weights) for _ in range(2)]
    assert suggest_blocks(variables, design(x, weights), largest=2, bond=0.1) == [[0], [1]]


@pytest.mark.filterwarnings("error")
def test_screening_comes_to_an_end_with_more_levels_than_donors():
    draw = np.random.default_rng(0)
    levels = tuple("abcdefghi")
    codes = draw.integers(0, len(levels), (150, 20)).astype(float)
    types = [VariableType(f"x{place}", "nominal", levels) for place in range(20)]
    weights = np.ones(150)
    outcome = (codes[:, :10] % 2).sum(axis=1) + draw.normal(0, 3, 150)
    target = design(outcome[:, None], weights)
    assert screen(target, Design.build(codes, types, weights), [], TrainSettings())
