"""Similarity scores equal those of fusionData."""

import json

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.apply.similarity import (
    numeric_similarity,
    similarity,
    standardised_similarity,
)


@pytest.fixture(scope="module")
def cases(reference):
    return json.loads((reference / "similarity_golden.json").read_text())


def arrays(case, *names):
    return [np.array(case[name], dtype=float) for name in names]


@pytest.mark.parametrize("name", ["lowcard", "constant_mad", "opposite_signs"])
def test_numbers_of_few_values(name, cases):
    case = cases[name]
    found = numeric_similarity(*arrays(case, "x1", "w1", "x2", "w2"))
    assert found == pytest.approx(case["sim"], abs=1e-12)


@pytest.mark.parametrize("name", ["highcard_same", "highcard_x12_unit_error"])
def test_the_formula_on_the_original_s_own_standardised_numbers(name, cases):
    case = cases[name]
    found = numeric_similarity(*arrays(case, "s1", "w1", "s2", "w2"))
    assert found == pytest.approx(case["sim"], abs=1e-12)


def test_zero_inflated_numbers_without_their_zeros_on_the_original_s_own_numbers(cases):
    case = cases["zero_inflated"]
    x, s, w = arrays(case, "x1", "s1", "w1")
    y, t, v = arrays(case, "x2", "s2", "w2")
    found = numeric_similarity(s[x != 0], w[x != 0], t[y != 0], v[y != 0])
    assert found == pytest.approx(case["sim"], abs=1e-12)


@pytest.mark.parametrize(
    "name",
    [
        "lowcard",
        "highcard_same",
        "highcard_x12_unit_error",
        "zero_inflated",
        "opposite_signs",
        "constant_mad",
    ],
)
def test_standardising_ourselves_differs_only_by_the_original_s_cut_to_whole_numbers(name, cases):
    case = cases[name]
    found = standardised_similarity(*arrays(case, "x1", "w1", "x2", "w2"))
    assert found == pytest.approx(case["sim"], abs=2e-5)


def test_a_unit_error_shows_on_the_raw_scale_where_the_original_scores_one(cases):
    case = cases["highcard_x12_unit_error"]
    x, w, y, v = arrays(case, "x1", "w1", "x2", "w2")
    assert case["sim"] == 1
    assert similarity(pd.Series(x), w, pd.Series(y), v) < 0


def categorical(values, levels):
    return pd.Series(pd.Categorical([str(v) for v in values], [str(level) for level in levels]))


def test_categories(cases):
    case = cases["cat"]
    x, y = categorical(case["x"], case["levels"]), categorical(case["y"], case["levels"])
    found = similarity(x, np.array(case["wx"]), y, np.array(case["wy"]))
    assert found == pytest.approx(case["sim"], abs=1e-12)


def test_a_category_nobody_is_in_counts_as_zero_where_the_original_gives_up(cases):
    case = cases["cat_empty_level"]
    assert case["sim"] == "NA"
    x, y = categorical(case["x"], case["levels"]), categorical(case["y"], case["levels"])
    shares = [
        np.bincount(column.cat.codes, weights=case[weight], minlength=3) / sum(case[weight])
        for column, weight in ((x, "wx"), (y, "wy"))
    ]
    expected = 1 - np.abs(shares[0] - shares[1]).sum() / 2
    found = similarity(x, np.array(case["wx"]), y, np.array(case["wy"]))
    assert found == pytest.approx(expected)


def test_different_categories_are_an_error_as_in_the_original(cases):
    assert "identical" in cases["cat_diff_levels"]
    with pytest.raises(InputError, match="same categories"):
        similarity(categorical([1], [1, 2]), np.ones(1), categorical([1], [1, 3]), np.ones(1))
