"""Bounds of an event over two answers of which only the margins are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from fusion_core.estimates.joint._couplings import largest, merged, smallest

BOTH = np.array([[False, False], [False, True]])


@pytest.mark.parametrize(("first", "second"), [(0.3, 0.4), (0.7, 0.6), (0.0, 0.5), (1.0, 1.0)])
def test_both_lies_between_the_bounds_of_frechet_and_hoeffding(first, second):
    given_both = BOTH, np.array([[1 - first, first]]), np.array([[1 - second, second]])
    assert smallest(*given_both)[0] == pytest.approx(max(0.0, first + second - 1.0))
    assert largest(*given_both)[0] == pytest.approx(min(first, second))


@settings(max_examples=60, deadline=None)
@given(
    truth=arrays(bool, st.tuples(st.integers(2, 3), st.integers(2, 4))),
    weights=st.lists(st.integers(1, 20), min_size=7, max_size=7),
)
def test_bounds_are_those_of_all_joint_distributions(truth, weights):
    rows, columns = truth.shape
    first = np.array(weights[:rows], dtype=float) / sum(weights[:rows])
    second = np.array(weights[3 : 3 + columns], dtype=float) / sum(weights[3 : 3 + columns])
    margins = [np.kron(np.eye(rows), np.ones(columns)), np.kron(np.ones(rows), np.eye(columns))]
    for sign, bound in ((1.0, smallest), (-1.0, largest)):
        solved = linprog(
            sign * truth.ravel().astype(float),
            A_eq=np.vstack(margins),
            b_eq=np.concatenate([first, second]),
        )
        found = bound(truth, first[None], second[None])[0]
        assert found == pytest.approx(sign * solved.fun, abs=1e-7)


def test_kinds_that_say_the_same_are_one():
    truth = np.array([[False, True, True], [False, True, True], [True, True, True]])
    found = merged(truth)
    assert found.truth.shape == (2, 2)
    assert found.truth[found.first][:, found.second].tolist() == truth.tolist()
