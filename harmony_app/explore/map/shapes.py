"""Area boundaries as a figure draws them: rings of whole metres, read once and shared by sessions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from fusion_core.geography.boundaries import areas_path
from fusion_core.geography.drawn import PUMA, drawn_areas, whole_of
from fusion_core.us_states import STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fusion_core.workspace.layout import Workspace

Rings = list[list[list[list[int]]]]
Lines = list[tuple[list[int], list[int]]]
Extent = tuple[float, float, float, float]
# Some surroundings tell where the areas are.
_MARGIN: Final = 0.05
_COUNTY_DIGITS: Final = 5


@dataclass(frozen=True)
class AreaShapes:
    """The areas of one kind, ready to draw.

    Attributes
    ----------
    areas
        `area_id` and `name`, one row per area.
    xs, ys
        Per area, per polygon, the outer ring and its holes, in whole metres.
    centres
        A point inside each area, shape (areas, 2).
    frame
        The polygons themselves, for downloads.
    """

    areas: pd.DataFrame
    xs: Rings
    ys: Rings
    centres: Any
    frame: gpd.GeoDataFrame

    def position(self, area_id: str) -> int | None:
        """Return the row of an area, ``None`` when there is none."""
        found = np.flatnonzero(self.areas["area_id"].to_numpy() == area_id)
        return int(found[0]) if len(found) else None

    def extent(self, rows: NDArray[np.int64]) -> Extent:
        """Return the rectangle that holds some areas, with a margin: west, south, east, north."""
        bounds = self.frame.geometry.iloc[rows].total_bounds
        margin = _MARGIN * max(bounds[2] - bounds[0], bounds[3] - bounds[1])
        west, south, east, north = (float(value) for value in bounds)
        return west - margin, south - margin, east + margin, north + margin

    def name(self, area_id: str) -> str:
        """Return the name of an area, its identifier when it is unknown."""
        row = self.position(area_id)
        return area_id if row is None else str(self.areas["name"].iloc[row])


def area_shapes(workspace: Workspace, kind: str) -> AreaShapes:
    """Return the areas of a kind; read from disk only when the file has changed.

    Raises
    ------
    InputError
        If the workspace has no such boundaries.
    """
    # States without boundaries of their own are put together of PUMAs.
    paths = [areas_path(workspace, item) for item in dict.fromkeys((kind, PUMA))]
    changed = [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]
    return _cached_shapes(workspace, kind, tuple(changed))


@lru_cache(maxsize=4)
def _cached_shapes(workspace: Workspace, kind: str, changed: tuple[int, ...]) -> AreaShapes:
    """Read and split the areas; `changed` makes a replaced file a new entry."""
    del changed
    return shapes_of(drawn_areas(workspace, kind))


def shapes_of(frame: gpd.GeoDataFrame) -> AreaShapes:
    """Split polygons into rings.

    Parameters
    ----------
    frame
        `area_id`, `name` and polygons or multipolygons in metres.
    """
    xs: Rings = []
    ys: Rings = []
    for geometry in frame.geometry:
        polygons = [
            [_ring(polygon.exterior), *map(_ring, polygon.interiors)]
            for polygon in _polygons(geometry)
        ]
        xs.append([[ring[0] for ring in polygon] for polygon in polygons])
        ys.append([[ring[1] for ring in polygon] for polygon in polygons])
    points = shapely.point_on_surface(frame.geometry.to_numpy())
    areas = pd.DataFrame(frame[["area_id", "name"]].astype(str)).reset_index(drop=True)
    areas["name"] = [
        readable_name(name, area)
        for name, area in zip(areas["name"], areas["area_id"], strict=True)
    ]
    return AreaShapes(
        areas=areas,
        xs=xs,
        ys=ys,
        centres=np.column_stack([shapely.get_x(points), shapely.get_y(points)]),
        frame=frame,
    )


def outlines(shapes: AreaShapes, places: Sequence[str]) -> Lines:
    """Return the borders of places that are groups of areas.

    Parameters
    ----------
    shapes
        The areas.
    places
        The place of each area; empty for an area in none.

    Returns
    -------
    list of pairs
        The rings, each as its x and its y, in whole metres.
    """
    geometry = shapes.frame.geometry.to_numpy()
    named = np.asarray(places, dtype=object)
    found: Lines = []
    for place in dict.fromkeys(filter(None, places)):
        for polygon in _polygons(whole_of(geometry[named == place])):
            found += [_ring(polygon.exterior), *map(_ring, polygon.interiors)]
    return found


def readable_name(name: str, area_id: str = "") -> str:
    """Return a Census area name without the parts a list of such areas repeats.

    ``"Seattle City (Northeast)--University PUMA"`` becomes ``"Seattle City (Northeast) – University"``;
    a county gets its state, whose code its own begins with.

    Parameters
    ----------
    name, area_id
        Of the area.
    """
    if len(area_id) == _COUNTY_DIGITS and area_id[:2] in STATES and "," not in name:
        return f"{name}, {STATES[area_id[:2]][0]}"
    return name.removesuffix(" PUMA").replace("--", " – ")


def _polygons(geometry: Any) -> list[Any]:
    """Return the polygons of a shape, leaving out the lines a repaired border may hold."""
    return [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]


def _ring(ring: Any) -> tuple[list[int], list[int]]:
    points = np.rint(shapely.get_coordinates(ring)).astype(np.int64)
    return points[:, 0].tolist(), points[:, 1].tolist()
