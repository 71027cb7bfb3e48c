"""Say in words how two versions of a harmony differ, for the history and for conflicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fusion_core.harmony.model import DROP, GroupCode, Harmony, Side

LEVELS_LISTED: Final = 12
"""Regrouped levels listed one by one; more are summed up."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: what it is about, and its wording before and after."""

    what: str
    before: str
    after: str

    @property
    def cells(self) -> list[str]:
        """The three texts in the order of a table row."""
        return [self.what, self.before, self.after]


def harmony_changes(before: Harmony, after: Harmony) -> list[Change]:
    """List what differs between two versions, the texts of both ready to be shown.

    Parameters
    ----------
    before, after
        Two versions of the harmony of the same two variables.
    """
    changes = [
        *_side_changes("donor", before.donor, after.donor),
        *_side_changes("recipient", before.recipient, after.recipient),
    ]
    _compare(changes, "ordered", _yes(before.ordered), _yes(after.ordered))
    names_before, names_after = dict(before.group_names), dict(after.group_names)
    for code in sorted(names_before.keys() | names_after.keys()):
        _compare(
            changes,
            f"name of group {group_word(code)}",
            names_before.get(code, ""),
            names_after.get(code, ""),
        )
    _compare(changes, "comment", before.comment, after.comment)
    _compare(changes, "accepted findings", _accepted(before), _accepted(after))
    return changes


def _accepted(harmony: Harmony) -> str:
    return "; ".join(f"{item.rule.replace('-', ' ')} ({item.reason})" for item in harmony.accepted)


def group_word(group: GroupCode) -> str:
    """Write a group code: ``3``, ``left out`` or ``no group``."""
    if group is None:
        return "no group"
    return "left out" if group == DROP else f"{float(group):g}"


def _side_changes(name: str, before: Side, after: Side) -> list[Change]:
    changes: list[Change] = []
    for what, old, new in (
        ("adjustment", before.adjustment, after.adjustment),
        ("bins", _numbers(before.breakpoints), _numbers(after.breakpoints)),
        ("aggregator", before.aggregator, after.aggregator),
        ("universe", before.universe, after.universe),
        (
            "rows outside the universe",
            group_word(before.outside_universe),
            group_word(after.outside_universe),
        ),
        ("rows without an answer", group_word(before.missing), group_word(after.missing)),
        ("prices of", _year(before.deflate_to_year), _year(after.deflate_to_year)),
    ):
        _compare(changes, f"{name}: {what}", old, new)
    groups_before = {item.level: item.group for item in before.levels}
    groups_after = {item.level: item.group for item in after.levels}
    regrouped = [
        Change(f"{name}: {level}", _group_of(groups_before, level), _group_of(groups_after, level))
        for level in dict.fromkeys([*groups_before, *groups_after])
        if _group_of(groups_before, level) != _group_of(groups_after, level)
    ]
    changes += regrouped[:LEVELS_LISTED]
    if len(regrouped) > LEVELS_LISTED:
        changes.append(
            Change(
                f"{name}: {len(regrouped) - LEVELS_LISTED} more levels", "", "grouped differently"
            )
        )
    return changes


def _compare(changes: list[Change], what: str, before: str, after: str) -> None:
    if before != after:
        changes.append(Change(what, before or "–", after or "–"))


def _group_of(groups: dict[str, GroupCode], level: str) -> str:
    return group_word(groups[level]) if level in groups else "–"


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _year(year: int | None) -> str:
    return "" if year is None else str(year)
