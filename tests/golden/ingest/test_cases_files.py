"""Small files in the layouts real ones come in: read rightly, or refused in a sentence that helps."""

import pytest

from fusion_core.ingest.generic import Choices
from fusion_core.ingest.import_report import report_facts
from fusion_core.ingest.readers import ImportRequest, try_import


@pytest.fixture(scope="module")
def cases(shared_data):
    return shared_data / "cases"


@pytest.fixture(scope="module")
def dictionary(shared_data):
    return shared_data / "public" / "dictionary" / "pums-dict_acs1-2019.csv.gz"


def generic(household, person=None, **choices):
    files = {"household": household} | ({} if person is None else {"person": person})
    return try_import(
        ImportRequest("generic", files, name="T", vintage="2019", choices=Choices(**choices))
    )


def pums(folder, dictionary, *, person="p.csv", household="h.csv"):
    files = {"household": folder / household, "dictionary": dictionary}
    if person:
        files["person"] = folder / person
    return try_import(ImportRequest("acs_pums", files, name="ACS", vintage="2019"))


def said(trial):
    notes = () if trial.survey is None else trial.survey.description.notes
    return " ".join([*(problem.sentence for problem in trial.problems), *notes])


def table(trial):
    assert trial.survey is not None, said(trial)
    return trial.survey.household


def test_decimal_adjustment_factors_are_read_as_such(cases, dictionary):
    households = table(pums(cases / "a03_api_adjinc", dictionary))
    assert households["hincp"].max() == pytest.approx(9_982_126.6, abs=0.1)


def test_persons_that_lost_the_zeros_of_their_household_are_refused(cases, dictionary):
    trial = pums(cases / "a04_serialno_zeros", dictionary)
    assert trial.survey is None
    assert "0 of 39 households of h.csv have a person in this file" in said(trial)
    assert "leading zeros" in said(trial)
    assert "p.csv, column 'SERIALNO'" in said(trial)


def test_missing_adjustment_factors_are_said(cases, dictionary):
    trial = pums(cases / "a06_lower_noadj", dictionary)
    assert len(table(trial)) == 39
    assert "has no ADJHSG and ADJINC: dollar amounts are as published" in said(trial)


def test_names_that_differ_only_in_case_are_refused(cases, dictionary):
    trial = pums(cases / "a06_lower_noadj", dictionary, household="h7.csv", person="")
    assert "The columns 'WGTP1' and 'wgtp1' differ only in case" in said(trial)


def test_areas_of_two_definitions_are_reported(cases):
    folder = cases / "a10_2018_2022_mixed_puma"
    files = {
        "household": folder / "h.csv",
        "dictionary": folder / "PUMS_Data_Dictionary_2018-2022.csv",
    }
    trial = try_import(ImportRequest("acs_pums", files, name="ACS", vintage="2018-2022"))
    facts = {fact.title: fact.text for fact in report_facts(trial)}
    assert "2020 and 2010 side by side: one code can stand for different areas" in facts["Areas"]


