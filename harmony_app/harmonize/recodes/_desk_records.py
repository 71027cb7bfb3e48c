"""What the page is told of a recode that is edited by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, Final

from fusion_core.harmony.editing import group_word
from fusion_core.harmony.model import HarmonySet, Side, SurveyPair, bin_labels
from fusion_core.harmony.recodes import (
    Consequence,
    Recode,
    RecodeMerge,
    unknown_levels,
    uses_of,
)
from fusion_core.text_similarity import normalise_label
from harmony_app.harmonize.recodes._desk_state import RecodeEdit
from harmony_app.harmonize.recodes._records import consequence_record

_UNKNOWN_AT_MOST: Final = 300
_PLACES_SHOWN: Final = 4


def desk_record(
    state: RecodeEdit | None,
    news: tuple[Recode, RecodeMerge] | None,
    recodes: Sequence[Recode],
    drafts: Sequence[Recode],
    sets: Sequence[HarmonySet],
) -> dict[str, Any]:
    """Describe the recode being edited, and the recodes there are."""
    uses = Counter(
        side.recode
        for item in sets
        for harmony in item.harmonies
        for side in (harmony.donor, harmony.recipient)
        if side.recode
    )
    kept = {item.name: item for item in drafts}
    saved = {item.name: item for item in recodes}
    listed = [saved.get(name) or kept[name] for name in sorted(saved | kept)]
    return {
        "recodes": [
            {
                "name": item.name,
                "title": item.title,
                "classes": [text for _, text in item.groups],
                "answers": len(item.levels) + len(item.prefixes) + len(item.bins),
                "uses": uses[item.name],
                "standard": item.is_standard and item.name in saved,
                "by": item.author,
                "modified": item.modified,
                "draft": item.name in kept,
            }
            for item in listed
        ],
        "open": None if state is None else _open_record(state, news),
    }


def _open_record(state: RecodeEdit, news: tuple[Recode, RecodeMerge] | None) -> dict[str, Any]:
    recode = state.current
    bins = zip(
        bin_labels(recode.breakpoints) if recode.breakpoints else (), recode.bins, strict=True
    )
    return {
        "name": recode.name,
        "title": recode.title,
        "note": recode.note,
        "source": recode.source,
        "ordered": recode.ordered,
        "breakpoints": list(recode.breakpoints),
        "classes": [list(item) for item in recode.groups],
        "entries": [
            *(["bin", str(at), text, group] for at, (text, group) in enumerate(bins)),
            *(["start", item.level, item.level, item.group] for item in recode.prefixes),
            *(["answer", item.level, item.level, item.group] for item in recode.levels),
        ],
        "new": state.base is None,
        "standard": state.base is not None and state.base.is_standard,
        "revision": state.base.revision if state.base else 0,
        "author": state.base.author if state.base else "",
        "modified": state.base.modified if state.base else "",
        "changed": state.is_changed,
        "can_undo": bool(state.past),
        "can_redo": bool(state.future),
        "news": None
        if news is None
        else {
            "by": news[0].author,
            "modified": news[0].modified,
            "revision": news[0].revision,
            "clashes": [[item.what, item.mine, item.theirs] for item in news[1].clashes],
        },
    }


def outcome_record(
    recode: Recode,
    found: Sequence[Consequence],
    drafted: Collection[tuple[SurveyPair, str]],
    sets: Sequence[HarmonySet],
) -> dict[str, Any]:
    """Describe what a change does to harmonies, where a recode is used, and what it does not know."""
    by_pair = {item.pair: {harmony.key: harmony for harmony in item.harmonies} for item in sets}
    uses = [(use, by_pair[use.pair][use.key].side(use.side)) for use in uses_of(recode, sets)]
    seen: Counter[str] = Counter()
    for _, side in uses:
        seen.update({normalise_label(item.level) for item in side.levels})
    counts = ((item.level, seen[normalise_label(item.level)]) for item in recode.levels)
    return {
        "name": recode.name,
        "changes": [
            consequence_record(item) | {"draft": (item.pair, item.before.key) in drafted}
            for item in found
        ],
        "uses": [
            {"pair": str(use.pair), "title": use.pair.title, "key": use.key, "side": use.side}
            for use, _ in uses
        ],
        "seen": {level: count for level, count in counts if count},
        "unknown": _unknown(
            recode, [(f"{use.pair.title} {side.variable}", side) for use, side in uses]
        ),
    }


def _unknown(recode: Recode, uses: Sequence[tuple[str, Side]]) -> list[dict[str, Any]]:
    """List answers of harmonies that the recode has no class for, with where they are and their group."""
    found: dict[str, tuple[list[str], set[str]]] = {}
    for place, side in uses:
        if side.breakpoints:
            continue
        groups = {item.level: item.group for item in side.levels}
        for level in unknown_levels(recode, side):
            places, words = found.setdefault(level, ([], set()))
            places.append(place)
            words.add(group_word(groups[level]))
    return [
        {
            "text": level,
            "groups": sorted(words),
            "places": places[:_PLACES_SHOWN],
            "more": max(0, len(places) - _PLACES_SHOWN),
        }
        for level, (places, words) in sorted(found.items())[:_UNKNOWN_AT_MOST]
    ]


__all__ = ["desk_record", "outcome_record"]
