"""Edits of a recode as pure functions: which answers belong to which class, and what classes are called.

Every function returns a new recode; undo is a list of earlier ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.model import GroupCode, LevelGroup
from fusion_core.harmony.recodes.recode import Recode

CLASS_NAME_LIMIT: Final = 200


def put_answers(recode: Recode, answers: Iterable[str], group: GroupCode) -> Recode:
    """Put answers into a class, known ones and new ones; ``None`` makes the recode forget them."""
    return replace(recode, levels=_put(recode.levels, answers, group))


def put_starts(recode: Recode, starts: Iterable[str], group: GroupCode) -> Recode:
    """Put all answers that start alike into a class; ``None`` makes the recode forget the start."""
    return replace(recode, prefixes=_put(recode.prefixes, starts, group))


def put_bins(recode: Recode, places: Collection[int], group: GroupCode) -> Recode:
    """Put bins of a number, by their place from the lowest, into a class.

    Raises
    ------
    InputError
        If there is no such bin.
    """
    if any(not 0 <= place < len(recode.bins) for place in places):
        raise InputError(
            f"The recode has {len(recode.bins)} bins", where=recode.name, fix="Choose one of them"
        )
    bins = tuple(group if at in places else old for at, old in enumerate(recode.bins))
    return replace(recode, bins=bins)


def with_breakpoints(recode: Recode, breakpoints: Sequence[float]) -> Recode:
    """Return the recode with other bins, each in the class of the earlier bin it begins in.

    Parameters
    ----------
    recode
        The recode.
    breakpoints
        Lower edges of all bins but the lowest; none for a recode without bins.
    """
    points = tuple(sorted({float(point) for point in breakpoints}))
    if not points:
        return replace(recode, breakpoints=(), bins=())
    old = recode.bins or (recode.groups[0][0],)
    starts = (float("-inf"), *points)
    bins = tuple(old[sum(edge <= start for edge in recode.breakpoints)] for start in starts)
    return replace(recode, breakpoints=points, bins=bins)


def rename_class(recode: Recode, code: float, name: str) -> Recode:
    """Give a class another name.

    Raises
    ------
    InputError
        If the name is empty, too long, or that of another class, or there is no such class.
    """
    _require(recode, code)
    text = _class_name(recode, name, besides=code)
    groups = tuple((known, text if known == code else old) for known, old in recode.groups)
    return replace(recode, groups=groups)


def add_class(recode: Recode, name: str) -> Recode:
    """Add a class behind the others; its code is that of the last one plus one."""
    code = max(known for known, _ in recode.groups) + 1.0
    return replace(recode, groups=(*recode.groups, (code, _class_name(recode, name))))


def join_class(recode: Recode, code: float, into: GroupCode) -> Recode:
    """Remove a class; what it holds goes into another one, or is forgotten (``None``).

    Raises
    ------
    InputError
        If it is the only class, or bins would be without one.
    """
    _require(recode, code)
    if isinstance(into, float):
        _require(recode, into)
    if len(recode.groups) == 1 or into == code:
        raise InputError("A recode needs at least one class", where=recode.name)
    if into is None and code in recode.bins:
        raise InputError(
            "The bins of this class would be without one",
            where=recode.name,
            fix="Put them into another class first",
        )
    return replace(
        recode,
        groups=tuple(item for item in recode.groups if item[0] != code),
        levels=_put(recode.levels, _held(recode.levels, code), into),
        prefixes=_put(recode.prefixes, _held(recode.prefixes, code), into),
        bins=tuple(into if group == code else group for group in recode.bins),
    )


def move_class(recode: Recode, code: float, step: int) -> Recode:
    """Exchange a class with its neighbour, before it (-1) or behind it (1), so that codes keep their order.

    At the end of the list nothing changes.
    """
    _require(recode, code)
    codes = [known for known, _ in recode.groups]
    there = codes.index(code) + step
    if not 0 <= there < len(codes):
        return recode
    other = codes[there]
    turned: dict[GroupCode, GroupCode] = {code: other, other: code}
    names = dict(recode.groups)
    names[code], names[other] = names[other], names[code]
    return replace(
        recode,
        groups=tuple((known, names[known]) for known in codes),
        levels=_turned(recode.levels, turned),
        prefixes=_turned(recode.prefixes, turned),
        bins=tuple(turned.get(group, group) for group in recode.bins),
    )


def _put(
    items: Sequence[LevelGroup], chosen: Iterable[str], group: GroupCode
) -> tuple[LevelGroup, ...]:
    """Return the items with the chosen ones in a group, new ones last, and forgotten ones gone."""
    wanted = dict.fromkeys(chosen)
    known = {item.level for item in items}
    moved = [LevelGroup(item.level, group) if item.level in wanted else item for item in items]
    moved += [LevelGroup(text, group) for text in wanted if text not in known]
    return tuple(item for item in moved if item.group is not None)


def _held(items: Sequence[LevelGroup], code: float) -> list[str]:
    return [item.level for item in items if item.group == code]


def _turned(
    items: Sequence[LevelGroup], turned: dict[GroupCode, GroupCode]
) -> tuple[LevelGroup, ...]:
    return tuple(LevelGroup(item.level, turned.get(item.group, item.group)) for item in items)


def _require(recode: Recode, code: float) -> None:
    if code not in dict(recode.groups):
        raise InputError(
            f"The recode has no class {code:g}", where=recode.name, fix="Look at it again"
        )


def _class_name(recode: Recode, name: str, *, besides: float | None = None) -> str:
    text = " ".join(name.split())
    if not text or len(text) > CLASS_NAME_LIMIT:
        raise InputError(f"Name the class in 1 to {CLASS_NAME_LIMIT} characters", where=recode.name)
    taken = {old.casefold() for code, old in recode.groups if code != besides}
    if text.casefold() in taken:
        raise InputError(
            f"Another class is called '{text}'",
            where=recode.name,
            fix="Choose another name, or join the two classes",
        )
    return text


__all__ = [
    "CLASS_NAME_LIMIT",
    "add_class",
    "join_class",
    "move_class",
    "put_answers",
    "put_bins",
    "put_starts",
    "rename_class",
    "with_breakpoints",
]
