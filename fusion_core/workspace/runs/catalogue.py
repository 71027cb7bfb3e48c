"""The runs of a workspace: created, adopted from elsewhere, listed and opened."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from fusion_core.arguments import require_type
from fusion_core.errors import InputError
from fusion_core.workspace.files import not_readable, write_json, write_remedy
from fusion_core.workspace.folders import dissolve
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs.folder import RUN_FILES, Run
from fusion_core.workspace.runs.request import RunSpec, check_folds, check_known_answers
from fusion_core.workspace.runs.state import RunState, utc_now


def require_workspace(workspace: object) -> Workspace:
    """Return a workspace if it is one.

    Raises
    ------
    InputError
        If it is something else, such as its path.
    """
    return require_type(workspace, Workspace, "workspace", fix="Open one with Workspace.open")


def create_run(workspace: Workspace, spec: RunSpec) -> Run:
    """Create a run's folder with its request; the caller starts it.

    Parameters
    ----------
    workspace
        Where the run belongs.
    spec
        What is asked for.

    Raises
    ------
    InputError
        If the request fuses nothing or no implicate, its number of folds makes no sense, or the
        folder cannot be written; nothing of the run is left then.
    """
    require_workspace(workspace)
    require_type(spec, RunSpec, "spec", fix="Write RunSpec(name, pair, fusion_variables)")
    if not spec.fusion_variables:
        raise InputError("No fusion variable is chosen", fix="Choose at least one donor variable")
    if spec.implicates < 1:
        raise InputError(
            f"{spec.implicates} implicates were asked for", fix="Ask for at least one implicate"
        )
    check_folds(spec.out_of_fold)
    check_known_answers(spec.known_answers)
    run = _new_run(workspace, _identifier(spec))
    try:
        write_json(spec.to_record(), run.folder / "spec.json")
        run.write_state(RunState())
    except BaseException:
        dissolve(run.folder, RUN_FILES)  # half a run would be in everybody's list
        raise
    return run


@contextmanager
def adopted_run(workspace: Workspace, spec: RunSpec) -> Iterator[Run]:
    """Yield a new run's folder to fill with what was computed elsewhere; finished when the block ends.

    Nothing of it is listed before, and nothing is left where the block fails.

    Parameters
    ----------
    workspace
        Where the run belongs.
    spec
        What was asked for there.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    run = _new_run(require_workspace(workspace), _identifier(spec))
    try:
        yield run
        run.write_state(RunState("finished", "validate", 1.0, "Finished", finished=utc_now()))
        write_json(spec.to_record(), run.folder / "spec.json")
    except BaseException:
        dissolve(run.folder, RUN_FILES)
        raise


def _identifier(spec: RunSpec) -> str:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    slug = re.sub(r"[^a-z0-9]+", "-", spec.name.lower()).strip("-")[:40] or "run"
    return f"{stamp}-{slug}"


def _new_run(workspace: Workspace, identifier: str) -> Run:
    """Create the folder of a run, under a name that no other run has, not even one just created."""
    for counter in itertools.count(1):
        numbered = identifier if counter == 1 else f"{identifier}-{counter}"
        folder = workspace.run_folder(numbered)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(
                f"The run could not be created: {error.strerror or error}",
                where=str(folder),
                fix=write_remedy(error),
            ) from error
        return Run(numbered, folder)
    raise AssertionError("counting came to an end")


def list_runs(workspace: Workspace) -> list[Run]:
    """List the runs, newest first.

    Parameters
    ----------
    workspace
        Whose runs.

    Raises
    ------
    InputError
        If the folder of runs may not be read.
    """
    folder = require_workspace(workspace).runs_folder
    try:
        names = sorted((item.name for item in folder.iterdir()), reverse=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise not_readable("folder of runs", folder, error) from error
    runs = [Run(name, folder / name) for name in names if not name.startswith(".")]
    return [run for run in runs if _is_there(run)]


def _is_there(run: Run) -> bool:
    try:
        return (run.folder / "spec.json").exists()
    except OSError:  # whoever reads it is told why it cannot be
        return True


def open_run(workspace: Workspace, identifier: str) -> Run:
    """Open a run by its identifier.

    Raises
    ------
    InputError
        If there is no such run.
    """
    folder = workspace.run_folder(identifier)
    if not (folder / "spec.json").exists():
        known = [run.id for run in list_runs(workspace)]
        raise InputError.unknown("run", identifier, known, where=str(workspace.runs_folder))
    return Run(identifier, folder)
