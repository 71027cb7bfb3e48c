"""Digits behind a point that the file does not write: said by codebook, recipe or person."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.errors import InputError
from fusion_core.ingest.generic._implied_decimals import _with_point
from fusion_core.ingest.generic.survey_table import Choices, read_generic
from fusion_core.ingest.tables import FileProblemsError
from fusion_core.surveys import SurveyId


def read(tmp_path, columns, choices=None, codebook=None):
    frame = pd.DataFrame({"hid": ["a", "b", "c"], **columns})
    frame.to_csv(tmp_path / "h.csv", index=False)
    path = None
    if codebook is not None:
        path = tmp_path / "cb.csv"
        path.write_text(codebook)
    return read_generic(
        tmp_path / "h.csv", survey=SurveyId("T", "2020"), choices=choices, codebook=path
    )


WEIGHT = {"HHWT": [15050, 220, 99]}


@pytest.mark.parametrize(
    "codebook",
    [
        "variable,description\nHHWT,Household weight (two implied decimals)\n",
        "variable,description\nHHWT,Weight with 2 implied decimal places\n",
        "variable,description\nHHWT,Weight; implied decimals: 2\n",
        "variable,description,implied decimals\nHHWT,Weight,2\n",
    ],
)
def test_a_codebook_says_it(tmp_path, codebook):
    survey = read(tmp_path, WEIGHT, codebook=codebook)
    assert survey.household["weight"].tolist() == [150.5, 2.2, 0.99]
    assert any("15050 is read as 150.50" in note for note in survey.description.notes)


def test_a_person_says_it(tmp_path):
    choices = Choices(implied_decimals={"hhwt": "2", "PRICE": "1"})
    survey = read(tmp_path, WEIGHT | {"PRICE": [10, 25, 31]}, choices)
    assert survey.household["weight"].tolist() == [150.5, 2.2, 0.99]
    assert survey.household["price"].tolist() == [1.0, 2.5, 3.1]


def test_the_stem_of_replicates_names_all_of_them(tmp_path):
    columns = WEIGHT | {f"REPWT{n}": [15050 + n, 220, 99] for n in range(1, 5)}
    choices = Choices(
        weight="HHWT",
        replicates=("REPWT",),
        design="jk1",
        implied_decimals={"HHWT": "2", "REPWT": "2"},
    )
    household = read(tmp_path, columns, choices).household
    assert household["replicate_1"].tolist() == [150.51, 2.2, 0.99]
    assert household["replicate_4"].tolist() == [150.54, 2.2, 0.99]


def test_codes_with_a_label_are_no_amounts(tmp_path):
    codebook = "variable,description,code,label\nRENT,Rent (2 implied decimals),99999,Refused\n"
    survey = read(tmp_path, WEIGHT | {"RENT": [10050, 99999, 20000]}, codebook=codebook)
    assert survey.household["rent"].tolist()[::2] == [100.5, 200.0]
    assert survey.household["rent"].isna().tolist() == [False, True, False]


def test_numbers_with_a_point_are_left_as_they_are(tmp_path):
    codebook = "variable,description\nHHWT,Weight (2 implied decimals)\n"
    survey = read(tmp_path, {"HHWT": [150.5, 2.2, 1]}, codebook=codebook)
    assert survey.household["weight"].tolist() == [150.5, 2.2, 1.0]
    with pytest.raises(FileProblemsError, match="decimals already"):
        read(tmp_path, {"HHWT": [150.5, 2.2, 1]}, Choices(implied_decimals={"HHWT": "2"}))


def test_a_column_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileProblemsError, match="Did you mean 'HHWT'"):
        read(tmp_path, WEIGHT, Choices(implied_decimals={"HHTW": "2"}))


@pytest.mark.parametrize("digits", ["two", "-1", "12", "1.5"])
def test_a_number_of_decimals_is_a_small_whole_number(tmp_path, digits):
    with pytest.raises(InputError, match="not a number of implied decimals"):
        read(tmp_path, WEIGHT, Choices(implied_decimals={"HHWT": digits}))


@given(st.integers(-(10**12), 10**12), st.integers(1, 9))
def test_the_point_moves_by_so_many_digits_exactly(number, digits):
    text = _with_point(str(number), digits)
    assert len(text.partition(".")[2]) == digits
    assert int(text.replace(".", "")) == number
