import dataclasses
import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from fusion_core.errors import Cancelled, InputError
from fusion_core.execution import estimate_cost
from fusion_core.execution.budget import (
    THREAD_VARIABLES,
    available_cores,
    threads_per_worker,
    worker_environment,
)
from fusion_core.execution.cost import SPEEDS, cost_of, read_pace, read_sizes, stage_seconds
from fusion_core.execution.progress import CANCEL_FILE, RunProgress
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.workspace.runs import STAGES, RunSpec, create_run


@pytest.fixture
def spec(toy_pair):
    return RunSpec("toy", toy_pair, ("kwh", "cooling"), train=TrainSettings.preset("quick"))


@pytest.fixture
def run(toy_workspace, spec):
    return create_run(toy_workspace, spec)


@pytest.mark.parametrize(
    ("workers", "cores", "threads"), [(1, 8, 8), (4, 8, 2), (16, 8, 1), (0, 2, 2)]
)
def test_cores_are_divided_among_processes(workers, cores, threads):
    assert threads_per_worker(workers, cores) == threads


def test_every_library_gets_the_same_limit():
    environment = worker_environment(2, cores=8)
    assert {environment[name] for name in THREAD_VARIABLES} == {"4"}
    assert environment["PATH"] == os.environ["PATH"]
    assert available_cores() >= 1


def test_progress_never_goes_back_and_ends_at_one(run):
    seen = []
    tracker = RunProgress(
        run,
        {"prepare": 1, "train": 6, "fuse": 2, "validate": 1},
        echo=lambda share, _sentence: seen.append(share),
    )
    for stage in ("prepare", "train", "fuse", "validate"):
        tracker.enter(stage, stage)
        for share in (0.0, 0.5, 0.2, 1.0):
            tracker.report(share, f"{stage} {share}")
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)
    assert run.state().stage == "validate"
    assert [record["message"] for record in run.log_records()] == [
        "prepare",
        "train",
        "fuse",
        "validate",
    ]


def test_each_stage_takes_the_part_of_the_bar_it_is_expected_to_take(run):
    tracker = RunProgress(run, {"prepare": 1, "train": 7, "fuse": 1, "validate": 1})
    tracker.enter("fuse", "Fusing")
    assert tracker.overall(0.0) == pytest.approx(0.8)
    assert tracker.overall(0.5) == pytest.approx(0.85)


def test_time_left_starts_as_the_estimate(run):
    tracker = RunProgress(run, {"prepare": 2, "train": 30, "fuse": 10, "validate": 4})
    tracker.enter("prepare", "Preparing")
    assert tracker.seconds_left(0.0) == pytest.approx(46, abs=1)
    assert run.state().seconds_left == pytest.approx(46, abs=1)


def test_the_cancel_file_stops_the_next_report(run):
    tracker = RunProgress(run, {})
    tracker.enter("prepare", "Preparing")
    tracker.report(0.1, "going on")
    (run.folder / CANCEL_FILE).touch()
    with pytest.raises(Cancelled):
        tracker.report(0.2, "too late")


def test_cost_grows_with_what_is_asked_for(toy_workspace, spec):
    few = estimate_cost(toy_workspace, spec)
    many = estimate_cost(
        toy_workspace,
        dataclasses.replace(spec, implicates=400, train=TrainSettings.preset("paper")),
    )
    assert many.seconds_by_stage["fuse"] > few.seconds_by_stage["fuse"]
    assert many.seconds_by_stage["train"] > few.seconds_by_stage["train"]
    assert many.memory_bytes > few.memory_bytes
    assert many.disk_bytes > few.disk_bytes
    assert few.seconds == pytest.approx(sum(few.seconds_by_stage.values()))


def test_more_processes_shorten_training_only_up_to_the_cores(toy_workspace, toy_pair, spec):
    sizes = read_sizes(toy_workspace, toy_pair)

    def train_seconds(workers):
        asked = dataclasses.replace(spec, train=spec.train.replace(workers=workers))
        return cost_of(sizes, asked, cores=2).seconds_by_stage["train"]

    start = SPEEDS.start
    assert train_seconds(2) - start == pytest.approx((train_seconds(1) - start) / 2)
    assert train_seconds(8) == train_seconds(2)


