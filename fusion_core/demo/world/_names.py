"""Invented names of cities, districts and counties, put together as PUMA names are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CITIES = ("Port Linnet", "Kestrelford", "Marrow Bay")
_DISTRICTS = (
    (
        "Old Harbor",
        "Lantern Hill",
        "Ropewalk",
        "Chandler Park",
        "Gullane Street",
        "Saltmarket",
        "Fennimore",
        "Observatory",
        "Twin Piers",
        "Alder Flats",
        "Quarry Rise",
        "Tollgate",
        "Westering",
        "Larkspur",
    ),
    (
        "Mill Race",
        "Foundry",
        "Prairie Gate",
        "Stockyard",
        "Cotter Park",
        "Sundial",
        "Railhead",
        "Windrow",
    ),
    ("Cannery", "Palmetto Row", "Lagoon", "Orchard Ridge", "Shellbank", "Causeway"),
)
_COUNTIES = (
    "Aldervane",
    "Brisket Creek",
    "Calderon Ridge",
    "Dunmarrow",
    "Eastholm",
    "Fallowmere",
    "Gannet",
    "Harrowgate Plain",
    "Ivory Bluff",
    "Juniper Flat",
    "Kettlewick",
    "Lowmoor",
    "Millbraith",
    "Nettlefield",
    "Orrin",
    "Pellworth",
    "Quillan",
    "Rooksby",
    "Saltire",
    "Thornwell",
    "Umber",
    "Vantry",
    "Wexcombe",
    "Yarrowdale",
    "Ashlow",
    "Birchmere",
    "Copperton",
    "Drake's Reach",
    "Elmstead",
    "Finchley Fork",
    "Greywater",
    "Hollin",
    "Inglemoor",
    "Jessop",
    "Kilbrannan",
    "Larkfield",
    "Merrivale",
    "Northolt Plain",
    "Osprey",
    "Piper's Crossing",
    "Quince",
    "Redfern",
    "Stillwater Bend",
    "Tamsin",
    "Upwell",
    "Verity",
    "Wrenfield",
    "Yewdale",
    "Amberley Fork",
    "Bracken",
    "Corriedale",
    "Dovecote",
    "Emberton",
    "Foxmoor",
    "Glasswater",
    "Heronsby",
    "Islip Fork",
    "Kestle",
    "Lindenfell",
    "Marchbank",
    "Nightingale",
    "Oakhanger",
    "Plover",
    "Rushmere",
)


def area_names(city: NDArray[np.int64], centre: NDArray[np.float64]) -> list[str]:
    """Name PUMAs: districts inside a city, one or two counties in the country.

    Parameters
    ----------
    city
        For every PUMA the index of its city, −1 in the country.
    centre
        Centre of every PUMA, in kilometres east and north, shape (PUMAs, 2).
    """
    names = []
    counties = iter(_COUNTIES)
    for index, group in enumerate(city):
        if group < 0:
            first = next(counties)
            pair = index % 3 != 0
            names.append(f"{first} & {next(counties)} Counties" if pair else f"{first} County")
            continue
        members = np.flatnonzero(city == group)
        position = int(np.flatnonzero(members == index)[0])
        direction = _direction(centre[index] - centre[members].mean(axis=0), position)
        district = _DISTRICTS[group][position]
        names.append(f"{CITIES[group]} City ({direction})--{district}")
    return names


def _direction(offset: NDArray[np.float64], position: int) -> str:
    if position == 0:
        return "Central"
    points = ("East", "Northeast", "North", "Northwest", "West", "Southwest", "South", "Southeast")
    angle = np.arctan2(offset[1], offset[0])
    return points[round(float(angle) / (np.pi / 4)) % 8]
