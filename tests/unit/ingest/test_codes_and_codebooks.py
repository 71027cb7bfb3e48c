"""Codes are no numbers, and a codebook meets them however both are written."""

import pytest
from openpyxl import Workbook

from fusion_core.errors import InputError
from fusion_core.ingest.generic.codebook import read_codebook
from fusion_core.ingest.generic.survey_table import inspect_file, read_generic
from fusion_core.ingest.tables import FileProblemsError
from fusion_core.surveys import SurveyId


def read(tmp_path, columns, codebook=None):
    names, cells = list(columns), list(columns.values())
    rows = [
        ",".join([f"h{place}", "1", *row]) for place, row in enumerate(zip(*cells, strict=True))
    ]
    (tmp_path / "h.csv").write_text("\n".join([",".join(["hid", "weight", *names]), *rows]) + "\n")
    path = None
    if codebook is not None:
        path = tmp_path / "cb.csv"
        path.write_text(codebook)
    return read_generic(tmp_path / "h.csv", survey=SurveyId("T", "2020"), codebook=path)


def test_leading_zeros_make_codes_however_many(tmp_path):
    zips = [f"0{2100 + place}" for place in range(100)]
    variable = read(tmp_path, {"zip": zips}).dictionary["zip"]
    assert variable.type == "nominal"
    assert variable.levels == tuple(zips)


@pytest.mark.parametrize("values", [["0", "1", "10"], ["0.5", "0.25", "1"], ["0", "-1.5", "3"]])
def test_a_zero_before_the_point_or_alone_makes_no_code(tmp_path, values):
    assert read(tmp_path, {"x": values * 10}).dictionary["x"].type in {"integer", "continuous"}


def test_a_codebook_may_say_that_padded_digits_are_a_number(tmp_path):
    survey = read(tmp_path, {"age": ["007", "040"] * 10}, "variable,type\nage,integer\n")
    assert survey.household["age"].tolist() == [7, 40] * 10


@pytest.mark.parametrize("mark", ["'", '"""'])
def test_wrapping_quotes_are_no_part_of_a_code(tmp_path, mark):
    texts = [f"{mark}{code}{mark}" for code in ("1", "2", "-9")] * 10
    survey = read(
        tmp_path, {"tenure": texts}, "variable,code,label\ntenure,1,Own\n,2,Rent\n,-9,DK\n"
    )
    assert survey.dictionary["tenure"].levels == ("Own", "Rent", "DK")
    bare = read(tmp_path, {"tenure": texts})
    assert bare.dictionary["tenure"].levels == ("1", "2")
    assert bare.household["tenure"].isna().sum() == 10


def test_quotes_around_some_words_only_stay(tmp_path):
    survey = read(tmp_path, {"x": ["'gas'", "wood"] * 5})
    assert set(survey.dictionary["x"].levels) == {"'gas'", "wood"}


@pytest.mark.parametrize("written", ["1", "1.0", "01", "001", "1."])
@pytest.mark.parametrize("listed", ["1", "01", "1.0"])
def test_all_spellings_of_a_code_meet_its_label(tmp_path, written, listed):
    codebook = f"variable,code,label\nx,{listed},Own\nx,2,Rent\n"
    survey = read(tmp_path, {"x": [written, "2"] * 5}, codebook)
    assert survey.household["x"].tolist() == ["Own", "Rent"] * 5


def test_codes_with_one_label_stay_apart_and_the_rest_keep_theirs(tmp_path):
    codebook = "variable,code,label\nx,1,Own\nx,3,Other\nx,4,Other\n"
    survey = read(tmp_path, {"x": ["1", "3", "4"] * 5}, codebook)
    assert survey.dictionary["x"].levels == ("Own", "Other (3)", "Other (4)")


