"""Lists of near donors are scored as they are drawn from, but nobody is drawn for itself."""

from __future__ import annotations

import numpy as np
import pytest

from fusion_core.fusion.base.workers import workers_of
from fusion_core.fusion.forests import scored_rows
from fusion_core.fusion.training._encoding import encode_donor
from fusion_core.fusion.training._fitting import fit_variables
from fusion_core.fusion.training._forest_steps import _expectations, _task
from fusion_core.fusion.training._listed_shares import listed_shares
from fusion_core.fusion.training._placing import place_donors
from fusion_core.fusion.training.checking import check_asked, check_donor

X = ["size", "income", "region"]
Y = ["fuel", "area", "gas", ["heating_share", "cooling_share", "other_share"]]


def nothing(*_said: object) -> None:
    """Hear no report."""


@pytest.fixture(scope="module")
def trained(donor, small_settings):
    settings = small_settings.replace(method="stacked", maximum_trees=10, leaves=(8,))
    donors = encode_donor(check_donor(donor, check_asked(Y, X, settings, "weight")), seed=1)
    fitted = fit_variables(donors, None, None, nothing, nothing)
    return donors, fitted, place_donors(donors, fitted, nothing)


@pytest.fixture(params=range(4), ids=["category", "number", "zero-inflated", "block"])
def found(request, trained):
    donors, fitted, steps = trained
    with workers_of(None, 1) as workers:
        task = _task(donors, request.param, fitted, workers)
    scored = scored_rows(task)
    expected = _expectations(donors, request.param, fitted)
    step = steps[request.param]
    return step, task, scored, expected, listed_shares(step, task, expected, scored).toarray()


def test_the_chances_of_each_row_sum_to_one(found):
    _, task, scored, _, chances = found
    assert chances.shape == (len(scored), len(task.donors))
    assert chances.sum(axis=1) == pytest.approx(1)
    assert (chances >= 0).all()


def test_nobody_is_drawn_for_itself(found):
    step, task, scored, _, chances = found
    own = chances[np.arange(len(scored)), scored]
    if step.pool is None:
        return  # a donor that stands for its class stands for all that have it
    stands = np.flatnonzero(task.outcomes[:, 0] == 0)[:1] if step.variables[0].has_zero_part else []
    assert (own[~np.isin(scored, stands)] == 0).all()


def test_classes_and_zeros_have_the_chances_that_were_expected(found):
    step, task, _, expected, chances = found
    if step.variables[0].type.is_categorical:
        for place, code in enumerate(step.variables[0].classes):
            mass = chances[:, task.outcomes[:, 0] == code].sum(axis=1)
            assert mass == pytest.approx(expected[0][scored_rows(task), place])
    elif step.variables[0].has_zero_part and not step.is_block:
        mass = chances[:, task.outcomes[:, 0] == 0].sum(axis=1)
        assert mass == pytest.approx(1 - expected[0][scored_rows(task), 0])
    else:
        assert (chances.max(axis=1) < 1).all(), "one of several near donors is drawn"
