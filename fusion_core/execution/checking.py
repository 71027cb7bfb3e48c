"""Validate a finished run anew, or with households its models never saw, in a process beside it.

The run stays finished and usable meanwhile: the check has a state, a log and a process of its own
in the folder ``check/`` of the run (`Run.check`), and its result appears when it is whole. A run has
one check at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fusion_core.errors import ConflictError, InputError
from fusion_core.execution.cost import estimate_cost, out_of_fold_seconds
from fusion_core.execution.pipeline import execute_recorded, finished_stages
from fusion_core.execution.processes import run_status, spawn_worker, starting
from fusion_core.execution.progress import CANCEL_FILE, RunProgress
from fusion_core.execution.stages import validate_usual
from fusion_core.execution.validating import validate_out_of_fold
from fusion_core.validation.report import has_validation, read_facts
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.runs import RunState, check_folds, utc_now

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


USUAL: Final = 0
"""In place of a number of folds: the usual validation, by the run's own model."""
_ASKED_FILE: Final = "asked.json"


def start_check(workspace: Workspace, run: Run, folds: int) -> RunState:
    """Start the check of a finished run, or go on with one that ended early.

    Parameters
    ----------
    workspace
        Where the run is.
    run
        A finished run.
    folds
        Number of parts the donor is cut into; `USUAL` repeats the usual validation.

    Raises
    ------
    ConflictError
        If a check of the run is going on already.
    InputError
        If the run is not finished or the number of folds makes no sense.
    """
    check_folds(folds)
    if run_status(workspace, run).status != "finished":
        raise InputError("Only a finished run can be checked", fix="Wait until it finishes")
    job = run.check
    with starting(job):
        state = check_status(workspace, run)
        if state is not None and state.is_active:
            raise ConflictError("The run is already being checked", fix="Wait until it finishes")
        write_json({"folds": folds}, job.folder / _ASKED_FILE)
        for name in (CANCEL_FILE, "process.json"):
            (job.folder / name).unlink(missing_ok=True)
        job.write_state(RunState(status="running", message="Starting", started=utc_now()))
        spawn_worker(workspace, job, run.spec().train.workers, str(folds))
    return job.state()


def check_status(workspace: Workspace, run: Run) -> RunState | None:
    """Return the state of a run's check, ``None`` where none was ever asked for."""
    if not (run.check.folder / "state.json").is_file():
        return None
    return run_status(workspace, run.check)


def repeats_usual(run: Run) -> bool:
    """Whether a run's latest check repeats the usual validation rather than asks unseen households."""
    path = run.check.folder / _ASKED_FILE
    return path.is_file() and read_json(path)["folds"] == USUAL


def execute_check(workspace: Workspace, run: Run, folds: int) -> RunState:
    """Check a finished run here and now; see `execute_recorded` for what is raised."""

    def work() -> None:
        tracker = RunProgress(run.check, {"validate": check_seconds(workspace, run, folds)})
        if folds == USUAL:
            tracker.enter("validate", "Validating again")
            validate_usual(workspace, run, tracker.report)
        else:
            tracker.enter("validate", "Checking with unseen households")
            validate_out_of_fold(run, folds, tracker.report)

    run.check.folder.mkdir(exist_ok=True)
    return execute_recorded(run.check, work)


def check_seconds(workspace: Workspace, run: Run, folds: int) -> float:
    """Estimate the seconds a check takes, from what the run itself took where that is known."""
    done = finished_stages(run)
    expected = estimate_cost(workspace, run.spec()).seconds_by_stage
    # The stage may have checked with unseen households too; the validation knows its own time.
    remembered = read_facts(run.validation_folder) if has_validation(run.validation_folder) else {}
    inside = float(remembered.get("seconds", expected["validate"]))
    if folds == USUAL:
        return inside
    return out_of_fold_seconds(folds, inside, done.get("train", expected["train"]))
