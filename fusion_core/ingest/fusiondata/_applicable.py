"""Which published harmonies apply to the files at hand, and why the others do not.

A harmony is made for one vintage of two surveys. Files at hand may be older, partial, or without
persons. Each harmony is checked against both surveys; the ones that apply are returned with their
level texts rewritten to the surveys' own spelling where – and only where – two spellings differ in
nothing but case, punctuation and white space and exactly one level fits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fusion_core.errors import HarmonyError
from fusion_core.harmony.apply import harmonize_side
from fusion_core.harmony.expressions import check_condition, check_expression
from fusion_core.harmony.model import SIDES, Harmony, HarmonySet, Side, SideName
from fusion_core.ingest.tables import comparable
from fusion_core.surveys.model import WEIGHT, Survey, Variable
from fusion_core.text_similarity import nearest

_SHOWN_LEVELS: Final = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """A harmony that does not apply, and why.

    Attributes
    ----------
    key
        The harmony's key.
    side
        The side that stands in the way.
    reason
        Why, in a sentence.
    """

    key: str
    side: SideName
    reason: str


@dataclass(frozen=True, slots=True)
class Respelling:
    """A level text that was rewritten to the survey's own spelling.

    Attributes
    ----------
    key, side
        The harmony and its side.
    published, survey
        The level as the harmony had it and as the survey spells it.
    """

    key: str
    side: SideName
    published: str
    survey: str


@dataclass(frozen=True)
class Applicable:
    """The outcome for a set of harmonies.

    Attributes
    ----------
    harmonies
        Those that apply, with the surveys' own level texts.
    refusals
        Why the others do not; a harmony is refused for every side that stands in the way.
    respellings
        Every level text that was rewritten.
    """

    harmonies: tuple[Harmony, ...]
    refusals: tuple[Refusal, ...]
    respellings: tuple[Respelling, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the harmonies that apply."""
        return tuple(harmony.key for harmony in self.harmonies)


def applicable_harmonies(
    harmonies: HarmonySet | Iterable[Harmony], donor: Survey, recipient: Survey
) -> Applicable:
    """Sort harmonies into those that apply to two surveys and those that do not.

    Parameters
    ----------
    harmonies
        Published harmonies, e.g. from `fusion_core.harmony.fusiondata.reading.read_harmonies`.
    donor, recipient
        The surveys at hand. Where one has microdata, a harmony counts as applying only if its
        column can really be computed; with a dictionary alone, names and levels decide.
    """
    items = harmonies.harmonies if isinstance(harmonies, HarmonySet) else tuple(harmonies)
    kept, refusals, respellings = [], [], []
    for harmony in items:
        found: list[Refusal] = []
        respelled: list[Respelling] = []
        sides: dict[SideName, Side] = {}
        for name, survey in zip(SIDES, (donor, recipient), strict=True):
            side, changes = _respelled(harmony, name, survey)
            sides[name] = side
            respelled += changes
            reason = _obstacle(side, survey)
            if reason:
                found.append(Refusal(harmony.key, name, reason))
        rewritten = dataclasses.replace(harmony, donor=sides["donor"], recipient=sides["recipient"])
        found = found or _computed(rewritten, donor, recipient)
        if found:
            refusals += found
        else:
            kept.append(rewritten)
            respellings += respelled
    return Applicable(tuple(kept), tuple(refusals), tuple(respellings))


def _respelled(harmony: Harmony, name: SideName, survey: Survey) -> tuple[Side, list[Respelling]]:
    """Rewrite level texts to the survey's spelling where exactly one level fits."""
    side = harmony.side(name)
    variable = survey.dictionary.get(side.variable)
    if variable is None or side.breakpoints or not variable.levels:
        return side, []
    own: dict[str, list[str]] = {}
    for level in variable.levels:
        own.setdefault(comparable(level), []).append(level)
    published = [comparable(item.level) for item in side.levels]
    levels, changes = [], []
    for item, text in zip(side.levels, published, strict=True):
        candidates = own.get(text, [])
        unique = len(candidates) == 1 and published.count(text) == 1
        if item.level in variable.levels or not unique:
            levels.append(item)
            continue
        levels.append(dataclasses.replace(item, level=candidates[0]))
        changes.append(Respelling(harmony.key, name, item.level, candidates[0]))
    return dataclasses.replace(side, levels=tuple(levels)), changes


