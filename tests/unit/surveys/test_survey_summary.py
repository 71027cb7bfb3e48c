"""Weighted distributions, checked against figures worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.surveys import write_survey
from fusion_core.surveys.stored import StoredSurvey
from fusion_core.surveys.summary import (
    distribution,
    read_distribution,
    survey_overview,
    weighted_quantiles,
)


def test_shares_of_levels_are_weighted_and_leave_missing_answers_out():
    values = pd.Series(
        pd.Categorical(["Own", "Rent", None, "Own"], categories=["Rent", "Own", "Free"])
    )
    found = distribution(values, pd.Series([1.0, 3.0, 4.0, 2.0]))
    assert [(item.level, item.share, item.rows) for item in found.levels] == [
        ("Rent", 0.5, 1),
        ("Own", 0.5, 2),
        ("Free", 0.0, 0),
    ]
    assert (found.missing_rows, found.missing_share) == (1, 0.4)


def test_numbers_are_summed_up_with_weights():
    found = distribution(pd.Series([0, 0, 10, 30]), pd.Series([1.0, 1.0, 1.0, 1.0]))
    assert found.mean == 10
    assert found.zero_share == 0.5
    assert (found.minimum, found.maximum) == (0, 30)
    assert found.quantiles[2] == 0, "half of the weight lies at zero"
    assert sum(found.shares) == pytest.approx(1)
    assert len(found.edges) == len(found.shares) + 1


def test_a_weight_counts_like_that_many_rows():
    values, weights = np.array([5.0, 1.0, 3.0]), np.array([2, 3, 4])
    repeated = np.repeat(values, weights)
    at = np.array([0.1, 0.34, 0.5, 0.9])
    expected = np.quantile(repeated, at, method="inverted_cdf")
    assert weighted_quantiles(values, weights.astype(float), at).tolist() == expected.tolist()


def test_small_counts_get_a_bar_each():
    found = distribution(pd.Series([1, 2, 2, 4]), pd.Series([1.0] * 4))
    assert found.single_values
    assert found.shares == (0.25, 0.5, 0.0, 0.25)


def test_far_outliers_are_counted_in_the_last_bin():
    values = pd.Series([*range(1000), 10_000_000], dtype=float)
    found = distribution(values, pd.Series(np.ones(1001)))
    assert found.edges[-1] < 1000
    assert sum(found.shares) == pytest.approx(1)
    assert found.maximum == 10_000_000


@pytest.mark.parametrize("values", [[None, None], [7.5, 7.5], [0.0, 0.0]])
def test_degenerate_columns_do_not_fail(values):
    found = distribution(pd.Series(values, dtype=float), pd.Series([1.0, 2.0]))
    assert found.rows == 2
    assert found.missing_rows in {0, 2}


def test_a_stored_variable_is_read_and_summed_up(survey, tmp_path):
    write_survey(survey, tmp_path / "survey")
    stored = StoredSurvey.open(tmp_path / "survey")
    found = read_distribution(stored, survey.dictionary["kwh"])
    assert found.mean == pytest.approx((10 * 1 + 30 * 3) / 4)
    assert found.missing_share == pytest.approx(2 / 6)
    persons = read_distribution(stored, survey.dictionary["age"])
    assert persons.rows == 3


def test_an_overview_counts_rows_and_variables(survey, tmp_path):
    write_survey(survey, tmp_path / "survey")
    overview = survey_overview(tmp_path / "survey")
    assert (overview.households, overview.persons) == (3, 3)
    assert (overview.household_variables, overview.person_variables) == (2, 1)
    assert overview.size > 1000
