"""A run whose donor publishes a class of the neighbourhood: learned from, drawn, placed by and said."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import area_estimates
from fusion_core.execution import execute_run
from fusion_core.fusion import FusionModel, read_implicates
from fusion_core.fusion.base import TrainSettings
from fusion_core.geography.local_context import ContextClass, LocalContext, write_context
from fusion_core.geography.spatial import read_spatial_tables
from fusion_core.prepare import prepare, read_prepared, write_prepared
from fusion_core.validation import read_validation
from fusion_core.workspace.runs import RunSpec, create_run

PUMAS = ("9900100", "9900200", "9900300", "9900400")
# Cooling stands for what the donor publishes of a neighbourhood.
MIX = pd.DataFrame(
    {"puma": PUMAS, "None": [60.0, 50.0, 50.0, 0.0], "Central": [40.0, 50.0, 50.0, 100.0]}
)
SHARES = ["cooling = None", "cooling = Central"]


@pytest.fixture
def spec(toy_pair):
    return RunSpec(
        "toy", toy_pair, ("kwh",), implicates=4, seed=3, train=TrainSettings.preset("quick")
    )


def context(pair, mix=MIX, **changes):
    given = {
        "name": "cooling",
        "title": "cooling of the block group",
        "donor": pair.donor,
        "variable": "cooling",
        "classes": (ContextClass("None"), ContextClass("Central")),
    }
    return LocalContext(**(given | {"mix": mix} | changes))


@pytest.fixture
def workspace(toy_workspace, toy_pair):
    write_context(toy_workspace, context(toy_pair))
    return toy_workspace


def row(prepared, predictor="cooling"):
    return prepared.predictors.set_index("predictor").loc[predictor]


def test_both_sides_hold_the_chances_of_each_class(workspace, spec, tmp_path):
    prepared = prepare(workspace, spec)

    assert row(prepared)["source"] == "context"
    assert row(prepared)["kept"]
    assert "cooling" not in prepared.kept
    assert prepared.given == {"cooling": tuple(SHARES)}
    own = prepared.donor[SHARES].to_numpy()
    assert (own.argmax(axis=1) == prepared.donor["cooling"].cat.codes).all()
    assert set(np.unique(own)) == {0.0, 1.0}
    first = prepared.recipient["puma"] == PUMAS[0]
    assert prepared.recipient.loc[first, SHARES].to_numpy() == pytest.approx(
        np.tile([0.6, 0.4], (first.sum(), 1))
    )
    write_prepared(prepared, tmp_path / "input")
    read = read_prepared(tmp_path / "input")
    assert (read.given, read.location) == (prepared.given, prepared.location)


def test_donors_are_placed_where_their_class_is_found(workspace, spec):
    donor = prepare(workspace, spec).donor

    without = donor[donor["cooling"] == "None"]
    assert set(without["puma"]) == set(PUMAS[:3])
    assert (donor["puma"] == PUMAS[3]).any()


def test_a_donor_without_a_class_has_the_chances_of_its_puma(workspace, spec, toy_pair):
    survey = workspace.survey(toy_pair.donor)
    table = survey.household.copy()
    table.loc[0, "cooling"] = None
    workspace.add_survey(
        type(survey)(survey.description, survey.dictionary, table), may_replace=True
    )

    donor = prepare(workspace, spec).donor

    place = MIX.set_index("puma").loc[donor["puma"].iloc[0]]
    assert donor[SHARES].iloc[0].to_numpy() == pytest.approx((place / place.sum()).to_numpy())
    assert pd.isna(donor["cooling"].iloc[0])


def test_a_run_says_what_it_knows_of_location_and_what_not(workspace, spec):
    known = prepare(workspace, spec).location

    assert known[0] == "TOY 2020 publishes in which of 2 regions its households live."
    assert "cooling of the block group that the donor publishes (cooling, 2 classes)" in known[1]
    assert "draws a class per implicate from the block groups of its PUMA" in known[1]
    assert "whole PUMAs, unlike cooling" in known[2]
    assert known[3].startswith("Within one region and one class of cooling")


def test_without_context_and_place_a_run_says_that_it_knows_nothing(toy_workspace, spec):
    for folder in ("predictors", "intersections"):
        for path in (toy_workspace.geography_folder / folder).glob("*.parquet"):
            path.unlink()

    known = prepare(toy_workspace, spec).location

    assert known[0] == "TOY 2020 publishes no place that could be related to PUMAs."
    assert known[1].startswith("How areas differ is known only as far as the harmonized predictors")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mix": MIX[:3]}, "no block groups of 1 of 4 PUMAs"),
        ({"variable": "gone"}, "no column 'gone'"),
        ({"classes": (ContextClass("few"), ContextClass("many"))}, "not among the classes"),
        ({"by": "tenure"}, "tenure"),
    ],
)
def test_a_context_that_does_not_fit_is_reported_and_left_out(
    toy_workspace, toy_pair, spec, change, words
):
    made = context(toy_pair, **change)
    mix = made.mix.rename(columns=dict(zip(["None", "Central"], made.levels, strict=True)))
    mix = mix.assign(level="1") if made.by else mix
    write_context(toy_workspace, context(toy_pair, **(change | {"mix": mix})))

    prepared = prepare(toy_workspace, spec)

    assert words in row(prepared, made.variable)["problem"]
    assert prepared.given == {}
    assert not [name for name in prepared.recipient.columns if " = " in name]


def test_a_context_that_is_fused_or_left_out_by_choice_is_not_drawn(workspace, toy_pair):
    quick = TrainSettings.preset("quick")
    fused = prepare(workspace, RunSpec("toy", toy_pair, ("cooling",), train=quick))
    chosen = RunSpec("toy", toy_pair, ("kwh",), train=quick, exclude_predictors=("cooling",))

    assert row(fused)["reason"] == "made from cooling, which is fused"
    for prepared in (fused, prepare(workspace, chosen)):
        assert prepared.given == {}
        assert not set(SHARES) & {*prepared.donor.columns, *prepared.recipient.columns}


def test_a_mix_may_depend_on_a_harmonized_predictor(toy_workspace, toy_pair, spec):
    owners = MIX.assign(level="1", **{"None": 100.0, "Central": 0.0})
    renters = MIX.assign(level="2", **{"None": 0.0, "Central": 100.0})
    mix = pd.concat([owners, renters], ignore_index=True)
    write_context(toy_workspace, context(toy_pair, mix, by="tenure__ten"))

    recipient = prepare(toy_workspace, spec).recipient

    renting = (recipient["tenure__ten"] == "2").to_numpy()
    assert renting.any()
    assert (recipient["cooling = Central"].to_numpy() == renting).all()


def test_a_whole_run_draws_the_class_and_estimates_beside_it(workspace, spec):
    assert read_spatial_tables(workspace)
    run = create_run(workspace, spec)
    state = execute_run(workspace, run)

    assert state.status == "finished"
    model = FusionModel.load(run.model_folder)
    assert model.variable_names == ("cooling", "kwh")
    drawn = read_implicates(run.implicates_folder)
    recipient = read_prepared(run.input_folder).recipient
    last = (recipient["puma"] == PUMAS[3]).to_numpy()
    assert (drawn["cooling"].values[last] == 1).all()
    first = drawn["cooling"].values[(recipient["puma"] == PUMAS[0]).to_numpy()]
    assert 0.3 < first.mean() < 0.5
    assert set(read_validation(run.validation_folder).marginals["variable"]) == {"kwh"}
    found = area_estimates(workspace, run, Statistic("mean", "kwh"), by="puma")
    assert found["moe"].gt(0).all()
