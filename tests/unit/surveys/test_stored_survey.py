"""A stored survey is read column by column and says so when it was imported again."""

import dataclasses
import os

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.surveys import write_survey
from fusion_core.surveys.stored import StoredSurvey


@pytest.fixture
def folder(survey, tmp_path):
    write_survey(survey, tmp_path / "TEST" / "2020")
    return tmp_path / "TEST" / "2020"


@pytest.mark.parametrize("respondent", ["household", "person"])
def test_it_answers_like_the_survey_in_memory(survey, folder, respondent):
    stored = StoredSurvey.open(folder)
    assert (stored.id, stored.description) == (survey.id, survey.description)
    assert dict(stored.dictionary) == dict(survey.dictionary)
    assert stored.has(respondent) == survey.has(respondent)
    assert stored.count(respondent) == survey.count(respondent)
    names = stored.column_names(respondent)
    assert names == survey.column_names(respondent)
    assert_frame_equal(stored.columns(respondent, names), survey.columns(respondent, names))
    assert_series_equal(stored.column(respondent, names[0]), survey.column(respondent, names[0]))


@pytest.mark.parametrize("rows", [1, 2, 1_000])
def test_the_first_rows_alone_have_the_same_types(survey, folder, rows):
    names = survey.column_names("household")
    read = StoredSurvey.open(folder).columns("household", names, rows=rows)
    assert_frame_equal(read, survey.columns("household", names, rows=rows))


def test_an_unknown_column_or_table_is_refused_by_both(survey, folder):
    alone = dataclasses.replace(survey, person=None)
    for source in (StoredSurvey.open(folder), survey):
        with pytest.raises(InputError, match="Did you mean 'tenure'"):
            source.column("household", "tenur")
    with pytest.raises(InputError, match="has no person microdata"):
        alone.columns("person", ["age"])
    (folder / "person.parquet").unlink()
    without = StoredSurvey.open(folder)
    assert not without.has("person")
    with pytest.raises(InputError, match="has no person microdata"):
        without.count("person")


def test_rows_of_two_imports_are_never_mixed(survey, folder):
    stored = StoredSurvey.open(folder)
    write_survey(survey, folder)
    os.utime(folder / "household.parquet", ns=(1, 1))
    with pytest.raises(InputError, match="was imported again in the meantime"):
        stored.column("household", "weight")
    assert isinstance(StoredSurvey.open(folder).column("household", "weight"), pd.Series)


def test_a_table_that_vanished_is_named(folder):
    stored = StoredSurvey.open(folder)
    (folder / "household.parquet").unlink()
    with pytest.raises(CorruptFileError, match="missing or damaged"):
        stored.column("household", "weight")
