"""A second stage declared in a run: drawn from its own donors, computed from local prices, and checked."""

import pytest

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import area_draws
from fusion_core.execution import execute_run
from fusion_core.execution.methods import methods_note
from fusion_core.fusion.base import TrainSettings
from fusion_core.prepare import read_prepared
from fusion_core.recipes import apply_recipe, read_fusion_recipe, run_of_recipe
from fusion_core.workspace.runs import RunSpec, SecondStage, create_run, stages_of

RECIPE = """
title = "Bills"
donor = "TOY_2020"
recipient = "TOYACS_2022"
variables = ["kwh"]

[[second_stage]]
variable = "cooling"
by = ["kwh"]
donors = "rooms > 3"

[[second_stage]]
variable = "cost"
by = ["kwh"]
formula = 'kwh * "climate.hdd" / 1000'
price = "climate.hdd"
title = "Electricity bill"
unit = "dollars"
"""


@pytest.fixture
def run_of(toy_workspace, tmp_path):
    def create(text=RECIPE):
        (tmp_path / "bills.toml").write_text(text)
        recipe = read_fusion_recipe(tmp_path / "bills.toml")
        applied = apply_recipe(toy_workspace, recipe)
        settings = TrainSettings.preset("quick").replace(folds=0, leaves=(4,), maximum_trees=3)
        spec = run_of_recipe(
            toy_workspace, recipe, applied, settings=settings, implicates=3, seed=1
        )
        return create_run(toy_workspace, spec)

    return create


def test_one_run_draws_computes_and_tells_in_one_note(toy_workspace, run_of):
    run = run_of()
    execute_run(toy_workspace, run)
    note = methods_note(toy_workspace, run)
    assert (
        "cooling is drawn after the others, by kwh and the place alone, learned from donors" in note
    )
    assert 'cost is computed in every implicate as kwh * "climate.hdd" / 1000.' in note
    donors = read_prepared(run.input_folder).donor
    assert 0 < donors["cooling"].notna().sum() < donors["kwh"].notna().sum()
    assert f"cooling is learned from the {donors['cooling'].notna().sum():,} donors" in note


def test_what_is_computed_follows_from_every_implicate(toy_workspace, run_of):
    run = run_of()
    execute_run(toy_workspace, run)
    recipient = read_prepared(run.input_folder).recipient
    puma = str(recipient["puma"].iloc[0])
    [place] = recipient.loc[recipient["puma"].astype(str) == puma, "climate.hdd"].unique()
    use = area_draws(toy_workspace, run, Statistic("mean", "kwh"), puma)["estimate"]
    cost = area_draws(toy_workspace, run, Statistic("mean", "cost"), puma)["estimate"]
    assert cost.tolist() == pytest.approx((use * place / 1000).tolist())
    assert use.nunique() > 1


def test_explore_offers_what_is_computed_from_places(toy_workspace, run_of):
    from harmony_app.explore.data import read_catalogue

    run = run_of()
    execute_run(toy_workspace, run)
    source = read_catalogue(toy_workspace).sources[run.id]
    assert source.variables["cost"].unit == "dollars"
    assert not any("left out" in note for note in source.notes)


def test_local_price_levels_are_compared_at_the_end(toy_workspace, run_of):
    run = run_of()
    execute_run(toy_workspace, run)
    [told] = [item["message"] for item in run.log_records() if "rices" in item["message"]]
    assert told.startswith("cost: ")
    assert told.removeprefix("cost: ") in methods_note(toy_workspace, run)


def test_a_formula_that_names_nothing_stops_the_run_before_training(toy_workspace, run_of):
    run = run_of(RECIPE.replace("kwh * ", "kwhs * "))
    with pytest.raises(InputError, match=r"There is no column 'kwhs'.*second stage, 'cost'"):
        execute_run(toy_workspace, run)
    assert not (run.model_folder / "manifest.json").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"climate.hdd"\ntitle', '"climate.cold"\ntitle'), "no column of prices 'climate.cold'"),
        (('variable = "cost"', 'variable = "kwh"'), "There is a variable 'kwh' already"),
        (("rooms > 3", "rooms > 300"), "Fewer than two different answers are left"),
        (("rooms > 3", "halls > 3"), "There is no column 'halls'"),
    ],
)
def test_what_the_run_will_not_have_is_said(toy_workspace, run_of, change, said):
    run = run_of(RECIPE.replace(*change, 1))
    with pytest.raises(InputError, match=said):
        execute_run(toy_workspace, run)


def test_a_stage_says_what_it_lacks():
    with pytest.raises(InputError, match="learned from no donors"):
        SecondStage("cost", ("kwh",), donors="rooms > 3", formula="kwh * 2")
    with pytest.raises(InputError, match="needs what it is the price of"):
        SecondStage("cost", price="energy.price")


def test_a_stage_goes_where_what_it_needs_is_not_fused():
    drawn, computed = (
        SecondStage("bill", ("kwh",)),
        SecondStage("cost", ("kwh",), formula="kwh * 2"),
    )
    assert stages_of((drawn, computed), ("kwh", "bill")) == (drawn, computed)
    assert stages_of((drawn, computed), ("kwh",)) == (computed,)
    assert stages_of((drawn, computed), ("bill",)) == ()


def test_a_request_is_read_as_it_was_written(run_of):
    spec = run_of().spec()
    assert RunSpec.from_record(spec.to_record()) == spec
    older = {name: item for name, item in spec.to_record().items() if name != "second_stage"}
    assert RunSpec.from_record(older).second_stage == ()
