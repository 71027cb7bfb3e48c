"""One reading of every way a table is written: what the file shows is found, what it hides is asked."""

import codecs
import datetime as dt
import gzip
import zipfile

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.errors import InputError
from fusion_core.ingest.generic.loading import load_table
from fusion_core.ingest.tables.layout import Layout, find_dialect
from fusion_core.ingest.tables.number_marks import plain_number
from fusion_core.ingest.tables.reading import read_raw_table

ROWS = "".join(f"{row};{row % 3 + 1};{row % 2}\n" for row in range(1, 31))
TABLE = f"household_id;weight;x\n{ROWS}"
COLUMNS = ["household_id", "weight", "x"]


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__dot__", "."), content)
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("kind", ["csv", "txt", "csv.gz", "zip"])
def test_the_separator_is_found_in_every_container(tmp_path, mark, kind):
    text = TABLE.replace(";", mark)
    path = tmp_path / f"h.{kind}"
    if kind == "zip":
        zipped(path, h__dot__csv=text)
    else:
        written(path, gzip.compress(text.encode()) if kind == "csv.gz" else text)
    table = read_raw_table(path)
    assert list(table.frame.columns) == COLUMNS
    assert len(table.frame) == 30


@pytest.mark.parametrize(
    ("before", "row"),
    [
        ("sep=;\n", 2),
        ('"sep=;"\n', 2),
        ("# downloaded in 2020; licence CC; by hand\n# second remark\n", 3),
        ("Households of the town\n\n", 3),
        ("Households of the town;;\n", 2),
        ("\n\n", 3),
    ],
)
def test_what_stands_before_the_header_is_passed_and_rows_keep_their_numbers(tmp_path, before, row):
    table = read_raw_table(written(tmp_path / "h.csv", before + TABLE))
    assert list(table.frame.columns) == COLUMNS
    assert table.frame["household_id"].iloc[0] == "1"
    assert table.place(0) == ("h.csv", row + 1)


def test_a_header_that_begins_with_the_sign_of_remarks_is_a_header(tmp_path):
    table = read_raw_table(written(tmp_path / "h.csv", "#id,weight\n1,2\n2,2\n"))
    assert list(table.frame.columns) == ["#id", "weight"]


def test_the_row_of_the_header_can_be_said(tmp_path):
    path = written(tmp_path / "h.csv", "a;b;c\nd;e;f\n1;2;3\n")
    assert list(read_raw_table(path, layout=Layout(header_row=2)).frame.columns) == ["d", "e", "f"]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_unicode_of_every_width_is_known_by_its_first_bytes(tmp_path, encoding, mark):
    path = written(tmp_path / "h.csv", mark + TABLE.replace("x", "größe").encode(encoding))
    assert list(read_raw_table(path).frame.columns) == ["household_id", "weight", "größe"]


def test_what_a_mac_adds_to_an_archive_is_no_data(tmp_path):
    path = tmp_path / "h.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/", "")
        archive.writestr("data/h.csv", TABLE)
        archive.writestr("__MACOSX/data/._h.csv", b"\x00\x05\xff\xff")
        archive.writestr("data/.DS_Store", b"\x00")
    assert len(read_raw_table(path).frame) == 30


def test_one_of_several_tables_in_an_archive_is_named(tmp_path):
    path = zipped(tmp_path / "a.zip", h__dot__csv=TABLE, p__dot__csv="household_id,age\n1,3\n")
    with pytest.raises(InputError, match="other columns"):
        read_raw_table(path)
    assert list(read_raw_table(path, layout=Layout(sheet="h.csv")).frame.columns) == COLUMNS


def test_an_archive_is_known_whatever_its_name(tmp_path):
    assert (
        len(read_raw_table(written(tmp_path / "a.csv", gzip.compress(TABLE.encode()))).frame) == 30
    )


