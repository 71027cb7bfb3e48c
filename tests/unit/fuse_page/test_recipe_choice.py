"""A recipe of the package taken over on the Fuse place."""

from types import SimpleNamespace

import pytest

from fusion_core.errors import InputError
from fusion_core.prepare import pair_overview
from fusion_core.recipes import read_fusion_recipe
from harmony_app.fuse import recipe_choice
from harmony_app.fuse.state import FuseState, to_spec

TOY = """
donor = "TOY_2020"
recipient = "TOYACS_2022"
title = "Toy variables"
variables = ["cooling", "big", "gas"]

[[derived]]
name = "big"
expression = "rooms > 5"

[[second_stage]]
variable = "kwh"
by = ["big"]
"""


@pytest.fixture
def session(toy_workspace, tmp_path, monkeypatch):
    (tmp_path / "toy.toml").write_text(TOY)
    monkeypatch.setattr(recipe_choice, "recipe_names", lambda: ("toy",))
    monkeypatch.setattr(
        recipe_choice, "find_recipe", lambda _: read_fusion_recipe(tmp_path / "toy.toml")
    )
    return SimpleNamespace(workspace=toy_workspace, user="anna", require=lambda *_: None)


@pytest.mark.usefixtures("session")
def test_recipes_of_the_donor_are_offered(toy_pair):
    assert recipe_choice.recipes_of(toy_pair) == [{"name": "toy", "title": "Toy variables"}]
    assert recipe_choice.recipes_of(None) == []


def test_its_variables_are_built_and_chosen_and_what_is_lacking_is_said(
    session, toy_pair, toy_workspace
):
    overview = pair_overview(toy_workspace, toy_pair)
    state, lacking = recipe_choice.take_recipe(FuseState(toy_pair), session, "toy", overview)
    assert state.chosen == ("cooling", "big", "kwh")
    assert lacking == "TOY 2020 lacks gas."
    assert "big" in toy_workspace.dictionary(toy_pair.donor)
    spec = to_spec(state)
    assert dict(spec.train.predictors) == {"kwh": ("climate.hdd",)}
    assert dict(spec.train.exclude) == {"kwh": ("cooling",)}


def test_a_second_stage_waits_for_the_predictors(session, toy_pair):
    with pytest.raises(InputError, match="predictors of places are not known yet"):
        recipe_choice.take_recipe(FuseState(toy_pair), session, "toy", None)


def test_a_path_from_the_browser_is_no_recipe(session, toy_pair):
    with pytest.raises(InputError, match="There is no recipe"):
        recipe_choice.take_recipe(FuseState(toy_pair), session, "/etc/mine.toml", None)
