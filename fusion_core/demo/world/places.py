"""What each PUMA of the fictional state is like: people per area, climate, prices, buildings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from fusion_core.demo.world._boundaries import KILOMETRE, ORIGIN, StateMap, split_polygon
from fusion_core.demo.world._names import area_names
from fusion_core.demo.world.settings import STATE_CODE, DemoSize, stream
from fusion_core.records import Checked

REGIONS = ("North Coast", "Capital Bay", "South Coast", "High Plains", "East River")
_REGION_CENTRES = np.array([(90, 370), (120, 220), (130, 60), (330, 320), (400, 90)], dtype=float)
_STRADDLING = 3
# Climate zones and utilities follow the regions, as the regions of real energy surveys do: the
# donor says where it is only by region, so what varies inside one can hardly be learned from it.
_REGION_HEATING = np.array([5600.0, 4800.0, 4000.0, 6600.0, 5100.0])
_REGION_COOLING = np.array([700.0, 1050.0, 1700.0, 1300.0, 2150.0])
_REGION_PRICE = np.array([17.8, 16.0, 14.6, 11.6, 13.2])


@dataclass(frozen=True)
class Places(Checked):
    """The geography of the state with the character of each PUMA.

    Attributes
    ----------
    map
        The polygons.
    table
        One row per PUMA, in the order of the polygons: `puma`, `name`, `households`,
        `land_area_km2`, and the columns the simulation uses (see `_character`).
    intersections
        `region`, `puma`, `share`: the share of a PUMA's housing units in each region.
    regions
        One polygon per region, in the order of `REGIONS`.
    """

    map: StateMap
    table: pd.DataFrame
    intersections: pd.DataFrame
    regions: NDArray[np.object_]


def make_places(size: DemoSize, drawn: StateMap, seed: int) -> Places:
    """Give every PUMA a name, a number of households and a character.

    Parameters
    ----------
    size
        Size of the demo.
    drawn
        The polygons.
    seed
        Seed of the demo.
    """
    rng = stream(seed, "places")
    centre = (shapely.get_coordinates(shapely.centroid(drawn.pumas)) - ORIGIN) / KILOMETRE
    weight = rng.uniform(0.75, 1.3, size.areas)
    households = _whole_shares(size.population, weight)
    table = pd.DataFrame(
        {
            "puma": _codes(drawn.city),
            "name": area_names(drawn.city, centre),
            "households": households,
            "land_area_km2": shapely.area(drawn.pumas) / 1e6,
            "city": drawn.city,
            "x": centre[:, 0],
            "y": centre[:, 1],
        }
    )
    table = table.assign(**_character(drawn, table, rng))
    intersections, regions = _regions(drawn, table)
    return Places(drawn, table, intersections, regions)


def _codes(city: NDArray[np.int64]) -> list[str]:
    """Give areas codes as the Census Bureau does: neighbours that belong together share their start."""
    codes = []
    for index, group in enumerate(city):
        if group >= 0:
            position = int(np.sum(city[:index] == group))
            codes.append(f"{STATE_CODE}{(group + 1) * 1000 + position + 1:05d}")
        else:
            position = int(np.sum(city[:index] < 0))
            codes.append(f"{STATE_CODE}{(position + 1) * 100:05d}")
    return codes


def _character(
    drawn: StateMap, table: pd.DataFrame, rng: np.random.Generator
) -> dict[str, NDArray[np.float64]]:
    """Return what the simulation knows of a place.

    Columns: `density` (households per km²), `urbanity` (0–1), `coast` (1 at the sea, falling
    inland), `hdd` and `cdd` (heating and cooling degree days, °F), `price` (cents per kWh),
    `gas_network` (0–1), `wealth` (log-income effect), `old_stock` and `new_stock` (age of the
    buildings), `minority` (share of people who are not white alone), and the effects `kwh_effect`,
    `gas_effect`, `insecure_effect` that nothing measured explains.
    """
    count = len(table)
    density = table["households"] / table["land_area_km2"]
    scaled = np.log(density.to_numpy())
    urbanity = 1 / (1 + np.exp(-1.6 * (scaled - np.quantile(scaled, 0.55))))
    sea = shapely.distance(shapely.centroid(drawn.pumas), drawn.coast) / KILOMETRE
    coast = np.exp(-sea / 70.0)
    north = table["y"].to_numpy() / 430.0
    region = _nearest_regions(table)[0][:, 0]
    hdd = _REGION_HEATING[region] + 900 * (north - _REGION_CENTRES[region, 1] / 430)
    core = np.isin(np.arange(count), _innermost(table["city"].to_numpy()))
    wealth = 0.26 * urbanity - 0.52 * core + 0.12 * coast + rng.normal(0, 0.19, count)
    return {
        "density": density.to_numpy(),
        "urbanity": urbanity,
        "coast": coast,
        "hdd": hdd + rng.normal(0, 70, count),
        "cdd": _REGION_COOLING[region] + rng.normal(0, 45, count),
        "price": _REGION_PRICE[region] + rng.normal(0, 0.3, count),
        "gas_network": np.clip(0.10 + 0.85 * urbanity + rng.normal(0, 0.08, count), 0.02, 0.97),
        "wealth": wealth,
        "old_stock": 0.9 * core + 0.35 * (1 - urbanity) + rng.normal(0, 0.2, count),
        "new_stock": 0.9 * urbanity * ~core + rng.normal(0, 0.2, count),
        "minority": np.clip(
            0.10 + 0.22 * urbanity + 0.18 * core + rng.normal(0, 0.05, count), 0.04, 0.75
        ),
        "kwh_effect": rng.normal(0, 0.015, count),
        "gas_effect": rng.normal(0, 0.02, count),
        "insecure_effect": rng.normal(0, 0.06, count),
    }


def _innermost(city: NDArray[np.int64]) -> list[int]:
    """Positions of the inner third of every city; areas are numbered from the centre outwards."""
    inner: list[int] = []
    for group in range(int(city.max()) + 1):
        members = np.flatnonzero(city == group)
        inner += members[: max(1, len(members) // 3)].tolist()
    return inner


def _nearest_regions(table: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Regions of every PUMA from the nearest centre to the farthest, with the distances in km."""
    centre = table[["x", "y"]].to_numpy()
    distance = np.hypot(*(centre[:, None, :] - _REGION_CENTRES[None, :, :]).transpose(2, 0, 1))
    order = np.argsort(distance, axis=1)
    return order, np.take_along_axis(distance, order, axis=1)


