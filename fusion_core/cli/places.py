"""`harmony places`: boundaries and spatial tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli import contexts
from fusion_core.cli.area_shares import add_shares
from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace, split_list
from fusion_core.cli.output import Output, number, percent, table
from fusion_core.errors import InputError
from fusion_core.summaries import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from fusion_core.geography.aggregation import AreaColumn
    from fusion_core.geography.spatial import SpatialTable
    from fusion_core.places.boundary_files import BoundaryRequest
    from fusion_core.places.tables import TableRequest
    from fusion_core.workspace.layout import Workspace

app = typer.Typer(
    no_args_is_help=True,
    help="Add, list and check boundaries, spatial tables and local contexts.",
)
app.add_typer(contexts.app, name="context")
app.command("shares")(add_shares)
_FOUND_PROBLEMS = 1


@app.command("add")
def add_place(
    *,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Boundaries, or a table of areas.", show_default=False),
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Recipe of the package (see `places recipes`) or a .toml file."
        ),
    ] = "",
    name: Annotated[str, typer.Option(help="Name of the table.")] = "",
    title: Annotated[str, typer.Option(help="Title of the table, as people see it.")] = "",
    source: Annotated[str, typer.Option(help="Source of the numbers.")] = "",
    kind: Annotated[
        str, typer.Option(help="Boundaries: puma, county, state, or a survey's own column.")
    ] = "puma",
    level: Annotated[
        str,
        typer.Option(help="Table: block_group, tract, zip, county, state or puma."),
    ] = "",
    census: Annotated[
        str, typer.Option(help="Census that defined the areas of the file: 2000, 2010 or 2020.")
    ] = "",
    to_census: Annotated[
        str, typer.Option(help="Census whose PUMAs are wanted.", show_default="that of the surveys")
    ] = "",
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN,…", help="Columns of the areas' codes, the state first."),
    ] = None,
    name_column: Annotated[
        str, typer.Option(metavar="COLUMN", help="Boundaries: column with the names.")
    ] = "",
    mean: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN,…", help="Average: prices, medians, densities."),
    ] = None,
    total: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN,…", help="Add up: persons, jobs, homes.")
    ] = None,
    mode: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN,…", help="Most frequent category.")
    ] = None,
    ratio: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=A/B", help="Ratio of the totals of two columns."),
    ] = None,
    weight: Annotated[
        str,
        typer.Option(help="What means are weighed by: population, housing or a column."),
    ] = "",
    vintage: Annotated[
        str, typer.Option(help="Years the numbers describe: 2019, 2015-2019 or always.")
    ] = "",
    crosswalk: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Crosswalk towards PUMAs; several are combined."),
    ] = None,
    recipient: Annotated[
        str, typer.Option(metavar="SURVEY", help="Survey whose PUMAs or answers are used.")
    ] = "",
    tolerance: Annotated[
        float, typer.Option(help="Boundaries: coarseness of the borders in metres.")
    ] = 300.0,
    inset: Annotated[
        bool, typer.Option(help="Boundaries: move Alaska and Hawaii below the south-west.")
    ] = True,
    encoding: Annotated[str, typer.Option(help="Text encoding, such as latin-1.")] = "utf-8",
    check: Annotated[
        bool, typer.Option("--check", help="Read and report, but store nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace an existing one of the same name.")
    ] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Add boundaries, or a table of areas as predictors of PUMAs.

    Nothing is stored unless everything in the files is right. Examples:

    harmony places add us_puma20.gpkg --kind puma --census 2020

    harmony places add seds.parquet --recipe eia_seds --vintage 2019

    harmony places add normals.parquet --level tract --mean hdd65_normals,cdd65_normals
    --vintage always --crosswalk 2010_Census_Tract_to_2010_PUMA.txt.gz
    """
    from fusion_core.places.boundary_files import BoundaryRequest, is_boundary_file
    from fusion_core.places.tables import TableRequest
    from fusion_core.surveys.model import SurveyId

    opened = open_workspace(workspace)
    output = Output(json)
    keys = tuple(split_list(key))
    if file is not None and not recipe and not level and is_boundary_file(file):
        if len(keys) > 1:
            raise InputError("Boundaries have one column of identifiers", fix="Name one with --key")
        boundaries = BoundaryRequest(
            file, kind, census, keys[0] if keys else "", name_column, tolerance, inset
        )
        _add_boundaries(opened, boundaries, output, check=check, replace=replace)
        return
    if file is None and not recipe:
        raise InputError("Neither a file nor a recipe is given", fix="Name a file, or --recipe")
    request = TableRequest(
        path=file,
        recipe=recipe,
        name=name,
        title=title,
        source=source,
        level=level,
        census=census,
        key=keys,
        columns=_rules(mean, total, mode, ratio),
        vintage=vintage,
        weight=weight,
        crosswalks=tuple(crosswalk or ()),
        to_census=to_census,
        recipient=SurveyId.parse(recipient) if recipient else None,
        encoding=encoding,
    )
    _add_table(opened, request, output, check=check, replace=replace)


