"""Class probabilities can be calibrated on out-of-fold predictions; nothing else changes then."""

import dataclasses

import numpy as np
import pytest

from fusion_core import FusionModel, fuse, train
from fusion_core.fusion.model.calibration import best_temperature, tempered, tempered_chance

X = ["size", "income", "region"]
Y = ["fuel", "area", "gas", ["heating_share", "tenure"]]


@pytest.fixture(scope="module")
def models(donor, small_settings) -> dict[str, FusionModel]:
    return {
        way: train(donor, Y, X, seed=3, settings=small_settings.replace(class_probabilities=way))
        for way in ("predicted", "calibrated")
    }


def temperatures(model: FusionModel) -> dict[str, float]:
    return {item.type.name: item.temperature for step in model.steps for item in step.variables}


def test_a_temperature_keeps_the_order_and_the_sum():
    shares = np.array([[0.7, 0.2, 0.1], [0.4, 0.4, 0.2]])
    assert tempered(shares, 1.0) == pytest.approx(shares)
    flat = tempered(shares, 2.0)
    assert flat.sum(axis=1) == pytest.approx(1.0)
    assert flat[0, 0] / flat[0, 1] == pytest.approx(np.sqrt(0.7 / 0.2))
    assert tempered_chance(shares[:, 0], 2.0)[1] == pytest.approx(
        np.sqrt(0.4) / (np.sqrt(0.4) + np.sqrt(0.6))
    )
    assert tempered(np.array([1.0, 0.0]), 0.5) == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize("true", [0.5, 1.0, 2.0])
def test_the_temperature_that_spoiled_probabilities_is_found_again(true):
    draw = np.random.default_rng(1)
    honest = draw.dirichlet([1.0, 2.0, 3.0], 20_000)
    outcome = (draw.random((20_000, 1)) > honest.cumsum(axis=1)).sum(axis=1)
    spoiled = tempered(honest, 1 / true)
    assert best_temperature(spoiled, outcome, np.ones(20_000)) == pytest.approx(true, rel=0.05)


def test_only_classes_and_zeros_drawn_on_their_own_get_a_temperature(models):
    found = temperatures(models["calibrated"])
    assert found["fuel"] != 1
    assert found["gas"] != 1
    assert {found["area"], found["tenure"], found["heating_share"]} == {1.0}
    assert set(temperatures(models["predicted"]).values()) == {1.0}


def test_draws_follow_the_calibrated_probabilities(models, recipient):
    model = models["calibrated"]
    sharp = dataclasses.replace(
        model.steps[0],
        variables=(dataclasses.replace(model.steps[0].variables[0], temperature=0.01),),
    )
    certain = dataclasses.replace(model, steps=(sharp, *model.steps[1:]))
    drawn = fuse(recipient, certain, implicates=5, seed=1)["fuel"].values
    assert (drawn == drawn[:, :1]).mean() > 0.97
    assert (fuse(recipient, model, implicates=5, seed=1)["fuel"].values != drawn).any()


def test_temperatures_are_saved_with_the_model(models, recipient, tmp_path):
    models["calibrated"].save(tmp_path / "model")
    loaded = FusionModel.load(tmp_path / "model")
    assert temperatures(loaded) == temperatures(models["calibrated"])
    first, second = (
        fuse(recipient, item, implicates=2, seed=1) for item in (loaded, models["calibrated"])
    )
    assert all((first[name].values == second[name].values).all() for name in first.names)


def test_without_folds_there_is_nothing_to_calibrate_on(donor, small_settings):
    settings = small_settings.replace(folds=0, class_probabilities="calibrated")
    assert temperatures(train(donor, ["fuel"], X, settings=settings, seed=0)) == {"fuel": 1.0}
