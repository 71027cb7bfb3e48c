"""Say in words how versions of a harmony differ: for the history, for conflicts, for comparisons."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Final, cast

from fusion_core.harmony.editing.fields import ABSENT, Aspect, AspectName, aspect_values
from fusion_core.harmony.model import (
    DROP,
    Acceptance,
    GroupCode,
    Harmony,
    LevelGroup,
    format_number,
)

LEVELS_LISTED: Final = 3
"""Levels regrouped alike that are listed one by one; more are summed up in one line."""

Differing = tuple[Aspect, tuple[Hashable, ...]]
"""An aspect and its values in the versions compared."""

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
    "level",
    "ordered",
    "name",
    "comment",
    "accepted",
)


@dataclass(frozen=True, slots=True)
class Change:
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
    old, new = aspect_values(before), aspect_values(after)
    differing = [
        (aspect, (old.get(aspect, ABSENT), new.get(aspect, ABSENT)))
        for aspect in dict.fromkeys([*old, *new])
        if old.get(aspect, ABSENT) != new.get(aspect, ABSENT)
    ]
    changes = []
    for items in bundles(differing):
        aspect, values = items[0]
        words = (value_words(aspect, values[0]), value_words(aspect, values[1]))
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
        aspect, values = item
        same = ("level", aspect.side, *values) if aspect.name == "level" else (aspect,)
        alike.setdefault(same, []).append(item)
    found = []
    for items in alike.values():
        found += [items] if len(items) > LEVELS_LISTED else [[item] for item in items]
    return found


def _place(aspect: Aspect) -> tuple[int, int]:
    side = ("donor", "recipient", "").index(aspect.side)
    return (side, _SHOWN.index(aspect.name))


def bundle_words(aspects: list[Aspect]) -> str:
    """Name what a difference, or a bundle of regrouped levels, is about."""
    if len(aspects) > 1:
        return f"{aspects[0].side}: {len(aspects)} levels"
    aspect = aspects[0]
    if aspect.name == "level":
        return f"{aspect.side}: {aspect.of}"
    if aspect.name == "name":
        return f"name of group {group_word(cast('GroupCode', aspect.of))}"
    if aspect.name == "accepted":
        return f"accepted: {str(aspect.of).replace('-', ' ')}"
    return f"{aspect.side}: {_SIDE_WORDS[aspect.name]}" if aspect.side else aspect.name


def value_words(aspect: Aspect, value: Hashable) -> str:
    """Write the value of an aspect in a few words."""
    if value is ABSENT:
        return NOTHING
    if aspect.name in {"level", "missing", "outside_universe"}:
        return group_word(cast("GroupCode", value))
    if aspect.name == "bins":
        points, listed = cast("tuple[tuple[float, ...], tuple[str | LevelGroup, ...]]", value)
        return _bins_words(points, listed)
    if aspect.name == "accepted":
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
