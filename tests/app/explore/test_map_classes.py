"""Areas get classes that cover them all, lose none and hold for odd data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.errors import InputError
from harmony_app.explore.view.classes import (
    NO_CLASS,
    class_edges,
    classify,
    natural_breaks,
    parse_breaks,
)

values = st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=0, max_size=60).map(
    lambda v: np.array(v, dtype=float)
)


@given(values, st.sampled_from(["quantile", "equal", "natural", "manual"]), st.integers(2, 9))
def test_every_value_has_a_class_and_only_a_missing_one_has_none(data, method, classes):
    edges = class_edges(data, method, classes, (0.0, 10.0))
    codes = classify(data, edges)
    assert np.array_equal(codes == NO_CLASS, ~np.isfinite(data))
    present = codes[codes >= 0]
    if len(present):
        assert present.max() < len(edges) - 1 <= max(classes, 3)
        low, high = edges[codes[codes >= 0]], edges[codes[codes >= 0] + 1]
        assert ((data[codes >= 0] >= low) & (data[codes >= 0] <= high)).all()


def test_quantiles_hold_equally_many_areas():
    codes = classify(np.arange(100.0), class_edges(np.arange(100.0), "quantile", 5))
    assert np.bincount(codes).tolist() == [20] * 5


def test_equal_steps_have_equal_width():
    edges = class_edges(np.array([0.0, 1.0, 10.0]), "equal", 5)
    assert edges == pytest.approx([0, 2, 4, 6, 8, 10])


def test_natural_gaps_are_found():
    data = np.array([1, 2, 3, 50, 51, 52, 100, 101.0])
    assert natural_breaks(np.sort(data), 3) == [50, 100]


def test_natural_breaks_minimise_the_spread_within_classes():
    data = np.sort(np.random.default_rng(3).lognormal(size=14))

    def spread(breaks):
        codes = np.searchsorted(breaks, data, side="right")
        return sum(((data[codes == c] - data[codes == c].mean()) ** 2).sum() for c in range(3))

    best = min(
        spread([data[i], data[j]]) for i in range(1, len(data)) for j in range(i + 1, len(data))
    )
    assert spread(natural_breaks(data, 3)) == pytest.approx(best)


def test_natural_breaks_of_a_national_map_are_quick_and_close():
    data = np.sort(np.random.default_rng(1).normal(size=2351))
    assert np.abs(natural_breaks(data, 2)[0] - np.median(data)) < 0.15


def test_own_breaks_outside_the_data_are_dropped():
    edges = class_edges(np.array([0.0, 1.0]), "manual", 5, (-5.0, 0.5, 7.0))
    assert edges.tolist() == [0, 0.5, 1]


def test_breaks_are_typed_in_percent():
    assert parse_breaks("1; 3 %, 8.5", scale=0.01) == pytest.approx((0.01, 0.03, 0.085))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("5, ten", "'ten' is not a number"),
        ("nan", "no place for a break"),
        ("1 2 3 4 5 6 7 8 9", "9 breaks"),
    ],
)
def test_bad_breaks_are_named(text, problem):
    with pytest.raises(InputError, match=problem):
        parse_breaks(text)
