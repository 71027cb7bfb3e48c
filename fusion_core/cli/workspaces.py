"""`harmony init` and `harmony status`: begin a workspace, and see how far it is."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, show_path
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from fusion_core.execution.checklist import Checklist, StepKey, StepState
    from fusion_core.workspace.layout import Workspace

_COMMANDS: Final[Mapping[StepKey, str]] = {
    "recipient": "harmony survey add --help",
    "donors": "harmony survey add --help",
    "harmonies": "harmony harmonies suggest --help",
    "run": "harmony fuse --help",
}
"""What to type next, for steps that can be taken here."""
_MARKS: Final[Mapping[StepState, str]] = {
    "done": "✓",
    "under way": "…",
    "missing": "→",
    "waiting": "·",
}


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    title: Annotated[
        str, typer.Option(help="Name shown to people.", show_default="the folder's name")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Create a workspace: the folder that holds a project's surveys, harmonies and runs."""
    from fusion_core.workspace.layout import Workspace

    if (folder / "workspace.json").exists():
        raise InputError(
            f"The folder is a workspace already, with the title '{Workspace.open(folder).title}'",
            where=str(folder),
            fix=f"See how far it is with `harmony status {_option(folder)}`, or name another folder",
        )
    created = Workspace.create(folder, title=title)
    record = {"workspace": str(created.path), "title": created.title}
    Output(json).result(record, lambda console: _show_created(console, created))


def status(workspace: WorkspaceOption = Path(), json: JsonOption = False) -> None:
    """Show how far a workspace is: recipient, donors, places, harmonies, run, and what comes next."""
    from fusion_core.execution.checklist import read_checklist

    opened = open_workspace(workspace)
    found = read_checklist(opened)
    record: dict[str, Any] = {
        "workspace": str(opened.path),
        "title": opened.title,
        "complete": found.is_complete,
        "next": found.next.key if found.next else None,
        "steps": found.steps,
        "problems": found.problems,
    }
    Output(json).result(record, lambda console: _show(console, opened, found))


def _show_created(console: Console, workspace: Workspace) -> None:
    option = _option(workspace.path)
    console.print(
        f"Created the workspace '{workspace.title}' in {show_path(workspace.path)}", markup=False
    )
    console.print(f"In the browser: harmony app {option}", markup=False)
    console.print(
        f"Or here: harmony survey add --household FILE --name NAME --vintage YEAR {option}",
        markup=False,
    )


def _show(console: Console, workspace: Workspace, found: Checklist) -> None:
    console.print(workspace.title, markup=False)
    for step in found.steps:
        first, *more = [*step.found, *([f"{step.missing}."] if step.missing else [])]
        console.print(f"{_MARKS[step.state]} {step.title:<10} {first}", markup=False)
        for sentence in more:
            console.print(f"  {'':<10} {sentence}", markup=False)
    for sentence in found.problems:
        console.print(sentence, markup=False)
    if found.next is not None and found.next.key in _COMMANDS:
        console.print(f"Next: {_COMMANDS[found.next.key]}", markup=False)
    elif found.next is None:
        console.print(f"Next: harmony app {_option(workspace.path)}", markup=False)


def _option(folder: Path) -> str:
    return f"--workspace {shlex.quote(show_path(folder))}"
