"""Edits of what a side does to its answers before they are grouped: adjust, bin, count, leave out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, get_args

from fusion_core.errors import InputError
from fusion_core.harmony.editing import adjusting, bin_by_labels
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.expressions import (
    COUNTING,
    Counting,
    read_condition,
    write_condition,
    write_recipe,
)
from fusion_core.harmony.model import DROP, Aggregator, Harmony, SideName
from harmony_app.harmonize.match import builder_records
from harmony_app.harmonize.work import Message, Surveys, messages

OWN_GROUP: Final = "own"
"""What the page says for a group of their own for rows outside the universe."""


def _adjustment(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    return _adjust(harmony, messages.side(message), messages.text(message, "text"), surveys)


def _recipe(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    recipe = builder_records.read_recipe(message.get("recipe"))
    return _adjust(harmony, messages.side(message), write_recipe(recipe), surveys)


def _adjust(harmony: Harmony, side: SideName, text: str, surveys: Surveys) -> Harmony:
    return adjusting.adjust(
        harmony,
        side,
        text,
        columns=surveys.columns(side, harmony),
        variables=surveys.variables(harmony),
    )


def _universe(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    return _limit(harmony, messages.side(message), messages.text(message, "text"), surveys)


def _universe_rows(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    rows = message.get("condition")
    text = "" if rows is None else write_condition(builder_records.read_condition(rows))
    return _limit(harmony, messages.side(message), text, surveys)


def _limit(harmony: Harmony, name: SideName, text: str, surveys: Surveys) -> Harmony:
    side = harmony.side(name)
    outside = side.outside_universe if side.universe else DROP
    return editing.set_universe(
        harmony, name, text, outside, columns=surveys.columns(name, harmony)
    )


def _outside(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    name, wanted = messages.side(message), message.get("group")
    if wanted == OWN_GROUP:
        harmony, code = adjusting.own_universe_group(harmony)
        return editing.replace_side(harmony, name, outside_universe=code)
    return editing.replace_side(harmony, name, outside_universe=messages.group(wanted))


def _count(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    name = messages.side(message)
    if harmony.side(name).respondent != "person":
        raise InputError("Only persons can be counted", where=harmony.side(name).variable)
    condition = builder_records.read_condition(message.get("condition"))
    counting: Counting = "any" if message.get("counting") == "any" else "number"
    changed = adjusting.count_members(harmony, name, condition, counting)
    text = changed.side(name).adjustment
    return editing.set_adjustment(changed, name, text, columns=surveys.columns(name, harmony))


def _aggregator(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    wanted = messages.text(message, "value")
    known: tuple[Aggregator, ...] = get_args(Aggregator)
    chosen = next((item for item in known if item == wanted), None)
    if chosen is None:
        raise InputError.unknown("aggregator", wanted, known)
    name = messages.side(message)
    side = harmony.side(name)
    counts = side.aggregator in COUNTING and read_condition(side.adjustment) is not None
    if counts and chosen not in COUNTING:
        harmony = adjusting.stop_counting(harmony, name, surveys.variables(harmony))
    return editing.set_aggregator(harmony, name, chosen)


def _label_bins(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    name = messages.side(message)
    year = message.get("base_year")
    base_year = None if year is None else messages.whole(year, "The year counted back from")
    number = surveys.variable(name, harmony)
    if harmony.side(name).adjustment.strip():
        number = replace(number, type="continuous", levels=(), minimum=None)
    return bin_by_labels(harmony, name, number, base_year=base_year)


def _deflate(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    name = messages.side(message)
    year = message.get("year")
    wanted = None if year is None else messages.whole(year, "The year")
    survey = surveys.survey(name)
    if wanted is not None and survey.description.price_year is None:
        raise InputError(
            f"The price year of {survey.id.title} is not known, so its dollars cannot be converted",
            fix="Say which year's dollars it reports",
        )
    return editing.set_deflation(harmony, name, wanted)


def note(before: Harmony, after: Harmony, message: Message) -> str:
    """Return what an edit of bins did to the groups, empty for other edits."""
    if message.get("kind") not in {"breakpoints", "label_bins"}:
        return ""
    side = messages.side(message)
    return editing.say_rebinned(before.side(side), after.side(side))


EDITS: Final[Mapping[str, Callable[[Harmony, Message, Surveys], Harmony]]] = MappingProxyType(
    {
        "adjustment": _adjustment,
        "recipe": _recipe,
        "universe": _universe,
        "universe_rows": _universe_rows,
        "outside": _outside,
        "count": _count,
        "aggregator": _aggregator,
        "label_bins": _label_bins,
        "deflate": _deflate,
    }
)
"""Edits by the kind the browser names."""

__all__ = ["EDITS", "OWN_GROUP", "note"]
