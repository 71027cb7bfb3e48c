"""Follow a run from the command line: a progress bar, and Ctrl-C cancels it properly."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fusion_core.errors import Cancelled, InputError
from fusion_core.execution import cancel_run, place_in_line, run_status, start_run
from fusion_core.execution.line import move_on
from fusion_core.summaries import ordinal

if TYPE_CHECKING:
    from fusion_core.cli.output import ProgressCallback
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, RunState

_POLL_SECONDS = 0.2
_WAITING_SECONDS = 1.0


def follow_run(workspace: Workspace, run: Run, progress: ProgressCallback) -> RunState:
    """Start a run in its own process, or put it in line, and wait for its end.

    Parameters
    ----------
    workspace
        Where the run is.
    run
        A run that was not started, or ended early.
    progress
        Called with the share done and a sentence.

    Returns
    -------
    RunState
        The final state of a finished run.

    Raises
    ------
    InputError
        If the run failed; the message says why.
    Cancelled
        If the user pressed Ctrl-C or cancelled it elsewhere; finished stages are kept.
    """
    start_run(workspace, run)
    try:
        while True:
            state = run_status(workspace, run)
            progress(state.progress, _message(workspace, run, state))
            if not state.is_active:
                break
            time.sleep(_WAITING_SECONDS if state.status == "queued" else _POLL_SECONDS)
    except KeyboardInterrupt:
        cancel_run(workspace, run, wait=True)
        state = run_status(workspace, run)
    resume = f"Resume it with `harmony fuse --resume {run.id}`"
    if state.status == "cancelled":
        raise Cancelled("The run was cancelled", where=run.id, fix=resume)
    if state.status == "failed":
        reason = state.message.rstrip(".")
        raise InputError(f"The run failed: {reason}", where=run.id, fix=resume)
    return state


def _message(workspace: Workspace, run: Run, state: RunState) -> str:
    """Say what is being done, or how long the line is before a run that waits."""
    if state.status != "queued":
        return state.message
    move_on(workspace)
    place = place_in_line(workspace, run)
    return f"{state.message}, {ordinal(place)} in line" if place else "Starting"
