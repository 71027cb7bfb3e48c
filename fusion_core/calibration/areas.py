"""Which share of each PUMA lies in the area a total is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.calibration.known_totals import EVERYWHERE
from fusion_core.errors import InputError
from fusion_core.geography.location import read_intersections

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.workspace.layout import Workspace


def shares_of_pumas(workspace: Workspace, area: str, pumas: Sequence[str]) -> NDArray[np.float64]:
    """Return the share of each PUMA that lies in an area.

    Parameters
    ----------
    workspace
        Knows how regions and PUMAs overlap.
    area
        ``all``, the beginning of PUMA codes, or a place of an intersection table.
    pumas
        The PUMAs, one entry each.

    Raises
    ------
    InputError
        If the area is unknown.
    """
    if area == EVERYWHERE:
        return np.ones(len(pumas), dtype=np.float64)
    inside = np.array([puma.startswith(area) for puma in pumas], dtype=float)
    if inside.any():
        return inside
    folder = workspace.geography_folder / "intersections"
    columns = sorted(path.stem for path in folder.glob("*.parquet"))
    known: set[str] = set()
    for column in columns:
        for table in read_intersections(workspace, [column]):
            own = table[table[column].astype(str) == area]
            known |= set(table[column].astype(str))
            if len(own):
                share = own.groupby(own["puma"].astype(str))["share"].sum()
                return np.array([float(share.get(puma, 0.0)) for puma in pumas], dtype=np.float64)
    raise InputError.unknown("area", area, [EVERYWHERE, *sorted(known)], where="totals")


__all__ = ["shares_of_pumas"]
