"""Runs that were deleted: set aside for a day, so that a deletion can be undone, then removed.

A removed run keeps its folder and its name, one level down in ``runs/.removed/``, where nothing that
lists or opens runs looks.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fusion_core.errors import ConflictError, CorruptFileError, HarmonyError, InputError
from fusion_core.records import Checked
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.folders import remove_folder, require_own, sweep_folders
from fusion_core.workspace.runs.folder import RUN_FILES, Run
from fusion_core.workspace.runs.state import utc_now

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

KEPT_HOURS: Final = 24
_FOLDER: Final = ".removed"
_NOTE: Final = "removed.json"
_WHAT: Final = "the run"


@dataclass(frozen=True)
class RemovedRun(Checked):
    """A run whose deletion can be undone.

    Attributes
    ----------
    run
        The run where it is now.
    name
        Name people gave it.
    removed
        When, ISO 8601 in UTC.
    nbytes
        What it takes on disk.
    """

    run: Run
    name: str
    removed: str
    nbytes: int


def set_aside(run: Run) -> None:
    """Take a run out of the list of runs; the caller makes sure it does not go on.

    A run whose folder is a link is removed at once: what is linked to may lie on another disk.

    Raises
    ------
    InputError
        If the folder holds a file the run did not write, or cannot be moved.
    """
    if run.folder.is_symlink():
        remove_folder(run.folder, RUN_FILES, what=_WHAT)
        return
    require_own(run.folder, RUN_FILES, what=_WHAT)
    size = sum(path.stat().st_size for path in run.folder.rglob("*") if path.is_file())
    write_json({"removed": utc_now(), "bytes": size}, run.folder / _NOTE)
    _move(run.folder, run.folder.parent / _FOLDER / run.id)
    _sweep(run.folder.parent)


def removed_runs(workspace: Workspace) -> list[RemovedRun]:
    """Return the runs whose deletion can be undone, the latest first."""
    folder = workspace.runs_folder / _FOLDER
    with suppress(FileNotFoundError):
        found = [_described(Run(path.name, path)) for path in folder.iterdir() if path.is_dir()]
        return sorted(found, key=lambda item: (item.removed, item.run.id), reverse=True)
    return []


def restore_run(workspace: Workspace, identifier: str) -> Run:
    """Undo the deletion of a run.

    Raises
    ------
    InputError
        If no such run was deleted of late, or it cannot be moved.
    ConflictError
        If there is another run of that identifier by now.
    """
    removed = _find(workspace, identifier)
    target = workspace.run_folder(identifier)
    if os.path.lexists(target):
        raise ConflictError("There is a run of that identifier", where=str(target))
    _move(removed.folder, target)
    (target / _NOTE).unlink(missing_ok=True)
    return Run(identifier, target)


def purge_run(workspace: Workspace, identifier: str) -> None:
    """Remove a deleted run from the disk.

    Raises
    ------
    InputError
        If no such run was deleted of late, or its folder cannot be removed.
    """
    folder = _find(workspace, identifier).folder
    remove_folder(folder, RUN_FILES, what=_WHAT)
    with suppress(OSError):  # others are left, or just arrive
        folder.parent.rmdir()


def purge_old(workspace: Workspace) -> None:
    """Remove from the disk what was deleted longer than `KEPT_HOURS` ago; what cannot be stays."""
    now = datetime.now(UTC)
    for item in removed_runs(workspace):
        with suppress(HarmonyError, ValueError):
            if now - datetime.fromisoformat(item.removed) > timedelta(hours=KEPT_HOURS):
                purge_run(workspace, item.run.id)


def _find(workspace: Workspace, identifier: str) -> Run:
    workspace.run_folder(identifier)  # refuses what could name another place
    folder = workspace.runs_folder / _FOLDER / identifier
    if not folder.is_dir():
        known = [item.run.id for item in removed_runs(workspace)]
        raise InputError.unknown("deleted run", identifier, known)
    return Run(identifier, folder)


def _described(run: Run) -> RemovedRun:
    name, removed, size = run.id, "", 0
    with suppress(HarmonyError):
        name = run.spec().name
    with suppress(CorruptFileError, TypeError, ValueError):
        note = read_json(run.folder / _NOTE)
        removed, size = str(note.get("removed", "")), int(note.get("bytes", 0))
    return RemovedRun(run, name, removed, size)


def _move(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(exist_ok=True)
        source.rename(target)
    except OSError as error:
        raise InputError(
            f"The run cannot be moved: {error.strerror or error}",
            where=str(source),
            fix="Check the permissions of the folder of runs; nothing was removed",
        ) from error


def _sweep(folder: Path) -> None:
    """Remove what deletions that were cut short left."""
    for leftover in (*folder.glob(".*"), *(folder / _FOLDER).glob(".*")):
        if leftover.name != _FOLDER:
            name = leftover.name[1:].rpartition(".")[0] or "-"
            sweep_folders(leftover.with_name(name), RUN_FILES)


__all__ = [
    "KEPT_HOURS",
    "RemovedRun",
    "purge_old",
    "purge_run",
    "removed_runs",
    "restore_run",
    "set_aside",
]
