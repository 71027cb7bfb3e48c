"""How far a suggested harmony can be trusted, in three steps.

`assets/measured/suggestions.md` says how many of the published harmonies called sure or likely were
right as a whole.
"""

from __future__ import annotations

from typing import Final

from fusion_core.harmony.labels import is_not_asked, topics
from fusion_core.harmony.matching import Confidence, GroupProposal
from fusion_core.surveys.model import Variable

_ORDER: Final[tuple[Confidence, ...]] = ("unsure", "likely", "sure")
_SURE, _LIKELY = 0.9, 0.85
"""Mean likeness of matched levels from which groups found by wording are sure or likely."""
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
        if proposal.is_loose or likeness < _SURE and proposal.by_list in DISPUTED | _LONG_LISTS:
            return "likely"
        return "sure"
    return "sure" if likeness >= _SURE else "likely" if likeness >= _LIKELY else "unsure"


def confidence_in_numbers(donor: Variable, recipient: Variable) -> Confidence:
    """Judge two numbers taken as they are: sure unless other questions hold parts of the amount."""
    parts = (topics(donor.description) | topics(recipient.description)) & _OF_PARTS
    return "unsure" if parts else "sure"


__all__ = ["DISPUTED", "confidence_in_groups", "confidence_in_numbers", "lower"]