def _obstacle(side: Side, survey: Survey) -> str:
    """Return why a side cannot be computed from a survey, or ``""``."""
    variable = survey.dictionary.get(side.variable)
    if variable is None:
        return _absent(side, survey)
    wrong_expression = _wrong_expression(side, survey, variable)
    if wrong_expression or side.adjustment:
        return wrong_expression  # what an adjustment yields is only known once it is computed
    return _wrong_kind(side, survey, variable) or _missing_levels(side, survey, variable)


def _wrong_expression(side: Side, survey: Survey, variable: Variable) -> str:
    columns = {
        item.name: item
        for item in survey.dictionary.values()
        if item.respondent == variable.respondent
    }
    kinds = (
        (side.adjustment, "adjustment", check_expression),
        (side.universe, "universe", check_condition),
    )
    for text, kind, check in kinds:
        try:
            if text:
                check(text, columns, where=f"{kind} of {side.variable}")
        except HarmonyError as error:
            return error.message
    return ""


def _wrong_kind(side: Side, survey: Survey, variable: Variable) -> str:
    """Say that a number is expected and levels are found, or the reverse."""
    holds = f"{survey.id.title} holds {side.variable}"
    if side.breakpoints and variable.is_categorical:
        return f"{holds} in {len(variable.levels)} levels, the harmony bins it as a number."
    if side.is_grouped and not side.breakpoints and not variable.is_categorical:
        return f"{holds} as a number, the harmony groups it by levels."
    if not side.is_grouped and variable.is_categorical:
        return f"{holds} in levels, the harmony uses it as a number."
    return ""


def _absent(side: Side, survey: Survey) -> str:
    """Say that a variable is absent: because there are no persons, or under that name."""
    asked_of_persons = side.respondent == "person" or side.aggregator != "automatic"
    has_persons = survey.person is not None or bool(survey.dictionary.answers("person"))
    if asked_of_persons and not has_persons:
        return f"{survey.id.title} has no person records, and {side.variable} is asked of persons."
    near = nearest(side.variable, survey.dictionary, least=0.75)
    hint = ""
    if near:
        other = survey.dictionary[near]
        hint = f"; the similar name {other.name} is '{other.description}'"
    return f"{survey.id.title} has no variable {side.variable}{hint}."


def _missing_levels(side: Side, survey: Survey, variable: Variable) -> str:
    """Say which of the survey's levels the harmony does not know, with their weighted share."""
    if side.breakpoints or not side.is_grouped:
        return ""
    known = {item.level for item in side.levels}
    unknown = [level for level in variable.levels if level not in known]
    table = survey.household if variable.respondent == "household" else survey.person
    if table is not None and variable.name in table.columns:
        weight = table[WEIGHT].groupby(table[variable.name], observed=True).sum()
        shares = weight / table[WEIGHT].sum()
        said = [f"'{level}' ({shares[level]:.1%})" for level in unknown if level in shares.index]
    else:
        said = [f"'{level}'" for level in unknown]
    if not said:
        return ""
    more = f" and {len(said) - _SHOWN_LEVELS} more" if len(said) > _SHOWN_LEVELS else ""
    return (
        f"{survey.id.title} has levels of {variable.name} that the harmony puts in no group: "
        + ", ".join(said[:_SHOWN_LEVELS])
        + f"{more}."
    )


def _computed(harmony: Harmony, donor: Survey, recipient: Survey) -> list[Refusal]:
    """Try to compute both columns where there are microdata."""
    refusals = []
    for name, survey in zip(SIDES, (donor, recipient), strict=True):
        if survey.household is None:
            continue
        try:
            harmonize_side(harmony, name, survey)
        except HarmonyError as error:
            refusals.append(Refusal(harmony.key, name, error.message))
    return refusals


__all__ = ["Applicable", "Refusal", "Respelling", "applicable_harmonies"]
