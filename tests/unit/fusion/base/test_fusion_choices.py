"""What a user decides per variable: predictors, types, and the values to choose among."""

import numpy as np
import pandas as pd
import pytest

from fusion_core import FusionModel, TrainSettings, fuse, train
from fusion_core.errors import InputError
from fusion_core.fusion.base.setting_texts import read_setting, setting_text
from fusion_core.fusion.base.streams import some_rows
from fusion_core.fusion.base.tree_options import TREE_OPTIONS

X = ["size", "income", "region", "tenure"]
Y = ["fuel", "area", ["heating_share", "cooling_share"]]


@pytest.fixture
def settings(small_settings) -> TrainSettings:
    return small_settings.replace(leaves=(4,), maximum_trees=5)


@pytest.mark.parametrize("given", [3, (3,), [3.0], (1 / 6, 1 / 2, 5 / 6)])
def test_quantiles_are_probabilities_or_how_many(given):
    assert TrainSettings(quantiles=given).quantiles == pytest.approx((1 / 6, 1 / 2, 5 / 6))


def test_how_many_quantiles_may_be_typed():
    typed = TrainSettings(quantiles=read_setting("quantiles", "2"))
    assert typed.quantiles == (0.25, 0.75)
    assert TrainSettings(quantiles=read_setting("quantiles", "0.1, 0.9")).quantiles == (0.1, 0.9)
    assert TrainSettings(quantiles=1).quantiles == (0.5,)


def test_further_parameters_of_lightgbm_reach_every_model(donor, settings):
    deep = settings.replace(leaves=(16,), maximum_trees=20, minimum_leaf_rows=2)
    typed = read_setting("lightgbm", "max_depth=1, bagging_fraction=0.5")
    stumps = train(donor, ["area"], X, settings=deep.replace(lightgbm=typed, workers=2), seed=0)
    (variable,) = stumps.steps[0].variables
    for part in variable.parts:
        assert max(tree["num_leaves"] for tree in part.booster.dump_model()["tree_info"]) == 2
        assert "[bagging_freq: 1]" in part.text
    assert setting_text(stumps.settings.lightgbm) == "max_depth=1, bagging_fraction=0.5"
    again = train(donor, ["area"], X, settings=deep.replace(lightgbm=typed), seed=0)
    assert [part.text for part in again.steps[0].variables[0].parts] == [
        part.text for part in variable.parts
    ]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("max_depht", "5", "Did you mean 'max_depth'?"),
        ("boosting", "rf", "no parameter of LightGBM 'boosting'"),
        ("max_depth", "2.5", "whole number of at least 1"),
        ("max_bin", "1", "at least 2, at most 65535"),
        ("bagging_fraction", "nan", "at least 0.01, at most 1"),
        ("data_sample_strategy", "all", "bagging or goss"),
    ],
)
def test_parameters_lightgbm_could_not_use_are_refused(name, value, expected):
    with pytest.raises(InputError, match=expected):
        TrainSettings(lightgbm=((name, value),))


def test_two_ways_to_draw_rows_are_refused():
    with pytest.raises(InputError, match="at once"):
        TrainSettings(lightgbm=(("data_sample_strategy", "goss"), ("bagging_fraction", "0.5")))


def test_every_parameter_is_one_lightgbm_trains_with(donor, settings):
    values = dict.fromkeys(TREE_OPTIONS, "0.4") | {
        "data_sample_strategy": "goss",
        "extra_trees": "true",
        "max_bin": "15",
        "max_depth": "3",
        "max_cat_threshold": "4",
        "min_data_in_bin": "2",
    }
    values.pop("bagging_fraction")
    chosen = settings.replace(lightgbm=tuple(values.items()), maximum_trees=12)
    here = train(donor, ["fuel", "area"], X, settings=chosen, seed=0)
    there = train(donor, ["fuel", "area"], X, settings=chosen.replace(workers=3), seed=0)
    for ours, theirs in zip(here.steps, there.steps, strict=True):
        texts = [part.text for part in ours.variables[0].parts]
        assert texts == [part.text for part in theirs.variables[0].parts]
        for name, value in values.items():
            expected = {"true": "1"}.get(value, value)
            assert f"[{name}: {expected}]" in texts[0], name


