"""`harmony runs`: what was fused in a workspace, and looking after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.options import (
    JsonOption,
    RunArgument,
    WorkspaceOption,
    choose_run,
    open_workspace,
)
from fusion_core.cli.output import Output, percent, table
from fusion_core.errors import HarmonyError
from fusion_core.summaries import ordinal

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

app = typer.Typer(help="List runs; cancel, rename, delete and restore them.")
_COLUMNS = ("run", "status", "done", "surveys", "implicates", "preset", "")


@app.callback(invoke_without_command=True)
def runs(ctx: typer.Context, workspace: WorkspaceOption = Path(), json: JsonOption = False) -> None:
    """List the runs of a workspace, newest first."""
    if ctx.invoked_subcommand is None:
        _list(open_workspace(workspace), Output(json))


@app.command("cancel")
def cancel(run: RunArgument, workspace: WorkspaceOption = Path(), json: JsonOption = False) -> None:
    """Stop a run that goes on or waits for its turn; what is finished is kept and can be resumed."""
    from fusion_core.execution import cancel_run

    opened = open_workspace(workspace)
    chosen = choose_run(opened, run)
    cancel_run(opened, chosen, wait=True)
    record = run_record(opened, chosen)
    Output(json).result({"run": record}, _sentence(f"{chosen.id}: {record['message']}."))


@app.command("rename")
def rename(
    run: RunArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its new name.")],
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Give a run another name; its identifier stays."""
    from fusion_core.workspace.runs import rename_run

    opened = open_workspace(workspace)
    chosen = choose_run(opened, run)
    rename_run(chosen, name)
    record = {"run": chosen.id, "name": chosen.spec().name}
    Output(json).result(record, _sentence(f"{chosen.id} is now called {record['name']}."))


@app.command("delete")
def delete(
    run: RunArgument,
    for_good: Annotated[
        bool,
        typer.Option("--for-good", help="Free its disk space at once: it cannot be restored."),
    ] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Delete a run and all it made; `harmony runs restore` brings it back within a day."""
    from fusion_core.execution import remove_run
    from fusion_core.workspace.runs import purge_run, removed_runs

    opened = open_workspace(workspace)
    if for_good and any(item.run.id == run for item in removed_runs(opened)):
        purge_run(opened, run)  # deleted before
        identifier = run
    else:
        chosen = choose_run(opened, run)
        identifier = chosen.id
        remove_run(opened, chosen)
        if for_good and any(item.run.id == identifier for item in removed_runs(opened)):
            purge_run(opened, identifier)
    undo = "" if for_good else f" Undo with `harmony runs restore {identifier}` within a day."
    Output(json).result({"deleted": identifier}, _sentence(f"{identifier} was deleted.{undo}"))


@app.command("restore")
def restore(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="Identifier of a deleted run.", show_default="lists them"
        ),
    ] = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Undo the deletion of a run; without a name, list what can be restored."""
    from fusion_core.workspace.files import size_text
    from fusion_core.workspace.runs import removed_runs, restore_run

    opened = open_workspace(workspace)
    if run:
        restored = restore_run(opened, run)
        Output(json).result({"restored": restored.id}, _sentence(f"{restored.id} is restored."))
        return
    records = [
        {"id": item.run.id, "name": item.name, "removed": item.removed, "bytes": item.nbytes}
        for item in removed_runs(opened)
    ]

    def show(console: Console) -> None:
        if not records:
            console.print("No run was deleted within a day.")
            return
        rows = [
            (item["id"], item["name"], item["removed"], size_text(float(str(item["bytes"]))))
            for item in records
        ]
        console.print(table(("run", "name", "deleted", "size"), rows))

    Output(json).result({"deleted": records}, show)


@app.command("at-once")
def at_once(
    number: Annotated[
        int | None, typer.Argument(metavar="NUMBER", help="How many.", show_default="tells it")
    ] = None,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Let so many runs go on at a time, whether started here or in the app; the others wait in line."""
    from fusion_core.execution import runs_at_once, set_runs_at_once

    opened = open_workspace(workspace)
    if number is not None:
        set_runs_at_once(opened, number)
    found = runs_at_once(opened)
    noun = "run goes" if found == 1 else "runs go"
    Output(json).result({"at_once": found}, _sentence(f"{found} {noun} on at a time."))


def run_record(workspace: Workspace, run: Run) -> dict[str, Any]:
    """Describe a run for a list or a script."""
    from fusion_core.execution import place_in_line, run_status

    spec, state = run.spec(), run_status(workspace, run)
    return {
        "id": run.id,
        "name": spec.name,
        "status": state.status,
        "place": place_in_line(workspace, run) if state.status == "queued" else None,
        "stage": state.stage,
        "progress": state.progress,
        "message": state.message,
        "pair": spec.pair.title,
        "donor": str(spec.pair.donor),
        "recipient": str(spec.pair.recipient),
        "fusion_variables": spec.fusion_variables,
        "implicates": spec.implicates,
        "seed": spec.seed,
        "preset": spec.preset,
        "folder": str(run.folder),
    }


def _list(opened: Workspace, output: Output) -> None:
    from fusion_core.execution.line import move_on
    from fusion_core.workspace.runs import list_runs

    move_on(opened)
    records, problems = [], []
    for run in list_runs(opened):
        try:
            records.append(run_record(opened, run))
        except HarmonyError as error:
            problems.append(f"{run.id}: {error.message}")

    def show(console: Console) -> None:
        for sentence in problems:
            console.print(sentence, markup=False)
        if not records and not problems:
            console.print("No run yet. Start one with `harmony fuse`.", markup=False)
        if not records:
            return
        rows = [
            (
                item["id"],
                _status(item),
                percent(item["progress"], 0),
                item["pair"],
                item["implicates"],
                item["preset"],
                item["message"],
            )
            for item in records
        ]
        console.print(table(_COLUMNS, rows))

    output.result({"runs": records, "problems": problems}, show)


def _status(record: dict[str, Any]) -> str:
    return f"{ordinal(record['place'])} in line" if record["place"] else str(record["status"])


def _sentence(text: str) -> Any:
    return lambda console: console.print(text, markup=False, highlight=False)


__all__ = ["app", "run_record"]
