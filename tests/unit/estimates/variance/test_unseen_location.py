"""What a donor's places do not tell of location moves estimates as much as what they tell."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.estimates import DonorSample

DONORS, AREAS = 400, 20


def sample(slope, *, unseen):
    rng = np.random.default_rng(3)
    warmth = rng.normal(size=DONORS)
    donor = pd.DataFrame({"size": rng.normal(size=DONORS), "warmth": warmth, "weight": 1.0})
    donor["use"] = slope * warmth + rng.normal(size=DONORS)
    recipient = pd.DataFrame({"size": rng.normal(size=AREAS), "warmth": rng.normal(size=AREAS)})
    found = DonorSample.build(
        donor, recipient, predictors=["size", "warmth"], variables=["use"], weight="weight"
    )
    slopes = np.array([[1.0 / warmth.std()]])
    return found.with_unseen_location(unseen.astype(np.float32), slopes), donor["use"].to_numpy()


def variances(found, values):
    moved = found.recipient.matrix @ found.movements(values)
    return found.factor * np.square(moved).sum(axis=1)


@pytest.mark.parametrize("slope", [1.0, -3.0])
def test_the_variance_is_that_of_a_slope_as_large_as_the_one_seen(slope):
    unseen = np.linspace(-2, 2, AREAS)[:, None]
    found, values = sample(slope, unseen=unseen)
    plain, _ = sample(slope, unseen=np.zeros((AREAS, 0)))
    added = variances(found, values) - variances(plain, values)
    assert added == pytest.approx(slope**2 * unseen[:, 0] ** 2, rel=0.2, abs=1e-6)


def test_estimates_do_not_change():
    found, values = sample(1.0, unseen=np.ones((AREAS, 1)))
    plain, _ = sample(1.0, unseen=np.zeros((AREAS, 0)))
    assert found.recipient.matrix @ found.coefficients(values) == pytest.approx(
        plain.recipient.matrix @ plain.coefficients(values)
    )


def test_several_answers_move_as_each_alone():
    found, values = sample(1.0, unseen=np.ones((AREAS, 2)))
    several = np.stack([values, values > 0])
    coefficients, movements = found.regressed(several)
    for place, row in enumerate(several):
        assert coefficients[place] == pytest.approx(found.coefficients(row))
        assert movements[place] == pytest.approx(found.movements(row))
    assert movements.shape == (2, found.own.width, found.replicates)


def test_movements_of_sums_are_sums_of_movements():
    """What a published data set carries are movements of parts, to be added up."""
    found, values = sample(1.0, unseen=np.ones((AREAS, 2)))
    other = np.sin(values)
    assert found.movements(values + other) == pytest.approx(
        found.movements(values) + found.movements(other)
    )
