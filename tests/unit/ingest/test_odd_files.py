"""Files no reader can make sense of, or only in part: a sentence, and what can be read is read."""

import datetime as dt
import gzip
import io
import zipfile
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.generic.survey_table import Choices, inspect_file, read_generic
from fusion_core.ingest.readers import READERS, ImportRequest, try_import
from fusion_core.surveys import SurveyId

ROWS = 12
TEXT = "household_id,weight,rooms\n" + "".join(f"{i},1.5,{i % 3 + 1}\n" for i in range(ROWS))


def zipped(name: str, content: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def parquet(path: Path, values: object) -> Path:
    frame = pd.DataFrame({"household_id": range(ROWS), "weight": 1.0})
    frame["odd"] = pd.Series([values] * ROWS, dtype=object)
    frame.to_parquet(path)
    return path


def read(path: object, **options):
    return read_generic(path, survey=SurveyId("TEST", "2019"), **options)


@pytest.mark.parametrize("blank", ["", " "])
def test_columns_without_a_name_are_left_out_with_a_word(tmp_path, blank):
    rows = "".join(f"{i},1.5,{i % 3},7\n" for i in range(ROWS))
    path = tmp_path / "h.csv"
    path.write_text(f"household_id,weight,{blank},{blank}\n{rows}")
    survey = read(str(path))
    assert list(survey.household.columns) == ["household_id", "weight"]
    notes = " ".join(survey.description.notes)
    assert "it has no name (h.csv, column 'column 3')" in notes
    assert "column 4" in notes


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("h.csv", TEXT.replace("\n", "\r").encode()),
        ("h.csv", TEXT.replace("\n", "\r\n").encode()),
        ("h.txt", TEXT.replace(",", "\t").replace("\n", "\r").encode()),
        ("h.zip", zipped("h.csv", TEXT.replace("\n", "\r"))),
        ("h.csv.gz", gzip.compress(TEXT.replace("\n", "\r").encode())),
    ],
    ids=["Mac", "Windows", "tabs", "zip", "gz"],
)
def test_the_line_ends_of_every_system_are_read(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    rooms = read(tmp_path / name).household["rooms"]
    assert sorted(rooms.tolist()) == [1] * 4 + [2] * 4 + [3] * 4


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([1, 2], "it holds lists"),
        ({"a": 1}, "it holds lists"),
        (b"\xff", "it holds bytes"),
        (dt.date(2020, 1, 1), "it holds dates"),
        (pd.Timestamp("2020-01-01"), "it holds dates"),
        (dt.time(1), "it holds dates"),
    ],
)
def test_a_column_whose_values_are_no_answers_is_left_out_with_a_word(tmp_path, value, words):
    survey = read(parquet(tmp_path / "h.parquet", value))
    assert "odd" not in survey.household
    assert any(words in note and "'odd'" in note for note in survey.description.notes)


def test_decimals_are_numbers(tmp_path):
    survey = read(parquet(tmp_path / "h.parquet", Decimal("1.50")))
    assert survey.household["odd"].tolist() == [1.5] * ROWS


@pytest.mark.parametrize("encoding", ["hex", "idna", "rot13", "base64", "nothing", ""])
def test_what_is_no_text_encoding_is_refused(tmp_path, encoding):
    (tmp_path / "h.csv").write_text(TEXT)
    with pytest.raises(InputError, match="There is no text encoding"):
        inspect_file(tmp_path / "h.csv", choices=Choices(encoding=encoding))
    request = ImportRequest(
        "generic",
        {"household": tmp_path / "h.csv"},
        name="T",
        vintage="2019",
        choices=Choices(encoding=encoding),
    )
    assert "There is no text encoding" in try_import(request).problems[0].what


