"""Distributions are shown in bins a person would choose."""

import numpy as np
import pytest

from fusion_core.validation.internal.distributions import BINS, _edges


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (3700.0, 530.0), (0.002, -0.01)])
def test_inner_edges_are_round_and_the_outer_ones_hold_every_value(scale, shift):
    values = shift + scale * np.random.default_rng(1).gamma(2.0, 1.0, 2000)
    edges = _edges(values)
    assert edges[0] == values.min()
    assert edges[-1] == values.max()
    assert (np.diff(edges) > 0).all()
    assert 5 <= len(edges) - 1 <= BINS + 2
    step = edges[2] - edges[1]
    digits = step / 10 ** np.floor(np.log10(step))
    assert min(abs(digits - nice) for nice in (1, 2, 2.5, 5, 10)) < 1e-6
    assert np.allclose(edges[1:-1] / step, np.round(edges[1:-1] / step))


def test_a_constant_has_one_bin():
    assert list(_edges(np.full(10, 3.0))) == [2.5, 3.5]
