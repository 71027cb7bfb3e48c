"""`harmony places shares`: areas that cut through PUMAs, such as counties, or unions of one's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, percent
from fusion_core.errors import ConflictError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from fusion_core.geography.levels import Level
    from fusion_core.workspace.layout import Workspace

_KIND = re.compile(r"[a-z][a-z0-9_]*")


def add_shares(
    *,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="What the areas are called: county, or a name of your own."
        ),
    ],
    crosswalk: Annotated[
        list[Path],
        typer.Option(
            metavar="FILE",
            help="File that says how areas overlap PUMAs, such as block groups with population; "
            "several are combined.",
        ),
    ],
    level: Annotated[
        str,
        typer.Option(
            help="Level of the areas, or of what a union is made of: county, tract, zip, puma.",
            show_default="the kind",
        ),
    ] = "",
    unions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Areas of your own: a table of codes and the union of each."
        ),
    ] = None,
    name_column: Annotated[
        str, typer.Option(metavar="COLUMN", help="Column of the unions' names.")
    ] = "name",
    census: Annotated[
        str, typer.Option(help="Census whose PUMAs the recipient has: 2010 or 2020.")
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace an existing one of the same name.")
    ] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Add areas that cut through PUMAs, so that estimates can be made by them.

    Each gets the part of a PUMA's estimate that its people there are of all people of the PUMA. Examples:

    harmony places shares county --crosswalk blockgroups.parquet

    harmony places shares utility --level county --unions utilities.csv --crosswalk blockgroups.parquet
    """
    from fusion_core.geography.crosswalks import COUNT, find_path, puma_shares
    from fusion_core.geography.levels import Unit, find_level
    from fusion_core.geography.location import write_intersections
    from fusion_core.places.files import read_crosswalk

    opened = open_workspace(workspace)
    if not _KIND.fullmatch(kind):
        raise InputError(f"'{kind}' is not a kind of area", fix="Use small letters, such as county")
    made_of = find_level(level or kind)
    target = opened.geography_folder / "intersections" / f"{kind}.parquet"
    if target.exists() and not replace:
        raise ConflictError.taken("kind of areas", kind, where=str(target))
    ways = [read_crosswalk(path) for path in crosswalk]
    way = find_path(Unit(made_of.name), ways, census=(census,) if census else ())
    if way is None:
        raise InputError(
            f"The files do not lead from {made_of.words[1]} to PUMAs",
            where=", ".join(path.name for path in crosswalk),
            fix="Add a crosswalk that does",
        )
    named = None if unions is None else _unions(unions, made_of, name_column)
    shares = puma_shares(way, kind, named)
    if shares.empty:
        raise InputError("No area of the table lies in a PUMA", fix="Check the codes")
    write_intersections(opened, kind, shares)
    drawn = named is not None and _draw_unions(opened, kind, made_of.name, named)
    whole = shares.groupby("puma")["share"].max().ge(1.0 - 1e-6)
    areas, cut = int(shares[kind].nunique()), int((~whole).sum())
    measure = way.measures[0]
    record = {
        "kind": kind,
        "areas": areas,
        "pumas": len(whole),
        "pumas_cut": cut,
        "weight": measure,
        "drawn": drawn,
    }

    def show(console: Console) -> None:
        by = "equal parts" if measure == COUNT else measure
        console.print(
            f"Stored {areas:,} areas of the kind '{kind}', by {by}: {percent(cut / len(whole), 0)} of"
            f" {len(whole):,} PUMAs are cut by a border.",
            markup=False,
        )
        if drawn:
            console.print(
                f"Their boundaries are those of their {made_of.words[1]}, put together.",
                markup=False,
            )

    Output(json).result(record, show)


def _draw_unions(workspace: Workspace, kind: str, level: str, unions: Mapping[str, str]) -> bool:
    """Store the boundaries of unions where those of their members are known; say whether."""
    from fusion_core.geography.boundaries import write_areas
    from fusion_core.geography.drawn import can_be_drawn, drawn_areas, union_areas

    if not can_be_drawn(workspace, level):
        return False
    members = drawn_areas(workspace, level)
    named = [unions.get(str(code), "") for code in members["area_id"]]
    if not any(named):
        return False
    write_areas(workspace, union_areas(members, named), kind)
    return True


def _unions(path: Path, level: Level, column: str) -> dict[str, str]:
    """Read which union each area belongs to."""
    from fusion_core.ingest.generic import load_table
    from fusion_core.places.files import find_keys

    frame = load_table(path).raw.frame
    keys = find_keys(frame, level.name)
    if not keys:
        raise InputError(
            f"No column holds codes of {level.words[1]}", where=path.name, fix="Add one, or --level"
        )
    if column not in frame:
        raise InputError.unknown("column", column, map(str, frame.columns), where=path.name)
    codes = keys[0].codes
    if len(codes.wrong):
        raise InputError(codes.flaw(int(codes.wrong[0])), where=path.name, fix="Correct the code")
    named = frame[column].notna().to_numpy()
    if codes.codes[named].duplicated().any():
        twice = codes.codes[named][codes.codes[named].duplicated()].iloc[0]
        raise InputError(
            f"'{twice}' belongs to two unions", where=path.name, fix="Keep one row per area"
        )
    return dict(zip(codes.codes[named], frame[column][named].astype(str), strict=True))
