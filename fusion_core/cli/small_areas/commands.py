"""`harmony small-areas`: allocate households to tracts and block groups, and estimate there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.estimates import Wish, chosen_fusion, read_statistics
from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace, split_list
from fusion_core.cli.output import Output, number, percent, table
from fusion_core.cli.small_areas._comparing import NameArgument, difference, rank
from fusion_core.cli.small_areas._files import write_estimates
from fusion_core.errors import InputError
from fusion_core.summaries import counted

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from fusion_core.downscaling import StoredAllocation
    from fusion_core.workspace.layout import Workspace

app = typer.Typer(
    no_args_is_help=True,
    help="Allocate households to tracts and block groups by published counts, and estimate there.",
)
app.command("rank")(rank)
app.command("difference")(difference)
_SHOWN = 100


@app.command("allocate")
def allocate(
    name: NameArgument,
    *,
    counts: Annotated[
        list[Path],
        typer.Option(
            "--table",
            metavar="FILE",
            help="Published counts with margins, of block groups or tracts; repeat it.",
        ),
    ],
    constraints: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="Which households each count is of: columns name, counts, households, table.",
        ),
    ],
    survey: Annotated[
        str,
        typer.Option(metavar="SURVEY", help="Survey to allocate.", show_default="the recipient"),
    ] = "",
    crosswalk: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Leads from tracts or block groups to PUMAs."),
    ] = None,
    puma: Annotated[
        list[str] | None, typer.Option(metavar="CODE,…", help="Only these PUMAs.")
    ] = None,
    draws: Annotated[
        int, typer.Option(min=2, help="How often counts and microdata are drawn again for margins.")
    ] = 40,
    processes: Annotated[int, typer.Option(min=1, help="PUMAs solved at the same time.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 0,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace an allocation of this name.")
    ] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Allocate every PUMA's households to its areas, so that published counts are met.

    Weights are the most even ones that meet the counts within their margins (penalized maximum
    entropy). Every table is also held out in turn, which says how well areas are told that it does
    not show. Solved once, an allocation serves every run on the same survey. Example:

    harmony small-areas allocate bg --table block_groups.csv --table tracts.csv
    --constraints constraints.csv --crosswalk 2020_Census_Tract_to_2020_PUMA.txt
    """
    from fusion_core.downscaling import DownscaleRequest, downscale
    from fusion_core.surveys.model import SurveyId

    opened, output = open_workspace(workspace), Output(json)
    request = DownscaleRequest(
        name,
        SurveyId.parse(survey) if survey else _only_recipient(opened),
        tuple(counts),
        constraints,
        crosswalk,
        tuple(split_list(puma)),
        draws,
        processes,
        seed,
        replace,
    )
    with output.progress() as progress:
        found = downscale(opened, request, progress=progress)
    output.result({"allocation": found.name, **found.record}, lambda console: _show(console, found))


@app.command("list")
def list_all(workspace: WorkspaceOption = Path(), json: JsonOption = False) -> None:
    """List the allocations of the workspace, and how well each meets its counts."""
    from fusion_core.downscaling import list_allocations

    found = list_allocations(open_workspace(workspace))

    def show(console: Console) -> None:
        if not found:
            console.print("Nothing is allocated yet: harmony small-areas allocate", markup=False)
            return
        rows = [
            (
                item.name,
                item.recipient,
                len(item.pumas),
                len(item.puma_of_areas()),
                len(item.record["constraints"]),
                percent(item.inside),
            )
            for item in found
        ]
        columns = ("name", "survey", "PUMAs", "areas", "constraints", "counts met")
        console.print(table(columns, rows))

    records = [{"allocation": item.name, **item.record} for item in found]
    Output(json).result({"allocations": records}, show)


@app.command("show")
def show_one(
    name: NameArgument, workspace: WorkspaceOption = Path(), json: JsonOption = False
) -> None:
    """Tell how good an allocation is: counts met, tables held out, and what is to be known."""
    from fusion_core.downscaling import open_allocation

    found = open_allocation(open_workspace(workspace), name)
    Output(json).result(
        {"allocation": found.name, **found.record}, lambda console: _show(console, found)
    )


@app.command("remove")
def remove(
    name: NameArgument, workspace: WorkspaceOption = Path(), json: JsonOption = False
) -> None:
    """Remove an allocation; runs and surveys stay."""
    from fusion_core.downscaling import remove_allocation

    remove_allocation(open_workspace(workspace), name)
    Output(json).result(
        {"removed": name}, lambda console: console.print(f"Removed {name}", markup=False)
    )


