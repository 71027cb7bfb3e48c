"""The published harmonies and dictionaries, and the families of surveys they are judged by.

A harmony is judged without any harmony of its family: all vintages of a survey, and the CPS with its
Annual Social and Economic Supplement, are one family, for they are copies of each other in part.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from support.reporting import SHARED

from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.matching.examples import Example, examples_from
from fusion_core.harmony.model import Harmony, HarmonySet, SurveyPair
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary
from fusion_core.surveys.model import Dictionary, SurveyId, Variable

_SAME_FAMILY = {"CPS": "CPS/ASEC", "ASEC": "CPS/ASEC"}
TUNED = ("RECS", "NHTS", "CPS/ASEC")
"""Families whose harmonies were looked at while rules, topics and lists were written."""
REPORTED = ("AHS", "CEI", "FAPS")
"""Families that were only counted."""


@dataclass(frozen=True)
class Published:
    """All published sets, and the dictionaries at hand."""

    dictionaries: dict[str, Dictionary]
    sets: list[HarmonySet]

    def dictionary(self, survey: SurveyId) -> Dictionary:
        return self.dictionaries[str(survey)]


@dataclass(frozen=True)
class Case:
    """One published harmony with the variables it joins."""

    pair: SurveyPair
    harmony: Harmony
    donor: Variable
    recipient: Variable
    partners: frozenset[str]

    @property
    def right(self) -> str:
        return self.recipient.name


def family(survey: SurveyId) -> str:
    """Return the family a survey belongs to."""
    return _SAME_FAMILY.get(survey.name, survey.name)


def read_published(folder: Path = SHARED) -> Published:
    """Read every published set, with the dictionaries of both surveys where they are at hand."""
    dictionaries = {}
    for household in sorted((folder / "dictionaries").glob("*_H.parquet")):
        name = household.stem.removesuffix("_H")
        person = household.with_name(f"{name}_P.parquet")
        both = (household, person if person.exists() else None)
        dictionaries[name] = read_fusiondata_dictionary(*both).dictionary
    sets = []
    for path in sorted((folder / "harmonies" / "r").glob("*.R")):
        donor, recipient = path.stem.split("__")
        known = {"donor": dictionaries.get(donor), "recipient": dictionaries.get(recipient)}
        sets.append(read_harmonies(path, **known).harmony_set)
    return Published(dictionaries, sets)


def newest_cases(published: Published) -> list[Case]:
    """Return every harmony of a donor survey once: for the newest recipient it was made for."""
    newest: dict[tuple[str, str], tuple[SurveyPair, Harmony]] = {}
    for item in published.sets:
        names = (str(item.pair.donor), str(item.pair.recipient))
        if all(name in published.dictionaries for name in names):
            newest |= {(names[0], h.key): (item.pair, h) for h in item.harmonies}
    cases = []
    for pair, harmony in newest.values():
        others = frozenset(
            other.recipient.variable
            for its, other in newest.values()
            if its.donor == pair.donor and other.donor.variable == harmony.donor.variable
        )
        cases.append(
            Case(
                pair,
                harmony,
                published.dictionary(pair.donor)[harmony.donor.variable],
                published.dictionary(pair.recipient)[harmony.recipient.variable],
                others - {harmony.recipient.variable},
            )
        )
    return cases


def taught_by_others(published: Published, donor: SurveyId) -> tuple[Example, ...]:
    """Return the harmonies of all other families as examples."""
    return tuple(
        example
        for item in published.sets
        if family(item.pair.donor) != family(donor)
        for example in examples_from(item, published.dictionaries.get(str(item.pair.donor)))
    )
