"""Say in words how versions of a harmony differ: for the history, for conflicts, for comparisons."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast

from fusion_core.harmony.editing.fields import ABSENT, AspectName, Field, field_values
from fusion_core.harmony.model import (
    DROP,
    Acceptance,
    GroupCode,
    Harmony,
    LevelGroup,
    format_number,
)
from fusion_core.records import Checked

LEVELS_LISTED: Final = 3
"""Levels regrouped alike that are listed one by one; more are summed up in one line."""

Differing = tuple[Field, tuple[Hashable, ...]]
"""A field and its values in the versions compared."""

NOTHING: Final = "–"

_SIDE_WORDS: Final[dict[AspectName, str]] = {
    "respondent": "households or persons",
    "adjustment": "adjustment",
    "bins": "bins",
    "aggregator": "aggregator",
    "universe": "universe",
    "missing": "rows without an answer",
    "outside_universe": "rows outside the universe",
    "deflate_to_year": "prices of",
    "recode": "recode",
}
_SHOWN: Final[tuple[AspectName, ...]] = (
    "adjustment",
    "bins",
    "aggregator",
    "universe",
    "outside_universe",
    "missing",
    "deflate_to_year",
    "respondent",
    "recode",
    "level",
    "ordered",
    "name",
    "comment",
    "accepted",
)


@dataclass(frozen=True, slots=True)
class Change(Checked):
    """One difference: what it is about, and its wording before and after.

    Attributes
    ----------
    what
        What differs, such as ``donor: aggregator`` or ``donor: 38 levels``.
    before, after
        The wording of both; ``–`` where there is nothing.
    levels
        The levels that are summed up in `what`.
    """

    what: str
    before: str
    after: str
    levels: tuple[str, ...] = ()

    @property
    def cells(self) -> list[str]:
        """The three texts in the order of a table row."""
        return [self.what, self.before, self.after]


def harmony_changes(before: Harmony, after: Harmony) -> list[Change]:
    """List what differs between two versions, the texts of both ready to be shown.

    Levels that moved together are one change.

    Parameters
    ----------
    before, after
        Two versions of the harmony of the same two variables.
    """
    old, new = field_values(before), field_values(after)
    differing = [
        (field, (old.get(field, ABSENT), new.get(field, ABSENT)))
        for field in dict.fromkeys([*old, *new])
        if old.get(field, ABSENT) != new.get(field, ABSENT)
    ]
    changes = []
    for items in bundles(differing):
        field, values = items[0]
        words = (value_words(field, values[0]), value_words(field, values[1]))
        if words[0] != words[1]:  # a list of levels that differs shows by its levels
            levels = tuple(str(item[0].of) for item in items) if len(items) > 1 else ()
            changes.append(Change(bundle_words([item[0] for item in items]), *words, levels))
    return changes


def bundles(differing: Iterable[Differing]) -> list[list[Differing]]:
    """Put differences in the order people read them, many levels that moved alike together.

    Parameters
    ----------
    differing
        Aspects, each with its values in the versions compared.
    """
    ordered = sorted(differing, key=lambda item: _place(item[0]))
    alike: dict[tuple[Hashable, ...], list[Differing]] = {}
    for item in ordered:
        field, values = item
        same = ("level", field.side, *values) if field.name == "level" else (field,)
        alike.setdefault(same, []).append(item)
    found = []
    for items in alike.values():
        found += [items] if len(items) > LEVELS_LISTED else [[item] for item in items]
    return found


def _place(field: Field) -> tuple[int, int]:
    side = ("donor", "recipient", "").index(field.side)
    return (side, _SHOWN.index(field.name))


def bundle_words(fields: list[Field]) -> str:
    """Name what a difference, or a bundle of regrouped levels, is about."""
    if len(fields) > 1:
        return f"{fields[0].side}: {len(fields)} levels"
    field = fields[0]
    if field.name == "level":
        return f"{field.side}: {field.of}"
    if field.name == "name":
        return f"name of group {group_word(cast('GroupCode', field.of))}"
    if field.name == "accepted":
        return f"accepted: {str(field.of).replace('-', ' ')}"
    return f"{field.side}: {_SIDE_WORDS[field.name]}" if field.side else field.name


def value_words(field: Field, value: Hashable, names: Mapping[float, str] | None = None) -> str:
    """Write the value of a field in a few words.

    Parameters
    ----------
    field, value
        What is decided, and how.
    names
        Names of groups, shown beside their codes.
    """
    if value is ABSENT:
        return NOTHING
    if field.name in {"level", "missing", "outside_universe"}:
        said = group_word(cast("GroupCode", value))
        name = (names or {}).get(value, "") if isinstance(value, int | float) else ""
        return f"{said} {name}" if name else said
    if field.name == "bins":
        points, listed = cast("tuple[tuple[float, ...], tuple[str | LevelGroup, ...]]", value)
        return _bins_words(points, listed)
    if field.name == "accepted":
        return cast("Acceptance", value).reason or "accepted"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NOTHING if value is None or value == "" else str(value)


def group_word(group: GroupCode) -> str:
    """Write a group code: ``3``, ``left out`` or ``no group``."""
    if group is None:
        return "no group"
    return "left out" if group == DROP else format_number(float(group))


def _bins_words(points: tuple[float, ...], listed: tuple[str | LevelGroup, ...]) -> str:
    at = ", ".join(map(format_number, points))
    groups = [
        f"{item.level} → {group_word(item.group)}"
        for item in listed
        if isinstance(item, LevelGroup)
    ]
    if not groups:
        return at or NOTHING
    shown = "; ".join(groups[:6]) + (f"; {len(groups) - 6} more" if len(groups) > 6 else "")  # noqa: PLR2004 - six fit a cell
    return f"{at} ({shown})" if at else shown


__all__ = [
    "LEVELS_LISTED",
    "Change",
    "bundle_words",
    "bundles",
    "group_word",
    "harmony_changes",
    "value_words",
]
