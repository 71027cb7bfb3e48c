"""Expectations of recipients and their implicates are those of LightGBM, computed with less work."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest

from fusion_core.fusion import fuse, train
from fusion_core.fusion.fusing._prediction import ExpandingPredictor, FastPredictor
from fusion_core.fusion.model.expectations import predict_rows
from fusion_core.fusion.trees.tables import read_trees
from fusion_core.fusion.trees.walks import walk_trees

ROWS, IMPLICATES = 300, 7
PREDICTORS = [ExpandingPredictor(), FastPredictor()]


def booster(leaves: int, classes: int, generator: np.random.Generator) -> lgb.Booster:
    """Trees on numbers and categories with missing values; a quarter of them deep and lopsided."""
    rows = 3000
    x = np.column_stack(
        [
            np.where(generator.random(rows) < 0.1, np.nan, generator.normal(0, 1, rows)),
            generator.integers(0, 40, rows),
            generator.gamma(2, 50, rows).round(),
            generator.integers(0, 5, rows),
            np.where(generator.random(rows) < 0.4, 0.0, generator.gamma(2, 1, rows)),
        ]
    )
    signal = np.nan_to_num(x[:, 0]) + 0.1 * (x[:, 1] % 7) * x[:, 3] + np.sqrt(x[:, 2]) * x[:, 4]
    outcome = signal + generator.normal(0, 0.5, rows)
    parameters = {"num_leaves": leaves, "verbose": -1, "min_data_in_leaf": 5, "num_threads": 1}
    if classes > 1:
        parameters |= {"objective": "multiclass", "num_class": classes}
        outcome = np.digitize(outcome, np.quantile(outcome, np.arange(1, classes) / classes))
    data = lgb.Dataset(x, outcome, categorical_feature=[1, 3], free_raw_data=False)
    return lgb.train(parameters, data, num_boost_round=20)


@pytest.mark.parametrize("fused", [(), (2,), (3,), (2, 4), (1, 2, 3, 4), (0, 1, 2, 3, 4)])
@pytest.mark.parametrize(("leaves", "classes"), [(2, 1), (16, 1), (64, 1), (31, 3)])
def test_walking_trees_equals_lightgbm_on_one_row_per_implicate(leaves, classes, fused):
    generator = np.random.default_rng(leaves + classes)
    model = booster(leaves, classes, generator)
    predictors = np.stack(
        [
            np.where(generator.random(ROWS) < 0.2, np.nan, generator.normal(0, 1, ROWS)),
            generator.choice([0.0, 3.0, 17.0, 39.0, 77.0, np.nan], ROWS),
            np.where(generator.random(ROWS) < 0.2, np.nan, generator.gamma(2, 50, ROWS)),
            generator.integers(0, 5, ROWS).astype(float),
            generator.choice([0.0, 0.5, 2.0, np.nan], ROWS),
        ]
    )
    draws = np.stack(
        [
            generator.normal(0, 1, (ROWS, IMPLICATES)),
            generator.integers(0, 45, (ROWS, IMPLICATES)),
            generator.gamma(2, 50, (ROWS, IMPLICATES)).round(),
            generator.integers(0, 5, (ROWS, IMPLICATES)),
            generator.choice([0.0, 0.5, 2.0], (ROWS, IMPLICATES)),
        ],
        axis=1,
    )
    place = np.array([fused.index(item) if item in fused else -1 for item in range(5)])
    found = walk_trees(
        read_trees(model, fused), predictors, np.ascontiguousarray(draws[:, list(fused)]), place
    )
    expanded = np.repeat(predictors.T[:, None], IMPLICATES, axis=1)
    for item in fused:
        expanded[:, :, item] = draws[:, item]
    expected = model.predict(expanded.reshape(-1, 5), raw_score=True, num_threads=1)
    expected = expected.reshape(ROWS, IMPLICATES, classes).transpose(0, 2, 1)
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_more_than_64_leaves_are_left_to_lightgbm(donor, small_settings):
    model = train(
        donor, ["area"], ["size", "income"], settings=small_settings.replace(leaves=(80,)), seed=0
    )
    variable = model.steps[0].variables[0]
    rows = np.column_stack([np.arange(30) % 6, np.linspace(1e4, 9e4, 30)])
    found = FastPredictor().expectations(variable, rows, np.empty((30, 0, 4)))
    assert np.array_equal(found[:, 0], predict_rows(variable, rows))


@pytest.mark.parametrize("predictor", PREDICTORS)
@pytest.mark.parametrize("place", [1, 2])
def test_predictors_equal_lightgbm_on_expanded_rows(donor, small_settings, predictor, place):
    model = train(
        donor,
        ["fuel", "area", "gas"],
        ["size", "income", "region"],
        settings=small_settings,
        seed=0,
    )
    variable = model.steps[place].variables[0]
    draw = np.random.default_rng(0)
    recipient = np.column_stack(
        [draw.integers(1, 7, 50), draw.gamma(3, 20_000, 50), draw.integers(0, 3, 50)]
    ).astype(float)
    recipient[:5, 1] = np.nan
    fused = np.stack([draw.integers(0, 3, (50, 4)), draw.gamma(3, 500, (50, 4))], axis=1)
    expected = np.stack(
        [
            predict_rows(variable, np.column_stack([recipient, fused[:, :place, m]]))
            for m in range(4)
        ],
        axis=1,
    )
    found = predictor.expectations(variable, recipient, fused[:, :place])
    assert np.broadcast_to(found, expected.shape) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("predictor", PREDICTORS)
def test_models_that_use_no_fused_variable_are_predicted_once(donor, small_settings, predictor):
    model = train(donor, ["fuel", "area"], ["size", "income"], settings=small_settings, seed=0)
    first = model.steps[0].variables[0]
    found = predictor.expectations(first, np.ones((10, 2)), np.empty((10, 0, 7)))
    assert found.shape == (10, 1, 3)
    assert found.sum(axis=2) == pytest.approx(1.0)


def test_lightgbm_is_never_asked_to_change_its_number_of_threads(
    monkeypatch, donor, recipient, small_settings
):
    asked = []
    original = lgb.Booster.predict

    def recording(self, *arguments, **options):
        asked.append(options.get("num_threads"))
        return original(self, *arguments, **options)

    monkeypatch.setattr(lgb.Booster, "predict", recording)
    settings = small_settings.replace(method="out-of-fold")
    model = train(donor, ["fuel", "area", "gas"], ["size", "income"], settings=settings, seed=0)
    fuse(recipient, model, implicates=1, seed=1, predictor=ExpandingPredictor())
    assert set(asked) == {1}
