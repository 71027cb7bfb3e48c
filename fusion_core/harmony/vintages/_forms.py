"""Transfer between the two forms of a question: a number in one vintage, brackets in the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fusion_core.harmony.labels import Range, breakpoints_of, is_not_asked, read_ranges
from fusion_core.harmony.model import (
    OTHER_SIDE,
    GroupCode,
    Harmony,
    LevelGroup,
    Side,
    SideName,
    bin_labels,
    format_number,
)
from fusion_core.surveys.model import Variable


def other_form(harmony: Harmony, name: SideName, variable: Variable) -> tuple[Harmony, str] | None:
    """Return the harmony in the form the new variable has, and what was done.

    A grouped variable that is a number now is binned where its labels' numbers met. A number that
    has brackets now is grouped by them, and the other side – a plain number – binned alike.
    ``None`` means that the labels name no numbers to bin by, or that the other side has groups of
    its own.
    """
    side = harmony.side(name)
    if side.levels and not side.breakpoints and not variable.is_categorical:
        return _to_number(harmony, name, side)
    if variable.is_categorical and (side.breakpoints or not side.levels) and not side.adjustment:
        return _to_brackets(harmony, name, side, variable)
    return None


def _to_number(harmony: Harmony, name: SideName, side: Side) -> tuple[Harmony, str] | None:
    ranges = _asked_ranges([item.level for item in side.levels])
    points = breakpoints_of(ranges or ())
    if ranges is None or not points:
        return None
    other = OTHER_SIDE[name]
    if _is_binned_for_brackets(harmony.side(other), points):
        harmony = _with(harmony, name, replace(side, levels=()))
        harmony = _with(harmony, other, replace(harmony.side(other), breakpoints=(), levels=()))
        return (
            replace(harmony, ordered=False, group_names=()),
            f"{side.variable} is a number now; both sides use the number instead of brackets",
        )
    edges = (float("-inf"), *points)
    # Below the lowest number named there is nobody: the first bin is the lowest answer's.
    lowest = min(item[0] for item in ranges if item is not None)
    levels = []
    for label, low in zip(bin_labels(points), edges, strict=True):
        inside = [
            item.group
            for item, found in zip(side.levels, ranges, strict=True)
            if found is not None and (max(found[0], lowest) <= max(low, lowest) < found[1])
        ]
        levels.append(LevelGroup(label, inside[0] if inside else None))
    changed = replace(side, breakpoints=points, levels=tuple(levels))
    return _with(
        harmony, name, changed
    ), f"{side.variable} is a number now and binned at the same places"


def _is_binned_for_brackets(side: Side, points: Sequence[float]) -> bool:
    """Whether a number is binned, each bin its own group, only because the other side had brackets."""
    groups = [item.group for item in side.levels]
    return side.breakpoints == tuple(points) and len(set(groups)) == len(groups)


def rebin(harmony: Harmony, name: SideName, variable: Variable) -> tuple[Harmony, str] | None:
    """Return the harmony with bins that follow brackets which moved, and what was done.

    Where every bracket of a side had its own bin on the other side, new brackets get new bins: a
    survey of 2016 has houses built in 2016. ``None`` where it was not so, or nothing moved.
    """
    side = harmony.side(name)
    other = OTHER_SIDE[name]
    opposite = harmony.side(other)
    if side.breakpoints or not side.levels or not opposite.breakpoints:
        return None
    old, new = (
        _asked_ranges(levels) for levels in ([i.level for i in side.levels], variable.levels)
    )
    if old is None or new is None:
        return None
    points, moved = breakpoints_of(old), breakpoints_of(new)
    codes = [item.group for item in opposite.levels]
    falls = codes == sorted(codes, key=_descending)
    special = (opposite.missing, opposite.outside_universe, side.missing, side.outside_universe)
    if (
        not moved
        or points == moved
        or not _is_binned_for_brackets(opposite, points)
        or None in codes
        or not (falls or codes == sorted(codes, key=_ascending))
        or any(group is not None for group in special)
    ):
        return None
    starts = (float("-inf"), *moved)
    numbers = range(len(starts), 0, -1) if falls else range(1, len(starts) + 1)
    fresh = dict(zip(starts, map(float, numbers), strict=True))
    renumbered = dict(zip(codes, (fresh.get(s) for s in (float("-inf"), *points)), strict=True))
    kept = {item.level: renumbered.get(item.group) for item in side.levels}
    levels = tuple(
        LevelGroup(
            level, kept.get(level) if found is None else fresh.get(found[0], fresh[starts[0]])
        )
        for level, found in zip(variable.levels, new, strict=True)
    )
    bins = tuple(
        LevelGroup(label, fresh[start])
        for label, start in zip(bin_labels(moved), starts, strict=True)
    )
    harmony = _with(harmony, name, replace(side, levels=levels))
    harmony = _with(harmony, other, replace(opposite, breakpoints=moved, levels=bins))
    points_shown = ", ".join(map(format_number, moved))
    sentence = f"The brackets of {variable.name} have moved; {opposite.variable} is binned at {points_shown}"
    return replace(harmony, group_names=()), sentence


def _ascending(group: GroupCode) -> float:
    return group if isinstance(group, float) else 0.0


def _descending(group: GroupCode) -> float:
    return -_ascending(group)


def _to_brackets(
    harmony: Harmony, name: SideName, side: Side, variable: Variable
) -> tuple[Harmony, str] | None:
    ranges = _asked_ranges(variable.levels)
    points = breakpoints_of(ranges or ())
    other = OTHER_SIDE[name]
    opposite = harmony.side(other)
    if ranges is None or not points or side.breakpoints or opposite.levels:
        return None
    codes = {edge: float(k) for k, edge in enumerate((float("-inf"), *points), start=1)}
    levels = tuple(
        LevelGroup(level, None if item is None else codes.get(item[0], codes[float("-inf")]))
        for level, item in zip(variable.levels, ranges, strict=True)
    )
    binned = tuple(
        LevelGroup(label, code)
        for label, code in zip(bin_labels(points), sorted(codes.values()), strict=True)
    )
    harmony = _with(harmony, name, replace(side, levels=levels))
    harmony = _with(harmony, other, replace(opposite, breakpoints=points, levels=binned))
    return (
        replace(harmony, ordered=True),
        f"{variable.name} has brackets now; {opposite.variable} is binned alike",
    )


def _asked_ranges(labels: Sequence[str]) -> list[Range | None] | None:
    """Return the ranges, none for people not asked; ``None`` if an answer names no range."""
    ranges: list[Range | None] = [
        None if is_not_asked(label) else item
        for label, item in zip(labels, read_ranges(labels), strict=True)
    ]
    answered = [item for label, item in zip(labels, ranges, strict=True) if not is_not_asked(label)]
    return None if None in answered else ranges


def _with(harmony: Harmony, name: SideName, side: Side) -> Harmony:
    return replace(harmony, donor=side) if name == "donor" else replace(harmony, recipient=side)


__all__ = ["other_form", "rebin"]
