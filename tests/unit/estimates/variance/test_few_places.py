"""A few large places the donor publishes: what they differ by shows that areas of different ones do."""

import numpy as np
import pytest

from fusion_core.errors import CorruptFileError
from fusion_core.estimates.variance import (
    KAPPAS,
    AreaEvidence,
    AreaRule,
    FewPlaces,
    area_likelihood,
)

PLACES, EACH = 5, 400


def donor(between, *, climate=0.0, seed=1):
    """Households of five places that differ by so much, and by their climate."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(PLACES), EACH)
    own = np.linspace(-1.0, 1.0, PLACES)[codes]
    size = rng.normal(size=len(codes)) + own
    effects = np.sqrt(between) * np.array([-1.2, 0.4, 1.3, -0.9, 0.4])
    values = 2.0 * size + effects[codes] + climate * own + rng.normal(size=len(codes))
    return codes, own, size, values


def likeliest(between, *, with_climate=False, **options):
    codes, own, size, values = donor(between, **options)
    columns = [np.ones(len(codes)), size, *([own] if with_climate else [])]
    few = FewPlaces(np.column_stack(columns), np.ones(len(codes)), codes)
    found = few.likelihood(values, KAPPAS)
    return KAPPAS[int(np.argmax(found))]


def test_the_likelihood_is_largest_near_the_variance_between_places():
    assert likeliest(0.2) == pytest.approx(0.2, rel=0.5)
    assert likeliest(0.02) == pytest.approx(0.02, rel=0.6)


def test_places_that_do_not_differ_say_so():
    assert likeliest(0.0) < 0.005


def test_what_predictors_of_households_explain_is_no_difference():
    """Sizes differ between places, and values with them."""
    assert likeliest(0.0, seed=2) < 0.005


def test_what_predictors_of_places_explain_is_no_difference():
    assert likeliest(0.0, climate=1.0) > 0.2
    assert likeliest(0.0, climate=1.0, with_climate=True) < 0.01


def test_predictors_that_could_explain_every_difference_leave_nothing_to_say():
    codes, _, size, values = donor(0.2)
    indicators = (codes[:, None] == np.arange(PLACES)).astype(float)
    few = FewPlaces(np.column_stack([indicators, size]), np.ones(len(codes)), codes)
    assert few.likelihood(values, KAPPAS) is None


def test_places_of_few_donors_say_nothing():
    codes, _, size, values = donor(0.2)
    rows = np.r_[np.arange(20), np.arange(EACH, len(codes))]
    matrix = np.column_stack([np.ones(len(rows)), size[rows]])
    assert (
        FewPlaces(matrix, np.ones(len(rows)), codes[rows]).likelihood(values[rows], KAPPAS) is None
    )


def rule():
    likelihood = -0.5 * np.square((np.log(KAPPAS) - np.log(0.005)) / 0.3)
    return AreaRule(
        (AreaEvidence("x", "", likelihood - likelihood.max(), np.nan, 1.0),), {"puma": 1.0}
    )


def test_what_places_show_is_added_to_what_is_foretold_inside_them():
    alone = rule().foretell()
    peak = -0.5 * np.square((np.log(KAPPAS) - np.log(0.2)) / 0.2)
    more = rule().foretell(seen=peak - peak.max())
    assert more.kappa > 5 * alone.kappa
    assert more.above > 0.8
    nothing = rule().foretell(seen=np.where(KAPPAS > 3e-5, -50.0, 0.0))
    # Where places do not differ, areas of one are not expected to differ by more.
    assert 0.2 * alone.kappa < nothing.kappa <= alone.kappa
    assert nothing.above < 0.1


def test_what_is_foretold_inside_places_follows_from_differences_inside_them():
    """Areas of five regions that differ by much, and inside them by little."""
    rng = np.random.default_rng(3)
    regions = np.repeat(np.arange(PLACES), 20)
    known, scale = np.full(len(regions), 1e-4), np.ones(len(regions))
    inside = rng.normal(0.0, np.sqrt(known + 0.004))
    difference = inside + np.sqrt(0.1) * np.array([-1.2, 0.4, 1.3, -0.9, 0.4])[regions]
    item = AreaEvidence(
        "x",
        "",
        area_likelihood(difference, known, scale),
        np.nan,
        1.0,
        area_likelihood(difference, known, scale, regions),
    )
    assert item.kappa > 0.05
    assert item.within_places().kappa == pytest.approx(0.004, rel=0.5)
    learned = AreaRule((item,), {"puma": 1.0})
    told = AreaRule.from_record(learned.to_record())
    no_more = np.where(KAPPAS > 3e-5, -50.0, 0.0)
    assert told.foretell(seen=no_more).kappa < 0.2 * told.foretell().kappa


def test_without_differences_common_to_regions_the_likelihood_is_that_of_a_loop():
    rng = np.random.default_rng(4)
    regions = np.array([0, 0, 1, 1, 1, 4])
    difference, known = rng.normal(size=6), rng.uniform(0.5, 1.5, 6)
    scale = rng.uniform(0.5, 1.5, 6)
    looped = np.zeros(len(KAPPAS))
    for region in (0, 1, 4):
        own = regions == region
        for place, kappa in enumerate(KAPPAS):
            variance = known[own] + kappa * scale[own]
            mean = np.average(difference[own], weights=1 / variance)
            squares = np.square(difference[own] - mean) / variance
            looped[place] -= 0.5 * (
                np.log(variance).sum() + np.log((1 / variance).sum()) + squares.sum()
            )
    found = area_likelihood(difference, known, scale, regions)
    assert found == pytest.approx(looped - looped.max())


def test_places_that_say_nothing_are_expected_to_differ_as_areas_of_one_do():
    """The prior between places has the scale of what is inside, and heavy tails."""
    untold, alone = rule().foretell(seen=np.zeros(len(KAPPAS))), rule().foretell()
    assert alone.kappa < untold.kappa < 20 * alone.kappa
    assert 0.3 < untold.above < 0.8


@pytest.mark.parametrize("damage", [{}, {"evidence": None}, {"evidence": [{"variable": "kwh"}]}])
def test_a_damaged_rule_is_said_in_one_sentence(damage):
    with pytest.raises(CorruptFileError, match="damaged"):
        AreaRule.from_record(damage, where="area_rule.json")
