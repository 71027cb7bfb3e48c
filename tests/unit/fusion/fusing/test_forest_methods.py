"""Draws from the leaves of forests keep the promises of the other ways to draw."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import Cancelled, InputError
from fusion_core.fusion import FusionModel, TrainSettings, fuse, train
from fusion_core.fusion.training._encoding import encode_donor
from fusion_core.fusion.training._forest_steps import best_mixture, check_forest_memory
from fusion_core.fusion.training.checking import check_asked, check_donor

X = ["size", "income", "region"]
SHARES = ["heating_share", "cooling_share", "other_share"]
Y = ["fuel", "area", "gas", SHARES]
METHODS = ("forest", "boosted-forest", "stacked")


@pytest.fixture(scope="module")
def settings(small_settings) -> TrainSettings:
    return small_settings.replace(
        maximum_trees=10, leaves=(8,), forest_trees=20, forest_leaves=(2, 8), forest_shares=(0.6,)
    )


@pytest.fixture(scope="module")
def models(donor, settings) -> dict[str, FusionModel]:
    return {
        method: train(
            donor, Y, X, weight="weight", seed=3, settings=settings.replace(method=method)
        )
        for method in METHODS
    }


@pytest.fixture(params=METHODS)
def model(models, request) -> FusionModel:
    return models[request.param]


def assert_same(found, expected) -> None:
    for name in expected.names:
        assert (found[name].values == expected[name].values).all()


def test_every_value_is_one_a_donor_gave(model, donor, recipient):
    drawn = fuse(recipient, model, implicates=10, seed=1)
    for name in ("area", "gas", *SHARES):
        assert np.isin(drawn[name].values, donor[name]).all()
    assert drawn["area"].values.dtype == np.int64
    assert set(np.unique(drawn["fuel"].values)) == {0, 1, 2}
    assert drawn["fuel"].ordered


def test_identities_of_a_block_hold_as_its_record_is_one_donors(model, donor, recipient):
    drawn = fuse(recipient, model, implicates=10, seed=1)
    records = {tuple(row) for row in donor[SHARES].to_numpy()}
    cells = np.stack([drawn[name].values.ravel() for name in SHARES], axis=1)
    assert {tuple(row) for row in cells} <= records


def test_later_variables_follow_from_the_draws_of_earlier_ones(model, donor, recipient):
    drawn = fuse(recipient, model, implicates=40, seed=1)
    assert ((drawn["gas"].values > 0).mean()) == pytest.approx((donor["gas"] > 0).mean(), abs=0.1)
    has_gas = drawn["fuel"].values == 1
    assert (drawn["gas"].values[has_gas] > 0).mean() > 0.9
    assert (drawn["gas"].values[~has_gas] > 0).mean() < 0.1


@pytest.mark.parametrize("method", METHODS)
def test_whoever_grows_the_trees_the_draws_are_the_same(donor, recipient, settings, models, method):
    own = settings.replace(method=method)
    expected = fuse(recipient, models[method], implicates=6, seed=1)
    threads = train(donor, Y, X, weight="weight", seed=3, settings=own.replace(workers=3))
    assert_same(fuse(recipient, threads, implicates=6, seed=1, threads=3), expected)
    with ProcessPoolExecutor(2) as executor:
        spread = train(donor, Y, X, weight="weight", seed=3, settings=own, executor=executor)
    assert_same(fuse(recipient, spread, implicates=6, seed=1), expected)


def test_fewer_implicates_are_the_first_of_more(model, recipient):
    few, many = (fuse(recipient, model, implicates=count, seed=1) for count in (3, 6))
    for name in few.names:
        assert (few[name].values == many[name].values[:, :3]).all()


def test_a_saved_model_draws_the_same(model, recipient, tmp_path):
    expected = fuse(recipient, model, implicates=4, seed=1)
    for place in (tmp_path / "model", tmp_path / "model.zip"):
        model.save(place)
        assert_same(fuse(recipient, FusionModel.load(place), implicates=4, seed=1), expected)
    written = json.loads((tmp_path / "model" / "manifest.json").read_text())["format"]
    assert written == (7 if model.settings.method == "stacked" else 6)


@pytest.mark.parametrize("method", METHODS)
def test_an_interrupted_training_goes_on(donor, settings, models, tmp_path, method):
    own = settings.replace(method=method)

    def stop_late(_share: float, message: str) -> None:
        if message.startswith("Grew the forest"):
            raise Cancelled("Stopped")

    with pytest.raises(Cancelled):
        train(
            donor,
            Y,
            X,
            weight="weight",
            seed=3,
            settings=own,
            checkpoints=tmp_path,
            progress=stop_late,
        )
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert kept
    model = train(donor, Y, X, weight="weight", seed=3, settings=own, checkpoints=tmp_path)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    expected = fuse(donor, models[method], implicates=4, seed=1)
    assert_same(fuse(donor, model, implicates=4, seed=1), expected)


def test_a_recipient_with_unseen_levels_or_gaps(model, recipient):
    elsewhere = recipient.assign(region=pd.Categorical(["moon"] * len(recipient)))
    with pytest.raises(InputError, match="levels the donor does not have: 'moon'"):
        fuse(elsewhere, model, implicates=1, seed=1)
    lacking = recipient.assign(income=np.nan)
    assert np.isfinite(fuse(lacking, model, implicates=2, seed=1)["area"].values).all()


def test_gaps_of_donors_are_no_donors(donor, recipient, settings):
    holes = donor.assign(area=donor["area"].where(donor.index % 5 > 0))
    holes["income"] = holes["income"].where(holes.index % 7 > 0)
    model = train(holes, ["area", "fuel"], X, seed=3, settings=settings.replace(method="forest"))
    drawn = fuse(recipient, model, implicates=5, seed=1)
    assert np.isin(drawn["area"].values, holes["area"].dropna()).all()


def test_what_forests_chose_is_in_the_summary(models):
    table = models["forest"].summary()
    assert table["part"].unique().tolist() == ["forest"]
    assert table.set_index("variable").loc[["fuel", "area", "gas"], "skill"].gt(0.2).all()
    shares = models["forest"].importance().groupby("variable")["share"].sum()
    assert shares.to_numpy() == pytest.approx(1)
    both = models["boosted-forest"].summary()
    assert {"classes", "mean", "zero", "forest"} <= set(both["part"])


def test_a_forest_that_outgrows_the_memory_is_refused_before_it_is_grown(donor, settings):
    asked = check_asked(Y, X, settings.replace(method="forest"), "weight")
    encoded = encode_donor(check_donor(donor, asked), seed=1)
    check_forest_memory(encoded)
    with pytest.raises(InputError, match=r"400 donors may need .* GB of memory"):
        check_forest_memory(encoded, available=100_000)


def test_the_mixture_takes_what_foretells_better():
    right = np.array([[0.9, 0.1], [0.2, 0.8], [0.8, 0.2]])
    wrong = right[:, ::-1]
    outcome, weights = np.array([0, 1, 0]), np.ones(3)
    assert best_mixture(right, wrong, outcome, weights) == 1
    assert best_mixture(wrong, right, outcome, weights) == 0
    assert best_mixture(np.zeros((3, 2)), right, outcome, weights) == 0, "nothing is known"


def test_boosted_forests_need_folds():
    with pytest.raises(InputError, match="the method 'boosted-forest' learns from out-of-fold"):
        TrainSettings(method="boosted-forest", folds=0)
    assert TrainSettings(method="forest", folds=0).draws_from_forest


def test_a_stacked_model_keeps_nothing_it_does_not_draw_from(models):
    for step in models["stacked"].steps:
        share = 0.0 if step.forest is None else step.forest.mixture
        if share == 1:
            assert step.pool is None
        else:
            assert (step.pool is None) == (not step.is_block and not step.variables[0].parts[1:])
        assert (f"({share:.0%})" in repr(step)) == (0 < share < 1)


@pytest.mark.parametrize("method", METHODS)
def test_a_distribution_the_recipient_brings_is_drawn_first(donor, recipient, settings, method):
    own = settings.replace(method=method)
    shares = {"fuel": ["oil", "gas", "electric"]}
    model = train(donor, ["gas"], ["size", "income"], given=shares, seed=1, settings=own)
    known = recipient.assign(oil=0.0, gas=1.0, electric=0.0)
    drawn = fuse(known, model, implicates=10, seed=1)
    assert (drawn["fuel"].values == 1).all()
    assert (drawn["gas"].values > 0).mean() > 0.9
