"""`harmony compare`: estimates against an independent table of areas, as numbers and as figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.estimates import Wish, chosen_source, known_variables, read_statistics
from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, number, percent, show_path, table
from fusion_core.records import Checked
from fusion_core.spreadsheets import csv_text
from fusion_core.validation.external import ColumnGuess

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.estimates import Statistic
    from fusion_core.estimates.runs import Source
    from fusion_core.execution.comparing import TableComparison
    from fusion_core.workspace.layout import Workspace

_SHOWN = 10
_MARKS = {"good": "+", "fair": "~", "poor": "!"}

TableArgument = Annotated[
    str,
    typer.Argument(
        metavar="TABLE",
        help="CSV, Excel or Parquet, one row per area; or the name of a table that was kept.",
    ),
]
SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="A run, a combination of runs, or a survey alone such as ACS_2019."
    ),
]
CountedOption = Annotated[
    str,
    typer.Option(
        "--variable",
        "-v",
        metavar="NAME",
        help='What the table counts, such as count:insecure="Yes" or mean:elec_kwh.',
    ),
]
KindOption = Annotated[
    str,
    typer.Option(
        metavar="COLUMN",
        help="Kind of area: puma, another column, or areas by shares such as county; a table that was "
        "kept has its own.",
        show_default="puma",
    ),
]
AreaColumnOption = Annotated[
    str, typer.Option(metavar="COLUMN", help="Area codes.", show_default="guessed")
]
ValueColumnOption = Annotated[
    str, typer.Option(metavar="COLUMN", help="Values.", show_default="guessed")
]
MarginColumnOption = Annotated[
    str, typer.Option(metavar="COLUMN", help="Their 90 % margins of error.", show_default="guessed")
]
HouseholdsOption = Annotated[
    str, typer.Option(metavar="CONDITION", help="Only households that meet it.")
]
RelatedOption = Annotated[
    bool,
    typer.Option(
        "--related",
        help="The table counts something related, such as calls to a hotline: compare the order of "
        "areas only.",
    ),
]


@dataclass(frozen=True)
class TableQuestion(Checked):
    """A question about a table as a person types it.

    Attributes
    ----------
    table
        A file, or the name of a table that was kept.
    run
        A run, a combination or a survey.
    variable
        A variable, or a statistic in short form.
    by
        Kind of area; empty for PUMAs, or that of the table kept.
    columns
        Columns of the table; each that is empty is guessed.
    where
        Condition on households.
    related
        Whether the table counts something related.
    """

    table: str
    run: str
    variable: str
    by: str = ""
    columns: ColumnGuess = field(default_factory=ColumnGuess)
    where: str = ""
    related: bool = False


@dataclass(frozen=True)
class AnsweredTable:
    """A comparison, and what was compared with what.

    Attributes
    ----------
    source, statistic, by
        What was estimated.
    title
        What the table is called.
    same
        Whether it holds the quantity that was estimated.
    found
        The comparison.
    """

    source: Source
    statistic: Statistic
    by: str
    title: str
    same: bool
    found: TableComparison


def compare_as_asked(
    workspace: Workspace, asked: TableQuestion, *, keep: str = ""
) -> AnsweredTable:
    """Compare estimates with a table as a person asks for it.

    Parameters
    ----------
    workspace
        The project.
    asked
        The question.
    keep
        Name to keep the table under; empty keeps it not.

    Raises
    ------
    InputError
        If something named does not exist, or does not fit.
    """
    from fusion_core.estimates import EstimateCache
    from fusion_core.execution.comparing import compare_with_file, compare_with_stored
    from fusion_core.workspace.independent_tables import StoredTable, keep_table

    cache = EstimateCache()
    source = chosen_source(workspace, asked.run)
    known = known_variables(workspace, source, cache)
    [statistic] = read_statistics(Wish(variables=(asked.variable,)), known, default=())
    file = Path(asked.table)
    if not file.exists() and not file.suffix:
        stored, found = compare_with_stored(
            workspace, source, statistic, asked.table, where=asked.where, cache=cache
        )
        return AnsweredTable(source, statistic, stored.by, stored.title, found.same, found)
    by, same = asked.by or "puma", not asked.related
    rows, found = compare_with_file(
        workspace,
        source,
        statistic,
        file,
        by=by,
        columns=asked.columns,
        where=asked.where,
        same=same,
        cache=cache,
    )
    if keep:
        kept = StoredTable(keep, by, file.name, found.columns.value, statistic.short, same)
        keep_table(workspace, kept, rows, found.columns.names)
    return AnsweredTable(source, statistic, by, file.name, same, found)


def compare(
    *,
    file: TableArgument,
    run: SourceArgument = "latest",
    variable: CountedOption,
    by: KindOption = "",
    area_column: AreaColumnOption = "",
    value_column: ValueColumnOption = "",
    moe_column: MarginColumnOption = "",
    where: HouseholdsOption = "",
    related: RelatedOption = False,
    keep: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Keep the table in the workspace, as a layer of the Explore page."
        ),
    ] = "",
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the areas as a CSV file.")
    ] = None,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Compare estimates by area with an independent table, such as published counts by PUMA.

    Example: harmony compare counts.csv latest -v count:insecure=Yes
    """
    opened = open_workspace(workspace)
    columns = ColumnGuess(area_column, value_column, moe_column)
    asked = TableQuestion(file, run, variable, by, columns, where, related)
    answered = compare_as_asked(opened, asked, keep=keep)
    if csv is not None:
        from fusion_core.workspace.files import write_text

        write_text(csv_text(answered.found.comparison.points), csv)
    record = _record(answered.found, getattr(answered.source, "id", run), variable)

    def show(console: Console) -> None:
        _show(console, answered.found, csv)
        if keep:
            console.print(
                f"Kept as '{keep}': the Explore page shows it under “Against a table”.",
                markup=False,
            )

    Output(json).result(record, show)


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
