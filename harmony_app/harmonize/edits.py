"""Turn what a person did into the next harmony: one pure function per kind of edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, get_args

from fusion_core.errors import InputError
from fusion_core.harmony import editing
from fusion_core.harmony.model import DROP, Aggregator, Harmony, SideName
from fusion_core.surveys.model import Variable
from fusion_core.surveys.source import SurveySource
from harmony_app.harmonize import messages
from harmony_app.harmonize.level_edits import LEVEL_EDITS
from harmony_app.harmonize.messages import Message

_Edit = Callable[[Harmony, Message, "Surveys"], Harmony]

SIDES: Final[tuple[SideName, SideName]] = ("donor", "recipient")


@dataclass(frozen=True)
class Surveys:
    """The two surveys an edit is made for."""

    donor: SurveySource
    recipient: SurveySource

    def survey(self, side: SideName) -> SurveySource:
        """Return the survey of a side."""
        return self.donor if side == "donor" else self.recipient

    def variable(self, side: SideName, harmony: Harmony) -> Variable:
        """Return the dictionary entry of a side's variable."""
        survey = self.survey(side)
        return survey.dictionary.require(harmony.side(side).variable, where=survey.id.title)

    def columns(self, side: SideName, harmony: Harmony) -> dict[str, Variable]:
        """Return the columns an expression of a side may use: those of the same table."""
        respondent = harmony.side(side).respondent
        return {
            variable.name: variable for variable in self.survey(side).dictionary.answers(respondent)
        }


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
    return EDITS[kind](harmony, message, surveys)


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
    points = [messages.number(value, "A break point") for value in values]
    name = messages.side(message)
    return editing.set_breakpoints(harmony, name, points, variable=surveys.variable(name, harmony))


def _number_bins(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    return editing.number_bins(harmony, messages.side(message))


def _adjustment(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    name, text = messages.side(message), messages.text(message, "text")
    return editing.set_adjustment(harmony, name, text, columns=surveys.columns(name, harmony))


def _universe(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    name, text = messages.side(message), messages.text(message, "text")
    side = harmony.side(name)
    outside = side.outside_universe if side.universe else DROP
    return editing.set_universe(
        harmony, name, text, outside, columns=surveys.columns(name, harmony)
    )


def _outside(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    name, group = messages.side(message), messages.group(message.get("group"))
    return editing.replace_side(harmony, name, outside_universe=group)


def _missing(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    return editing.set_missing(
        harmony, messages.side(message), messages.group(message.get("group"))
    )


def _aggregator(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    wanted = messages.text(message, "value")
    known: tuple[Aggregator, ...] = get_args(Aggregator)
    for aggregator in known:
        if aggregator == wanted:
            return editing.set_aggregator(harmony, messages.side(message), aggregator)
    raise InputError.unknown("aggregator", wanted, known)


def _ordered(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    return editing.set_ordered(harmony, message.get("value") is True)


def _deflate(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    name = messages.side(message)
    year = message.get("year")
    wanted = None if year is None else messages.whole(year, "The year")
    survey = surveys.survey(name)
    if wanted is not None and survey.description.price_year is None:
        raise InputError(
            f"The price year of {survey.id.title} is not known, so its dollars cannot be converted",
            fix="Set it on the Surveys page, or use an adjustment with a constant",
        )
    return editing.set_deflation(harmony, name, wanted)


def _rename(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    code = messages.number(message.get("code"), "The group")
    return editing.rename_group(harmony, code, messages.text(message, "name", limit=80).strip())


def _comment(harmony: Harmony, message: Message, surveys: Surveys) -> Harmony:
    del surveys
    return editing.set_comment(harmony, messages.text(message, "text", limit=4000))


EDITS: Final[Mapping[str, _Edit]] = MappingProxyType(
    {kind: _on_levels(edit) for kind, edit in LEVEL_EDITS.items()}
    | {
        "assign": _assign, "breakpoints": _breakpoints,
        "adjustment": _adjustment, "universe": _universe, "outside": _outside,
        "missing": _missing, "aggregator": _aggregator, "ordered": _ordered,
        "deflate": _deflate, "rename": _rename, "comment": _comment, "number_bins": _number_bins,
    }
)  # fmt: skip
"""Edits by the kind the browser names."""
