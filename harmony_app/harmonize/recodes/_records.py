"""What the page is told of recodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fusion_core.harmony.editing import group_word
from fusion_core.harmony.model import GroupCode, Harmony, HarmonySet, Side, SideName, SurveyPair
from fusion_core.harmony.recodes import (
    Consequence,
    Recode,
    departures,
    knows,
    unknown_levels,
    uses_of,
)

_LISTED: Final = 60


def brief_record(recode: Recode | None, name: str, side: Side) -> dict[str, Any]:
    """Describe a side's recode for its chip: its title, and whether the side departs from it."""
    if recode is None:
        return {"name": name, "title": name, "differs": 0, "unknown": 0, "missing": True}
    return {
        "name": name,
        "title": recode.title,
        "differs": len(departures(recode, side)),
        "unknown": len(unknown_levels(recode, side)) if not side.breakpoints else 0,
        "missing": False,
    }


def choice_record(
    recode: Recode, harmony: Harmony, side: SideName, sets: Sequence[HarmonySet]
) -> dict[str, Any]:
    """Describe a recode a side could use: what it is, how much it knows, who uses it."""
    half = harmony.side(side)
    other = harmony.donor if side == "recipient" else harmony.recipient
    total = len(half.levels) or len(recode.bins)
    known = min(knows(recode, half), total)
    # Any number reads as an age: a recode of bins alone fits labels only where it knows them all.
    fits = known == total or half.breakpoints or recode.levels or recode.prefixes
    other_total = len(other.levels) or len(recode.bins)
    return {
        "name": recode.name,
        "title": recode.title,
        "groups": [name for _, name in recode.groups],
        "source": recode.source,
        "note": recode.note,
        "standard": recode.is_standard,
        "by": recode.author,
        "known": known,
        "total": total,
        "share": known / total if total and fits else 0.0,
        "both": bool(other_total) and knows(recode, other) >= other_total,
        "uses": len(uses_of(recode, sets)),
    }


def side_record(
    recode: Recode,
    harmony: Harmony,
    side: SideName,
    sets: Sequence[HarmonySet],
    place: tuple[SurveyPair | None, str],
) -> dict[str, Any]:
    """Describe the recode a side uses: where it departs, what it does not know, who else uses it."""
    half = harmony.side(side)
    groups = {item.level: item.group for item in half.levels}
    uses = [use for use in uses_of(recode, sets) if (use.pair, use.key) != place]
    unknown = () if half.breakpoints else unknown_levels(recode, half)
    return {
        "name": recode.name,
        "title": recode.title,
        "source": recode.source,
        "note": recode.note,
        "standard": recode.is_standard,
        "differs": [
            [item.level, group_word(item.group), _called(recode, item.expected)]
            for item in departures(recode, half)[:_LISTED]
        ],
        "unknown": [[level, group_word(groups[level])] for level in unknown[:_LISTED]],
        "uses": [
            {
                "pair": str(use.pair),
                "title": use.pair.title,
                "key": use.key,
                "side": use.side,
                "differs": len(use.departures),
            }
            for use in uses
        ],
    }


def _called(recode: Recode, group: GroupCode) -> str:
    """Return the name of a group of a recode."""
    return dict(recode.groups)[group] if isinstance(group, float) else group_word(group)


def consequence_record(item: Consequence) -> dict[str, Any]:
    """Describe what a change of a recode does to a harmony."""
    return {
        "pair": str(item.pair),
        "title": item.pair.title,
        "key": item.before.key,
        "changes": [[*change.cells, list(change.levels)] for change in item.changes],
        "undecided": [level for _, level in item.undecided],
    }


__all__ = ["brief_record", "choice_record", "consequence_record", "side_record"]
