"""Variables, models and folds run side by side, are stopped in the middle, and stay the same."""

import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import lightgbm as lgb
import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from fusion_core.errors import Cancelled, InputError
from fusion_core.fusion import FusionModel, TrainSettings, train
from fusion_core.fusion.base import workers as workers_module
from fusion_core.fusion.base.variables import VariableType
from fusion_core.fusion.base.workers import Stop, one_blas_thread, workers_of
from fusion_core.fusion.model.neighbours import DonorPool, variable_k_pool
from fusion_core.fusion.training._screening import PATH_LENGTH, Design, screen
from fusion_core.fusion.trees.boosting import FoldedData, FoldModel, Objective
from fusion_core.fusion.trees.tuning import Curve

X = ["size", "income", "region"]
Y = ["fuel", "area", "gas", ["heating_share", "cooling_share", "other_share"]]


@pytest.fixture
def settings(small_settings) -> TrainSettings:
    return small_settings.replace(maximum_trees=30)


def assert_same(found: FusionModel, expected: FusionModel) -> None:
    assert found.variable_names == expected.variable_names
    for ours, theirs in zip(found.steps, expected.steps, strict=True):
        for mine, yours in zip(ours.variables, theirs.variables, strict=True):
            assert [part.text for part in mine.parts] == [part.text for part in yours.parts]
            assert [part.tuning for part in mine.parts] == [part.tuning for part in yours.parts]
        if theirs.pool is not None:
            assert (ours.pool.points == theirs.pool.points).all()
            assert (ours.pool.donors == theirs.pool.donors).all()


@pytest.mark.parametrize("workers", [2, 4])
def test_the_number_of_workers_changes_nothing(donor, settings, workers):
    one = train(donor, Y, X, weight="weight", settings=settings, seed=0)
    more = train(donor, Y, X, weight="weight", settings=settings.replace(workers=workers), seed=0)
    assert_same(more, one)


def test_folds_fitted_in_other_processes_give_the_same_model(donor, settings):
    here = train(donor, ["fuel", "gas"], X, settings=settings, seed=0)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        there = train(donor, ["fuel", "gas"], X, settings=settings, executor=executor, seed=0)
    assert_same(there, here)


def test_the_folds_of_a_single_variable_run_side_by_side(donor, settings, monkeypatch):
    threads, meeting = set(), threading.Barrier(3, timeout=60)
    update = lgb.Booster.update

    def meet(self, *args, **kwargs):
        if threading.get_ident() not in threads:
            threads.add(threading.get_ident())
            meeting.wait()
        return update(self, *args, **kwargs)

    monkeypatch.setattr(lgb.Booster, "update", meet)
    train(donor, ["fuel"], X, settings=settings.replace(folds=3, workers=3), seed=0)
    assert len(threads) == 3


@pytest.mark.parametrize("workers", [1, 3])
def test_predictors_are_binned_once_per_set_of_rows(donor, settings, monkeypatch, workers):
    rows = []
    construct = lgb.Dataset.construct

    def count(self):
        if self._handle is None and self.used_indices is None:
            rows.append(len(self.data))
        return construct(self)

    monkeypatch.setattr(lgb.Dataset, "construct", count)
    train(donor, ["fuel", "area", "gas"], X, settings=settings.replace(workers=workers), seed=0)
    # The amount of gas has models of all rows (zero or not) and models of those that are not zero.
    assert sorted(rows) == sorted([len(donor)] * 3 + [int((donor["gas"] != 0).sum())])


@pytest.mark.parametrize("workers", [1, 2])
def test_a_wish_to_stop_is_heard_between_two_trees(donor, workers):
    endless = TrainSettings(maximum_trees=10**7, early_stopping_rounds=10**7, workers=workers)

    def stop_while_fitting(_share: float, message: str) -> None:
        if message.startswith("Fitting"):
            raise Cancelled("The run was cancelled")

    before = set(threading.enumerate())
    with pytest.raises(Cancelled, match="The run was cancelled"):
        train(donor, ["area", "gas"], X, settings=endless, progress=stop_while_fitting, seed=0)
    assert set(threading.enumerate()) <= before


def test_what_went_wrong_is_told_rather_than_what_stopped_because_of_it():
    def endless(workers) -> None:
        while True:
            workers.stop.check()

    def fail() -> None:
        raise InputError("The reason")

    with workers_of(None, 3) as workers, pytest.raises(InputError, match="The reason"):
        workers.coordinate([lambda: endless(workers), fail, lambda: endless(workers)])


def test_progress_rises_within_a_variable(donor, small_settings, monkeypatch):
    monkeypatch.setattr(workers_module, "HEARTBEAT_SECONDS", 0.001)  # however quick the machine
    slow = small_settings.replace(maximum_trees=400, early_stopping_rounds=400, learning_rate=0.01)
    told = []
    train(donor, ["area"], X, settings=slow, progress=lambda *event: told.append(event), seed=0)
    shares = [share for share, _ in told]
    within = {share for share, message in told if message.startswith("Fitting")}
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(within) > 1