def test_screening_may_look_at_some_donors(settings):
    draw = np.random.default_rng(0)
    x = draw.normal(0, 1, (2000, 3))
    frame = pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=x[:, 0] + draw.normal(0, 1, 2000))
    chosen = settings.replace(screen_above=0, rank_correlation=0.2, screening_share=0.3)
    found = predictors_of(train(frame, ["y"], ["a", "b", "c"], settings=chosen, seed=0))
    assert found == {"y": ["a"]}
    assert len(some_rows(1, 0.3, 2000, 0)) == 600
    assert len(some_rows(1, 0.3, 400, 0)) == 400
    assert (some_rows(1, 0.3, 2000, 0) != some_rows(1, 0.3, 2000, 1)).any()


def test_every_donor_can_be_a_centre(donor, settings):
    few = train(donor, ["area"], X, settings=settings.replace(centres=20), seed=0).steps[0].pool
    every = train(donor, ["area"], X, settings=settings.replace(centres=0), seed=0).steps[0].pool
    whole = (
        train(donor, ["area"], X, settings=settings.replace(centres=10**6), seed=0).steps[0].pool
    )
    assert len(few.points) == 20
    assert len(every.points) > 20
    assert (every.points == whole.points).all()


def predictors_of(model: FusionModel) -> dict[str, list[str]]:
    """The names each fused variable's models know."""
    names = [*model.predictor_names, *(item.name for item in model.fused_types)]
    variables = [variable for step in model.steps for variable in step.variables]
    return {item.type.name: [names[place] for place in item.features] for item in variables}


def test_every_variable_may_have_its_own_predictors(donor, recipient, settings):
    lists = {
        "fuel": ["region"],
        "area": ["size", "income"],
        "heating_share": ["size"],
        "cooling_share": ["region", "size"],
    }
    model = train(donor, Y, lists, settings=settings, seed=0)
    assert model.predictor_names == ("region", "size", "income")
    assert predictors_of(model) == {
        "fuel": ["region"],
        "area": ["size", "income", "fuel"],
        "heating_share": ["size", "fuel", "area"],
        "cooling_share": ["region", "size", "fuel", "area"],
    }
    drawn = fuse(recipient, model, implicates=2, seed=0)
    assert (
        drawn["fuel"].values
        == fuse(recipient.assign(size=1), model, implicates=2, seed=0)["fuel"].values
    ).all()


def test_lists_in_the_settings_leave_the_other_variables_all_predictors(donor, settings):
    chosen = settings.replace(
        predictors=(("area", ("size",)),), exclude=(("heating_share", ("fuel", "income")),)
    )
    found = predictors_of(train(donor, Y, X, settings=chosen, seed=0))
    assert found["fuel"] == X
    assert found["area"] == ["size", "fuel"]
    assert found["heating_share"] == ["size", "region", "tenure", "area"]
    assert found["cooling_share"] == [*X, "fuel", "area"]


def test_a_predictor_forced_for_one_variable_is_screened_out_of_the_others(donor, settings):
    noise = donor.assign(noise=np.random.default_rng(0).permutation(len(donor)))
    strict = settings.replace(
        screen_above=0, rank_correlation=0.2, force_for=(("area", ("noise",)),)
    )
    found = predictors_of(train(noise, ["area", "gas"], [*X, "noise"], settings=strict, seed=0))
    assert "noise" in found["area"]
    assert "noise" not in found["gas"]


def test_a_single_name_stands_for_a_list_of_it(donor, settings):
    one = train(donor, ["area"], "size", settings=settings, seed=0)
    assert [item.name for item in one.predictors] == ["size"]
    per_variable = train(donor, ["area"], {"area": "size"}, settings=settings, seed=0)
    assert [item.name for item in per_variable.predictors] == ["size"]


