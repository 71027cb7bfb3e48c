"""`harmony small-areas rank` and `difference`: small areas compared by their joint error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.estimates import Wish, chosen_fusion, read_statistics
from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output
from fusion_core.cli.small_areas._showing import show_difference, show_ranked
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from fusion_core.estimates.places import JointAreas
    from fusion_core.workspace.layout import Workspace

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What the allocation is called.")]
VariableOption = Annotated[
    str,
    typer.Option(
        "--variable", "-v", metavar="NAME", help="A variable, or a statistic in short form."
    ),
]
StatisticOption = Annotated[
    str, typer.Option("--statistic", "-s", metavar="KIND", help="As for harmony estimate.")
]
LevelOption = Annotated[str, typer.Option(metavar="TEXT", help="Only this level of a category.")]
PerOption = Annotated[str, typer.Option(metavar="NAME", help="Ratio to this variable.")]
ByOption = Annotated[
    str, typer.Option(metavar="LEVEL", help="block_group, tract, county, puma or state.")
]
PlacesOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Places of your own, as for estimate.")
]
BoundariesOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Boundaries that polygons need.",
        show_default="those of the workspace",
    ),
]
CodesOption = Annotated[
    str,
    typer.Option(metavar="CODE", help="Only areas whose codes begin so: a state, county or tract."),
]
WhereOption = Annotated[
    str, typer.Option(metavar="CONDITION", help="Only households that meet it.")
]
RunOfAreas = Annotated[
    str, typer.Argument(metavar="RUN", help="A run, 'latest', or a combination of runs.")
]


def rank(
    name: NameArgument,
    run: RunOfAreas = "latest",
    *,
    variable: VariableOption,
    statistic: StatisticOption = "",
    level: LevelOption = "",
    per: PerOption = "",
    by: ByOption = "tract",
    places: PlacesOption = None,
    boundaries: BoundariesOption = None,
    within: CodesOption = "",
    where: WhereOption = "",
    top: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many first places to be sure of.")
    ] = 10,
    lowest: Annotated[bool, typer.Option("--lowest", help="Start from the lowest.")] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Rank tracts, block groups or places of your own, with the ranks each may have.

    Ranks follow from all differences at once, by what the errors of areas have in common. Example:

    harmony small-areas rank bg latest -v insecure --level Yes --by tract --within 53033
    """
    opened = open_workspace(workspace)
    wish = Wish((variable,), statistic, level, per=per, where=where)
    areas = _compared(opened, name, run, wish, _Areas(by, places, boundaries, within))
    ranking = areas.ranking(lowest=lowest, top=top)
    record = {
        "allocation": name,
        "by": str(places or by),
        "where": where,
        "top": top,
        "lowest": lowest,
        "assumption": areas.assumption,
        "synthetic": opened.synthetic,
        "ranking": ranking.table,
    }
    Output(json).result(record, lambda console: show_ranked(console, ranking.table, top, areas))


def difference(
    name: NameArgument,
    run: RunOfAreas = "latest",
    *,
    variable: VariableOption,
    area: Annotated[
        list[str],
        typer.Option(metavar="CODE", help="One area, compared with all; or two, with each other."),
    ],
    statistic: StatisticOption = "",
    level: LevelOption = "",
    per: PerOption = "",
    by: ByOption = "tract",
    places: PlacesOption = None,
    boundaries: BoundariesOption = None,
    within: CodesOption = "",
    where: WhereOption = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Test whether two small areas differ, or one and all together.

    Example:

    harmony small-areas difference bg latest -v elec_kwh --area 53033005301 --area 53033005302
    """
    opened = open_workspace(workspace)
    if len(area) > 2:  # noqa: PLR2004 - a pair
        raise InputError(f"{len(area)} areas are not a pair", fix="Give one --area or two")
    wish = Wish((variable,), statistic, level, per=per, where=where)
    areas = _compared(opened, name, run, wish, _Areas(by, places, boundaries, within))
    found = areas.difference(area[0], area[1] if len(area) > 1 else None)
    record = {
        "allocation": name,
        "first": area[0],
        "second": area[1] if len(area) > 1 else "all",
        "difference": found,
        "synthetic": opened.synthetic,
    }
    Output(json).result(record, lambda console: show_difference(console, found))


@dataclass(frozen=True)
class _Areas:
    """Which areas are asked for, as options give them."""

    by: str
    places: Path | None
    boundaries: Path | None
    within: str


def _compared(workspace: Workspace, name: str, run: str, wish: Wish, areas: _Areas) -> JointAreas:
    from fusion_core.downscaling import (
        compared_areas,
        finest_shapes,
        open_allocation,
        places_of_level,
        read_places,
    )
    from fusion_core.estimates import EstimateCache

    cache = EstimateCache()
    allocation, source = open_allocation(workspace, name), chosen_fusion(workspace, run)
    known = cache.source(workspace, source).variables()
    [asked] = read_statistics(wish, known, default=())
    if areas.places is None:
        places = places_of_level(allocation, areas.by, within=areas.within)
    else:
        shapes = finest_shapes(workspace, allocation, areas.boundaries)
        places = read_places(allocation, areas.places, areas=shapes)
    return compared_areas(
        workspace, source, allocation, asked, places=places, where=wish.where, cache=cache
    )


__all__ = ["NameArgument", "difference", "rank"]
