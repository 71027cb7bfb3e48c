"""The same note, seed and surveys give the same implicates."""

import shutil

import pytest

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.harmony.model.harmony import Harmony, Side
from fusion_core.harmony.store import HarmonyStore
from fusion_core.publishing import open_published, repeat_run
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import list_runs


@pytest.fixture
def surveys(toy_template, tmp_path) -> Workspace:
    """The surveys and geography alone: no harmonies, no run."""
    shutil.copytree(toy_template.path, tmp_path / "again")
    shutil.rmtree(tmp_path / "again" / "harmonies")
    return Workspace.open(tmp_path / "again")


def test_the_implicates_are_the_same_to_the_last_bit(published, surveys):
    found = repeat_run(surveys, published.folder / "methods.json")
    assert found.same == {"kwh": True, "cooling": True}
    assert found.differences == ()
    assert found.run.spec().name == "Toy run again"


def test_another_survey_file_stops_it(published, surveys):
    survey = surveys.survey(published.run.spec().pair.donor)
    surveys.add_survey(
        type(survey)(survey.description, survey.dictionary, survey.household.iloc[1:], None)
    )
    with pytest.raises(InputError, match=r"TOY/2020/household\.parquet is another file"):
        repeat_run(surveys, published.folder)
    assert list_runs(surveys) == []


def test_a_changed_harmony_stops_it(published, toy_workspace):
    store = HarmonyStore(toy_workspace.path, published.run.spec().pair)
    store.save(Harmony(Side("kwh"), Side("agep")), author="test", expected_revision=0)
    with pytest.raises(InputError, match="the harmony kwh__agep differs"):
        repeat_run(toy_workspace, published.folder)


def test_a_missing_survey_is_named(published, elsewhere):
    with pytest.raises(InputError, match="has no TOY 2020"):
        repeat_run(elsewhere, published.folder)


def test_questions_without_households_are_no_survey_to_start_from(published, elsewhere):
    open_published(elsewhere, published.folder)
    with pytest.raises(InputError, match="not those of the note"):
        repeat_run(elsewhere, published.folder)


def test_another_file_is_no_note(surveys, published):
    with pytest.raises(CorruptFileError, match="not a methods note"):
        repeat_run(surveys, published.folder / "dataset.json")
