"""`harmony figure table`: estimates against an independent table, as dots, ranks or a map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.estimates import Wish, read_statistics
from fusion_core.cli.options import (
    JsonOption,
    RunArgument,
    WorkspaceOption,
    choose_run,
    open_workspace,
)
from fusion_core.cli.output import Output, show_path
from fusion_core.errors import InputError
from harmony_app.figures.map_command import ToOption, write_figure

if TYPE_CHECKING:
    from fusion_core.execution.comparing import TableComparison
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run
    from harmony_app.validate.figures import ComparisonWords


def draw_table(
    *,
    file: Annotated[
        Path, typer.Argument(metavar="TABLE", help="CSV, Excel or Parquet, one row per area.")
    ],
    run: RunArgument = "latest",
    to: ToOption,
    variable: Annotated[
        str,
        typer.Option(
            "--variable", "-v", metavar="NAME", help="What the table counts, such as mean:elec_kwh."
        ),
    ],
    by: Annotated[str, typer.Option(metavar="COLUMN", help="Kind of area.")] = "puma",
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
            "--related", help="The table counts something related, such as calls to a hotline."
        ),
    ] = False,
    as_map: Annotated[
        bool, typer.Option("--map", help="Draw the differences as a map instead.")
    ] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Draw estimates against a table of the same areas: values and ranks, or a map of differences.

    Example: harmony figure table counts.csv latest -v count:insecure=Yes --to table.svg
    """
    from fusion_core.estimates import EstimateCache
    from fusion_core.execution.comparing import compare_with_file
    from fusion_core.validation.external import ColumnGuess
    from harmony_app.validate.figures import ComparisonWords, comparison_svg, comparison_texts

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
    described = _described(opened, chosen, statistic.variable)
    words = ComparisonWords(
        statistic=statistic,
        title=described or statistic.variable or "Households",
        by=by,
        table=file.name,
        same=not related,
        where=where,
    )
    source = f"{chosen.spec().name} · {chosen.spec().pair.donor.title} → {chosen.spec().pair.recipient.title}"
    texts = comparison_texts(found, words, source, synthetic=opened.synthetic)
    if as_map:
        svg = _map(opened, found, words, source)
    else:
        svg = comparison_svg(found.comparison.points, texts)
    write_figure(to, svg)
    record = {"file": str(to), "areas": len(found.comparison.points), "findings": found.findings}
    Output(json).result(
        record, lambda console: console.print(f"Wrote {show_path(to)}", markup=False)
    )


def _described(workspace: Workspace, run: Run, variable: str) -> str:
    """Return a variable in the words of the survey that asked it."""
    pair = run.spec().pair
    for survey in (pair.donor, pair.recipient):
        dictionary = workspace.dictionary(survey)
        if variable in dictionary:
            return dictionary[variable].description
    return ""


def _map(workspace: Workspace, found: TableComparison, words: ComparisonWords, source: str) -> str:
    from fusion_core.geography.boundaries import has_areas
    from harmony_app.explore.map import area_shapes
    from harmony_app.validate.figures import difference_svg

    if not has_areas(workspace, words.by):
        raise InputError(
            f"The workspace has no {words.by} boundaries to draw",
            fix="Add them with 'harmony places add', or leave --map out",
        )
    shapes = area_shapes(workspace, words.by)
    return difference_svg(shapes, found, words, source, synthetic=workspace.synthetic)
