import dataclasses
import os
import time
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.geography.spatial import SpatialTable, write_spatial_table
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.prepare import assemble, prepare, read_prepared, write_prepared
from fusion_core.surveys.model import Dictionary
from fusion_core.workspace.runs import RunSpec


@pytest.fixture
def spec(toy_pair):
    return RunSpec(
        "toy",
        toy_pair,
        ("kwh", "cooling", ("share_heat", "share_other")),
        implicates=2,
        train=TrainSettings.preset("quick"),
    )


@pytest.fixture
def prepared(toy_workspace, spec):
    return prepare(toy_workspace, spec)


def row(prepared, predictor):
    return prepared.predictors.set_index("predictor").loc[predictor]


def test_recipient_rows_keep_survey_order(toy_workspace, toy_pair, prepared):
    survey = toy_workspace.survey(toy_pair.recipient)
    assert prepared.recipient["household_id"].tolist() == survey.household["household_id"].tolist()


def test_recipient_holds_weights_replicates_puma_and_predictors(prepared):
    columns = set(prepared.recipient.columns)
    replicates = {f"replicate_{number}" for number in range(1, 5)}
    assert columns >= {"household_id", "weight", "puma", "tenure__ten", "climate.hdd"} | replicates
    assert prepared.recipient_design.replicates == 4


def test_both_sides_have_the_same_predictors_and_categories(prepared):
    for name in prepared.kept:
        assert prepared.donor[name].dtype == prepared.recipient[name].dtype


def test_donor_households_get_a_puma_of_their_region(toy_workspace, toy_pair, prepared):
    region = toy_workspace.survey(toy_pair.donor).household["region"].astype(str)
    north = prepared.donor["puma"].isin(["9900100", "9900200"])
    assert (north == (region == "North")).all()


def test_the_spatial_predictor_follows_the_imputed_puma(prepared):
    expected = prepared.donor["puma"].map(
        {"9900100": 3000.0, "9900200": 3500.0, "9900300": 5000.0, "9900400": 5500.0}
    )
    assert prepared.donor["climate.hdd"].tolist() == expected.tolist()


def test_a_dissimilar_predictor_is_left_out_and_said_so(prepared):
    age = row(prepared, "age__agep")
    assert not age["kept"]
    assert age["similarity"] < 0.8
    assert "below 0.80" in age["reason"]
    assert "age__agep" not in prepared.donor.columns
    assert any("age__agep" in note for note in prepared.notes)


def test_a_dissimilar_predictor_can_be_kept_and_a_good_one_excluded(toy_workspace, spec):
    spec = dataclasses.replace(
        spec, keep_predictors=("age__agep",), exclude_predictors=("rooms__rmsp",)
    )
    prepared = prepare(toy_workspace, spec)
    assert "age__agep" in prepared.kept
    assert row(prepared, "age__agep")["reason"].startswith("kept by choice")
    assert "rooms__rmsp" not in prepared.kept
    assert row(prepared, "rooms__rmsp")["reason"] == "left out by choice"


def test_a_fused_variable_is_no_predictor(toy_workspace, spec):
    prepared = prepare(toy_workspace, dataclasses.replace(spec, fusion_variables=("rooms",)))
    assert row(prepared, "rooms__rmsp")["reason"] == "made from rooms, which is fused"


def test_an_odd_harmony_never_stops_the_others(toy_workspace, toy_pair, spec):
    store = HarmonyStore(toy_workspace.path, toy_pair)
    partial = Harmony(
        Side("cooling", levels=(LevelGroup("Central", 1),)),
        Side("ten", levels=(LevelGroup("Owned", 1), LevelGroup("Rented", 2))),
    )
    store.save(partial, author="test", expected_revision=0)
    prepared = prepare(toy_workspace, dataclasses.replace(spec, fusion_variables=("kwh",)))
    assert "tenure__ten" in prepared.kept
    assert prepared.failures["cooling__ten"].startswith("The harmony failed")


def test_a_harmony_broken_by_a_changed_survey_warns_and_names_the_survey(
    toy_workspace, toy_pair, spec
):
    store = HarmonyStore(toy_workspace.path, toy_pair)
    folder = toy_workspace.survey_folder(toy_pair.donor)
    later = time.time() + 60
    survey = toy_workspace.survey(toy_pair.donor)
    gone = next(item for item in store.load().harmonies if item.key == "tenure__ten")
    table = survey.household.drop(columns=gone.donor.variable)
    variables = [item for name, item in survey.dictionary.items() if name != gone.donor.variable]
    toy_workspace.add_survey(
        dataclasses.replace(survey, household=table, dictionary=Dictionary(variables))
    )
    os.utime(folder / "dictionary.parquet", (later, later))
    prepared = prepare(toy_workspace, spec)
    assert "tenure__ten" not in prepared.kept
    [warning] = [note for note in prepared.notes if "tenure__ten leaves the run" in note]
    assert prepared.notes[0] == warning
    assert warning.startswith("Warning: ")
    assert warning.endswith("Stored after this harmony was last saved: TOY 2020.")


def test_a_predictor_grown_unlike_after_its_survey_was_stored_again_is_a_warning(
    toy_workspace, toy_pair, spec
):
    harmonies = HarmonyStore(toy_workspace.path, toy_pair).load().harmonies
    moment = datetime.fromisoformat(min(item.modified for item in harmonies)).timestamp()
    for when, expected in ((moment + 3600, 1), (moment - 3600, 0)):
        for survey in (toy_pair.donor, toy_pair.recipient):
            os.utime(toy_workspace.survey_folder(survey) / "dictionary.parquet", (when, when))
        notes = prepare(toy_workspace, spec).notes
        told = [note for note in notes if note.startswith("Warning: the predictor age__agep")]
        assert len(told) == expected


