"""Check whole sets of harmonies at once: each against its siblings in the other sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fusion_core.errors import InputError
from fusion_core.harmony.checks.check import check_harmony
from fusion_core.harmony.checks.findings import Finding
from fusion_core.harmony.checks.siblings import siblings_of
from fusion_core.harmony.model import Harmony, HarmonySet, SideName, SurveyPair
from fusion_core.harmony.store import HarmonyStore, list_pairs
from fusion_core.surveys.model import Dictionary, RespondentLevel, SurveyId

DictionaryOf = Callable[[SurveyId], Dictionary | None]
"""Returns a survey's dictionary, or ``None`` where it is not at hand."""


@dataclass(frozen=True, slots=True)
class CheckedHarmony:
    """What the checker says of one harmony.

    Attributes
    ----------
    source
        Name of the file, or of the pair of surveys.
    pair
        The surveys.
    harmony
        The harmony.
    findings
        Errors first.
    """

    source: str
    pair: SurveyPair
    harmony: Harmony
    findings: tuple[Finding, ...]


def check_sets(
    sets: Sequence[HarmonySet],
    dictionary_of: DictionaryOf | None = None,
    *,
    others: Iterable[HarmonySet] = (),
    sources: Sequence[str] = (),
    respondent: RespondentLevel = "household",
) -> list[CheckedHarmony]:
    """Check every harmony of some sets, each against the same harmony in the other sets.

    Parameters
    ----------
    sets
        The sets to check.
    dictionary_of
        Where to find dictionaries; without it the rules that need one are left out.
    others
        More sets to compare with, not checked themselves.
    sources
        A name for each set; its pair by default.
    respondent
        Level of the output.
    """
    given = {item.pair for item in sets}
    everything = [*sets, *(item for item in others if item.pair not in given)]
    names = sources or [str(item.pair) for item in sets]
    known = _Known(dictionary_of)
    checked = []
    for name, item in zip(names, sets, strict=True):
        donor, recipient = known.of(item.pair.donor), known.of(item.pair.recipient)
        for harmony in item.harmonies:
            found = check_harmony(
                harmony,
                donor,
                recipient,
                siblings_of(harmony, item.pair, everything),
                respondent=respondent,
                price_years=price_years(item.pair),
            )
            checked.append(CheckedHarmony(name, item.pair, harmony, found))
    return checked


def sibling_sets(folder: Path | str, pair: SurveyPair) -> list[HarmonySet]:
    """Load the stored sets of a workspace for other vintages of a pair's surveys.

    A set that cannot be read is left out: it is no reason not to check this one.
    """
    found = []
    for other in list_pairs(folder):
        names = (other.donor.name, other.recipient.name)
        if other == pair or names != (pair.donor.name, pair.recipient.name):
            continue
        try:
            found.append(HarmonyStore(folder, other).load())
        except (InputError, OSError):
            continue
    return found


def price_years(pair: SurveyPair) -> dict[SideName, int | None]:
    """Return the price years that vintages of one year imply; ``None`` for several years."""
    return {"donor": pair.donor.only_year, "recipient": pair.recipient.only_year}


class _Known:
    """Dictionaries, each fetched once."""

    def __init__(self, fetch: DictionaryOf | None) -> None:
        self._fetch = fetch
        self._found: dict[SurveyId, Dictionary | None] = {}

    def of(self, survey: SurveyId) -> Dictionary | None:
        if survey not in self._found:
            self._found[survey] = None if self._fetch is None else self._fetch(survey)
        return self._found[survey]


__all__ = [
    "CheckedHarmony",
    "DictionaryOf",
    "check_sets",
    "price_years",
    "sibling_sets",
]
