"""One process per run: start it, see whether it lives, cancel it, resume it.

Everything is decided from files in the run's folder and the operating system's process table, never
from memory, so another server – or the same one after a restart – sees and controls the same run. A
process counts as the run's only when it is the recorded one: a number the system gave to another
program since is never taken for the run, and never killed. Where the system tells, a process is known
by the ticks since the computer was started, which no change of the clock moves.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

from fusion_core.errors import ConflictError, CorruptFileError
from fusion_core.execution.budget import worker_environment
from fusion_core.execution.progress import CANCEL_FILE
from fusion_core.workspace.files import read_json, write_json, write_text
from fusion_core.workspace.locks import exclusive
from fusion_core.workspace.runs import (
    Run,
    RunState,
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
_START_FIELD: Final = 19
"""Of the fields behind the process's name, counted from 0."""
_KILL_SECONDS: Final = 5.0
_STARTING_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.1
_LOCK_SECONDS: Final = 10.0
_DIED: Final = (
    "The process ended unexpectedly: the computer may have been restarted or run out of memory. "
    "Resume to go on after the last finished stage."
)


@contextlib.contextmanager
def starting(run: Run) -> Iterator[None]:
    """Keep others from starting a run, or what is done to one, during the block.

    Raises
    ------
    ConflictError
        If someone else is starting it.
    InputError
        If its folder cannot be written.
    """
    busy = ConflictError(
        f"The run '{run.id}' is being started by someone else", fix="Try again in a moment"
    )
    failed = "The run cannot be started"
    with exclusive(run.folder / ".lock", seconds=_LOCK_SECONDS, busy=busy, failed=failed):
        yield


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


def stop_process(run: Run, *, grace: float, wait: bool) -> None:
    """Ask the process of a run to stop, and end it when it has not done so after `grace` seconds."""
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


def forget_process(run: Run) -> None:
    """Remove what an earlier process of a run left: its number, and that it was asked to stop."""
    for name in (CANCEL_FILE, _PROCESS_FILE):
        (run.folder / name).unlink(missing_ok=True)


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
    record = {
        "process": worker.pid,
        "started": psutil.Process(worker.pid).create_time(),
        "mark": process_mark(worker.pid),
    }
    write_json(record, run.folder / _PROCESS_FILE)
    # An ended child stays in the process table until its parent asks for the exit code.
    threading.Thread(target=worker.wait, name=f"reap {run.id}", daemon=True).start()


def has_process(run: Run) -> bool:
    """Whether the process recorded beside a run lives, whatever the run's state says."""
    return _process(run, RunState()) is not None


def _process(run: Run, state: RunState) -> psutil.Process | None:
    """Return the run's process if it lives."""
    candidates: list[tuple[Any, Any, Any]] = [
        (state.process, state.process_started, state.process_mark)
    ]
    with contextlib.suppress(CorruptFileError):
        record = read_json(run.folder / _PROCESS_FILE)
        candidates.append((record.get("process"), record.get("started"), record.get("mark")))
    for pid, started, mark in candidates:
        # What a damaged file holds in their place is no process.
        with contextlib.suppress(psutil.Error, TypeError, ValueError, OverflowError):
            process = psutil.Process(int(pid))
            if mark:
                same = mark == process_mark(process.pid)
            else:
                same = abs(process.create_time() - float(started)) <= _START_TOLERANCE
            if same and process.status() != psutil.STATUS_ZOMBIE:
                return process
    return None


def process_mark(pid: int) -> str:
    """Return what tells a process from all that ever had its number; empty where nothing does.

    On Linux the identifier of the computer's start and the ticks from it to the process's own
    (``proc(5)``, field 22 of ``stat``).
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    return f"{boot}:{int(stat.rpartition(b')')[2].split()[_START_FIELD])}"


def _is_starting(run: Run, state: RunState) -> bool:
    """Whether the run was started so recently that its process may not be recorded yet."""
    if state.process is not None or (run.folder / _PROCESS_FILE).exists() or not state.updated:
        return False
    age = datetime.now(UTC) - datetime.fromisoformat(state.updated)
    return abs(age.total_seconds()) < _STARTING_SECONDS


def _enforce_cancel(run: Run, grace: float) -> None:
    end = time.monotonic() + grace
    while time.monotonic() < end:
        if not run.state().is_active:
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
    if not state.is_active:
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
            process_mark="",
            finished=utc_now(),
        )
    )
    run.log("The process did not stop by itself and was ended", status="cancelled")
    (run.folder / CANCEL_FILE).unlink(missing_ok=True)