CONTENTS = {
    "empty": b"",
    "random": np.random.default_rng(1).bytes(500),
    "zeros": b"\0" * 50,
    "text": TEXT.encode(),
    "no rows": TEXT.splitlines()[0].encode(),
    "blank lines": b"\n\n\n",
    "open quote": b'household_id,weight\n"1,2\n3,4\n',
    "open quote in the header": b'"household_id,weight\n1,2\n',
    "one long field": b"a" * 200_000,
    "another encoding": TEXT.replace("rooms", "r\xe9").encode("latin-1"),
    "half of an encoding": TEXT.encode("utf-16")[:-1],
    "a cut archive": zipped("h.csv", TEXT)[:60],
    "an empty archive": zipped("readme", "")[-22:],
    "a cut gzip": gzip.compress(TEXT.encode())[:30],
    "repeated names": TEXT.replace("rooms", "weight").encode(),
    "nothing but numbers": b"1,2,3\n4,5,6\n",
    "huge numbers": TEXT.replace("1.5", "1e400").encode(),
}


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.key)
@pytest.mark.parametrize("content", CONTENTS.values(), ids=list(CONTENTS))
def test_no_file_ends_in_anything_but_a_sentence(tmp_path, reader, content):
    other = tmp_path / "other.csv"
    other.write_text(TEXT)
    for slot in reader.slots:
        for suffix in (*slot.suffixes, ".bin"):
            path = tmp_path / f"file{suffix}"
            path.write_bytes(content)
            files = {item.key: other for item in reader.slots if item.required} | {slot.key: path}
            trial = try_import(ImportRequest(reader.key, files, name="T", vintage="2019"))
            assert trial.survey is not None or trial.problems


@pytest.mark.parametrize("place", ["", "nothing.csv", "x" * 300 + ".csv", "a\0b.csv"])
def test_a_path_that_leads_nowhere_is_refused(tmp_path, place):
    for reader in READERS:
        files = {slot.key: tmp_path / place for slot in reader.slots if slot.required}
        trial = try_import(ImportRequest(reader.key, files, name="T", vintage="2019"))
        assert trial.survey is None
        assert trial.problems


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["$1,000", "$2,500", "$10"], [1000, 2500, 10]),
        (["5%", "12 %", "0%"], [5, 12, 0]),
        (["-$5.50", "$2.25", "$0.75"], [-5.5, 2.25, 0.75]),
        (["(1,250)", "300", "2,000"], [-1250, 300, 2000]),
        (["3 €", "12€", "4"], [3, 12, 4]),
    ],
    ids=["dollars", "percent", "negative", "accountants", "after"],
)
def test_amounts_with_signs_are_numbers_and_that_is_said(tmp_path, texts, numbers):
    path = tmp_path / "h.csv"
    rows = [f'{i},1.5,"{texts[i % 3]}"\n' for i in range(ROWS)]
    path.write_text("household_id,weight,amount\n" + "".join(rows), encoding="utf-8")
    trial = try_import(ImportRequest("generic", {"household": path}, "TEST", "2019"))
    amounts = trial.survey.household.set_index("household_id")["amount"]
    assert amounts[["0", "1", "2"]].tolist() == numbers
    assert "Numbers are written with signs" in " ".join(item.sentence for item in trial.problems)


@pytest.mark.parametrize("texts", [["(1)", "(2)", "(3)"], ["0-5%", "5-10%", "over 10%"]])
def test_codes_in_brackets_and_ranges_of_percent_are_no_amounts(tmp_path, texts):
    path = tmp_path / "h.csv"
    rows = [f"{i},1.5,{texts[i % 3]}\n" for i in range(ROWS)]
    path.write_text("household_id,weight,kind\n" + "".join(rows))
    assert set(read(path).household["kind"].cat.categories) == set(texts)


def test_answers_that_differ_only_in_case_are_kept_and_told(tmp_path):
    path = tmp_path / "h.csv"
    rows = [f"{i},1.5,{['Yes', 'yes', 'No'][i % 3]}\n" for i in range(ROWS)]
    path.write_text("household_id,weight,heat\n" + "".join(rows))
    survey = read(path)
    assert set(survey.household["heat"].cat.categories) == {"Yes", "yes", "No"}
    said = " ".join(survey.description.notes)
    assert (
        "'Yes' and 'yes' differ only in case" in said
        or "'yes' and 'Yes' differ only in case" in said
    )


@pytest.mark.parametrize("form", ["2019-{m:02}-{d:02}", "{m}/{d}/2019", "2019-{m:02}-{d:02} 14:30"])
def test_dates_are_left_out_as_dates_whatever_the_file(tmp_path, form):
    days = [(1 + i // 28, 1 + i % 28) for i in range(60)]
    rows = [f"{i},1.5,{i % 3},{form.format(m=m, d=d)}\n" for i, (m, d) in enumerate(days)]
    path = tmp_path / "h.csv"
    path.write_text("household_id,weight,rooms,day\n" + "".join(rows))
    survey = read(path)
    assert "day" not in survey.household
    assert "it holds dates" in " ".join(survey.description.notes)
