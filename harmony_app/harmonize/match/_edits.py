"""Turn what a person did into the next harmony: one pure function per kind of edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.model import SIDES, Harmony
from harmony_app.harmonize.match import _shaping as shaping
from harmony_app.harmonize.match._level_edits import LEVEL_EDITS
from harmony_app.harmonize.work import Message, Surveys, messages

_Edit = Callable[[Harmony, Message, Surveys], Harmony]


BREAKPOINTS_AT_MOST: Final = 200


def apply_edit(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    """Return the harmony after an edit.

    Raises
    ------
    InputError
        If the edit is not possible; the message says why. Nothing has changed then.
    """
    kind = message.get("kind")
    if not isinstance(kind, str) or kind not in EDITS:
        raise InputError("The page sent an edit this server does not know", fix="Reload the page")
    edited = EDITS[kind](harmony, message, surveys)
    return edited if kind == "ordered" else _follow_order(harmony, edited, surveys)


def _follow_order(before: Harmony, after: Harmony, surveys: Surveys) -> Harmony:
    """Say "ordered" as detected, as long as a person has not said otherwise."""
    if before == after:
        return after
    donor, recipient = surveys.variables(after)
    if before.ordered != editing.detect_ordered(before, donor, recipient):
        return after
    return editing.set_ordered(after, editing.detect_ordered(after, donor, recipient))


def _on_levels(edit: Callable[[Harmony, Message], Harmony]) -> _Edit:
    """Take an edit of groups and levels, which does not ask what surveys they belong to."""

    def apply(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
        del surveys
        return edit(harmony, message)

    return apply


def _assign(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    group = messages.group(message.get("group"))
    for name in SIDES:
        levels = harmony.side(name).levels
        chosen = messages.positions(message.get(name, []), len(levels))
        if chosen:
            harmony = editing.assign(
                harmony, name, [levels[index].level for index in chosen], group
            )
    return harmony


def _breakpoints(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    values = message.get("values")
    if not isinstance(values, list):
        raise InputError("The message lists no break points")
    if len(values) > BREAKPOINTS_AT_MOST:
        raise InputError(
            f"{len(values):,} break points are more than can be grouped by hand",
            fix=f"Use at most {BREAKPOINTS_AT_MOST}",
        )
    points = [messages.number(value, "A break point") for value in values]
    name = messages.side(message)
    return editing.set_breakpoints(harmony, name, points, variable=surveys.variable(name, harmony))


def _number_bins(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    return editing.number_bins(harmony, messages.side(message))


def _missing(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    return editing.set_missing(
        harmony, messages.side(message), messages.group(message.get("group"))
    )


def _ordered(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    return editing.set_ordered(harmony, message.get("value") is True)


def _rename(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    code = messages.number(message.get("code"), "The group")
    return editing.rename_group(harmony, code, messages.text(message, "name", limit=80).strip())


def _comment(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    return editing.set_comment(harmony, messages.text(message, "text", limit=4000))


EDITS: Final[Mapping[str, _Edit]] = MappingProxyType(
    messages.by_kind(
        {kind: _on_levels(edit) for kind, edit in LEVEL_EDITS.items()},
        {
            "assign": _assign,
            "breakpoints": _breakpoints,
            "missing": _missing,
            "ordered": _ordered,
            "rename": _rename,
            "comment": _comment,
            "number_bins": _number_bins,
        },
        shaping.EDITS,
    )
)
"""Edits by the kind the browser names."""
