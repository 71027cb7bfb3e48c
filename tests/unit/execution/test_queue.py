"""Runs in line: so many at a time, in the order they were started, whoever started them."""

import dataclasses
import json
import shutil
import subprocess
import sys
from unittest import mock

import pytest

from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.execution import (
    cancel_run,
    place_in_line,
    remove_run,
    run_status,
    runs_at_once,
    set_runs_at_once,
    start_run,
    wait_for_run,
)
from fusion_core.execution.line import in_line, move_on
from fusion_core.execution.line import queue as queue_module
from fusion_core.fusion.base import TrainSettings
from fusion_core.workspace.runs import RunSpec, RunState, create_run, open_run


@pytest.fixture
def workspace(toy_workspace):
    set_runs_at_once(toy_workspace, 1)
    return toy_workspace


@pytest.fixture
def new_run(workspace, toy_pair):
    train = TrainSettings.preset("quick").replace(leaves=(4,), maximum_trees=3, folds=0)

    def make(name="toy"):
        spec = RunSpec(
            name, toy_pair, ("kwh",), implicates=1, train=train, preset="custom", known_answers=0
        )
        return create_run(workspace, spec)

    return make


@pytest.fixture
def started(monkeypatch):
    """The runs that got a process, which does nothing."""
    begun = []

    def spawn(_workspace, run, _workers):
        begun.append(run.id)

    monkeypatch.setattr(queue_module, "spawn_worker", spawn)
    return begun


def end(run, status="finished"):
    run.write_state(RunState(status=status))


def test_the_next_run_begins_when_the_one_before_has_ended(workspace, new_run, started):
    first, second, third = new_run(), new_run(), new_run()
    assert [start_run(workspace, run).status for run in (first, second, third)] == [
        "running",
        "queued",
        "queued",
    ]
    assert [place_in_line(workspace, run) for run in (first, second, third)] == [0, 1, 2]
    move_on(workspace)
    assert started == [first.id]
    end(first)
    move_on(workspace)
    assert started == [first.id, second.id]
    assert place_in_line(workspace, third) == 1
    assert second.state().ticket == 0


def test_the_order_is_that_of_starting_and_not_of_creating(workspace, new_run, started):
    first, second, third = new_run("a"), new_run("b"), new_run("c")
    for run in (first, third, second):
        start_run(workspace, run)
    end(first, "failed")
    move_on(workspace)
    assert started == [first.id, third.id]


def test_a_failed_run_that_is_resumed_stands_at_the_end(workspace, new_run, started):
    first, second = new_run(), new_run()
    start_run(workspace, first)
    start_run(workspace, second)
    end(first, "failed")
    start_run(workspace, first)
    assert started == [first.id, second.id]
    assert place_in_line(workspace, first) == 1


def test_more_begin_at_once_where_more_may(workspace, new_run, started):
    runs = [new_run() for _ in range(4)]
    for run in runs:
        start_run(workspace, run)
    set_runs_at_once(workspace, 3)
    assert started == [run.id for run in runs[:3]]
    set_runs_at_once(workspace, 1)  # who has begun goes on
    assert [run_status(workspace, run).status for run in runs] == ["running"] * 3 + ["queued"]


def test_who_waits_leaves_the_line_at_once_and_others_move_up(workspace, new_run, started):
    first, second, third = new_run(), new_run(), new_run()
    for run in (first, second, third):
        start_run(workspace, run)
    cancel_run(workspace, second)
    assert run_status(workspace, second).status == "cancelled"
    assert place_in_line(workspace, third) == 1
    assert start_run(workspace, second).status == "queued"
    assert place_in_line(workspace, second) == 2
    assert started == [first.id]


def test_a_waiting_run_is_not_started_twice_or_deleted(workspace, new_run, started):
    first, second = new_run(), new_run()
    start_run(workspace, first)
    start_run(workspace, second)
    with pytest.raises(ConflictError, match="already waiting for its turn"):
        start_run(workspace, second)
    with pytest.raises(ConflictError, match="Cancel it first"):
        remove_run(workspace, second)
    assert started == [first.id]


def test_a_run_without_its_survey_says_so_and_lets_others_pass(workspace, new_run, started):
    first, broken, third = new_run(), new_run(), new_run()
    for run in (first, broken, third):
        start_run(workspace, run)
    record = json.loads((broken.folder / "spec.json").read_text())
    record["fusion_variables"] = ["nobody_knows"]
    (broken.folder / "spec.json").write_text(json.dumps(record))
    end(first)
    move_on(workspace)
    assert started == [first.id, third.id]
    assert run_status(workspace, broken).status == "failed"
    assert "nobody_knows" in run_status(workspace, broken).message


@pytest.mark.parametrize(
    "damage",
    [b"", b"\xff\x00", b"[]", b"{}", b'{"status": 3}', b'{"status": "?", "progress": "x"}'],
)
@pytest.mark.parametrize("file", ["state.json", "spec.json", "process.json"])
def test_a_damaged_run_does_not_hold_up_the_line(workspace, new_run, started, file, damage):
    damaged, healthy = new_run(), new_run()
    (damaged.folder / file).write_bytes(damage)
    assert start_run(workspace, healthy).status == "running"
    assert started == [healthy.id]


