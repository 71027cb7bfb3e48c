"""Shares of ways to draw follow from distances between draws and answers that none of them has seen."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.sparse import csr_array

from fusion_core.fusion import TrainSettings
from fusion_core.fusion.base import VariableType
from fusion_core.fusion.base.workers import workers_of
from fusion_core.fusion.forests import ForestTask, fit_forest, scored_rows
from fusion_core.fusion.forests._pairs import Answer, Drawn, pair_distances

ROWS, DONORS, TREES = 4, 9, 3


@pytest.fixture(params=[False, True], ids=["numbers", "classes"])
def answer(request) -> Answer:
    draw = np.random.default_rng(3)
    levels, codes = np.unique(draw.integers(0, 4, DONORS) ** 2.0, return_inverse=True)
    return Answer(codes, levels, request.param, codes[:ROWS])


@pytest.fixture
def drawn() -> Drawn:
    """Three trees of one way, and one list a row of another; the first tree has seen the last row."""
    draw = np.random.default_rng(5)
    sizes = draw.integers(1, 5, TREES * 2 + ROWS)
    begin = np.concatenate([[0], np.cumsum(sizes)])
    chance = np.concatenate([draw.dirichlet(np.ones(size)) for size in sizes])
    listed = np.array(
        [
            [*(2 * tree + draw.integers(2) for tree in range(TREES)), 2 * TREES + row]
            for row in range(4)
        ]
    )
    listed[-1, 0] = -1
    donors = draw.integers(0, DONORS, begin[-1]).astype(np.int32)
    return Drawn(listed, np.array([0, 0, 0, 1]), begin, donors, chance)


def far(answer: Answer, one: int, other: int) -> float:
    if answer.is_class:
        return 2.0 * (one != other)
    return abs(answer.levels[one] - answer.levels[other])


def members(drawn: Drawn, place: int, answer: Answer) -> list[tuple[float, int]]:
    part = slice(drawn.begin[place], drawn.begin[place + 1])
    return list(zip(drawn.chance[part], answer.codes[drawn.donors[part]], strict=True))


def test_distances_are_means_over_draws_of_different_trees(drawn, answer):
    off, apart = pair_distances(drawn, answer, 2)
    for row in range(ROWS):
        lists = [
            [
                members(drawn, place, answer)
                for place in drawn.listed[row, drawn.way == way]
                if place >= 0
            ]
            for way in (0, 1)
        ]
        for way in (0, 1):
            expected = np.mean(
                [
                    sum(chance * far(answer, code, answer.true[row]) for chance, code in item)
                    for item in lists[way]
                ]
            )
            assert off[row, way] == pytest.approx(expected)
        for one, other in itertools.product((0, 1), repeat=2):
            pairs = [
                (first, second)
                for (i, first), (j, second) in itertools.product(
                    enumerate(lists[one]), enumerate(lists[other])
                )
                if one != other or i != j or len(lists[one]) == 1
            ]
            expected = np.mean(
                [
                    sum(p * q * far(answer, a, b) for (p, a), (q, b) in itertools.product(*pair))
                    for pair in pairs
                ]
            )
            assert apart[row, one, other] == pytest.approx(expected)


@pytest.fixture(scope="module")
def task() -> ForestTask:
    """Donors whose outcome a forest learns well from the first predictor."""
    draw = np.random.default_rng(4)
    size = draw.uniform(0, 10, 400)
    outcome = 10 * size + draw.normal(0, 5, 400)
    return ForestTask(
        types=(VariableType("kwh", "continuous"),),
        outcomes=outcome[:, None],
        matrix=size[:, None],
        candidates=(VariableType("size", "continuous"),),
        features=(0,),
        donors=np.arange(400, dtype=np.int32),
        weights=np.ones(400),
        settings=TrainSettings(method="stacked", forest_trees=40, forest_leaves=(5,)),
        seed=1,
        origin="a",
    )


def mixture(task: ForestTask, chances: np.ndarray) -> float:
    np.fill_diagonal(chances, 0.0)
    scored = scored_rows(task)
    rival = csr_array(chances[scored] / chances[scored].sum(axis=1, keepdims=True))
    with workers_of(None, 1) as workers:
        forest = fit_forest(task, workers, lambda _share: None, rival).forest
    return 0.0 if forest is None else forest.mixture


def test_a_rival_that_knows_nothing_draws_nothing(task):
    assert mixture(task, np.ones((400, 400))) == 1


def test_a_rival_that_knows_the_answers_draws_everything(task):
    away = np.abs(task.outcomes - task.outcomes.T)
    assert mixture(task, (away < 2.0).astype(float) + 1e-9) == 0


def test_two_good_ways_share_the_draws(task):
    away = np.abs(task.matrix - task.matrix.T)
    assert 0 <= mixture(task, (away < 0.2).astype(float) + 1e-9) < 1


def test_a_forest_has_as_many_trees_as_its_share_is_worth(task):
    scored = scored_rows(task)
    noisy = (np.abs(task.matrix - task.matrix.T) < 3.0).astype(float)[scored]
    noisy[np.arange(len(scored)), scored] = 0
    rival = csr_array(noisy / noisy.sum(axis=1, keepdims=True))
    with workers_of(None, 1) as workers:
        forest = fit_forest(task, workers, lambda _share: None, rival).forest
    assert forest is not None
    assert len(forest.roots) == round(forest.mixture * task.settings.forest_trees)
