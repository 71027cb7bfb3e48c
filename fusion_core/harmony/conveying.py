"""Convey harmonies to another vintage of either survey.

What is identical in both vintages is carried at once, and so is what is binned: bins do not depend
on levels. Renamed variables, changed levels and new price levels are proposed with what differs; a
person accepts them one by one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from fusion_core.errors import HarmonyError
from fusion_core.harmony.candidates import CandidateIndex
from fusion_core.harmony.conveyance import (
    Conveyance,
    ConveyedHarmony,
    LevelChange,
    VariableChange,
)
from fusion_core.harmony.conveying_forms import other_form
from fusion_core.harmony.conveying_levels import convey_levels
from fusion_core.harmony.conveying_prices import rebase_prices
from fusion_core.harmony.expressions import mentioned_columns
from fusion_core.harmony.model import Harmony, HarmonySet, Side, SideName, SurveyPair
from fusion_core.surveys.model import Dictionary, Variable

_SIDES: Final[tuple[SideName, SideName]] = ("donor", "recipient")
_RENAMED: Final = 0.5
"""Smallest score of a variable that may be an old one under a new name."""


@dataclass(frozen=True)
class Vintages:
    """The dictionaries of one survey before and after; the same one where nothing changes.

    Attributes
    ----------
    old, new
        Dictionary of the old and of the new survey.
    """

    old: Dictionary
    new: Dictionary
    _index: CandidateIndex = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Only what the old survey does not have can be an old variable under a new name.
        fresh = Dictionary([item for name, item in self.new.items() if name not in self.old])
        object.__setattr__(self, "_index", CandidateIndex(fresh))

    def successor(self, name: str) -> tuple[Variable, float, str] | None:
        """Return the variable that most likely replaces `name`, its score and the reason."""
        earlier = self.old.get(name)
        if earlier is None:
            return None
        found = self._index.rank(earlier, limit=1)
        if not found or found[0].score < _RENAMED:
            return None
        return found[0].variable, found[0].score, found[0].reason


def convey(
    harmonies: HarmonySet, pair: SurveyPair, *, donor: Vintages, recipient: Vintages
) -> Conveyance:
    """Convey all harmonies of a pair of surveys to another pair.

    Parameters
    ----------
    harmonies
        The harmonies of the old pair.
    pair
        The new pair: the same surveys, of another vintage on one or both sides.
    donor, recipient
        The dictionaries of the donor and of the recipient before and after.
    """
    sides: dict[SideName, Vintages] = {"donor": donor, "recipient": recipient}
    conveyed = tuple(
        _convey_one(harmony, harmonies.pair, pair, sides) for harmony in harmonies.harmonies
    )
    return Conveyance(harmonies.pair, pair, conveyed)


class _ImpossibleError(HarmonyError):
    """A harmony that cannot be conveyed; the message says why."""


def _convey_one(
    harmony: Harmony,
    source: SurveyPair,
    target: SurveyPair,
    vintages: Mapping[SideName, Vintages],
) -> ConveyedHarmony:
    renamed: list[VariableChange] = []
    changed: list[LevelChange] = []
    remarks: list[str] = []
    found = harmony
    try:
        for name in _SIDES:
            side, changes = _rename(name, found.side(name), vintages[name], target)
            renamed += changes
            found = _with(found, name, side)
        for name in _SIDES:
            variable = vintages[name].new[found.side(name).variable]
            if _form_changed(harmony.side(name), variable, vintages[name].old):
                found, remark = _other_form(found, name, variable)
                remarks.append(remark)
                continue
            side, differences = convey_levels(name, found.side(name), variable)
            changed += differences
            found = _with(found, name, side)
    except _ImpossibleError as error:
        return ConveyedHarmony(harmony, "impossible", reason=str(error))
    found, more = rebase_prices(
        found, source, target, vintages["donor"].new, vintages["recipient"].new
    )
    remarks += more
    # Bookkeeping belongs to the old pair: the store starts a new history.
    found = replace(found, author="", modified="", revision=0)
    different = bool(renamed or changed or remarks)
    return ConveyedHarmony(
        harmony, "proposed" if different else "identical", found,
        tuple(renamed), tuple(changed), tuple(remarks),
    )  # fmt: skip


def _form_changed(side: Side, variable: Variable, old: Dictionary) -> bool:
    """Whether a number became brackets or brackets a number; an expression makes its own form."""
    earlier = old.get(side.variable)
    return (
        earlier is not None
        and not side.adjustment
        and earlier.is_categorical != variable.is_categorical
    )


def _other_form(harmony: Harmony, name: SideName, variable: Variable) -> tuple[Harmony, str]:
    found = other_form(harmony, name, variable)
    if found is None:
        kinds = ("levels", "numbers") if variable.is_categorical else ("numbers", "levels")
        raise _ImpossibleError(f"{variable.name} has {kinds[0]} now instead of {kinds[1]}")
    return found


def _with(harmony: Harmony, name: SideName, side: Side) -> Harmony:
    return replace(harmony, donor=side) if name == "donor" else replace(harmony, recipient=side)


def _rename(
    name: SideName, side: Side, vintages: Vintages, target: SurveyPair
) -> tuple[Side, list[VariableChange]]:
    """Replace variables the new survey does not have, also in expressions."""
    changes: list[VariableChange] = []
    names: dict[str, str] = {}
    mentioned = {
        column
        for text in (side.adjustment, side.universe)
        if text
        for column in mentioned_columns(text)
    }
    for column in (side.variable, *sorted(mentioned - {side.variable})):
        if column in vintages.new:
            continue
        found = vintages.successor(column)
        if found is None:
            survey = target.donor if name == "donor" else target.recipient
            raise _ImpossibleError(
                f"{survey.title} has no variable {column} and none that is alike"
            )
        variable, score, reason = found
        names[column] = variable.name
        changes.append(VariableChange(name, column, variable.name, score, reason))
    main = vintages.new[names.get(side.variable, side.variable)]
    renamed = replace(
        side,
        variable=main.name,
        respondent=main.respondent,
        adjustment=_replace_names(side.adjustment, names),
        universe=_replace_names(side.universe, names),
    )
    return renamed, changes


_TOKEN: Final = re.compile(r"'(?:[^']|'')*'|\b[A-Za-z_]\w*\b")


def _replace_names(text: str, names: Mapping[str, str]) -> str:
    """Replace column names outside quoted text."""
    return _TOKEN.sub(lambda found: names.get(found[0].lower(), found[0]), text)


__all__ = ["Vintages", "convey"]
