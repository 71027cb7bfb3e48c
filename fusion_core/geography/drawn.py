"""Areas that can be drawn: those with boundaries of their own, and unions of such areas.

States are put together of PUMAs, whose codes begin with them; unions a person names of counties are
put together of those when their shares are stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from fusion_core.errors import InputError
from fusion_core.geography.boundaries import MAP_CRS, has_areas, read_areas
from fusion_core.us_states import STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fusion_core.workspace.layout import Workspace

PUMA: Final = "puma"
STATE: Final = "state"
_DIGITS: Final = 2
# A hole of a place is larger than this share of it.
_HOLE: Final = 1e-3


def can_be_drawn(workspace: Workspace, kind: str) -> bool:
    """Whether areas of a kind have boundaries, or consist of areas that have."""
    return has_areas(workspace, kind) or (kind == STATE and has_areas(workspace, PUMA))


def drawn_areas(workspace: Workspace, kind: str) -> gpd.GeoDataFrame:
    """Return the areas of a kind: `area_id`, `name` and `geometry` in EPSG:5070.

    Raises
    ------
    InputError
        If the workspace has no boundaries of this kind, nor of areas it consists of.
    CorruptFileError
        If a file is damaged.
    """
    if has_areas(workspace, kind) or kind != STATE:
        return read_areas(workspace, kind)
    pumas = read_areas(workspace, PUMA)
    codes = pumas["area_id"].astype(str).str[:_DIGITS]
    if not codes.isin(STATES).all():
        raise InputError(
            "The PUMAs' codes do not begin with a state, so states cannot be formed from them",
            fix="Add the boundaries of the states",
        )
    states = union_areas(pumas, codes.tolist())
    return states.assign(name=[STATES[code][1] for code in states["area_id"]])


def union_areas(areas: gpd.GeoDataFrame, unions: Sequence[str]) -> gpd.GeoDataFrame:
    """Put areas together.

    Parameters
    ----------
    areas
        `area_id`, `name` and `geometry`.
    unions
        The union of each area; empty for one that belongs to none.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per union, ascending, its name as identifier and name.
    """
    import geopandas as gpd

    geometry = areas.geometry.to_numpy()
    named = np.asarray(unions, dtype=object)
    names = sorted(set(filter(None, unions)))
    shapes = [whole_of(geometry[named == name]) for name in names]
    return gpd.GeoDataFrame({"area_id": names, "name": names}, geometry=shapes, crs=MAP_CRS)


def whole_of(members: NDArray[Any]) -> Any:
    """Return polygons as one shape, without the slivers of borders that do not quite meet."""
    try:
        whole = shapely.coverage_union_all(members)
    except shapely.GEOSException:  # borders that overlap are no coverage
        whole = shapely.union_all(members)
    parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon([_without_slivers(part) for part in parts])


def _without_slivers(polygon: Any) -> Any:
    smallest = _HOLE * shapely.Polygon(polygon.exterior).area
    holes = [hole for hole in polygon.interiors if shapely.Polygon(hole).area > smallest]
    return shapely.Polygon(polygon.exterior, holes)


__all__ = ["PUMA", "STATE", "can_be_drawn", "drawn_areas", "union_areas", "whole_of"]
