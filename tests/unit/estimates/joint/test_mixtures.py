"""What few draws say of bounds: neither too narrow nor too wide."""

import numpy as np
import pytest

from fusion_core.estimates.joint._couplings import largest, smallest
from fusion_core.estimates.joint._mixtures import draws_that_fit, expected_of_counts

BOTH = np.array([[False, False], [False, True]])


def chances(rng, rows):
    """Class probabilities of two answers that depend on a common predictor."""
    size = rng.normal(size=(rows, 3))
    logits = np.array([-0.7, 0.3]) + size[:, :2] + 0.8 * size[:, 2:]
    return 1.0 / (1.0 + np.exp(-logits))


def pairs(shares):
    return np.column_stack([1 - shares, shares])


@pytest.mark.parametrize("draws", [5, 10, 40])
def test_bounds_from_few_draws_are_those_of_the_chances(draws):
    rng = np.random.default_rng(draws)
    chance = chances(rng, 20_000)
    counts = rng.binomial(draws, chance)
    sides = [np.column_stack([draws - counts[:, side], counts[:, side]]) for side in (0, 1)]
    functions = [
        lambda first, second: smallest(BOTH, first, second),
        lambda first, second: largest(BOTH, first, second),
    ]
    lower, upper = expected_of_counts(*sides, functions)
    true = [
        bound(BOTH, pairs(chance[:, 0]), pairs(chance[:, 1])).mean()
        for bound in (smallest, largest)
    ]
    assert lower.mean() == pytest.approx(true[0], abs=0.008)
    assert upper.mean() == pytest.approx(true[1], abs=0.008)
    plugged = [
        bound(BOTH, *(side / draws for side in sides)).mean() for bound in (smallest, largest)
    ]
    width = true[1] - true[0]
    # The share of draws itself gives a range that is too narrow at either end.
    assert plugged[0] > true[0]
    assert plugged[1] < true[1]
    assert upper.mean() - lower.mean() == pytest.approx(width, rel=0.1)


def test_three_kinds_are_looked_at_in_bounded_memory():
    assert draws_that_fit((2, 2), 40) == 40
    assert 5 <= draws_that_fit((4, 4), 40) < 40


def test_a_household_whose_draws_all_agree_is_not_taken_for_certain():
    rng = np.random.default_rng(1)
    counts = rng.binomial(5, 0.9, (5_000, 2))
    sides = [np.column_stack([5 - counts[:, side], counts[:, side]]) for side in (0, 1)]
    [lower] = expected_of_counts(*sides, [lambda one, two: smallest(BOTH, one, two)])
    certain = (counts == 5).all(axis=1)
    assert lower[certain].mean() < 0.95
