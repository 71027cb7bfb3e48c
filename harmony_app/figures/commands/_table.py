"""`harmony figure table`: estimates against an independent table, as dots, ranks or a map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, show_path
from fusion_core.cli.runs import (
    AreaColumnOption,
    CountedOption,
    HouseholdsOption,
    KindOption,
    MarginColumnOption,
    RelatedOption,
    SourceArgument,
    TableArgument,
    TableQuestion,
    ValueColumnOption,
    compare_as_asked,
)
from fusion_core.errors import InputError
from harmony_app.figures.commands._map import source_asked, write_figure
from harmony_app.figures.commands._validation import FileOption, SizeOption

if TYPE_CHECKING:
    from fusion_core.execution.comparing import TableComparison
    from fusion_core.workspace.layout import Workspace
    from harmony_app.validate.figures import ComparisonWords


def draw_table(
    *,
    file: TableArgument,
    run: SourceArgument = "latest",
    to: FileOption,
    variable: CountedOption,
    by: KindOption = "",
    area_column: AreaColumnOption = "",
    value_column: ValueColumnOption = "",
    moe_column: MarginColumnOption = "",
    where: HouseholdsOption = "",
    related: RelatedOption = False,
    as_map: Annotated[
        bool, typer.Option("--map", help="Draw the differences as a map instead, as an SVG.")
    ] = False,
    size: SizeOption = "page",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Draw estimates against a table of the same areas: values and ranks, or a map of differences.

    Example: harmony figure table counts.csv latest -v count:insecure=Yes --to table.svg
    """
    from fusion_core.validation.external import ColumnGuess
    from harmony_app.explore.data import read_catalogue
    from harmony_app.figures.printing import save_sheet
    from harmony_app.validate.figures import ComparisonWords, comparison_sheet

    opened = open_workspace(workspace)
    columns = ColumnGuess(area_column, value_column, moe_column)
    answered = compare_as_asked(
        opened, TableQuestion(file, run, variable, by, columns, where, related)
    )
    statistic, found = answered.statistic, answered.found
    source = source_asked(read_catalogue(opened), answered.source)
    described = source.columns.get(statistic.variable)
    words = ComparisonWords(
        statistic=statistic,
        title=(described.description if described else "") or statistic.variable or "Households",
        by=answered.by,
        table=answered.title,
        same=answered.same,
        where=where,
    )
    if as_map:
        write_figure(to, _map(opened, found, words, source.title))
    else:
        sheet = comparison_sheet(found, words, source.title, synthetic=opened.synthetic)
        save_sheet(sheet, to, size)
    record = {"file": str(to), "areas": len(found.comparison.points), "findings": found.findings}
    Output(json).result(
        record, lambda console: console.print(f"Wrote {show_path(to)}", markup=False)
    )


def _map(workspace: Workspace, found: TableComparison, words: ComparisonWords, source: str) -> str:
    from fusion_core.geography.drawn import can_be_drawn
    from harmony_app.explore.map import area_shapes
    from harmony_app.validate.figures import difference_svg

    if not can_be_drawn(workspace, words.by):
        raise InputError(
            f"The workspace has no {words.by} boundaries to draw",
            fix="Add them with 'harmony places add', or leave --map out",
        )
    shapes = area_shapes(workspace, words.by)
    return difference_svg(shapes, found, words, source, synthetic=workspace.synthetic)
