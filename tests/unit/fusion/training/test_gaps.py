"""Each variable is learned from those who answered it, whatever else they left unanswered."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.fusion import TrainSettings, fuse, train
from fusion_core.fusion.base.variables import VariableType
from fusion_core.fusion.training._donors import Donors
from fusion_core.fusion.training._gaps import fill_gaps

NUMBER = VariableType("number", "continuous")
LEVELS = VariableType("answer", "nominal", ("a", "b", "c"))


def households(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    known = draw.normal(size=(rows, 1))
    answer = (known[:, 0] + draw.normal(size=rows) > 0).astype(float) + (draw.random(rows) < 0.2)
    number = 2.0 * answer + known[:, 0] + draw.normal(size=rows)
    return known, np.column_stack([answer, number]), draw.gamma(2, 1, rows) + 0.1


def filled(fused, known, weights, seed=1):
    donors = Donors(
        predictors=(VariableType("x", "continuous"),),
        matrix=known,
        steps=(("answer",), ("number",)),
        fused_types=(LEVELS, NUMBER),
        fused=fused,
        filled=fused,
        weights=weights,
        settings=TrainSettings(),
        seed=seed,
        notes=(),
    )
    return fill_gaps(donors).filled


@given(seed=st.integers(0, 1000), share=st.floats(0.05, 0.6))
def test_gaps_are_filled_with_answers_that_were_given_and_nothing_else_changes(seed, share):
    known, fused, weights = households(80, seed)
    holes = np.random.default_rng(seed + 1).random(fused.shape) < share
    holes[:3] = False
    gappy = np.where(holes, np.nan, fused)
    result = filled(gappy, known, weights)
    assert (result[~holes] == fused[~holes]).all()
    for place in range(2):
        assert np.isin(result[:, place], gappy[~holes[:, place], place]).all()
    assert (filled(gappy, known, weights) == result).all()


def test_a_filled_predictor_depends_on_the_outcome_as_the_observed_one_does():
    known, fused, weights = households(4000, 3)
    holes = np.random.default_rng(4).random(4000) < 0.4
    gappy = fused.copy()
    gappy[holes, 0] = np.nan
    result = filled(gappy, known, weights)
    observed = np.corrcoef(fused[:, 0], fused[:, 1])[0, 1]
    assert np.corrcoef(result[:, 0], result[:, 1])[0, 1] == pytest.approx(observed, abs=0.03)


def test_nothing_is_computed_where_everybody_answered():
    known, fused, weights = households(50, 1)
    assert filled(fused, known, weights) is fused


def test_a_variable_keeps_its_mean_when_those_with_low_values_left_an_earlier_one_blank(
    make_households, small_settings
):
    # Of 400 donors the mean itself wavers by a third of the bias, from machine to machine.
    donor = make_households(1500, 1)
    silent = (donor["area"] < donor["area"].quantile(0.3)) & (np.arange(len(donor)) % 3 > 0)
    gappy = donor.assign(fuel=donor["fuel"].where(~silent))
    model = train(
        gappy, ["fuel", "area"], ["size", "income"], weight="weight", settings=small_settings
    )
    area = fuse(donor, model, implicates=20)["area"].values.mean(axis=1)
    mean = np.average(donor["area"], weights=donor["weight"])
    answered = donor[~silent]
    biased = np.average(answered["area"], weights=answered["weight"])
    back = np.average(area, weights=donor["weight"])
    assert abs(back - mean) < 0.3 * abs(biased - mean)
    assert any("filled in where it predicts" in note for note in model.notes)


def test_donors_who_answered_different_variables_can_be_fused_together(donor, small_settings):
    half = np.arange(len(donor)) % 2 == 0
    gappy = donor.assign(fuel=donor["fuel"].where(half), area=donor["area"].where(~half))
    model = train(gappy, ["fuel", "area"], ["size", "income"], settings=small_settings)
    implicates = fuse(donor, model, implicates=2)
    assert set(np.unique(implicates["area"].values)) <= set(donor.loc[~half, "area"])
    assert pd.notna(implicates["fuel"].values).all()