def test_labels_in_the_file_itself_cannot_be_told_apart(tmp_path):
    codebook = "variable,code,label\nx,1,Own\nx,3,Other\nx,4,Other\n"
    survey = read(tmp_path, {"x": ["Own", "Other", "OTHER"] * 5}, codebook)
    assert survey.dictionary["x"].levels == ("Own", "Other")


@pytest.mark.parametrize("range_text", ["0-200000", "0 - 200,000", "0 to 200000", "0..200000"])
def test_a_range_of_codes_is_a_number(tmp_path, range_text):
    codebook = f'variable,code,label\nx,"{range_text}",Dollars\nx,9999999,N/A\n'
    survey = read(tmp_path, {"x": ["10", "200", "9999999"] * 5}, codebook)
    assert survey.dictionary["x"].type == "integer"
    assert survey.household["x"].isna().sum() == 5


def test_a_range_that_stands_in_the_file_is_a_level(tmp_path):
    codebook = "variable,code,label\nx,18-24,Young\nx,25-99,Old\n"
    survey = read(tmp_path, {"x": ["18-24", "25-99"] * 5}, codebook)
    assert survey.dictionary["x"].levels == ("Young", "Old")


def test_few_labels_of_a_category_still_need_the_code_that_is_missing(tmp_path):
    with pytest.raises(FileProblemsError, match="The level '9' is not in the codebook"):
        read(tmp_path, {"x": ["1", "2", "9"] * 5}, "variable,code,label\nx,1,Own\nx,2,Rent\n")


def workbook(path, *rows, before=()):
    book = Workbook()
    for title in before:
        book.active.title = "About"
        book.active.append([title])
        book.create_sheet("codes")
    sheet = book.worksheets[-1]
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


HEADER = ("Variable", "Type", "Description and Labels", "Response Codes", "Section")
GARAGE = ("GARAGE", "Num", "Size of garage", "1 One car\n2 Two cars\n-2 Not applicable", "HOME")


@pytest.mark.parametrize("titles", [0, 1, 3])
@pytest.mark.parametrize("before", [(), ("About this codebook",)])
def test_a_codebook_may_stand_under_titles_and_on_another_sheet(tmp_path, titles, before):
    rows = [(f"Title {number}",) for number in range(titles)]
    path = workbook(
        tmp_path / "cb.xlsx",
        *rows,
        HEADER,
        GARAGE,
        ("REGION", "Char", "Region", "North\nNew South", "GEO"),
        ("KWH", "Num", "Electricity", "0-9000", "ENERGY"),
        ("STATE", "Char", "State", "state_dictionary!A1", "GEO"),
        before=before,
    )
    entries = read_codebook(path)
    assert entries["garage"].labels == {
        "1": "One car",
        "2": "Two cars",
        "-2": "Not applicable",
    }
    assert entries["region"].labels == {"North": "North", "New South": "New South"}
    assert entries["kwh"].ranges == ("0-9000",)
    assert entries["state"].labels == {}


def test_codes_and_labels_may_stand_line_by_line_in_two_cells(tmp_path):
    path = workbook(
        tmp_path / "cb.xlsx",
        ("SAS Variable Name", "Variable Type", "Variable Description", "Response Codes", "Labels"),
        ("OWN", "Num", "Tenure", "1\n2", "Owned\nRented"),
    )
    assert read_codebook(path)["own"].labels == {"1": "Owned", "2": "Rented"}


def test_a_csv_codebook_may_stand_under_a_title(tmp_path):
    path = tmp_path / "cb.csv"
    path.write_text("Codebook of the survey\n\nvariable,code,label\nx,1,Own\n,2,Rent\n")
    assert read_codebook(path)["x"].labels == {"1": "Own", "2": "Rent"}


def test_an_unknown_kind_lists_the_kinds(tmp_path):
    path = tmp_path / "cb.csv"
    path.write_text("variable,code,label,kind\nx,9,Refused,gone\n")
    with pytest.raises(InputError, match=r"no variable type 'gone' \(cb\.csv, row 2\)"):
        read_codebook(path)


