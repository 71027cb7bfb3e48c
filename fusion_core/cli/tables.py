"""`harmony tables`: independent tables kept in a workspace, listed, renamed and removed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, table

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(
    no_args_is_help=True,
    help="Independent tables kept in the workspace: list, rename and remove them. "
    "Keep one with `harmony compare FILE … --keep NAME`, or on the Validate page.",
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the table.")]


@app.command("list")
def list_tables(workspace: WorkspaceOption = Path(), json: JsonOption = False) -> None:
    """List the independent tables of a workspace."""
    from fusion_core.workspace.independent_tables import stored_tables

    found, problems = stored_tables(open_workspace(workspace))

    def show(console: Console) -> None:
        if not found and not problems:
            console.print("No tables yet: harmony compare FILE … --keep NAME", markup=False)
        if found:
            rows = [(item.name, item.title, item.by, item.statistic) for item in found]
            console.print(table(("name", "title", "areas", "compared with"), rows))
        for problem in problems:
            console.print(problem, markup=False)

    Output(json).result(
        {"tables": [asdict(item) for item in found], "problems": list(problems)}, show
    )


@app.command("rename")
def rename(
    name: NameArgument,
    title: Annotated[
        str,
        typer.Argument(metavar="TITLE", help="What it is called in lists and on maps."),
    ],
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Give a table another title; the name that commands and links use stays.

    harmony tables rename renters "Renter households, ACS 2020–2024"
    """
    from fusion_core.workspace.independent_tables import rename_table

    renamed = rename_table(open_workspace(workspace), name, title)
    Output(json).result(
        {"table": asdict(renamed)},
        lambda console: console.print(f"{name} is now “{renamed.title}”", markup=False),
    )


@app.command("remove")
def remove(
    name: NameArgument, workspace: WorkspaceOption = Path(), json: JsonOption = False
) -> None:
    """Remove a table from the workspace; the file it was read from stays."""
    from fusion_core.workspace.independent_tables import remove_table

    remove_table(open_workspace(workspace), name)
    Output(json).result(
        {"removed": name}, lambda console: console.print(f"Removed {name}", markup=False)
    )