def test_a_spatial_table_that_lacks_pumas_is_reported_not_fatal(toy_workspace, spec):
    data = pd.DataFrame({"puma": ["9900100"], "price": [12.0]})
    write_spatial_table(toy_workspace, SpatialTable("prices", "Prices", data))
    prepared = prepare(toy_workspace, spec)
    assert "3 of 4 PUMAs" in prepared.failures["prices.price"]
    assert "climate.hdd" in prepared.kept


def test_donors_are_kept_for_what_they_answered_and_gaps_are_counted(toy_workspace, toy_pair, spec):
    survey = toy_workspace.survey(toy_pair.donor)
    table = survey.household.copy()
    table.loc[:11, "kwh"] = np.nan
    toy_workspace.add_survey(dataclasses.replace(survey, household=table))
    prepared = prepare(toy_workspace, spec)
    assert len(prepared.donor) == len(table)
    assert prepared.donor["kwh"].isna().sum() == 12
    assert any("learned from the others: kwh by 12 (" in note for note in prepared.notes)


def test_only_donors_who_answered_nothing_are_left_out(toy_workspace, toy_pair, spec):
    survey = toy_workspace.survey(toy_pair.donor)
    table = survey.household.copy()
    table.loc[:11, ["kwh", "rooms"]] = np.nan
    table.loc[:5, "rooms"] = 4.0
    toy_workspace.add_survey(dataclasses.replace(survey, household=table))
    prepared = prepare(toy_workspace, dataclasses.replace(spec, fusion_variables=("kwh", "rooms")))
    assert len(prepared.donor) == len(table) - 6
    assert any(note.startswith("6 donor households") for note in prepared.notes)


def test_the_same_seed_prepares_the_same_input(toy_workspace, spec, prepared):
    again = prepare(toy_workspace, spec)
    pd.testing.assert_frame_equal(again.donor, prepared.donor)
    other = prepare(toy_workspace, dataclasses.replace(spec, seed=9))
    assert other.donor["puma"].tolist() != prepared.donor["puma"].tolist()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (("kwhh",), "There is no variable 'kwhh'.*Did you mean 'kwh'?"),
        (("weight",), "'weight' is a weight, not an answer"),
        (("constant",), "'constant' has the same value in every household"),
        (("kwh", ("kwh", "cooling")), "'kwh' is chosen twice"),
        (("kwh", ()), "A block is empty"),
    ],
)
def test_impossible_fusion_variables_are_one_sentence(toy_workspace, spec, variables, message):
    with pytest.raises(InputError, match=message):
        prepare(toy_workspace, dataclasses.replace(spec, fusion_variables=variables))


def test_an_unknown_predictor_choice_is_named(toy_workspace, spec):
    with pytest.raises(InputError, match="There is no predictor 'tenure__tenn'"):
        prepare(toy_workspace, dataclasses.replace(spec, keep_predictors=("tenure__tenn",)))
    both = dataclasses.replace(
        spec, keep_predictors=("tenure__ten",), exclude_predictors=("tenure__ten",)
    )
    with pytest.raises(InputError, match="both kept and excluded"):
        prepare(toy_workspace, both)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("age__agep", "name the predictor 'age__agep', which is left out .similarity .* below"),
        ("room__rmsp", "Did you mean 'rooms__rmsp'?"),
    ],
)
def test_training_settings_that_name_a_missing_predictor_are_refused(
    toy_workspace, spec, named, message
):
    train = spec.train.replace(predictors=(("kwh", (named,)),))
    with pytest.raises(InputError, match=message):
        prepare(toy_workspace, dataclasses.replace(spec, train=train))


def test_no_predictor_left_says_what_to_do(toy_workspace, spec):
    with pytest.raises(InputError, match="No predictor is left"):
        prepare(toy_workspace, dataclasses.replace(spec, minimum_similarity=1.1))


def test_without_spatial_tables_and_intersections_donors_are_not_placed(toy_workspace, toy_pair):
    for folder in ("predictors", "intersections"):
        for path in (toy_workspace.geography_folder / folder).iterdir():
            path.unlink()
    pool = assemble(toy_workspace, toy_pair)
    assert "puma" not in pool.donor.columns
    assert "not placed" in pool.notes[0]


def test_without_an_intersection_table_every_recipient_is_a_candidate(toy_workspace, toy_pair):
    (toy_workspace.geography_folder / "intersections" / "region.parquet").unlink()
    pool = assemble(toy_workspace, toy_pair)
    assert pool.donor["puma"].notna().all()
    assert "placed anywhere" in pool.notes[0]


def test_prepared_input_comes_back_from_disk(tmp_path, prepared):
    write_prepared(prepared, tmp_path / "input")
    read = read_prepared(tmp_path / "input")
    pd.testing.assert_frame_equal(read.donor, prepared.donor)
    pd.testing.assert_frame_equal(read.recipient, prepared.recipient)
    pd.testing.assert_frame_equal(read.predictors, prepared.predictors)
    assert read.notes == prepared.notes
    assert read.recipient_design == prepared.recipient_design


def test_damaged_input_is_reported(tmp_path, prepared):
    folder = tmp_path / "input"
    write_prepared(prepared, folder)
    (folder / "donor.parquet").write_bytes(b"PAR1")
    with pytest.raises(CorruptFileError, match="missing or damaged"):
        read_prepared(folder)
    (folder / "prepare.json").write_text('{"format": 99}')
    with pytest.raises(CorruptFileError, match="another version"):
        read_prepared(folder)
