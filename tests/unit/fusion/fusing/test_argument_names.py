"""Variables, predictors and implicates are asked for by these words, or by R's letters y, x and m."""

import inspect
from typing import Any

import pytest

from fusion_core import fuse, train
from fusion_core.errors import InputError
from fusion_core.fusion import fuse_out_of_fold, fuse_to_folder, read_implicates

X = ["size", "income", "region"]
LETTERS = {"y": "variables", "x": "predictors", "m": "implicates"}
NAMED_TWICE = [
    (function, letter)
    for function in (train, fuse, fuse_out_of_fold, fuse_to_folder)
    for letter in LETTERS
    if letter in inspect.signature(function).parameters
]


@pytest.fixture(scope="module")
def settings(small_settings):
    return small_settings.replace(folds=0, leaves=(4,), maximum_trees=4)


@pytest.fixture(scope="module")
def model(donor, settings):
    return train(donor, variables=["area"], predictors=X, seed=1, settings=settings)


def test_letters_train_the_same_model(donor, settings, model):
    again = train(donor, y=["area"], x=X, seed=1, settings=settings)
    assert again.summary().equals(model.summary())
    assert (again.variable_names, again.predictor_names) == (("area",), tuple(X))


def test_letters_draw_the_same_implicates(donor, recipient, settings, model, tmp_path):
    expected = fuse(recipient, model, implicates=2, seed=3)["area"].values
    assert (fuse(recipient, model, m=2, seed=3)["area"].values == expected).all()
    model.save(tmp_path / "model")
    fuse_to_folder(recipient, tmp_path / "model", tmp_path / "drawn", m=2, seed=3)
    assert (read_implicates(tmp_path / "drawn")["area"].values == expected).all()
    asked: dict[str, Any] = {"seed": 1, "settings": settings, "folds": 2}
    long = fuse_out_of_fold(donor, ["area"], X, implicates=2, **asked)
    short = fuse_out_of_fold(donor, y=["area"], x=X, m=2, **asked)
    assert (long["area"].values == short["area"].values).all()


def test_forty_implicates_are_drawn_where_nobody_says(recipient, model):
    assert fuse(recipient.head(3), model, seed=1).count == 40


@pytest.mark.parametrize("count", [0, -1, "3", 1.5, True])
def test_what_is_no_number_of_implicates_is_named_as_it_was_given(recipient, model, count):
    with pytest.raises(InputError) as caught:
        fuse(recipient, model, implicates=count)
    assert caught.value.what == f"{count!r} is not a number of implicates"


@pytest.mark.parametrize(("function", "letter"), NAMED_TWICE)
def test_an_argument_given_by_both_its_names_is_refused(function, letter, donor, tmp_path, model):
    model.save(tmp_path / "model")
    needed: dict[str, Any] = {
        train: {"donor": donor, "variables": ["area"], "predictors": X},
        fuse: {"recipient": donor, "model": model},
        fuse_out_of_fold: {"donor": donor, "variables": ["area"], "predictors": X},
        fuse_to_folder: {
            "recipient": donor,
            "model": tmp_path / "model",
            "folder": tmp_path / "drawn",
        },
    }[function]
    value = 2 if letter == "m" else ["area"]
    twice = needed | {LETTERS[letter]: value, letter: value}
    sentence = f"'{LETTERS[letter]}' and '{letter}' are the same argument, and both are given"
    with pytest.raises(InputError, match=sentence):
        function(**twice)


def test_what_is_not_given_by_either_name_is_asked_for(donor):
    with pytest.raises(InputError, match="No fusion variable is chosen"):
        train(donor, predictors=X)
    with pytest.raises(InputError, match="No predictors are chosen"):
        train(donor, variables=["area"])