def test_a_codebook_of_another_survey_is_refused(tmp_path):
    codebook = "variable,code,label\nfoo,1,Own\nbar,2,Rent\n"
    with pytest.raises(FileProblemsError, match="none of which is in the files"):
        read(tmp_path, {"x": ["1", "2"] * 5}, codebook)


def test_a_codebook_of_which_little_is_in_the_file_is_doubted(tmp_path):
    codebook = "variable,description\nx,Tenure\nfoo,A\nbar,B\n"
    survey = read(tmp_path, {"x": ["1", "2"] * 5}, codebook)
    assert any("is it of another edition?" in note for note in survey.description.notes)


def test_flags_beside_their_variables_have_names_of_their_own(tmp_path):
    survey = read(tmp_path, {"AGE": ["40", "50"] * 5, "AGE_": ["D", "T"] * 5})
    assert list(survey.household.columns[2:]) == ["age", "age_flag"]


def test_a_column_that_is_only_missing_is_left_out(tmp_path):
    read(tmp_path, {"x": ["NA"] * 10, "y": ["1"] * 10})
    assert "no row has a value" in inspect_file(tmp_path / "h.csv").problems[0].what


def eia_codebook(path, rows):
    """Write a codebook as the EIA lays it out: a title, and one header over codes and labels."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.append(["2015 RECS Variable and Response Codebook"])
    sheet.append([])
    sheet.append([None] * 6 + ["Variables in End-Use Models"])
    header = ["SAS Variable Name", "Type", "Length", "Variable Description", None]
    sheet.append([*header, "Final Response Set", "Electricity"])
    for row in rows:
        sheet.append(row)
    sheet.append([])
    sheet.append(["Note: the end-use models are described in the technical documentation."])
    workbook.save(path)
    return path


def test_one_header_may_span_codes_and_labels(tmp_path):
    path = eia_codebook(
        tmp_path / "cb.xlsx",
        [
            ["CELLAR", "Numeric", 8, "Over a basement", "1\n0\n-2", "Yes\nNo\nNot applicable"],
            ["ROOMS", "Numeric", 8, "Rooms", "1 - 60", "Rooms"],
            ["BTU", "Numeric", 8, "Usage", None, "Thousand Btu"],
            ["UATYP", "Character", 1, "Urban type", "U\nR", "Urban\nRural"],
        ],
    )
    entries = read_codebook(path)
    assert list(entries) == ["cellar", "rooms", "btu", "uatyp"]
    assert entries["cellar"].labels == {"1": "Yes", "0": "No", "-2": "Not applicable"}
    assert entries["cellar"].type is None  # how its codes are stored says nothing of what they mean
    assert entries["rooms"].type == "continuous"
    assert (entries["btu"].unit, entries["btu"].labels) == ("Thousand Btu", {})
    assert entries["uatyp"].labels == {"U": "Urban", "R": "Rural"}


def test_such_a_codebook_labels_any_survey(tmp_path):
    path = eia_codebook(
        tmp_path / "cb.xlsx",
        [
            ["CELLAR", "Numeric", 8, "Over a basement", "1\n0\n-2", "Yes\nNo\nNot applicable"],
            ["ROOMS", "Numeric", 8, "Rooms", "1 - 60", "Rooms"],
        ],
    )
    rows = [f"h{n:02d},1,{(1, 0, -2)[n % 3]},{n % 7 + 1}" for n in range(40)]
    (tmp_path / "h.csv").write_text("\n".join(["hid,weight,CELLAR,ROOMS", *rows]) + "\n")
    survey = read_generic(tmp_path / "h.csv", survey=SurveyId("T", "2020"), codebook=path)
    assert {"Yes", "No"} <= set(survey.dictionary["cellar"].levels)
    assert survey.dictionary["cellar"].description == "Over a basement"
    assert survey.household["rooms"].tolist()[:3] == [1, 2, 3]
