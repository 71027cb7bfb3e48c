"""`harmony combine`: runs of different donors on one recipient under one name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.options import (
    JsonOption,
    WorkspaceOption,
    choose_run,
    open_workspace,
    split_list,
)
from fusion_core.cli.output import Output, table
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.layout import Workspace


def combine(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="What the combination is called.")
    ] = "",
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN…]",
            help="Finished runs of different donors on one recipient; RUN:first,second uses only "
            "these of its variables.",
        ),
    ] = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a combination of this name.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the combination; its runs stay.")
    ] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Join runs of different donors, to ask for what their variables say together.

    The name then stands wherever a run does: harmony estimate, difference and export, and on the
    Explore page. Without a name, all combinations are listed. Example:

    harmony combine burdens 20261129-101500-energy 20261129-120000-travel

    harmony estimate burdens --condition "insecure = 'Yes' AND price = 'Agree'" --highest 10
    """
    opened, output = open_workspace(workspace), Output(json)
    if not name:
        _list(opened, output)
        return
    if remove:
        from fusion_core.workspace.combinations import remove_combination

        remove_combination(opened, name)
        output.result(
            {"removed": name}, lambda console: console.print(f"Removed {name}", markup=False)
        )
        return
    _save(opened, name, runs or [], output, may_replace=replace)


def _save(
    workspace: Workspace, name: str, runs: list[str], output: Output, *, may_replace: bool
) -> None:
    from fusion_core.estimates import EstimateCache
    from fusion_core.workspace.combinations import combination_of, save_combination

    parts = []
    for text in runs:
        identifier, _, variables = text.partition(":")
        parts.append((choose_run(workspace, identifier), split_list([variables])))
    combination = combination_of(workspace, name, parts)
    # Whatever stands against analysing them together is told before anything is stored.
    loaded = EstimateCache().source(workspace, combination)
    save_combination(workspace, combination, may_replace=may_replace)
    implicates = loaded.implicates
    if implicates is None:
        raise InputError("The runs have no fused variables", where=name)
    record = {
        **_record(combination),
        "variables": list(implicates.names),
        "implicates": implicates.count,
        "households": loaded.rows,
        "notes": list(loaded.notes),
    }

    def show(console: Console) -> None:
        lines = [
            f"{name} joins {len(parts)} runs: {', '.join(implicates.names)}",
            f"{loaded.rows:,} households, {implicates.count:,} implicates",
            *loaded.notes,
        ]
        for line in lines:
            console.print(line, markup=False)

    output.result(record, show)


def _list(workspace: Workspace, output: Output) -> None:
    from fusion_core.workspace.combinations import list_combinations

    found = list_combinations(workspace)

    def show(console: Console) -> None:
        if not found:
            console.print("No runs are combined yet: harmony combine NAME RUN RUN", markup=False)
            return
        rows = [
            (
                item.name,
                ", ".join(part.run for part in item.parts),
                ", ".join(name for part in item.parts for name in part.variables) or "all",
            )
            for item in found
        ]
        console.print(table(("name", "runs", "variables"), rows))

    output.result({"combinations": [_record(item) for item in found]}, show)


def _record(combination: Combination) -> dict[str, Any]:
    return {
        "name": combination.name,
        "runs": [
            {"run": part.run, "variables": list(part.variables)} for part in combination.parts
        ],
    }
