"""One process per run: start it, see whether it lives, cancel it, resume it.

Everything is decided from files in the run's folder and the operating system's process table, never
from memory, so another server – or the same one after a restart – sees and controls the same run. A
process counts as the run's only when its start time is the recorded one: a number the system gave to
another program since is never taken for the run, and never killed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import psutil
from filelock import FileLock, Timeout

from fusion_core.errors import ConflictError, CorruptFileError, HarmonyError, InputError
from fusion_core.execution.budget import worker_environment
from fusion_core.execution.cost import estimate_cost
from fusion_core.execution.progress import CANCEL_FILE
from fusion_core.workspace.files import read_json, size_text, write_json, write_text
from fusion_core.workspace.runs import (
    Run,
    RunState,
    delete_run,
    require_run,
    require_workspace,
    utc_now,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fusion_core.workspace.layout import Workspace

GRACE_SECONDS: Final = 10.0
_PROCESS_FILE: Final = "process.json"
# Clock ticks and boot time are rounded differently by different readers.
_START_TOLERANCE: Final = 2.0
_KILL_SECONDS: Final = 5.0
_STARTING_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.1
_LOCK_SECONDS: Final = 10.0
_DIED: Final = (
    "The process ended unexpectedly: perhaps the computer was restarted or ran out of memory. "
    "Resume to go on after the last finished stage."
)


def start_run(workspace: Workspace, run: Run) -> RunState:
    """Start a run in a process of its own, or resume one that ended early.

    Parameters
    ----------
    workspace
        Where the run is.
    run
        A run that is not running or finished.

    Returns
    -------
    RunState
        The state right after the start.

    Raises
    ------
    ConflictError
        If the run is running already.
    InputError
        If the run is finished, or the disk has less room than the run is expected to need; the
        run then counts as failed and can be resumed.
    """
    require_workspace(workspace)
    with starting(require_run(run)):
        status = run_status(workspace, run).status
        if status == "running":
            raise ConflictError(f"The run '{run.id}' is already running")
        if status == "finished":
            raise InputError(f"The run '{run.id}' is finished", fix="Clone it to fuse again")
        try:
            _check_disk(workspace, run)
        except HarmonyError as error:
            _record_refused(run, error)
            raise
        for name in (CANCEL_FILE, _PROCESS_FILE):
            (run.folder / name).unlink(missing_ok=True)
        run.write_state(RunState(status="running", message="Starting", started=utc_now()))
        spawn_worker(workspace, run, run.spec().train.workers)
    return run.state()


resume_run = start_run


@contextlib.contextmanager
def starting(run: Run) -> Iterator[None]:
    """Keep others from starting a run, or what is done to one, during the block.

    Raises
    ------
    ConflictError
        If somebody else is starting it.
    InputError
        If its folder cannot be written.
    """
    lock = FileLock(run.folder / ".lock", timeout=_LOCK_SECONDS)
    try:
        run.folder.mkdir(exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise ConflictError(
            f"The run '{run.id}' is being started by somebody else", fix="Try again in a moment"
        ) from error
    except OSError as error:
        raise InputError(
            f"The run cannot be started: {error.strerror or error}",
            where=str(run.folder),
            fix="Free some disk space or check the folder's permissions",
        ) from error
    try:
        yield
    finally:
        lock.release()


def run_status(workspace: Workspace, run: Run) -> RunState:
    """Return the state of a run, telling a dead process from a live one.

    A run whose state says it is running although its process is gone is reported as failed.

    Parameters
    ----------
    workspace, run
        The run and where it is.
    """
    require_workspace(workspace)
    state = require_run(run).state()
    if state.status != "running" or _process(run, state) is not None or _is_starting(run, state):
        return state
    # It may have ended between the two looks: the state it left behind is the truth then.
    state = run.state()
    if state.status != "running":
        return state
    return dataclasses.replace(state, status="failed", message=_DIED, seconds_left=None)


def cancel_run(
    workspace: Workspace, run: Run, *, grace: float = GRACE_SECONDS, wait: bool = False
) -> None:
    """Ask a run to stop, and end its processes when it has not done so after a while.

    Parameters
    ----------
    workspace
        Where the run is.
    run
        The run; nothing happens when it is not running.
    grace
        Seconds the run has to stop by itself, at its next report of progress.
    wait
        Return only when the run has ended; otherwise the waiting is done in the background.
    """
    if run_status(workspace, run).status != "running":
        return
    write_text("", run.folder / CANCEL_FILE)
    if wait:
        _enforce_cancel(run, grace)
    else:
        threading.Thread(
            target=_enforce_cancel, args=(run, grace), name=f"cancel {run.id}", daemon=True
        ).start()


def is_cancelling(run: Run) -> bool:
    """Whether a running run was asked to stop."""
    return (run.folder / CANCEL_FILE).exists()


def wait_for_run(workspace: Workspace, run: Run, *, timeout: float | None = None) -> RunState:
    """Wait until a run has ended, or until some seconds have passed; return its state.

    Parameters
    ----------
    workspace, run
        The run and where it is.
    timeout
        Seconds to wait at most; as long as it takes when left out.
    """
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        state = run_status(workspace, run)
        if state.status not in {"created", "running"}:
            return state
        if end is not None and time.monotonic() > end:
            return state
        time.sleep(_POLL_SECONDS)


def remove_run(workspace: Workspace, run: Run) -> None:
    """Delete a run's folder.

    Raises
    ------
    ConflictError
        If the run is running.
    """
    if run_status(workspace, run).status == "running":
        raise ConflictError("The run is still running", fix="Cancel it first")
    if run.check.folder.is_dir() and run_status(workspace, run.check).status == "running":
        raise ConflictError(
            "The run is being checked", fix="Stop the check on the Validate page first"
        )
    delete_run(run)


def spawn_worker(workspace: Workspace, run: Run, workers: int, *arguments: str) -> None:
    """Start the process of a run, or of what is done to one, and record it in the run's folder.

    Parameters
    ----------
    workspace
        Where the run is.
    run
        Whose folder gets the process and its output.
    workers
        Number of cores the work may use.
    arguments
        What `fusion_core.execution.worker` is told besides the workspace and the run.
    """
    command = [
        sys.executable,
        "-m",
        "fusion_core.execution.worker",
        str(workspace.path.resolve()),
        run.id,
        *arguments,
    ]
    with (run.folder / "worker.log").open("ab") as output:
        worker = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=worker_environment(workers),
            start_new_session=True,
            close_fds=True,
        )
    started = psutil.Process(worker.pid).create_time()
    write_json({"process": worker.pid, "started": started}, run.folder / _PROCESS_FILE)
    # An ended child stays in the process table until its parent asks for the exit code.
    threading.Thread(target=worker.wait, name=f"reap {run.id}", daemon=True).start()


def _process(run: Run, state: RunState) -> psutil.Process | None:
    """Return the run's process if it lives."""
    candidates = [(state.process, state.process_started)]
    with contextlib.suppress(CorruptFileError):
        record = read_json(run.folder / _PROCESS_FILE)
        candidates.append((record.get("process"), record.get("started")))
    for pid, started in candidates:
        if pid is None or started is None:
            continue
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(int(pid))
            same = abs(process.create_time() - float(started)) <= _START_TOLERANCE
            if same and process.status() != psutil.STATUS_ZOMBIE:
                return process
    return None


