"""Carry the groups of levels over to the levels of another vintage."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from fusion_core.harmony.conveyance import LevelChange
from fusion_core.harmony.level_likeness import likeness
from fusion_core.harmony.model import GroupCode, LevelGroup, Side, SideName
from fusion_core.harmony.wording import normalise_label
from fusion_core.surveys.model import Variable

_SAME_LEVEL: Final = 0.6
"""Smallest likeness of a level that may be an old one in new words."""
_SAME_GROUP: Final = 0.6
"""Smallest likeness of a new level to one whose group it may share."""


def convey_levels(name: SideName, side: Side, variable: Variable) -> tuple[Side, list[LevelChange]]:
    """Return a side whose table lists the levels of the new variable, and what differs.

    Bins do not depend on levels and stay. A level that is worded differently keeps its group; a new
    one takes the group of its neighbours (where they have an order) or of the level most like it,
    else it stays open.
    """
    if side.breakpoints or not side.levels:
        return side, []
    old = {item.level: item.group for item in side.levels}
    gone = [level for level in old if level not in variable.levels]
    fresh = [level for level in variable.levels if level not in old]
    if not gone and not fresh:
        return side, []
    groups: dict[str, GroupCode] = {level: old[level] for level in variable.levels if level in old}
    changes = _renamed(name, gone, fresh, old)
    groups |= {change.level: change.group for change in changes}
    for level in fresh:
        if level not in groups:
            changes.append(_added(name, level, variable, groups, old))
    groups |= {change.level: change.group for change in changes}
    replaced = {change.earlier for change in changes if change.kind == "renamed"}
    changes += [
        LevelChange(name, "removed", level, group=old[level])
        for level in gone
        if level not in replaced
    ]
    levels = tuple(LevelGroup(level, groups[level]) for level in variable.levels)
    return replace(side, levels=levels), changes


def _renamed(
    name: SideName, gone: list[str], fresh: list[str], old: dict[str, GroupCode]
) -> list[LevelChange]:
    if not gone or not fresh:
        return []
    scores = likeness(gone, fresh)
    firm = np.where(scores >= _SAME_LEVEL, scores, 0.0)
    return [
        LevelChange(name, "renamed", fresh[j], gone[i], float(scores[i, j]), old[gone[i]])
        for i, j in zip(*linear_sum_assignment(firm, maximize=True), strict=True)
        if firm[i, j] > 0
    ]


def _added(
    name: SideName,
    level: str,
    variable: Variable,
    groups: dict[str, GroupCode],
    old: dict[str, GroupCode],
) -> LevelChange:
    known = [other for other in variable.levels if other in groups]
    if not known:
        return LevelChange(name, "added", level)
    if variable.type == "ordered":
        position = variable.levels.index(level)
        below = [other for other in variable.levels[:position] if other in groups]
        neighbour = below[-1] if below else known[0]
        return LevelChange(name, "added", level, neighbour, 0.0, groups[neighbour])
    kin = [other for other in known if _answer(other) and _answer(other) == _answer(level)]
    if kin and len({groups[other] for other in kin}) == 1:
        return LevelChange(name, "added", level, kin[0], 0.0, groups[kin[0]])
    wordings = {**old, **groups}
    known = list(wordings)
    scores = likeness([level], known)[0]
    best = int(scores.argmax())
    if scores[best] < _SAME_GROUP:
        return LevelChange(name, "added", level)
    return LevelChange(
        name, "added", level, known[best], float(scores[best]), wordings[known[best]]
    )


def _answer(level: str) -> str:
    """Return the yes or no a label begins with; empty for others."""
    first = normalise_label(level).split(" ")[0]
    return first if first in {"yes", "no"} else ""


__all__ = ["convey_levels"]
