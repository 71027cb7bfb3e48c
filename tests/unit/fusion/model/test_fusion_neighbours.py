"""Donor lists: the scale, the choice of k and the draw follow the published formulas."""

import numpy as np
import pytest
from scipy.stats import norm

from fusion_core.fusion import TrainSettings
from fusion_core.fusion.model.neighbours import (
    DonorPool,
    ExpectationScale,
    choose_k,
    enough_donors,
    fixed_k_pool,
    variable_k_pool,
)

SMALLEST = TrainSettings(
    quantiles=(0.25, 0.5, 0.75), method="variable-k", minimum_neighbours=3, neighbours=30
)


def test_the_scale_puts_the_median_at_one_half_and_three_deviations_at_the_ends():
    column = np.random.default_rng(0).normal(50, 7, 1001)[:, None]
    scale = ExpectationScale.fit(column, is_probability=np.array([False]), weight=np.ones(1))
    median = np.median(column)
    mad = 1.4826 * np.median(np.abs(column - median))
    q = norm.ppf(0.001)
    expected = ((column - median) / mad - q) / (-2 * q)
    assert scale.apply(column) == pytest.approx(expected, abs=1e-5)
    assert scale.apply(np.array([[median]])) == pytest.approx(0.5)
    assert scale.invert(scale.apply(column)) == pytest.approx(column)


def test_probabilities_keep_their_scale_and_a_constant_column_does_no_harm():
    columns = np.column_stack([np.linspace(0, 1, 9), np.full(9, 4.0), [0.0] * 8 + [9.0]])
    scale = ExpectationScale.fit(
        columns, is_probability=np.array([True, False, False]), weight=np.array([2.0, 1.0, 1.0])
    )
    scaled = scale.apply(columns)
    assert scaled[:, 0] == pytest.approx(2 * columns[:, 0])
    assert scaled[:, 1] == pytest.approx(0.5)
    assert scale.spread[2] == pytest.approx(columns[:, 2].std())


def error_of(k: int, values, weights, predicted, settings) -> float:
    """Δ of the first k neighbours, written as the formula is."""
    x, w = values[:k], weights[:k]
    mean, *quantiles = predicted
    p = settings.quantiles
    sigma = (quantiles[-1] - quantiles[0]) / (norm.ppf(p[-1]) - norm.ppf(p[0]))
    centre = np.average(x, weights=w)
    error = 1 - norm.pdf((centre - mean) / sigma) / norm.pdf(0)
    for quantile, probability in zip(quantiles, p, strict=True):
        share = w[x <= quantile].sum() / w.sum()
        error += abs(share - probability) / max(probability, 1 - probability)
    return error


@pytest.mark.parametrize("seed", range(8))
def test_k_has_the_smallest_error_of_mean_and_quantiles(seed):
    draw = np.random.default_rng(seed)
    values, weights = draw.gamma(2, 3, (1, 30)), draw.gamma(3, 1, (1, 30))
    predicted = np.concatenate([[5.5], np.sort(draw.gamma(2, 3, 3))])[None, :]
    errors = [error_of(k, values[0], weights[0], predicted[0], SMALLEST) for k in range(3, 31)]
    assert choose_k(values, weights, predicted, SMALLEST)[0] == 3 + int(np.argmin(errors))


def test_the_smoothed_rule_takes_the_smallest_k_near_the_best_mean_of_five():
    draw = np.random.default_rng(1)
    settings = SMALLEST.replace(method="variable-k-smoothed")
    values, weights = draw.gamma(2, 3, (1, 30)), np.ones((1, 30))
    predicted = np.array([[6.0, 3.0, 5.0, 8.0]])
    errors = np.array(
        [error_of(k, values[0], weights[0], predicted[0], SMALLEST) for k in range(3, 31)]
    )
    padded = np.pad(errors, 2, mode="edge")
    smooth = np.array([padded[i : i + 5].mean() for i in range(len(errors))])
    expected = 3 + int(np.flatnonzero(smooth <= 1.05 * smooth.min())[0])
    assert choose_k(values, weights, predicted, settings)[0] == expected


def test_crossed_into_one_quantiles_and_a_single_quantile_leave_a_usable_error():
    values, weights = np.arange(30.0)[None, :], np.ones((1, 30))
    flat = choose_k(values, weights, np.array([[5.0, 5.0, 5.0, 5.0]]), SMALLEST)
    single = choose_k(values, weights, np.array([[5.0, 5.0]]), SMALLEST.replace(quantiles=(0.5,)))
    assert 3 <= flat[0] <= 30
    assert 3 <= single[0] <= 30