@pytest.mark.parametrize(
    ("x", "changes", "expected"),
    [
        ({"area": ["size"]}, {}, "No predictors are listed for the fusion variable 'fuel'"),
        ({"area": ["size"], "fuel": []}, {}, "No predictors are listed for the fusion variable 'f"),
        ({"area": "sise", "fuel": X}, {}, "There is no predictor 'sise'"),
        ({"area": X, "fuel": X, "gas": X}, {}, "There is no fusion variable 'gas'"),
        ({"area": ["size", "size"], "fuel": X}, {}, "predictor 'size' occurs 2 times"),
        ({"area": X, "fuel": ["incme"]}, {}, "Did you mean 'income'?"),
        (X, {"predictors": (("area", ("sise",)),)}, "Did you mean 'size'?"),
        (X, {"predictors": (("gas", ("size",)),)}, "There is no fusion variable 'gas'"),
        (X, {"exclude": (("area", tuple(X)),)}, "No predictor is left for the fusion variable 'a"),
        (
            X,
            {"exclude": (("area", ("size",)),), "force": ("size",)},
            "'size' is both forced into and excluded from the models of 'area'",
        ),
    ],
)
def test_lists_that_cannot_be_followed_are_refused(donor, settings, x, changes, expected):
    with pytest.raises(InputError) as caught:
        train(donor, ["area", "fuel"], x, settings=settings.replace(**changes), seed=0)
    assert expected in str(caught.value)


def test_lists_given_twice_are_refused(donor, settings):
    twice = settings.replace(predictors=(("area", ("size",)),))
    with pytest.raises(InputError, match="both as an argument and in the setting"):
        train(donor, ["area"], {"area": ["size"]}, settings=twice, seed=0)
    with pytest.raises(InputError, match="'predictors' names 'area' 2 times"):
        settings.replace(predictors=(("area", ("size",)), ("area", ("income",))))


def test_a_model_says_what_every_variable_was_taken_for(donor, settings):
    income = donor["income"].where(np.arange(len(donor)) % 4 > 0)
    declared = settings.replace(types=(("size", "ordered"),))
    model = train(
        donor.assign(income=income), ["gas"], ["size", "income"], settings=declared, seed=0
    )
    table = model.variables().set_index("variable")
    assert list(table["role"]) == ["predictor", "predictor", "fused"]
    assert list(table["kind"]) == ["ordered", "continuous", "zero_inflated"]
    assert list(table["declared"]) == [True, False, False]
    assert list(table["levels"]) == [6, 0, 0]
    assert list(table["missing"]) == [0, 100, 0]
    assert model.type_notes() == [
        "Predictors by type – continuous: income; ordered: size.",
        "Fused variables by type – zero-inflated: gas.",
    ]


def test_the_grid_chooses_what_predicts_held_out_rows_best(donor, small_settings):
    slow = small_settings.replace(leaves=(4,), maximum_trees=10, learning_rate=0.001)
    grid = slow.replace(grid=(("learning_rate", (0.001, 0.2)), ("minimum_leaf_rows", (5, 200))))
    chosen = train(donor, ["area"], X, settings=grid.replace(workers=2), seed=0)
    mean, *quantiles = [part.tuning for part in chosen.steps[0].variables[0].parts]
    assert (mean.learning_rate, mean.minimum_leaf_rows) == (0.2, 5)
    assert {item.learning_rate for item in quantiles} == {0.2}
    alone = train(
        donor, ["area"], X, settings=slow.replace(learning_rate=0.2, minimum_leaf_rows=5), seed=0
    )
    assert alone.steps[0].variables[0].parts[0].text == chosen.steps[0].variables[0].parts[0].text


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        ((("leafs", (3,)),), "no setting to choose from 'leafs'"),
        ((("learning_rate", ()),), "names no value of 'learning_rate'"),
        ((("feature_fraction", (0.5, 2.0)),), "'feature_fraction' is 2.0"),
    ],
)
def test_a_grid_that_cannot_be_searched_is_refused(grid, expected):
    with pytest.raises(InputError, match=expected):
        TrainSettings(grid=grid)


@pytest.mark.parametrize("name", TrainSettings.__dataclass_fields__)
def test_every_setting_is_read_as_it_is_written(name):
    settings = TrainSettings(
        quantiles=(0.25, 0.75),
        grid=(("learning_rate", (0.05, 0.1)), ("minimum_leaf_rows", (20.0, 50.0))),
        types=(("size", "ordered"), ("gas", "continuous")),
        predictors=(("area", ("size", "income")),),
        force=("size", "region"),
    )
    assert read_setting(name, setting_text(getattr(settings, name))) == getattr(settings, name)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("leafs", "3", "Did you mean 'leaves'?"),
        ("folds", "5.5", "'5.5' is not a whole number"),
        ("types", "size", "'size' names no variable and value"),
        ("predictors", "=a+b", "names no variable and value"),
    ],
)
def test_a_setting_that_cannot_be_read_is_refused(name, text, expected):
    with pytest.raises(InputError, match=expected):
        read_setting(name, text)
