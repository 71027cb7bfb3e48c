"""A bill becomes a monotone function of what was used, with the same mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from fusion_core.errors import InputError
from fusion_core.fusion import monotonic

ROWS = st.integers(1, 60)


@settings(max_examples=60)
@given(data=st.data())
def test_equal_x_gives_equal_y_more_x_never_turns_around_and_the_mean_stays(data):
    rows = data.draw(ROWS)
    x = data.draw(arrays(np.float64, rows, elements=st.integers(0, 20).map(float)))
    y = data.draw(arrays(np.float64, rows, elements=st.integers(0, 500).map(float)))
    weight = data.draw(arrays(np.float64, rows, elements=st.integers(1, 9).map(float)))
    found = monotonic(x, y, weight, keep_zeros=False)
    order = np.argsort(x, kind="stable")
    steps = np.diff(found[order])
    tolerance = 1e-9 * max(1.0, float(np.abs(found).max()))
    assert (steps >= -tolerance).all() or (steps <= tolerance).all()
    assert np.abs(steps[np.diff(x[order]) == 0]).max(initial=0) <= tolerance
    assert weight @ found == pytest.approx(weight @ y)


def test_a_tariff_is_found_again():
    draw = np.random.default_rng(0)
    used = draw.gamma(2, 400, 3000)
    true = 10 + 0.12 * used
    found = monotonic(used, true * draw.lognormal(0, 0.4, 3000))
    middle = (used > 200) & (used < 2000)
    assert found[middle] / found.mean() == pytest.approx(true[middle] / true.mean(), rel=0.12)


def test_who_uses_nothing_pays_nothing_unless_that_is_not_asked_for():
    used = np.array([0, 0, 0, 10, 20, 30.0])
    bill = np.array([0, 0, 8, 12, 18, 40.0])
    assert (monotonic(used, bill)[:3] == 0).all()
    assert (monotonic(used, bill, keep_zeros=False)[:3] > 0).all()


def test_a_falling_relation_is_recognised():
    x = np.linspace(1, 10, 200)
    found = monotonic(x, 100 / x + np.sin(40 * x))
    assert (np.diff(found) <= 1e-9).all()


@pytest.mark.filterwarnings("error")
def test_a_household_without_weight_gets_what_the_nearest_with_weight_gets():
    x = np.array([1.0, 2.0, 3.0, 4.0, 900.0, -50.0])
    y = np.array([10.0, 19.0, 33.0, 40.0, 7.0, 99.0])
    weight = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    for given_settings in ({}, {"keep_mean": False}, {"keep_zeros": False}):
        found = monotonic(x, y, weight, **given_settings)
        assert found[4] == found[:4].max()
        assert found[5] == found[:4].min()


@given(
    st.lists(st.floats(-50, 50), min_size=4, max_size=30, unique=True),
    st.integers(0, 2**32 - 1),
)
def test_numbers_of_both_signs_keep_their_mean_and_their_direction(x, seed):
    x = np.sort(np.array(x))
    noise = np.random.default_rng(seed).normal(0, 1, len(x))
    y = np.linspace(-10, 10, len(x)) + noise
    y -= y.mean()
    found = monotonic(x, y)
    assert found.mean() == pytest.approx(0.0, abs=1e-9)
    steps = np.diff(found)
    rising = spearmanr(x, y).statistic >= 0
    assert ((steps if rising else -steps) >= -1e-9).all()


@pytest.mark.parametrize(("x", "y"), [([3.0] * 4, [1.0, 2, 3, 6]), ([1.0, 2, 3, 4], [3.0] * 4)])
def test_without_a_relation_everybody_gets_the_mean(x, y):
    assert monotonic(x, y).tolist() == [3.0] * 4


def test_the_mean_may_move_where_that_is_wanted():
    x, y = [0, 0, 0, 10, 20], [0.0, 0, 6, 10, 20]
    assert np.mean(monotonic(x, y)) == pytest.approx(np.mean(y))
    assert monotonic(x, y, keep_mean=False).tolist() == [0, 0, 0, 10, 20]


def test_an_expenditure_is_nothing_for_no_use_and_at_least_the_least_amount_for_some():
    used = np.array([0, 0, 5, 10, 20, 30.0])
    bill = np.array([4, 7, 0, 8, 18, 40.0])
    found = monotonic(used, bill, expenditure=True)
    assert (found[:2] == 0).all()
    assert found[2:].min() >= 8
    assert (np.diff(found[2:]) >= 0).all()
    for x, y, name in ((-used, bill, "x"), (used, -bill, "y")):
        with pytest.raises(InputError, match=f"value of {name} is negative"):
            monotonic(x, y, expenditure=True)


@pytest.mark.parametrize(
    ("x", "y", "weight", "expected"),
    [
        ([], [], None, "x and y are empty"),
        ([1, 2], [1], None, "2, 1 and 1 rows"),
        ([1, np.nan], [1, 2], None, "value of x is missing"),
        ([1, 2], [1, np.inf], None, "value of y is missing or infinite"),
        ([1, 2], [1, 2], [1, -1], "weight is negative"),
        ([1, 2], [1, 2], [0, 0], "all are zero"),
    ],
)
def test_what_cannot_be_smoothed_is_refused(x, y, weight, expected):
    with pytest.raises(InputError, match=expected):
        monotonic(x, y, weight)
