"""Area estimates benchmarked to totals with errors of their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.calibration import METHODS, benchmark, calibrated_weights
from fusion_core.errors import InputError

AREAS = 6
ESTIMATE = np.array([100.0, 120.0, 80.0, 60.0, 90.0, 50.0])
COVARIANCE = np.diag([4.0, 25.0, 9.0, 16.0, 1.0, 4.0])
WHOLE = np.ones((1, AREAS))
NESTED = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]], dtype=float)


@pytest.mark.parametrize("method", ["difference", "ratio"])
def test_exact_methods_meet_every_total(method):
    found = benchmark(
        ESTIMATE, COVARIANCE, NESTED, np.array([520.0, 315.0]), np.zeros(2), method=method
    )
    assert NESTED @ found.estimate == pytest.approx([520, 315])


def test_ratio_scales_in_proportion():
    found = benchmark(ESTIMATE, COVARIANCE, WHOLE, np.array([550.0]), np.zeros(1), method="ratio")
    assert found.estimate == pytest.approx(ESTIMATE * 1.1)


def test_difference_moves_unsure_estimates_most():
    found = benchmark(
        ESTIMATE, COVARIANCE, WHOLE, np.array([510.0]), np.zeros(1), method="difference"
    )
    assert found.estimate - ESTIMATE == pytest.approx(10 * np.diag(COVARIANCE) / 59)


def test_precision_is_the_posterior_of_estimates_given_noisy_totals():
    error = 3.0
    found = benchmark(ESTIMATE, COVARIANCE, WHOLE, np.array([530.0]), np.array([error]))
    precision = np.linalg.inv(COVARIANCE) + WHOLE.T @ WHOLE / error**2
    posterior = np.linalg.inv(precision)
    mean = posterior @ (np.linalg.inv(COVARIANCE) @ ESTIMATE + WHOLE[0] * 530 / error**2)
    assert found.estimate == pytest.approx(mean)
    assert found.covariance == pytest.approx(posterior)


@pytest.mark.parametrize("method", METHODS)
def test_mean_squared_errors_are_those_of_a_simulation(method):
    rng, truth, error = np.random.default_rng(1), ESTIMATE + 3.0, 4.0
    totals = WHOLE @ truth
    off = []
    for _ in range(4000):
        drawn = truth + rng.normal(0, np.sqrt(np.diag(COVARIANCE)))
        known = totals + rng.normal(0, error, 1)
        found = benchmark(drawn, COVARIANCE, WHOLE, known, np.array([error]), method=method)
        off.append(found.estimate - truth)
    assert np.mean(np.square(off), axis=0) == pytest.approx(found.standard_error**2, rel=0.12)


def test_a_total_with_an_error_leaves_more_doubt_than_an_exact_one():
    exact, unsure = (
        benchmark(ESTIMATE, COVARIANCE, WHOLE, np.array([510.0]), np.array([error]))
        for error in (0.0, 5.0)
    )
    assert (exact.standard_error < unsure.standard_error).all()
    assert (unsure.standard_error < np.sqrt(np.diag(COVARIANCE))).all()


@given(total=st.floats(300, 800), error=st.floats(0.1, 50))
def test_estimates_stay_within_their_limits(total, error):
    found = benchmark(ESTIMATE, COVARIANCE, WHOLE, np.array([total]), np.array([error]), factor=1.3)
    assert (found.estimate <= ESTIMATE * 1.3 * (1 + 1e-6)).all()
    assert (found.estimate >= ESTIMATE / 1.3 * (1 - 1e-6)).all()


def test_contradicting_totals_are_named():
    design = np.vstack([WHOLE, NESTED[1:], 1 - NESTED[1:]])
    with pytest.raises(InputError, match="country and north, south contradict each other"):
        benchmark(
            ESTIMATE,
            COVARIANCE,
            design,
            np.array([700.0, 300.0, 200.0]),
            np.full(3, 5.0),
            method="difference",
            names=("country", "north", "south"),
        )


def test_totals_that_nearly_agree_are_reconciled_by_their_errors():
    design = np.vstack([WHOLE, NESTED[1:], 1 - NESTED[1:]])
    found = benchmark(
        ESTIMATE,
        COVARIANCE,
        design,
        np.array([512.0, 300.0, 204.0]),
        np.array([6.0, 1.0, 1.0]),
        method="difference",
    )
    north, south = found.estimate[:3].sum(), found.estimate[3:].sum()
    assert (north, south) == (pytest.approx(300, abs=1), pytest.approx(204, abs=1))


def test_a_total_in_another_unit_is_refused():
    with pytest.raises(InputError, match="cannot be met without moving"):
        benchmark(ESTIMATE, COVARIANCE, WHOLE, np.array([500_000.0]), np.zeros(1), method="ratio")


@given(seed=st.integers(0, 40))
def test_calibrated_weights_meet_amounts_and_counts_within_their_bounds(seed):
    rng = np.random.default_rng(seed)
    weights = rng.uniform(50, 150, 400)
    x = np.column_stack([rng.random(400) < 0.4, rng.gamma(2, 3, 400)]).astype(float)
    totals = weights @ x * rng.uniform(0.9, 1.1, 2)
    found = calibrated_weights(weights, x, totals, bounds=(0.4, 2.5))
    assert found @ x == pytest.approx(totals)
    assert ((found / weights > 0.4) & (found / weights < 2.5)).all()


def test_weights_that_would_explode_are_refused_by_the_total_s_name():
    weights, x = np.ones(50), np.ones((50, 1))
    with pytest.raises(InputError, match="The total 'households' cannot be met"):
        calibrated_weights(weights, x, np.array([500.0]), names=("households",))
