"""The model of a run on another recipient of the workspace."""

from dataclasses import replace

import numpy as np
import pytest

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import area_estimates, compare_sources
from fusion_core.execution import apply_run, execute_run
from fusion_core.fusion import open_implicates
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.runs import RunSpec, create_run, list_runs

LATER = SurveyId("TOYACS", "2023")


@pytest.fixture
def trained(toy_workspace, toy_pair):
    """A finished run, and the recipient of a later year with half of the households."""
    spec = RunSpec(
        "toy", toy_pair, ("kwh",), implicates=3, seed=1, train=TrainSettings.preset("quick")
    )
    run = create_run(toy_workspace, spec)
    execute_run(toy_workspace, run)
    survey = toy_workspace.survey(toy_pair.recipient)
    half = survey.household.iloc[::2].reset_index(drop=True)
    later = replace(survey, description=replace(survey.description, id=LATER), household=half)
    toy_workspace.add_survey(later)
    return run


def transfer(workspace, pair):
    """Give the later year the harmonies of the earlier one."""
    store = HarmonyStore(workspace.path, SurveyPair(pair.donor, LATER))
    for harmony in HarmonyStore(workspace.path, pair).load().harmonies:
        store.save(replace(harmony, revision=0), author="test", expected_revision=0)


def test_the_new_run_has_the_models_of_the_first_and_households_of_its_own(
    toy_workspace, toy_pair, trained
):
    transfer(toy_workspace, toy_pair)
    run = apply_run(toy_workspace, trained, LATER, seed=2)
    assert run.spec().pair.recipient == LATER
    assert run.spec().name == "toy on TOYACS 2023"
    own, other = ((item.model_folder / "model.json").read_bytes() for item in (trained, run))
    assert own == other
    assert open_implicates(run.implicates_folder).rows == 200


def test_both_runs_compare(toy_workspace, toy_pair, trained):
    transfer(toy_workspace, toy_pair)
    run = apply_run(toy_workspace, trained, LATER, seed=2)
    found = compare_sources(toy_workspace, trained, run, Statistic("mean", "kwh"), ("puma",))
    assert len(found) == 4
    assert np.isfinite(found["p_value"]).all()
    estimates = area_estimates(toy_workspace, run, Statistic("mean", "kwh"))
    assert np.isfinite(estimates["moe"]).all()


def test_without_harmonies_nothing_is_fused(toy_workspace, trained):
    with pytest.raises(InputError):
        apply_run(toy_workspace, trained, LATER)
    assert [run.state().status for run in list_runs(toy_workspace)].count("finished") == 1


def test_a_predictor_the_recipient_lacks_is_named(toy_workspace, toy_pair, trained):
    transfer(toy_workspace, toy_pair)
    store = HarmonyStore(toy_workspace.path, SurveyPair(toy_pair.donor, LATER))
    store.delete("rooms__rmsp", author="test")
    with pytest.raises(InputError, match="rooms__rmsp"):
        apply_run(toy_workspace, trained, LATER)


def test_its_own_recipient_is_refused(toy_workspace, toy_pair, trained):
    with pytest.raises(InputError, match="of TOYACS 2022 already"):
        apply_run(toy_workspace, trained, toy_pair.recipient)


def test_an_unknown_survey_is_named(toy_workspace, trained):
    with pytest.raises(InputError, match="ACS_1999"):
        apply_run(toy_workspace, trained, SurveyId("ACS", "1999"))
