"""Suggest whole harmonies: which recipient variable, and how the two become one.

A suggestion borrows first – the same donor variable harmonized with another vintage of the
recipient says most – and otherwise reads the wording: levels are grouped by what they say, numbers
are binned where the other side's labels name ranges, head counts become a sum over persons, and
amounts of other years are deflated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from fusion_core.harmony.binning import bin_labels
from fusion_core.harmony.candidates import Candidate, CandidateIndex, Confidence
from fusion_core.harmony.conveyance import Change
from fusion_core.harmony.conveying_levels import convey_levels
from fusion_core.harmony.conveying_prices import rebase_prices
from fusion_core.harmony.editing import apply_proposal, detect_ordered, start_harmony
from fusion_core.harmony.examples import Example
from fusion_core.harmony.label_ranges import breakpoints_of, read_ranges
from fusion_core.harmony.level_matching import GroupProposal, propose_groups
from fusion_core.harmony.model import Harmony, LevelGroup, Side, SurveyPair
from fusion_core.harmony.prices import survey_year
from fusion_core.harmony.wording import is_not_asked
from fusion_core.surveys.model import Dictionary, SurveyId, Variable

_COUNT: Final = re.compile(
    r"\b(?:number|count) of\b.*\b(?:persons?|people|members?|males?|females?|children|adults?)\b"
)
_AT_LEAST: Final = re.compile(r"\b(\d+) (?:and|or) (?:over|older|more)\b|\bover (\d+)\b")
_AT_MOST: Final = re.compile(
    r"\b(\d+) (?:and|or) (?:under|younger|less)\b|\b(?:under|less than|age <) (?:age )?(\d+)\b"
)
_BETWEEN: Final = re.compile(r"\b(\d+) (?:through|to|-) (\d+)\b|\b(\d+)-(\d+)\b")
_MONEY: Final = re.compile(r"\b(income|dollars?|earnings|wages?|salary|rent|cost)\b")


_SURE, _LIKELY = 0.9, 0.7
"""Mean likeness of matched levels from which groups found by wording are sure or likely."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A proposed harmony and where each part of it comes from.

    Attributes
    ----------
    harmony
        The proposal, to be looked at by a person; levels nothing is known of have no group.
    reasons
        One sentence per part.
    confidence
        How far it can be trusted once the two variables are the right ones.
    """

    harmony: Harmony
    reasons: tuple[str, ...]
    confidence: Confidence = "likely"


class SuggestionIndex:
    """What a workspace knows about one recipient, prepared once.

    Parameters
    ----------
    recipient
        The recipient's dictionary.
    examples
        Harmonies made before, of all pairs with this recipient survey, any vintage.
    """

    def __init__(self, recipient: Dictionary, examples: Iterable[Example] = ()) -> None:
        self.recipient = recipient
        self.examples = tuple(examples)
        self.candidates = CandidateIndex(recipient, self.examples)

    def rank(self, donor: Variable, *, survey: str = "", limit: int = 20) -> tuple[Candidate, ...]:
        """Return the recipient variables that might fit a variable of a donor survey, best first."""
        return self.candidates.rank(donor, survey=survey, limit=limit)

    def suggest(self, donor: Variable, recipient: str, pair: SurveyPair) -> Suggestion:
        """Return a proposed harmony of two variables.

        Raises
        ------
        InputError
            If the recipient has no such variable.
        """
        variable = self.recipient.require(recipient, where=pair.recipient.title)
        borrowed = self._borrow(donor, variable, pair)
        return borrowed or suggest_by_wording(donor, variable, pair, examples=self.examples)

    def _borrow(self, donor: Variable, recipient: Variable, pair: SurveyPair) -> Suggestion | None:
        """Take the harmony of the same two variables in the nearest other vintage."""
        fitting = [
            item
            for item in self.examples
            if item.pair != pair
            and item.pair.donor.name == pair.donor.name
            and item.pair.recipient.name == pair.recipient.name
            and item.harmony.donor.variable == donor.name
            and item.harmony.recipient.variable == recipient.name
            and _same_form(item.harmony.donor, donor)
            and _same_form(item.harmony.recipient, recipient)
        ]
        if not fitting:
            return None
        best = min(fitting, key=lambda item: _distance(item.pair, pair))
        left, first = convey_levels(best.harmony, "donor", donor)
        right, second = convey_levels(best.harmony, "recipient", recipient)
        harmony = replace(
            best.harmony, donor=left, recipient=right, author="", modified="", revision=0
        )
        harmony, prices = rebase_prices(
            harmony, best.pair, pair, {donor.name: donor}, {recipient.name: recipient}
        )
        found: tuple[Change, ...] = (*first, *second, *prices)
        changes = [item.sentence for item in found]
        reasons = (f"as in {best.pair.title}", *changes)
        return Suggestion(harmony, reasons, "likely" if changes else "sure")


def suggest_by_wording(
    donor: Variable, recipient: Variable, pair: SurveyPair, *, examples: Iterable[Example] = ()
) -> Suggestion:
    """Propose a harmony from what the two variables say.

    Parameters
    ----------
    donor, recipient
        The variables.
    pair
        Their surveys: the vintages tell the years of prices and of 'so many years ago'.
    examples
        Harmonies made before; what they say about the recipient's levels is learnt from.
    """
    harmony = start_harmony(donor, recipient, propose=False)
    reasons: list[str] = []
    confidence: Confidence = "likely"
    if counted := _head_count(harmony, donor, recipient):
        return Suggestion(*counted, "likely")
    if donor.is_categorical and recipient.is_categorical:
        proposal = propose_groups(donor, recipient, examples=examples, year=_year(pair.recipient))
        harmony = apply_proposal(harmony, proposal)
        reasons.append(_matched(proposal))
        confidence = _confidence(proposal)
    elif donor.is_categorical != recipient.is_categorical:
        harmony, said = _binned(harmony, donor, recipient)
        reasons += said
    if donor.respondent == "household" and recipient.respondent == "person":
        harmony = replace(harmony, recipient=replace(harmony.recipient, aggregator="reference"))
        reasons.append("the reference person answers for the household")
    harmony, said = _deflated(harmony, donor, recipient, pair)
    ordered = detect_ordered(harmony, donor, recipient)
    return Suggestion(replace(harmony, ordered=ordered), (*reasons, *said), confidence)


def _matched(proposal: GroupProposal) -> str:
    """Say how many answers found a partner by what they say."""
    levels = [*proposal.donor, *proposal.recipient]
    found = sum(item.group is not None for item in levels)
    if not found:
        return "no two answers read alike"
    return f"{found} of {len(levels)} answers read like one of the other side"


def _confidence(proposal: GroupProposal) -> Confidence:
    """Judge groups found by wording: by how alike matched levels are, and how many found one."""
    levels = (*proposal.donor, *proposal.recipient)
    asked = [item for item in levels if item.group is not None or not is_not_asked(item.level)]
    if not proposal.matches or not asked:
        return "unsure"
    likeness = sum(match.score for match in proposal.matches) / len(proposal.matches)
    likeness *= sum(item.group is not None for item in asked) / len(asked)
    return "sure" if likeness >= _SURE else "likely" if likeness >= _LIKELY else "unsure"


def _head_count(
    harmony: Harmony, donor: Variable, recipient: Variable
) -> tuple[Harmony, tuple[str, ...]] | None:
    """Count the persons of the ages a description names: 'members aged 18 or older'."""
    text = donor.description.lower()
    is_age = recipient.respondent == "person" and not recipient.is_categorical and "age" in (
        recipient.description.lower().split()
    )  # fmt: skip
    if donor.is_categorical or donor.respondent != "household" or not is_age:
        return None
    if not _COUNT.search(text) or (ages := _ages(text)) is None:
        return None
    low, high = ages
    points = tuple(float(end) for end in (low, high) if end is not None)
    codes = [True, False] if low is None else [False, True, False][: len(points) + 1]
    levels = tuple(
        LevelGroup(label, float(code))
        for label, code in zip(bin_labels(points), codes, strict=True)
    )
    side = replace(harmony.recipient, breakpoints=points, levels=levels, aggregator="sum")
    return replace(harmony, recipient=side), ("counts the persons of the ages named",)


def _ages(text: str) -> tuple[int | None, int | None] | None:
    """Return the ages [low, high) a description names; ``None`` for an open end."""
    if found := _BETWEEN.search(text):
        low, high = (int(item) for item in found.groups() if item)
        return low, high + 1
    if found := _AT_MOST.search(text):
        return None, int(found[1]) + 1 if found[1] else int(found[2])
    if found := _AT_LEAST.search(text):
        return int(found[1]) if found[1] else int(found[2]) + 1, None
    return None


def _binned(harmony: Harmony, donor: Variable, recipient: Variable) -> tuple[Harmony, list[str]]:
    """Bin the number where the labels of the other side name ranges."""
    labels = donor if donor.is_categorical else recipient
    ranges = [
        None if is_not_asked(label) else item
        for label, item in zip(labels.levels, read_ranges(labels.levels), strict=True)
    ]
    points = breakpoints_of(ranges)
    if not points:
        return harmony, ["the answers name no numbers to bin by"]
    lowest = min(item[0] for item in ranges if item is not None)
    codes = {lowest: 1.0} | {point: float(k) for k, point in enumerate(points, start=2)}
    grouped = tuple(
        LevelGroup(level, None if item is None else codes.get(item[0]))
        for level, item in zip(labels.levels, ranges, strict=True)
    )
    bins = tuple(
        LevelGroup(label, float(code)) for code, label in enumerate(bin_labels(points), start=1)
    )
    if donor.is_categorical:
        left = replace(harmony.donor, levels=grouped)
        right = replace(harmony.recipient, breakpoints=points, levels=bins)
    else:
        left = replace(harmony.donor, breakpoints=points, levels=bins)
        right = replace(harmony.recipient, levels=grouped)
    number = recipient if donor.is_categorical else donor
    return replace(harmony, donor=left, recipient=right), [
        f"{number.name} is binned where the answers to {labels.name} meet"
    ]


def _deflated(
    harmony: Harmony, donor: Variable, recipient: Variable, pair: SurveyPair
) -> tuple[Harmony, list[str]]:
    own, other = survey_year(pair.recipient), survey_year(pair.donor)
    money = all(_MONEY.search(item.description.lower()) for item in (donor, recipient))
    if recipient.is_categorical or not money or None in {own, other} or own == other:
        return harmony, []
    side = replace(harmony.recipient, deflate_to_year=other)
    return replace(harmony, recipient=side), [f"dollars are converted to prices of {other}"]


def _same_form(side: Side, variable: Variable) -> bool:
    """Whether a side of an example suits the variable: levels for levels, numbers for numbers."""
    if side.adjustment:
        return True
    return bool(side.levels and not side.breakpoints) == variable.is_categorical


def _distance(pair: SurveyPair, other: SurveyPair) -> tuple[bool, int, str]:
    """How far two pairs are: another donor vintage first, then the years between recipients."""
    years = (_year(pair.recipient) or 0, _year(other.recipient) or 0)
    return pair.donor != other.donor, abs(years[0] - years[1]), str(pair)


def _year(survey: SurveyId) -> int | None:
    return next(iter(survey.years[-1:]), None)


__all__ = ["Confidence", "Suggestion", "SuggestionIndex", "suggest_by_wording"]
