"""Run the stages of a fusion here or in a process of their own, with progress and cancel."""

from fusion_core.execution.cost import CostEstimate, estimate_cost
from fusion_core.execution.pipeline import apply_run, execute_run
from fusion_core.execution.processes import (
    cancel_run,
    remove_run,
    resume_run,
    run_status,
    start_run,
    wait_for_run,
)

__all__ = [
    "CostEstimate",
    "apply_run",
    "cancel_run",
    "estimate_cost",
    "execute_run",
    "remove_run",
    "resume_run",
    "run_status",
    "start_run",
    "wait_for_run",
]
