"""Trees as arrays lead every household where scikit-learn's own trees do, and on to a donor."""

from __future__ import annotations

import numpy as np
import pytest

from fusion_core.fusion import TrainSettings
from fusion_core.fusion.base import Stop, VariableType
from fusion_core.fusion.base.workers import workers_of
from fusion_core.fusion.forests import Forest, ForestTask, TreeShape, fit_forest, most_trees
from fusion_core.fusion.forests._walks import Answers, LeafTables, walk_forest
from fusion_core.fusion.forests.growing import ForestData, grow_trees

SETTINGS = TrainSettings(method="forest", forest_trees=12)


def task(rows: int = 300, weights: np.ndarray | None = None, **changes) -> ForestTask:
    draw = np.random.default_rng(4)
    size = draw.integers(1, 7, rows).astype(float)
    region = draw.integers(0, 3, rows).astype(float)
    income = draw.lognormal(10, 1, rows)
    income[draw.random(rows) < 0.1] = np.nan
    outcome = 10 * size + 40 * (region == 1) + draw.normal(0, 5, rows)
    return ForestTask(
        types=(VariableType("kwh", "continuous"),),
        outcomes=outcome[:, None],
        matrix=np.stack([size, region, income], axis=1),
        candidates=(
            VariableType("size", "continuous"),
            VariableType("region", "nominal", ("a", "b", "c", "d")),
            VariableType("income", "continuous"),
        ),
        features=(0, 1, 2),
        donors=np.arange(rows, dtype=np.int32),
        weights=np.ones(rows) if weights is None else weights,
        settings=SETTINGS.replace(**changes),
        seed=1,
        origin="a",
    )


def grown(asked: ForestTask) -> Forest:
    with workers_of(None, 1) as workers:
        return fit_forest(asked, workers, lambda _share: None).forest


def test_a_household_comes_to_the_leaf_of_donors_like_it():
    asked = task(forest_leaves=(3,), forest_shares=(1.0,))
    forest, rows = grown(asked), len(asked.matrix)
    numbers = np.random.default_rng(0).random((rows, 200, 2))
    picked = forest.pick(asked.matrix, np.empty((rows, 0, 200)), np.empty((rows, 1, 0)), numbers)
    costly = asked.matrix[:, 1] == 1
    assert (costly[picked] == costly[:, None]).mean() > 0.9
    drawn = asked.outcomes[picked, 0].mean(axis=1)
    assert np.corrcoef(drawn, asked.outcomes[:, 0])[0, 1] > 0.95


def test_every_donor_falls_into_the_leaf_that_lists_it():
    asked = task()
    data = ForestData(asked)
    (tree,) = grow_trees(data, TreeShape(5, 0.7), range(1), Stop())
    for donor in np.unique(tree.donors):
        row = np.array([data.ranks[1][int(asked.matrix[donor, 1])]])
        values = np.array([[asked.matrix[donor, 0], row[0], asked.matrix[donor, 2]]])
        ends = np.array([[[0.0, 0.0], [0.0, 1.0 - 1e-9]]])
        tables = LeafTables(
            tree.nodes, np.zeros(1, np.int64), np.arange(len(tree.donors), dtype=np.int32)
        )
        answers = Answers(values, np.empty((1, 0, 2)), np.array([-1, -2, -3]))
        first, last = walk_forest(tables, answers, ends)[0]
        assert donor in tree.donors[first : last + 1]
        assert len(np.unique(tree.donors[first : last + 1])) >= 5


def test_values_no_donor_has_find_a_leaf():
    asked = task()
    forest = grown(asked)
    odd = np.array([[1e300, 3.0, np.nan], [-1e300, np.nan, -1.0], [np.nan, np.nan, np.nan]])
    picked = forest.pick(odd, np.empty((3, 0, 4)), np.empty((3, 1, 0)), np.full((3, 4, 2), 0.999))
    assert ((picked >= 0) & (picked < len(asked.matrix))).all()


def test_donors_are_drawn_as_often_as_their_weights_say():
    weights = np.random.default_rng(3).lognormal(0, 1.2, 300)
    asked = task(weights=weights / weights.mean(), forest_leaves=(2,), forest_trees=200)
    forest, rows = grown(asked), len(asked.matrix)
    counts = np.bincount(forest.donors, minlength=rows) / len(forest.donors)
    assert np.corrcoef(counts, weights)[0, 1] > 0.99
    numbers = np.random.default_rng(0).random((rows, 100, 2))
    picked = forest.pick(asked.matrix, np.empty((rows, 0, 100)), np.empty((rows, 1, 0)), numbers)
    drawn = np.average(asked.outcomes[picked, 0].mean(axis=1), weights=weights)
    spread = asked.outcomes.std()
    assert drawn == pytest.approx(
        np.average(asked.outcomes[:, 0], weights=weights), abs=0.05 * spread
    )


def test_large_donors_are_sampled_for_every_tree():
    forest = grown(task(tree_rows=50))
    assert len(forest.donors) == 50 * SETTINGS.forest_trees


def test_the_score_prefers_large_leaves_for_noise():
    asked = task(forest_leaves=(1, 60), forest_trees=40)
    noise = np.random.default_rng(0).normal(size=asked.outcomes.shape)
    forest = grown(ForestTask(**{**vars(asked), "outcomes": noise}))
    assert forest.choice.main.leaf == 60
    assert grown(asked).choice.main.leaf == 1


@pytest.mark.parametrize("rows", [300, 30])
def test_no_more_trees_are_grown_than_are_reckoned_with(rows, monkeypatch):
    asked = task(rows, forest_leaves=(1, 5), forest_shares=(0.4, 0.7))
    numbers: list[int] = []

    def counted(data, shape, trees, stop, *, folded=False):
        numbers.extend(trees)
        return grow_trees(data, shape, trees, stop, folded=folded)

    monkeypatch.setattr("fusion_core.fusion.forests.tuning.grow_trees", counted)
    grown(asked)
    assert SETTINGS.forest_trees < len(numbers) <= most_trees(rows, asked.settings)


def test_no_household_comes_to_a_leaf_without_donors():
    asked = task()
    noise = np.random.default_rng(0).normal(size=asked.outcomes.shape)
    data = ForestData(ForestTask(**{**vars(asked), "outcomes": noise}))
    rows = np.concatenate([asked.matrix, np.random.default_rng(1).permuted(asked.matrix, axis=0)])
    ranked = rows.copy()
    ranked[:, 1] = np.array(data.ranks[1])[rows[:, 1].astype(int)]
    first = np.zeros((len(rows), 1, 2))
    for tree in grow_trees(data, TreeShape(1, 0.7), range(40), Stop()):
        tables = LeafTables(tree.nodes, np.zeros(1, np.int64), np.append(tree.donors, -1))
        answers = Answers(ranked, np.empty((len(rows), 0, 1)), np.array([-1, -2, -3]))
        assert (walk_forest(tables, answers, first) >= 0).all()
        leaves = tree.nodes[tree.nodes["feature"] < 0]
        assert leaves["threshold"].sum() == len(tree.donors)
