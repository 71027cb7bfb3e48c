"""How far a suggested harmony can be trusted, in three steps.

`assets/measured/suggestions.md` says how many of the published harmonies called sure or likely were
right as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from fusion_core.harmony.editing import ranges_named
from fusion_core.harmony.labels import is_no_answer, is_not_asked, topics
from fusion_core.harmony.matching import Candidate, Confidence, GroupProposal
from fusion_core.harmony.model import Harmony, LevelGroup
from fusion_core.surveys.model import Variable

Basis = Literal["earlier harmony", "list", "loose list", "disputed list", "threshold", "wording"]
"""What a suggestion rests on: a harmony of other years; an official list that holds all answers; one
that leaves some to a label for the rest; one people group otherwise in each survey; a number cut
where answers say none or any; or what questions and answers say."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A harmony with a number cut where the answers of the other side change.

    Attributes
    ----------
    harmony
        The harmony, bins and groups set.
    reason
        Where it is cut, and why there.
    confidence
        How far it can be trusted.
    """

    harmony: Harmony
    reason: str
    confidence: Confidence


_ORDER: Final[tuple[Confidence, ...]] = ("unsure", "likely", "sure")
_SURE, _LIKELY = 0.9, 0.85
"""Mean likeness of matched levels from which groups found by wording are sure or likely."""
_STANDS_OUT: Final = 0.8
"""Least probability of a candidate beside which no other comes into question."""
_WHO_PAYS: Final = "payer"
"""The list people group otherwise each year: some pay a part, some a flat rate with the rent."""
DISPUTED: Final = frozenset({_WHO_PAYS, "education"})
"""Lists that published harmonies group otherwise from survey to survey and from year to year."""
_LONG_LISTS: Final = frozenset({"occupation", "industry", "place", "children"})
"""Lists whose entries stand for many answers each, or that surveys cut at other ages."""
_OF_PARTS: Final = frozenset(
    {"self-employment", "retirement", "interest and dividends", "other income"}
)
"""Amounts that surveys ask for in several questions, of which one alone is not the whole."""


def lower(first: Confidence, second: Confidence) -> Confidence:
    """Return the lower of two confidences."""
    return min(first, second, key=_ORDER.index)


def may_be_right(best: Candidate, donor: Variable) -> bool:
    """Whether the answers can tell that a candidate is right whose question alone does not."""
    if best.confidence != "unsure":
        return True
    answers = donor.is_categorical and best.variable.is_categorical
    return answers and best.probability >= _STANDS_OUT


def confidence_before_checks(best: Candidate, groups: Confidence, basis: Basis) -> Confidence:
    """Return the least sure of variable and groups.

    Two questions whose answers are all on one official list, and that are like no other, are likely
    to ask the same.

    Parameters
    ----------
    best
        The recipient variable suggested.
    groups, basis
        How sure its groups are, and what they rest on.
    """
    by_answers = basis == "list" and best.probability >= _STANDS_OUT
    of_variable = "likely" if by_answers and best.confidence == "unsure" else best.confidence
    return lower(of_variable, groups)


def confidence_in_groups(proposal: GroupProposal) -> Confidence:
    """Judge groups by what they were found by, how alike matched levels are, and how many are."""
    levels = (*proposal.donor, *proposal.recipient)
    asked = [item for item in levels if item.group is not None or not is_not_asked(item.level)]
    if not proposal.matches or not asked:
        return "unsure"
    found = sum(item.group is not None for item in asked) / len(asked)
    likeness = found * sum(match.score for match in proposal.matches) / len(proposal.matches)
    if proposal.by_list:
        if found < 1.0 or proposal.by_list == _WHO_PAYS:
            return "unsure"
        if proposal.is_loose or (likeness < _SURE and proposal.by_list in DISPUTED | _LONG_LISTS):
            return "likely"
        return "likely" if any(is_no_answer(item.level) for item in levels) else "sure"
    if likeness >= _SURE or (found == 1.0 and _are_ranges_that_meet(proposal)):
        return "sure"
    return "likely" if likeness >= _LIKELY else "unsure"


def _are_ranges_that_meet(proposal: GroupProposal) -> bool:
    """Whether both sides name ranges, and their groups begin and end at the same numbers."""
    left, right = _edges(proposal.donor), _edges(proposal.recipient)
    return len(left) > 1 and left == right


def _edges(levels: tuple[LevelGroup, ...]) -> list[float]:
    """Return where groups of ranges begin, the first and the last end left out: they may be open."""
    spans: dict[float, list[float]] = {}
    for item, span in zip(levels, ranges_named([item.level for item in levels]), strict=True):
        if span is None:
            if not is_not_asked(item.level):
                return []
            continue
        if not isinstance(item.group, float):
            return []
        low, high = spans.setdefault(item.group, [*span])
        spans[item.group] = [min(low, span[0]), max(high, span[1])]
    ordered = sorted(spans.values())
    if any(high > then for (_, high), (then, _) in pairwise(ordered)):
        return []
    return [low for low, _ in ordered[1:]]


def confidence_in_numbers(donor: Variable, recipient: Variable) -> Confidence:
    """Judge two numbers taken as they are: sure unless other questions hold parts of the amount."""
    parts = (topics(donor.description) | topics(recipient.description)) & _OF_PARTS
    return "unsure" if parts else "sure"


__all__ = [
    "DISPUTED",
    "Basis",
    "Cut",
    "confidence_before_checks",
    "confidence_in_groups",
    "confidence_in_numbers",
    "lower",
    "may_be_right",
]
