"""How values are printed for people and for scripts."""

import json

import numpy as np
import pandas as pd
import pytest

from fusion_core.cli.options import read_fusion_variables, split_list
from fusion_core.cli.output import number, percent, plain
from fusion_core.errors import InputError
from fusion_core.surveys.model import SurveyId


def test_everything_becomes_json_and_missing_numbers_null():
    value = {
        "frame": pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan]}),
        "array": np.array([1.0, np.inf]),
        "survey": SurveyId("RECS", "2015"),
        3: (np.int64(4), True, None, pd.NA),
    }
    assert json.loads(json.dumps(plain(value))) == {
        "frame": [{"a": 1, "b": 0.5}, {"a": 2, "b": None}],
        "array": [1.0, None],
        "survey": {"name": "RECS", "vintage": "2015"},
        "3": [4, True, None, None],
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567.8, "1,234,568"),
        (0.0, "0"),
        (12.345, "12.3"),
        (0.01234, "0.0123"),
        (float("nan"), "–"),
        (None, "–"),
    ],
)
def test_numbers_are_short_and_grouped(value, text):
    assert number(value) == text


def test_shares_are_percentages():
    assert percent(0.1234) == "12.3 %"
    assert percent(float("nan")) == "–"


def test_lists_may_be_repeated_or_separated_by_commas():
    assert split_list(["a, b", "c"]) == ["a", "b", "c"]
    assert split_list(None) == []


def test_blocks_are_written_with_plus_signs():
    assert read_fusion_variables(["a,b+c", "d"]) == ("a", ("b", "c"), "d")


@pytest.mark.parametrize("text", ["a+", "+", "a,a", "a,b+a"])
def test_a_wrong_block_is_refused(text):
    with pytest.raises(InputError):
        read_fusion_variables([text])
