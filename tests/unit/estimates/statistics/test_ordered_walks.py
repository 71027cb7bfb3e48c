"""Rows are put in order by bits where they can be, and the walks give what definitions give."""

import numpy as np
import pytest

from fusion_core.estimates.statistics._ordered_walks import in_order
from fusion_core.estimates.statistics.quantiles import weighted_quantiles


@pytest.mark.parametrize(
    "values",
    [
        np.array([[3.0, -1.0, 0.0, -7.5, 2.0, 3.0, -0.0]]),
        np.array([[2.0**24 + 1, 2.0**24, 0.1, -0.1]]),
        np.array([[np.inf, 1.0, -np.inf, -1e-40]]),
    ],
    ids=["single precision with ties", "double precision", "infinite and tiny"],
)
def test_order_is_rising(values):
    ordered = in_order(values.T)
    assert sorted(ordered.order[0]) == list(range(values.shape[1]))
    found = values[0][ordered.order[0]]
    np.testing.assert_array_equal(found, np.sort(values[0]))


def test_no_answer_comes_last():
    ordered = in_order(np.array([[2.0], [np.nan], [1.0]]))
    assert ordered.order[0].tolist() == [2, 0, 1]
    assert ordered.answered.tolist() == [2]


def first_to_reach(values, weights, probability):
    """The definition, household by household, where no mark is reached exactly."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return values[order][np.flatnonzero(reached >= probability * weights.sum())[0]]


@pytest.mark.parametrize("lowest", [0.5, -0.2], ids=["positive weights", "negative ones too"])
def test_every_replicate_finds_the_first_household_to_reach_its_mark(lowest):
    draw = np.random.default_rng(3)
    values, weights = draw.gamma(1, 50, (200, 3)), draw.uniform(lowest, 2, (200, 30))
    found = weighted_quantiles(values, weights, 0.3)
    expected = [[first_to_reach(x, w, 0.3) for x in values.T] for w in weights.T]
    np.testing.assert_array_equal(found, expected)