@pytest.mark.parametrize(
    ("file", "rows", "columns"),
    [
        ("c01_rownames/hh.csv", 120, ["x"]),
        ("c01_rownames/two.csv", 59, ["x"]),
        ("c03_unicode_names/hh.csv", 59, ["доход", "жильё", "größe"]),
        ("c05_dialects/comment.csv", 59, ["x"]),
        ("c05_dialects/hh.csv.gz", 59, ["x"]),
        ("c05_dialects/mac.zip", 59, ["x"]),
        ("c05_dialects/nbsp.csv", 59, ["x"]),
        ("c05_dialects/sep.csv", 59, ["x"]),
        ("c05_dialects/u16.csv", 59, ["x"]),
        ("s06_dates/hh.sav", 200, ["txt"]),
        ("s10_parquet_decimal_list/hh.parquet", 200, ["inc"]),
        ("s10_parquet_decimal_list/hh2.parquet", 200, ["inc"]),
        ("p01_parquet_categories/b.parquet", 160, ["c"]),
        ("p01_parquet_categories/f.parquet", 160, ["c"]),
        ("p01_parquet_categories/i.parquet", 160, ["c"]),
    ],
)
def test_a_table_is_read_however_it_is_written(cases, file, rows, columns):
    households = table(generic(cases / file))
    assert len(households) == rows
    assert list(households.columns) == ["household_id", "weight", *columns]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("c02_dup_strip/hh.csv", "The name 'rooms' would stand for two columns"),
        ("c02_dup_strip/hh2.csv", "The header names a column twice: a"),
        ("c06_footer/hh.csv", "The identifier 'Total' is not a number as the other 59 are"),
        ("c07_numbers/hh.csv", "The number is infinite (hh.csv, column 'inf', row 5)"),
        ("c08_weights/zero.csv", "The weight is zero (zero.csv, column 'weight', row 7"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_place(cases, file, sentence):
    trial = generic(cases / file)
    assert trial.survey is None
    assert sentence in said(trial)


def test_the_columns_a_refusal_names_can_be_left_out_or_renamed(cases):
    file = cases / "c02_dup_strip" / "hh.csv"
    assert list(table(generic(file, left_out=("Rooms ",)))) == [
        "household_id",
        "weight",
        "rooms",
        "x",
    ]
    assert "bedrooms" in table(generic(file, renamed={"Rooms ": "bedrooms"}))


def test_weights_with_implied_decimals_are_suspicious(cases):
    assert "The weights add up to 660.1 million households" in said(
        generic(cases / "c08_weights/implied.csv")
    )


def test_keys_written_as_decimals_are_those_without(cases):
    folder = cases / "f01_float_keys"
    trial = generic(folder / "hh.csv", folder / "pp.csv")
    assert len(table(trial)) == 160
    assert set(trial.survey.person["household_id"]) == set(trial.survey.household["household_id"])


def test_a_blank_person_number_is_refused_with_file_column_and_row(cases):
    trial = generic(cases / "f01_float_keys/hh.csv", cases / "f01_float_keys/pp2.csv")
    assert "The person number is missing (pp2.csv, column 'person_number', row 2)" in said(trial)


def test_households_without_persons_are_counted(cases):
    trial = generic(cases / "f01_float_keys/hh.csv", cases / "f01_float_keys/pp3.csv")
    assert len(table(trial)) == 160
    assert "has no person in pp3.csv (hh.csv, column 'household_id', row 102 and 59 more)" in said(
        trial
    )


def test_marks_of_thousands_are_read_and_said(cases):
    trial = generic(cases / "g04_thousands/hh.csv")
    assert table(trial)["income"].iloc[0] == 54_142
    assert table(trial)["rent"].max() == 2_500
    assert "54,142 is read as 54142" in said(trial)
    assert table(generic(cases / "g04_thousands/hh2.csv"))["weight"].eq(1_234).all()


def test_decimal_commas_are_read_and_said(cases):
    trial = generic(cases / "g05_decimal_comma/hh.csv")
    assert table(trial)["kwh"].iloc[0] == 68.9
    assert set(table(trial)["area"]) == {50.5, 60.5, 70.5}
    assert "68,9 is read as 68.9" in said(trial)


def test_answers_a_spreadsheet_made_dates_stay_what_the_file_says(cases):
    assert "Oct-14" in set(table(generic(cases / "g06_excel_dates/hh.csv"))["age_group"])


def test_what_no_variable_can_hold_is_left_out_with_the_reason(cases):
    trial = generic(cases / "s10_parquet_decimal_list/hh2.parquet")
    facts = {fact.title: fact.text for fact in report_facts(trial)}
    assert facts["Left out"] == "lst (it holds lists)"
    assert facts["Weighted total"] == "20,100 households"
    trial = generic(cases / "s09_parquet_nullable/hh.parquet")
    assert (
        "dt (it holds dates)" in {fact.title: fact.text for fact in report_facts(trial)}["Left out"]
    )
