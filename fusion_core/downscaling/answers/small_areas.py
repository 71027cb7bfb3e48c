"""Places people ask about, made of the finest areas of an allocation.

A place is a whole level (tracts, counties), a list of tracts or block groups, or polygons that cut
block groups, each of which then counts by the share of its people or of its land inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pandas as pd

from fusion_core.downscaling.stage import StoredAllocation
from fusion_core.errors import InputError
from fusion_core.geography.boundaries import import_boundaries
from fusion_core.geography.levels import LEVELS, find_level
from fusion_core.ingest.generic import load_table
from fusion_core.places.files import read_crosswalk

if TYPE_CHECKING:
    import geopandas as gpd

    from fusion_core.arguments import PathLike
    from fusion_core.geography.crosswalks import Crosswalk

Places: TypeAlias = Mapping[str, Mapping[str, float]]
"""Share of each finest area that lies in a place, by the name of the place."""
_SLIVER: Final = 0.01
_LISTED: Final = ("area", "geoid", "geo_id")


def places_of_level(allocation: StoredAllocation, level: str, *, within: str = "") -> Places:
    """Return the areas of a level that an allocation covers, each made of its finest areas.

    Parameters
    ----------
    allocation
        The allocation.
    level
        ``block_group``, ``tract``, ``county``, ``puma`` or ``state``.
    within
        Beginning of the codes wanted; empty takes all.

    Raises
    ------
    InputError
        If there is no such level, or it is finer than the allocation.
    """
    found = find_level(level)
    member = allocation.puma_of_areas()
    if found.name == "puma":
        return _inside(_grouped(member), within, allocation)
    if found.name not in {"block_group", "tract", "county", "state"}:
        raise InputError(
            f"{found.words[1].capitalize()} are not made of whole block groups",
            fix="Ask by block_group, tract, county, puma or state, or give a file of polygons",
        )
    digits, finest = LEVELS[found.name].digits, next(iter(member))
    if len(finest) < digits:
        raise InputError(
            f"The allocation '{allocation.name}' knows {_level_of(finest)} and no {found.words[1]}",
            fix="Allocate with tables of block groups",
        )
    return _inside(_grouped({area: area[:digits] for area in sorted(member)}), within, allocation)


def _inside(places: Places, within: str, allocation: StoredAllocation) -> Places:
    found = {name: parts for name, parts in places.items() if name.startswith(within)}
    if not found:
        raise InputError(
            f"No area of '{allocation.name}' begins with '{within}'",
            where=f"codes such as {next(iter(places))}",
            fix="Give the code of a state, county or tract that is allocated",
        )
    return found


def read_places(
    allocation: StoredAllocation, path: PathLike, *, areas: gpd.GeoDataFrame | None = None
) -> Places:
    """Read places of one's own: polygons, a list of areas, or a crosswalk from areas to others.

    Parameters
    ----------
    allocation
        Whose finest areas places are made of.
    path
        Polygons with a column of identifiers, a table with a column ``area``, or a crosswalk with two
        columns of codes and a weight.
    areas
        Outlines of the finest areas (`finest_shapes`), which polygons need.

    Raises
    ------
    InputError
        If the file is none of these, or polygons come without boundaries of the areas.
    """
    from fusion_core.places.boundary_files import is_boundary_file

    path = Path(path)
    if is_boundary_file(path):
        if areas is None:
            raise InputError(
                "Polygons need the boundaries of the areas they cut",
                where=path.name,
                fix="Give a boundary file of the block groups or tracts with --boundaries, or add it "
                "with harmony places add",
            )
        drawn = import_boundaries(path, kind="place", tolerance=0.0, inset=False)
        return places_from_polygons(drawn, areas, allocation)
    names = {str(name).lower() for name in load_table(path).raw.frame.columns}
    if names & set(_LISTED):
        return places_from_list(allocation, path)
    crosswalk = read_crosswalk(path)
    return places_from_crosswalk(allocation, crosswalk, crosswalk.measures[0])


def places_from_list(allocation: StoredAllocation, path: PathLike) -> Places:
    """Read places from a table: a column ``area`` of tracts or block groups, and one ``place``.

    Without the column ``place`` all areas are one place, named like the file.

    Raises
    ------
    InputError
        If there is no column of areas, or an area is not among those allocated.
    """
    frame, where = load_table(path).raw.frame, Path(path).name
    names = {str(name).lower(): name for name in frame.columns}
    column = next((names[one] for one in _LISTED if one in names), None)
    if column is None:
        raise InputError(
            "No column names tracts or block groups", where=where, fix="Name it area or GEOID"
        )
    areas = _texts(frame[column])
    places = _texts(frame[names["place"]]) if "place" in names else [Path(path).stem] * len(areas)
    finest = sorted(allocation.puma_of_areas())
    found: dict[str, dict[str, float]] = {}
    for row, (area, place) in enumerate(zip(areas, places, strict=True)):
        if not area:
            raise InputError(
                "A row names no area",
                where=f"{where}, row {row + 2:,}",
                fix="Give the code of a tract or block group, or leave the row out",
            )
        parts = [one for one in finest if one.startswith(area)]
        if not parts:
            raise InputError.unknown("area", area, finest, where=where)
        found.setdefault(place, {}).update(dict.fromkeys(parts, 1.0))
    return found


def _texts(column: pd.Series[Any]) -> list[str]:
    """Return the texts of a column, empty where a cell is."""
    return ["" if pd.isna(value) else str(value).strip() for value in column]


def places_from_crosswalk(
    allocation: StoredAllocation, crosswalk: Crosswalk, measure: str
) -> Places:
    """Return the target areas of a crosswalk, weighted by the people or homes in each piece.

    Parameters
    ----------
    allocation
        Whose finest areas are meant.
    crosswalk
        From these areas to others.
    measure
        What pieces are weighed by: ``population`` or ``housing``.

    Raises
    ------
    InputError
        If no piece is of an allocated area.
    """
    own = allocation.puma_of_areas()
    pieces = crosswalk.pieces
    whole = pieces.groupby("source")[measure].transform("sum")
    share = (pieces[measure] / whole.where(whole > 0)).fillna(0.0)
    found: dict[str, dict[str, float]] = {}
    rows = zip(pieces["source"], pieces["target"], share, strict=True)
    for source, target, part in rows:
        if source in own and part > 0:
            found.setdefault(str(target), {})[str(source)] = float(part)
    if not found:
        raise InputError(
            f"No piece of the crosswalk is of an area of '{allocation.name}'",
            where=crosswalk.title,
            fix="Give a crosswalk from the same areas, of the same census",
        )
    return found


def places_from_polygons(
    polygons: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, allocation: StoredAllocation
) -> Places:
    """Return drawn places by the share of each area's land inside them.

    Slivers of less than a hundredth of an area are left out.

    Parameters
    ----------
    polygons, areas
        The places and the finest areas, each with ``area_id`` and ``geometry``.
    allocation
        Whose areas count.

    Raises
    ------
    InputError
        If a place lies in none of the areas.
    """
    known = areas[areas["area_id"].isin(list(allocation.puma_of_areas()))]
    drawn = polygons.to_crs(areas.crs).rename(columns={"area_id": "place"})
    pieces: Any = known[["area_id", "geometry"]].overlay(
        drawn[["place", "geometry"]], how="intersection"
    )
    whole = dict(zip(known["area_id"].astype(str), known.area, strict=True))
    found: dict[str, dict[str, float]] = {str(place): {} for place in drawn["place"]}
    for area, place, land in zip(pieces["area_id"], pieces["place"], pieces.area, strict=True):
        share = float(land / whole[str(area)])
        if share > _SLIVER:
            found[str(place)][str(area)] = 1.0 if share > 1 - _SLIVER else share
    empty = next((place for place, parts in found.items() if not parts), None)
    if empty is not None:
        raise InputError(
            f"The place '{empty}' lies in none of the areas of '{allocation.name}'",
            fix="Check the projection of both files, or allocate the PUMAs it lies in",
        )
    return found


def _grouped(member: Mapping[str, str]) -> Places:
    found: dict[str, dict[str, float]] = {}
    for area, place in member.items():
        found.setdefault(place, {})[area] = 1.0
    return found


def _level_of(code: str) -> str:
    by_digits = {level.digits: level for level in LEVELS.values() if level.name != "puma"}
    level = by_digits.get(len(code))
    return level.words[1] if level else "other areas"


__all__ = [
    "Places",
    "places_from_crosswalk",
    "places_from_list",
    "places_from_polygons",
    "places_of_level",
    "read_places",
]
