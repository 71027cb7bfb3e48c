"""Medians as the R packages compute them; the golden tests compare them with R's own results."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.estimates.margins._r_medians import interpolated_quantiles, r_order


@given(st.lists(st.integers(0, 30), max_size=300))
def test_the_order_sorts_and_loses_nothing(numbers):
    values = np.array(numbers, dtype=float)
    order = r_order(values)
    assert (np.diff(values[order]) >= 0).all()
    assert sorted(order) == list(range(len(values)))


def test_up_to_eleven_numbers_keep_the_order_of_equal_ones_as_r_does():
    # The leftmost piece is split even when short, so that equal numbers change places.
    assert r_order(np.array([2.0, 1.0, 1.0])).tolist() == [2, 1, 0]


def test_between_two_midpoints_the_median_is_interpolated():
    # Midpoints of the cumulative weight at 1/8, 1/2 and 7/8, then at 1/6 and 2/3.
    assert interpolated_quantiles(np.array([[1.0], [2], [4]]), np.array([1.0, 2, 1]), 0.5)[0] == 2
    found = interpolated_quantiles(np.array([[1.0], [2]]), np.array([1.0, 2.0]), 0.5)[0]
    assert found == pytest.approx(1 + (1 / 2 - 1 / 6) / (2 / 3 - 1 / 6))


def test_households_without_weight_do_not_count():
    values = np.array([[1.0], [2], [3], [9]])
    assert interpolated_quantiles(values, np.array([1.0, 1, 1, 0]), 0.5)[0] == 2
    assert np.isnan(interpolated_quantiles(values, np.zeros(4), 0.5)[0])