def _regions(drawn: StateMap, table: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Assign PUMAs to regions and cut those that lie nearest a region's border in two."""
    nearest, distance = _nearest_regions(table)
    home, second = nearest[:, 0], nearest[:, 1]
    gap = distance[:, 1] - distance[:, 0]
    undecided = np.where(drawn.city < 0, gap, np.inf)
    cut = np.argsort(undecided)[:_STRADDLING]
    rows: list[tuple[str, str, float]] = []
    pieces: list[list[shapely.Geometry]] = [[] for _ in REGIONS]
    for index, polygon in enumerate(drawn.pumas):
        if index not in cut:
            rows.append((REGIONS[home[index]], str(table["puma"][index]), 1.0))
            pieces[home[index]].append(polygon)
            continue
        towards = _REGION_CENTRES[second[index]] - _REGION_CENTRES[home[index]]
        horizontal = bool(abs(towards[1]) > abs(towards[0]))
        ahead, behind = split_polygon(polygon, horizontal=horizontal)
        home_is_ahead = towards[1] < 0 if horizontal else towards[0] > 0
        ordered = (home, second) if home_is_ahead else (second, home)
        # Two decimals, as a housing-unit share would be published.
        share = round(float(np.clip(ahead.area / polygon.area, 0.2, 0.8)), 2)
        for piece, owner, part in zip((ahead, behind), ordered, (share, 1 - share), strict=True):
            rows.append((REGIONS[owner[index]], str(table["puma"][index]), part))
            pieces[owner[index]].append(piece)
    regions = np.array([shapely.coverage_union_all(part) for part in pieces], dtype=object)
    return pd.DataFrame(rows, columns=["region", "puma", "share"]), regions


def _whole_shares(total: int, weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Split a total into whole parts in proportion to `weight`."""
    ends = np.round(np.cumsum(weight) / weight.sum() * total).astype(np.int64)
    return np.asarray(np.diff(ends, prepend=0))
