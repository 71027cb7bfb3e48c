"""Edits of whole groups and of many levels at once: pure functions, merged into `edits.EDITS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.editing import level_grouping
from fusion_core.harmony.model import SIDES, GroupCode, Harmony
from harmony_app.harmonize.work import Message, messages

TABLE_LIMIT: Final = 5_000_000
"""Characters of a pasted table: 10,000 levels of 500 characters."""
PROBLEMS_TOLD: Final = 200


def assign_each(harmony: Harmony, message: Message) -> Harmony:
    """Give each of the listed levels of a side its own group."""
    name = messages.side(message)
    levels = harmony.side(name).levels
    pairs = message.get("pairs")
    if not isinstance(pairs, list) or any(
        not isinstance(pair, list) or len(pair) != 2  # noqa: PLR2004 - a level and its group
        for pair in pairs
    ):
        raise InputError("The message lists no levels")
    indices = messages.positions([index for index, _ in pairs], len(levels))
    groups: dict[str, GroupCode] = {
        levels[index].level: messages.group(group)
        for index, (_, group) in zip(indices, pairs, strict=True)
    }
    return editing.assign_each(harmony, name, groups)


def _chosen(harmony: Harmony, message: Message) -> list[str]:
    """Return the listed levels of a side; all of them where none is listed."""
    levels = harmony.side(messages.side(message)).levels
    positions = messages.positions(message.get("levels", []), len(levels))
    return [levels[index].level for index in positions] or [item.level for item in levels]


def _group_each(harmony: Harmony, message: Message) -> Harmony:
    return level_grouping.group_each(harmony, messages.side(message), _chosen(harmony, message))


def _group_sections(harmony: Harmony, message: Message) -> Harmony:
    return level_grouping.group_by_section(
        harmony, messages.side(message), _chosen(harmony, message)
    )


def _group_names(harmony: Harmony, message: Message) -> Harmony:
    del message
    named = level_grouping.group_by_name(harmony)
    if named == harmony:
        raise InputError(
            "No level without a group has the same name on both sides",
            fix="Sort one side by similarity to see the closest matches",
        )
    return named


def _merge(harmony: Harmony, message: Message) -> Harmony:
    codes = [_code(message, "code"), _code(message, "into")]
    return editing.merge_groups(harmony, codes, codes[1])


def _move(harmony: Harmony, message: Message) -> Harmony:
    before = None if message.get("before") is None else _code(message, "before")
    return level_grouping.move_group(harmony, _code(message, "code"), before)


def _renumber(harmony: Harmony, message: Message) -> Harmony:
    del message
    return editing.renumber_groups(harmony)


def _new_group(harmony: Harmony, message: Message) -> Harmony:
    """Put levels of both sides into a group and name it, in one step."""
    code = _code(message, "code")
    for name in SIDES:
        levels = harmony.side(name).levels
        chosen = messages.positions(message.get(name, []), len(levels))
        harmony = editing.assign(harmony, name, [levels[index].level for index in chosen], code)
    return editing.rename_group(harmony, code, messages.text(message, "name", limit=80))


def _code(message: Message, name: str) -> float:
    return messages.number(message.get(name), "The group")


def paste_table(harmony: Harmony, message: Message) -> tuple[Harmony, str, list[dict[str, str]]]:
    """Take groups from a pasted table; return the harmony, a summary, and what did not match.

    Raises
    ------
    InputError
        If nothing in the table matches.
    """
    text = messages.text(message, "text", limit=TABLE_LIMIT)
    lines = [line for line in text.splitlines() if line.strip()]
    separator = "\t" if any("\t" in line for line in lines) else ";"
    name = messages.side(message)
    report = level_grouping.assign_table(
        harmony, name, (_unquoted(line.split(separator)) for line in lines)
    )
    total = len(harmony.side(name).levels)
    summary = f"{report.matched:,} of {total:,} levels got their group from the table."
    problems: list[dict[str, str]] = [
        {"key": label, "message": "no level of this name"} for label in report.unknown
    ]
    problems += [
        {"key": label, "message": "listed twice; the first group counts"}
        for label in report.repeated
    ]
    return report.harmony, summary, problems[:PROBLEMS_TOLD]


def _unquoted(cells: list[str]) -> list[str]:
    """Take away the quotes spreadsheets put around cells that hold quotes."""
    return [
        cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
        for cell in cells
    ]


LEVEL_EDITS: Final[Mapping[str, Callable[[Harmony, Message], Harmony]]] = MappingProxyType(
    {
        "assign_each": assign_each,
        "group_each": _group_each,
        "group_names": _group_names,
        "group_sections": _group_sections,
        "merge": _merge,
        "move_group": _move,
        "new_group": _new_group,
        "renumber": _renumber,
    }
)
"""Edits by the kind the browser names; none needs the surveys."""

__all__ = ["LEVEL_EDITS", "assign_each", "paste_table"]
