"""The way from the areas of a table to PUMAs: by crosswalks given, or what a workspace knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.geography.crosswalks import (
    COUNT,
    SOURCE,
    TARGET,
    Crosswalk,
    find_path,
    normalized,
)
from fusion_core.geography.levels import LEVELS, Level, Unit, coarsened
from fusion_core.places.files import read_crosswalk
from fusion_core.places.known_areas import known_pumas, wanted_censuses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.places.files import AreaTable
    from fusion_core.places.requests import AreaRequest
    from fusion_core.workspace.layout import Workspace

_SHOWN: Final = 3
_OTHER_CENSUS: Final = 0.1
_FEWEST_OTHERS: Final = 3
"""Share and number of PUMAs that each side must lack of the other to be of another census."""


def way_to_pumas(
    workspace: Workspace, request: AreaRequest, read: AreaTable
) -> tuple[Crosswalk, list[str]]:
    """Return the crosswalk from the table's areas to the wanted PUMAs, and what to say of it."""
    wanted = (request.to_census,) if request.to_census else wanted_censuses(workspace)
    if request.crosswalks:
        given = [read_crosswalk(path, encoding=request.encoding) for path in request.crosswalks]
        found = find_path(read.unit, given, census=wanted) or _by_tract(read, given, wanted)
        if found is not None:
            return found, _unknown(read.unit, found, given)
    if read.unit.level == "puma":
        _require_census(read, wanted)
        found = known_pumas(workspace, request, read)
        _refuse_other_areas(read, found)
        return found, _unknown(read.unit, None)
    if read.unit.level == "state" and not request.crosswalks:
        return known_pumas(workspace, request, read), []
    level = LEVELS[read.unit.level]
    if request.crosswalks:
        leads = "; ".join(f"{item.source.title} to {item.target.title}" for item in given)
        raise InputError(
            f"No crosswalk leads from {read.unit.title} to "
            f"{' or '.join(f'{census} PUMAs' for census in wanted) or 'PUMAs'}",
            where=read.where,
            fix=f"Those given lead from {leads}; add the missing one",
        )
    raise InputError(
        f"A table of {level.words[1]} needs a crosswalk to PUMAs",
        where=read.where,
        fix=_WHAT_HELPS[level.name],
    )


def _by_tract(
    read: AreaTable, crosswalks: Sequence[Crosswalk], wanted: Sequence[str]
) -> Crosswalk | None:
    """Lead block groups to the PUMAs of their tracts, of which PUMAs are made."""
    tracts = Unit("tract", read.unit.census)
    if read.unit.level != "block_group":
        return None
    found = find_path(tracts, crosswalks, census=wanted)
    if found is None:
        return None
    share = normalized(found.pieces[found.measures[0]].to_numpy(float), found.pieces[SOURCE])
    parts = found.pieces[[SOURCE, TARGET]].assign(**{COUNT: share})
    areas = pd.Series(read.values.index.astype(str), name="area")
    held = pd.DataFrame({"area": areas, SOURCE: coarsened(areas, "tract")})
    pieces = held.merge(parts[parts[COUNT] > 0], on=SOURCE).drop(columns=SOURCE)
    return replace(found, source=read.unit, pieces=pieces.rename(columns={"area": SOURCE}))


_WHAT_HELPS: Final = {
    "block_group": "Give a file with block groups, their PUMA and population",
    "tract": "Give the tract to PUMA relationship file of the Census Bureau",
    "county": "Give a file of tracts or block groups with their PUMA and population",
    "zip": "Give a file of ZIP codes or ZCTAs with their PUMAs and population, such as Geocorr writes",
}


def _require_census(read: AreaTable, wanted: Sequence[str]) -> None:
    if read.unit.census and wanted and read.unit.census not in wanted:
        raise InputError(
            f"The table holds PUMAs of the {read.unit.census} census and the surveys those of "
            f"{' and '.join(wanted)}, whose equal codes are different areas",
            where=read.where,
            fix="Give a crosswalk between the two",
        )


def _refuse_other_areas(read: AreaTable, known: Crosswalk) -> None:
    """Refuse PUMAs of no stated census that are hardly those the workspace knows.

    About half the codes of one census are codes of the next, of other areas. Within the states both
    sides name, each side then has many that the other lacks; a table or survey of some areas only
    is lacking on one side.
    """
    if read.unit.census or not known.target.census:
        return
    table = set(map(str, read.values.index))
    own = set(map(str, known.pieces[SOURCE]))
    shared = {code[:2] for code in table} & {code[:2] for code in own}
    table = {code for code in table if code[:2] in shared}
    own = {code for code in own if code[:2] in shared}
    strangers, missing = len(table - own), len(own - table)
    if min(strangers, missing) < _FEWEST_OTHERS:
        return
    if strangers > _OTHER_CENSUS * len(table) and missing > _OTHER_CENSUS * len(own):
        raise InputError(
            f"{strangers:,} of the table's {len(table):,} PUMAs are none of the {known.target.census} "
            f"census, and {missing:,} of the {len(own):,} PUMAs of {known.title or 'the workspace'} are "
            "not in it: it holds those of another census",
            where=read.where,
            fix="Say which census defined them, and give a crosswalk between the two",
        )


def _unknown(unit: Unit, crosswalk: Crosswalk | None, given: Sequence[Crosswalk] = ()) -> list[str]:
    """Say which census the areas are taken to be of, or that nothing tells."""
    notes = []
    if LEVELS[unit.level].dated and not unit.census:
        words = LEVELS[unit.level].words[1]
        sides = {side for item in given for side in (item.source, item.target)}
        censuses = {side.census for side in sides if side.level == unit.level} - {""}
        notes.append(
            f"The {words} are taken to be those of the {censuses.pop()} census, as in the crosswalk."
            if len(censuses) == 1
            else f"Which census defined the {words} of the table is unknown; equal codes of another "
            "census are different areas."
        )
    if crosswalk is not None and not crosswalk.target.census:
        notes.append("Which census defined the PUMAs of the crosswalk is unknown.")
    return notes


def matched(
    read: AreaTable, crosswalk: Crosswalk, level: Level
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Refuse a table no area of which is known; say how many are not."""
    known = read.values.index.isin(pd.Index(crosswalk.pieces[SOURCE].unique()))
    lost = np.flatnonzero(~known)
    if not len(lost):
        return read.values, ()
    codes = [str(read.values.index[row]) for row in lost[:_SHOWN]]
    place = f"{read.where}, column '{read.key[-1]}', row {read.rows[int(lost[0])]:,}"
    if len(lost) == len(known):
        raise InputError(
            f"None of the {len(known):,} {level.words[1]} is in {crosswalk.title or 'the crosswalk'}",
            where=f"{place}: '{codes[0]}'",
            fix="Check that both are of the same census and level",
        )
    more = ", …" if len(lost) > _SHOWN else ""
    sentence = (
        f"{len(lost):,} of {len(known):,} {level.words[1]} are not in "
        f"{crosswalk.title or 'the crosswalk'} and were left out: {', '.join(codes)}{more} ({place})."
    )
    return read.values[known], (sentence,)


__all__ = ["matched", "way_to_pumas"]