def test_a_request_of_other_kinds_is_damaged_and_holds_up_nobody(workspace, new_run, started):
    damaged, healthy = new_run(), new_run()
    record = json.loads((damaged.folder / "spec.json").read_text())
    record["pair"] = {"donor": 5, "recipient": 5}
    (damaged.folder / "spec.json").write_text(json.dumps(record))
    with pytest.raises(CorruptFileError, match="damaged"):
        damaged.spec()
    assert start_run(workspace, healthy).status == "running"
    assert started == [healthy.id]


@pytest.mark.parametrize("damage", ["", "{}", '{"at_once": -1}', '{"at_once": "9"}', "[1]", "\x00"])
def test_a_damaged_setting_counts_as_none(workspace, damage, monkeypatch):
    monkeypatch.setattr(queue_module, "available_cores", lambda: 12)
    (workspace.runs_folder / "queue.json").write_text(damage)
    assert runs_at_once(workspace) == 3


@pytest.mark.parametrize("number", [0, -1, 1000])
def test_numbers_that_make_no_sense_are_refused(workspace, number):
    with pytest.raises(InputError, match="cannot run at the same time"):
        set_runs_at_once(workspace, number)
    assert runs_at_once(workspace) == 1


def test_a_disk_that_has_filled_up_meanwhile_is_told_when_the_turn_comes(
    workspace, new_run, started, monkeypatch
):
    first, second = new_run(), new_run()
    start_run(workspace, first)
    start_run(workspace, second)
    end(first)
    monkeypatch.setattr(shutil, "disk_usage", mock.Mock(return_value=mock.Mock(free=0)))
    move_on(workspace)
    assert run_status(workspace, second).status == "failed"
    assert "are free" in run_status(workspace, second).message
    assert started == [first.id]


def test_a_clock_set_back_changes_no_place(workspace, new_run, started, monkeypatch):
    first, second, third = new_run(), new_run(), new_run()
    start_run(workspace, first)
    start_run(workspace, second)
    for module in ("catalogue", "folder", "removed"):
        monkeypatch.setattr(
            f"fusion_core.workspace.runs.{module}.utc_now", lambda: "2001-01-01T00:00:00+00:00"
        )
    start_run(workspace, third)
    states = [(run, run_status(workspace, run)) for run in (third, second)]
    assert in_line(states) == [second, third]
    assert started == [first.id]


@pytest.mark.slow
def test_processes_take_turns_by_themselves(workspace, new_run):
    runs = [new_run() for _ in range(3)]
    for run in runs:
        start_run(workspace, run)
    states = [wait_for_run(workspace, run, timeout=180) for run in runs]
    assert [state.status for state in states] == ["finished"] * 3
    begun = [dataclasses.replace(run.state()).started for run in runs]
    ended = [run.state().finished for run in runs]
    assert begun == sorted(begun)
    assert all(begin >= end for begin, end in zip(begun[1:], ended, strict=False))


COLLEAGUE = """
import sys, threading, time
from pathlib import Path
from fusion_core.errors import HarmonyError
from fusion_core.execution import cancel_run, run_status, start_run
from fusion_core.execution.line import queue
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunState, open_run

workspace, events = Workspace.open(Path(sys.argv[1])), Path(sys.argv[2])
mine, going = [open_run(workspace, name) for name in sys.argv[3:]], []

def tell(what, run):
    with events.open("a") as file:
        print(what, run.id, file=file)

def spawn(_workspace, run, _workers):
    tell("begin", run)
    thread = threading.Thread(target=work, args=(run,))
    going.append(thread)
    thread.start()

def work(run):
    time.sleep(0.1)
    tell("end", run)
    run.write_state(RunState(status="finished"))
    queue.move_on(workspace)

queue.spawn_worker = spawn
for number, run in enumerate(mine):
    start_run(workspace, run)
    if number == 1:
        cancel_run(workspace, run)
deadline = time.monotonic() + 120
while time.monotonic() < deadline:
    states = [run_status(workspace, run) for run in mine]
    if not any(state.is_active for state in states):
        break
    queue.move_on(workspace)
    time.sleep(0.05)
for thread in going:
    thread.join()
"""


@pytest.mark.slow
def test_servers_and_command_lines_on_one_workspace_keep_to_one_line(workspace, new_run, tmp_path):
    set_runs_at_once(workspace, 2)
    events, shares = tmp_path / "events", [[new_run().id for _ in range(4)] for _ in range(3)]
    colleagues = [
        subprocess.Popen(
            [sys.executable, "-c", COLLEAGUE, str(workspace.path), str(events), *names]
        )
        for names in shares
    ]
    assert [each.wait(timeout=240) for each in colleagues] == [0, 0, 0]
    going, most = set(), 0
    # A cancelled run gives its place away before its thread here has noticed.
    cancelled = {names[1] for names in shares}
    told = [line.split() for line in events.read_text().splitlines()]
    for what, name in told:
        if what == "begin":
            assert name not in going
            going.add(name)
        else:
            going.discard(name)
        most = max(most, len(going - cancelled))
    assert most <= 2
    begun = [name for what, name in told if what == "begin"]
    assert len(begun) == len(set(begun)), "a run began twice"
    states = {
        run_status(workspace, open_run(workspace, name)).status
        for names in shares
        for name in names
    }
    assert states <= {"finished", "cancelled"}
