"""Folds, tuning, screening, order, expectations and random streams."""

import numpy as np
import pandas as pd
import pytest

from fusion_core import TrainSettings, fuse, train
from fusion_core.fusion.base.streams import CHUNK_ROWS, Stream, cell_uniforms, origin
from fusion_core.fusion.base.variables import VariableType
from fusion_core.fusion.base.workers import workers_of
from fusion_core.fusion.training._chaining import suggest_order
from fusion_core.fusion.training._screening import Design, screen
from fusion_core.fusion.trees.boosting import FoldedData, Objective, constant_loss
from fusion_core.fusion.trees.folds import assign_folds, strata_of
from fusion_core.fusion.trees.tuning import Fit, tune

X = ["size", "income", "region"]


def numbers(*names: str) -> tuple[VariableType, ...]:
    return tuple(VariableType(name, "continuous", dtype="float64") for name in names)


def test_folds_spread_every_class_evenly():
    strata = np.repeat([0, 1, 2], [500, 33, 7])
    fold = assign_folds(strata, TrainSettings(folds=5), np.random.default_rng(0))
    for stratum, expected in ((0, 100), (1, 6.6), (2, 1.4)):
        counts = np.bincount(fold[strata == stratum], minlength=5)
        assert np.abs(counts - expected).max() < 1


def test_a_held_out_fraction_is_spread_evenly_too():
    strata = np.repeat([0, 1], [400, 50])
    settings = TrainSettings(folds=0, held_out_fraction=0.2)
    fold = assign_folds(strata, settings, np.random.default_rng(0))
    assert set(fold) == {-1, 0}
    assert (fold[strata == 0] == 0).sum() == 80
    assert (fold[strata == 1] == 0).sum() == 10


def test_continuous_outcomes_are_stratified_by_decile():
    outcome = np.random.default_rng(0).gamma(2, 3, 1000)
    assert np.bincount(strata_of(outcome, continuous=True)) == pytest.approx(100, abs=1)


def test_baseline_losses_are_those_of_the_best_constant():
    seen, held = np.array([1.0, 2.0, 3.0, 10.0]), np.array([2.0, 6.0])
    ones = np.ones(4), np.ones(2)
    mean = constant_loss(seen, ones[0], held, ones[1], Objective("mean"))
    assert mean == pytest.approx(((2 - 4) ** 2 + (6 - 4) ** 2) / 2)
    median = constant_loss(seen, ones[0], held, ones[1], Objective("quantile", 0.5))
    assert median == pytest.approx((0 + 0.5 * 4) / 2)
    classes = np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.0, 1.0])
    log = constant_loss(classes[0], ones[0], classes[1], ones[1], Objective("binary"))
    assert log == pytest.approx(-(np.log(0.75) + np.log(0.25)) / 2)


def tuned(matrix: np.ndarray, outcome: np.ndarray, settings: TrainSettings) -> Fit:
    fold = assign_folds(np.zeros(len(matrix), int), settings, np.random.default_rng(0))
    ones = np.ones(len(matrix))
    data = FoldedData(matrix, outcome, unordered=[], weights=ones, fold=fold, seed=1)
    with workers_of(None, 1) as workers:
        return tune(data, Objective("mean"), settings, workers, lambda _share: None)


def test_a_fit_beats_the_baseline_on_signal_and_stops_early_on_noise():
    draw = np.random.default_rng(0)
    matrix = draw.normal(0, 1, (600, 3))
    settings = TrainSettings(folds=3, leaves=(4, 8), maximum_trees=200)
    signal = tuned(matrix, matrix[:, 0] + draw.normal(0, 0.3, 600), settings)
    noise = tuned(matrix, draw.normal(0, 1, 600), settings)
    assert signal.tuning.loss < 0.3 * signal.tuning.baseline_loss
    assert noise.tuning.trees < signal.tuning.trees / 2
    assert noise.tuning.loss > 0.9 * noise.tuning.baseline_loss


def test_out_of_fold_predictions_reproduce_the_tuning_loss():
    draw = np.random.default_rng(0)
    matrix = draw.normal(0, 1, (300, 2))
    outcome = matrix[:, 0] + draw.normal(0, 0.5, 300)
    fit = tuned(matrix, outcome, TrainSettings(folds=3, leaves=(4,)))
    assert fit.out_of_fold is not None
    assert np.square(outcome - fit.out_of_fold[:, 0]).mean() == pytest.approx(
        fit.tuning.loss, rel=1e-5
    )


def test_without_folds_there_are_no_out_of_fold_predictions():
    matrix = np.random.default_rng(0).normal(0, 1, (100, 2))
    settings = TrainSettings(folds=0, leaves=(4,), maximum_trees=5)
    fit = tuned(matrix, matrix[:, 0], settings)
    assert fit.out_of_fold is None


@pytest.fixture(scope="module")
def screened() -> tuple[Design, Design]:
    """An outcome that depends on the first two of six candidates; the third copies the first."""
    draw = np.random.default_rng(0)
    matrix = draw.normal(0, 1, (2000, 6))
    matrix[:, 2] = matrix[:, 0] + draw.normal(0, 0.7, 2000)
    outcome = np.exp(matrix[:, 0]) + 0.8 * matrix[:, 1] + draw.normal(0, 0.5, 2000)
    weights = np.ones(2000)
    return (
        Design.build(outcome[:, None], numbers("y"), weights),
        Design.build(matrix, numbers(*"abcdef"), weights),
    )


