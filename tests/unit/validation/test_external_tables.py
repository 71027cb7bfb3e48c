"""Independent tables as people have them: read, columns found, mended where only one thing is meant."""

import io
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fusion_core.errors import InputError
from fusion_core.validation.external.comparison import (
    compare_external,
    external_findings,
)
from fusion_core.validation.external.tables import (
    LARGEST_TABLE,
    ColumnGuess,
    guess_columns,
    read_external,
    tidy_external,
)

AREAS = ("0100100", "0100200", "0100300", "0600101")
COLUMNS = ColumnGuess("area", "value")


@pytest.fixture
def read(tmp_path):
    def from_file(content: bytes, name: str) -> pd.DataFrame:
        (tmp_path / name).write_bytes(content)
        return read_external(tmp_path / name)

    return from_file


def table(**columns):
    return pd.DataFrame(columns).astype(str)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.xlsx", "a.parquet"])
def test_every_kind_of_file_gives_the_same_text(name, read):
    frame = pd.DataFrame({"area": ["0100100", "0600101"], "value": [5, 7]})
    content = io.BytesIO()
    if name.endswith(".xlsx"):
        frame.to_excel(content, index=False)
    elif name.endswith(".parquet"):
        frame.to_parquet(content)
    else:
        frame.to_csv(content, index=False, sep="\t" if name.endswith(".tsv") else ",")
    found = read(content.getvalue(), name)
    assert found.to_dict("list") == {"area": ["0100100", "0600101"], "value": ["5", "7"]}


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"area,value\n", "a.csv", "no rows"),
        (b"area\n1\n", "a.csv", "single column"),
        (b"", "a.csv", "could not be read"),
        (b"not a workbook", "a.xlsx", "could not be read"),
        (b"PAR1 cut off", "a.parquet", "could not be read"),
        (b"x", "a.pdf", "ending in '.pdf'"),
    ],
)
def test_a_file_that_is_no_table_is_refused(content, name, words, read):
    with pytest.raises(InputError, match=words):
        read(content, name)


def test_a_small_file_that_unpacks_to_more_than_a_table_of_areas_is_refused(read):
    parquet, workbook = io.BytesIO(), io.BytesIO()
    wide = {f"column {number}": np.zeros(100_000, dtype=np.int8) for number in range(250)}
    pd.DataFrame(wide).to_parquet(parquet)
    with zipfile.ZipFile(workbook, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(250_000_000))
    assert max(len(parquet.getvalue()), len(workbook.getvalue())) < 1_000_000
    with pytest.raises(InputError, match="100,000 rows of 250 columns"):
        read(parquet.getvalue(), "a.parquet")
    with pytest.raises(InputError, match=r"larger than one with a row per area: 250(\.0)? MB"):
        read(workbook.getvalue(), "a.xlsx")


def test_a_file_larger_than_any_table_of_areas_is_not_read(tmp_path):
    file = tmp_path / "a.csv"
    with file.open("wb") as stream:
        stream.truncate(LARGEST_TABLE + 1)
    with pytest.raises(InputError, match="larger than one with a row per area"):
        read_external(file)


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be opened: No such file"):
        read_external(tmp_path / "a.csv")


@pytest.mark.parametrize("categorical", [True, False])
def test_a_long_text_that_many_rows_of_a_small_file_share_is_not_unpacked(read, categorical):
    content = io.BytesIO()
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 30_000, pa.int32()), ["x" * 10_000])
    table = pa.table({"area": ["0100100"] * 30_000, "value": text})
    if not categorical:
        table = table.cast(pa.schema({"area": pa.string(), "value": pa.string()}))
    pq.write_table(table, content)
    assert len(content.getvalue()) < 1_000_000
    with pytest.raises(InputError, match=r"larger than one with a row per area: 300(\.\d)? MB"):
        read(content.getvalue(), "a.parquet")


