"""`harmony harmonies targets`: one recipient variable as all donors and years answer it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.options import JsonOption, WorkspaceOption, check_target, open_workspace
from fusion_core.cli.output import Output, plain, show_path, table
from fusion_core.errors import InputError
from fusion_core.spreadsheets import guarded_text

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.harmony.overview import TargetColumn, TargetTable


def show_targets(
    variable: Annotated[
        str,
        typer.Argument(
            metavar="[VARIABLE]",
            help="A recipient variable, such as schl; without it, all are listed.",
            show_default=False,
        ),
    ] = "",
    *,
    to: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Also write the table.")
    ] = None,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Line up what the answers of all donors meet of one recipient variable.

    A row is an answer of the recipient, or several that all donors treat alike; a column is a donor
    variable, in the years of the recipient that say the same.
    """
    from fusion_core.harmony.overview import target_table, target_variables
    from fusion_core.harmony.store import HarmonyStore, list_pairs

    opened = open_workspace(workspace)
    sets = [HarmonyStore(opened.path, pair).load() for pair in list_pairs(opened.path)]
    variables = target_variables(sets)
    if not variable:
        rows = list(variables.items())
        Output(json).result(
            {"variables": variables},
            lambda console: console.print(table(("variable", "harmonies"), rows)),
        )
        return
    if variable not in variables:
        raise InputError.unknown("recipient variable with groups", variable, variables)
    found = target_table(sets, variable)
    if to is not None:
        check_target(opened, to)
        with to.open("w", newline="", encoding="utf-8") as handle:
            cells = [[guarded_text(str(cell)) for cell in row] for row in _cells(found)]
            csv.writer(handle).writerows(cells)
    record = {
        "variable": variable,
        "columns": [plain(column) for column in found.columns],
        "rows": [plain(row) for row in found.rows],
    }

    def show(console: Console) -> None:
        (head, *body) = _cells(found)
        console.print(table(head, body))
        if to is not None:
            console.print(f"Written to {show_path(to)}", markup=False)

    Output(json).result(record, show)


def _cells(found: TargetTable) -> list[list[str]]:
    """Return the table as text: a heading, and what every donor's answers meet."""
    columns = found.columns
    return [
        [found.variable, *map(_head, columns)],
        *(
            ["; ".join(row.labels), *(_cell(item, row.key) for item in columns)]
            for row in found.rows
        ),
    ]


def _head(column: TargetColumn) -> str:
    years = ", ".join(place.pair.recipient.title for place in column.places)
    return f"{column.donor.title} {column.variable} ({years})"


def _cell(column: TargetColumn, key: str) -> str:
    if key not in column.cells:
        return ""
    code = column.cells[key]
    if code is None:
        return "no group yet"
    group = next((item for item in column.groups if item.code == code), None)
    return "left out" if group is None else "; ".join(group.answers) or group.name


__all__ = ["show_targets"]
