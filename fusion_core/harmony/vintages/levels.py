"""Carry the groups of levels over to the levels of another vintage."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from fusion_core.harmony.checks import Sibling
from fusion_core.harmony.labels import is_negative, overlap, read_range
from fusion_core.harmony.matching import likeness
from fusion_core.harmony.model import DROP, GroupCode, Harmony, LevelGroup, Side, SideName
from fusion_core.harmony.recodes import Recode
from fusion_core.harmony.vintages.transfer import LevelChange
from fusion_core.surveys.model import Variable
from fusion_core.text_similarity import normalise_label

_SAME_LEVEL: Final = 0.6
"""Smallest likeness of a level that may be an old one in new words."""
_CERTAIN: Final = 0.95
"""Smallest likeness of a level that needs no second look."""
_SAME_GROUP: Final = 0.6
"""Smallest likeness of a new level to one whose group it may share."""
_MOSTLY: Final = 0.9
"""Smallest share of the narrower of two ranges that must lie in the other."""
_PREFIX: Final = re.compile(r"^([A-Z]{2,5})[-:–]")
_KIN: Final = 2
"""Levels with a prefix in common that must agree before another one follows them."""


@dataclass(frozen=True)
class _Known:
    """What is known of the groups before a new level is looked at.

    Attributes
    ----------
    side
        The side of the harmony.
    variable
        The new variable.
    groups
        Groups of levels of the new variable.
    old
        Groups of levels of the old one.
    siblings
        The same harmony for other vintages.
    opposite
        The other side of the harmony.
    recode
        The recode the side follows, if any.
    """

    side: SideName
    variable: Variable
    groups: dict[str, GroupCode]
    old: Mapping[str, GroupCode]
    siblings: Sequence[Sibling]
    opposite: Side
    recode: Recode | None = None


def transfer_levels(
    harmony: Harmony,
    name: SideName,
    variable: Variable,
    siblings: Sequence[Sibling] = (),
    recode: Recode | None = None,
) -> tuple[Side, list[LevelChange]]:
    """Return a side whose table lists the levels of the new variable, and what differs.

    Bins do not depend on levels and stay. A level that is worded differently keeps its group. A new
    one takes the group of the other side's answer that names the same numbers, else the group it
    has in another vintage; a range that takes in answers of two groups stays open; else it takes
    the group of its neighbours (where levels have an order), of its kin
    (levels with the same code before the words) or of the level most like it, else it stays open.

    Parameters
    ----------
    harmony, name
        The harmony, and the side whose levels are transferred.
    variable
        The new variable.
    siblings
        The same harmony for other vintages.
    recode
        The recode the side follows: it alone says where a new level belongs, and one it does not
        know stays open.
    """
    side = harmony.side(name)
    if side.breakpoints or not side.levels:
        return side, []
    old = {item.level: item.group for item in side.levels}
    gone = [level for level in old if level not in variable.levels]
    fresh = [level for level in variable.levels if level not in old]
    if not gone and not fresh:
        return side, []
    groups: dict[str, GroupCode] = {level: old[level] for level in variable.levels if level in old}
    opposite = harmony.recipient if name == "donor" else harmony.donor
    known = _Known(name, variable, groups, old, siblings, opposite, recode)
    told = [level for level in fresh if recode is not None and recode.group_of(level) is not None]
    one_of = [level for level in fresh if level not in told and not _straddling(level, known)]
    changes = _renamed(name, gone, one_of, old)
    groups |= {change.level: change.group for change in changes}
    added = [_added(level, known) for level in fresh if level not in groups]
    changes += added
    groups |= {change.level: change.group for change in added}
    replaced = {change.earlier for change in changes if change.kind == "renamed"}
    changes += [
        LevelChange(name, "removed", level, group=old[level], sure=True)
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
    from scipy.optimize import linear_sum_assignment  # slow to import

    scores = likeness(gone, fresh)
    codes = [[_prefix(level) for level in levels] for levels in (gone, fresh)]
    same_code = np.array([[own == other for other in codes[1]] for own in codes[0]])
    firm = np.where((scores >= _SAME_LEVEL) & same_code, scores, 0.0)
    pairs = [
        (gone[i], fresh[j], float(scores[i, j]))
        for i, j in zip(*linear_sum_assignment(firm, maximize=True), strict=True)
        if firm[i, j] > 0
    ]
    left = [
        [level for level in levels if level not in {pair[k] for pair in pairs}]
        for k, levels in enumerate((gone, fresh))
    ]
    if all(len(levels) == 1 for levels in left) and _may_be_same(left[0][0], left[1][0]):
        # What alone is left over on either side is likely the same in other words.
        pairs.append((left[0][0], left[1][0], 0.0))
    return [
        LevelChange(name, "renamed", now, was, score, old[was], sure=score >= _CERTAIN)
        for was, now, score in pairs
    ]


def _prefix(level: str) -> str:
    """Return the code before a label, such as the trade of an occupation; empty for none."""
    found = _PREFIX.match(level)
    return found[1] if found else ""


def _may_be_same(was: str, now: str) -> bool:
    numbers = (read_range(was), read_range(now))
    alike = is_negative(was) == is_negative(now) and _prefix(was) == _prefix(now)
    return alike and (None in numbers or numbers[0] == numbers[1])


def _added(level: str, known: _Known) -> LevelChange:
    """Propose a group for a new level by the first rule that knows one."""
    rules = (
        _as_recoded,
        _as_across,
        _as_in_siblings,
        _straddling,
        _as_neighbours,
        _as_kin,
        _as_most_alike,
    )
    for rule in rules:
        found = rule(level, known)
        if found is not None:
            return found
    return LevelChange(known.side, "added", level)


def _as_recoded(level: str, known: _Known) -> LevelChange | None:
    """Take the group of the recode the side follows; what that does not know is for a person."""
    if known.recode is None:
        return None
    group = known.recode.group_of(level)
    source = known.recode.title if group is not None else ""
    return LevelChange(
        known.side, "added", level, group=group, source=source, sure=group is not None
    )


def _as_across(level: str, known: _Known) -> LevelChange | None:
    """Take the group of the other side's answers that name the same numbers."""
    own = read_range(level)
    if own is None or known.opposite.breakpoints:
        return None
    met = [
        item
        for item in known.opposite.levels
        if (found := read_range(item.level)) is not None and overlap(own, found) > _MOSTLY
    ]
    if len({item.group for item in met}) != 1 or met[0].group is None:
        return None
    return LevelChange(known.side, "added", level, met[0].level, group=met[0].group)


