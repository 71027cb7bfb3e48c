"""Outlines of the demo's block groups: each PUMA divided into compact pieces, three to a tract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_POINTS: Final = 60
"""Points per piece by which pieces are made about equally large."""
_SWEEPS: Final = 8


def divided(
    polygon: shapely.Polygon, count: int, together: int, rng: np.random.Generator
) -> NDArray[np.object_]:
    """Divide a polygon into pieces of about one size.

    Parameters
    ----------
    polygon
        What is divided.
    count
        Number of pieces.
    together
        How many pieces one after the other lie side by side, as the block groups of a tract do.
    rng
        Source of randomness.
    """
    points = _inside(polygon, _POINTS * count, rng)
    sites = points[rng.choice(len(points), count, replace=False)]
    for _ in range(_SWEEPS):  # Lloyd 1982
        nearest = _nearest(points, sites)
        sites = np.array([points[nearest == place].mean(axis=0) for place in range(count)])
    sites = sites[_side_by_side(sites, together)]
    cells = shapely.voronoi_polygons(shapely.MultiPoint(sites), extend_to=polygon, ordered=True)
    return np.asarray(shapely.intersection(shapely.get_parts(cells), polygon), dtype=object)


def _inside(polygon: shapely.Polygon, count: int, rng: np.random.Generator) -> Floats:
    west, south, east, north = polygon.bounds
    found = np.empty((0, 2))
    while len(found) < count:
        tried = rng.uniform((west, south), (east, north), (2 * count, 2))
        found = np.concatenate([found, tried[shapely.contains_xy(polygon, tried)]])
    return found[:count]


def _nearest(points: Floats, sites: Floats) -> NDArray[np.intp]:
    away = np.hypot(*(points[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    return np.asarray(np.argmin(away, axis=1))


def _side_by_side(sites: Floats, together: int) -> list[int]:
    """Order sites so that each one after the other few are near: the westernmost left begins."""
    left, order = set(range(len(sites))), []
    while left:
        first = min(left, key=lambda place: float(sites[place, 0]))
        away = np.hypot(*(sites - sites[first]).T)
        order += sorted(left, key=lambda place: float(away[place]))[:together]
        left -= set(order)
    return order


__all__ = ["divided"]