def _is_starting(run: Run, state: RunState) -> bool:
    """Whether the run was started so recently that its process may not be recorded yet."""
    if state.process is not None or (run.folder / _PROCESS_FILE).exists() or not state.updated:
        return False
    age = datetime.now(UTC) - datetime.fromisoformat(state.updated)
    return age.total_seconds() < _STARTING_SECONDS


def _enforce_cancel(run: Run, grace: float) -> None:
    end = time.monotonic() + grace
    while time.monotonic() < end:
        if run.state().status != "running":
            return
        if _process(run, run.state()) is None:
            break
        time.sleep(_POLL_SECONDS)
    process = _process(run, run.state())
    if process is not None:
        _terminate(process)
    _record_cancelled(run)


def _terminate(process: psutil.Process) -> None:
    """End a run's process and whatever it started, politely first."""
    family = [process]
    with contextlib.suppress(psutil.Error):
        family += process.children(recursive=True)
    # The worker leads its own session and group; a run executed inside another program does not,
    # and then only the process itself may be ended.
    leads_group = hasattr(os, "getpgid") and _group(process.pid) == process.pid
    for send in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
            if leads_group:
                os.killpg(process.pid, send)
            else:
                process.send_signal(send)
        _, alive = psutil.wait_procs(family, timeout=_KILL_SECONDS)
        if not alive:
            return


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _record_cancelled(run: Run) -> None:
    state = run.state()
    if state.status != "running":
        return
    message = "Cancelled. What was finished is kept and can be resumed"
    run.write_state(
        dataclasses.replace(
            state,
            status="cancelled",
            message=message,
            seconds_left=None,
            process=None,
            process_started=None,
            finished=utc_now(),
        )
    )
    run.log("The process did not stop by itself and was ended", status="cancelled")
    (run.folder / CANCEL_FILE).unlink(missing_ok=True)


def _check_disk(workspace: Workspace, run: Run) -> None:
    there = sum(path.stat().st_size for path in run.folder.rglob("*") if path.is_file())
    needed = max(estimate_cost(workspace, run.spec()).disk_bytes - there, 0.0)
    free = shutil.disk_usage(run.folder).free
    if free < needed:
        raise InputError(
            f"The run needs about {size_text(needed)} more on disk, but only {size_text(free)} are free",
            where=str(run.folder),
            fix=f"Free at least {size_text(needed - free)} and resume the run, or fuse fewer variables "
            "or implicates",
        )


def _record_refused(run: Run, error: HarmonyError) -> None:
    """Note why a run was not started, so that it does not seem to wait."""
    state = dataclasses.replace(
        run.state(), status="failed", message=error.message, seconds_left=None, finished=utc_now()
    )
    # A disk without any room cannot hold the note either; the caller gets the reason all the same.
    with contextlib.suppress(OSError):
        run.write_state(state)
        run.log(error.message, status="failed")
