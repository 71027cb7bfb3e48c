import dataclasses
import subprocess
import sys
from unittest import mock

import psutil
import pytest

from fusion_core.errors import ConflictError, InputError
from fusion_core.execution import cancel_run, remove_run, run_status, start_run, wait_for_run
from fusion_core.execution.line import queue as queue_module
from fusion_core.execution.methods import methods_note
from fusion_core.execution.pipeline import finished_stages
from fusion_core.execution.processes import process_mark
from fusion_core.execution.progress import CANCEL_FILE
from fusion_core.execution.worker import main as worker_main
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.prepare import read_prepared
from fusion_core.workspace.files import write_json
from fusion_core.workspace.runs import RunSpec, RunState, create_run

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def run(toy_workspace, toy_pair):
    train = TrainSettings.preset("quick").replace(maximum_trees=20)
    spec = RunSpec(
        "toy",
        toy_pair,
        ("kwh", "cooling", ("share_heat", "share_other")),
        implicates=3,
        seed=5,
        train=train,
        preset="custom",
    )
    return create_run(toy_workspace, spec)


@pytest.fixture
def stubborn():
    """A process of its own session that ignores the polite request to end."""
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN], start_new_session=True, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def pretend_running(run, process, *, started=None):
    started = psutil.Process(process.pid).create_time() if started is None else started
    run.write_state(RunState(status="running", process=process.pid, process_started=started))
    return started


@pytest.mark.slow
def test_a_run_finishes_in_its_own_process(toy_workspace, run):
    start_run(toy_workspace, run)
    with pytest.raises(ConflictError, match="already running"):
        start_run(toy_workspace, run)
    with pytest.raises(ConflictError, match="still running"):
        remove_run(toy_workspace, run)
    state = wait_for_run(toy_workspace, run, timeout=120)
    assert state.status == "finished", state.message
    assert list(finished_stages(run)) == ["prepare", "train", "fuse", "validate"]
    with pytest.raises(InputError, match="finished"):
        start_run(toy_workspace, run)
    _check_results(toy_workspace, run)
    remove_run(toy_workspace, run)
    assert not run.folder.exists()


def _check_results(workspace, run):
    from fusion_core.fusion import read_implicates
    from fusion_core.validation import read_validation

    implicates = read_implicates(run.implicates_folder)
    recipient = read_prepared(run.input_folder).recipient
    assert (implicates.rows, implicates.count) == (len(recipient), 3)
    shares = implicates["share_heat"].values + implicates["share_other"].values
    assert shares.min() == shares.max() == 1.0
    assert len(read_validation(run.validation_folder).metrics)
    note = methods_note(workspace, run)
    assert "seed 5" in note
    assert "block drawn together: share_heat, share_other" in note
    assert "age__agep" in note


def test_a_dead_process_is_told_from_a_live_one(toy_workspace, run, stubborn):
    pretend_running(run, stubborn)
    assert run_status(toy_workspace, run).status == "running"
    stubborn.kill()
    stubborn.wait()
    state = run_status(toy_workspace, run)
    assert state.status == "failed"
    assert "ended unexpectedly" in state.message


def test_a_reused_process_number_is_not_taken_for_the_run(toy_workspace, run, stubborn):
    started = psutil.Process(stubborn.pid).create_time()
    pretend_running(run, stubborn, started=started - 3600)
    assert run_status(toy_workspace, run).status == "failed"
    cancel_run(toy_workspace, run, grace=0.0, wait=True)
    assert stubborn.poll() is None, "another program was killed"


def test_a_clock_that_is_set_anew_makes_nobody_take_a_living_run_for_dead(
    toy_workspace, run, stubborn
):
    an_hour = 3600.0  # what a reader started since believes of every process's start
    started = psutil.Process(stubborn.pid).create_time() - an_hour
    run.write_state(
        RunState(
            status="running",
            process=stubborn.pid,
            process_started=started,
            process_mark=process_mark(stubborn.pid),
        )
    )
    assert run_status(toy_workspace, run).status == "running"
    with pytest.raises(ConflictError, match="already running"):
        start_run(toy_workspace, run)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell no ticks")
