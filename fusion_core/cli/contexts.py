"""`harmony places context`: what a donor publishes of a household's neighbourhood."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace, split_list
from fusion_core.cli.output import Output, number, table
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from fusion_core.geography.local_context import LocalContext

app = typer.Typer(
    no_args_is_help=True,
    help="Add, list and remove what a donor publishes about a household's neighbourhood.",
)


@app.command("add")
def add_context(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Table of block groups, or other small areas.")
    ],
    *,
    donor: Annotated[
        str, typer.Option(metavar="SURVEY", help="Survey that publishes the classes.")
    ],
    recipe: Annotated[
        str, typer.Option(metavar="NAME", help="nhts_density, or a .toml file.")
    ] = "",
    variable: Annotated[str, typer.Option(metavar="COLUMN", help="The donor's column.")] = "",
    measure: Annotated[
        str,
        typer.Option(
            metavar="COLUMN",
            help="Column of the table with the same measure; “local density” computes it from "
            "centres and population.",
        ),
    ] = "",
    cuts: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER,…", help="Where one class ends and the next begins."),
    ] = None,
    weight: Annotated[
        str,
        typer.Option(
            help="What a PUMA's mix counts: population, housing or a column of the table."
        ),
    ] = "",
    by: Annotated[
        str,
        typer.Option(
            metavar="PREDICTOR", help="Predictor whose groups live in different neighbourhoods."
        ),
    ] = "",
    count: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP=COLUMN",
            help="Column that counts the households of a group of that predictor, such as 1=owners.",
        ),
    ] = None,
    other: Annotated[
        str,
        typer.Option(metavar="ANSWER", help="The donor's answer for areas of any other class."),
    ] = "",
    places: Annotated[
        bool,
        typer.Option("--places", help="The classes are place names, which have no order."),
    ] = False,
    level: Annotated[str, typer.Option(help="What the rows are about.")] = "block_group",
    census: Annotated[str, typer.Option(help="Census that defined the areas.")] = "",
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN,…", help="Columns of the areas' codes, the state first."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the context.")] = "",
    title: Annotated[str, typer.Option(help="What is measured, in words.")] = "",
    source: Annotated[str, typer.Option(help="Source of the numbers.")] = "",
    vintage: Annotated[str, typer.Option(help="Years the table describes.")] = "",
    crosswalk: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Crosswalk to PUMAs.",
            show_default="the table itself, if it names them",
        ),
    ] = None,
    to_census: Annotated[
        str, typer.Option(help="Census whose PUMAs are wanted.", show_default="that of the surveys")
    ] = "",
    encoding: Annotated[str, typer.Option(help="Text encoding, such as latin-1.")] = "utf-8",
    check: Annotated[
        bool, typer.Option("--check", help="Read and report, but store nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the context of the same name.")
    ] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Let runs learn from a class of the neighbourhood and draw it for the recipient.

    The donor says the class of each household's block group; each recipient household draws one per
    implicate from the block groups of its PUMA. Examples:

    harmony places context add block_groups.parquet --donor NHTS_2017 --recipe nhts_density
    --vintage 2020

    harmony places context add tenure.csv --donor NHTS_2017 --variable HBHTNRNT
    --measure renter_share --cuts 5,20,30,40,50,60,70,80,90,95 --weight households

    harmony places context add counties.csv --donor NHTS_2017 --variable HH_CBSA --measure cbsa
    --level county --places --other XXXXX --crosswalk block_groups.parquet
    """
    from fusion_core.places.contexts import ContextRequest, make_context
    from fusion_core.places.contexts import add_context as store
    from fusion_core.surveys.model import SurveyId

    opened = open_workspace(workspace)
    request = ContextRequest(
        path=file,
        donor=SurveyId.parse(donor),
        recipe=recipe,
        variable=variable,
        measure=measure,
        cuts=tuple(_number(text) for text in split_list(cuts)),
        weight=weight,
        by=by,
        by_columns=dict(_pair(text) for text in count or ()),
        other=other,
        places=places,
        level=level,
        census=census,
        key=tuple(split_list(key)),
        name=name,
        title=title,
        source=source,
        vintage=vintage,
        crosswalks=tuple(crosswalk or ()),
        to_census=to_census,
        encoding=encoding,
    )
    made = make_context(opened, request) if check else store(opened, request, may_replace=replace)

    def show(console: Console) -> None:
        done = "Would add" if check else "Added"
        pumas = f"{made.mix['puma'].nunique():,} {made.census} PUMAs".replace("  ", " ")
        console.print(
            f"{done} {made.name}: {made.title} as {made.donor.title} publishes it in "
            f"{made.variable}, {len(made.classes)} classes, mixes of {pumas}",
            markup=False,
        )
        for note in made.notes:
            console.print(f"  {note}", markup=False)

    Output(json).result(context_record(made) | {"stored": not check}, show)


@app.command("list")
def list_contexts(workspace: WorkspaceOption = Path(), json: JsonOption = False) -> None:
    """List the local contexts of a workspace."""
    from fusion_core.geography.local_context import read_contexts

    found = read_contexts(open_workspace(workspace))

    def show(console: Console) -> None:
        if not found:
            console.print(
                "No local context yet. Add one with `harmony places context add`.", markup=False
            )
            return
        console.print(contexts_table(found))

    Output(json).result({"contexts": [context_record(item) for item in found]}, show)


@app.command("remove")
def remove_context(
    name: Annotated[str, typer.Argument(help="Name of the context.")],
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Remove a local context; finished runs keep what they drew."""
    from fusion_core.geography.local_context import remove_context as remove

    remove(open_workspace(workspace), name)
    Output(json).result(
        {"removed": name}, lambda console: console.print(f"Removed {name}", markup=False)
    )


def contexts_table(contexts: Sequence[LocalContext]) -> Table:
    """List contexts for people."""
    rows = [
        (
            item.name,
            item.donor.title,
            item.variable,
            len(item.classes),
            number(item.mix["puma"].nunique(), digits=1),
            item.vintage or "–",
            item.title,
        )
        for item in contexts
    ]
    return table(("context", "donor", "column", "classes", "PUMAs", "vintage", "measure"), rows)


def context_record(context: LocalContext) -> dict[str, Any]:
    """Describe a context for a script."""
    return {
        "context": context.name,
        "title": context.title,
        "donor": str(context.donor),
        "variable": context.variable,
        "classes": context.classes,
        "weight": context.weight,
        "by": context.by,
        "areas": context.areas,
        "unit": context.unit,
        "source": context.source,
        "vintage": context.vintage,
        "census": context.census,
        "ordered": context.ordered,
        "pumas": int(context.mix["puma"].nunique()),
        "notes": context.notes,
    }


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"'{text}' is not a cut point", fix="Write numbers without separators: 100,500,1000"
        ) from None


def _pair(text: str) -> tuple[str, str]:
    level, equals, column = text.rpartition("=")
    if not (equals and level.strip() and column.strip()):
        raise InputError(
            f"'{text}' does not say which column counts a group", fix="Write it like 1=owners"
        )
    return level.strip(), column.strip()
