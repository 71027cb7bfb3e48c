"""Where households live: states by any name and PUMAs in any form become what maps know."""

import pandas as pd
import pytest

from fusion_core.ingest.generic.survey_table import Choices, inspect_file, read_generic
from fusion_core.ingest.tables import FileProblemsError
from fusion_core.surveys import SurveyId


def read(tmp_path, columns, choices=None, ending="csv", codebook=None):
    frame = pd.DataFrame(
        {"hid": [f"h{n}" for n in range(4)], "weight": 1.0, **columns, "income": [5, 7, 9, 8]}
    )
    path = tmp_path / f"h.{ending}"
    if ending == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    described = None
    if codebook is not None:
        described = tmp_path / "cb.csv"
        described.write_text(codebook)
    return read_generic(path, survey=SurveyId("T", "2019"), choices=choices, codebook=described)


@pytest.mark.parametrize("puma", [["0100100", "0100200", "4200101", "4200102"]])
@pytest.mark.parametrize("form", [str, int])
def test_a_puma_with_its_state_may_be_seven_digits_or_a_number(tmp_path, puma, form):
    survey = read(tmp_path, {"PUMA": list(map(form, puma))}, ending="parquet")
    assert survey.household["puma"].tolist() == puma
    assert survey.household["state"].tolist() == ["01", "01", "42", "42"]
    assert set(survey.description.geography) == {"puma", "state"}
    assert any("kept as the state" in note for note in survey.description.notes)


@pytest.mark.parametrize(
    ("state", "puma"),
    [
        (["01", "01", "42", "42"], ["00100", "00200", "00101", "00102"]),
        ([1, 1, 42, 42], [100, 200, 101, 102]),
        (["AL", "AL", "PA", "PA"], [100, 200, 101, 102]),
        (["AL", "AL", "Pennsylvania", "Pennsylvania"], [100.0, 200.0, 101.0, 102.0]),
        (["Alabama/AL", "Alabama/AL", "Pennsylvania/PA", "Pennsylvania/PA"], [100, 200, 101, 102]),
    ],
)
@pytest.mark.parametrize("name", ["ST", "STATE", "STATEFIP", "HHSTATE"])
def test_a_puma_of_five_digits_is_joined_with_the_state_beside_it(tmp_path, name, state, puma):
    survey = read(tmp_path, {name: state, "PUMA": puma}, ending="parquet")
    assert survey.household["puma"].tolist() == ["0100100", "0100200", "4200101", "4200102"]
    assert set(survey.description.geography) == {name.lower(), "puma"}


def test_a_puma_without_a_state_is_doubted(tmp_path):
    survey = read(tmp_path, {"PUMA": ["00100", "00200", "00101", "00102"]})
    assert any("not of seven digits" in note for note in survey.description.notes)


def test_the_name_of_the_column_says_the_census(tmp_path):
    survey = read(tmp_path, {"PUMA20": ["0100100", "0100200", "4200101", "4200102"]})
    assert "puma" in survey.description.geography
    assert survey.description.puma_censuses == ("2020",)


@pytest.mark.parametrize("name", ["HHSTFIPS", "state_name", "GESTFIPS", "STATE_FIPS", "hhstate"])
def test_columns_named_after_states_that_hold_states_are_areas(tmp_path, name):
    survey = read(tmp_path, {name: ["01", "06", "36", "42"]})
    assert survey.description.geography == (name.lower(),)


@pytest.mark.parametrize(
    ("name", "values"),
    [("status", ["1", "2", "1", "2"]), ("birth_state", ["AL"] * 4), ("state_fips", ["QQ"] * 4)],
)
def test_other_columns_are_answers(tmp_path, name, values):
    assert survey_geography(read(tmp_path, {name: values})) == ()


def survey_geography(survey):
    return survey.description.geography


def test_labels_of_divisions_and_regions_are_areas(tmp_path):
    codebook = "variable,code,label\nCENSUS_R,01,Northeast\n,02,Midwest\n,03,South\n,04,West\n"
    survey = read(tmp_path, {"CENSUS_R": ["01", "02", "03", "04"]}, codebook=codebook)
    assert survey.description.geography == ("census_r",)


def test_a_person_may_say_which_columns_are_areas(tmp_path):
    columns = {"zone": ["hot", "cold", "hot", "cold"]}
    survey = read(tmp_path, columns, Choices(geography=("zone",)))
    assert survey.description.geography == ("zone",)


def test_areas_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(FileProblemsError, match="Did you mean 'zone'"):
        read(tmp_path, {"zone": ["hot", "cold"] * 2}, Choices(geography=("zome",)))


def test_whole_numbers_of_many_digits_are_kept_to_the_last(tmp_path):
    long = [2**53 + 1, 2**60 + 1, 2**60 + 3, 7]
    survey = read(tmp_path, {"code": long}, ending="parquet")
    assert survey.household["code"].tolist() == long
    assert survey.household["code"].dtype == "int64"


def test_long_numbers_that_cannot_be_kept_are_said(tmp_path):
    columns = {"code": pd.array([None, 2**60 + 1, 5, 2**60 + 3], dtype="Int64")}
    survey = read(tmp_path, columns, ending="parquet")
    assert any("more than 15 digits" in note for note in survey.description.notes)
    as_text = read(tmp_path, columns, Choices(types={"code": "text"}), ending="parquet")
    assert as_text.household["code"].tolist()[1] == str(2**60 + 1)


def test_the_inspection_shows_the_state_taken_from_the_puma(tmp_path):
    pd.DataFrame(
        {"hid": ["a", "b"], "weight": [1, 2], "PUMA": ["0100100", "4200101"], "x": [1, 2]}
    ).to_csv(tmp_path / "h.csv", index=False)
    inspection = inspect_file(tmp_path / "h.csv")
    assert set(inspection.geography) == {"PUMA", "state"}


def test_semicolons_decimal_commas_and_a_byte_order_mark_go_together(tmp_path):
    lines = ["hid;weight;income", "1;105,673;43.110,26", "2;220,42;42.647,19", "3;1,5;7,25"]
    path = tmp_path / "h.csv"
    path.write_text("\r\n".join(lines), encoding="utf-8-sig")
    homes = read_generic(path, survey=SurveyId("T", "2019")).household
    assert homes["weight"].tolist() == [105.673, 220.42, 1.5]
    assert homes["income"].tolist() == [43110.26, 42647.19, 7.25]
