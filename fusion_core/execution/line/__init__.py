"""The line of runs: started, resumed, waited for, cancelled and deleted, so many at a time."""

from fusion_core.execution.line.queue import (
    MOST_AT_ONCE,
    has_turn,
    in_line,
    move_on,
    place_in_line,
    runs_at_once,
    set_runs_at_once,
)
from fusion_core.execution.line.starting import (
    cancel_run,
    remove_run,
    resume_run,
    start_run,
    wait_for_run,
)

__all__ = [
    "MOST_AT_ONCE",
    "cancel_run",
    "has_turn",
    "in_line",
    "move_on",
    "place_in_line",
    "remove_run",
    "resume_run",
    "runs_at_once",
    "set_runs_at_once",
    "start_run",
    "wait_for_run",
]
