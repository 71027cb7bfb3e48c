"""The demo as the app opens it: built where it is absent, with a first run that starts by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.errors import HarmonyError, InputError
from fusion_core.execution import start_run
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import create_run, list_runs
from harmony_app.log import LOG

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def open_demo(folder: Path, *, progress: Callable[[float, str], None] | None = None) -> Workspace:
    """Open the demo in a folder; build it where it is absent, unfinished or of another version.

    Raises
    ------
    InputError
        If the folder holds something else.
    """
    from fusion_core.demo import ensure_demo

    if (folder / "workspace.json").exists() and not Workspace.open(folder).synthetic:
        raise InputError(
            "The folder holds a workspace that is not the demo",
            where=str(folder),
            fix="Open it with --workspace, or name another folder with --demo",
        )
    return ensure_demo(folder, progress=progress)


def start_first_look(workspace: Workspace) -> None:
    """Start a quick run in the background unless the demo has a run, so that every place shows something.

    The demo can be used without: what keeps the run from starting is told in the log, and on the
    Fuse page where the run exists.
    """
    from fusion_core.demo import first_look

    if list_runs(workspace):
        return
    try:
        start_run(workspace, create_run(workspace, first_look()))
    except HarmonyError as error:
        LOG.warning("The first run of the demo could not be started: %s", error.message)
