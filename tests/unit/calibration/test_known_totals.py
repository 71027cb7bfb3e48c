"""Totals from a table, with their errors in any of the ways they are published."""

import pytest

from fusion_core.calibration import read_totals
from fusion_core.errors import InputError


def read(tmp_path, text):
    path = tmp_path / "totals.csv"
    path.write_text(text, encoding="utf-8")
    return read_totals(path)


def test_errors_may_be_margins_or_relative_standard_errors(tmp_path):
    moe = read(tmp_path, "variable,value,moe\nkwh,1000,164.5\n")[0]
    rse = read(tmp_path, "variable,value,rse\nkwh,1000,10\n")[0]
    assert moe.standard_error == pytest.approx(100)
    assert rse.standard_error == pytest.approx(100)
    assert moe.title == "mean of kwh in all"


def test_a_level_is_a_share_unless_told_otherwise(tmp_path):
    found = read(
        tmp_path,
        "variable,level,statistic,area,value,standard_error\nfuel,Gas,,06,0.6,0\nfuel,Oil,count,06,7,1\n",
    )
    assert [item.statistic for item in found] == ["share", "count"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("variable,value\nkwh,1\n", "The totals have no errors"),
        ("value,moe\n1,1\n", "no column 'variable'"),
        ("variable,value,moe\nkwh,,1\n", "has no value or no error"),
        ("variable,value,moe\nkwh,1,1\nkwh,2,1\n", "is given twice"),
        ("variable,statistic,value,moe\nkwh,median,1,1\n", "no statistic 'median'"),
        ("variable,value,moe\nkwh,many,1\n", "'many' is not a number"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path, text, sentence):
    with pytest.raises(InputError, match=sentence):
        read(tmp_path, text)
