"""Weighting steps keep the totals they promise, whatever the sample looks like."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.demo.samples._weighting import adjust_nonresponse, rake, round_weights
from fusion_core.demo.world.people import slot_numbers

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 60)


@given(seeds, sizes, st.integers(1, 4))
def test_nonresponse_adjustment_keeps_the_weight_of_every_cell(seed, count, cells):
    rng = np.random.default_rng(seed)
    cell = rng.integers(0, cells, count)
    responded = rng.random(count) < 0.6
    for group in np.unique(cell):
        responded[np.flatnonzero(cell == group)[0]] = True
    weights = rng.uniform(1, 30, (count, 3))
    adjusted = adjust_nonresponse(weights, responded, cell)
    for group in np.unique(cell):
        before = weights[cell == group].sum(axis=0)
        after = adjusted[cell[responded] == group].sum(axis=0)
        np.testing.assert_allclose(after, before)


@given(seeds, st.integers(20, 80))
def test_raking_meets_the_first_margin_and_keeps_weights_positive(seed, count):
    rng = np.random.default_rng(seed)
    first, second = np.arange(count) % 3, rng.integers(0, 2, count)
    margins = [(first, rng.uniform(50, 150, 3)), (second, rng.uniform(100, 200, 2))]
    raked = rake(rng.uniform(1, 10, (count, 4)), margins)
    assert (raked > 0).all()
    found = np.stack([raked[first == group].sum(axis=0) for group in range(3)])
    np.testing.assert_allclose(found, np.broadcast_to(margins[0][1][:, None], (3, 4)))


@given(seeds, sizes)
def test_rounded_weights_are_whole_and_keep_group_totals(seed, count):
    rng = np.random.default_rng(seed)
    group = np.sort(rng.integers(0, 4, count))
    weights = rng.uniform(2, 30, (count, 3))
    rounded = round_weights(weights, group)
    assert (rounded == np.round(rounded)).all()
    assert (rounded >= 1).all()
    assert np.abs(rounded - weights).max() <= 1.0
    for name in np.unique(group):
        difference = rounded[group == name].sum(axis=0) - weights[group == name].sum(axis=0)
        assert np.abs(difference).max() <= 0.5 + 1e-9


@given(st.lists(st.integers(1, 5), min_size=1, max_size=20))
def test_numbers_within_a_group_count_from_one(lengths):
    group = np.repeat(np.arange(len(lengths)), lengths)
    expected = np.concatenate([np.arange(1, length + 1) for length in lengths])
    assert (slot_numbers(group) == expected).all()
