"""Runs as people handle them: started or resumed, cancelled, waited for, deleted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from fusion_core.errors import ConflictError, CorruptFileError, HarmonyError, InputError
from fusion_core.execution.line.queue import (
    check_disk,
    join_line,
    leave_line,
    move_on,
    record_refused,
)
from fusion_core.execution.processes import (
    GRACE_SECONDS,
    has_process,
    run_status,
    starting,
    stop_process,
)
from fusion_core.workspace.runs import (
    Run,
    RunState,
    purge_old,
    require_run,
    require_workspace,
    set_aside,
)

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

_POLL_SECONDS: Final = 0.1
_MOVE_EVERY: Final = 10
"""Looks at a waiting run between two at the whole line."""


def start_run(workspace: Workspace, run: Run) -> RunState:
    """Start a run in a process of its own, or resume one that ended early; see `queue` for its turn.

    Parameters
    ----------
    workspace
        Where the run is.
    run
        A run that is not going on or finished.

    Returns
    -------
    RunState
        The state right after the start: running, or queued where as many go on as may.

    Raises
    ------
    ConflictError
        If the run is going on already, or waits for its turn.
    InputError
        If the run is finished, or the disk has less room than the run is expected to need; the
        run then counts as failed and can be resumed.
    """
    require_workspace(workspace)
    with starting(require_run(run)):
        status = run_status(workspace, run).status
        if status == "running":
            raise ConflictError(f"The run '{run.id}' is already running")
        if status == "queued":
            raise ConflictError(f"The run '{run.id}' is already waiting for its turn")
        if status == "finished":
            raise InputError(f"The run '{run.id}' is finished", fix="Clone it to fuse again")
        try:
            check_disk(workspace, run)
        except HarmonyError as error:
            record_refused(run, error)
            raise
        join_line(workspace, run)
    return run.state()


resume_run = start_run


def cancel_run(
    workspace: Workspace, run: Run, *, grace: float = GRACE_SECONDS, wait: bool = False
) -> None:
    """Ask a run to stop, and end its processes when it has not done so after a while.

    Parameters
    ----------
    workspace
        Where the run is.
    run
        The run; nothing happens when it neither goes on nor waits for its turn.
    grace
        Seconds the run has to stop by itself, at its next report of progress.
    wait
        Return only when the run has ended; otherwise the waiting is done in the background.
    """
    status = run_status(workspace, run).status
    if status == "queued" and leave_line(workspace, run):
        return
    if status in {"queued", "running"}:
        stop_process(run, grace=grace, wait=wait)


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
    looks = 0
    while True:
        state = run_status(workspace, run)
        if state.status != "created" and not state.is_active:
            return state
        if end is not None and time.monotonic() > end:
            return state
        if state.status == "queued" and looks % _MOVE_EVERY == 0:
            move_on(workspace)
        looks += 1
        time.sleep(_POLL_SECONDS)


def remove_run(workspace: Workspace, run: Run) -> None:
    """Delete a run; it can be restored for a day (see `fusion_core.workspace.runs`).

    A damaged one can be deleted too.

    Raises
    ------
    ConflictError
        If the run goes on, waits for its turn, or is being checked.
    InputError
        If its folder holds a file the run did not write, or cannot be moved.
    """
    if _is_active(workspace, run):
        raise ConflictError("The run is still running", fix="Cancel it first")
    if run.check.folder.is_dir() and _is_active(workspace, run.check):
        raise ConflictError(
            "The run is being checked", fix="Stop the check on the Validate page first"
        )
    set_aside(run)
    purge_old(workspace)


def _is_active(workspace: Workspace, run: Run) -> bool:
    try:
        return run_status(workspace, run).is_active
    except CorruptFileError:
        return has_process(run)


__all__ = ["cancel_run", "remove_run", "resume_run", "start_run", "wait_for_run"]
