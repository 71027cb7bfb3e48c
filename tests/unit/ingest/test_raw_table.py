"""Raw files: every damaged one is refused in one sentence that names file and row."""

import gzip
import zipfile

import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.tables.layout import Layout
from fusion_core.ingest.tables.problems import FileProblemsError
from fusion_core.ingest.tables.reading import read_raw_table


def write(path, content: bytes):
    path.write_bytes(content)
    return path


def test_texts_stay_texts_and_blanks_are_missing(tmp_path):
    table = read_raw_table(write(tmp_path / "a.csv", b"id,code\n001, 02\n002,\n")).frame
    assert table["id"].tolist() == ["001", "002"]
    assert table["code"].tolist()[0] == "02"
    assert table["code"].isna().tolist() == [False, True]


def test_gzip_and_parquet_give_the_same_texts(tmp_path):
    write(tmp_path / "a.csv.gz", gzip.compress(b"id,n\n1,5\n2,7\n"))
    pd.DataFrame({"id": [1, 2], "n": [5.0, 7.0]}).to_parquet(tmp_path / "a.parquet")
    zipped = read_raw_table(tmp_path / "a.csv.gz").frame
    parquet = read_raw_table(tmp_path / "a.parquet").frame
    assert zipped["n"].tolist() == parquet["n"].tolist() == ["5", "7"]


def test_parts_of_a_zip_are_stacked_and_rows_counted_within_each(tmp_path):
    with zipfile.ZipFile(tmp_path / "us.zip", "w") as archive:
        archive.writestr("psam_husb.csv", "SERIALNO,NP\nc,3\n")
        archive.writestr("psam_husa.csv", "SERIALNO,NP\na,1\nb,2\n")
        archive.writestr("readme.pdf", "not data")
    table = read_raw_table(tmp_path / "us.zip")
    assert table.frame["SERIALNO"].tolist() == ["a", "b", "c"]
    assert table.place(1) == ("us.zip/psam_husa.csv", 3)
    assert table.place(2) == ("us.zip/psam_husb.csv", 2)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", b"", "The file is empty (0 bytes) (empty.csv)."),
        ("empty.zip", b"", "The file is empty (0 bytes) (empty.zip)."),
        (
            "cut.zip",
            b"PK\x03\x04 rubbish",
            "The file is not a ZIP archive, or it is cut off (cut.zip).",
        ),
        ("cut.parquet", b"PAR1....", "The Parquet file is damaged or cut off (cut.parquet)."),
        (
            "cut.csv.gz",
            b"\x1f\x8b\x08",
            "The file is not a gzip archive, or it is cut off (cut.csv.gz).",
        ),
        ("header.csv", b"id,weight\n", "The file has a header but no rows (header.csv)."),
        ("blank.csv", b"\n\n", "The file has no header row (blank.csv)."),
        ("twice.csv", b"id,id\n1,2\n", "The header names a column twice: id (twice.csv)."),
        (
            "latin.csv",
            "id,name\n1,Zoë\n2,Renée\n".encode("latin-1"),
            "The file is not utf-8 text (byte 0xeb) (latin.csv, row 2).",
        ),
        (
            "short.csv",
            b"a,b\n1,2\n3\n4,5\n",
            "The row has 1 fields, the header 2 (short.csv, row 3).",
        ),
        ("picture.csv", b"\x89PNG\x00\x00", "The file is not utf-8 text"),
    ],
)
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path, name, content, sentence):
    path = write(tmp_path / name, content)
    with pytest.raises(FileProblemsError) as caught:
        read_raw_table(path)
    assert str(caught.value).startswith(sentence)


def test_the_right_encoding_reads_what_the_wrong_one_refused(tmp_path):
    path = write(tmp_path / "latin.csv", "id,name\n1,Zoë\n".encode("latin-1"))
    assert read_raw_table(path, layout=Layout(encoding="latin-1")).frame["name"].tolist() == ["Zoë"]


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_raw_table(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="folder"):
        read_raw_table(tmp_path)


def test_a_zip_without_the_wanted_part_says_what_it_holds(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("persons.csv", "a\n1\n")
    with pytest.raises(FileProblemsError, match=r"no matching CSV file but persons\.csv"):
        read_raw_table(tmp_path / "a.zip", member=lambda name: name.startswith("psam_h"))
