"""Places every reader of American surveys knows: states, and the regions and divisions they form.

A donor that names the household's state, census division or region says which PUMAs it can live in,
for the first two digits of a PUMA are its state. So no file is needed to place such households; other
places, such as climate zones, need a table of their own (`location.write_intersections`).

Source of regions and divisions: U.S. Census Bureau, *Census Regions and Divisions of the United
States*; the EIA parts the Mountain division into north and south.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import pandas as pd

from fusion_core.geography.codes import is_puma, state_code
from fusion_core.geography.location import PUMA, SHARE, place_columns, read_intersections

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

_DIVISIONS: Final = {
    "new england": "09 23 25 33 44 50",
    "middle atlantic": "34 36 42",
    "east north central": "17 18 26 39 55",
    "west north central": "19 20 27 29 31 38 46",
    "south atlantic": "10 11 12 13 24 37 45 51 54",
    "east south central": "01 21 28 47",
    "west south central": "05 22 40 48",
    "mountain north": "08 16 30 49 56",
    "mountain south": "04 32 35",
    "pacific": "02 06 15 41 53",
}
_WHOLES: Final = {
    "mountain": ("mountain north", "mountain south"),
    "northeast": ("new england", "middle atlantic"),
    "midwest": ("east north central", "west north central"),
    "south": ("south atlantic", "east south central", "west south central"),
    "west": ("mountain north", "mountain south", "pacific"),
}
DIVISION_NAMES: Final = (*_DIVISIONS, *_WHOLES)
"""Names of the divisions and regions, in small letters."""
_NAMES: Final = {"mid atlantic": "middle atlantic"}
_PARTS_OF_LABEL: Final = re.compile(r"\s*[/|;:()]\s*|\s+[-–—]\s+")
_SURPLUS: Final = re.compile(r"\b(census|region|division)\b|^\d+\.?\s|[^a-z0-9 ]+")


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


def states_of(label: str) -> frozenset[str]:
    """Return the FIPS codes of the states a label stands for; empty for anything else.

    A bare number is a state where it has two digits (``06``): a single one may number the regions.
    """
    plain = label.strip()
    if plain.isdigit() and len(plain) == 1:
        return frozenset()
    state = state_code(plain)
    if state is not None:
        return frozenset({state})
    found = {_group(part) for part in (plain, *_PARTS_OF_LABEL.split(plain))} - {""}
    return _states_in(found.pop()) if len(found) == 1 else frozenset()


def _group(text: str) -> str:
    """Return the region or division a text names, else ``""``."""
    words = " ".join(_SURPLUS.sub(" ", text.casefold()).split())
    name = _NAMES.get(words, words)
    return name if name in _DIVISIONS or name in _WHOLES else ""


def _states_in(group: str) -> frozenset[str]:
    divisions = _WHOLES.get(group, (group,))
    return frozenset(code for name in divisions for code in _DIVISIONS[name].split())
