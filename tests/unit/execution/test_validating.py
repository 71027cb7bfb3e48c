"""Validation as a stage of a run, and the check with unseen households before or after its end."""

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs.estimate_run import area_estimates
from fusion_core.execution import cancel_run, execute_run, remove_run, run_status, wait_for_run
from fusion_core.execution.checking import (
    USUAL,
    check_status,
    execute_check,
    repeats_usual,
    start_check,
)
from fusion_core.execution.knowing import (
    is_known_outdated,
    known_answers_folder,
    read_known,
)
from fusion_core.execution.validating import (
    fingerprint,
    is_outdated,
    out_of_fold_folder,
    validate_inside,
)
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.harmony.store.store import list_pairs
from fusion_core.ingest.generic.survey_table import read_generic
from fusion_core.prepare import read_prepared
from fusion_core.surveys.storage import read_survey
from fusion_core.validation import read_validation, write_validation
from fusion_core.validation.known_answers import has_known_answers
from fusion_core.validation.report.storage import has_validation, read_facts
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunSpec, RunState, create_run, open_run

QUICK = TrainSettings.preset("quick").replace(leaves=(4,), maximum_trees=5, folds=2)


def spec_of(pair, **changes):
    spec = RunSpec("toy", pair, ("kwh", "cooling"), implicates=3, train=QUICK)
    return dataclasses.replace(spec, **changes)


@pytest.fixture(scope="module")
def finished(toy_template, tmp_path_factory):
    """A workspace with a finished run that was checked with unseen households too."""
    folder = tmp_path_factory.mktemp("validated") / "toy"
    shutil.copytree(toy_template.path, folder)
    workspace = Workspace.open(folder)
    [pair] = list_pairs(workspace.path)
    run = create_run(workspace, spec_of(pair, out_of_fold=2))
    told = []
    execute_run(workspace, run, lambda share, words: told.append((share, words)))
    return workspace, run, told


@pytest.fixture
def own(finished, tmp_path):
    """A copy whose run a test may change."""
    workspace, run, _ = finished
    shutil.copytree(workspace.path, tmp_path / "own")
    copied = Workspace.open(tmp_path / "own")
    return copied, open_run(copied, run.id)


def silent(share, words):
    """Report to nobody."""


def test_a_run_asks_what_the_recipient_knows_and_stores_it(finished):
    _, run, _ = finished
    assert has_known_answers(known_answers_folder(run))
    found = read_known(run)
    kept = read_prepared(run.input_folder).kept
    assert set(found.areas["variable"]) <= set(kept)
    assert found.areas["inside"].dtype == bool
    assert not is_known_outdated(run)


def test_a_run_without_areas_to_compare_says_so_and_is_finished_all_the_same(own):
    workspace, run = own
    recipient = pd.read_parquet(run.input_folder / "recipient.parquet")
    recipient.assign(puma="4100100").to_parquet(run.input_folder / "recipient.parquet")
    shutil.rmtree(known_answers_folder(run))
    (run.folder / "stages" / "validate.json").unlink()
    execute_run(workspace, run)
    assert run.state().status == "finished"
    assert not has_known_answers(known_answers_folder(run))
    messages = [record["message"] for record in run.log_records()]
    assert any(text.startswith("No known answers: ") for text in messages)


def test_a_run_that_is_to_hide_nothing_asks_for_no_known_answers(own):
    workspace, _ = own
    [pair] = list_pairs(workspace.path)
    run = create_run(workspace, spec_of(pair, known_answers=0))
    execute_run(workspace, run)
    assert not has_known_answers(known_answers_folder(run))
    with pytest.raises(InputError, match="known answers were asked for"):
        create_run(workspace, spec_of(pair, known_answers=-1))


def test_a_run_stores_both_validations_and_says_which_is_which(finished):
    _, run, told = finished
    inside, outside = (
        read_validation(run.validation_folder),
        read_validation(out_of_fold_folder(run)),
    )
    assert list(inside.summary["variable"]) == list(outside.summary["variable"])
    assert not inside.metrics["simulated"].equals(outside.metrics["simulated"])
    assert set(inside.importance["variable"]) == {"kwh", "cooling"}
    facts = read_facts(out_of_fold_folder(run))
    assert (facts["folds"], facts["implicates"], facts["households"]) == (2, 3, 240)
    assert any(words.startswith("Unseen households 2 of 2") for _, words in told)
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert not run.checkpoint_folder.exists() or not list(run.checkpoint_folder.iterdir())


def test_a_model_or_donor_that_changed_makes_a_validation_outdated(own):
    _, run = own
    assert not is_outdated(run, run.validation_folder)
    manifest = run.model_folder / "manifest.json"
    manifest.write_text(manifest.read_text() + "\n")
    assert is_outdated(run, run.validation_folder)
    assert is_outdated(run, out_of_fold_folder(run))


def test_a_validation_of_the_first_format_is_not_called_outdated(own):
    _, run = own
    path = run.validation_folder / "validation.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"fingerprint": ""}))
    assert not is_outdated(run, run.validation_folder)


def test_a_subset_variable_that_cannot_be_used_stops_the_run_before_training(
    toy_workspace, toy_pair
):
    run = create_run(toy_workspace, spec_of(toy_pair, subset_variables=("tenur",)))
    with pytest.raises(InputError, match="Did you mean 'tenure__ten'"):
        execute_run(toy_workspace, run)
    assert run.state().status == "failed"
    assert not run.model_folder.exists()