@app.command("estimate")
def estimate(
    name: NameArgument,
    run: Annotated[
        str,
        typer.Argument(metavar="RUN", help="A run, 'latest', or a combination of runs."),
    ] = "latest",
    *,
    variable: Annotated[
        list[str] | None,
        typer.Option(
            "--variable",
            "-v",
            metavar="NAME",
            help="A variable, or a statistic in short form; repeat it.",
            show_default="every fused variable",
        ),
    ] = None,
    statistic: Annotated[
        str, typer.Option("--statistic", "-s", metavar="KIND", help="As for harmony estimate.")
    ] = "",
    level: Annotated[str, typer.Option(metavar="TEXT", help="Only this level of a category.")] = "",
    per: Annotated[str, typer.Option(metavar="NAME", help="Ratio to this variable.")] = "",
    by: Annotated[
        str, typer.Option(metavar="LEVEL", help="block_group, tract, county, puma or state.")
    ] = "tract",
    places: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Places of your own: polygons, a table of areas with a column place, or a crosswalk "
            "from areas to others.",
        ),
    ] = None,
    boundaries: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Boundaries of the block groups or tracts, which polygons and maps need and by which "
            "neighbours are told.",
            show_default="those of the workspace",
        ),
    ] = None,
    within: Annotated[
        str,
        typer.Option(
            metavar="CODE", help="Only areas whose codes begin so: a state, county or tract."
        ),
    ] = "",
    where: Annotated[
        str, typer.Option(metavar="CONDITION", help="Only households that meet it.")
    ] = "",
    reliable: Annotated[
        float | None,
        typer.Option(
            metavar="CV",
            min=0.01,
            help="Merge neighbours until no estimate has a larger coefficient of variation, such as "
            "0.12.",
        ),
    ] = None,
    confidence: Annotated[
        float, typer.Option(min=0.5, max=0.999, help="Confidence level of the margins of error.")
    ] = 0.90,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write all estimates to this CSV file; with --boundaries also a map, .geojson or .gpkg.",
        ),
    ] = None,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Estimate for tracts, block groups or places of your own, with margins of error.

    Margins count the error of the published counts, what no count shows, the microdata, the
    implicates and the donor. Example:

    harmony small-areas estimate bg latest --variable elec_kwh --by tract --within 53033 --reliable 0.12
    """
    from fusion_core.downscaling import (
        finest_shapes,
        open_allocation,
        places_of_level,
        read_places,
        small_area_estimates,
    )
    from fusion_core.estimates import EstimateCache
    from fusion_core.geography.merging import borders_of

    opened, cache = open_workspace(workspace), EstimateCache()
    allocation, source = open_allocation(opened, name), chosen_fusion(opened, run)
    wish = Wish(
        tuple(variable or ()), statistic, level, per=per, where=where, confidence=confidence
    )
    loaded = cache.source(opened, source)
    fused = () if loaded.implicates is None else loaded.implicates.names
    statistics = read_statistics(wish, loaded.variables(), default=fused)
    shapes = finest_shapes(opened, allocation, boundaries)
    if places is None:
        asked = places_of_level(allocation, by, within=within)
    else:
        asked = read_places(allocation, places, areas=shapes)
    found = small_area_estimates(
        opened,
        source,
        allocation,
        statistics,
        places=asked,
        where=where,
        confidence=confidence,
        reliable=reliable,
        borders=None if shapes is None or reliable is None else borders_of(shapes),
        cache=cache,
    )
    if to is not None:
        write_estimates(found, to, shapes)
    record = {
        "allocation": name,
        "by": str(places or by),
        "where": where,
        "confidence": confidence,
        "synthetic": opened.synthetic,
        "estimates": found,
    }
    Output(json).result(
        record, lambda console: _show_estimates(console, found, confidence, opened.synthetic)
    )


def _only_recipient(workspace: Workspace) -> Any:
    from fusion_core.workspace.runs import list_runs

    pairs = {run.spec().pair.recipient for run in list_runs(workspace)}
    with_pumas = [
        item for item in workspace.survey_ids() if "puma" in workspace.describe(item).geography
    ]
    found = sorted(pairs or with_pumas, key=str)
    if len(found) != 1:
        known = ", ".join(map(str, found)) or "none"
        raise InputError(
            f"Several surveys could be allocated: {known}", fix="Name it with --survey"
        )
    return found[0]


def _show(console: Console, found: StoredAllocation) -> None:
    record = found.record
    areas, pumas = len(found.puma_of_areas()), len(found.pumas)
    console.print(
        f"{found.name} allocates {found.recipient} to {counted(areas, 'area')} of {counted(pumas, 'PUMA')} "
        f"by {len(record['constraints'])} counts; {percent(found.inside)} of them are met within "
        "their margins.",
        markup=False,
    )
    console.print(
        f"Areas are taken to differ by {percent(found.effects.seen)} of the variance between households in "
        f"what the tables count, and by {percent(found.effects.unseen)} in all else. Margins of an outcome "
        "by which people sort more than that are too small.",
        markup=False,
    )
    rows = [
        (
            title,
            number(item["error"]),
            percent(item["inside"]),
            percent(max(item["unexplained"], 0)),
        )
        for title, item in record["held_out"].items()
    ]
    if rows:
        console.print("Each table held out, allocated by the others:", markup=False)
        columns = ("table", "error in standard errors", "within margins", "unexplained")
        console.print(table(columns, rows))
    notes = [note for puma in record["pumas"].values() for note in puma["notes"]]
    for note in notes[:_SHOWN]:
        console.print(note, markup=False)


def _show_estimates(
    console: Console, found: pd.DataFrame, confidence: float, synthetic: bool
) -> None:
    rows = [
        (
            row["area"],
            number(row["households"]),
            row["variable"],
            row["level"] if isinstance(row["level"], str) else "",
            row["statistic"],
            *_amounts(row),
            number(row["cv"] * 100, digits=2),
            row["reliability"],
        )
        for row in found.head(_SHOWN).to_dict("records")
    ]
    columns = (
        "area",
        "households",
        "variable",
        "level",
        "statistic",
        "estimate",
        "margin",
        "CV %",
        "reliability",
    )
    console.print(table(columns, rows))
    if len(found) > _SHOWN:
        console.print(f"… {len(found) - _SHOWN:,} more; write them with --to", markup=False)
    trusted = found["reliability"].isin(["high", "medium"]).mean()
    console.print(
        f"{percent(trusted, 0)} of the estimates are of high or medium reliability; margins of error "
        f"at {percent(confidence, 0)} confidence.",
        markup=False,
    )
    if synthetic:
        console.print("Synthetic data: no figure describes a real place.", markup=False)


def _amounts(row: dict[Any, Any]) -> tuple[str, str]:
    if row["statistic"].startswith("share"):
        return percent(row["estimate"]), f"± {percent(row['moe'])}"
    return number(row["estimate"]), f"± {number(row['moe'])}"
