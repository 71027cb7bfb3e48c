"""What a donor's places do not tell of location moves estimates as much as what they tell, if they tell any."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.estimates import DonorSample
from fusion_core.estimates.variance.regression import told_apart, unseen_slopes

DONORS, AREAS, LEAST = 400, 20, 0.1


def sample(slope, *, unseen=None, unseen_ties=None, predictors=("size", "warmth")):
    """Return a donor whose last predictor is the warmth its places tell apart."""
    rng = np.random.default_rng(3)
    warmth = np.repeat([-1.0, 1.0], DONORS // 2)
    donor = pd.DataFrame({"size": rng.normal(size=DONORS), "warmth": warmth, "weight": 1.0})
    donor["state"] = np.where(warmth > 0, "warm", "cold")
    donor["use"] = slope * warmth + rng.normal(0, 0.3, size=DONORS)
    recipient = pd.DataFrame({"size": rng.normal(size=AREAS), "warmth": rng.normal(size=AREAS)})
    recipient["state"] = np.where(np.arange(AREAS) % 2, "warm", "cold")
    found = DonorSample.build(
        donor, recipient, predictors=list(predictors), variables=["use"], weight="weight"
    )
    if unseen is None:
        return found, donor["use"].to_numpy()
    ties = np.array([[1.0, 0.0]])
    own = np.array([[0.0, 1.0]]) if unseen_ties is None else unseen_ties
    return found.with_location(unseen.astype(np.float32), ties, own, LEAST), donor["use"].to_numpy()


def variances(found, values):
    moved = found.recipient.matrix @ found.movements(values)
    return found.factor * np.square(moved).sum(axis=1)


@pytest.mark.parametrize("slope", [1.0, -3.0])
def test_the_variance_is_that_of_a_slope_as_large_as_the_one_seen(slope):
    unseen = np.linspace(-2, 2, AREAS)[:, None]
    found, values = sample(slope, unseen=unseen)
    plain, _ = sample(slope)
    added = variances(found, values) - variances(plain, values)
    assert added == pytest.approx(slope**2 * unseen[:, 0] ** 2, rel=0.1, abs=1e-6)


def test_an_unseen_component_of_predictors_that_are_seen_too_is_expected_to_follow():
    """Of two components of one predictor the slope of the unseen is that of the seen, and certain."""
    unseen = np.linspace(-2, 2, AREAS)[:, None]
    found, values = sample(1.0, unseen=unseen, unseen_ties=np.array([[1.0, 0.0]]))
    plain, _ = sample(1.0)
    expected = plain.recipient.matrix @ plain.coefficients(values) + unseen[:, 0]
    assert found.recipient.matrix @ found.coefficients(values) == pytest.approx(expected, abs=0.2)
    assert found.location.replicates == 1
    assert np.abs((found.recipient.matrix @ found.movements(values))[:, -1]).max() < 1e-6


def test_estimates_of_unrelated_components_do_not_change():
    found, values = sample(1.0, unseen=np.ones((AREAS, 1)))
    plain, _ = sample(1.0)
    assert found.recipient.matrix @ found.coefficients(values) == pytest.approx(
        plain.recipient.matrix @ plain.coefficients(values)
    )


def test_where_another_predictor_names_the_place_no_slope_is_told():
    """A state's levels span what its places differ by: location has no column, and moves nothing."""
    unseen = np.linspace(-2, 2, AREAS)[:, None]
    found, values = sample(5.0, unseen=unseen, predictors=("size", "state", "warmth"))
    without, _ = sample(5.0, predictors=("size", "state"))
    assert found.location is None
    assert found.own.width == without.own.width
    assert variances(found, values) == pytest.approx(variances(without, values))
    assert found.recipient.matrix @ found.coefficients(values) == pytest.approx(
        without.recipient.matrix @ without.coefficients(values)
    )


def test_several_answers_move_as_each_alone():
    found, values = sample(1.0, unseen=np.ones((AREAS, 2)), unseen_ties=np.eye(2))
    several = np.stack([values, values > 0])
    coefficients, movements = found.regressed(several)
    for place, row in enumerate(several):
        assert coefficients[place] == pytest.approx(found.coefficients(row))
        assert movements[place] == pytest.approx(found.movements(row))
    assert movements.shape == (2, found.own.width, found.replicates)


def test_movements_of_sums_are_sums_of_movements():
    """What a published data set carries are movements of parts, to be added up."""
    found, values = sample(1.0, unseen=np.ones((AREAS, 1)))
    other = np.sin(values)
    assert found.movements(values + other) == pytest.approx(
        found.movements(values) + found.movements(other)
    )


def test_told_apart_is_what_the_other_columns_leave():
    rng = np.random.default_rng(8)
    other, own = rng.normal(size=(2, 2000))
    matrix = np.column_stack(
        [np.ones(2000), other, 0.99 * other + 0.14 * rng.normal(size=2000), own]
    )
    directions = told_apart(matrix.T @ matrix, slice(2, 4), LEAST)
    assert np.abs(directions) == pytest.approx(np.array([[0.0], [1.0]]), abs=0.1)


def test_unseen_slopes_have_the_moments_of_independent_slopes_of_predictors():
    rng = np.random.default_rng(9)
    seen, unseen = rng.normal(size=(2, 4)), rng.normal(size=(3, 4))
    follows, root, scale = unseen_slopes(seen, unseen, 0.0)
    slopes = rng.normal(size=(4, 50_000))
    left = unseen @ slopes - follows @ (seen @ slopes)
    assert left @ (seen @ slopes).T / 50_000 == pytest.approx(np.zeros((3, 2)), abs=0.1)
    assert left @ left.T / 50_000 == pytest.approx(root @ root.T, abs=0.15)
    assert np.square(scale * (seen @ slopes)).mean() == pytest.approx(1.0, abs=0.02)


def test_seen_slopes_of_hardly_any_variance_foretell_nothing():
    """The difference of two predictors that say the same is noise, and no measure of others."""
    seen = np.array([[1.0, 1.0], [1e-3, -1e-3]])
    follows, _, scale = unseen_slopes(seen, np.array([[1.0, 0.0]]), LEAST)
    assert abs(follows[0, 1]) < 1e-9
    assert scale == pytest.approx(1.0, rel=1e-3)
