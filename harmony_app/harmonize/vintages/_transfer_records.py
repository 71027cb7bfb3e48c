"""A transfer as the browser shows it: sections, changes to tick, groups to choose from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from fusion_core.harmony.editing import group_word
from fusion_core.harmony.meaning import Comparison, LevelComparison
from fusion_core.harmony.model import SIDES, Harmony, SurveyPair, is_group
from fusion_core.harmony.vintages import (
    LevelChange,
    SettingChange,
    Transfer,
    TransferredHarmony,
    VariableChange,
)

_WORDS_SHOWN: Final = 3
"""Levels that stand for a group without a name."""
_ROWS_SHOWN: Final = 400
"""Differing levels sent for one harmony."""


def pair_choices(
    pairs: Sequence[SurveyPair], counts: Mapping[SurveyPair, int]
) -> list[dict[str, Any]]:
    """Describe the pairs to transfer from or to."""
    return [{"id": str(pair), "title": pair.title, "harmonies": counts[pair]} for pair in pairs]


def transfer_record(found: Transfer, drafts: Collection[str]) -> dict[str, Any]:
    """Describe what was transferred.

    Parameters
    ----------
    found
        What it found.
    drafts
        Keys of the person's drafts in the new pair.
    """
    return {
        "source": found.source.title,
        "target": str(found.target),
        "target_title": found.target.title,
        "items": [_item(item, drafts) for item in found.harmonies],
    }


def _item(item: TransferredHarmony, drafts: Collection[str]) -> dict[str, Any]:
    new_key = item.harmony.key if item.harmony else ""
    return {
        "key": item.key,
        "new_key": new_key,
        "section": _section(item, has_draft=new_key in drafts),
        "sure": item.is_sure,
        "reason": item.reason,
        "doubts": list(item.doubts),
        "draft": new_key in drafts,
        "changes": [_change(change) for change in item.changes],
        "groups": _groups(item.harmony) if item.harmony else [],
        "exists": differing_record(item.comparison) if item.comparison else None,
    }


def _section(item: TransferredHarmony, *, has_draft: bool) -> str:
    """Return where a harmony is listed, by what a person has to do about it."""
    if item.status == "impossible":
        return "impossible"
    if item.comparison is not None:
        return "same" if item.comparison.is_same else "exists"
    if has_draft:
        return "exists"
    return "ready" if item.is_sure else "look"


def _change(change: VariableChange | LevelChange | SettingChange) -> dict[str, Any]:
    record: dict[str, Any] = {"side": change.side, "sure": change.sure, "text": change.sentence}
    if isinstance(change, VariableChange):
        return record | {"kind": "variable", "refusable": False}
    if isinstance(change, SettingChange):
        return record | {"kind": change.kind, "refusable": change.before is not None}
    return record | {
        "kind": change.kind,
        "level": change.level,
        "earlier": change.earlier,
        "group": change.group,
        "refusable": change.kind != "removed",
    }


def _groups(harmony: Harmony) -> list[list[Any]]:
    """List the groups of a harmony with words for each: its name, or the levels it holds."""
    names = dict(harmony.group_names)
    words: dict[float, list[str]] = {}
    for name in SIDES:
        for item in harmony.side(name).levels:
            if isinstance(item.group, int | float):
                words.setdefault(float(item.group), []).append(item.level)
    return [
        [code, names.get(code) or _joined(list(dict.fromkeys(found)))]
        for code, found in sorted(words.items())
    ]


def comparison_record(found: Comparison) -> dict[str, Any]:
    """Describe how two harmonies differ, level by level, both groupings side by side."""
    return {
        "verdict": found.verdict,
        "text": found.sentence,
        "settings": [change.cells for change in found.settings],
        "rows": [_level(item, found) for item in found.levels],
    }


def differing_record(found: Comparison) -> dict[str, Any]:
    """Describe only the levels that differ, or that one of the harmonies does not list."""
    record = comparison_record(found)
    rows = [row for row in record["rows"] if row["differs"] or row["lone"]]
    return record | {"rows": rows[:_ROWS_SHOWN]}


def _level(item: LevelComparison, found: Comparison) -> dict[str, Any]:
    across = [other for other in found.levels if other.side != item.side]
    return {
        "side": item.side,
        "level": item.level,
        "here": group_word(item.here) if item.in_here else "not a level",
        "there": group_word(item.there) if item.in_there else "not a level",
        "here_meets": _joined([o.level for o in across if o.in_here and o.here == item.here])
        if is_group(item.here)
        else "",
        "there_meets": _joined([o.level for o in across if o.in_there and o.there == item.there])
        if is_group(item.there)
        else "",
        "recoded": item.shared and not item.differs and item.here != item.there,
        "differs": item.differs,
        "lone": not item.shared,
    }


def _joined(levels: list[str]) -> str:
    more = len(levels) - _WORDS_SHOWN
    return ", ".join(levels[:_WORDS_SHOWN]) + (f" and {more} more" if more > 0 else "")


__all__ = ["comparison_record", "differing_record", "pair_choices", "transfer_record"]
