"""Suggest sums: where one variable stands for several of the other survey, these are added up.

Two ways of wording tell it. A description lists its parts: 'Interest, dividends, and net rental
income'. Or it is the rest: 'All other income' is whatever the recipient's other questions about
income do not ask for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from fusion_core.harmony.editing import replace_side
from fusion_core.harmony.expressions import Recipe, Sum, Term, write_recipe
from fusion_core.harmony.labels import words
from fusion_core.harmony.model import Harmony
from fusion_core.surveys.model import Variable

_REST: Final = re.compile(r"\b(?:all|any) other\b")
_LISTED: Final = re.compile(r",\s*(?:and|or)?\s+|\s+(?:and|or)\s+")
_PART_OF_ANOTHER: Final = re.compile(
    r"\b(?:first|second|third|1st|2nd|3rd|total|gross|net of|taxes|tax|taxable|credit|rate)\b"
)
"""What a variable says that is part, or the whole, of others of its survey, or made from them."""
_TIME: Final = re.compile(r"\b(?:(?:in )?the )?(?:past|last) (?:\d+ |twelve )?(?:months?|year)\b.*")
_SHORTEST_STEM: Final = 4
_SAME_FAMILY: Final = 3
"""Letters with which the names of variables begin that a survey asks one after the other."""
_CLAIMED: Final = 0.5
"""Share of a variable's telling words above which another question of the recipient asks for it."""


@dataclass(frozen=True, slots=True)
class SuggestedSum:
    """Variables of the donor that together may be what one recipient variable asks for."""

    harmony: Harmony
    variables: tuple[str, ...]
    reason: str


def suggest_sum(
    harmony: Harmony,
    donor: Variable,
    recipient: Variable,
    *,
    donors: Iterable[Variable] = (),
    recipients: Iterable[Variable] = (),
    taken: Collection[str] = (),
) -> SuggestedSum | None:
    """Add up the donor variables whose meanings are parts of the recipient's.

    A proposal to look at closely: what a survey counts as 'other' is told by its questionnaire, not
    by its dictionary.

    Parameters
    ----------
    harmony
        The harmony of the two variables, nothing set on the donor's side.
    donor, recipient
        The two variables.
    donors, recipients
        All variables of both surveys.
    taken
        Donor variables that harmonies with other recipient variables hold already.
    """
    if donor.is_categorical or recipient.is_categorical:
        return None
    own = [
        item
        for item in donors
        if item.respondent == donor.respondent
        and not item.is_categorical
        and item != donor
        and item.name not in taken
        and not _PART_OF_ANOTHER.search(_asked(item))
    ]
    asked = _asked(recipient)
    if _REST.search(asked):
        found = _rest(donor, recipient, own, list(recipients))
        reason = "{} may belong to what no other variable of the recipient asks for"
    else:
        found = _parts(donor, asked, own)
        reason = "{} may be the parts the recipient's question lists"
    if not found:
        return None
    names = (donor.name, *(item.name for item in found))
    text = write_recipe(Recipe(Sum(tuple(map(Term, names)))))
    said = f"not sure: {reason.format(_listed(names))}"
    return SuggestedSum(replace_side(harmony, "donor", adjustment=text), names, said)


def _parts(donor: Variable, asked: str, own: list[Variable]) -> list[Variable]:
    """Return one variable for each listed part that the donor variable does not cover itself."""
    concept = _concept(asked)
    parts = [words(part) - concept for part in _LISTED.split(asked)]
    parts = [part for part in parts if part]
    telling = words(_asked(donor)) - concept
    left = [part for part in parts if not _shared(telling, part)]
    if not concept or len(parts) < 2 or len(left) == len(parts):  # noqa: PLR2004 - a list
        return []
    found: list[Variable] = []
    for part in left:
        fitting = [
            (len(said - part), item.name, item)
            for item in own
            if concept <= (said := words(_asked(item))) and _shared(said - concept, part)
        ]
        if fitting and (best := min(fitting)[2]) not in found:
            found.append(best)
    return found


def _rest(
    donor: Variable, recipient: Variable, own: list[Variable], recipients: list[Variable]
) -> list[Variable]:
    """Return the variables about the same that no other variable of the recipient asks for."""
    concept = words(_REST.sub("", _asked(recipient)))
    if not concept or not concept <= words(_asked(donor)):
        return []
    claimed = [
        words(_asked(item)) - concept
        for item in recipients
        if item != recipient
        and item.respondent == recipient.respondent
        and not item.is_categorical
        and concept <= words(_asked(item))
    ]
    return [
        item
        for item in own
        if concept <= (said := words(_asked(item)))
        and item.name[:_SAME_FAMILY] == donor.name[:_SAME_FAMILY]
        and not any(_share(said - concept, other) > _CLAIMED for other in claimed)
    ]


def _concept(asked: str) -> frozenset[str]:
    """Return what a list is a list of: the last word of it."""
    last = asked.rstrip(" .)").rsplit(" ", 1)[-1]
    return words(last)


def _asked(variable: Variable) -> str:
    """Return a question without the time it asks about."""
    return _TIME.sub("", variable.description.lower()).strip(" ,")


def _share(own: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of a question's telling words that another one holds too."""
    return sum(_shared(frozenset({word}), other) for word in own) / max(len(own), 1)


def _shared(first: frozenset[str], second: frozenset[str]) -> bool:
    """Whether two sets of words share one, whatever its ending: rent and rental."""
    return any(
        own == other or (min(len(own), len(other)) >= _SHORTEST_STEM and _starts_alike(own, other))
        for own in first
        for other in second
    )


def _starts_alike(own: str, other: str) -> bool:
    return own.startswith(other) or other.startswith(own)


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


__all__ = ["SuggestedSum", "suggest_sum"]
