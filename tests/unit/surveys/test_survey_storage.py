"""A stored survey comes back unchanged, and a failed write leaves the earlier one whole."""

import dataclasses

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.surveys import Survey, read_survey, write_survey
from fusion_core.surveys import storage as storage_module


@pytest.fixture
def stored(survey, tmp_path):
    folder = tmp_path / "TEST" / "2020"
    write_survey(survey, folder)
    return folder


def test_everything_comes_back(survey, stored):
    back = read_survey(stored)
    assert back.description == survey.description
    assert dict(back.dictionary) == dict(survey.dictionary)
    assert_frame_equal(back.household, survey.household)
    assert_frame_equal(back.person, survey.person)


def test_only_the_wanted_columns_are_read(stored):
    back = read_survey(stored, household_columns=["kwh"], person_columns=[])
    assert list(back.household) == ["household_id", "kwh"]
    assert list(back.person) == ["household_id", "person_number"]


def test_an_unknown_column_is_named_with_the_nearest(stored):
    with pytest.raises(InputError, match="Did you mean 'tenure'"):
        read_survey(stored, household_columns=["tenur"])


def test_replacing_leaves_no_trace_of_the_old_survey(survey, stored):
    write_survey(dataclasses.replace(survey, person=None, dictionary=_households(survey)), stored)
    assert read_survey(stored).person is None
    assert [path.name for path in stored.parent.iterdir()] == ["2020"]


def test_a_write_that_fails_half_way_keeps_the_old_survey(survey, stored, monkeypatch):
    def fail(*_: object) -> None:
        raise InputError("Could not write the file: No space left on device")

    monkeypatch.setattr(storage_module, "write_json", fail)
    with pytest.raises(InputError, match="No space left"):
        write_survey(dataclasses.replace(survey, household=survey.household.head(2)), stored)
    assert len(read_survey(stored).household) == 3
    assert [path.name for path in stored.parent.iterdir()] == ["2020"]


@pytest.mark.parametrize("name", ["household.parquet", "dictionary.parquet", "survey.json"])
@pytest.mark.parametrize("content", [b"", b"PAR1 cut off", b"{"])
def test_a_damaged_file_is_named(stored, name, content):
    (stored / name).write_bytes(content)
    with pytest.raises(CorruptFileError, match=name):
        read_survey(stored)


def test_a_dictionary_without_names_is_damaged(stored):
    pd.DataFrame({"other": [1]}).to_parquet(stored / "dictionary.parquet")
    with pytest.raises(CorruptFileError, match="no column of variable names"):
        read_survey(stored)


def _households(survey: Survey):
    from fusion_core.surveys import Dictionary

    return Dictionary([v for v in survey.dictionary.values() if v.respondent == "household"])


def with_household(survey: Survey, **columns: object) -> Survey:
    return dataclasses.replace(survey, household=survey.household.assign(**columns))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"household_id": ["h0", "h0", "h1"]}, "two rows for one household_id"),
        ({"household_id": ["h0", None, "h1"]}, "rows without household_id"),
        ({"weight": [1.0, -1.0, 2.0]}, "1 weights of the household table are not positive"),
        ({"weight": [1.0, float("inf"), 2.0]}, "not positive and finite"),
        ({"tenure": ["Own", "Rent", "Own"]}, "tenure has levels in the dictionary but is no"),
        (
            {"tenure": pd.Categorical(["Own", "Squat", "Own"])},
            "the level 'Squat' of tenure is not in the dictionary",
        ),
    ],
)
def test_a_survey_that_breaks_a_convention_is_not_stored(survey, tmp_path, change, sentence):
    folder = tmp_path / "TEST" / "2020"
    with pytest.raises(InputError, match=sentence):
        write_survey(with_household(survey, **change), folder)
    assert not folder.exists()


def test_all_broken_conventions_are_named_at_once(survey, tmp_path):
    wrong = with_household(survey, weight=[0.0, 1.0, 1.0], household_id=["h0", "h0", "h1"])
    with pytest.raises(InputError) as caught:
        write_survey(wrong, tmp_path / "survey")
    assert "two rows for one" in caught.value.what
    assert "not positive" in caught.value.what


def test_persons_need_their_household(survey, tmp_path):
    stray = survey.person.assign(household_id=["h0", "h0", "h9"])
    with pytest.raises(InputError, match="1 person belongs to no household"):
        write_survey(dataclasses.replace(survey, person=stray), tmp_path / "survey")


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("kwh", [[1]], "the column kwh of the household table holds lists"),
        ("kwh", [1, "a"], "the column kwh of the household table mixes whole numbers"),
        ("household_id", [b"a"], "the column household_id of the household table holds bytes"),
        ("weight", ["heavy"], "the weights of the household table are text"),
        (0, [1], "the household table has a column whose name is not a text: 0"),
    ],
)
def test_a_survey_of_values_that_are_no_answers_is_not_stored(
    survey, tmp_path, column, values, words
):
    rows = len(survey.household)
    odd = pd.Series((values * rows)[:rows], dtype=object, index=survey.household.index)
    household = survey.household.copy()
    household[column] = odd
    with pytest.raises(InputError, match=words):
        write_survey(dataclasses.replace(survey, household=household), tmp_path / "odd")
    assert not (tmp_path / "odd").exists()
