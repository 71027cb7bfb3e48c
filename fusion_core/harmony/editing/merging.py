"""Merge what two people did to a harmony since they both had the same version.

What only one of them changed is taken from that one. What both changed differently is a conflict
that a person decides. Group codes are names: if one person only renumbered the groups, or both
opened a new group under the same number, codes are translated first, so that levels never meet in a
group that neither person put them in. Where codes are added up, they are values and stay.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Final, Literal

from fusion_core.harmony.editing.fields import (
    ABSENT,
    Field,
    Values,
    field_values,
    level_list,
    put_together,
)
from fusion_core.harmony.model import SIDES, Aggregator, GroupCode, Harmony, LevelGroup, SideName
from fusion_core.records import Checked

Choice = Literal["mine", "theirs"]

_CODES_ARE_NAMES: Final[frozenset[Aggregator]] = frozenset(
    {"automatic", "reference", "minimum", "maximum"}
)


@dataclass(frozen=True, slots=True)
class Difference(Checked):
    """A field on which two versions differ from the one they started from.

    Attributes
    ----------
    field
        What it is about.
    base, mine, theirs
        The three values; ``ABSENT`` where a version has none.
    """

    field: Field
    base: Hashable
    mine: Hashable
    theirs: Hashable


@dataclass(frozen=True)
class Merge(Checked):
    """Two versions, compared with the one both started from.

    Attributes
    ----------
    only_mine, only_theirs
        What only one person changed, and what is therefore taken from that person.
    conflicts
        What both changed, differently.
    """

    only_mine: tuple[Difference, ...]
    only_theirs: tuple[Difference, ...]
    conflicts: tuple[Difference, ...]
    _agreed: Values
    _like: Harmony

    def resolved(
        self, choices: Mapping[Field, Choice] | None = None, *, otherwise: Choice = "mine"
    ) -> Harmony:
        """Return the merged harmony, based on their revision.

        Parameters
        ----------
        choices
            Whose version counts, by field.
        otherwise
            Whose version counts where nothing was chosen.
        """
        values = dict(self._agreed)
        for item in self.conflicts:
            choice = (choices or {}).get(item.field, otherwise)
            values[item.field] = item.mine if choice == "mine" else item.theirs
        return put_together(values, self._like)


def merge(base: Harmony | None, mine: Harmony, theirs: Harmony) -> Merge:
    """Compare two versions with the one both started from.

    Parameters
    ----------
    base
        The version both started from; ``None`` where it is not known, so that every difference is
        a conflict.
    mine, theirs
        The two versions, of the same two variables.
    """
    if base is not None:
        base, mine, theirs = _same_numbering(base, mine, theirs)
        mine = _own_new_groups(base, mine, theirs)
    lists: tuple[SideName, ...] = tuple(
        name for name in SIDES if level_list(mine.side(name)) != level_list(theirs.side(name))
    )
    before = {} if base is None else field_values(base, whole_lists=lists)
    ours, others = (field_values(version, whole_lists=lists) for version in (mine, theirs))
    found: dict[str, list[Difference]] = {"mine": [], "theirs": [], "both": []}
    agreed: dict[Field, Hashable] = {}
    for field in dict.fromkeys([*others, *ours, *before]):
        old, my, their = (values.get(field, ABSENT) for values in (before, ours, others))
        item = Difference(field, old, my, their)
        if my == their:
            agreed[field] = my
        elif my == old and base is not None:
            agreed[field] = their
            found["theirs"].append(item)
        elif their == old and base is not None:
            agreed[field] = my
            found["mine"].append(item)
        else:
            found["both"].append(item)
    return Merge(tuple(found["mine"]), tuple(found["theirs"]), tuple(found["both"]), agreed, theirs)


def _same_numbering(
    base: Harmony, mine: Harmony, theirs: Harmony
) -> tuple[Harmony, Harmony, Harmony]:
    """Write all versions in the numbering of whoever did nothing but renumber."""
    if not all(codes_are_names(version) for version in (base, mine, theirs)):
        return base, mine, theirs
    if codes := renumbering(base, theirs):
        return _renumbered(base, codes), _renumbered(mine, codes), theirs
    if codes := renumbering(base, mine):
        return _renumbered(base, codes), mine, _renumbered(theirs, codes)
    return base, mine, theirs


def _own_new_groups(base: Harmony, mine: Harmony, theirs: Harmony) -> Harmony:
    """Give my new groups other codes where theirs are used for something else."""
    if not all(codes_are_names(version) for version in (mine, theirs)):
        return mine
    used = {code for version in (base, mine, theirs) for code in _codes(version)}
    free = (float(code) for code in count(int(max(used, default=0)) + 1))
    new = (_codes(mine) & _codes(theirs)) - _codes(base)
    codes = {
        code: next(free)
        for code in sorted(new)
        if not _members(mine, code) & _members(theirs, code)
    }
    return _renumbered(mine, codes) if codes else mine


def codes_are_names(harmony: Harmony) -> bool:
    """Whether group codes only tell groups apart, as opposed to being added up or averaged."""
    sides = (harmony.donor, harmony.recipient)
    return all(side.is_grouped and side.aggregator in _CODES_ARE_NAMES for side in sides)


def renumbering(before: Harmony, after: Harmony) -> dict[float, float]:
    """Return the new code of every group if nothing but codes changed; empty if not, or none did."""
    places = _placed(before)
    if places.keys() != (now := _placed(after)).keys():
        return {}
    codes: dict[float, float] = {}
    for place, group in places.items():
        new = now[place]
        if isinstance(group, int | float) and isinstance(new, int | float):
            if codes.setdefault(group, new) != new:
                return {}
        elif group != new:
            return {}
    one_to_one = len(set(codes.values())) == len(codes)
    moved = any(old != code for old, code in codes.items())
    return codes if one_to_one and moved else {}


def _placed(harmony: Harmony) -> dict[tuple[str, str, str], GroupCode]:
    """Return the group of everything that is put into one."""
    found: dict[tuple[str, str, str], GroupCode] = {}
    for name in SIDES:
        side = harmony.side(name)
        found |= {(name, "level", item.level): item.group for item in side.levels}
        found[name, "outside", ""] = side.outside_universe
        found[name, "missing", ""] = side.missing
    return found


def _members(harmony: Harmony, code: float) -> set[tuple[str, str, str]]:
    return {place for place, group in _placed(harmony).items() if group == code}


def _codes(harmony: Harmony) -> set[float]:
    return {*harmony.donor.group_codes, *harmony.recipient.group_codes}


def _renumbered(harmony: Harmony, codes: Mapping[float, float]) -> Harmony:
    """Replace group codes; a code that stays but is now another group's gets a fresh one."""
    taken = {*codes.values(), *_codes(harmony)}
    free = (float(code) for code in count(int(max(taken, default=0)) + 1))
    moved = dict(codes)
    for code in sorted(_codes(harmony) - codes.keys()):
        moved[code] = next(free) if code in codes.values() else code

    def new(group: GroupCode) -> GroupCode:
        return moved[group] if isinstance(group, int | float) else group

    for name in SIDES:
        side = harmony.side(name)
        levels = tuple(LevelGroup(item.level, new(item.group)) for item in side.levels)
        outside, missing = new(side.outside_universe), new(side.missing)
        side = replace(side, levels=levels, outside_universe=outside, missing=missing)
        harmony = harmony.with_side(name, side)
    names = tuple((moved.get(code, code), text) for code, text in harmony.group_names)
    return replace(harmony, group_names=names)


__all__ = ["Choice", "Difference", "Merge", "codes_are_names", "merge", "renumbering"]
