"""Outlines of the finest areas of an allocation, and of the places made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from fusion_core.errors import InputError
from fusion_core.geography.boundaries import has_areas, import_boundaries, read_areas
from fusion_core.geography.levels import LEVELS

if TYPE_CHECKING:
    import geopandas as gpd

    from fusion_core.arguments import PathLike
    from fusion_core.downscaling.answers.small_areas import Places
    from fusion_core.downscaling.stage import StoredAllocation
    from fusion_core.geography.levels import LevelName
    from fusion_core.workspace.layout import Workspace


def finest_kind(allocation: StoredAllocation) -> LevelName:
    """Return what the finest areas of an allocation are: ``block_group`` or ``tract``."""
    code = next(iter(allocation.puma_of_areas()))
    return "block_group" if len(code) == LEVELS["block_group"].digits else "tract"


def finest_shapes(
    workspace: Workspace, allocation: StoredAllocation, path: PathLike | None = None
) -> gpd.GeoDataFrame | None:
    """Return the outlines of an allocation's finest areas, in metres.

    Parameters
    ----------
    workspace
        Whose stored boundaries serve where no file is given.
    allocation
        The allocation.
    path
        A boundary file of these areas.

    Returns
    -------
    GeoDataFrame or None
        `area_id`, `name` and `geometry`, a row per area; ``None`` where neither is there.

    Raises
    ------
    InputError
        If the boundaries lack an area, as those of another census do.
    """
    kind = finest_kind(allocation)
    if path is not None:
        found = import_boundaries(path, kind=kind, tolerance=0.0, inset=False)
    elif has_areas(workspace, kind):
        found = read_areas(workspace, kind)
    else:
        return None
    wanted = allocation.puma_of_areas()
    own = found[found["area_id"].isin(list(wanted))].reset_index(drop=True)
    if len(own) < len(wanted):
        lost = sorted(set(wanted) - set(own["area_id"]))
        raise InputError(
            f"The boundaries lack {len(lost):,} of the {len(wanted):,} areas of '{allocation.name}', "
            f"such as {lost[0]}",
            where=str(path) if path is not None else f"{kind} boundaries of the workspace",
            fix=f"Give {LEVELS[kind].words[0]} boundaries of the census of the published counts",
        )
    return own


def place_shapes(shapes: gpd.GeoDataFrame, places: Places) -> gpd.GeoDataFrame:
    """Return the outlines of places, their areas joined.

    Parameters
    ----------
    shapes
        Outlines of the finest areas.
    places
        The places. Areas that lie in a place in part are drawn whole.

    Returns
    -------
    GeoDataFrame
        `area_id`, the name of the place, and `geometry`, in the order of the places.
    """
    import geopandas as gpd

    own = dict(zip(shapes["area_id"], shapes.geometry, strict=True))
    joined = [_joined([own[area] for area in parts]) for parts in places.values()]
    return gpd.GeoDataFrame({"area_id": list(places)}, geometry=joined, crs=shapes.crs)


def _joined(parts: list[shapely.Geometry]) -> shapely.Geometry:
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


__all__ = ["finest_kind", "finest_shapes", "place_shapes"]