@pytest.fixture
def workbook(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "About"
    book.active.append(["Made by hand"])
    sheet = book.create_sheet("Households")
    sheet.append(["Households of the town"])
    sheet.append([])
    sheet.append(["household_id", "weight", "code", "age_group", "day", None])
    for row in range(1, 31):
        answer = dt.date(2024, 10, 14) if row == 4 else "15-19"
        sheet.append([row, 1.5, "01" if row % 2 else 2, answer, dt.date(2020, 1, row)])
    book.save(tmp_path / "h.xlsx")
    return tmp_path / "h.xlsx"


def test_a_workbook_is_read_from_the_sheet_and_row_its_table_begins(workbook):
    table = read_raw_table(workbook)
    assert list(table.frame.columns) == ["household_id", "weight", "code"]
    assert table.frame["household_id"].tolist()[:2] == ["1", "2"]
    assert table.frame["code"].tolist()[:2] == ["01", "2"]
    assert table.place(0) == ("h.xlsx, sheet Households", 4)


def test_cells_a_workbook_turned_into_dates_are_left_out_with_a_word(workbook):
    reasons = dict(read_raw_table(workbook).left_out)
    assert reasons["day"] == "it holds dates"
    assert "dates" in reasons["age_group"]


def test_a_sheet_that_is_not_there_is_named(workbook):
    with pytest.raises(InputError, match=r"There is no sheet 'Household'.*'Households'"):
        read_raw_table(workbook, layout=Layout(sheet="Household"))


@pytest.mark.parametrize(
    ("texts", "separator", "numbers"),
    [
        (["45,000", "1,000", "500"], ",", [45000, 1000, 500]),
        (["1,234,567", "0", "12"], ";", [1234567, 0, 12]),
        (["1,234.50", "12.25", "3"], ",", [1234.5, 12.25, 3]),
        (["12,5", "0,25", "7"], ";", [12.5, 0.25, 7]),
        (["1.234,5", "12,25", "7"], ";", [1234.5, 12.25, 7]),
        (["1 234", "12 345 678", "7"], ",", [1234, 12345678, 7]),
        (["1'234.5", "7", "8"], ",", [1234.5, 7, 8]),
        (["1\u202f234,5", "7", "NA"], ";", [1234.5, 7, None]),
        (["-1,500", "NA", "2,000"], ",", [-1500, None, 2000]),
    ],
)
def test_marks_in_numbers_are_read_and_said(tmp_path, texts, separator, numbers):
    rows = "".join(f'{row}{separator}"{text}"\n' for row, text in enumerate(texts))
    raw = load_table(written(tmp_path / "h.csv", f"id{separator}n\n{rows}")).raw
    found = pd.to_numeric(raw.frame["n"].astype(object), errors="coerce")
    expected = pd.Series(numbers, dtype="float64")
    pd.testing.assert_series_equal(found.astype("float64"), expected, check_names=False)
    assert [item.column for item in raw.said] == ["n"]


@pytest.mark.parametrize(
    "texts",
    [
        ["1,000 to 1,999", "2,000 or more"],
        ["1,2", "a 3,4"],
        ["4-Oct", "15-19"],
        ["$45,000 a year", "$2"],
        ["02139", "10001"],
        ["1.5", "2.25"],
    ],
)
def test_texts_that_are_no_numbers_with_marks_stay_as_they_are(tmp_path, texts):
    rows = "".join(f'{row},"{text}"\n' for row, text in enumerate(texts))
    raw = load_table(written(tmp_path / "h.csv", f"id,n\n{rows}")).raw
    assert raw.frame["n"].tolist() == texts
    assert raw.said == ()


def test_a_comma_that_can_be_either_is_asked_and_settled_by_a_word(tmp_path):
    path = written(tmp_path / "h.csv", "id;n\n1;1,234\n2;5,678\n")
    (question,) = load_table(path).raw.said
    assert question.severity == "error"
    assert "--decimal" in question.fix
    assert load_table(path, layout=Layout(decimal=",")).raw.frame["n"].tolist() == [
        "1.234",
        "5.678",
    ]
    assert load_table(path, layout=Layout(decimal=".")).raw.frame["n"].tolist() == ["1234", "5678"]


def test_another_column_settles_what_a_comma_is(tmp_path):
    path = written(tmp_path / "h.csv", "id;n;m\n1;1,234;0,5\n2;5,678;1,25\n")
    assert load_table(path).raw.frame["n"].tolist() == ["1.234", "5.678"]


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_a_number_written_either_way_is_the_same_number(number):
    english = f"{number:,}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert float(plain_number(english, comma="thousands comma")) == float(number)
    assert float(plain_number(german, comma="decimal comma")) == float(number)


@given(
    st.lists(
        st.lists(st.sampled_from(["1", "2,5", "a", ""]), min_size=3, max_size=3),
        min_size=2,
        max_size=8,
    )
)
def test_cells_do_not_move_the_header(rows):
    body = "\n".join(";".join(f"x{cell}" for cell in row) for row in rows)
    dialect = find_dialect(f"a;b;c\n{body}\n")
    assert (dialect.separator, dialect.skipped) == (";", 0)
