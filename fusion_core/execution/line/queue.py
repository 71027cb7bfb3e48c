"""Runs in line: so many at a time in a workspace, whoever starts them, the others one after the other.

A queued run is a state on disk and nothing else. A run that ends starts the next one, and so does
whoever looks at the runs and sees room; the line therefore needs no server, survives a restart of the
computer, and is the same for app and command line.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from typing import TYPE_CHECKING, Final

from fusion_core.errors import ConflictError, HarmonyError, InputError
from fusion_core.execution.budget import available_cores
from fusion_core.execution.cost import estimate_cost
from fusion_core.execution.processes import forget_process, run_status, spawn_worker
from fusion_core.workspace.files import read_json, size_text, write_json
from fusion_core.workspace.locks import exclusive
from fusion_core.workspace.runs import Run, RunState, list_runs, require_workspace, utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from fusion_core.workspace.layout import Workspace

FORMAT_VERSION: Final = 1
MOST_AT_ONCE: Final = 64
_CORES_EACH: Final = 4
_LOCK_SECONDS: Final = 20.0
_FILE: Final = "queue.json"


def runs_at_once(workspace: Workspace) -> int:
    """Return how many runs of a workspace go on at a time.

    One for every four cores of this computer until `set_runs_at_once` says otherwise; a damaged
    setting counts as none, so that it stops nobody's run.
    """
    path = workspace.runs_folder / _FILE
    usual = max(1, available_cores() // _CORES_EACH)
    if not path.exists():
        return usual
    try:
        found = read_json(path).get("at_once")
    except HarmonyError:
        return usual
    return found if isinstance(found, int) and 1 <= found <= MOST_AT_ONCE else usual


def set_runs_at_once(workspace: Workspace, number: int) -> None:
    """Let so many runs of a workspace go on at a time; those going on already go on.

    Raises
    ------
    InputError
        If the number makes no sense, or cannot be stored.
    """
    if not 1 <= number <= MOST_AT_ONCE:
        raise InputError(
            f"{number} runs cannot run at the same time",
            fix=f"Choose a number from 1 to {MOST_AT_ONCE}",
        )
    path = require_workspace(workspace).runs_folder / _FILE
    write_json({"format": FORMAT_VERSION, "at_once": number}, path)
    move_on(workspace)


def join_line(workspace: Workspace, run: Run) -> None:
    """Put a run at the end of the line, and start it if there is room."""
    with _line(workspace):
        tickets = [state.ticket for _, state in _active(workspace)]
        run.write_state(
            RunState(
                status="queued",
                message="Waiting for its turn",
                ticket=max(tickets, default=0) + 1,
            )
        )
        _start_next(workspace)


def leave_line(workspace: Workspace, run: Run) -> bool:
    """Cancel a run that waits for its turn; return whether it did."""
    with _line(workspace):
        state = run.state()
        if state.status != "queued":
            return False
        run.write_state(
            dataclasses.replace(
                state,
                status="cancelled",
                message="Cancelled before it began",
                ticket=0,
                finished=utc_now(),
            )
        )
        return True


def move_on(workspace: Workspace) -> None:
    """Start the runs whose turn has come, if any."""
    if _has_turn(workspace, _active(workspace)):
        with _line(workspace):
            _start_next(workspace)


def in_line(active: Sequence[tuple[Run, RunState]]) -> list[Run]:
    """Return the runs that wait for their turn, the next one first."""
    waiting = [(state.ticket, run.id, run) for run, state in active if state.status == "queued"]
    return [run for _, _, run in sorted(waiting, key=lambda item: item[:2])]


def place_in_line(workspace: Workspace, run: Run) -> int:
    """Return the place of a waiting run, 1 for the next one; 0 if it does not wait."""
    waiting = [item.id for item in in_line(_active(workspace))]
    return waiting.index(run.id) + 1 if run.id in waiting else 0


def has_turn(workspace: Workspace, states: Sequence[RunState]) -> bool:
    """Whether, as far as these states of a workspace's runs tell, a waiting run could start."""
    going = sum(state.status == "running" for state in states)
    waits = any(state.status == "queued" for state in states)
    return waits and going < runs_at_once(workspace)


def _has_turn(workspace: Workspace, active: Sequence[tuple[Run, RunState]]) -> bool:
    return has_turn(workspace, [state for _, state in active])


def _active(workspace: Workspace) -> list[tuple[Run, RunState]]:
    """Return the runs that go on or wait; a damaged one does neither."""
    found = []
    for run in list_runs(workspace):
        try:
            state = run_status(workspace, run)
        except HarmonyError:
            continue
        if state.is_active:
            found.append((run, state))
    return found


def _line(workspace: Workspace) -> AbstractContextManager[None]:
    busy = ConflictError("The runs are being changed by someone else", fix="Try again in a moment")
    lock = workspace.runs_folder / ".queue.lock"
    return exclusive(lock, seconds=_LOCK_SECONDS, busy=busy, failed="The run cannot be started")


def _start_next(workspace: Workspace) -> None:
    """Start waiting runs while there is room; one that cannot start says so and lets others pass."""
    active = _active(workspace)
    going = sum(state.status == "running" for _, state in active)
    for run in in_line(active):
        if going >= runs_at_once(workspace):
            return
        going += _has_begun(workspace, run)


def _has_begun(workspace: Workspace, run: Run) -> bool:
    try:
        check_disk(workspace, run)
        forget_process(run)
        run.write_state(RunState(status="running", message="Starting", started=utc_now()))
        spawn_worker(workspace, run, run.spec().train.workers)
    except HarmonyError as error:
        record_refused(run, error)
        return False
    return True


def check_disk(workspace: Workspace, run: Run) -> None:
    """Refuse to start a run that the disk has no room for.

    Raises
    ------
    InputError
        If the disk has less room than the run is expected to need.
    """
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


def record_refused(run: Run, error: HarmonyError) -> None:
    """Note why a run was not started, so that it does not seem to wait."""
    # A disk without any room cannot hold the note either; the caller gets the reason all the same.
    with contextlib.suppress(OSError, HarmonyError):
        state = dataclasses.replace(
            run.state(),
            status="failed",
            message=error.message,
            seconds_left=None,
            ticket=0,
            finished=utc_now(),
        )
        run.write_state(state)
        run.log(error.message, status="failed")


__all__ = [
    "MOST_AT_ONCE",
    "has_turn",
    "in_line",
    "join_line",
    "leave_line",
    "move_on",
    "place_in_line",
    "runs_at_once",
    "set_runs_at_once",
]
