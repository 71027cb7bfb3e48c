"""How much areas differ beyond the predictors: learned from known variables, foretold for others."""

import numpy as np
import pytest

from fusion_core.estimates.variance.area_rule import (
    KAPPAS,
    AreaEvidence,
    AreaRule,
    area_likelihood,
    area_scale,
)
from fusion_core.estimates.variance.donor_places import place_excess

AREAS = 400


def evidence(kappa, *, seed=1, places=np.nan, variable="x", areas=AREAS, known=0.002):
    """What areas with a true κ tell of it."""
    generator = np.random.default_rng(seed)
    scale = area_scale(generator.uniform(0.1, 0.3, areas), 0.2)
    difference = generator.normal(0.05, np.sqrt(known + kappa * scale))
    likelihood = area_likelihood(difference, np.full(areas, known), scale)
    return AreaEvidence(variable, "", likelihood, places, 1.0)


def rule(*kappas, places=None):
    found = [
        evidence(
            kappa,
            seed=number,
            variable=str(number),
            places=np.nan if places is None else places[number],
        )
        for number, kappa in enumerate(kappas)
    ]
    return AreaRule(tuple(found), {"puma": 1.0})


def foretold_variance(scale):
    """The variance whose normal distribution has the same 90 % interval."""
    from scipy import stats

    quantile = stats.t.ppf(0.95, scale.degrees_of_freedom)
    return scale.kappa * (quantile / stats.norm.ppf(0.95)) ** 2


@pytest.mark.parametrize("kappa", [0.01, 0.1])
def test_the_likelihood_is_largest_where_the_truth_is_whatever_all_areas_have_in_common(kappa):
    assert evidence(kappa).kappa == pytest.approx(kappa, rel=0.35)


def test_areas_that_do_not_differ_have_a_likelihood_that_falls_from_the_start():
    found = evidence(0.0)
    assert found.kappa < 3e-3
    assert found.likelihood[np.searchsorted(KAPPAS, 0.05)] < -50


def test_what_is_foretold_lies_where_the_known_variables_are():
    low = foretold_variance(rule(0.01, 0.012, 0.009, 0.011).foretell())
    high = foretold_variance(rule(0.1, 0.12, 0.09, 0.11).foretell())
    assert 0.008 < low < 0.03
    assert 0.08 < high < 0.3


def test_variables_that_differ_among_themselves_foretell_less():
    alike = rule(0.02, 0.02, 0.02, 0.02, 0.02).foretell()
    unlike = rule(0.001, 0.2, 0.02, 0.005, 0.08).foretell()
    assert unlike.degrees_of_freedom < alike.degrees_of_freedom
    assert foretold_variance(unlike) > foretold_variance(alike)


def test_no_variance_found_is_not_taken_for_none():
    foretold = rule(0.0, 0.0, 0.0).foretell()
    assert 0 < foretold_variance(foretold) < 0.005


def test_a_variable_that_differs_more_between_places_is_foretold_to_differ_more_between_areas():
    places = {0: 0.01, 1: 0.02, 2: 0.04, 3: 0.08}
    known = rule(0.01, 0.02, 0.04, 0.08, places=places)
    low, high = known.foretell(0.01), known.foretell(0.08)
    assert foretold_variance(high) > 2.5 * foretold_variance(low)


def test_a_variable_is_left_out_by_its_name():
    known = rule(0.01, 0.3)
    assert [item.variable for item in known.without("1").evidence] == ["0"]


def donors(effect, *, places=50, count=8000, seed=3):
    generator = np.random.default_rng(seed)
    place = generator.integers(0, places, count)
    x = generator.normal(0.0, 1.0, count)
    beyond = generator.normal(0.0, effect, places)
    values = 1.0 + 2.0 * x + beyond[place] + generator.normal(0.0, 1.0, count)
    return values, np.column_stack([np.ones(count), x]), generator.uniform(0.5, 1.5, count), place


@pytest.mark.parametrize(("effect", "low", "high"), [(0.5, 0.15, 0.4), (0.0, 0.0, 0.004)])
def test_places_left_out_show_what_they_have_beyond_the_predictors(effect, low, high):
    assert low <= place_excess(*donors(effect)) <= high


def test_too_few_places_show_nothing():
    assert np.isnan(place_excess(*donors(0.5, places=9)))


def test_donors_without_an_answer_or_a_place_do_not_count():
    values, predictors, weights, place = donors(0.5)
    more = [np.concatenate([part, part[:500]]) for part in (values, predictors, weights, place)]
    more[0][-250:] = np.nan
    more[3][-500:-250] = -1
    assert place_excess(*more) == pytest.approx(place_excess(values, predictors, weights, place))
