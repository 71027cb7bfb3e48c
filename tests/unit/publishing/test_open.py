"""A published data set on a machine that has neither donor nor models."""

import shutil

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import area_estimates, compare_groups
from fusion_core.fusion import open_implicates
from fusion_core.publishing import open_published, publish_run
from fusion_core.surveys.model import SurveyId
from fusion_core.validation import read_validation
from fusion_core.workspace.runs import list_runs, set_aside


@pytest.mark.parametrize(
    "statistic",
    [
        Statistic("mean", "kwh"),
        Statistic("total", "kwh"),
        Statistic("share", "cooling"),
        Statistic("count", "cooling", level="Central"),
        Statistic("mean", "agep"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "where", ["", "ten = 'Rented'", "cooling = 'Central'", "cooling = 'None' AND ten = 'Rented'"]
)
def test_numbers_and_margins_are_those_of_the_original(published, elsewhere, statistic, where):
    opened = open_published(elsewhere, published.folder)
    own = area_estimates(published.workspace, published.run, statistic, where=where)
    found = area_estimates(elsewhere, opened.run, statistic, where=where)
    pd.testing.assert_frame_equal(own, found, rtol=1e-5)


def test_margins_have_the_part_of_areas_as_the_original(published, elsewhere):
    """What known answers tell of areas is opened with the data; without it margins were narrower."""
    opened = open_published(elsewhere, published.folder)
    with_areas = area_estimates(elsewhere, opened.run, Statistic("mean", "kwh"))
    opened.run.area_rule_file.unlink()
    without = area_estimates(elsewhere, opened.run, Statistic("mean", "kwh"))
    assert (with_areas["moe"] > without["moe"]).all()


def test_medians_have_nearly_the_margins_of_the_original(published, elsewhere):
    opened = open_published(elsewhere, published.folder)
    statistic = Statistic("median", "kwh")
    own = area_estimates(published.workspace, published.run, statistic)
    found = area_estimates(elsewhere, opened.run, statistic)
    assert found["estimate"].tolist() == own["estimate"].tolist()
    # Few donors stand between two marks of a toy of 240.
    assert found["moe"].to_numpy() == pytest.approx(own["moe"].to_numpy(), rel=0.5)


def test_differences_are_those_of_the_original(published, elsewhere):
    opened = open_published(elsewhere, published.folder)
    groups = {"puma": "9900100"}, {"puma": "9900400"}
    own, found = (
        compare_groups(workspace, run, Statistic("mean", "kwh"), *groups)
        for workspace, run in ((published.workspace, published.run), (elsewhere, opened.run))
    )
    assert found.moe == pytest.approx(own.moe, rel=1e-5)
    assert found.p_value == pytest.approx(own.p_value, rel=1e-4)


def test_predictors_group_as_they_did(published, elsewhere):
    opened = open_published(elsewhere, published.folder)
    statistic = Statistic("mean", "kwh")
    own = area_estimates(published.workspace, published.run, statistic, by="tenure__ten")
    found = area_estimates(elsewhere, opened.run, statistic, by="tenure__ten")
    pd.testing.assert_frame_equal(own, found, rtol=1e-5)


def test_a_fused_variable_groups_as_it_did(published, elsewhere):
    opened = open_published(elsewhere, published.folder)
    statistic = Statistic("mean", "kwh")
    own, found = (
        area_estimates(workspace, run, statistic, by="cooling")
        for workspace, run in ((published.workspace, published.run), (elsewhere, opened.run))
    )
    pd.testing.assert_frame_equal(own, found, rtol=1e-5)
    assert not own["assumption"].str.contains("donor").any()


def test_the_draws_are_the_same_and_say_from_which_random_numbers(published, elsewhere):
    opened = open_published(elsewhere, published.folder)
    own = open_implicates(published.run.implicates_folder)
    found = open_implicates(opened.run.implicates_folder)
    assert found.streams == own.streams
    for name in own.names:
        np.testing.assert_array_equal(found.variable(name).values, own.variable(name).values)


def test_validation_and_notes_come_along(published, elsewhere):
    opened = open_published(elsewhere, published.folder)
    assert read_validation(opened.run.validation_folder).verdicts
    assert (opened.run.published_folder / "methods.md").exists()


def test_an_opened_data_set_can_be_published_again(published, elsewhere, tmp_path):
    opened = open_published(elsewhere, published.folder)
    publish_run(elsewhere, opened.run, tmp_path / "again")
    for name in ("data/TOY_2020.parquet", "margins/answers.parquet", "methods.json"):
        assert (tmp_path / "again" / name).read_bytes() == (published.folder / name).read_bytes()


def test_an_opened_data_set_can_be_deleted(published, elsewhere):
    opened = open_published(elsewhere, published.folder)
    set_aside(opened.run)
    assert not opened.run.folder.exists()


def test_without_its_recipient_it_needs_the_survey(published, elsewhere, tmp_path):
    folder = tmp_path / "data"
    publish_run(published.workspace, published.run, folder, with_recipient=False)
    with pytest.raises(InputError, match="this workspace has no TOYACS 2022"):
        open_published(elsewhere, folder)
    assert list_runs(elsewhere) == []
    elsewhere.add_survey(published.workspace.survey(SurveyId("TOYACS", "2022")))
    opened = open_published(elsewhere, folder)
    own = area_estimates(published.workspace, published.run, Statistic("mean", "kwh"))
    found = area_estimates(elsewhere, opened.run, Statistic("mean", "kwh"))
    pd.testing.assert_frame_equal(own, found, rtol=1e-5)


def test_a_recipient_of_other_households_is_refused(published, elsewhere):
    survey = published.workspace.survey(SurveyId("TOYACS", "2022"))
    fewer = survey.household.iloc[10:].reset_index(drop=True)
    elsewhere.add_survey(type(survey)(survey.description, survey.dictionary, fewer, None))
    with pytest.raises(InputError, match="10 of the data set's 400 households"):
        open_published(elsewhere, published.folder)
    assert list_runs(elsewhere) == []


def test_an_altered_file_is_named(elsewhere, data_set):
    path = data_set / "margins" / "answers.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(CorruptFileError, match=r"answers\.parquet is not the one that was publ"):
        open_published(elsewhere, data_set)
    assert list_runs(elsewhere) == []


def test_a_missing_file_is_named(elsewhere, data_set):
    (data_set / "methods.json").unlink()
    with pytest.raises(CorruptFileError, match=r"methods\.json is missing"):
        open_published(elsewhere, data_set)


def test_a_folder_of_something_else_is_no_data_set(elsewhere, tmp_path):
    with pytest.raises(InputError, match="holds no published data set"):
        open_published(elsewhere, tmp_path)


def test_checksums_may_not_lead_out_of_the_folder(elsewhere, data_set):
    path = data_set / "SHA256SUMS"
    path.write_text("0" * 64 + "  ../secret\n")
    with pytest.raises(CorruptFileError, match="not a checksum"):
        open_published(elsewhere, data_set)


def test_a_newer_format_is_told(elsewhere, data_set, published):
    import hashlib

    path = data_set / "dataset.json"
    path.write_text(path.read_text().replace('"format": 1,', '"format": 99,', 1))
    sums = (data_set / "SHA256SUMS").read_text()
    old = hashlib.sha256((published.folder / "dataset.json").read_bytes()).hexdigest()
    new = hashlib.sha256(path.read_bytes()).hexdigest()
    (data_set / "SHA256SUMS").write_text(sums.replace(old, new))
    with pytest.raises(InputError, match="has format 99"):
        open_published(elsewhere, data_set)


def test_the_run_keeps_the_name_it_is_given(elsewhere, published):
    assert open_published(elsewhere, published.folder, name="Theirs").run.spec().name == "Theirs"


def test_nothing_but_the_data_set_is_needed(elsewhere, data_set):
    opened = open_published(elsewhere, data_set)
    shutil.rmtree(data_set)
    assert len(area_estimates(elsewhere, opened.run, Statistic("mean", "kwh"))) == 4


def test_synthetic_data_stay_called_so(published, elsewhere):
    """A new workspace is called synthetic as the one the data come from."""
    opened = open_published(elsewhere, published.folder)
    assert type(elsewhere).open(elsewhere.path).synthetic
    assert "The data are synthetic: no row describes a real household." in opened.notes


def test_a_workspace_of_real_surveys_is_not_called_synthetic(published, elsewhere):
    survey = published.workspace.survey(SurveyId("TOYACS", "2022"))
    elsewhere.add_survey(survey)
    open_published(elsewhere, published.folder)
    assert not type(elsewhere).open(elsewhere.path).synthetic
