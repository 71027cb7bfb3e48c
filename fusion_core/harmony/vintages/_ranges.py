"""Let the other side follow where answers that name ranges came or went.

A census of 2016 counts houses built in 2016, which one of 2015 could not. Its new answer '2016'
belongs with the other survey's '2016 to 2020', not with the group of its neighbour '2015'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf

from fusion_core.harmony.checks import listed
from fusion_core.harmony.editing import assign, recode_groups
from fusion_core.harmony.labels import Range, overlap, read_range
from fusion_core.harmony.model import OTHER_SIDE, GroupCode, Harmony, Side, SideName, is_group
from fusion_core.harmony.vintages.transfer import LevelChange, SettingChange


def follow_ranges(
    harmony: Harmony, name: SideName, changes: Sequence[LevelChange]
) -> tuple[Harmony, list[LevelChange], list[SettingChange]]:
    """Return the harmony with the other side's groups split or joined as the changed side's are.

    Parameters
    ----------
    harmony
        The harmony with the levels of side `name` transferred.
    name
        The side whose levels changed.
    changes
        What changed.

    Returns
    -------
    tuple
        The harmony, the level changes with their new groups, and what was done on the other side.
    """
    other = OTHER_SIDE[name]
    settings: list[SettingChange] = []
    found = list(changes)
    proposed = {c.group for c in found if c.kind == "added" and not c.source and is_group(c.group)}
    for group in sorted(proposed, key=str, reverse=True):
        harmony, found, said = _split(harmony, name, other, group, found)
        settings += said
    harmony, joined = _join(harmony, name, other, found)
    return harmony, found, settings + joined


def _split(
    harmony: Harmony, name: SideName, other: SideName, group: GroupCode, changes: list[LevelChange]
) -> tuple[Harmony, list[LevelChange], list[SettingChange]]:
    """Give new levels a group of their own together with the other side's answers they overlap."""
    fresh = {c.level for c in changes if c.kind == "added" and c.group == group and not c.source}
    own = {k: r for k, r in _ranges(harmony.side(name), group).items() if r is not None}
    across = _ranges(harmony.side(other), group)
    stay = [item for level, item in own.items() if level not in fresh]
    moves = {
        level: item
        for level, item in across.items()
        if item is not None
        and any(overlap(item, own[new]) for new in fresh if new in own)
        and not any(overlap(item, old) for old in stay)
    }
    leaving = [
        new for new in fresh if new in own and any(overlap(own[new], m) for m in moves.values())
    ]
    if not stay or not leaving or len(moves) in {0, len(across)} or not isinstance(group, float):
        return harmony, changes, []
    position = group + 1 if _rises(harmony.side(name)) else group
    shifted = {
        code: code + 1
        for code in {*harmony.donor.group_codes, *harmony.recipient.group_codes}
        if code >= position
    }
    harmony = recode_groups(harmony, shifted)
    harmony = assign(assign(harmony, name, leaving, position), other, list(moves), position)
    renumbered = [
        replace(change, group=position, earlier="", similarity=0.0)
        if change.level in leaving and change.kind == "added"
        else replace(change, group=shifted.get(change.group, change.group))
        if isinstance(change.group, float)
        else change
        for change in changes
    ]
    sentence = f"{listed(list(moves))} goes to the group of the new {listed(sorted(leaving))}"
    return harmony, renumbered, [SettingChange(other, "form", sentence)]


def _join(
    harmony: Harmony, name: SideName, other: SideName, changes: Sequence[LevelChange]
) -> tuple[Harmony, list[SettingChange]]:
    """Put answers that lost their counterpart to their neighbours."""
    lost = {
        change.group for change in changes if change.kind == "removed" and is_group(change.group)
    }
    lost -= {item.group for item in harmony.side(name).levels}
    settings: list[SettingChange] = []
    for before, item in pairwise(harmony.side(other).levels):
        if item.group not in lost or _range(harmony.side(other), item.level) is None:
            continue
        group = next(i.group for i in harmony.side(other).levels if i.level == before.level)
        if not is_group(group) or group in lost:
            continue
        harmony = assign(harmony, other, [item.level], group)
        settings.append(
            SettingChange(
                other,
                "form",
                f"'{item.level}' has no counterpart any more and joins '{before.level}'",
            )
        )
    kept = {*harmony.donor.group_codes, *harmony.recipient.group_codes}
    names = tuple(pair for pair in harmony.group_names if pair[0] in kept)
    return replace(harmony, group_names=names), settings


def _ranges(side: Side, group: GroupCode) -> dict[str, Range | None]:
    return {item.level: _range(side, item.level) for item in side.levels if item.group == group}


def _range(side: Side, level: str) -> Range | None:
    """Return the numbers a level stands for: a bin's edges, or what its label names."""
    if not side.breakpoints:
        return read_range(level)
    labels = [item.level for item in side.levels]
    edges = [-inf, *side.breakpoints, inf]
    position = labels.index(level)
    return (edges[position], edges[position + 1]) if position + 1 < len(edges) else None


def _rises(side: Side) -> bool:
    codes = [item.group for item in side.levels if isinstance(item.group, float)]
    return sum(a < b for a, b in pairwise(codes)) >= sum(a > b for a, b in pairwise(codes))


__all__ = ["follow_ranges"]
