"""Values that are no amounts are found; amounts that only look like them stay."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.ingest.generic.special import (
    numeric_specials,
    plain,
    reserved_negatives,
    values_of,
)
from fusion_core.ingest.generic.survey_table import Choices, inspect_file, read_generic
from fusion_core.surveys import SurveyId

ROWS = 200
RANDOM = np.random.default_rng(5)


def texts(values):
    return pd.Series([str(value) for value in values], dtype="category")


def found(*columns):
    """Special codes of the first of some columns of one file."""
    values = [values_of(texts(column)) for column in columns]
    special, doubtful = numeric_specials(values[0], reserved_negatives(values))
    return {item.code for item in special}, set(doubtful)


def mixed(values, codes, share=0.2):
    values = list(values)
    for place in range(int(len(values) * share)):
        values[place] = codes[place % len(codes)]
    return values


def amounts(low, high):
    return RANDOM.integers(low, high, ROWS).tolist()


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        (amounts(0, 90_000), [9_999_999]),
        (amounts(0, 90_000), [9_999_999, 9_999_998]),
        (amounts(-5_000, 90_000), [999_999_999]),
        (amounts(1_950, 2_020), [9_999]),
        (amounts(40, 300), [999, 998]),
        (amounts(1, 12), [99, 98]),
        (amounts(0, 9_000), [88_888, 99_999]),
        (amounts(0, 60), [-1, -9]),
        (amounts(0, 30_000), [-8]),
        (amounts(0, 30_000), [-666_666_666]),
        (amounts(-900, 30_000), [-666_666_666, -999_999_999]),
        (amounts(0, 90_000), [-999]),
        (amounts(1, 4), [-2]),
    ],
)
def test_sentinels_far_from_every_answer_are_special(values, codes):
    assert found(mixed(values, codes))[0] == set(map(str, codes))


@pytest.mark.parametrize(
    "values",
    [
        np.round(RANDOM.normal(8, 9, ROWS)).astype(int).tolist(),  # temperatures
        np.round(RANDOM.normal(0, 1.2, ROWS)).astype(int).tolist(),  # changes
        RANDOM.choice([-1, 0, 1], ROWS).tolist(),  # worse, same, better
        RANDOM.integers(0, 100, ROWS).tolist(),  # ages and percentages with a 99
        [*amounts(0, 95), *[99] * 9],  # top-coded ages
        np.round(RANDOM.lognormal(10, 0.9, ROWS).clip(max=99_999))
        .astype(int)
        .tolist(),  # top-coded
        [*amounts(0, 60_000), 999_999],  # one rich household
        [*amounts(-60_000, 90_000), -999, -9_999],  # losses
        RANDOM.integers(1, 10, ROWS).tolist(),  # ratings with 7, 8 and 9
        RANDOM.choice([0, 99, 199, 499, 999], ROWS).tolist(),  # prices
    ],
)
def test_amounts_that_only_look_like_sentinels_stay(values):
    assert found(values)[0] == set()


def test_a_code_that_other_columns_have_too_is_special_where_it_alone_is_not():
    rooms, minutes = mixed([0, 0, 1, 2] * 50, [-1]), mixed(amounts(2, 9), [-1, -9])
    assert found(rooms)[0] == set()
    assert found(rooms, minutes, minutes)[0] == {"-1"}


def test_what_is_only_likely_is_asked_not_decided():
    special, doubtful = found(mixed(amounts(1, 12), [99], share=0.05))
    assert (special, doubtful) == (set(), {"99"})


@given(st.lists(st.integers(0, 50), min_size=20), st.integers(1, 5))
def test_small_counts_have_no_special_values(values, least):
    assert found([value + least for value in values])[0] == set()


@given(st.lists(st.floats(0.5, 2.0), min_size=30, max_size=60), st.floats(0.1, 1e6))
def test_a_dense_scale_has_no_special_values_whatever_its_unit(values, unit):
    assert found([value * unit for value in values])[0] == set()


@given(st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_all_spellings_of_a_code_are_one(number, zeros):
    sign = "-" if number < 0 else ""
    padded = f"{sign}{'0' * zeros}{abs(number)}"
    assert plain(padded) == plain(f"{padded}.0") == str(number)


def write(tmp_path, column, codebook=None):
    rows = "\n".join(f"h{row},1,{value}" for row, value in enumerate(column))
    (tmp_path / "h.csv").write_text(f"hid,weight,x\n{rows}\n")
    if codebook is None:
        return tmp_path / "h.csv", None
    (tmp_path / "cb.csv").write_text(codebook)
    return tmp_path / "h.csv", tmp_path / "cb.csv"


def read(files, **choices):
    return read_generic(
        files[0], survey=SurveyId("T", "2020"), codebook=files[1], choices=Choices(**choices)
    )


@pytest.mark.parametrize(
    "text", [".", "NA", "N/A", "nan", "NULL", "#N/A", "None", "-", ".a", "<NA>"]
)
def test_what_other_programs_write_for_missing_leaves_a_number(tmp_path, text):
    survey = read(write(tmp_path, mixed(amounts(0, 5), [text])))
    assert survey.dictionary["x"].type == "integer"
    assert survey.household["x"].isna().sum() == 40
    assert any(f"'{text}' is read as missing" in note for note in survey.description.notes)


def test_na_among_words_is_missing_and_among_abbreviations_an_answer(tmp_path):
    words = read(write(tmp_path, ["gas", "wood", "NA"] * 20))
    assert words.dictionary["x"].levels == ("gas", "wood")
    continents = read(write(tmp_path, ["EU", "AS", "NA"] * 20))
    assert continents.dictionary["x"].levels == ("AS", "EU", "NA")


def test_none_among_words_is_an_answer(tmp_path):
    survey = read(write(tmp_path, ["gas", "wood", "None"] * 20))
    assert "None" in survey.dictionary["x"].levels


@pytest.mark.parametrize(
    ("label", "is_missing"),
    [
        ("Don't know", True),
        ("Refused", True),
        ("N/A", True),
        ("NIU", True),
        ("Appropriate skip", True),
        ("Not ascertained", True),
        ("77 or older", False),
        ("Top code", False),
    ],
)
def test_the_label_of_a_code_tells_whether_it_is_an_amount(tmp_path, label, is_missing):
    codebook = f"variable,code,label\nx,77,{label}\n"
    survey = read(write(tmp_path, mixed(amounts(0, 70), [77]), codebook))
    assert survey.dictionary["x"].type == "integer"
    assert bool(survey.household["x"].isna().any()) is is_missing
    assert label in survey.dictionary["x"].note


@pytest.mark.parametrize(
    ("kind", "is_missing"), [("missing", True), ("not in universe", True), ("value", False)]
)
@pytest.mark.parametrize("column", ["kind", "type"])
def test_a_codebook_says_what_a_code_is(tmp_path, kind, is_missing, column):
    codebook = f"variable,code,label,{column}\nx,9999999,Very much,{kind}\n"
    survey = read(write(tmp_path, mixed(amounts(0, 70), [9_999_999]), codebook))
    assert bool(survey.household["x"].isna().any()) is is_missing


def test_a_codebook_makes_a_level_missing(tmp_path):
    codebook = "variable,code,label,kind\nx,1,Own,\nx,2,Rent,\nx,9,Other,missing\n"
    survey = read(write(tmp_path, [1, 2, 9] * 20, codebook))
    assert survey.dictionary["x"].levels == ("Own", "Rent")
    assert survey.household["x"].isna().sum() == 20


def test_a_user_decides_what_is_missing_and_what_is_not(tmp_path):
    files = write(tmp_path, mixed(amounts(0, 50), [9_999]))
    assert read(files).household["x"].max() < 50
    assert read(files, missing={"X": ()}).household["x"].max() == 9_999
    assert read(files, missing={"x": ("9999", "0")}).household["x"].min() == 1
    assert read(files, missing={"*": ("1.0",)}).household["x"].eq(1).sum() == 0


def test_a_declaration_of_a_column_that_is_not_there_is_said(tmp_path):
    file, _ = write(tmp_path, [1, 2, 3])
    seen = inspect_file(file, choices=Choices(missing={"xx": ("1",)}))
    assert any("There is no column 'xx'" in problem.what for problem in seen.problems)


def test_a_text_among_numbers_can_be_declared_missing(tmp_path):
    files = write(tmp_path, mixed(amounts(0, 5_000), ["withheld"]))
    [problem] = [item for item in inspect_file(files[0]).problems if item.severity == "error"]
    assert problem.fix.endswith("--missing x=withheld")
    assert read(files, missing={"x": ("withheld",)}).household["x"].isna().sum() == 40
