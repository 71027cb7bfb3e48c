"""Draw a fictional state: PUMAs that share exact borders, and regions that cut some of them.

Voronoi cells around city and country sites are noded together with the outline once; every border
between two nodes is then roughened once and used by both neighbours, so there can be no gap and no
overlap. Coordinates are EPSG:5070 metres, placed in the open Atlantic so that nobody mistakes the
state for a real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.demo.world.settings import DemoSize

ORIGIN = np.array([2_450_000.0, 1_150_000.0])
KILOMETRE = 1000.0

_COAST = np.array(
    [
        (30, 430),
        (0, 380),
        (38, 330),
        (20, 280),
        (75, 252),
        (95, 218),
        (60, 190),
        (25, 165),
        (10, 110),
        (50, 60),
        (70, 0),
    ],
    dtype=float,
)
_INLAND = np.array([(520, 0), (505, 110), (530, 230), (500, 330), (515, 430)], dtype=float)
_CITIES = np.array([(112, 214), (335, 312), (180, 68)], dtype=float)
_CITY_SPREAD = (44.0, 34.0, 29.0)
_COAST_ROUGHNESS, _BORDER_ROUGHNESS, _RIVER_ROUGHNESS = 0.18, 0.11, 0.06
_FINEST_SEGMENT = 2_500.0
_ON_THE_LINE = 5.0
_ALMOST_SMOOTH = 0.01


@dataclass(frozen=True)
class StateMap:
    """Polygons of the fictional state.

    Attributes
    ----------
    pumas
        Polygons, cities first (largest city first, from its centre outwards), then the country
        from north-west to south-east.
    city
        For every PUMA the index of its city, −1 in the country.
    outline
        The whole state.
    coast
        The roughened coast line.
    """

    pumas: NDArray[np.object_]
    city: NDArray[np.int64]
    outline: shapely.Polygon
    coast: shapely.LineString


def draw_state(size: DemoSize, rng: np.random.Generator) -> StateMap:
    """Draw the state.

    Parameters
    ----------
    size
        How many PUMAs it has, and where.
    rng
        Source of randomness.
    """
    outline = shapely.Polygon(_metres(np.vstack([_COAST, _INLAND])))
    sites, city = _sites(size, outline, rng)
    borders = _noded_borders(sites, outline)
    coast = shapely.LineString(_metres(_COAST))
    river = shapely.LineString(_metres(_INLAND))
    roughness = np.select(
        [_along(borders, coast), _along(borders, river), _along(borders, outline.exterior)],
        [_COAST_ROUGHNESS, _RIVER_ROUGHNESS, 0.0],
        _BORDER_ROUGHNESS,
    )
    rough = _without_crossings(borders, roughness, seed=int(rng.integers(2**32)))
    smooth = shapely.get_parts(shapely.polygonize(borders))
    cells = _one_cell_per_site(shapely.get_parts(shapely.polygonize(rough)), smooth, sites)
    whole = shapely.coverage_union_all(cells)
    rough_coast = [line for line, on in zip(rough, _along(borders, coast), strict=True) if on]
    return StateMap(cells, city, whole, shapely.line_merge(shapely.union_all(rough_coast)))


def split_polygon(
    polygon: shapely.Polygon, *, horizontal: bool
) -> tuple[shapely.Polygon, shapely.Polygon]:
    """Cut a polygon in two near its middle, between two of its own corners.

    No corner is added, so neighbours keep matching the pieces exactly.

    Parameters
    ----------
    polygon
        A polygon without holes.
    horizontal
        Cut from west to east (first piece: north) instead of north to south (first piece: west).

    Returns
    -------
    tuple
        The northern or western piece and the other one.
    """
    ring = shapely.get_coordinates(polygon.exterior)[:-1]
    across = 1 if horizontal else 0
    middle = shapely.get_coordinates(polygon.centroid)[0][across]
    near = np.argsort(np.abs(ring[:, across] - middle))[:40]
    pairs = [(a, b) for a in near for b in near if a < b]
    pairs.sort(key=lambda pair: -float(np.hypot(*(ring[pair[0]] - ring[pair[1]]))))
    for first, second in pairs:
        one = shapely.Polygon(ring[first : second + 1])
        other = shapely.Polygon(np.vstack([ring[second:], ring[: first + 1]]))
        whole = abs(one.area + other.area - polygon.area) < 1e-6 * polygon.area
        if one.is_valid and other.is_valid and whole:
            place = [shapely.get_coordinates(piece.centroid)[0][across] for piece in (one, other)]
            first_is_ahead = place[0] > place[1] if horizontal else place[0] < place[1]
            return (one, other) if first_is_ahead else (other, one)
    return polygon, shapely.Polygon()


def _metres(kilometres: NDArray[np.float64]) -> NDArray[np.float64]:
    return ORIGIN + kilometres * KILOMETRE


def _sites(
    size: DemoSize, outline: shapely.Polygon, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Scatter PUMA sites: dense around cities, spread out in the country."""
    sites: list[NDArray[np.float64]] = []
    city: list[int] = []
    for index, count in enumerate(size.city_areas):
        # A sunflower spiral fills the city evenly, jittered so that it does not look like one.
        step = np.arange(count)
        radius = _CITY_SPREAD[index] * (step / count) ** 0.8
        angle = step * np.pi * (3 - np.sqrt(5)) + rng.uniform(0, 2 * np.pi)
        ring = _CITIES[index] + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
        sites += list(_ashore(_metres(ring + rng.normal(0, 1.0, ring.shape)), outline))
        city += [index] * count
    shapely.prepare(outline)
    area_each = outline.area / size.rural_areas
    distance = 0.8 * np.sqrt(area_each)
    city_radius = 1.45 * np.array(_CITY_SPREAD) * KILOMETRE
    rural: list[NDArray[np.float64]] = []
    low, high = np.array(outline.bounds[:2]), np.array(outline.bounds[2:])
    while len(rural) < size.rural_areas:
        distance *= 0.9995
        point = rng.uniform(low, high)
        from_city = np.hypot(*(_metres(_CITIES) - point).T)
        used = slice(0, len(size.city_areas))
        if (from_city[used] < city_radius[used]).any() or not outline.contains(
            shapely.Point(point)
        ):
            continue
        if all(np.hypot(*(other - point)) > distance for other in rural):
            rural.append(point)
    rural.sort(key=lambda point: (-round(point[1] / 80_000), point[0]))
    return np.array(sites + rural), np.array(city + [-1] * size.rural_areas)


