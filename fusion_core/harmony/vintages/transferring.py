"""Transfer harmonies to another vintage of either survey.

What is identical in both vintages is carried at once, and so is what is binned: bins do not depend
on levels. Renamed variables, changed levels and new price levels are proposed with what differs; a
person accepts them one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from fusion_core.errors import HarmonyError
from fusion_core.harmony.apply import price_factor, survey_year
from fusion_core.harmony.checks import Sibling, check_harmony, siblings_of
from fusion_core.harmony.expressions import mentioned_columns
from fusion_core.harmony.matching import CandidateIndex
from fusion_core.harmony.meaning import compare
from fusion_core.harmony.model import SIDES, Harmony, HarmonySet, Side, SideName, SurveyPair
from fusion_core.harmony.recodes import Recode
from fusion_core.harmony.vintages._forms import other_form, rebin
from fusion_core.harmony.vintages._ranges import follow_ranges
from fusion_core.harmony.vintages.levels import transfer_levels
from fusion_core.harmony.vintages.prices import rebase_prices
from fusion_core.harmony.vintages.transfer import (
    LevelChange,
    SettingChange,
    Transfer,
    TransferredHarmony,
    VariableChange,
)
from fusion_core.records import Checked
from fusion_core.surveys.model import Dictionary, Variable
from fusion_core.text_similarity import normalise_label, ratios

_RENAMED: Final = 0.5
"""Smallest score of a variable that may be an old one under a new name."""
_SAME_QUESTION: Final = 0.9
"""Smallest likeness of two questions of which only the variable's name is new."""
_ALWAYS_DOUBTS: Final = frozenset({"grouped-differently-in-sibling"})
"""Rules whose mere hints deserve a look: which of the vintages is right, a person must say."""
_NOT_DOUBTS: Final = frozenset(
    {
        "level-without-group",
        "unmatched-group",
        "amounts-of-different-things",
        "full-time-from-few-hours",
        "numbers-far-apart",
        "outsiders-counted-as-none",
        "questions-differ",
        "workless-with-hours",
    }
)


@dataclass(frozen=True)
class Vintages(Checked):
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
        Checked.__post_init__(self)
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


def transfer_to_vintage(
    harmonies: HarmonySet,
    pair: SurveyPair,
    *,
    donor: Vintages,
    recipient: Vintages,
    others: Iterable[HarmonySet] = (),
    existing: HarmonySet | None = None,
    examine: bool = True,
    recodes: Iterable[Recode] = (),
) -> Transfer:
    """Transfer all harmonies of a pair of surveys to another pair.

    Parameters
    ----------
    harmonies
        The harmonies of the old pair.
    pair
        The new pair: the same surveys, of another vintage on one or both sides.
    donor, recipient
        The dictionaries of the donor and of the recipient before and after.
    others
        Harmonies for more vintages of the same surveys: they tell where new levels belong, and
        where the old pair is alone with a grouping.
    existing
        What the new pair has already; it is compared, never taken for an example.
    examine
        Whether the checker looks at what was transferred and says what it doubts.
    recodes
        The recodes of the workspace: a side that follows one gets its new levels from it.
    """
    task = _Task(
        harmonies.pair,
        pair,
        {"donor": donor, "recipient": recipient},
        tuple(item for item in others if item.pair not in {pair, harmonies.pair}),
        examine,
        {item.name: item for item in recodes},
    )
    transferred = _without_collisions(
        [task.transfer_to_vintage(harmony) for harmony in harmonies.harmonies]
    )
    return Transfer(
        harmonies.pair, pair, tuple(task.compared(item, existing) for item in transferred)
    )


class _ImpossibleError(HarmonyError):
    """A harmony that cannot be transferred; the message says why."""


def _without_collisions(transferred: list[TransferredHarmony]) -> list[TransferredHarmony]:
    """Let only the best of several harmonies have a key of the new pair."""
    best: dict[str, TransferredHarmony] = {}
    for item in transferred:
        if item.harmony is None:
            continue
        rival = best.get(item.harmony.key)
        if rival is None or _claim(item) > _claim(rival):
            best[item.harmony.key] = item
    return [
        item
        if item.harmony is None or best[item.harmony.key] is item
        else TransferredHarmony(
            item.original,
            "impossible",
            reason=f"{best[item.harmony.key].key} becomes {item.harmony.key} already",
        )
        for item in transferred
    ]


def _claim(item: TransferredHarmony) -> float:
    return min((change.score for change in item.variables), default=2.0)


@dataclass
class _Draft:
    """A harmony being transferred, and what was changed so far."""

    harmony: Harmony
    variables: list[VariableChange] = field(default_factory=list)
    levels: list[LevelChange] = field(default_factory=list)
    settings: list[SettingChange] = field(default_factory=list)


