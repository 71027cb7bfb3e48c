"""Similarity: one where alike, less where not, and never blind to units."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.apply.similarity import (
    is_zero_inflated,
    similarity,
    standardised_similarity,
    weighted_median,
    weighted_quantiles,
    weighted_shares,
)


def labels(values, levels="abc"):
    return pd.Series(pd.Categorical(list(values), list(levels)))


def test_categories_score_one_minus_the_total_variation():
    found = similarity(labels("aab"), np.ones(3), labels("abc"), np.array([2.0, 1, 1]))
    assert found == pytest.approx(1 - (abs(2 / 3 - 1 / 2) + abs(1 / 3 - 1 / 4) + 1 / 4) / 2)


def test_missing_rows_do_not_count():
    column = pd.Series(pd.Categorical(["a", None, "b"], ["a", "b"]))
    assert weighted_shares(column, np.array([1.0, 100.0, 3.0])).tolist() == [0.25, 0.75]
    numbers = pd.Series([1.0, np.nan, 3.0])
    assert similarity(numbers, np.ones(3), pd.Series([1.0, 3.0]), np.ones(2)) == pytest.approx(1)


def test_a_side_without_rows_has_no_score():
    empty = pd.Series([np.nan, np.nan])
    assert np.isnan(similarity(empty, np.ones(2), pd.Series([1.0]), np.ones(1)))
    nothing = pd.Series(pd.Categorical([None], ["a", "b", "c"]))
    assert np.isnan(similarity(nothing, np.ones(1), labels("a"), np.ones(1)))
    dropped = pd.Series(pd.Categorical([None, None], []))
    assert np.isnan(similarity(dropped, np.ones(2), dropped, np.ones(2)))


def test_both_sides_zero_throughout_are_alike():
    zeros = pd.Series([0.0, 0.0])
    assert similarity(zeros, np.ones(2), zeros, np.ones(2)) == 1


def test_a_category_against_a_number_or_other_categories_is_an_error():
    with pytest.raises(InputError, match="cannot be compared with a number"):
        similarity(labels("a"), np.ones(1), pd.Series([1.0]), np.ones(1))
    with pytest.raises(InputError, match="same categories"):
        similarity(labels("a"), np.ones(1), labels("a", "ab"), np.ones(1))


def test_monthly_against_yearly_dollars_shows_unless_standardised():
    monthly = pd.Series(np.random.default_rng(0).lognormal(7, 0.5, 400))
    weight = np.ones(400)
    assert similarity(monthly, weight, monthly * 12, weight) < 0.2
    assert similarity(monthly, weight, monthly * 12, weight, standardised=True) == pytest.approx(1)


def test_quantiles_with_equal_weights_are_the_usual_type_7():
    values = np.array([5.0, 1.0, 9.0, 2.0])
    points = np.array([0.0, 0.1, 0.5, 0.9, 1.0])
    found = weighted_quantiles(values, np.full(4, 3.0), points)
    assert found == pytest.approx(np.quantile(values, points))


def test_the_weighted_median_lies_where_half_the_weight_does():
    assert weighted_median(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0])) == 2
    assert weighted_median(np.array([1.0, 2.0, 9.0]), np.array([1.0, 1.0, 8.0])) > 5


def test_zero_inflation_needs_zeros_that_stick_out():
    generator = np.random.default_rng(0)
    amounts = generator.lognormal(8, 1, 500)
    assert is_zero_inflated(np.where(generator.random(500) < 0.3, 0, amounts))
    assert not is_zero_inflated(amounts)
    assert not is_zero_inflated(generator.normal(size=500).round(1))
    assert is_zero_inflated(np.zeros(5))


@pytest.mark.parametrize("constant", [0.0, 7.0])
def test_numbers_that_hardly_vary_can_be_standardised(constant):
    many = np.concatenate([np.full(500, constant), np.arange(1.0, 151)])
    weight = np.ones(len(many))
    assert standardised_similarity(many, weight, many, weight) == pytest.approx(1)
    other = np.full(len(many), 3.0)
    assert standardised_similarity(many, weight, other, weight) <= 1