def test_the_mark_of_a_process_tells_it_from_the_next_one(stubborn):
    assert process_mark(stubborn.pid) == process_mark(stubborn.pid)
    assert len({process_mark(stubborn.pid), process_mark(1), process_mark(2**22 + 1)}) == 3


def test_a_run_that_does_not_stop_is_ended(toy_workspace, run, stubborn, monkeypatch):
    monkeypatch.setattr("fusion_core.execution.processes._KILL_SECONDS", 0.3)
    pretend_running(run, stubborn)
    cancel_run(toy_workspace, run, grace=0.2, wait=True)
    stubborn.wait(timeout=10)
    state = run_status(toy_workspace, run)
    assert state.status == "cancelled"
    assert not (run.folder / CANCEL_FILE).exists()


def test_cancelling_what_does_not_run_does_nothing(toy_workspace, run):
    cancel_run(toy_workspace, run, wait=True)
    assert run_status(toy_workspace, run).status == "created"
    assert not (run.folder / CANCEL_FILE).exists()


def test_a_run_just_started_counts_as_running(toy_workspace, run):
    run.write_state(RunState(status="running", message="Starting"))
    assert run_status(toy_workspace, run).status == "running"


def test_a_start_that_never_came_to_life_counts_as_failed(toy_workspace, run):
    path = run.folder / "state.json"
    long_ago = RunState(status="running", updated="2020-01-01T00:00:00+00:00")
    write_json(dataclasses.asdict(long_ago), path)
    assert run_status(toy_workspace, run).status == "failed"


def test_a_disk_without_room_is_refused_before_the_start(toy_workspace, run, monkeypatch):
    usage = mock.Mock(return_value=mock.Mock(free=1000))
    monkeypatch.setattr(queue_module.shutil, "disk_usage", usage)
    with pytest.raises(InputError, match=r"more on disk, but only 1.0 kB are free"):
        start_run(toy_workspace, run)


def test_a_run_the_disk_had_no_room_for_says_so_and_is_resumed_once_there_is(
    toy_workspace, run, monkeypatch
):
    usage = mock.Mock(return_value=mock.Mock(free=0))
    with monkeypatch.context() as patched:
        patched.setattr(queue_module.shutil, "disk_usage", usage)
        with pytest.raises(InputError, match=r"Free at least .* and resume the run") as refused:
            start_run(toy_workspace, run)
    state = run_status(toy_workspace, run)
    assert (state.status, state.message) == ("failed", refused.value.message)
    monkeypatch.setattr(queue_module, "spawn_worker", mock.Mock())
    assert start_run(toy_workspace, run).status == "running"


def test_what_a_run_has_made_already_needs_no_room_again(toy_workspace, run, monkeypatch):
    monkeypatch.setattr(queue_module, "spawn_worker", mock.Mock())
    usage = mock.Mock(return_value=mock.Mock(free=1000))
    monkeypatch.setattr(queue_module.shutil, "disk_usage", usage)
    run.model_folder.mkdir()
    (run.model_folder / "made").write_bytes(bytes(20_000_000))
    assert start_run(toy_workspace, run).status == "running"


def test_a_run_that_cannot_be_started_for_any_other_reason_does_not_wait_either(toy_workspace, run):
    (toy_workspace.survey_folder(run.spec().pair.donor) / "household.parquet").unlink()
    with pytest.raises(InputError, match="no household microdata"):
        start_run(toy_workspace, run)
    assert run_status(toy_workspace, run).status == "failed"


def test_the_worker_reports_a_failure_by_its_exit_code(toy_workspace, run, capsys):
    (toy_workspace.survey_folder(run.spec().pair.donor) / "household.parquet").write_bytes(b"PAR1")
    assert worker_main([str(toy_workspace.path), run.id]) == 1
    assert "damaged" in capsys.readouterr().err
    assert run.state().status == "failed"
