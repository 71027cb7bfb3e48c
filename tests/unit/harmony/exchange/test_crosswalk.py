"""The crosswalk as a table, and as CSV that no spreadsheet runs."""

import io

import pandas as pd

from fusion_core.harmony.exchange._crosswalk import COLUMNS, crosswalk_table
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side
from fusion_core.spreadsheets import csv_text

NASTY = (
    "\"quoted\", 'so'",
    "two\nlines",
    "<b>bold</b>",
    "🏠 \u202eשלום",
    "back\\slash",
    "=1+1",
    "@x",
)


def test_there_is_a_row_per_level_and_one_for_a_plain_number():
    harmony = Harmony(
        Side(
            "heat", levels=(LevelGroup("Gas", 1), LevelGroup("None", None), LevelGroup("GQ", DROP))
        ),
        Side(
            "hfl",
            "person",
            levels=(LevelGroup("Utility gas", 1),),
            universe="agep > 14",
            outside_universe=2,
            missing=DROP,
        ),
        group_names=((1, "Gas"), (2, "Not asked")),
    )
    table = crosswalk_table([harmony, Harmony(Side("kids"), Side("np", deflate_to_year=2019))])
    assert list(table.columns) == list(COLUMNS)
    assert list(table["group"]) == ["1", "no group", "left out", "1", "2", "left out", "", ""]
    assert list(table["group name"]) == ["Gas", "", "", "Gas", "Not asked", "", "", ""]
    assert list(table["level"][3:6]) == ["Utility gas", "(not in universe)", "(no answer)"]


def test_every_text_survives_csv_and_none_is_a_formula():
    side = Side("v", levels=tuple(LevelGroup(text, 1) for text in NASTY))
    text = csv_text(crosswalk_table([Harmony(side, Side("w"))]))
    read = pd.read_csv(io.StringIO(text), keep_default_na=False, dtype=str)
    assert [level.removeprefix("'") for level in read["level"][:-1]] == list(NASTY)
    assert not read.map(lambda cell: cell[:1] in {"=", "@"}).any(axis=None)


def test_texts_like_formulas_are_quoted_and_numbers_are_not():
    table = pd.DataFrame({"level": ["=HYPERLINK(1)", "-5", "@x", "fine", "+1.5", "-2+3", "=5"]})
    assert csv_text(table).splitlines() == [
        "level",
        "'=HYPERLINK(1)",
        "-5",
        "'@x",
        "fine",
        "+1.5",
        "'-2+3",
        "'=5",
    ]
