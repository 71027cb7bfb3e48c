"""The way of an editor from one harmony to the next, written as what changed at each step.

Undo keeps whole harmonies, which costs nothing in memory because they share their parts. On disk
only the differences are written: an edit of one level among 531 is one number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from fusion_core.harmony.model import (
    SIDES,
    GroupCode,
    Harmony,
    LevelGroup,
    Record,
    RecordReader,
    Side,
    corrupt,
    harmony_record,
    read_group,
    read_harmony,
)

STEPS_KEPT: Final = 100
SIZE_KEPT: Final = 4_000
"""Values a trail may hold; steps that would exceed it, the oldest ones, are left out."""

_FIELDS: Final = frozenset({"donor", "recipient", "harmony"})


def trail_record(start: Harmony, steps: Iterable[Harmony]) -> list[Record]:
    """Return the JSON form of harmonies, each as its difference from the one before.

    Parameters
    ----------
    start
        The harmony the first step is compared with.
    steps
        The harmonies, nearest to `start` first; those that exceed the limits are left out.
    """
    records: list[Record] = []
    size = 0
    for step in steps:
        record = _difference(start, step)
        size += _size(record)
        if len(records) == STEPS_KEPT or size > SIZE_KEPT:
            break
        records.append(record)
        start = step
    return records


def read_trail(records: Sequence[object], start: Harmony, *, where: str) -> tuple[Harmony, ...]:
    """Return the harmonies of a trail, nearest to `start` first.

    Raises
    ------
    CorruptFileError
        If a record is not in the expected form.
    """
    found = []
    for record in records:
        start = _applied(start, record, where)
        found.append(start)
    return tuple(found)


def _difference(start: Harmony, step: Harmony) -> Record:
    """Return groups alone where nothing else differs, else the whole harmony."""
    record: Record = {}
    regrouped = start
    for name in SIDES:
        before, after = start.side(name), step.side(name)
        codes = None if before is after else _regrouped(before, after)
        if codes:
            record[name] = codes
            regrouped = regrouped.with_side(name, replace(before, levels=after.levels))
    return record if regrouped == step else {"harmony": harmony_record(step)}


def _regrouped(before: Side, after: Side) -> dict[str, GroupCode] | None:
    """Return the new groups by position; ``None`` where the lists of levels differ."""
    if len(before.levels) != len(after.levels):
        return None
    codes: dict[str, GroupCode] = {}
    for index, (old, new) in enumerate(zip(before.levels, after.levels, strict=True)):
        if old is new:  # edits share what they leave alone, which makes this quick
            continue
        if old.level != new.level:
            return None
        if old.group != new.group:
            codes[str(index)] = new.group
    return codes


def _applied(start: Harmony, record: object, where: str) -> Harmony:
    fields = RecordReader(record, where, _FIELDS)
    whole = fields.get("harmony")
    if whole is not None:
        return read_harmony(whole, where=where)
    for name in SIDES:
        codes = fields.get(name)
        if codes is None:
            continue
        side = start.side(name)
        levels = list(side.levels)
        for index, group in _codes(codes, len(levels), where):
            levels[index] = LevelGroup(levels[index].level, group)
        start = start.with_side(name, replace(side, levels=tuple(levels)))
    return start


def _codes(record: object, length: int, where: str) -> list[tuple[int, GroupCode]]:
    if not isinstance(record, dict):
        raise corrupt("An object was expected", where)
    found: list[tuple[int, GroupCode]] = []
    for index, group in record.items():
        if not (index.isdecimal() and int(index) < length):
            raise corrupt(f"There is no level number {index}", where)
        found.append((int(index), read_group(group, where)))
    return found


def _size(record: Record) -> int:
    if "harmony" in record:
        sides = (record["harmony"][name] for name in SIDES)
        return 10 + sum(len(side.get("levels", ())) for side in sides)
    return 1 + sum(len(record.get(name, ())) for name in SIDES)


__all__ = ["SIZE_KEPT", "STEPS_KEPT", "read_trail", "trail_record"]
