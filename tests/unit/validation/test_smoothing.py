import numpy as np

from fusion_core.validation.internal._smoothing import curve_shares, local_median


def test_a_straight_line_on_the_square_root_axis_is_kept():
    shares = np.linspace(0.01, 0.8, 60)
    values = 0.3 - 0.2 * np.sqrt(shares)
    found = local_median(shares, values, shares)
    np.testing.assert_allclose(found, values, atol=1e-3)


def test_a_few_wild_values_change_little():
    generator = np.random.default_rng(1)
    shares = generator.uniform(0.01, 0.8, 300)
    values = 0.1 + generator.normal(0, 0.01, 300)
    wild = values.copy()
    wild[::10] = 50.0
    at = curve_shares(shares)
    assert np.abs(local_median(shares, wild, at) - 0.1).max() < 0.02


def test_the_median_of_a_skewed_metric_is_shown_not_its_mean():
    generator = np.random.default_rng(2)
    shares = generator.uniform(0.01, 0.8, 2000)
    values = generator.lognormal(0, 1, 2000)
    found = local_median(shares, values, curve_shares(shares))
    assert abs(np.median(found) - 1.0) < 0.15


def test_missing_metrics_are_ignored():
    shares = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    values = np.array([1.0, np.nan, 1.0, 1.0, np.nan, 1.0])
    np.testing.assert_allclose(local_median(shares, values, shares), 1.0)
    assert np.isnan(local_median(shares, np.full(6, np.nan), shares)).all()


def test_one_subset_gives_a_flat_curve():
    found = local_median(np.array([0.3]), np.array([0.2]), np.array([0.3, 0.3]))
    np.testing.assert_allclose(found, 0.2)


def test_shares_of_a_curve_span_the_subsets():
    at = curve_shares(np.array([0.04, 0.25]), 5)
    np.testing.assert_allclose(np.sqrt(at), [0.2, 0.275, 0.35, 0.425, 0.5])
