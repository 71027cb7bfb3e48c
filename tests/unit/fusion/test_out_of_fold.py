"""Donors fused by models that never saw them."""

from __future__ import annotations

import numpy as np
import pytest

from fusion_core.errors import InputError
from fusion_core.fusion import fuse, fuse_out_of_fold, train
from fusion_core.validation import validate

X = ["size", "income", "region"]


@pytest.fixture(scope="module")
def settings(small_settings):
    return small_settings.replace(leaves=(8,), maximum_trees=10)


def test_every_donor_is_fused_once_in_its_place_and_the_same_for_a_seed(donor, settings):
    found, again = (
        fuse_out_of_fold(
            donor, ["fuel", "area"], X, weight="weight", m=3, seed=2, settings=settings, folds=3
        )
        for _ in range(2)
    )
    assert found.names == ("fuel", "area")
    assert found["fuel"].levels == tuple(donor["fuel"].cat.categories)
    assert found["area"].values.shape == (len(donor), 3)
    assert (found["area"].values == again["area"].values).all()
    assert set(np.unique(found["area"].values)) <= set(donor["area"])
    validate(donor, found, ["region"], weight="weight")


def test_no_household_draws_its_own_answer(donor, settings):
    own = np.arange(len(donor)) + donor["size"] * 1000
    table = donor.assign(own=own)
    inside = fuse(table, train(table, ["own"], X, settings=settings), m=10)["own"].values
    outside = fuse_out_of_fold(table, ["own"], X, m=10, settings=settings)["own"].values
    assert (inside == own.to_numpy()[:, None]).any()
    assert not (outside == own.to_numpy()[:, None]).any()


def test_text_and_a_level_with_two_donors_are_no_obstacle(donor, settings):
    rare = donor["fuel"].astype(str)
    rare.iloc[[5, 50]] = "steam"
    found = fuse_out_of_fold(donor.assign(rare=rare), ["rare"], X, m=2, settings=settings, folds=2)
    assert set(found["rare"].levels) == set(rare)


@pytest.mark.parametrize("folds", [1, 10_000])
def test_a_number_of_folds_that_cannot_be_is_refused(donor, folds):
    with pytest.raises(InputError, match="cannot be cut into"):
        fuse_out_of_fold(donor, ["fuel"], X, folds=folds)