@pytest.mark.parametrize("folds", [1, 21, -2])
def test_a_number_of_parts_nobody_waits_for_is_refused(toy_workspace, toy_pair, folds):
    with pytest.raises(InputError, match="cannot be checked with"):
        create_run(toy_workspace, spec_of(toy_pair, out_of_fold=folds))


def test_one_implicate_is_validated_with_two_and_the_log_says_so(own):
    _, run = own
    record = json.loads((run.folder / "spec.json").read_text())
    (run.folder / "spec.json").write_text(json.dumps(record | {"implicates": 1}))
    validate_inside(run, silent)
    assert read_facts(run.validation_folder)["implicates"] == 2
    assert any("one implicate" in entry["message"] for entry in run.log_records())


def test_a_donor_without_weights_is_validated_and_estimated_from(toy_workspace, toy_pair, tmp_path):
    donor = read_survey(toy_workspace.survey_folder(toy_pair.donor))
    table = donor.household.drop(columns="weight")
    table.to_csv(tmp_path / "donor.csv", index=False)
    unweighted = read_generic(tmp_path / "donor.csv", survey=toy_pair.donor)
    assert (unweighted.household["weight"] == 1).all()
    toy_workspace.add_survey(unweighted)
    run = create_run(toy_workspace, spec_of(toy_pair, out_of_fold=2))
    execute_run(toy_workspace, run)
    for folder in (run.validation_folder, out_of_fold_folder(run)):
        found = read_validation(folder)
        assert read_facts(folder)["weighted"] is False
        observed = found.marginals[found.marginals["variable"] == "cooling"].set_index("level")
        counted = (table["cooling"] == "Central").mean()
        assert observed.loc["Central", "observed"] == pytest.approx(counted)
        assert np.isfinite(found.summary["skill"]).all()
        assert found.reliability["share"].groupby(found.reliability["level"]).sum().to_list() == (
            pytest.approx([1.0, 1.0])
        )
    assert any("no weights" in entry["message"] for entry in run.log_records())
    [row] = area_estimates(toy_workspace, run, Statistic("mean", "kwh"), by=()).to_dict("records")
    assert 0 < row["moe"] < row["estimate"]
    assert "cannot be computed" not in row["assumption"]


def test_a_finished_run_is_checked_beside_it_and_stays_finished(own):
    workspace, run = own
    first = read_validation(out_of_fold_folder(run))
    shutil.rmtree(out_of_fold_folder(run))
    assert check_status(workspace, run) is None
    start_check(workspace, run, 2)
    assert run_status(workspace, run).status == "finished"
    with pytest.raises(ConflictError, match="already being checked"):
        start_check(workspace, run, 2)
    with pytest.raises(ConflictError, match="being checked"):
        remove_run(workspace, run)
    assert wait_for_run(workspace, run.check, timeout=300).status == "finished"
    again = read_validation(out_of_fold_folder(run))
    assert again.metrics.equals(first.metrics)


def test_the_usual_validation_is_repeated_beside_the_run_and_keeps_the_other(own):
    workspace, run = own
    write_validation(
        read_validation(run.validation_folder), run.validation_folder, fingerprint="of other files"
    )
    assert is_outdated(run, run.validation_folder)
    start_check(workspace, run, USUAL)
    assert repeats_usual(run)
    assert wait_for_run(workspace, run.check, timeout=120).status == "finished"
    assert not is_outdated(run, run.validation_folder)
    assert has_validation(out_of_fold_folder(run))
    assert run.check.state().progress == 1


def test_a_check_can_be_cancelled_and_keeps_the_run(own):
    workspace, run = own
    shutil.rmtree(out_of_fold_folder(run))
    start_check(workspace, run, 20)
    cancel_run(workspace, run.check, wait=True)
    assert check_status(workspace, run).status == "cancelled"
    assert not has_validation(out_of_fold_folder(run))
    assert run_status(workspace, run).status == "finished"


def test_a_check_that_fails_says_why(own):
    workspace, run = own
    before = fingerprint(run)
    (run.input_folder / "donor.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(CorruptFileError, match="damaged"):
        execute_check(workspace, run, 2)
    state = check_status(workspace, run)
    assert state.status == "failed"
    assert "damaged" in state.message
    assert fingerprint(run) != before


def test_only_a_finished_run_can_be_checked(own, toy_pair):
    workspace, _ = own
    waiting = create_run(workspace, spec_of(toy_pair))
    waiting.write_state(RunState(status="failed", message="The disk is full"))
    with pytest.raises(InputError, match="Only a finished run"):
        start_check(workspace, waiting, 5)


def test_a_run_whose_donors_left_answers_blank_goes_through_and_says_whom_it_speaks_of(
    toy_workspace, toy_pair
):
    donor = toy_workspace.survey(toy_pair.donor)
    table = donor.household.copy()
    table.loc[::7, "cooling"] = None
    table.loc[3::9, "kwh"] = np.nan
    toy_workspace.add_survey(dataclasses.replace(donor, household=table))
    run = create_run(
        toy_workspace, spec_of(toy_pair, fusion_variables=("cooling", "kwh"), out_of_fold=2)
    )
    execute_run(toy_workspace, run)
    answered = table[["cooling", "kwh"]].notna().sum()
    for folder in (run.validation_folder, out_of_fold_folder(run)):
        donors = read_validation(folder).donors.set_index("variable")
        assert donors["households"].to_dict() == answered.to_dict()
    assert read_facts(run.validation_folder)["subsets"].startswith("Subsets are formed by")
    [row] = area_estimates(toy_workspace, run, Statistic("mean", "kwh"), by=()).to_dict("records")
    assert row["estimate"] > 0
