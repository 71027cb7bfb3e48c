"""Two variables on one map: which class, and where it is uncertain in either."""

import numpy as np
import pytest

from fusion_core.estimates.margins import class_doubt, two_way_classes

EDGES = np.array([0.0, 4.0, 8.0, 12.0])


def test_an_area_is_in_a_class_of_each_variable():
    small = np.full(3, 0.01)
    found = two_way_classes(
        (np.array([1.0, 5.0, 11.0]), small, EDGES), (np.array([9.0, 1.0, 5.0]), small, EDGES)
    )
    assert found.first.tolist() == [0, 1, 2]
    assert found.second.tolist() == [2, 0, 1]
    assert not found.unsure.any()
    assert found.counts(0, 2) == (1, 1)
    assert found.expected == pytest.approx(0.0, abs=1e-9)


def test_an_area_is_unsure_where_either_variable_is():
    values = np.full(4, 6.0)
    first = np.array([0.1, 2.0, 0.1, np.nan])
    second = np.array([0.1, 0.1, 2.0, 0.1])
    found = two_way_classes((values, first, EDGES), (values, second, EDGES))
    assert found.unsure.tolist() == [False, True, True, True]
    assert found.unsure_first.tolist() == [False, True, False, True]
    assert found.counts(1, 1) == (4, 1)


def test_an_area_that_lacks_one_estimate_has_no_class():
    values = np.array([6.0, np.nan])
    found = two_way_classes((values, np.ones(2), EDGES), (np.full(2, 6.0), np.ones(2), EDGES))
    assert found.first.tolist() == found.second.tolist() == [1, -1]
    assert found.shown.tolist() == [True, False]
    assert not found.unsure[1]


def test_the_expected_share_is_that_of_either_variable():
    at_break, error = np.array([4.0]), np.array([0.1])
    found = two_way_classes((at_break, error, EDGES), (at_break, error, EDGES))
    alone = class_doubt(at_break, error, EDGES)
    assert found.expected == pytest.approx(1 - (1 - alone.expected) ** 2)


def test_sure_in_both_holds_with_ninety_per_cent():
    """Estimates of many worlds: where a map says surely, the truth is in that cell."""
    generator = np.random.default_rng(4)
    truth = generator.uniform(0, 12, (2, 4000))
    error = generator.uniform(0.2, 2.0, (2, 4000))
    seen = truth + generator.normal(size=truth.shape) * error
    found = two_way_classes((seen[0], error[0], EDGES), (seen[1], error[1], EDGES))
    cells = [np.searchsorted(EDGES[1:-1], row, side="right") for row in truth]
    sure = ~found.unsure
    right = (found.first == cells[0]) & (found.second == cells[1])
    assert right[sure].mean() > 0.90


def test_without_margins_everything_is_unsure_and_nothing_is_expected():
    values, unknown = np.array([1.0, 6.0]), np.full(2, np.nan)
    found = two_way_classes((values, unknown, EDGES), (values, unknown, EDGES))
    assert found.unsure.all()
    assert np.isnan(found.expected)
    assert found.sentence == "2 of 2 areas may belong to another class of either variable"