def test_columns_are_found_by_what_they_hold_and_how_they_are_called():
    found = guess_columns(
        table(
            NAME=["A", "B"],
            GEOID=["100100", "600101"],
            year=[2020, 2020],
            Estimate=[5, 7],
            Estimate_MOE=[1, 2],
        ),
        AREAS,
    )
    assert found == ColumnGuess("GEOID", "Estimate", "Estimate_MOE")
    assert guess_columns(table(a=["x", "y"], b=["p", "q"]), AREAS) == ColumnGuess()


@pytest.mark.parametrize("code", ["0100100", "100100", "100100.0", "7950000US0100100", " 0100100 "])
def test_a_code_that_can_only_mean_one_area_is_completed(code):
    found = tidy_external(table(area=[code, "0600101"], value=["1,005", "$7"]), COLUMNS, AREAS)
    assert found.table["area"].tolist() == ["0100100", "0600101"]
    assert found.table["value"].tolist() == [1005.0, 7.0]


def test_what_was_mended_or_left_out_is_said():
    found = tidy_external(
        table(area=["100100", "0600101", "9999999", "0100300"], value=["5", "7", "9", "(X)"]),
        COLUMNS,
        AREAS,
    )
    assert found.notes == (
        "Area codes completed: 1, such as '100100' to '0100100'.",
        "Left out: 1 row without a code or a number.",
        "Not among the estimates: 9999999 (1 in all).",
    )
    assert found.table["area"].tolist() == ["0100100", "0600101", "9999999"]


@pytest.mark.parametrize(
    ("areas", "values", "words"),
    [
        (["0100100", "100100"], [5, 7], "more than once: '0100100'"),
        (["0100100", "0100200"], [5, -7], "1 count is negative, the first one in row 3"),
        (
            ["0100100", "0100200"],
            ["5", "seven"],
            "1 value is not a number, the first one is 'seven'",
        ),
        (["a", "b"], [5, 7], "No area of the table is known"),
        (["0100100", "0100200"], ["5", "inf"], "'inf' in row 3"),
    ],
)
def test_what_can_mean_two_things_is_refused_with_its_row(areas, values, words):
    with pytest.raises(InputError, match=words):
        tidy_external(table(area=areas, value=values), COLUMNS, AREAS, counts=True)


def test_means_may_be_negative_and_unknown_columns_name_the_near_miss():
    rows = table(area=["0100100", "0100200"], value=[-5, 7])
    assert tidy_external(rows, COLUMNS, AREAS).table["value"].min() == -5
    with pytest.raises(InputError, match="Did you mean 'value'"):
        tidy_external(rows, ColumnGuess("area", "valu"), AREAS)


def estimates(values, moe=1.0):
    return pd.DataFrame({"puma": AREAS[: len(values)], "estimate": values, "moe": moe})


def test_margins_of_both_sides_count():
    independent = pd.DataFrame({"puma": AREAS[:3], "value": [11.3, 20.0, 35.0], "moe": 1.0})
    exact = compare_external(estimates([10.0, 20.0, 30.0]), independent)
    both = compare_external(estimates([10.0, 20.0, 30.0]), independent, moe="moe")
    assert exact.points["within_moe"].tolist() == [False, True, False]
    assert both.points["within_moe"].tolist() == [True, True, False]


def test_sentences_judge_order_totals_and_margins():
    independent = pd.DataFrame({"puma": AREAS, "value": [10.0, 20.0, 30.0, 40.0]})
    found = external_findings(
        compare_external(estimates([10.1, 20.2, 30.3, 40.4]), independent), totals=True
    )
    assert [item.tone for item in found] == ["good"] * 4
    assert "rank correlation 1.00" in found[0].text
    assert "1.0 % more than the table" in found[1].text
    turned = external_findings(
        compare_external(estimates([40.0, 30.0, 20.0, 10.0]), independent), totals=False
    )
    assert turned[0].tone == "poor"
    assert not any("Altogether" in item.text for item in turned)


@pytest.mark.parametrize("moe", ["", 0, False])
def test_a_column_of_margins_that_is_none_is_refused(moe):
    independent = pd.DataFrame({"puma": AREAS, "value": [10.0, 20.0, 30.0, 40.0]})
    with pytest.raises(InputError):
        compare_external(estimates([10.1, 20.2, 30.3, 40.4]), independent, moe=moe)