def pool_of(lists: list[list[int]], weights: list[float]) -> DonorPool:
    scale = ExpectationScale(np.zeros(1), np.ones(1), np.ones(1))
    points = np.arange(len(lists), dtype=float)[:, None]
    return DonorPool.build(scale, points, [np.array(item) for item in lists], np.array(weights))


def test_a_draw_has_probability_proportional_to_weight_within_the_list():
    pool = pool_of([[0, 1], [2, 3, 4]], [1.0, 3.0, 2.0, 0.0, 6.0])
    uniforms = (np.arange(4000) + 0.5) / 4000
    first = pool.draw(np.zeros(4000, dtype=int), uniforms)
    second = pool.draw(np.ones(4000, dtype=int), uniforms)
    assert np.bincount(first, minlength=5) == pytest.approx([1000, 3000, 0, 0, 0], abs=1)
    assert np.bincount(second, minlength=5) == pytest.approx([0, 0, 1000, 0, 3000], abs=1)


def test_the_extreme_uniforms_stay_inside_the_list():
    pool = pool_of([[5], [2, 3], [1]], [1.0] * 6)
    edges = np.array([0.0, np.nextafter(1.0, 0.0)])
    assert list(pool.draw(np.array([1, 1]), edges)) == [2, 3]
    assert list(pool.draw(np.array([2, 2]), edges)) == [1, 1]


def test_every_distinct_donor_is_a_centre_until_there_are_too_many():
    draw = np.random.default_rng(0)
    values = draw.gamma(2, 3, 300)
    expectations = values[:, None] + np.array([0.0, -2.0, 0.0, 2.0])
    donors = np.arange(300, dtype=np.int32)
    options = {"weights": np.ones(300), "donors": donors, "seed": 1}
    exact = variable_k_pool(expectations, values, settings=SMALLEST.replace(centres=300), **options)
    fewer = variable_k_pool(expectations, values, settings=SMALLEST.replace(centres=40), **options)
    assert len(exact.points) == 300
    assert len(fewer.points) == 40
    assert exact.nearest(expectations[:5]).shape == (5,)
    for pool in (exact, fewer):
        assert pool.sizes().min() >= 3
        assert pool.sizes().max() <= 30


def test_a_fixed_k_pool_lists_the_nearest_donors():
    expectations = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]])
    pool = fixed_k_pool(
        expectations,
        np.ones(6),
        np.arange(10, 16, dtype=np.int32),
        TrainSettings(block_neighbours=3),
        is_probability=np.array([False]),
        column_weight=np.ones(1),
        seed=0,
    )
    centre = pool.nearest(np.array([[5.3]]))[0]
    listed = pool.donors[pool.offsets[centre] : pool.offsets[centre + 1]]
    assert set(listed) == {13, 14, 15}


def test_fewer_donors_than_neighbours_are_all_listed():
    pool = fixed_k_pool(
        np.array([[0.0], [1.0]]),
        np.ones(2),
        np.arange(2, dtype=np.int32),
        TrainSettings(),
        is_probability=np.array([False]),
        column_weight=np.ones(1),
        seed=0,
    )
    assert list(pool.sizes()) == [2, 2]


def test_more_donors_are_enough_where_weights_are_unequal():
    equal, unequal = np.ones(50), np.array([1.0, 9.0] * 25)
    settings = TrainSettings(neighbours=12)
    assert enough_donors(10, equal, TrainSettings()) == 10
    assert enough_donors(10, unequal, TrainSettings()) == 16
    assert enough_donors(10, unequal, settings) == 12, "never more than there may be neighbours"
    assert enough_donors(10, unequal, settings.replace(method="variable-k")) == 10, "as published"


def test_draws_keep_the_weighted_mean_where_heavy_donors_differ():
    draw = np.random.default_rng(8)
    heavy = draw.random(6000) < 0.1
    weights, values = np.where(heavy, 20.0, 1.0), draw.normal(np.where(heavy, 1.0, 2.0), 0.3)
    place = draw.random((6000, 1))
    off = []
    for method in ("variable-k", "out-of-fold"):
        settings = TrainSettings(method=method, block_neighbours=10)
        pool = fixed_k_pool(
            place,
            weights,
            np.arange(6000, dtype=np.int32),
            settings,
            is_probability=np.zeros(1, dtype=bool),
            column_weight=np.ones(1),
            seed=1,
        )
        drawn = values[pool.pick(place[:, None], draw.random((6000, 20)))]
        off.append(abs(np.average(drawn.mean(axis=1)) - np.average(values, weights=weights)))
    assert off[1] < 0.4 * off[0]
