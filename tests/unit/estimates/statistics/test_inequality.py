"""The Gini coefficient against its definition, and its variance against repeated samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic, analyze
from fusion_core.estimates.statistics._inequality import gini_variance, weighted_gini
from fusion_core.fusion import FusedVariable, Implicates

GINI = Statistic("gini", "income")


def by_definition(x, w):
    """Half the relative mean absolute difference of two households."""
    gaps = np.abs(x[:, None] - x[None, :])
    return (w[:, None] * w[None, :] * gaps).sum() / (2 * w.sum() * (w * x).sum())


@pytest.mark.parametrize("seed", range(4))
def test_it_is_half_the_relative_mean_difference(seed):
    draw = np.random.default_rng(seed)
    values = np.column_stack([draw.gamma(1, 50, 60).round(-1), draw.lognormal(3, 1, 60)])
    weights = draw.uniform(0, 3, (60, 3))
    found = weighted_gini(values, weights)
    expected = [[by_definition(x, w) for x in values.T] for w in weights.T]
    assert found == pytest.approx(np.array(expected))


def test_equality_is_0_and_one_owner_among_many_is_near_1():
    everything = np.zeros((1000, 1))
    everything[0] = 5.0
    assert weighted_gini(np.full((10, 1), 7.0), np.ones((10, 1))) == pytest.approx(0)
    assert weighted_gini(everything, np.ones((1000, 1)))[0, 0] == pytest.approx(0.999)


def test_no_answer_is_left_out_and_no_positive_mean_is_undefined():
    values = np.array([[1.0], [3.0], [np.nan]])
    assert weighted_gini(values, np.ones((3, 1)))[0, 0] == pytest.approx(0.25)
    assert np.isnan(weighted_gini(-values, np.ones((3, 1)))[0, 0])
    assert np.isnan(weighted_gini(np.full((3, 1), np.nan), np.ones((3, 1)))[0, 0])


def test_its_linearized_variance_is_that_of_repeated_samples():
    draw = np.random.default_rng(1)
    samples = draw.lognormal(3, 0.8, (400, 500))
    weight = np.ones(500)
    estimates = np.array([weighted_gini(x[:, None], weight[:, None])[0, 0] for x in samples])
    variances = np.array([gini_variance(x[:, None], weight)[0] for x in samples])
    assert variances.mean() == pytest.approx(estimates.var(), rel=0.25)


def test_it_is_estimated_per_group_and_refused_for_levels():
    draw = np.random.default_rng(2)
    income = np.concatenate([np.full((50, 3), 40.0), draw.lognormal(3, 1, (50, 3))])
    implicates = Implicates(
        {
            "income": FusedVariable("income", income),
            "fuel": FusedVariable("fuel", np.zeros((100, 3), dtype=np.int8), ("gas",)),
        }
    )
    table = pd.DataFrame({"puma": ["a"] * 50 + ["b"] * 50, "weight": 1.0})
    found = analyze(implicates, GINI, by="puma", recipient=table).set_index("puma")
    assert found.loc["a", "estimate"] == pytest.approx(0)
    assert 0.4 < found.loc["b", "estimate"] < 0.7
    assert found.loc["b", "moe"] > 0
    with pytest.raises(InputError, match="has levels, not numbers, so it has no gini"):
        analyze(implicates, Statistic("gini", "fuel"), recipient=table)
    with pytest.raises(InputError, match="no formula for a Gini"):
        analyze(implicates, GINI, recipient=table, method="paper")


def test_its_short_form_and_its_label():
    assert Statistic.parse("gini:income") == GINI
    assert GINI.label == "Gini coefficient of income"
