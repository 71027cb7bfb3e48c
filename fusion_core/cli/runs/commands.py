"""`harmony runs`: what was fused in a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, percent, table
from fusion_core.errors import HarmonyError

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


def runs(workspace: WorkspaceOption = Path(), json: JsonOption = False) -> None:
    """List the runs of a workspace, newest first."""
    from fusion_core.workspace.runs import list_runs

    opened = open_workspace(workspace)
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
                item["status"],
                percent(item["progress"], 0),
                item["pair"],
                item["implicates"],
                item["preset"],
                item["message"],
            )
            for item in records
        ]
        columns = ("run", "status", "done", "surveys", "implicates", "preset", "")
        console.print(table(columns, rows))

    Output(json).result({"runs": records, "problems": problems}, show)


def run_record(workspace: Workspace, run: Run) -> dict[str, Any]:
    """Describe a run for a list or a script."""
    from fusion_core.execution import run_status

    spec, state = run.spec(), run_status(workspace, run)
    return {
        "id": run.id,
        "name": spec.name,
        "status": state.status,
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
