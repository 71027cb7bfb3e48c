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
    is_in_per_cent,
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
    may_be_area,
    propose_groups,
    rank_areas,
)
from fusion_core.harmony.model import (
    OTHER_SIDE,
    SIDES,
    Harmony,
    Side,
    SideName,
    SurveyPair,
    bin_index,
)
from fusion_core.harmony.suggest._certainty import (
    dictionary_with,
    is_probably_right,
    signals_of_the_whole,
)
from fusion_core.harmony.suggest._confidence import (
    DISPUTED,
    Basis,
    confidence_before_checks,
    confidence_in_groups,
    confidence_in_numbers,
    may_be_right,
)
from fusion_core.harmony.suggest._counts import suggest_head_count
from fusion_core.harmony.suggest._missing import settle_missing
from fusion_core.harmony.suggest._sections import group_by_sections
from fusion_core.harmony.suggest._sums import suggest_sum
from fusion_core.harmony.suggest._thresholds import cut_at_thresholds
from fusion_core.harmony.vintages import Change, rebase_prices, transfer_levels
from fusion_core.records import Checked
from fusion_core.surveys.model import Dictionary, SurveyId, Variable

_MONEY: Final = re.compile(r"\b(income|dollars?|earnings|wages?|salary|rent|cost|amount)\b")
_ONE_PERSON: Final = re.compile(r"\b(reference person|householder|respondent|head)\b")
_NAME: Final = re.compile(r"\w+")


