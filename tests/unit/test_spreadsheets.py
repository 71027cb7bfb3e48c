"""No text in a file that leaves is run by a spreadsheet, and numbers stay numbers."""

import ast
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.spreadsheets import (
    csv_text,
    guarded,
    guarded_arrow,
    guarded_comments,
    guarded_text,
    unguarded,
)

ROOT = Path(__file__).parents[2]
FORMULAS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1+1",
    '=HYPERLINK("x")',
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_is_preceded_by_an_apostrophe(text: str):
    assert guarded_text(text) == f"'{text}"
    assert unguarded(guarded_text(text)) == text


@pytest.mark.parametrize("text", ["-1", "+2.5", "-.5", "1e-3", "", "Own home", "a=b", "–", "'=x"])
def test_numbers_and_all_other_texts_stay(text: str):
    assert guarded_text(text) == text


@pytest.mark.hypothesis
@given(st.text(max_size=20))
def test_a_guarded_text_begins_like_no_formula(text: str):
    safe = guarded_text(text)
    assert safe == text or (safe[0] == "'" and unguarded(safe) == text)


def test_headings_labels_and_texts_of_a_table_are_guarded():
    table = pd.DataFrame(
        {
            "=name": pd.Categorical(["=a", "b", "=a"], categories=["b", "=a"], ordered=True),
            "text": ["-x", None, "y"],
            "number": [-1.5, 2.0, None],
        }
    )
    safe = guarded(table)
    assert list(safe.columns) == ["'=name", "text", "number"]
    assert list(safe["'=name"].cat.categories) == ["b", "'=a"]
    assert list(pd.read_csv(io.StringIO(csv_text(table)))["text"].fillna("")) == ["'-x", "", "y"]
    assert list(table.columns) == ["=name", "text", "number"]
    assert table["text"][0] == "-x"


@pytest.mark.parametrize("cell", ["=1+1", ' "=1+1"', "@SUM(A1)", "\uff1d1"])
@pytest.mark.parametrize("mark", ",;\t")
def test_no_later_cell_of_a_comment_line_begins_like_a_formula(cell: str, mark: str):
    assert guarded_comments([f"Survey A{mark}{cell}"]) == f"# Survey A{mark}'{cell}\n"


def test_sentences_and_numbers_in_comment_lines_stay():
    line = "Mean, 90 % margin, -5, a = b; CV +2.5"
    assert guarded_comments([line]) == f"# {line}\n"


def test_implicates_written_by_arrow_are_guarded():
    labels = pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), pa.array(["=a", "b"]))
    table = guarded_arrow(pa.table({"kind": labels, "kwh": [1.0, -2.0, 3.0]}))
    assert table.to_pydict() == {"kind": ["'=a", "b", None], "kwh": [1.0, -2.0, 3.0]}


def test_no_module_writes_csv_but_the_one_that_guards_it():
    unguarded_writers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in ("fusion_core", "harmony_app")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.name != "spreadsheets.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "to_csv"
    ]
    assert unguarded_writers == []
