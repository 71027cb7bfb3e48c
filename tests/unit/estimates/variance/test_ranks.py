"""Ranks that estimates may have."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion_core.estimates.variance import JointError, rank_sets


def joint_error(areas: int, *, shared=0.0, own=0.0, donor=0.0, gap=0.0, seed=1) -> JointError:
    """Sixty movements of equal size, a donor that moves all alike, and errors of one's own."""
    rng = np.random.default_rng(seed)
    return JointError(
        shared * rng.standard_normal((areas, 60)) / np.sqrt(60.0),
        ((np.full((areas, 5), donor / np.sqrt(5.0)), gap * np.arange(areas, dtype=float)),),
        np.full(areas, own**2),
        np.full(areas, np.inf),
    )


def test_without_error_every_rank_is_known():
    sets = rank_sets(np.array([3.0, 1.0, 2.0, 2.0]), joint_error(4, own=1e-9))
    assert sets.rank.tolist() == [1, 4, 2, 2]
    assert sets.best.tolist()[:2] == [1, 4]
    assert sets.worst.tolist()[:2] == [1, 4]
    # Two that are equal may be in either order.
    assert sets.best.tolist()[2:] == [2, 2]
    assert sets.worst.tolist()[2:] == [3, 3]


def test_with_much_error_every_rank_is_possible():
    sets = rank_sets(np.array([3.0, 1.0, 2.0]), joint_error(3, own=50.0))
    assert sets.best.tolist() == [1, 1, 1]
    assert sets.worst.tolist() == [3, 3, 3]
    assert sets.may_be_among(1).all()
    assert not sets.surely_among(2).any()


def test_what_moves_all_areas_alike_blurs_no_rank():
    estimates = np.arange(6, dtype=float)
    sure = rank_sets(estimates, joint_error(6, own=0.05))
    moved = rank_sets(estimates, joint_error(6, own=0.05, donor=100.0))
    np.testing.assert_array_equal(moved.best, sure.best)
    np.testing.assert_array_equal(moved.worst, sure.worst)


def test_bias_that_differs_between_areas_blurs_ranks():
    estimates = np.arange(6, dtype=float)
    sure = rank_sets(estimates, joint_error(6, own=0.05))
    blurred = rank_sets(estimates, joint_error(6, own=0.05, gap=5.0))
    assert (blurred.worst - blurred.best).sum() > (sure.worst - sure.best).sum()


def test_an_area_without_an_estimate_has_no_rank():
    sets = rank_sets(np.array([3.0, np.nan, 2.0]), joint_error(3, own=0.01))
    assert sets.rank.tolist() == [1, 0, 2]
    assert not sets.may_be_among(3)[1]


def test_an_area_without_a_margin_may_have_any_rank():
    error = joint_error(3, own=0.01)
    error.own[1] = np.nan
    sets = rank_sets(np.array([3.0, 2.5, 2.0]), error)
    assert (sets.best[1], sets.worst[1]) == (1, 3)
    # And nobody else can be sure of standing before or behind it.
    assert (sets.best[0], sets.worst[0]) == (1, 2)
    assert (sets.best[2], sets.worst[2]) == (2, 3)


def test_the_same_question_has_the_same_answer():
    estimates = np.random.default_rng(3).normal(size=30)
    first, second = (rank_sets(estimates, joint_error(30, shared=0.5)) for _ in range(2))
    np.testing.assert_array_equal(first.worst, second.worst)
    np.testing.assert_array_equal(first.largest, second.largest)


def test_a_chosen_pair_is_less_unusual_than_one_named_before():
    sets = rank_sets(np.random.default_rng(3).normal(size=30), joint_error(30, own=0.5))
    assert sets.adjusted(0.001) > 0.05
    assert sets.adjusted(1e-12) < 0.01
    assert sets.adjusted(0.7) >= 0.7


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=25), st.floats(0.001, 3), st.integers(0, 5))
@settings(max_examples=40)
def test_the_rank_of_the_estimate_is_always_possible(estimates, own, seed):
    values = np.array(estimates)
    sets = rank_sets(values, joint_error(len(values), shared=0.5, own=own, seed=seed))
    assert (sets.best <= sets.rank).all()
    assert (sets.rank <= sets.worst).all()
    assert (sets.best >= 1).all()
    assert (sets.worst <= len(values)).all()


@pytest.mark.parametrize("shared", [0.0, 0.8])
@pytest.mark.parametrize("few_weights", [False, True])
def test_all_true_ranks_lie_within_their_bounds_as_often_as_promised(shared, few_weights):
    """Simulated surveys with estimated variances, as replicate weights give them."""
    rng = np.random.default_rng(5)
    areas, replicates, trials = 25, 30 if few_weights else 80, 120
    truth = np.sort(rng.normal(0.0, 0.6, areas))[::-1]
    ranks = np.arange(1, areas + 1)
    held = 0
    for trial in range(trials):
        common = shared * rng.standard_normal((1, replicates))
        moved = (common + 0.5 * rng.standard_normal((areas, replicates))) / np.sqrt(replicates)
        # The error is drawn from the true covariance, the bounds know an estimate of it.
        noise = shared * rng.standard_normal() + 0.5 * rng.standard_normal(areas)
        error = JointError(
            moved,
            (),
            np.zeros(areas),
            np.full(areas, float(replicates)),
        )
        sets = rank_sets(truth + noise, error, confidence=0.90, seed=trial)
        held += bool(((sets.best <= ranks) & (ranks <= sets.worst)).all())
    assert held / trials >= 0.82
