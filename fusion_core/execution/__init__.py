"""Run the stages of a fusion here or in a process of their own, with progress and cancel."""

from fusion_core.execution.cost import CostEstimate, estimate_cost
from fusion_core.execution.line import (
    cancel_run,
    place_in_line,
    remove_run,
    resume_run,
    runs_at_once,
    set_runs_at_once,
    start_run,
    wait_for_run,
)
from fusion_core.execution.pipeline import apply_run, execute_run
from fusion_core.execution.processes import run_status

__all__ = [
    "CostEstimate",
    "apply_run",
    "cancel_run",
    "estimate_cost",
    "execute_run",
    "place_in_line",
    "remove_run",
    "resume_run",
    "run_status",
    "runs_at_once",
    "set_runs_at_once",
    "start_run",
    "wait_for_run",
]