@app.command("recipes")
def list_recipes(json: JsonOption = False) -> None:
    """List the recipes that come with the program."""
    from fusion_core.places.context_recipes import context_recipe_names, find_context_recipe
    from fusion_core.places.recipes import find_recipe, recipe_names

    found = [find_recipe(name) for name in recipe_names()]
    records = [
        {
            "recipe": item.name,
            "title": item.title,
            "level": item.level,
            "columns": [column.rule.name for column in item.columns],
            "vintage": item.vintage,
            "layout": item.layout,
            "source": item.source,
        }
        for item in found
    ]
    rows = [
        (item.name, item.level, len(item.columns) or "all", item.layout, item.title)
        for item in found
    ]
    columns = ("recipe", "areas", "columns", "layout", "title")
    local = [find_context_recipe(name) for name in context_recipe_names()]

    def show(console: Console) -> None:
        console.print(table(columns, rows))
        console.print("For `harmony places context add`:", markup=False)
        lines = [(item.name, item.variable, len(item.classes), item.title) for item in local]
        console.print(table(("recipe", "donor's column", "classes", "title"), lines))

    named = [
        {"recipe": item.name, "variable": item.variable, "title": item.title} for item in local
    ]
    Output(json).result({"recipes": records, "context_recipes": named}, show)


@app.command("list")
def list_places(workspace: WorkspaceOption = Path(), json: JsonOption = False) -> None:
    """List the boundaries, spatial tables and local contexts of a workspace."""
    from fusion_core.places.overview import stored_boundaries, stored_contexts, stored_tables

    opened = open_workspace(workspace)
    boundaries, tables = stored_boundaries(opened), stored_tables(opened)
    local = stored_contexts(opened)
    record = {
        "boundaries": boundaries,
        "tables": [
            _table_record(item.table)
            if item.table
            else {"table": item.name, "problem": item.problem}
            for item in tables
        ],
        "contexts": [
            contexts.context_record(item.context)
            if item.context
            else {"context": item.name, "problem": item.problem}
            for item in local
        ],
    }

    def show(console: Console) -> None:
        if not boundaries and not tables and not local:
            console.print("No places yet. Add them with `harmony places add`.", markup=False)
        problems = [item.problem for item in boundaries] + [item.problem for item in tables]
        problems += [item.problem for item in local]
        for problem in filter(None, problems):
            console.print(problem, markup=False)
        whole = [item for item in boundaries if not item.problem]
        if whole:
            rows = [
                (item.kind, item.census or "unknown", number(item.areas, digits=1))
                for item in whole
            ]
            console.print(table(("boundaries", "census", "areas"), rows))
        readable = [item.table for item in tables if item.table is not None]
        if readable:
            columns = ("table", "census", "vintage", "predictors", "PUMAs", "covers", "title")
            console.print(table(columns, [_table_row(item) for item in readable]))
        known = [item.context for item in local if item.context is not None]
        if known:
            console.print(contexts.contexts_table(known))

    Output(json).result(record, show)


