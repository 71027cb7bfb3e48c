import numpy as np
import pytest

from fusion_core.estimates.statistics.quantiles import (
    effective_sample_size,
    quantiles_by_woodruff,
    quantiles_of_draws,
    weighted_quantiles,
)


def one(values, weights, probability=0.5):
    column = np.array(values, dtype=float)[:, None]
    return weighted_quantiles(column, np.array(weights, dtype=float)[:, None], probability)[0, 0]


def test_equal_weights_give_the_usual_median():
    assert one([5, 1, 3], [1, 1, 1]) == 3
    assert one([5, 1, 3, 4], [1, 1, 1, 1]) == 3.5


def test_a_heavy_value_pulls_the_median():
    assert one([1, 2, 3], [1, 1, 10]) == 3


def test_values_without_weight_do_not_count():
    assert one([1, 2, 3, 100], [1, 0, 1, 0]) == 2
    assert one([1, 2, 3, 4], [1, 0, 0, 1]) == 2.5


def test_values_without_an_answer_do_not_count():
    assert one([1, np.nan, 3, 2], [1, 9, 1, 1]) == 2


def test_nothing_to_estimate_from_gives_no_number():
    assert np.isnan(one([1, 2], [0, 0]))
    assert np.isnan(one([np.nan], [1]))


def test_a_negative_replicate_weight_does_not_break_it():
    assert one([1, 2, 3, 4], [5, -1, 5, 5]) == 3


def test_every_weight_column_and_implicate_is_answered():
    values = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    weights = np.array([[1.0, 10.0], [1.0, 1.0], [1.0, 1.0]])
    assert weighted_quantiles(values, weights, 0.5).tolist() == [[2.0, 20.0], [1.0, 10.0]]


def test_woodruffs_variance_matches_theory_for_a_normal_sample():
    values = np.random.default_rng(5).normal(size=(4000, 20))
    variance = quantiles_by_woodruff(values, np.ones(4000), 0.5)[1].mean()
    assert variance == pytest.approx(np.pi / 2 / 4000, rel=0.1)


def test_unequal_weights_reduce_the_effective_sample():
    assert effective_sample_size(np.ones(7)) == pytest.approx(7)
    assert effective_sample_size(np.array([1.0, 0.0, 0.0])) == 1


@pytest.mark.parametrize("probability", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("rounded", [False, True])
def test_many_weights_give_what_each_alone_gives(probability, rounded):
    generator = np.random.default_rng(17)
    values = generator.gamma(1.0, 10.0, (300, 4))
    values = values.round() if rounded else values
    weights = generator.integers(1, 100, (300, 1)) * generator.choice([0.0, 0.3, 1.7], (300, 20))
    together = weighted_quantiles(values, weights, probability)
    for column in range(20):
        alone = weighted_quantiles(values, weights[:, [column]], probability)[0]
        np.testing.assert_array_equal(together[column], alone)


def test_replicates_far_from_the_full_sample_are_found_too():
    values = np.arange(200, dtype=float)[:, None]
    weights = np.ones((200, 10))
    weights[:180, 3] = 0.0
    weights[20:, 4] = 0.0
    found = weighted_quantiles(values, weights, 0.5)[:, 0]
    assert found[3] == 189.5
    assert found[4] == 9.5
    assert set(np.delete(found, [3, 4])) == {99.5}


@pytest.mark.parametrize("seed", range(20))
def test_draws_taken_together_are_one_long_column(seed):
    draw = np.random.default_rng(seed)
    draws = (
        draw.gamma(0.2, 50, (40, 5)) if seed % 2 else draw.integers(-2, 3, (40, 5)).astype(float)
    )
    draws[draw.random((40, 5)) < 0.1] = np.nan
    weight = draw.integers(0, 4, 40).astype(float)
    column, mass = draws.T.reshape(-1, 1), np.tile(weight, 5)[:, None]
    probabilities = [0.1, 0.5, 0.75]
    expected = [weighted_quantiles(column, mass, p)[0, 0] for p in probabilities]
    assert quantiles_of_draws(draws, weight, probabilities) == expected


def test_no_draw_or_no_weight_has_no_quantile():
    assert np.isnan(quantiles_of_draws(np.full((2, 3), np.nan), np.ones(2), [0.5])).all()
    assert np.isnan(quantiles_of_draws(np.ones((2, 3)), np.zeros(2), [0.5])).all()


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_woodruffs_interval_ends_at_quantiles_of_the_same_values(missing):
    generator = np.random.default_rng(11)
    values = generator.gamma(1.0, 10.0, (500, 6)).round(1)
    values[generator.random(values.shape) < missing] = np.nan
    weight = generator.integers(1, 9, 500).astype(float)
    found, variances = quantiles_by_woodruff(values, weight, 0.3)
    for place, column in enumerate(values.T):
        known = ~np.isnan(column)
        size = effective_sample_size(weight[known])
        step = np.sqrt(0.3 * 0.7 / size)
        ends = [
            weighted_quantiles(column[:, None], weight[:, None], end)[0, 0]
            for end in (0.3 - step, 0.3, 0.3 + step)
        ]
        assert found[place] == ends[1]
        assert variances[place] == pytest.approx(((ends[2] - ends[0]) / 2) ** 2)


def test_no_rows_have_no_quantile():
    found, variances = quantiles_by_woodruff(np.empty((0, 3)), np.empty(0), 0.5)
    assert np.isnan(found).all()
    assert np.isnan(variances).all()
