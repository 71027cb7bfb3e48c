"""What all donors answer alike is expected of every household, whatever is known of it."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.estimates.variance import DonorSample


@pytest.fixture
def sample():
    rng = np.random.default_rng(3)
    donor = pd.DataFrame(
        {
            "size": rng.normal(size=200),
            "tenure": pd.Categorical(rng.choice(["Own", "Rent"], 200)),
            "cost": rng.gamma(2.0, 50.0, 200),
            "weight": rng.uniform(1.0, 3.0, 200),
        }
    )
    recipient = pd.DataFrame(
        {"size": [0.5, np.nan, 9.0], "tenure": pd.Categorical(["Own", None, "Other"])}
    )
    return DonorSample.build(donor, recipient, predictors=["size", "tenure"], variables=["cost"])


def test_what_all_answer_is_expected_of_households_with_missing_and_unknown_predictors(sample):
    expected = sample.recipient.matrix @ sample.coefficients(np.ones(200))
    assert expected == pytest.approx(np.ones(3))


def test_an_answer_and_its_contrary_are_expected_of_everybody_together(sample):
    dear = (sample.columns["cost"].values[:, 0] > 100).astype(float)
    both = sample.coefficients(dear) + sample.coefficients(1.0 - dear)
    assert sample.recipient.matrix @ both == pytest.approx(np.ones(3))


def test_donors_are_met_as_least_squares_meets_them(sample):
    cost, weight = sample.columns["cost"].values[:, 0], np.sqrt(sample.weights[:, 0])
    matrix = sample.own.matrix
    found, *_ = np.linalg.lstsq(matrix * weight[:, None], cost * weight, rcond=None)
    assert matrix @ sample.coefficients(cost) == pytest.approx(matrix @ found)
    assert sample.regression(cost).rank == np.linalg.matrix_rank(matrix)
