"""Which PUMA of a survey each small area lies in, by the tables themselves or by a crosswalk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from fusion_core.downscaling.inputs.count_files import CountFile
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

_SHOWN: Final = 4


def puma_of(
    areas: Sequence[str],
    files: Sequence[CountFile],
    crosswalk: Path | None,
    known: frozenset[str],
    wanted: Sequence[str] = (),
) -> dict[str, str]:
    """Return the PUMA of each area that lies in one of the survey's.

    Parameters
    ----------
    areas
        Codes of the finest areas.
    files
        The tables, of which one may have a column of PUMAs.
    crosswalk
        File from tracts or block groups to PUMAs.
    known
        PUMAs of the survey.
    wanted
        Only these; empty takes all.

    Raises
    ------
    InputError
        If nothing tells the PUMAs, an area lies in none of the survey's – as with PUMAs of another
        census – or a wanted PUMA has no area.
    """
    found = {area: puma for file in files for area, puma in file.pumas.items()}
    if crosswalk is not None:
        found |= _by_crosswalk(areas, crosswalk)
    if not found:
        raise InputError(
            "Nothing tells which PUMA an area lies in",
            fix="Give a crosswalk of tracts to PUMAs, or a column 'puma' in a table",
        )
    member = {area: found.get(area, found.get(area[:11], "")) for area in areas}
    lost = [area for area in areas if not member[area]]
    if lost:
        raise InputError(
            f"{len(lost):,} of {len(areas):,} areas are not in the crosswalk, such as {lost[0]}",
            where=crosswalk.name if crosswalk else "column 'puma'",
            fix="Give a crosswalk of the census that drew these areas",
        )
    strange = Counter(puma for puma in member.values() if puma not in known)
    if strange and not wanted:
        puma, count = strange.most_common(1)[0]
        raise InputError(
            f"{sum(strange.values()):,} of {len(areas):,} areas lie in PUMAs the survey does not have, "
            f"such as {puma} with {count:,}",
            where=crosswalk.name if crosswalk else "column 'puma'",
            fix="Use the PUMAs of the survey's census, or name the PUMAs to allocate",
        )
    for puma in wanted:
        if puma not in known:
            raise InputError.unknown("PUMA", puma, sorted(known))
        if puma not in member.values():
            raise _not_covered(puma, member, known)
    kept = set(wanted) or known
    return {area: puma for area, puma in member.items() if puma in kept}


def _not_covered(puma: str, member: Mapping[str, str], known: frozenset[str]) -> InputError:
    """Say which PUMAs the tables cover instead of one that is wanted."""
    covered = sorted(set(member.values()))
    some = ", ".join(covered[:_SHOWN]) + (
        f" and {len(covered) - _SHOWN} others" * (len(covered) > _SHOWN)
    )
    if known.isdisjoint(covered):
        return InputError(
            f"The tables are of PUMAs the survey does not have: {some}",
            where=f"PUMA {puma}",
            fix="Give tables of the place and of the census whose PUMAs the survey has, "
            "or a crosswalk to these",
        )
    return InputError(
        f"No area of the tables lies in PUMA {puma}; they cover {some}",
        fix="Add its tables, or name a PUMA they cover",
    )


def _by_crosswalk(areas: Sequence[str], path: Path) -> dict[str, str]:
    from fusion_core.geography.crosswalks import find_path
    from fusion_core.geography.levels import LEVELS, Unit
    from fusion_core.places.files import read_crosswalk

    read = read_crosswalk(path)
    finest = len(areas[0]) == LEVELS["block_group"].digits
    for unit in (Unit("block_group"), Unit("tract")) if finest else (Unit("tract"),):
        way = find_path(unit, [read])
        if way is not None:
            pieces = way.pieces.sort_values(way.measures[0], kind="stable")
            return dict(zip(pieces["source"], pieces["target"], strict=True))
    raise InputError(
        "The crosswalk does not lead from tracts or block groups to PUMAs",
        where=path.name,
        fix="Give the Census Bureau's relationship file of tracts to PUMAs",
    )


__all__ = ["puma_of"]
