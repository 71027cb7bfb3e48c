"""Harmonies people made before: what suggestions learn from.

Every harmony of a workspace says that a donor variable, worded so, was paired with a recipient
variable, and which of their levels mean the same. Nothing is learnt silently: a suggestion that
follows an example names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fusion_core.harmony.model import Harmony, HarmonySet, SurveyPair
from fusion_core.records import Checked
from fusion_core.surveys.model import Variable


@dataclass(frozen=True, slots=True)
class Example(Checked):
    """A harmony made before, with the wording of its donor variable.

    Attributes
    ----------
    pair
        The surveys it was made for.
    harmony
        The harmony.
    donor
        The donor variable as its dictionary describes it, or – where the dictionary is not at
        hand – as far as the harmony itself tells.
    """

    pair: SurveyPair
    harmony: Harmony
    donor: Variable


def examples_from(
    harmonies: HarmonySet, donor: Mapping[str, Variable] | None = None
) -> tuple[Example, ...]:
    """Return the harmonies of a pair as examples.

    Parameters
    ----------
    harmonies
        The harmonies of one pair of surveys.
    donor
        Dictionary of the donor survey, if known.
    """
    found = []
    for harmony in harmonies.harmonies:
        side = harmony.donor
        known = None if donor is None else donor.get(side.variable)
        levels = () if side.breakpoints else tuple(item.level for item in side.levels)
        described = known or Variable(
            side.variable,
            respondent=side.respondent,
            type="nominal" if levels else "continuous",
            levels=levels,
        )
        found.append(Example(harmonies.pair, harmony, described))
    return tuple(found)


def distinct(examples: Iterable[Example]) -> tuple[Example, ...]:
    """Keep one example per donor survey (of any year), donor and recipient variable: the last."""
    kept = {
        (
            item.pair.donor.name,
            item.harmony.donor.variable,
            item.pair.recipient.name,
            item.harmony.recipient.variable,
        ): item
        for item in examples
    }
    return tuple(kept.values())


__all__ = ["Example", "distinct", "examples_from"]