def _as_in_siblings(level: str, known: _Known) -> LevelChange | None:
    """Take the group whose levels it shares a group with in other vintages."""
    plain = normalise_label(level)
    here = {normalise_label(other): group for other, group in known.groups.items()}
    votes: Counter[GroupCode] = Counter()
    names: dict[GroupCode, str] = {}
    for sibling in known.siblings:
        there = {
            normalise_label(item.level): item.group
            for item in sibling.harmony.side(known.side).levels
        }
        own = there.get(plain)
        if own is None:
            continue
        met = [here[other] for other, group in there.items() if group == own and other in here]
        found: GroupCode = (
            DROP if own == DROP else Counter(met).most_common(1)[0][0] if met else None
        )
        if found is not None:
            votes[found] += 1
            names.setdefault(found, sibling.name)
    if not votes:
        return None
    group = votes.most_common(1)[0][0]
    return LevelChange(
        known.side,
        "added",
        level,
        similarity=1.0,
        group=group,
        source=names[group],
        sure=len(votes) == 1,
    )


def _straddling(level: str, known: _Known) -> LevelChange | None:
    """Leave a range open that takes in answers of two groups, here or across: nobody can guess it."""
    own = read_range(level)
    if own is None:
        return None
    across = () if known.opposite.breakpoints else known.opposite.levels
    for answers in (known.old.items(), [(item.level, item.group) for item in across]):
        met = {
            group
            for other, group in answers
            if (found := read_range(other)) is not None and overlap(own, found) > _MOSTLY
        }
        if len(met) > 1:
            return LevelChange(known.side, "added", level)
    return None


def _as_neighbours(level: str, known: _Known) -> LevelChange | None:
    if known.variable.type != "ordered":
        return None
    levels = known.variable.levels
    position = levels.index(level)
    below = [other for other in levels[:position] if other in known.groups]
    above = [other for other in levels[position:] if other in known.groups]
    if not below and not above:
        return None
    neighbour = below[-1] if below else above[0]
    return _like(neighbour, level, 0.0, known)


def _as_kin(level: str, known: _Known) -> LevelChange | None:
    """Follow the levels with the same answer (yes or no) or the same code before the words."""
    wanted = _kinship(level)
    kin = [other for other in known.groups if wanted and _kinship(other) == wanted]
    groups = {known.groups[other] for other in kin}
    if len(groups) != 1 or (_prefix(level) and len(kin) < _KIN):
        return None
    return _like(kin[0], level, 0.0, known)


def _kinship(level: str) -> tuple[str, bool] | None:
    """Return the code before a label, or the yes or no it begins with, and whether it denies."""
    prefix = _prefix(level)
    if prefix:
        return (prefix, False)
    first = normalise_label(level).split(" ")[0]
    return (first, is_negative(level)) if first in {"yes", "no"} else None


def _as_most_alike(level: str, known: _Known) -> LevelChange | None:
    wordings = {**known.old, **known.groups}
    if not wordings:
        return None
    others = list(wordings)
    scores = likeness([level], others)[0]
    best = int(scores.argmax())
    if scores[best] < _SAME_GROUP:
        return None
    return _like(others[best], level, float(scores[best]), known)


def _like(other: str, level: str, similarity: float, known: _Known) -> LevelChange:
    group = known.groups.get(other, known.old.get(other))
    return LevelChange(known.side, "added", level, other, similarity, group)


__all__ = ["transfer_levels"]
