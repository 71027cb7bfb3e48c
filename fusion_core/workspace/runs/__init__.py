"""Fusion runs on disk: what was asked for, how far it is, and what it wrote.

A run is a folder ``runs/<id>/`` with its request (`request`), its state (`state`) and its log, and the
folders ``input/ model/ implicates/ validation/ estimates/`` its stages write (`folder`).
"""

from fusion_core.workspace.runs.catalogue import (
    adopted_run,
    create_run,
    list_runs,
    open_run,
    require_workspace,
)
from fusion_core.workspace.runs.folder import (
    RUN_FILES,
    Run,
    drop_checkpoints,
    rename_run,
    require_run,
)
from fusion_core.workspace.runs.removed import (
    KEPT_HOURS,
    RemovedRun,
    purge_old,
    purge_run,
    removed_runs,
    restore_run,
    set_aside,
)
from fusion_core.workspace.runs.request import (
    FORMAT_VERSION,
    KNOWN_ANSWERS,
    MOST_KNOWN_ANSWERS,
    RunSpec,
    check_folds,
    check_known_answers,
)
from fusion_core.workspace.runs.second_stage import SecondStage, stages_of
from fusion_core.workspace.runs.state import STAGES, RunState, Stage, Status, utc_now

__all__ = [
    "FORMAT_VERSION",
    "KEPT_HOURS",
    "KNOWN_ANSWERS",
    "MOST_KNOWN_ANSWERS",
    "RUN_FILES",
    "STAGES",
    "RemovedRun",
    "Run",
    "RunSpec",
    "RunState",
    "SecondStage",
    "Stage",
    "Status",
    "adopted_run",
    "check_folds",
    "check_known_answers",
    "create_run",
    "drop_checkpoints",
    "list_runs",
    "open_run",
    "purge_old",
    "purge_run",
    "removed_runs",
    "rename_run",
    "require_run",
    "require_workspace",
    "restore_run",
    "set_aside",
    "stages_of",
    "utc_now",
]