def test_screening_drops_noise_by_rank_and_copies_by_lasso(screened):
    outcome, predictors = screened
    by_rank = TrainSettings(rank_correlation=0.1, deviance_share=1)
    assert screen(outcome, predictors, [], by_rank) == [0, 1, 2]
    assert screen(outcome, predictors, [], by_rank.replace(deviance_share=0.9)) == [0, 1]


def test_forced_predictors_stay_and_the_limit_keeps_the_strongest(screened):
    outcome, predictors = screened
    settings = TrainSettings(rank_correlation=0.1, deviance_share=1)
    assert screen(outcome, predictors, [5], settings) == [0, 1, 2, 5]
    assert screen(outcome, predictors, [], settings.replace(maximum_predictors=1)) == [0]
    assert screen(outcome, predictors, [4, 5], settings.replace(maximum_predictors=1)) == [4, 5]


def test_an_outcome_unlike_any_predictor_keeps_the_most_similar_one(screened):
    _, predictors = screened
    noise = np.random.default_rng(9).normal(0, 1, (2000, 1))
    outcome = Design.build(noise, numbers("y"), np.ones(2000))
    assert len(screen(outcome, predictors, [], TrainSettings(rank_correlation=0.5))) == 1


def test_nominal_variables_are_screened_by_their_levels():
    draw = np.random.default_rng(0)
    nominal = draw.integers(0, 4, 1000).astype(float)
    outcome = (nominal == 2) + draw.normal(0, 0.3, 1000)
    kind = VariableType("n", "nominal", ("a", "b", "c", "d"))
    design = Design.build(
        np.column_stack([nominal, draw.normal(0, 1, 1000)]),
        (kind, *numbers("noise")),
        np.ones(1000),
    )
    target = Design.build(outcome[:, None], numbers("y"), np.ones(1000))
    assert screen(target, design, [], TrainSettings(rank_correlation=0.1)) == [0]


def test_the_suggested_order_puts_causes_before_effects():
    draw = np.random.default_rng(0)
    x = draw.normal(0, 1, (2000, 1))
    first = x + draw.normal(0, 1, (2000, 1))
    second = first + 0.3 * draw.normal(0, 1, (2000, 1))
    third = second + 0.3 * draw.normal(0, 1, (2000, 1))
    weights = np.ones(2000)
    designs = [Design.build(values, numbers("y"), weights) for values in (third, first, second)]
    order = suggest_order(designs, Design.build(x, numbers("x"), weights))
    assert order == [1, 2, 0]


def test_training_can_follow_the_suggested_order(donor, small_settings):
    settings = small_settings.replace(order="suggested", maximum_trees=3, leaves=(4,))
    model = train(donor, ["gas", "area", "fuel"], X, settings=settings, seed=0)
    assert sorted(map(str, model.variable_names)) == ["area", "fuel", "gas"]
    assert any(note.startswith("Suggested order: ") for note in model.notes)


def test_training_can_form_blocks_and_keeps_those_given(donor, small_settings):
    bound = donor.assign(bill=donor["gas"] * 2.0 + 1.0, area_again=donor["area"] + 0.5)
    settings = small_settings.replace(largest_block=2, maximum_trees=3, leaves=(4,))
    model = train(
        bound, ["gas", ["area", "area_again"], "fuel", "bill"], X, settings=settings, seed=0
    )
    assert [step.names for step in model.steps] == [
        ("gas", "bill"),
        ("area", "area_again"),
        ("fuel",),
    ]
    assert "Suggested blocks: gas and bill, area and area_again, fuel." in model.notes
    drawn = fuse(bound[list(X)].head(50), model, implicates=2, seed=1)
    assert np.allclose(drawn["bill"].values, drawn["gas"].values * 2.0 + 1.0)


def test_streams_do_not_depend_on_row_blocks_or_on_the_number_of_implicates():
    rows = 2 * CHUNK_ROWS + 10
    own = Stream(5, origin("RECS", ["kwh"]), ("kwh",))
    whole = cell_uniforms(own, 1, 0, rows, range(3))
    tail = cell_uniforms(own, 1, CHUNK_ROWS, rows, range(1, 3))
    assert (whole[CHUNK_ROWS:, 1:] == tail).all()


def test_a_declared_type_decides_the_model(donor, small_settings):
    settings = small_settings.replace(
        maximum_trees=3, types=(("size", "nominal"), ("gas", "continuous"))
    )
    model = train(donor, ["gas"], ["size", "income"], settings=settings, seed=0)
    assert model.predictors[0].levels == ("1", "2", "3", "4", "5", "6")
    assert [part.role for part in model.steps[0].variables[0].parts] == ["mean"] + ["quantile"] * 3


def test_a_number_that_is_zero_or_one_thing_needs_no_quantiles(donor, small_settings):
    owns = pd.Series(np.where(donor["income"] > 40_000, 1, 0), index=donor.index)
    model = train(donor.assign(owns=owns), ["owns"], X, settings=small_settings, seed=0)
    variable = model.steps[0].variables[0]
    assert variable.constant == 1.0
    assert [part.role for part in variable.parts] == ["zero"]


def test_two_values_beside_zeros_are_enough(donor, recipient, small_settings):
    rare = pd.Series(0.0, index=donor.index)
    rare.iloc[[3, 200]] = [17.0, 23.0]
    model = train(donor.assign(rare=rare), ["rare"], X, settings=small_settings, seed=0)
    drawn = fuse(recipient, model, implicates=20, seed=0)["rare"].values
    assert model.fused_types[0].kind == "zero_inflated"
    assert set(np.unique(drawn)) <= {0.0, 17.0, 23.0}
    assert 0 < (drawn > 0).mean() < 0.03
