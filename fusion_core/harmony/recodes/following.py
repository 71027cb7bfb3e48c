"""Let a side of a harmony take its groups from a recode, and tell where it departs from it.

The groups of the two sides meet by code. When one side takes the codes of a recode, the other side
follows: what met one answer of the old grouping meets the same answer in the new one. Where that
does not say one group, the levels are left to decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fusion_core.errors import InputError
from fusion_core.harmony.model import (
    OTHER_SIDE,
    SIDES,
    GroupCode,
    Harmony,
    LevelGroup,
    Side,
    SideName,
)
from fusion_core.harmony.recodes.recode import Recode
from fusion_core.records import Checked
from fusion_core.surveys.model import Variable


@dataclass(frozen=True, slots=True)
class Departure(Checked):
    """A level whose group is not the one its recode says.

    Attributes
    ----------
    level
        The level.
    group
        Its group in the harmony.
    expected
        Its group in the recode.
    """

    level: str
    group: GroupCode
    expected: GroupCode


def knows(recode: Recode, side: Side) -> int:
    """Return how many levels of a side a recode has a group for; its bins for a plain number."""
    if not side.levels or (side.breakpoints and recode.breakpoints):
        return len(recode.bins)
    return sum(recode.group_of(item.level) is not None for item in side.levels)


def unknown_levels(recode: Recode, side: Side) -> tuple[str, ...]:
    """Return the levels of a side that a recode does not know: somebody has to decide on them."""
    return tuple(item.level for item in side.levels if recode.group_of(item.level) is None)


def departures(recode: Recode, side: Side) -> tuple[Departure, ...]:
    """Return the levels of a side that are in another group than the recode says."""
    if side.breakpoints and side.breakpoints == recode.breakpoints:
        expected = [*recode.bins]
    else:
        expected = [recode.group_of(item.level) for item in side.levels]
    return tuple(
        Departure(item.level, item.group, group)
        for item, group in zip(side.levels, expected, strict=True)
        if group is not None and group != item.group
    )


def follow(
    harmony: Harmony, side: SideName, recode: Recode, *, variable: Variable | None = None
) -> Harmony:
    """Return the harmony with one side's groups, their names and their order from a recode.

    A plain number, or one with other bins, gets the bins of the recode. Levels the recode does not
    know stay with those they were grouped with; without any, they are left to decide. The other
    side follows where its groups still say what it meets.

    Parameters
    ----------
    harmony
        The harmony.
    side
        The side that takes the recode.
    recode
        The recode.
    variable
        The side's variable; tells whether it is a number.

    Raises
    ------
    InputError
        If the recode knows none of the side's answers.
    """
    half = harmony.side(side)
    taken = _taken(half, recode, variable)
    if all(item.group is None for item in taken.levels):
        raise InputError(
            f"'{recode.name}' knows no answer of '{half.variable}'",
            where=harmony.key,
            fix="Use another recode, or add these answers to it",
        )
    taken = replace(taken, levels=_with_companions(half, taken), recode=recode.name)
    return _with_groups(harmony, side, taken, recode)


def _with_companions(before: Side, after: Side) -> tuple[LevelGroup, ...]:
    """Return the levels, those without a group where all they were grouped with went."""
    new = {item.level: item.group for item in after.levels}
    went: dict[GroupCode, set[GroupCode]] = {}
    for item in before.levels:
        if item.group is not None and (group := new.get(item.level)) is not None:
            went.setdefault(item.group, set()).add(group)
    together = {code: found.copy().pop() for code, found in went.items() if len(found) == 1}
    old = {item.level: item.group for item in before.levels}
    return tuple(
        LevelGroup(item.level, together.get(old.get(item.level))) if item.group is None else item
        for item in after.levels
    )


def refollow(harmony: Harmony, before: Recode, after: Recode) -> Harmony:
    """Return a harmony that follows a recode after the recode changed.

    Levels that were grouped otherwise than the recode said stay as a person put them, as far as
    their group still exists.

    Parameters
    ----------
    harmony
        The harmony; one or both of its sides take `before`.
    before, after
        The recode before and after the change.
    """
    users = [name for name in SIDES if harmony.side(name).recode == before.name]
    kept = {name: departures(before, harmony.side(name)) for name in users}
    unknown = {name: unknown_levels(before, harmony.side(name)) for name in users}
    codes = {code for code, _ in after.groups}
    for name in users:
        half = harmony.side(name)
        own = {item.level: item.group for item in half.levels}
        by_hand = {item.level for item in kept[name]} | set(unknown[name])
        taken = _taken(half, after, None)
        levels = tuple(
            LevelGroup(item.level, own[item.level])
            if item.level in by_hand and _exists(own[item.level], codes)
            else item
            for item in taken.levels
        )
        harmony = _with_groups(
            harmony, name, replace(taken, levels=levels, recode=after.name), after, before
        )
    return harmony


def detach(harmony: Harmony, side: SideName) -> Harmony:
    """Return the harmony with one side on its own: its groups stay, its recode no longer counts."""
    return harmony.with_side(side, replace(harmony.side(side), recode=""))


def _exists(group: GroupCode, codes: set[float]) -> bool:
    return group is not None and (not isinstance(group, float) or group in codes)


def _taken(half: Side, recode: Recode, variable: Variable | None) -> Side:
    """Return a side with the groups the recode says, and its bins where it is a number."""
    is_number = half.breakpoints or (
        not half.levels if variable is None else not variable.is_categorical
    )
    if is_number and recode.breakpoints:
        return replace(half, breakpoints=recode.breakpoints, levels=recode.bin_levels)
    levels = tuple(LevelGroup(item.level, recode.group_of(item.level)) for item in half.levels)
    return replace(half, levels=levels)


def _with_groups(
    harmony: Harmony, side: SideName, taken: Side, recode: Recode, earlier: Recode | None = None
) -> Harmony:
    """Put a side with new groups into the harmony, and let the other side follow.

    `earlier` is the recode the side has followed, where that changed.
    """
    other_name = OTHER_SIDE[side]
    before, other = harmony.side(side), harmony.side(other_name)
    if other.recode == recode.name:
        moves, names = {}, dict(harmony.group_names)
    else:
        moves = _moves(harmony, side, taken, recode, earlier)
        levels = tuple(LevelGroup(item.level, _moved(item.group, moves)) for item in other.levels)
        other = replace(_moved_rest(other, moves), levels=levels, recode="")
        taken = _moved_rest(taken, moves)
        kept = {*before.group_codes} - _codes(before)
        names = {
            new: text
            for code, text in harmony.group_names
            if code in kept and (new := moves.get(code)) is not None
        }
    used = {*taken.group_codes, *other.group_codes}
    names |= dict(recode.groups)
    return replace(
        harmony.with_side(side, taken).with_side(other_name, other),
        ordered=recode.ordered,
        group_names=tuple(sorted((code, text) for code, text in names.items() if code in used)),
    )


def _codes(side: Side) -> set[float]:
    return {float(item.group) for item in side.levels if isinstance(item.group, int | float)}


def _moves(
    harmony: Harmony, side: SideName, after: Side, recode: Recode, earlier: Recode | None
) -> dict[float, float | None]:
    """Return where each old group goes; ``None`` where that is not one group.

    A group of the other side alone goes where a group of the recode has its name. One that none of
    the side's levels is in, such as that of rows outside the universe, gets a code behind those of
    the recode.
    """
    before, other = harmony.side(side), harmony.side(OTHER_SIDE[side])
    new = {item.level: item.group for item in after.levels}
    members: dict[float, set[GroupCode]] = {}
    for item in before.levels:
        if isinstance(item.group, int | float):
            members.setdefault(float(item.group), set()).add(new.get(item.level))
    by_name = {text.casefold(): code for code, text in recode.groups}
    names = dict(harmony.group_names)
    free = max(code for code, _ in recode.groups)
    moves: dict[float, float | None] = {}
    for code in sorted({*before.group_codes, *other.group_codes}):
        found = members.get(code)
        if found is not None:
            target = (
                next(iter(found)) if len(found) == 1 else _left_behind(code, found, earlier, recode)
            )
            moves[code] = target if isinstance(target, float) else None
        elif code in _codes(other) and code not in before.group_codes:
            moves[code] = by_name.get(names.get(code, "").casefold())
        else:
            free += 1.0
            moves[code] = free
    return moves


def _left_behind(
    code: float, found: set[GroupCode], earlier: Recode | None, recode: Recode
) -> GroupCode:
    """Return the class the others of a class stay in when some of its answers went to other classes.

    An answer that went to a class there was before takes nothing with it. A class that was split,
    some of it into a new one, leaves open which part the other side meets.
    """
    if earlier is None:
        return None
    before = {text.casefold(): known for known, text in earlier.groups}
    after = {known: text.casefold() for known, text in recode.groups}
    stays = [
        group for group in found if isinstance(group, float) and before.get(after[group]) == code
    ]
    is_split = any(isinstance(group, float) and after[group] not in before for group in found)
    return stays[0] if stays and not is_split else None


def _moved(group: GroupCode, moves: dict[float, float | None]) -> GroupCode:
    return moves.get(float(group), group) if isinstance(group, int | float) else group


def _moved_rest(side: Side, moves: dict[float, float | None]) -> Side:
    """Move the groups of rows without an answer and of rows outside the universe."""
    return replace(
        side,
        missing=_moved(side.missing, moves),
        outside_universe=_moved(side.outside_universe, moves),
    )


__all__ = [
    "Departure",
    "departures",
    "detach",
    "follow",
    "knows",
    "refollow",
    "unknown_levels",
]