@dataclass(frozen=True)
class _Task:
    """What is the same for all harmonies of a pair."""

    source: SurveyPair
    target: SurveyPair
    vintages: Mapping[SideName, Vintages]
    others: tuple[HarmonySet, ...]
    examine: bool
    recodes: Mapping[str, Recode]

    def transfer_to_vintage(self, harmony: Harmony) -> TransferredHarmony:
        draft = _Draft(replace(harmony, author="", modified="", revision=0))
        siblings = siblings_of(harmony, self.target, self.others)
        try:
            for name in SIDES:
                self._rename(draft, name)
            for name in SIDES:
                self._transfer_side(draft, name, harmony.side(name), siblings)
        except _ImpossibleError as error:
            return TransferredHarmony(harmony, "impossible", reason=str(error))
        draft.harmony, prices = rebase_prices(
            draft.harmony,
            self.source,
            self.target,
            self.vintages["donor"].new,
            self.vintages["recipient"].new,
            custom=not self._left_in_own_prices(harmony.key),
        )
        draft.settings += prices
        different = bool(draft.variables or draft.levels or draft.settings)
        return TransferredHarmony(
            harmony,
            "proposed" if different else "identical",
            draft.harmony,
            tuple(draft.variables),
            tuple(draft.levels),
            tuple(draft.settings),
            doubts=self._doubts(draft.harmony, siblings) if self.examine else (),
        )

    def compared(self, item: TransferredHarmony, existing: HarmonySet | None) -> TransferredHarmony:
        """Add what the new pair has already under the key."""
        found = existing.get(item.harmony.key) if existing and item.harmony else None
        if found is None or item.harmony is None:
            return item
        donor, recipient = (
            self.vintages[name].new.get(found.side(name).variable) for name in SIDES
        )
        years = (survey_year(self.target.donor), survey_year(self.target.recipient))
        comparison = compare(item.harmony, found, donor=donor, recipient=recipient, years=years)
        return replace(item, existing=found, comparison=comparison)

    def _left_in_own_prices(self, key: str) -> bool:
        """Whether another pair of different years compares the amounts without a conversion."""
        for other in self.others:
            years = (survey_year(other.pair.donor), survey_year(other.pair.recipient))
            found = other.get(key)
            if found is not None and years[0] != years[1]:
                factors = [
                    price_factor(found.side(name), year)
                    for name, year in zip(SIDES, years, strict=True)
                ]
                if factors == [1.0, 1.0]:
                    return True
        return False

    def _rename(self, draft: _Draft, name: SideName) -> None:
        """Replace variables the new survey does not have, also in expressions."""
        side, vintages = draft.harmony.side(name), self.vintages[name]
        names: dict[str, str] = {}
        texts = [text for text in (side.adjustment, side.universe) if text]
        mentioned = {column for text in texts for column in mentioned_columns(text)}
        for column in (side.variable, *sorted(mentioned - {side.variable})):
            if column in vintages.new:
                continue
            found = vintages.successor(column)
            if found is None:
                survey = self.target.donor if name == "donor" else self.target.recipient
                raise _ImpossibleError(
                    f"{survey.title} has no variable {column} and none that is alike"
                )
            variable, score, reason = found
            names[column] = variable.name
            sure = _same_question(vintages.old[column], variable)
            draft.variables.append(VariableChange(name, column, variable.name, score, reason, sure))
        main = vintages.new[names.get(side.variable, side.variable)]
        renamed = replace(
            side,
            variable=main.name,
            respondent=main.respondent,
            adjustment=_replace_names(side.adjustment, names),
            universe=_replace_names(side.universe, names),
        )
        draft.harmony = _with(draft.harmony, name, renamed)

    def _transfer_side(
        self, draft: _Draft, name: SideName, old: Side, siblings: Sequence[Sibling]
    ) -> None:
        variable = self.vintages[name].new[draft.harmony.side(name).variable]
        if _form_changed(old, variable, self.vintages[name].old):
            draft.harmony, sentence = _other_form(draft.harmony, name, variable)
            draft.settings.append(SettingChange(name, "form", sentence))
            return
        rebinned = rebin(draft.harmony, name, variable)
        if rebinned is not None:
            draft.harmony, sentence = rebinned
            draft.settings.append(SettingChange(name, "form", sentence))
            return
        side, differences = transfer_levels(
            draft.harmony, name, variable, siblings, self.recodes.get(old.recode)
        )
        draft.harmony = _with(draft.harmony, name, side)
        draft.harmony, differences, moved = follow_ranges(draft.harmony, name, differences)
        draft.levels += differences
        draft.settings += moved

    def _doubts(self, harmony: Harmony, siblings: Sequence[Sibling]) -> tuple[str, ...]:
        """Return what the checker holds against a transferred harmony, apart from open levels."""
        found = check_harmony(
            harmony,
            self.vintages["donor"].new,
            self.vintages["recipient"].new,
            siblings,
        )
        return tuple(
            item.sentence
            for item in found
            if (item.severity != "hint" or item.rule in _ALWAYS_DOUBTS)
            and item.rule not in _NOT_DOUBTS
        )


def _same_question(old: Variable, new: Variable) -> bool:
    """Whether two variables ask the same in nearly the same words, and name the same numbers."""
    texts = [normalise_label(item.description) for item in (old, new)]
    numbers = [re.findall(r"\d+", text) for text in texts]
    alike = bool(ratios(texts[:1], texts[1:], "sorted words")[0, 0] >= _SAME_QUESTION)
    return alike and numbers[0] == numbers[1] and old.respondent == new.respondent


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


_TOKEN: Final = re.compile(r"'(?:[^']|'')*'|\b[A-Za-z_]\w*\b")


def _replace_names(text: str, names: Mapping[str, str]) -> str:
    """Replace column names outside quoted text."""
    return _TOKEN.sub(lambda found: names.get(found[0].lower(), found[0]), text)


__all__ = ["Vintages", "transfer_to_vintage"]
