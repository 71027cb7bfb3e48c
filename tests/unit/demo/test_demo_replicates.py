"""Replicate weights of the demo: their variance is the true sampling variance."""

import numpy as np
import pytest
from scipy import sparse

from fusion_core.demo.samples import donor as donor_survey
from fusion_core.demo.samples import recipient as recipient_survey
from fusion_core.demo.samples._replicates import (
    fay_factors,
    hadamard,
    successive_difference_factors,
)
from fusion_core.demo.samples.donor import donor_weights
from fusion_core.demo.samples.recipient import recipient_weights


def test_the_hadamard_matrix_has_orthogonal_rows_and_no_constant_column():
    matrix = hadamard(80)
    assert set(np.unique(matrix)) == {-1, 1}
    assert (matrix @ matrix.T == 80 * np.eye(80)).all()
    assert (matrix[0] == 1).all()
    assert (np.abs(matrix[1:].sum(axis=0)) < 79).all()


def test_successive_difference_variance_is_half_the_sum_of_squared_differences():
    """Within one closed cycle of 79 units the 80 replicates give exactly the textbook formula."""
    values = np.random.default_rng(1).normal(10, 3, 79)
    factors = successive_difference_factors(79)
    totals = values @ factors
    variance = 4 / 80 * np.sum((totals - values.sum()) ** 2)
    assert variance == pytest.approx(0.5 * np.sum((values - np.roll(values, 1)) ** 2))


def test_successive_difference_factors_have_the_published_values():
    factors = successive_difference_factors(500)
    assert np.allclose(np.unique(factors.round(6)), [1 - 2**-0.5, 1.0, 1 + 2**-0.5])
    assert np.allclose(factors.mean(axis=1), 1.0)


def test_fay_variance_is_the_sum_of_squared_pair_differences():
    values = np.random.default_rng(2).normal(10, 3, 2 * 79)
    factors = fay_factors(len(values), np.random.default_rng(3), epsilon=0.5)
    totals = values @ factors
    variance = np.sum((totals - values.sum()) ** 2) / (80 * (1 - 0.5) ** 2)
    assert variance == pytest.approx(np.sum((values[::2] - values[1::2]) ** 2))
    assert set(np.unique(factors)) == {0.5, 1.5}


def repeated_recipient(population, repetitions):
    """Estimates and replicate variances of PUMA means over repeated samples."""
    everyone = population.households
    outcomes = np.column_stack(
        [
            everyone["hincp"] / 1000,
            everyone["np"],
            everyone["rmsp"],
            everyone["hfl"] == 0,
            everyone["fs"] == 0,
            everyone["elec_kwh"],
        ]
    ).astype(float)
    place = everyone["place"].to_numpy()
    estimates, variances = [], []
    for repetition in range(repetitions):
        drawn, weights = recipient_weights(population, 6_000, np.random.default_rng(repetition))
        rows = drawn.row[drawn.responded]
        member = sparse.csr_array((np.ones(len(rows)), (place[rows], np.arange(len(rows)))))
        total = member @ weights
        means = np.stack(
            [
                member @ (weights * outcomes[rows, [k]][:, None]) / total
                for k in range(outcomes.shape[1])
            ]
        )
        full = means[:, :, :1]
        estimates.append(full[:, :, 0])
        factor = recipient_survey.DESIGN.factor
        variances.append(factor * np.sum((means[:, :, 1:] - full) ** 2, axis=2))
    truth = np.stack([np.bincount(place, column) / np.bincount(place) for column in outcomes.T])
    return np.array(estimates), np.array(variances), truth


@pytest.mark.slow
def test_replicate_variance_of_the_recipient_is_the_sampling_variance(population):
    """Averaged over PUMAs, the mean replicate variance of 80 samples is their actual variance.

    Samples of one in sixteen without a finite population correction should be about 7 % above it.
    """
    estimates, variances, truth = repeated_recipient(population, 80)
    ratio = variances.mean(axis=0).sum(axis=1) / estimates.var(axis=0, ddof=1).sum(axis=1)
    assert np.all(ratio > 0.88)
    assert np.all(ratio < 1.25)
    assert ratio.mean() == pytest.approx(1.05, abs=0.08)
    covered = np.abs(estimates - truth) < 1.645 * np.sqrt(variances)
    assert 0.87 < covered.mean() < 0.93


@pytest.mark.slow
def test_replicate_variance_of_the_donor_is_the_sampling_variance(population):
    everyone = population.households
    outcomes = np.column_stack(
        [
            everyone["elec_kwh"],
            everyone["gas_therms"],
            everyone["insecure"] == 0,
            everyone["np"],
            everyone["share_cool"],
            everyone["sqft"],
            everyone["main_ac"] == 1,
        ]
    ).astype(float)
    region = everyone["region"].to_numpy()
    estimates, variances = [], []
    for repetition in range(60):
        drawn, weights = donor_weights(population, 2_000, np.random.default_rng(repetition))
        rows = drawn.row[drawn.responded]
        for place in range(5):
            mine = region[rows] == place
            part = weights[mine]
            means = outcomes[rows[mine]].T @ part / part.sum(axis=0)
            estimates.append(means[:, 0])
            squares = np.sum((means[:, 1:] - means[:, :1]) ** 2, axis=1)
            variances.append(donor_survey.DESIGN.factor * squares)
    shape = (60, 5, outcomes.shape[1])
    actual = np.var(np.reshape(estimates, shape), axis=0, ddof=1).sum(axis=0)
    ratio = np.mean(np.reshape(variances, shape), axis=0).sum(axis=0) / actual
    assert ratio.mean() == pytest.approx(1.05, abs=0.12)
    assert np.all(ratio > 0.8)
    assert np.all(ratio < 1.4)
