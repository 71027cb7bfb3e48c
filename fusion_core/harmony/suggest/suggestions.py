"""Suggest whole harmonies: which recipient variable, and how the two become one.

A suggestion borrows first – the same donor variable harmonized with another vintage of the
recipient says most – and otherwise reads the wording: levels are grouped by what they say, numbers
are binned where the other side's labels name ranges, head counts become a sum over persons, and
amounts of other years are deflated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from fusion_core.errors import InputError
from fusion_core.harmony.apply import survey_year
from fusion_core.harmony.editing import (
    apply_proposal,
    bin_by_labels,
    detect_ordered,
    is_calendar_year,
    ranges_named,
    replace_side,
    start_harmony,
)
from fusion_core.harmony.labels import are_durations, is_negative, is_not_asked
from fusion_core.harmony.matching import (
    Candidate,
    CandidateIndex,
    Confidence,
    Example,
    GroupProposal,
    propose_groups,
    rank_areas,
)
from fusion_core.harmony.model import SIDES, Harmony, Side, SideName, SurveyPair, bin_index
from fusion_core.harmony.suggest._counts import suggest_head_count
from fusion_core.harmony.suggest._sections import group_by_sections
from fusion_core.harmony.suggest._sums import suggest_sum
from fusion_core.harmony.vintages import Change, convey_levels, rebase_prices
from fusion_core.records import Checked
from fusion_core.surveys.model import Dictionary, SurveyId, Variable

_MONEY: Final = re.compile(r"\b(income|dollars?|earnings|wages?|salary|rent|cost|amount)\b")
_ONE_PERSON: Final = re.compile(r"\b(reference person|householder|respondent|head)\b")
_NAME: Final = re.compile(r"\w+")


_SURE, _LIKELY = 0.9, 0.7
"""Mean likeness of matched levels from which groups found by wording are sure or likely."""


@dataclass(frozen=True, slots=True)
class Suggestion(Checked):
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
        if donor.role == "geography" and (found := rank_areas(donor, self.recipient)):
            return found[:limit]
        return self.candidates.rank(donor, survey=survey, limit=limit)

    def suggest(
        self,
        donor: Variable,
        recipient: str,
        pair: SurveyPair,
        *,
        columns: Iterable[Variable] = (),
        price_years: Mapping[SideName, int | None] | None = None,
    ) -> Suggestion:
        """Return a proposed harmony of two variables.

        Parameters
        ----------
        donor
            The donor's variable.
        recipient
            Name of the recipient's variable.
        pair
            The two surveys.
        columns
            The donor's variables, which head counts and sums are made of.
        price_years
            Years the surveys say their prices are of: dollars whose year nobody states are not
            converted. By default the years of the vintages are taken.

        Raises
        ------
        InputError
            If the recipient has no such variable.
        """
        variable = self.recipient.require(recipient, where=pair.recipient.title)
        found = self._borrow(donor, variable, pair) or suggest_by_wording(
            donor,
            variable,
            pair,
            examples=self.examples,
            donors=columns,
            recipients=self.recipient.answers(),
        )
        return found if price_years is None else _with_known_prices(found, pair, price_years)

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


def _with_known_prices(
    found: Suggestion, pair: SurveyPair, price_years: Mapping[SideName, int | None]
) -> Suggestion:
    """Convert no dollars whose year is not stated: applying the harmony would have to refuse."""
    for side, survey in zip(SIDES, (pair.donor, pair.recipient), strict=True):
        if found.harmony.side(side).deflate_to_year is None or price_years.get(side) is not None:
            continue
        reasons = [item for item in found.reasons if "dollars are converted" not in item]
        reasons.append(f"{survey.title} does not state the year of its prices: not converted")
        changed = replace_side(found.harmony, side, deflate_to_year=None)
        found = replace(found, harmony=changed, reasons=tuple(reasons), confidence="unsure")
    return found


def suggest_by_wording(
    donor: Variable,
    recipient: Variable,
    pair: SurveyPair,
    *,
    examples: Iterable[Example] = (),
    donors: Iterable[Variable] = (),
    recipients: Iterable[Variable] = (),
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
    donors, recipients
        The other variables of both surveys, which head counts and sums are made of.
    """
    harmony, examples = start_harmony(donor, recipient, propose=False), tuple(examples)
    reasons: list[str] = []
    confidence: Confidence = "likely"
    others = {"donors": tuple(donors), "recipients": tuple(recipients)}
    if counted := suggest_head_count(harmony, donor, recipient, **others):
        return Suggestion(
            counted.harmony, (counted.reason,), "likely" if counted.is_complete else "unsure"
        )
    if donor.is_categorical and recipient.is_categorical:
        proposal = propose_groups(donor, recipient, examples=examples, year=_year(pair.recipient))
        harmony = apply_proposal(harmony, proposal)
        reasons.append(_matched(proposal))
        confidence = _confidence(proposal)
    elif donor.is_categorical != recipient.is_categorical:
        harmony, said = _binned(harmony, donor, recipient, pair)
        reasons += said
    elif added := suggest_sum(
        harmony, donor, recipient, taken=_taken(examples, pair, recipient), **others
    ):
        harmony, confidence = added.harmony, "unsure"
        reasons.append(added.reason)
    harmony, said = _collapsed(harmony, donor, recipient)
    reasons += said
    harmony, said = _deflated(harmony, donor, recipient, pair)
    ordered = detect_ordered(harmony, donor, recipient)
    return Suggestion(replace(harmony, ordered=ordered), (*reasons, *said), confidence)


