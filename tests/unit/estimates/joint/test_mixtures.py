"""What few draws say of bounds: neither too narrow nor too wide."""

import numpy as np
import pytest

from fusion_core.estimates.joint._couplings import largest, smallest
from fusion_core.estimates.joint._mixtures import Mixture, draws_that_fit

BOTH = np.array([[False, False], [False, True]])


def chances(rng, rows):
    """Class probabilities of two answers that depend on a common predictor."""
    size = rng.normal(size=(rows, 3))
    logits = np.array([-0.7, 0.3]) + size[:, :2] + 0.8 * size[:, 2:]
    return 1.0 / (1.0 + np.exp(-logits))


def pairs(shares):
    return np.column_stack([1 - shares, shares])


FUNCTIONS = [
    lambda first, second: smallest(BOTH, first, second),
    lambda first, second: largest(BOTH, first, second),
]


def sides_of(counts, draws):
    return [np.column_stack([draws - counts[:, side], counts[:, side]]) for side in (0, 1)]


def group_means(counts, draws, group, count):
    mixture = Mixture.of(*sides_of(counts, draws))
    return mixture.means(mixture.shares(group, count, np.ones(len(counts))), FUNCTIONS)


@pytest.mark.parametrize("draws", [5, 10, 20])
def test_bounds_from_few_draws_are_those_of_the_chances(draws):
    rng = np.random.default_rng(draws)
    chance = chances(rng, 20_000)
    counts = rng.binomial(draws, chance)
    lower, upper = group_means(counts, draws, np.zeros(20_000, dtype=int), 1)
    both = pairs(chance[:, 0]), pairs(chance[:, 1])
    true = [bound(BOTH, *both).mean() for bound in (smallest, largest)]
    assert lower[0] == pytest.approx(true[0], abs=0.008)
    assert upper[0] == pytest.approx(true[1], abs=0.008)
    shares = [side / draws for side in sides_of(counts, draws)]
    plugged = [bound(BOTH, *shares).mean() for bound in (smallest, largest)]
    # The share of draws itself gives a range that is too narrow at either end.
    assert plugged[0] > true[0]
    assert plugged[1] < true[1]


def test_groups_have_bounds_of_their_own_and_are_not_drawn_to_the_mean():
    rng = np.random.default_rng(3)
    group = rng.integers(0, 40, 40_000)
    moved = rng.normal(0, 0.6, 40)[group]
    logits = np.array([-0.9, -0.4]) + 0.8 * rng.normal(size=(40_000, 2)) + moved[:, None]
    chance = 1.0 / (1.0 + np.exp(-logits))
    found = group_means(rng.binomial(10, chance), 10, group, 40)
    for function, means in zip(FUNCTIONS, found, strict=True):
        values = function(pairs(chance[:, 0]), pairs(chance[:, 1]))
        true = np.array([values[group == number].mean() for number in range(40)])
        assert np.polyfit(true, means, 1)[0] == pytest.approx(1.0, abs=0.12)
        assert np.abs(means - true).max() < 0.03


def test_many_kinds_are_looked_at_in_bounded_memory():
    assert draws_that_fit((2, 2), 40) == 20
    assert 5 <= draws_that_fit((4, 4), 40) < 20


def test_a_household_whose_draws_all_agree_is_not_taken_for_certain():
    rng = np.random.default_rng(1)
    counts = rng.binomial(5, 0.9, (5_000, 2))
    certain = (counts == 5).all(axis=1)
    lower, _ = group_means(counts, 5, np.where(certain, 0, -1), 1)
    assert lower[0] < 1.0
    whole, _ = group_means(counts, 5, np.zeros(5_000, dtype=int), 1)
    assert whole[0] == pytest.approx(0.8, abs=0.02)