def test_cost_of_an_unknown_variable_or_survey_without_data_is_refused(
    toy_workspace, toy_pair, spec
):
    with pytest.raises(InputError, match="There is no variable 'nothing'"):
        estimate_cost(toy_workspace, dataclasses.replace(spec, fusion_variables=("nothing",)))
    (toy_workspace.survey_folder(toy_pair.donor) / "household.parquet").unlink()
    with pytest.raises(InputError, match="no household microdata"):
        estimate_cost(toy_workspace, spec)


def test_forests_cost_their_own_time(toy_workspace, toy_pair, spec):
    sizes = read_sizes(toy_workspace, toy_pair)

    def cost(method):
        asked = dataclasses.replace(spec, train=TrainSettings(method=method))
        return cost_of(sizes, asked, cores=1)

    forest, both, nearest, stacked = (
        cost(name) for name in ("forest", "boosted-forest", "out-of-fold", "stacked")
    )
    assert forest.seconds_by_stage["fuse"] < nearest.seconds_by_stage["fuse"]
    assert both.seconds_by_stage["train"] > forest.seconds_by_stage["train"]
    assert forest.memory_bytes > nearest.memory_bytes
    for stage in ("train", "fuse"):
        together = forest.seconds_by_stage[stage] + nearest.seconds_by_stage[stage]
        assert (
            max(forest.seconds_by_stage[stage], nearest.seconds_by_stage[stage])
            < stacked.seconds_by_stage[stage]
            <= together + both.seconds_by_stage[stage]
        )


def test_finished_runs_correct_the_estimate_of_their_method(toy_workspace, spec):
    spec = dataclasses.replace(spec, train=TrainSettings(folds=20, leaves=(16, 32, 64)))
    expected = estimate_cost(toy_workspace, spec).seconds_by_stage
    taken = 8 * max(expected["train"], 5.0)
    for count in (1, 2, 3):
        finish(create_run(toy_workspace, spec), {"train": taken})
        learned = estimate_cost(toy_workspace, spec).seconds_by_stage
        share = count / (count + 1)
        assert learned["train"] == pytest.approx(
            expected["train"] ** (1 - share) * taken**share, rel=0.01
        )
    assert learned["prepare"] == expected["prepare"], "too short to tell"
    forest = dataclasses.replace(spec, train=TrainSettings(method="forest"))
    assert read_pace(toy_workspace).keys() == {(spec.train.method, "train")}
    sizes = read_sizes(toy_workspace, spec.pair)
    assert estimate_cost(toy_workspace, forest) == cost_of(sizes, forest)


def test_a_run_that_was_resumed_or_is_not_finished_teaches_nothing(toy_workspace, spec):
    run = create_run(toy_workspace, spec)
    run.log("Training", stage="train")
    assert read_pace(toy_workspace) == {}
    finish(run, {"train": 500.0})
    assert stage_seconds(run) == {}
    assert read_pace(toy_workspace) == {}


@pytest.mark.parametrize(
    "log", [None, "", "[]", '{"stage": "train"}', '{"stage": "train", "time": 5}']
)
def test_a_run_whose_log_is_damaged_teaches_nothing_and_stops_nobody(toy_workspace, spec, log):
    run = create_run(toy_workspace, spec)
    finish(run, {"train": 500.0})
    assert read_pace(toy_workspace)
    path = run.folder / "log.jsonl"
    path.unlink() if log is None else path.write_text(log)
    assert stage_seconds(run) == {}
    assert read_pace(toy_workspace) == {}


def finish(run, seconds) -> None:
    """Log a run as if its stages had taken so long."""
    time = datetime(2026, 1, 1, tzinfo=UTC)
    with (run.folder / "log.jsonl").open("a", encoding="utf-8") as log:
        for stage in STAGES:
            log.write(json.dumps({"time": time.isoformat(), "message": "…", "stage": stage}) + "\n")
            time += timedelta(seconds=seconds.get(stage, 1.0))
    run.write_state(dataclasses.replace(run.state(), status="finished", finished=time.isoformat()))
