"""Which larger areas PUMAs lie in: states, and the nine divisions of the Census Bureau."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_DIVISIONS: Final = (
    ("09", "23", "25", "33", "44", "50"),
    ("34", "36", "42"),
    ("17", "18", "26", "39", "55"),
    ("19", "20", "27", "29", "31", "38", "46"),
    ("10", "11", "12", "13", "24", "37", "45", "51", "54"),
    ("01", "21", "28", "47"),
    ("05", "22", "40", "48"),
    ("04", "08", "16", "30", "32", "35", "49", "56"),
    ("02", "06", "15", "41", "53"),
)
"""States of each division (U.S. Census Bureau, *Census Regions and Divisions of the United States*)."""
_PUMA_DIGITS: Final = 7


def nested_areas(areas: Sequence[str]) -> dict[str, NDArray[np.intp]]:
    """Return the larger areas that areas lie in, by level, the smallest first.

    Parameters
    ----------
    areas
        Codes of the areas.

    Returns
    -------
    dict
        ``"state"`` and ``"division"``: one code per area, counted from 0. A level is left out where
        fewer than two of its areas are there, both where the codes are not those of PUMAs.
    """
    if not all(len(area) == _PUMA_DIGITS and area.isdigit() for area in areas):
        return {}
    states = np.array([area[:2] for area in areas])
    place = {state: number for number, members in enumerate(_DIVISIONS) for state in members}
    found: dict[str, NDArray[np.intp]] = {}
    known = np.array([place.get(state, len(_DIVISIONS)) for state in states])
    for level, labels in (("state", states), ("division", known)):
        names, codes = np.unique(labels, return_inverse=True)
        if len(names) > 1:
            found[level] = np.asarray(codes, dtype=np.intp)
    return found