@app.command("check")
def check_places(workspace: WorkspaceOption = Path(), json: JsonOption = False) -> None:
    """Check that boundaries and spatial tables fit the surveys; ends with code 1 where they do not."""
    from fusion_core.places.overview import check_places as find_problems

    findings = find_problems(open_workspace(workspace))

    def show(console: Console) -> None:
        if not findings:
            console.print("No issues found.", markup=False)
        for item in findings:
            console.print(f"{item.severity.capitalize()}: {item.sentence}", markup=False)

    Output(json).result({"findings": findings}, show)
    if any(item.severity == "error" for item in findings):
        raise typer.Exit(_FOUND_PROBLEMS)


def _add_boundaries(
    workspace: Workspace, request: BoundaryRequest, output: Output, *, check: bool, replace: bool
) -> None:
    from fusion_core.geography.boundaries import CENSUS
    from fusion_core.places.boundary_files import add_boundaries, make_boundaries

    areas = (
        make_boundaries(workspace, request)
        if check
        else add_boundaries(workspace, request, may_replace=replace)
    )
    census = str(areas[CENSUS].iloc[0]) if CENSUS in areas.columns else ""
    notes = [areas.attrs["note"]]
    if request.kind == "puma" and not census:
        notes.append("Which census defined these PUMAs is unknown; give it with --census.")
    record = {
        "boundaries": request.kind,
        "stored": not check,
        "areas": len(areas),
        "census": census,
        "notes": notes,
    }

    def show(console: Console) -> None:
        from fusion_core.geography.levels import LEVELS

        done = "Would add" if check else "Added"
        defined = f" of the {census} census" if census else ""
        words = LEVELS[request.kind].words[0] if request.kind in LEVELS else request.kind
        console.print(f"{done} {len(areas):,} {words} boundaries{defined}", markup=False)
        for note in notes:
            console.print(f"  {note}", markup=False)

    output.result(record, show)


def _add_table(
    workspace: Workspace, request: TableRequest, output: Output, *, check: bool, replace: bool
) -> None:
    from fusion_core.places.tables import add_table, make_table

    made = (
        make_table(workspace, request)
        if check
        else add_table(workspace, request, may_replace=replace)
    )

    def show(console: Console) -> None:

        done = "Would add" if check else "Added"
        defined = f"{made.census} PUMAs" if made.census else "PUMAs"
        console.print(
            f"{done} {made.name}: {counted(len(made.predictors), 'predictor')} of {len(made.data):,} {defined}, "
            f"vintage {made.vintage}",
            markup=False,
        )
        for note in made.notes:
            console.print(f"  {note}", markup=False)

    output.result(_table_record(made) | {"stored": not check}, show)


def _table_record(made: SpatialTable) -> dict[str, Any]:
    return {
        "table": made.name,
        "title": made.title,
        "source": made.source,
        "vintage": made.vintage,
        "census": made.census,
        "pumas": len(made.data),
        "predictors": [
            {
                "name": name,
                "description": made.columns.get(name, ""),
                "unit": made.units.get(name, ""),
                "made": made.made.get(name, ""),
                "coverage": made.coverage.get(name),
            }
            for name in made.predictors
        ],
        "notes": made.notes,
    }


def _table_row(made: SpatialTable) -> tuple[Any, ...]:
    shares = [item.share for item in made.coverage.values()]
    return (
        made.name,
        made.census or "unknown",
        made.vintage,
        len(made.predictors),
        number(len(made.data), digits=1),
        percent(min(shares)) if shares else "–",
        made.title,
    )


def _rules(
    mean: Sequence[str] | None,
    total: Sequence[str] | None,
    mode: Sequence[str] | None,
    ratio: Sequence[str] | None,
) -> tuple[AreaColumn, ...]:
    from fusion_core.geography.aggregation import AreaColumn

    rules = [AreaColumn(name, name, "mean") for name in split_list(mean)]
    rules += [AreaColumn(name, name, "total") for name in split_list(total)]
    rules += [AreaColumn(name, name, "mode") for name in split_list(mode)]
    for text in split_list(ratio):
        name, _, fraction = text.partition("=")
        above, _, below = fraction.partition("/")
        if not (name.strip() and above.strip() and below.strip()):
            raise InputError(
                f"'{text}' is not a ratio of two columns",
                fix="Write it like jobs_per_home=jobs/homes",
            )
        rules.append(AreaColumn(name.strip(), above.strip(), "ratio", per=below.strip()))
    return tuple(rules)