_LISTS: Final = {
    "hispanic": "Hispanic origins",
    "structure": "types of structure",
    "fuel": "heating fuels",
    "marital": "marital statuses",
    "worker": "classes of worker",
    "employment": "employment statuses",
    "transport": "means of transportation",
    "household": "household types",
    "service": "military service",
    "era": "periods of service",
    "payer": "who pays",
    "school": "school enrollment",
    "children": "ages of children",
    "race": "races",
    "place": "places",
}
"""Names of lists that their topic does not name by itself."""


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
        How far the whole can be trusted, the choice of the recipient's variable included where that
        was suggested too.
    basis
        What it rests on.
    """

    harmony: Harmony
    reasons: tuple[str, ...]
    confidence: Confidence = "likely"
    basis: Basis = "wording"


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
        if may_be_area(donor) and (found := rank_areas(donor, self.recipient)):
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
        columns = tuple(columns)
        variable = self.recipient.require(recipient, where=pair.recipient.title)
        found = self._suggested(donor, variable, pair, columns, price_years)
        first = next(iter(self.rank(donor, survey=pair.donor.name, limit=1)), None)
        if first is None or first.variable.name != recipient:
            return found  # somebody knows better which variable it is
        return replace(found, confidence=self._confidence(first, found, donor, columns))

    def first(
        self,
        donor: Variable,
        pair: SurveyPair,
        *,
        columns: Iterable[Variable] = (),
        price_years: Mapping[SideName, int | None] | None = None,
    ) -> Candidate | None:
        """Return the best candidate, called as sure as the whole harmony suggested with it.

        The parameters are those of `suggest`.
        """
        columns = tuple(columns)
        best = next(iter(self.rank(donor, survey=pair.donor.name, limit=1)), None)
        if best is None or not may_be_right(best, donor):
            return best
        found = self._suggested(donor, best.variable, pair, columns, price_years)
        return replace(best, confidence=self._confidence(best, found, donor, columns))

    def _confidence(
        self, best: Candidate, found: Suggestion, donor: Variable, columns: Iterable[Variable]
    ) -> Confidence:
        """Judge variable and harmony together: probably right is what is right as a whole."""
        lowest = confidence_before_checks(best, found.confidence, found.basis)
        known_before = found.basis == "earlier harmony" or donor.role == "geography"
        if lowest != "likely" or known_before:
            return lowest
        dictionaries = dictionary_with(columns, donor), self.recipient
        signals = signals_of_the_whole(
            best, found.harmony, found.basis, found.confidence, dictionaries
        )
        return "likely" if is_probably_right(signals) else "unsure"

    def _suggested(
        self,
        donor: Variable,
        recipient: Variable,
        pair: SurveyPair,
        columns: Iterable[Variable],
        price_years: Mapping[SideName, int | None] | None,
    ) -> Suggestion:
        found = self._borrow(donor, recipient, pair) or suggest_by_wording(
            donor,
            recipient,
            pair,
            examples=self.examples,
            donors=columns,
            recipients=self.recipient.answers(),
        )
        harmony, left_out = settle_missing(found.harmony, donor, recipient)
        found = replace(found, harmony=harmony, reasons=(*found.reasons, *left_out))
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
        left, first = transfer_levels(best.harmony, "donor", donor)
        right, second = transfer_levels(best.harmony, "recipient", recipient)
        harmony = replace(
            best.harmony, donor=left, recipient=right, author="", modified="", revision=0
        )
        harmony, prices = rebase_prices(
            harmony, best.pair, pair, {donor.name: donor}, {recipient.name: recipient}
        )
        found: tuple[Change, ...] = (*first, *second, *prices)
        changes = [item.sentence for item in found]
        reasons = (f"as in {best.pair.title}", *changes)
        return Suggestion(
            harmony, reasons, "likely" if changes else "sure", basis="earlier harmony"
        )


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
    basis: Basis = "wording"
    others = {"donors": tuple(donors), "recipients": tuple(recipients)}
    if counted := suggest_head_count(harmony, donor, recipient, **others):
        return Suggestion(
            counted.harmony, (counted.reason,), "likely" if counted.is_complete else "unsure"
        )
    if donor.is_categorical and recipient.is_categorical:
        proposal = propose_groups(donor, recipient, examples=examples, year=_year(pair.recipient))
        harmony = apply_proposal(harmony, proposal)
        reasons.append(_matched(proposal))
        confidence = confidence_in_groups(proposal)
        basis = _basis(proposal, confidence)
    elif donor.is_categorical != recipient.is_categorical:
        harmony, said, confidence, basis = _binned(harmony, donor, recipient, pair)
        reasons += said
    elif added := suggest_sum(
        harmony, donor, recipient, taken=_taken(examples, pair, recipient), **others
    ):
        harmony, confidence = added.harmony, "unsure"
        reasons.append(added.reason)
    else:
        confidence = confidence_in_numbers(donor, recipient)
    harmony, said = _collapsed(harmony, donor, recipient)
    reasons += said
    harmony, said = _deflated(harmony, donor, recipient, pair)
    ordered = detect_ordered(harmony, donor, recipient)
    return Suggestion(replace(harmony, ordered=ordered), (*reasons, *said), confidence, basis)


def _basis(proposal: GroupProposal, confidence: Confidence) -> Basis:
    """Return what proposed groups rest on."""
    if not proposal.by_list:
        return "wording"
    if proposal.by_list in DISPUTED:
        return "disputed list"
    return "list" if confidence == "sure" else "loose list"


def _matched(proposal: GroupProposal) -> str:
    """Say how many answers found a partner, and by what."""
    levels = [*proposal.donor, *proposal.recipient]
    found = sum(item.group is not None for item in levels)
    if not found:
        return "no two answers read alike"
    if proposal.by_list:
        what = _LISTS.get(proposal.by_list, proposal.by_list)
        return f"{found:,} of {len(levels):,} answers mean the same on the list of {what}"
    return f"{found:,} of {len(levels):,} answers read like one of the other side"


def _binned(
    harmony: Harmony, donor: Variable, recipient: Variable, pair: SurveyPair
) -> tuple[Harmony, list[str], Confidence, Basis]:
    """Bin the number where the labels of the other side name ranges, or stand in sections."""
    labels, number = (donor, recipient) if donor.is_categorical else (recipient, donor)
    side: SideName = "recipient" if donor.is_categorical else "donor"
    survey = pair.donor if donor.is_categorical else pair.recipient
    ranges = ranges_named(labels.levels)
    counts_back = is_calendar_year(number) and are_durations(labels.levels, ranges)
    base_year = _year(survey) if counts_back else None
    is_ratio = is_in_per_cent(number, ranges)
    if is_ratio:
        harmony = replace_side(harmony, side, adjustment=f"{number.name} / 100")
        number = replace(number, type="continuous")
    try:
        harmony = bin_by_labels(harmony, side, number, base_year=base_year)
    except InputError:
        by_sections = group_by_sections(harmony, side, number, labels)
        cut = by_sections or cut_at_thresholds(harmony, side, number, labels)
        if cut is not None:
            return (
                cut.harmony,
                [cut.reason],
                cut.confidence,
                "wording" if by_sections else "threshold",
            )
        return harmony, ["the answers name no numbers to bin by"], "unsure", "wording"
    harmony = _denials_at_zero(harmony, side)
    said = [f"{number.name} is binned where the answers to {labels.name} meet"]
    if is_ratio:
        said.append(f"{number.name} is divided by 100: the answers name ratios, not per cent")
    if base_year is not None:
        said.append(f"years and months are counted back from {base_year}")
    complete = all(
        item.group is not None or is_not_asked(item.level)
        for name in SIDES
        for item in harmony.side(name).levels
    )
    return harmony, said, "likely" if complete else "unsure", "wording"


def _denials_at_zero(harmony: Harmony, side: SideName) -> Harmony:
    """Put 'did not work' beside weeks of work into the group that holds 0."""
    other = OTHER_SIDE[side]
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
