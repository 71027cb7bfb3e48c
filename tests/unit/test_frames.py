"""Tables and arguments at the edge: what is taken, as what, and what is refused in which words."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from fusion_core.arguments import column_names, path_of, share, whole_number
from fusion_core.errors import InputError
from fusion_core.frames import plain_column, read_frame, unusable, whole_frame


def objects(*values) -> pd.Series:
    column = pd.Series(np.empty(len(values), dtype=object), name="v")
    for place, value in enumerate(values):
        column.iloc[place] = value
    return column


def plain(column: pd.Series) -> pd.Series:
    return plain_column(column.rename("v"), where="the donor")


@pytest.mark.parametrize(
    ("column", "dtype", "values"),
    [
        (objects(0, 100, 50), "int64", [0, 100, 50]),
        (objects(2**53 + 1, None), "Int64", [2**53 + 1, pd.NA]),
        (objects(1, 2.5, None), "float64", [1.0, 2.5, np.nan]),
        (objects(Decimal("1.50"), None), "float64", [1.5, np.nan]),
        (objects(True, False), "bool", [True, False]),
        (objects(np.bool_(True), None), "boolean", [True, pd.NA]),
        (objects("a", None), "object", ["a", None]),
        (objects(None, None), "float64", [np.nan, np.nan]),
        (pd.Series(pd.array([1, 2], "Int8")), "int8", [1, 2]),
        (pd.Series(pd.array([1.5, None], "Float64")), "float64", [1.5, np.nan]),
        (pd.Series(pd.arrays.SparseArray([0, 1])), "int64", [0, 1]),
        (pd.Series([1, 2], dtype="float16"), "float64", [1.0, 2.0]),
        (pd.Series([1, None], dtype=pd.ArrowDtype(pa.int64())), "Int64", [1, pd.NA]),
        (pd.Series([1, 2], dtype=pd.ArrowDtype(pa.uint8())), "uint8", [1, 2]),
        (pd.Series([True], dtype=pd.ArrowDtype(pa.bool_())), "bool", [True]),
        (pd.Series(["a"], dtype=pd.ArrowDtype(pa.string())), "string", ["a"]),
        (pd.Series([None], dtype=pd.ArrowDtype(pa.null())), "float64", [np.nan]),
        (
            pd.Series([Decimal("1.5")], dtype=pd.ArrowDtype(pa.decimal128(4, 2))),
            "float64",
            [1.5],
        ),
    ],
)
def test_a_column_becomes_what_its_values_are(column, dtype, values):
    found = plain(column)
    assert str(found.dtype) == dtype
    pd.testing.assert_series_equal(
        found.astype(object).reset_index(drop=True),
        pd.Series(values, dtype=object, name="v"),
        check_dtype=False,
    )


def test_dictionaries_become_categories_in_their_order():
    labels = pa.DictionaryArray.from_arrays(pa.array([1, 0, None]), pa.array(["y", "x"]))
    found = plain(pd.Series(labels, dtype=pd.ArrowDtype(labels.type)))
    assert found.cat.categories.tolist() == ["y", "x"]
    assert found.astype(object).tolist()[:2] == ["x", "y"]
    assert found.isna().tolist() == [False, False, True]


def test_labels_that_repeat_in_a_dictionary_are_one_category():
    labels = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), pa.array(["x", None, "x"]))
    found = plain(pd.Series(labels, dtype=pd.ArrowDtype(labels.type)))
    assert found.cat.categories.tolist() == ["x"]
    assert found.isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (objects(dt.date(2020, 1, 1), None), "holds dates"),
        (pd.Series(pd.date_range("2020-01-01", periods=2)), "holds dates"),
        (pd.Series(pd.period_range("2020", periods=2, freq="Y")), "holds dates"),
        (pd.Series([1], dtype=pd.ArrowDtype(pa.timestamp("s"))), "holds dates"),
        (objects([1], None), "holds lists"),
        (objects({"a": 1}), "holds lists"),
        (pd.Series([[1]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))), "holds lists"),
        (objects(b"a"), "holds bytes"),
        (pd.Series([1j]), "complex128"),
        (objects(10**30, 1), "beyond 64 bits"),
        (objects(object), "holds values of type 'type'"),
        (objects(1, "a"), "mixes whole numbers (such as 1) and text (such as 'a')"),
        (objects(True, 2), "mixes yes/no values (such as True) and whole numbers (such as 2)"),
        (pd.Series(pd.Categorical(objects(1, "1"))), "two categories written '1'"),
    ],
)
def test_a_column_of_no_plain_type_is_refused_in_words(column, words):
    with pytest.raises(InputError) as caught:
        plain(column)
    assert str(caught.value).startswith("The column 'v' ")
    assert words in str(caught.value)
    assert "the donor" in str(caught.value)
    assert words in unusable(column.rename("v"))


def test_dates_may_form_groups_but_are_no_answers():
    frame = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=2)})
    assert read_frame(frame, "the table", keys=["day"])["day"].equals(frame["day"])
    with pytest.raises(InputError, match="'day' holds dates"):
        read_frame(frame, "the table", answers=["day"], keys=["day"])


def test_arrow_and_duckdb_tables_become_the_frame_pandas_has():
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [1.5, None]})
    table = pa.Table.from_pandas(frame)
    relation = duckdb.connect().from_arrow(table)
    for source in (table, table.to_batches()[0], relation):
        found = read_frame(source, "the donor", answers=["a", "c"])
        pd.testing.assert_frame_equal(found[["a", "c"]], frame[["a", "c"]])


def test_columns_that_are_not_used_are_not_looked_at():
    frame = pd.DataFrame({"a": [1], "b": [[1]], 0: [1]})
    assert list(read_frame(frame, "the donor", answers=["a"]).columns) == ["a", "b"]
    twice = pd.concat([frame, frame[["b"]]], axis=1)
    assert list(read_frame(twice, "the donor", answers=["a"]).columns) == ["a"]


def test_the_callers_table_stays_as_it_was():
    frame = pd.DataFrame({"a": objects(1, None)})
    read_frame(frame, "the donor", answers=["a"])
    assert frame["a"].dtype == object


@pytest.mark.parametrize("table", [None, np.zeros((2, 2)), "donor.csv", {"a": [1]}, [1], 5])
def test_what_is_no_table_is_refused(table):
    with pytest.raises(InputError, match="The donor must be a table with named columns; got "):
        read_frame(table, "the donor", answers=["a"])


def test_names_that_are_numbers_or_repeated_are_refused_where_they_are_used():
    numbered = pd.DataFrame(np.zeros((2, 2)))
    for name in (0, "0"):
        with pytest.raises(InputError, match="Column names must be strings; got 0"):
            read_frame(numbered, "the donor", answers=[name])
    twice = pd.DataFrame(np.zeros((2, 2)), columns=["a", "a"])
    with pytest.raises(InputError, match="column 'a' occurs 2 times"):
        read_frame(twice, "the donor", answers=["a"])
    with pytest.raises(InputError, match="got 'a' 2 times"):
        read_frame(pa.table([[1], [2]], names=["a", "a"]), "the donor", answers=["a"])
    with pytest.raises(InputError, match="must be strings; got 0"):
        whole_frame(numbered, "the table")


def test_a_query_that_fails_says_why():
    relation = duckdb.connect().sql("SELECT * FROM (VALUES ('x')) AS t(a)")
    with pytest.raises(InputError, match=r"The donor cannot be read: .*'x'"):
        read_frame(relation.project("CAST(a AS INTEGER) AS a"), "the donor", answers=["a"])


def test_a_path_may_be_text_or_a_path_and_nothing_else(tmp_path):
    assert path_of(str(tmp_path), "folder") == path_of(tmp_path, "folder") == tmp_path
    for wrong, words in ((5, "got an int"), (None, "got None"), (b"a", "a bytes"), ("", "empty")):
        with pytest.raises(InputError, match=words):
            path_of(wrong, "folder")
    for name in ("a\0b", "x" * 300, "é" * 200):
        with pytest.raises(InputError, match="No file can have this name"):
            path_of(Path(name), "folder")


def test_column_names_are_a_list_or_one():
    assert column_names(None, "by") == []
    assert column_names("puma", "by") == ["puma"]
    assert column_names(pd.Index(["a", "b"]), "by") == ["a", "b"]
    for wrong in (5, {"a": 1}, b"a"):
        with pytest.raises(InputError, match="'by' must be a list of column names"):
            column_names(wrong, "by")
    with pytest.raises(InputError, match="column 'a' occurs 2 times"):
        column_names(["a", "a"], "by")
    with pytest.raises(InputError, match="must be strings; got 3"):
        column_names(["a", 3], "by")


def test_numbers_are_checked_with_their_name():
    assert whole_number(np.int64(3), "folds", least=2) == 3
    for wrong in (1, 2.0, True, "3", None):
        with pytest.raises(InputError, match="'folds' must be a whole number of at least 2"):
            whole_number(wrong, "folds", least=2)
    for wrong in (0, 1, 1.5, "0.9", None, True, np.nan):
        with pytest.raises(InputError, match="confidence must lie between 0 and 1"):
            share(wrong, "confidence")