def _matched(proposal: GroupProposal) -> str:
    """Say how many answers found a partner by what they say."""
    levels = [*proposal.donor, *proposal.recipient]
    found = sum(item.group is not None for item in levels)
    if not found:
        return "no two answers read alike"
    return f"{found:,} of {len(levels):,} answers read like one of the other side"


def _confidence(proposal: GroupProposal) -> Confidence:
    """Judge groups found by wording: by how alike matched levels are, and how many found one."""
    levels = (*proposal.donor, *proposal.recipient)
    asked = [item for item in levels if item.group is not None or not is_not_asked(item.level)]
    if not proposal.matches or not asked:
        return "unsure"
    likeness = sum(match.score for match in proposal.matches) / len(proposal.matches)
    likeness *= sum(item.group is not None for item in asked) / len(asked)
    return "sure" if likeness >= _SURE else "likely" if likeness >= _LIKELY else "unsure"


def _binned(
    harmony: Harmony, donor: Variable, recipient: Variable, pair: SurveyPair
) -> tuple[Harmony, list[str]]:
    """Bin the number where the labels of the other side name ranges, or stand in sections."""
    labels, number = (donor, recipient) if donor.is_categorical else (recipient, donor)
    side: SideName = "recipient" if donor.is_categorical else "donor"
    survey = pair.donor if donor.is_categorical else pair.recipient
    ranges = ranges_named(labels.levels)
    counts_back = is_calendar_year(number) and are_durations(labels.levels, ranges)
    base_year = _year(survey) if counts_back else None
    try:
        harmony = bin_by_labels(harmony, side, number, base_year=base_year)
    except InputError:
        sectioned = group_by_sections(harmony, side, number, labels)
        if sectioned is None:
            return harmony, ["the answers name no numbers to bin by"]
        return sectioned.harmony, [sectioned.reason]
    harmony = _denials_at_zero(harmony, side)
    said = [f"{number.name} is binned where the answers to {labels.name} meet"]
    if base_year is not None:
        said.append(f"years and months are counted back from {base_year}")
    return harmony, said


def _denials_at_zero(harmony: Harmony, side: SideName) -> Harmony:
    """Put 'did not work' beside weeks of work into the group that holds 0."""
    other: SideName = "recipient" if side == "donor" else "donor"
    number = harmony.side(side)
    zero = number.levels[int(bin_index(np.zeros(1), number.breakpoints)[0])].group
    levels = tuple(
        replace(item, group=zero) if item.group is None and is_negative(item.level) else item
        for item in harmony.side(other).levels
    )
    return replace_side(harmony, other, levels=levels)


def _collapsed(harmony: Harmony, donor: Variable, recipient: Variable) -> tuple[Harmony, list[str]]:
    """Let persons stand for the household a question was put to: members add up what they get."""
    if {donor.respondent, recipient.respondent} != {"household", "person"}:
        return harmony, []
    side: SideName = "recipient" if recipient.respondent == "person" else "donor"
    asked = donor if side == "recipient" else recipient
    amounts = all(
        not item.is_categorical and _MONEY.search(item.description.lower())
        for item in (donor, recipient)
    )
    if amounts and not _ONE_PERSON.search(asked.description.lower()):
        return replace_side(harmony, side, aggregator="sum"), ["the members' amounts are added up"]
    return replace_side(harmony, side, aggregator="reference"), [
        "the reference person answers for the household"
    ]


def _taken(examples: Iterable[Example], pair: SurveyPair, recipient: Variable) -> set[str]:
    """Return the donor's variables that harmonies with other recipient variables hold."""
    return {
        name
        for item in examples
        if item.pair.donor.name == pair.donor.name
        and item.harmony.recipient.variable != recipient.name
        for name in (
            item.harmony.donor.variable,
            *_NAME.findall(item.harmony.donor.adjustment),
        )
    }


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