def three_folds() -> FoldedData:
    """Return 300 rows in three folds, whose outcome follows the first of three predictors."""
    draw = np.random.default_rng(0)
    matrix = draw.normal(0, 1, (300, 3))
    return FoldedData(
        matrix,
        matrix[:, 0] + draw.normal(0, 1, 300),
        unordered=[],
        weights=np.ones(300),
        fold=np.arange(300) % 3,
        seed=1,
    )


def test_a_model_that_travelled_grows_on_as_if_it_had_not():
    data = three_folds()
    parameters = data.parameters(Objective("mean"), TrainSettings(), 4)
    stayed = FoldModel(data, 0, parameters)
    stayed.growth = stayed.grow(5, Stop(), travels=False)
    travelled = pickle.loads(pickle.dumps(stayed))  # noqa: S301 - written in this line
    stayed.growth = stayed.grow(12, Stop(), travels=False)
    travelled.growth = travelled.grow(12, Stop(), travels=True)
    assert travelled.growth.losses == stayed.growth.losses
    arrived = pickle.loads(pickle.dumps(travelled))  # noqa: S301 - as above
    assert (arrived.predict_held(9) == stayed.predict_held(9)).all()


def test_a_settled_model_predicts_as_the_living_one_did():
    data = three_folds()
    model = FoldModel(data, 0, data.parameters(Objective("mean"), TrainSettings(), 4))
    model.growth = model.grow(12, Stop(), travels=False)
    living = model.predict_held(9)
    model.settle(9)
    assert (model.predict_held(9) == living).all()
    travelled = pickle.loads(pickle.dumps(model))  # noqa: S301 - written in this line
    assert (travelled.predict_held(9) == living).all()


@pytest.mark.parametrize(
    ("workers", "folds", "searches"), [(1, 5, 1), (2, 5, 2), (4, 5, 2), (16, 5, 5), (4, 1, 4)]
)
def test_no_more_searches_hold_models_than_keep_the_workers_busy(workers, folds, searches):
    with workers_of(None, workers, jobs=folds) as found:
        assert found.coordinators == searches


def stopping_at(count: int, stop: Stop) -> Callable[[], None]:
    """Return a check that wishes to stop when it is called for the n-th time."""
    calls = iter(range(count))

    def check() -> None:
        if next(calls, None) is None:
            stop.wish()
        stop.check()

    return check


def test_a_wish_to_stop_is_heard_within_a_lasso_path():
    draw = np.random.default_rng(0)
    kinds = [VariableType(name, "continuous") for name in "abcd"]
    matrix = draw.normal(0, 1, (200, 4))
    predictors = Design.build(matrix, kinds, np.ones(200))
    outcome = Design.build(matrix[:, :1] + matrix[:, 1:2], kinds[:1], np.ones(200))
    calls: list[int] = []
    screen(outcome, predictors, [], TrainSettings(), check=lambda: calls.append(1))
    assert len(calls) == PATH_LENGTH
    with pytest.raises(Cancelled):
        screen(
            outcome, predictors, [], TrainSettings(), check=stopping_at(PATH_LENGTH // 2, Stop())
        )


def test_a_wish_to_stop_is_heard_while_variables_are_ranked():
    kinds = [VariableType(name, "continuous") for name in "abcd"]
    with pytest.raises(Cancelled):
        Design.build(np.ones((9, 4)), kinds, np.ones(9), check=stopping_at(2, Stop()))


def test_a_wish_to_stop_is_heard_between_the_iterations_of_k_means():
    draw = np.random.default_rng(0)
    rows = 3000
    places = draw.normal(0, 1, (rows, 4))
    settings = TrainSettings(centres=200)

    def pool(check: Callable[[], None]) -> DonorPool:
        donors = np.arange(rows, dtype=np.int32)
        return variable_k_pool(
            np.sort(places, axis=1),
            places[:, 0],
            np.ones(rows),
            donors,
            settings,
            seed=1,
            check=check,
        )

    calls: list[int] = []
    assert len(pool(lambda: calls.append(1)).points) == settings.centres
    assert len(calls) > 2
    with pytest.raises(Cancelled):
        pool(stopping_at(2, Stop()))


def test_growing_ends_after_the_patience_wherever_the_curve_is_cut():
    losses = np.array([5.0, 4.0, 4.5, 4.4, 3.0, 3.1, 3.2, 3.3, 1.0])
    going_on = np.zeros(len(losses), dtype=bool)
    for cuts in ([9], [2, 9], [1, 2, 3, 4, 5, 6, 7, 8], [5, 8]):
        curve = Curve(3, 100)
        for cut in cuts:
            curve.extend(losses[:cut], going_on[:cut])
        assert (curve.is_over, curve.best, curve.loss, curve.rounds) == (True, 5, 3.0, 8)
    assert not Curve(3, 100).is_over
    shorter = Curve(3, 4)
    shorter.extend(losses, going_on)
    assert (shorter.is_over, shorter.best, shorter.rounds) == (True, 2, 4)


def blas_threads() -> set[int]:
    return {found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"}


def test_pieces_of_work_that_overlap_leave_the_number_of_blas_threads_as_it_was():
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == before
