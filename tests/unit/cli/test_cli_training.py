"""Training settings typed on the command line."""

import pytest

from fusion_core.cli.runs.training import training_settings
from fusion_core.errors import InputError


def test_what_is_said_per_variable_becomes_settings():
    settings, left_out = training_settings(
        "paper",
        types=["rooms=ordered", "kwh=continuous,gas=continuous"],
        predictors=["kwh=age+rooms"],
        force=["age,kwh=tenure"],
        exclude=["income", "gas=kwh+age"],
        settings=["leaves=8,16", "order=suggested", "workers=3"],
    )
    assert settings.types == (("rooms", "ordered"), ("kwh", "continuous"), ("gas", "continuous"))
    assert settings.predictors == (("kwh", ("age", "rooms")),)
    assert (settings.force, settings.force_for) == (("age",), (("kwh", ("tenure",)),))
    assert settings.exclude == (("gas", ("kwh", "age")),)
    assert left_out == ("income",)
    assert (settings.leaves, settings.order, settings.workers) == ((8, 16), "suggested", 3)
    assert settings.preset_name() == "custom"


@pytest.mark.parametrize("preset", ["quick", "paper", "production"])
def test_without_changes_the_settings_are_the_preset_on_all_cores(preset):
    settings, left_out = training_settings(preset)
    assert (settings.preset_name(), left_out) == (preset, ())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"preset": "fast"}, "There is no preset 'fast'"),
        ({"settings": ["leaves"]}, "'leaves' is not a setting"),
        ({"settings": ["leafs=3"]}, "Did you mean 'leaves'?"),
        ({"settings": ["folds=1"]}, "'folds' is 1"),
        ({"types": ["rooms=number"]}, "no kind of variable 'number'"),
    ],
)
def test_wrong_settings_are_refused(options, expected):
    with pytest.raises(InputError, match=expected):
        training_settings(**({"preset": "quick"} | options))
