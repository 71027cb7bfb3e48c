"""Run all stages of a fusion in this process, repeating none that is finished."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import platform
import time
import traceback
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

from fusion_core.errors import Cancelled, CorruptFileError, HarmonyError, InputError
from fusion_core.execution.cost import estimate_cost
from fusion_core.execution.processes import process_mark
from fusion_core.execution.progress import CANCEL_FILE, RunProgress
from fusion_core.execution.stages import (
    STAGE_FUNCTIONS,
    STAGE_TITLES,
    StageFunction,
    reused_model,
)
from fusion_core.harmony.model import SurveyPair
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.runs import (
    STAGES,
    Run,
    RunState,
    Stage,
    Status,
    create_run,
    require_run,
    require_workspace,
    utc_now,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.layout import Workspace

Progress = Callable[[float, str], None]

_NOTED_PACKAGES: Final = (
    "survey-harmonization-tool",
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "lightgbm",
    "duckdb",
)
# Room set aside at the start, given back when the disk is full so that the reason can be recorded.
_RESERVE_BYTES: Final = 256 * 1024


def execute_run(
    workspace: Workspace,
    run: Run,
    progress: Progress | None = None,
    *,
    stages: Mapping[Stage, StageFunction] | None = None,
) -> RunState:
    """Run the stages that are not finished yet, here and now.

    Parameters
    ----------
    workspace
        Where the run and its surveys are.
    run
        The run.
    progress
        Called with the share of the whole run that is done and a sentence; raising `Cancelled`
        cancels.
    stages
        Replacements for the stage functions.

    Returns
    -------
    RunState
        The final state.

    Raises
    ------
    Cancelled
        If the user asked to cancel; the state says so.
    HarmonyError
        If a stage failed for a reason the user can act on; the state says it.
    """
    require_workspace(workspace)
    require_run(run)
    functions = {**STAGE_FUNCTIONS, **(stages or {})}

    def work() -> None:
        tracker = RunProgress(run, _expected_seconds(workspace, run), echo=progress)
        for stage in STAGES:
            _execute_stage(workspace, run, stage, functions[stage], tracker)

    return execute_recorded(run, work)


def apply_run(
    workspace: Workspace,
    source: Run,
    recipient: SurveyId,
    *,
    name: str = "",
    implicates: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Run:
    """Fuse another recipient with the model of a run, so that both are comparable.

    The donor's answers, the models and their predictors are the same; only the households differ. The
    harmonies of the donor with the other recipient must have the keys of those the model was trained
    with.

    Parameters
    ----------
    workspace
        Where both recipients are.
    source
        A finished run.
    recipient
        The other survey.
    name
        Name of the new run; that of the source with the survey's when empty.
    implicates
        Number of implicates; as many as the source has when left out.
    seed
        Seed of the draws; a random one when left out, so that both runs can be compared as
        independent.
    progress
        As in `execute_run`.

    Returns
    -------
    Run
        The new run, finished.

    Raises
    ------
    InputError
        If the source has no model, the recipient is its own or lacks a predictor.
    """
    from fusion_core.fusion import FusionModel
    from fusion_core.fusion.base import check_seed

    spec = require_run(source).spec()
    if recipient == spec.pair.recipient:
        raise InputError(
            f"The run is of {recipient.title} already", fix="Name another recipient survey"
        )
    if not workspace.has_survey(recipient):
        raise InputError.unknown("survey", str(recipient), map(str, workspace.survey_ids()))
    if "train" not in finished_stages(source) or not source.model_folder.exists():
        raise InputError(
            "The run has no model to apply", where=source.id, fix="Name a run that was trained here"
        )
    needed = [item.name for item in FusionModel.load(source.model_folder).predictors]
    wanted = dataclasses.replace(
        spec,
        name=name or f"{spec.name} on {recipient.title}",
        pair=SurveyPair(spec.pair.donor, recipient),
        implicates=spec.implicates if implicates is None else implicates,
        seed=check_seed(seed),
        # What the model was trained with is needed, however alike it is in the other recipient.
        keep_predictors=tuple(dict.fromkeys([*spec.keep_predictors, *needed])),
    )
    run = create_run(workspace, wanted)
    execute_run(workspace, run, progress, stages={"train": reused_model(source)})
    return run


def execute_recorded(run: Run, work: Callable[[], None]) -> RunState:
    """Do some work and write to a run's state how it went.

    Parameters
    ----------
    run
        Whose ``state.json`` and log are written.
    work
        The work; raises `Cancelled` when the user asked to cancel.

    Returns
    -------
    RunState
        The final state.

    Raises
    ------
    Cancelled
        If the user asked to cancel; the state says so.
    HarmonyError
        If the work failed for a reason the user can act on; the state says it.
    """
    try:
        _begin(run)
    except OSError as error:
        raise _reason(error, run) from error
    try:
        work()
    except Cancelled:
        _end(run, "cancelled", "Cancelled. What was finished is kept and can be resumed")
        raise
    except (HarmonyError, OSError, MemoryError) as error:
        reason = _reason(error, run)
        _end(run, "failed", reason.message)
        raise reason from error
    except Exception as error:
        run.log("Details of the failure", details=traceback.format_exc())
        _end(
            run,
            "failed",
            f"A defect of the program stopped the run: {type(error).__name__}: {error}. The log "
            "has the details.",
        )
        raise
    return _end(run, "finished", "Finished")


def finished_stages(run: Run) -> dict[Stage, float]:
    """Return the finished stages with the seconds each took."""
    found: dict[Stage, float] = {}
    for stage in STAGES:
        # A marker cut off by a full disk means the stage has to be repeated.
        with contextlib.suppress(CorruptFileError, KeyError, TypeError, ValueError):
            found[stage] = float(read_json(_marker(run, stage))["seconds"])
    return found


def stage_folder(run: Run, stage: Stage) -> Path:
    """Return the folder a stage writes."""
    return {
        "prepare": run.input_folder,
        "train": run.model_folder,
        "fuse": run.implicates_folder,
        "validate": run.validation_folder,
    }[stage]


def _execute_stage(
    workspace: Workspace, run: Run, stage: Stage, function: StageFunction, tracker: RunProgress
) -> None:
    tracker.check_cancelled()
    if stage in finished_stages(run):
        tracker.skip(stage)
        return
    tracker.enter(stage, STAGE_TITLES[stage])
    stage_folder(run, stage).mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    function(workspace, run, tracker.report)
    seconds = time.monotonic() - started
    write_json({"finished": utc_now(), "seconds": round(seconds, 2)}, _marker(run, stage))
    run.log(f"Took {seconds:.1f} s", stage=stage)


def _marker(run: Run, stage: Stage) -> Path:
    return run.folder / "stages" / f"{stage}.json"


def _expected_seconds(workspace: Workspace, run: Run) -> dict[Stage, float]:
    """Estimate the seconds of the stages to be done; finished ones take no part of the bar."""
    expected = estimate_cost(workspace, run.spec()).seconds_by_stage
    done = finished_stages(run)
    return {stage: 0.0 if stage in done else expected[stage] for stage in STAGES}


def _begin(run: Run) -> None:
    _reserve(run).write_bytes(b"\0" * _RESERVE_BYTES)
    write_json(_versions(), run.folder / "versions.json")
    me = psutil.Process()
    run.write_state(
        RunState(
            status="running",
            message="Starting",
            process=me.pid,
            process_started=me.create_time(),
            process_mark=process_mark(me.pid),
            started=utc_now(),
        )
    )
    run.log("Started", process=me.pid)


def _end(run: Run, status: Status, message: str) -> RunState:
    _reserve(run).unlink(missing_ok=True)
    (run.folder / CANCEL_FILE).unlink(missing_ok=True)

    def change(state: RunState) -> RunState:
        return dataclasses.replace(
            state,
            status=status,
            message=message,
            seconds_left=None,
            process=None,
            process_started=None,
            process_mark="",
            finished=utc_now(),
            progress=1.0 if status == "finished" else state.progress,
        )

    state = run.update_state(change)
    run.log(message, status=status)
    return state


def _reserve(run: Run) -> Path:
    return run.folder / ".reserve"


def _reason(error: HarmonyError | OSError | MemoryError, run: Run) -> HarmonyError:
    """Turn a failure into one sentence with what to do about it."""
    if isinstance(error, MemoryError):
        return InputError(
            "There was not enough memory",
            fix="Fuse fewer variables or implicates, or use a computer with more memory; then "
            "resume, finished stages are kept",
        )
    full = _disk_is_full(error)
    if full:
        _reserve(run).unlink(missing_ok=True)
        return InputError(
            "The disk is full",
            where=str(run.folder),
            fix="Free some space and resume the run; finished stages are kept",
        )
    if isinstance(error, HarmonyError):
        return error
    return InputError(
        f"A file could not be read or written: {error.strerror or error}",
        where=str(error.filename or run.folder),
        fix="Check the folder's permissions and resume the run",
    )


def _disk_is_full(error: BaseException | None) -> bool:
    """Whether an error, or one that caused it, is the operating system's "no space left"."""
    full = {errno.ENOSPC, errno.EDQUOT}
    while error is not None:
        if isinstance(error, OSError) and error.errno in full:
            return True
        error = error.__cause__ or error.__context__
    return False


def _versions() -> dict[str, Any]:
    """Record what computed the run: the same seed gives the same numbers with the same versions."""
    found: dict[str, Any] = {"python": platform.python_version(), "system": platform.platform()}
    for package in _NOTED_PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed as a package"
    return found | {"threads": os.environ.get("OMP_NUM_THREADS", "not limited")}
