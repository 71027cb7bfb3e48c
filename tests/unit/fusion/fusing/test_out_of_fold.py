"""Donors fused by models that never saw them."""

from __future__ import annotations

import numpy as np
import pytest

from fusion_core.errors import Cancelled, InputError
from fusion_core.fusion import fuse, fuse_out_of_fold, train
from fusion_core.validation import validate

X = ["size", "income", "region"]


@pytest.fixture(scope="module")
def settings(small_settings):
    return small_settings.replace(leaves=(8,), maximum_trees=10)


def test_every_donor_is_fused_once_in_its_place_and_the_same_for_a_seed(donor, settings):
    found, again = (
        fuse_out_of_fold(
            donor,
            ["fuel", "area"],
            X,
            weight="weight",
            implicates=3,
            seed=2,
            settings=settings,
            folds=3,
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
    inside = fuse(table, train(table, ["own"], X, settings=settings, seed=0), implicates=10)[
        "own"
    ].values
    outside = fuse_out_of_fold(table, ["own"], X, implicates=10, settings=settings, seed=0)[
        "own"
    ].values
    assert (inside == own.to_numpy()[:, None]).any()
    assert not (outside == own.to_numpy()[:, None]).any()


def test_text_and_a_level_with_two_donors_are_no_obstacle(donor, settings):
    rare = donor["fuel"].astype(str)
    rare.iloc[[5, 50]] = "steam"
    found = fuse_out_of_fold(
        donor.assign(rare=rare), ["rare"], X, implicates=2, settings=settings, folds=2, seed=0
    )
    assert set(found["rare"].levels) == set(rare)


@pytest.mark.parametrize("folds", [1, 10_000])
def test_a_number_of_folds_that_cannot_be_is_refused(donor, folds):
    with pytest.raises(InputError, match="cannot be cut into"):
        fuse_out_of_fold(donor, ["fuel"], X, folds=folds, seed=0)


def test_an_interrupted_call_goes_on_with_the_folds_it_finished(donor, settings, tmp_path):
    def ask(progress=None, checkpoints=None):
        return fuse_out_of_fold(
            donor,
            ["fuel", "area"],
            X,
            weight="weight",
            implicates=2,
            seed=4,
            settings=settings,
            folds=3,
            checkpoints=checkpoints,
            progress=progress,
        )

    told: list[tuple[float, str]] = []

    def stop_in_the_third_fold(share, words):
        told.append((share, words))
        if words.startswith("Unseen households 3 of 3"):
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        ask(stop_in_the_third_fold, tmp_path)
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    told.clear()
    resumed = ask(lambda share, words: told.append((share, words)), tmp_path)
    assert not any("households 1 of 3" in words or "2 of 3" in words for _, words in told)
    whole = ask()
    for name in ("fuel", "area"):
        assert (resumed[name].values == whole[name].values).all()


def test_a_kept_fold_of_other_data_is_not_used(donor, settings, tmp_path):
    def ask(table):
        return fuse_out_of_fold(
            table,
            ["area"],
            X,
            implicates=2,
            settings=settings,
            folds=2,
            checkpoints=tmp_path,
            seed=0,
        )

    first = ask(donor)
    second = ask(donor.assign(area=donor["area"] + 5000))
    assert second["area"].values.min() > first["area"].values.max() - 5000
    assert len(list(tmp_path.iterdir())) == 2


def test_an_infinite_number_is_told_by_its_row_in_the_whole_donor(donor, settings):
    last = len(donor) - 1
    income = donor["income"].astype(float).where(np.arange(len(donor)) < last, np.inf)
    with pytest.raises(InputError, match=f"first in row {last}"):
        fuse_out_of_fold(donor.assign(income=income), ["area"], X, implicates=2, settings=settings)
