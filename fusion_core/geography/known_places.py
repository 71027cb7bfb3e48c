"""Places every reader of American surveys knows: states, and the regions and divisions they form.

A donor that names the household's state, census division or region says which PUMAs it can live in,
for the first two digits of a PUMA are its state. So no file is needed to place such households; other
places, such as climate zones, need a table of their own (`location.write_intersections`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from fusion_core.geography.codes import is_puma
from fusion_core.geography.location import PUMA, SHARE, place_columns, read_intersections
from fusion_core.us_states import states_of

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

_REGIONS = 4
"""How many regions the Census Bureau forms of the states; its divisions are more."""


def donor_intersections(
    workspace: Workspace, donor: pd.DataFrame, published: Sequence[str], pumas: Iterable[object]
) -> list[pd.DataFrame]:
    """Return how the places a donor publishes overlap PUMAs: stored tables, then what is known.

    Parameters
    ----------
    workspace
        Where tables are stored.
    donor
        Donor households with the columns of the places.
    published
        Names of those columns.
    pumas
        PUMAs of the recipient.
    """
    present = [name for name in published if name in donor.columns]
    tables = read_intersections(workspace, present)
    spoken_of = {name for table in tables for name in place_columns(table)}
    areas = sorted({str(area) for area in pumas if is_puma(str(area))})
    for name in present:
        if name not in spoken_of:
            tables += known_intersections(name, donor[name].dropna().unique(), areas)
    return tables


def place_kind(column: str, labels: Iterable[object]) -> str:
    """Return what the places of a column are: states, or what they form; else the column's own name.

    Parameters
    ----------
    column
        Name of the donor's column.
    labels
        What the column holds.
    """
    sizes = [len(states_of(str(label))) for label in labels]
    if not sizes or 0 in sizes:
        return column
    if max(sizes) == 1:
        return "state"
    return "region" if len(sizes) <= _REGIONS else "division"


def known_intersections(
    column: str, labels: Iterable[object], pumas: Sequence[str]
) -> list[pd.DataFrame]:
    """Return the PUMAs of each place of a column, as one table; none if a place is not known.

    Parameters
    ----------
    column
        Name of the donor's column, which the table's column of places gets.
    labels
        What the column holds.
    pumas
        PUMAs with their state, seven digits.
    """
    rows = []
    for label in map(str, labels):
        states = states_of(label)
        if not states:
            return []
        rows += [(label, area, 1.0) for area in pumas if area[:2] in states]
    return [pd.DataFrame(rows, columns=[column, PUMA, SHARE])] if rows else []
