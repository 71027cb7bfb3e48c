"""`harmony compare`: estimates of a run against an independent table of areas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.estimates import Wish, read_statistics
from fusion_core.cli.options import (
    JsonOption,
    RunArgument,
    WorkspaceOption,
    choose_run,
    open_workspace,
)
from fusion_core.cli.output import Output, number, percent, show_path, table
from fusion_core.spreadsheets import csv_text

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.execution.comparing import TableComparison

_SHOWN = 10
_MARKS = {"good": "+", "fair": "~", "poor": "!"}


def compare(
    *,
    file: Annotated[
        Path, typer.Argument(metavar="TABLE", help="CSV, Excel or Parquet, one row per area.")
    ],
    run: RunArgument = "latest",
    variable: Annotated[
        str,
        typer.Option(
            "--variable",
            "-v",
            metavar="NAME",
            help='What the table counts, such as count:insecure="Yes" or mean:elec_kwh.',
        ),
    ],
    by: Annotated[
        str, typer.Option(metavar="COLUMN", help="Kind of area: puma, or another column.")
    ] = "puma",
    area_column: Annotated[
        str, typer.Option(metavar="COLUMN", help="Area codes.", show_default="guessed")
    ] = "",
    value_column: Annotated[
        str, typer.Option(metavar="COLUMN", help="Values.", show_default="guessed")
    ] = "",
    moe_column: Annotated[
        str,
        typer.Option(metavar="COLUMN", help="Their 90 % margins of error.", show_default="guessed"),
    ] = "",
    where: Annotated[
        str, typer.Option(metavar="CONDITION", help="Only households that meet it.")
    ] = "",
    related: Annotated[
        bool,
        typer.Option(
            "--related",
            help="The table counts something related, such as calls to a hotline: compare the order "
            "of areas only.",
        ),
    ] = False,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the areas as a CSV file.")
    ] = None,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Compare estimates by area with an independent table, such as published counts by PUMA.

    Example: harmony compare counts.csv latest -v count:insecure=Yes
    """
    from fusion_core.estimates import EstimateCache
    from fusion_core.execution.comparing import compare_with_file
    from fusion_core.validation.external import ColumnGuess

    opened = open_workspace(workspace)
    chosen = choose_run(opened, run)
    cache = EstimateCache()
    known = cache.run_source(opened, chosen).variables()
    [statistic] = read_statistics(Wish(variables=(variable,)), known, default=())
    found = compare_with_file(
        opened,
        chosen,
        statistic,
        file,
        by=by,
        columns=ColumnGuess(area_column, value_column, moe_column),
        where=where,
        same=not related,
        cache=cache,
    )
    if csv is not None:
        from fusion_core.workspace.files import write_text

        write_text(csv_text(found.comparison.points), csv)
    record = _record(found, chosen.id, variable)
    Output(json).result(record, lambda console: _show(console, found, csv))


def _record(found: TableComparison, run: str, variable: str) -> dict[str, Any]:
    comparison = found.comparison
    return {
        "run": run,
        "variable": variable,
        "columns": found.columns,
        "notes": found.notes,
        "findings": found.findings,
        "areas": len(comparison.points),
        "rank_correlation": comparison.rank_correlation,
        "correlation": comparison.correlation,
        "ratio_of_totals": comparison.ratio_of_totals,
        "median_absolute_percent_error": comparison.median_absolute_percent_error,
        "share_within_moe": comparison.share_within_moe,
        "only_estimated": comparison.only_estimated,
        "only_external": comparison.only_external,
        "points": comparison.points,
    }


def _show(console: Console, found: TableComparison, csv: Path | None) -> None:
    points = found.comparison.points
    for finding in found.findings:
        console.print(f"{_MARKS[finding.tone]} {finding.text}", markup=False)
    for note in found.notes:
        console.print(f"  {note}", markup=False)
    furthest = points.loc[points["difference"].abs().sort_values(ascending=False).index]
    rows = [
        (
            row["area"],
            row.get("name", ""),
            number(row["estimate"]),
            f"± {number(row['moe'])}",
            number(row["external"]),
            "yes" if row["within_moe"] else "no",
        )
        for row in furthest.head(_SHOWN).to_dict("records")
    ]
    columns = ("area", "name", "estimate", "margin", "table", "within margin")
    console.print()
    console.print(table(columns, rows, title=f"Furthest apart of {len(points):,} areas"))
    missing = len(found.comparison.only_estimated)
    if missing:
        share = missing / (missing + len(points))
        console.print(f"{missing:,} areas ({percent(share)}) are not in the table.", markup=False)
    if csv is not None:
        console.print(f"Wrote {show_path(csv)}", markup=False)
