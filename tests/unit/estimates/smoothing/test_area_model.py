"""The Fay–Herriot model, against its formulas and by simulation."""

import numpy as np
import pytest

from fusion_core.errors import InputError
from fusion_core.estimates.smoothing import constrained, fit_area_model, triple_goal


def world(seed: int, m: int = 80, between: float = 1.0):
    """Areas with a covariate, true values and direct estimates of very different quality."""
    draw = np.random.default_rng(seed)
    covariate = draw.normal(size=(m, 1))
    truth = 10 + 2 * covariate[:, 0] + draw.normal(scale=np.sqrt(between), size=m)
    variance = draw.choice([0.2, 1.0, 4.0], m)
    return covariate, truth, truth + draw.normal(scale=np.sqrt(variance)), variance


def test_an_estimate_lies_between_the_direct_one_and_the_regression_by_its_weight():
    covariate, _, direct, variance = world(1)
    model = fit_area_model(direct, variance, covariate)
    regression = model.coefficients[0] + covariate[:, 0] * model.coefficients[1]
    weight = model.variance_between / (model.variance_between + variance)
    assert model.weight_of_direct == pytest.approx(weight)
    assert model.estimate == pytest.approx(weight * direct + (1 - weight) * regression)


def test_the_variance_between_areas_solves_its_equation():
    """Where areas clearly differ, the adjustment is nothing and the residual likelihood is at its top."""
    covariate, _, direct, variance = world(2, m=400, between=3.0)
    model = fit_area_model(direct, variance, covariate)
    x = np.column_stack([np.ones(400), covariate])
    inverse = np.diag(1 / (model.variance_between + variance))
    projection = inverse - inverse @ x @ np.linalg.inv(x.T @ inverse @ x) @ x.T @ inverse
    score = -0.5 * np.trace(projection) + 0.5 * direct @ projection @ projection @ direct
    information = 0.5 * np.trace(projection @ projection)
    assert abs(score / np.sqrt(information)) < 0.01


def test_errors_are_as_large_as_they_are_said_to_be_and_smaller_than_those_of_direct_estimates():
    squared, promised, plain = [], [], []
    for seed in range(60):
        covariate, truth, direct, variance = world(seed)
        model = fit_area_model(direct, variance, covariate)
        squared.append(((model.estimate - truth) ** 2).mean())
        promised.append(model.mean_squared_error.mean())
        plain.append(((direct - truth) ** 2).mean())
    assert np.mean(squared) == pytest.approx(np.mean(promised), rel=0.05)
    assert np.mean(squared) < 0.5 * np.mean(plain)


def test_areas_that_do_not_differ_keep_a_variance_above_zero():
    draw = np.random.default_rng(3)
    direct = draw.normal(scale=1.0, size=30)
    model = fit_area_model(direct, np.ones(30))
    assert 0 < model.variance_between < 0.5
    assert np.all(model.weight_of_direct < 0.4)


def test_an_area_nobody_was_asked_in_gets_the_regression_with_the_error_of_one():
    covariate, _, direct, variance = world(4)
    direct[0] = np.nan
    variance[1] = 0.0  # a handful of equal answers
    model = fit_area_model(direct, variance, covariate)
    for row in (0, 1):
        assert model.weight_of_direct[row] == 0
        expected = model.coefficients[0] + covariate[row, 0] * model.coefficients[1]
        assert model.estimate[row] == pytest.approx(expected)
        assert model.mean_squared_error[row] > model.variance_between


def test_units_of_covariates_do_not_matter():
    covariate, _, direct, variance = world(5)
    model = fit_area_model(direct, variance, covariate)
    other = fit_area_model(direct, variance, covariate * 1e9)
    assert other.estimate == pytest.approx(model.estimate)
    assert other.coefficients[1] == pytest.approx(model.coefficients[1] / 1e9)


def test_too_few_areas_are_refused_with_the_number_needed():
    with pytest.raises(InputError, match="4 areas") as refused:
        fit_area_model(np.arange(4.0), np.ones(4), np.arange(4.0)[:, None] ** 2)
    assert "at least 6" in refused.value.fix


def test_covariates_that_say_the_same_are_refused():
    covariate, _, direct, variance = world(6)
    with pytest.raises(InputError, match="say the same"):
        fit_area_model(direct, variance, np.hstack([covariate, 3 * covariate]))


def test_constrained_estimates_vary_as_the_truth_does():
    ratios = []
    for seed in range(40):
        covariate, truth, direct, variance = world(seed)
        model = fit_area_model(direct, variance, covariate)
        found = constrained(model.estimate, model.posterior_variance)
        assert found.mean() == pytest.approx(model.estimate.mean())
        ratios.append(found.var() / truth.var())
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.05)


def test_triple_goal_estimates_have_the_spread_of_the_truth_and_every_rank_once():
    ratios = []
    for seed in range(40):
        covariate, truth, direct, variance = world(seed)
        model = fit_area_model(direct, variance, covariate)
        found, ranks = triple_goal(model.estimate, model.posterior_variance)
        assert sorted(ranks) == list(range(1, len(truth) + 1))
        assert np.argmax(found) == np.argmin(ranks)
        ratios.append(found.var() / truth.var())
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.05)


def test_of_areas_known_exactly_triple_goal_estimates_are_the_values_themselves():
    values = np.array([3.0, 1.0, 2.0])
    found, ranks = triple_goal(values, np.zeros(3))
    assert found == pytest.approx(values)
    assert list(ranks) == [1, 3, 2]


def test_a_wide_distribution_is_not_ranked_first_for_its_width():
    """The highest predictor of an area hardly known need not have the highest expected rank."""
    estimate, variance = np.array([5.0, 4.9, 0.0, 0.1]), np.array([100.0, 0.01, 0.01, 0.01])
    _, ranks = triple_goal(estimate, variance)
    assert ranks[1] == 1
