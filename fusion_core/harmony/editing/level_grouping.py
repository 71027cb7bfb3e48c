"""Group many levels in one step: by name, one by one, by section, or from a table.

Like everything in `editing`, each function returns the next harmony and changes nothing in place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.editing.edits import assign_each, next_group, recode_groups, rename_group
from fusion_core.harmony.labels import label_sections
from fusion_core.harmony.model import (
    DROP,
    SIDES,
    GroupCode,
    Harmony,
    LevelGroup,
    SideName,
    format_number,
)
from fusion_core.text_similarity import normalise_label

_NO_GROUP: Final = frozenset({"", "-", "–", "na", "none", "no group"})
_LEFT_OUT: Final = frozenset({"drop", "x", "leave out", "left out"})
_NAME_LIMIT: Final = 80


def group_by_name(harmony: Harmony) -> Harmony:
    """Put levels of the same name on both sides into one group; grouped levels stay.

    Names are compared without case, accents, punctuation and surplus spaces. Where one of the two
    has a group already the other joins it, otherwise they get the next free one.
    """
    named: dict[str, dict[SideName, list[LevelGroup]]] = {}
    for name in SIDES:
        for item in harmony.side(name).levels:
            sides = named.setdefault(normalise_label(item.level), {})
            sides.setdefault(name, []).append(item)
    free = next_group(harmony)
    changes: dict[SideName, dict[str, GroupCode]] = {name: {} for name in SIDES}
    for key, sides in named.items():
        if not key or len(sides) < len(SIDES):
            continue
        items = [item for name in SIDES for item in sides[name]]
        group = next((item.group for item in items if item.group is not None), None)
        if group is None:
            group, free = free, free + 1.0
        for name in SIDES:
            changes[name] |= {item.level: group for item in sides[name] if item.group is None}
    for name in SIDES:
        harmony = assign_each(harmony, name, changes[name])
    return harmony


def group_each(harmony: Harmony, side: SideName, levels: Collection[str]) -> Harmony:
    """Give every level a new group of its own, in the order of the list.

    Where nothing but these levels is grouped so far, the groups are 1, 2, …; otherwise numbering
    goes on after the last group in use.
    """
    cleared = assign_each(harmony, side, dict.fromkeys(levels))
    first = next_group(cleared)
    wanted = set(levels)
    chosen = [item.level for item in harmony.side(side).levels if item.level in wanted]
    return assign_each(cleared, side, {level: first + k for k, level in enumerate(chosen)})


def group_by_section(harmony: Harmony, side: SideName, levels: Collection[str]) -> Harmony:
    """Give the levels of each section of a list (see `label_sections`) a new common group.

    Raises
    ------
    InputError
        If the labels have no sections.
    """
    table = [item.level for item in harmony.side(side).levels]
    sections = label_sections(table)
    if sections is None:
        raise InputError(
            "These labels do not start with codes that several of them share",
            where=harmony.side(side).variable,
            fix="Select levels by the filter instead",
        )
    cleared = assign_each(harmony, side, dict.fromkeys(levels))
    free, wanted = next_group(cleared), set(levels)
    codes: dict[str, float] = {}
    groups: dict[str, GroupCode] = {}
    for level, section in zip(table, sections, strict=True):
        if level in wanted and section:
            groups[level] = codes.setdefault(section, free + len(codes))
    return assign_each(cleared, side, groups)


def move_group(harmony: Harmony, code: float, before: float | None) -> Harmony:
    """Move a group in front of another (``None``: to the end); the codes in use stay the same.

    Raises
    ------
    InputError
        If one of the groups is not in use.
    """
    codes = sorted({*harmony.donor.group_codes, *harmony.recipient.group_codes})
    for wanted in (code, before):
        if wanted is not None and wanted not in codes:
            raise InputError(f"There is no group {format_number(wanted)} any more", fix="Try again")
    if before == code:
        return harmony
    order = [item for item in codes if item != code]
    order.insert(len(order) if before is None else order.index(before), code)
    return recode_groups(harmony, dict(zip(order, codes, strict=True)))


@dataclass(frozen=True, slots=True)
class TableReport:
    """What a pasted table said, and what of it could not be used.

    Attributes
    ----------
    harmony
        The harmony with the groups of the table.
    matched
        Number of levels that got their group from the table.
    unknown
        Labels of the table that no level has.
    repeated
        Labels the table gives two different groups; the first counts.
    """

    harmony: Harmony
    matched: int
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]


def assign_table(harmony: Harmony, side: SideName, rows: Iterable[Sequence[str]]) -> TableReport:
    """Take groups from the rows of a spreadsheet: level, group, and perhaps the group's name.

    A group is a number, a name (known names keep their code, new ones get the next free), 'drop' to
    leave rows out, or empty for no group. Labels are compared exactly first, then without case,
    punctuation and surplus spaces. Rows without a second cell are a heading or a remark.

    Raises
    ------
    InputError
        If no row names a level of this side.
    """
    labels = [item.level for item in harmony.side(side).levels]
    exact = set(labels)
    counts = Counter(map(normalise_label, labels))
    loose = {key: label for label in labels if (key := normalise_label(label)) and counts[key] == 1}
    groups: dict[str, GroupCode] = {}
    unknown: list[str] = []
    repeated: list[str] = []
    for cells in rows:
        if len(cells) < 2:  # noqa: PLR2004 - a level and its group
            continue
        text = cells[0]
        level = text if text in exact else loose.get(normalise_label(text))
        if level is None:
            unknown.append(text)
            continue
        harmony, group = _read_group(harmony, cells[1:], groups.values())
        if level in groups and groups[level] != group:
            repeated.append(text)
        groups.setdefault(level, group)
    if not groups:
        raise InputError(
            "No row of the table starts with a level of this list",
            where=harmony.side(side).variable,
            fix="Paste two columns: the level as it is shown, and its group",
        )
    harmony = assign_each(harmony, side, groups)
    return TableReport(harmony, len(groups), tuple(unknown), tuple(dict.fromkeys(repeated)))


def _read_group(
    harmony: Harmony, cells: Sequence[str], pending: Iterable[GroupCode]
) -> tuple[Harmony, GroupCode]:
    """Read a group's cell and, behind it, its name; a new name is added to the harmony."""
    text = cells[0].strip()
    if text.casefold() in _NO_GROUP:
        return harmony, None
    if text.casefold() in _LEFT_OUT:
        return harmony, DROP
    code = _number(text)
    name = cells[1].strip() if len(cells) > 1 else ""
    if code is None:
        named = {known.casefold(): number for number, known in harmony.group_names}
        code = named.get(text.casefold())
        if code is None:
            used = [item for item in pending if isinstance(item, float)]
            code, name = max([next_group(harmony) - 1.0, *used, *named.values()]) + 1.0, text
    return (rename_group(harmony, code, name[:_NAME_LIMIT]) if name else harmony), code


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if isfinite(value) else None


__all__ = [
    "TableReport",
    "assign_table",
    "group_by_name",
    "group_by_section",
    "group_each",
    "move_group",
]