def _ashore(sites: NDArray[np.float64], outline: shapely.Polygon) -> NDArray[np.float64]:
    """Move sites that fell into the sea to the nearest place well inside the coast."""
    inland = outline.buffer(-4_000)
    lines = shapely.shortest_line(inland, shapely.points(sites))
    return np.asarray(shapely.get_coordinates(shapely.get_point(lines, 0)))


def _noded_borders(sites: NDArray[np.float64], outline: shapely.Polygon) -> NDArray[np.object_]:
    """Return the borders between PUMAs and of the state, each once, from node to node."""
    diagram = shapely.voronoi_polygons(
        shapely.MultiPoint(sites), extend_to=outline.buffer(300_000), only_edges=True
    )
    corners = shapely.get_coordinates(outline.exterior)
    sides = shapely.linestrings(np.stack([corners[:-1], corners[1:]], axis=1))
    noded = shapely.union_all([diagram, *sides], grid_size=1.0)
    lines = shapely.get_parts(noded)
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    return np.asarray(lines[shapely.covered_by(middle, outline.buffer(_ON_THE_LINE))], dtype=object)


def _along(lines: NDArray[np.object_], path: shapely.Geometry) -> NDArray[np.bool_]:
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    return np.asarray(shapely.distance(middle, path) < _ON_THE_LINE)


def _without_crossings(
    borders: NDArray[np.object_], roughness: NDArray[np.float64], *, seed: int
) -> NDArray[np.object_]:
    """Roughen every border; where two would meet on the way, smooth both until they do not."""
    amount = roughness.copy()
    rough = np.array(borders)
    pending = np.arange(len(borders))
    while len(pending):
        for index in pending:
            draws = np.random.default_rng([seed, int(index)])
            rough[index] = _roughened(borders[index], float(amount[index]), draws)
        one, other = shapely.STRtree(rough).query(rough, predicate="intersects")
        pairs = one < other
        one, other = one[pairs], other[pairs]
        meeting = shapely.intersection(rough[one], rough[other])
        ends = shapely.intersection(shapely.boundary(rough[one]), shapely.boundary(rough[other]))
        crossing = ~shapely.covered_by(meeting, ends)
        loops = np.flatnonzero(~shapely.is_simple(rough))
        pending = np.unique(np.concatenate([one[crossing], other[crossing], loops]))
        pending = pending[amount[pending] > 0]
        amount[pending] = np.where(amount[pending] > _ALMOST_SMOOTH, 0.7 * amount[pending], 0.0)
    return rough


def _roughened(
    line: shapely.LineString, roughness: float, rng: np.random.Generator
) -> shapely.LineString:
    """Displace midpoints again and again; the end points stay, so neighbours still meet."""
    points = shapely.get_coordinates(line)
    while np.hypot(*np.diff(points, axis=0).T).max() > _FINEST_SEGMENT:
        start, step = points[:-1], np.diff(points, axis=0)
        normal = np.column_stack([-step[:, 1], step[:, 0]])
        shift = np.clip(rng.normal(0, roughness, (len(start), 1)), -2 * roughness, 2 * roughness)
        middle = start + 0.5 * step + shift * normal
        doubled = np.empty((2 * len(start) + 1, 2))
        doubled[0:-1:2], doubled[1::2], doubled[-1] = start, middle, points[-1]
        points = doubled
    # Whole metres are exact in binary, so both neighbours store identical coordinates.
    return shapely.LineString(np.round(points))


def _one_cell_per_site(
    cells: NDArray[np.object_], smooth: NDArray[np.object_], sites: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Return the rough cell of every site, in the order of the sites.

    A headland that the sea cuts off from its site joins the neighbour it shares most border with.
    """
    shared = shapely.area(shapely.intersection(smooth[:, None], cells[None, :]))
    from scipy.optimize import linear_sum_assignment  # slow to import

    cells = cells[linear_sum_assignment(-shared)[1]]
    _, own = shapely.STRtree(smooth).query(shapely.points(sites), predicate="within")
    result = cells[own]
    for headland in cells[np.setdiff1d(np.arange(len(cells)), own)]:
        border = shapely.length(shapely.intersection(result, headland))
        neighbour = int(np.argmax(border))
        result[neighbour] = shapely.coverage_union(result[neighbour], headland)
    return np.asarray(result, dtype=object)
