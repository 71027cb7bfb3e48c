"""Propose groups for the levels of two variables: which answers mean the same.

Every recipient level looks for the donor level most like it; donor levels nobody chose join the
group of the recipient level most like them. What stays open then follows rules people use: levels
other surveys kept together, the rest to 'Other', answers between two answers of one group, and
yes-or-no questions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.harmony.labels import (
    answer_words,
    are_calendar_years,
    is_negative,
    is_no_answer,
    is_not_asked,
    is_other,
    label_sections,
    read_ranges,
    starts_negative,
)
from fusion_core.harmony.matching.areas import area_links
from fusion_core.harmony.matching.by_lists import Links, ListMatch, match_by_lists
from fusion_core.harmony.matching.examples import Example
from fusion_core.harmony.matching.level_likeness import Kinship, kinship, likeness
from fusion_core.harmony.model import LevelGroup
from fusion_core.records import Checked
from fusion_core.surveys.model import Variable
from fusion_core.text_similarity import normalise_label

_TOGETHER: Final = 0.5
"""Share of earlier surveys that must have kept two levels together."""
_SECTION, _ALIKE_ON_THE_WHOLE, _FIRM = 3, 0.1, 0.75
"""Levels a section needs to speak for its members, how clearly, and which matches it leaves."""
_MOST_PAIRS: Final = 4_000_000
"""Beyond so many pairs of levels only equal names are looked for: time and memory stay bounded."""


@dataclass(frozen=True, slots=True)
class LevelMatch:
    """Two levels that probably mean the same.

    Attributes
    ----------
    donor, recipient
        The levels.
    score
        1 for the same words, less for similar ones.
    """

    donor: str
    recipient: str
    score: float


@dataclass(frozen=True, slots=True)
class GroupProposal(Checked):
    """Groups proposed for the levels of two variables; ``None`` where nothing fits.

    Attributes
    ----------
    donor, recipient
        Every level with its group.
    matches
        The pairs the groups follow from.
    by_list
        The official list both take their answers from, if one decided; else empty.
    is_loose
        Whether that list left some answers to a label for the rest, or to their wording.
    """

    donor: tuple[LevelGroup, ...]
    recipient: tuple[LevelGroup, ...]
    matches: tuple[LevelMatch, ...]
    by_list: str = ""
    is_loose: bool = False


def propose_groups(
    donor: Variable,
    recipient: Variable,
    *,
    minimum: float = 0.5,
    examples: Iterable[Example] = (),
    year: int | None = None,
) -> GroupProposal:
    """Propose groups for the levels of two categorical variables.

    Parameters
    ----------
    donor, recipient
        Two categorical variables.
    minimum
        Smallest likeness, between 0 and 1, of levels that are matched by their labels.
    examples
        Harmonies made before; those with the same recipient variable are learnt from.
    year
        Year in which the recipient was asked, to compare 'so many years ago' with years.
    """
    left, right = donor.levels, recipient.levels
    areas = area_links(donor, recipient)
    if areas is not None:
        return _proposal(donor, recipient, areas, None)
    if len(left) * len(right) > _MOST_PAIRS:
        return _proposal(donor, recipient, _same_names(left, right), None)
    if not left or not right:
        return _proposal(donor, recipient, [], None)
    known = kinship(examples, recipient)
    scores = likeness(left, right, known=known, year=year)
    listed = match_by_lists(donor, recipient, scores)
    if listed is not None:
        links = _complete(donor, recipient, scores, minimum, listed)
        found = _proposal(donor, recipient, links, scores)
        is_loose = listed.is_loose or len(links) > len(listed.links)
        return replace(found, by_list=listed.name, is_loose=is_loose)
    answered = _yes_no(donor, recipient)
    if answered is None:
        answered = _links(donor, recipient, scores, minimum, known)
    return _proposal(donor, recipient, answered, scores)


def _complete(
    donor: Variable,
    recipient: Variable,
    scores: NDArray[np.float64],
    minimum: float,
    listed: ListMatch,
) -> Links:
    """Pair by their wording the answers that stand for nothing on the list.

    What the list knows on both sides and did not pair are different things, however alike they read.
    """
    both_known = np.outer(listed.donor, listed.recipient)
    scores = np.where(both_known, 0.0, scores)
    found = list(listed.links)
    done = {i for i, _ in found}, {j for _, j in found}
    for i in sorted(set(range(len(donor.levels))) - done[0]):
        j = int(scores[i].argmax())
        if scores[i, j] >= minimum:
            found.append((i, j))
            done[1].add(j)
    for j in sorted(set(range(len(recipient.levels))) - done[1]):
        i = int(scores[:, j].argmax())
        if scores[i, j] >= minimum:
            found.append((i, j))
    return [
        (i, j)
        for i, j in _last_left(donor, recipient, found)
        if (i, j) in found or not both_known[i, j]
    ]


def _same_names(left: tuple[str, ...], right: tuple[str, ...]) -> Links:
    named: dict[str, list[int]] = {}
    for j, level in enumerate(right):
        named.setdefault(normalise_label(level), []).append(j)
    named.pop("", None)
    return [(i, j) for i, level in enumerate(left) for j in named.get(normalise_label(level), ())]


def _links(
    donor: Variable,
    recipient: Variable,
    scores: NDArray[np.float64],
    minimum: float,
    known: Kinship,
) -> Links:
    chosen = _best_partners(scores, minimum)
    _follow_section(chosen, scores, label_sections(recipient.levels))
    _follow_kin(chosen, scores, known, [is_other(level) for level in donor.levels])
    if recipient.type == "ordered":
        _fill_between(len(recipient.levels), chosen)
    _rest_to_other(donor, recipient, chosen)
    links = [(i, j) for j, i in chosen.items()]
    others = [k for k, level in enumerate(recipient.levels) if is_other(level)]
    for i in sorted(set(range(len(donor.levels))) - set(chosen.values())):
        j = int(scores[i].argmax())
        if scores[i, j] >= minimum:
            links.append((i, j))
        elif others and not is_not_asked(donor.levels[i]):
            links.append((i, others[0]))
    links = _newest(donor.levels, recipient.levels, links)
    links = [(i, j) for j, i in _newest(recipient.levels, donor.levels, [(j, i) for i, j in links])]
    return _last_left(donor, recipient, links)


def _newest(levels: Sequence[str], later: Sequence[str], links: Links) -> Links:
    """Put years after the last ones a survey could know into its newest answer."""
    known, ranges = read_ranges(levels), read_ranges(later)
    if not (are_calendar_years(known) and are_calendar_years(ranges)):
        return links
    last, newest = max((span[1], k) for k, span in enumerate(known) if span is not None)
    done = {j for _, j in links}
    return links + [
        (newest, j)
        for j, span in enumerate(ranges)
        if span is not None and j not in done and span[0] >= last
    ]


def _best_partners(scores: NDArray[np.float64], minimum: float) -> dict[int, int]:
    """Give recipient levels a donor level: first one to one, as alike as possible overall.

    The rest take the donor level most like them. Choosing one to one first keeps 'High school, no
    diploma' and 'High school graduate' apart although both are like 'High school diploma'.
    """
    from scipy.optimize import linear_sum_assignment  # slow to import

    firm = np.where(scores >= minimum, scores, 0.0)
    chosen = {
        int(j): int(i)
        for i, j in zip(*linear_sum_assignment(firm, maximize=True), strict=True)
        if firm[i, j] > 0
    }
    best = firm.argmax(axis=0)
    for j in range(firm.shape[1]):
        if j not in chosen and firm[best[j], j] > 0:
            chosen[j] = int(best[j])
    return chosen


def _follow_section(
    chosen: dict[int, int], scores: NDArray[np.float64], sections: list[str] | None
) -> None:
    """Let weakly matched levels join what the others of their section are like on the whole."""
    for section in sorted(set(sections or ()) - {""}):
        members = [j for j, name in enumerate(sections or ()) if name == section]
        alike = scores[:, members].mean(axis=1)
        best = int(alike.argmax())
        if len(members) >= _SECTION and alike[best] >= _ALIKE_ON_THE_WHOLE:
            for j in members:
                if j not in chosen or scores[chosen[j], j] < _FIRM:
                    chosen[j] = best


def _follow_kin(
    chosen: dict[int, int], scores: NDArray[np.float64], known: Kinship, rest: list[bool]
) -> None:
    """Let levels without a match join the level most surveys keep them with, the rest if equal."""
    matched = dict(chosen)
    if not matched or not known.together.size:
        return
    kin = np.array(sorted(matched))
    partners = np.array([matched[k] for k in kin.tolist()])
    alike = scores[partners, kin] + np.array(rest, dtype=float)[partners]
    for j in range(scores.shape[1]):
        if j in matched:
            continue
        shares = known.together[j, kin]
        best = int(np.lexsort((-kin, alike, shares))[-1])
        if shares[best] >= _TOGETHER:
            chosen[j] = int(partners[best])


def _fill_between(count: int, chosen: dict[int, int]) -> None:
    """Give answers between matched answers the group of the one below, the first ones the next."""
    anchors = sorted(chosen)
    for j in range(count):
        if j in chosen or not anchors:
            continue
        below = [k for k in anchors if k < j]
        if below and below[-1] != anchors[-1]:
            chosen[j] = chosen[below[-1]]
        elif not below:
            chosen[j] = chosen[anchors[0]]


def _rest_to_other(donor: Variable, recipient: Variable, chosen: dict[int, int]) -> None:
    others = [i for i, level in enumerate(donor.levels) if is_other(level)]
    if not others:
        return
    for j, level in enumerate(recipient.levels):
        if j not in chosen and not is_not_asked(level):
            chosen[j] = others[0]


def _last_left(donor: Variable, recipient: Variable, links: Links) -> Links:
    """Pair what is left where one side has a single answer left: all else is spoken for."""
    open_left = sorted(set(range(len(donor.levels))) - {i for i, _ in links})
    open_right = sorted(set(range(len(recipient.levels))) - {j for _, j in links})
    left = [i for i in open_left if not is_not_asked(donor.levels[i])]
    right = [j for j in open_right if not is_not_asked(recipient.levels[j])]
    matched = {i for i, _ in links}
    denied = frozenset().union(
        *(answer_words(donor.levels[i]) for i in matched if is_negative(donor.levels[i]))
    )
    enough = len(matched) > 1 or any(denied & answer_words(donor.levels[i]) for i in left)
    if enough and left and right and min(len(left), len(right)) == 1:
        return links + [(i, j) for i in left for j in right]
    return links


_FEW: Final = 6
"""Up to so many answers, those that repeat the question are a yes and the others a no."""
_UNRELATED: Final = 0.4
"""Below this likeness, kinds of yes and the answers of the other side know nothing of each other."""
_NOW: Final = re.compile(r"\b(now|currently|at present)\b")
_BEFORE: Final = re.compile(r"\b(in the past|not now|formerly|previously|no longer)\b")


def _yes_no(donor: Variable, recipient: Variable) -> Links | None:
    """Match a yes-or-no question with one that has other answers: denials are No."""
    left, right = donor.levels, recipient.levels
    for side, other, question, turn in (
        (left, right, donor.description, False),
        (right, left, "", True),
    ):
        answers = [_polarity(level) for level in side]
        if not {"yes", "no"} <= set(answers) or "" in answers:
            continue
        if answers.count("yes") > 1 and not _is_blunt(side, other):
            continue
        meaning = _meanings(other, question)
        links = [
            (i, j)
            for i, own in enumerate(answers)
            for j, its in enumerate(meaning)
            if own == its
            or (own == "no" and its == "not asked" and "not asked" not in answers)
            or (own == "not asked" and its == "no" and "not asked" not in meaning)
        ]
        return [(j, i) for i, j in links] if turn else links
    return None


def _is_blunt(kinds: tuple[str, ...], answers: tuple[str, ...]) -> bool:
    """Whether several kinds of yes are nothing but a yes to answers that know none of them."""
    if not any(starts_negative(level) for level in answers):
        return False
    yes = [level for level in kinds if _polarity(level) == "yes"]
    other = [level for level in answers if not is_negative(level) and not is_not_asked(level)]
    return bool(other) and bool(likeness(yes, other).max() < _UNRELATED)


def _polarity(level: str) -> str:
    if is_no_answer(level):
        return "no answer"
    if is_not_asked(level):
        return "not asked"
    first = normalise_label(level).split(" ")[0]
    return first if first in {"yes", "no"} else ""


def _meanings(levels: tuple[str, ...], question: str) -> list[str]:
    """Read answers as yes, no or not asked."""
    plain = [_polarity(level) for level in levels]
    denies: Callable[[str], bool] = is_negative
    if any(starts_negative(level) for level in levels):
        denies = starts_negative
    found = [
        own or ("no" if denies(level) else "yes") for own, level in zip(plain, levels, strict=True)
    ]
    open_ones = [k for k, own in enumerate(plain) if not own and found[k] == "yes"]
    if _NOW.search(question.lower()):
        for k in open_ones:
            found[k] = "no" if _BEFORE.search(levels[k].lower()) else "yes"
    asked = answer_words(question)
    repeated = {k: answer_words(levels[k]) & asked for k in open_ones if found[k] == "yes"}
    if asked and len(repeated) > 1 and len(levels) <= _FEW:
        share = {
            k: len(said) / max(len(answer_words(levels[k])), 1) for k, said in repeated.items()
        }
        best = max(share, key=lambda k: share[k])
        if share[best] >= 0.5:  # noqa: PLR2004 - most of the answer repeats the question
            for k, said in repeated.items():
                found[k] = "yes" if share[k] >= 0.5 or said >= repeated[best] else "no"  # noqa: PLR2004 - as above
    return found


def _proposal(
    donor: Variable, recipient: Variable, links: Links, scores: NDArray[np.float64] | None
) -> GroupProposal:
    """Return the proposal, the sets of linked levels numbered in the order of the donor."""
    group_of = _components(links)
    codes: dict[int, float] = {}
    for i in range(len(donor.levels)):
        if ("d", i) in group_of:
            codes.setdefault(group_of["d", i], float(len(codes) + 1))

    def groups(side: str, levels: tuple[str, ...]) -> tuple[LevelGroup, ...]:
        found = [group_of.get((side, k)) for k in range(len(levels))]
        return tuple(
            LevelGroup(level, None if root is None else codes[root])
            for level, root in zip(levels, found, strict=True)
        )

    matches = tuple(
        LevelMatch(
            donor.levels[i], recipient.levels[j], 1.0 if scores is None else float(scores[i, j])
        )
        for i, j in sorted(links)
    )
    return GroupProposal(groups("d", donor.levels), groups("r", recipient.levels), matches)


def _components(links: Links) -> dict[tuple[str, int], int]:
    """Find the connected sets of donor and recipient levels, each named by a number."""
    root: dict[tuple[str, int], tuple[str, int]] = {}

    def find(end: tuple[str, int]) -> tuple[str, int]:
        while root.setdefault(end, end) != end:
            root[end] = root[root[end]]
            end = root[end]
        return end

    for i, j in links:
        first, second = sorted((find(("d", i)), find(("r", j))))
        root[second] = first
    numbers: dict[tuple[str, int], int] = {}
    return {end: numbers.setdefault(find(end), len(numbers)) for end in list(root)}


__all__ = ["GroupProposal", "LevelMatch", "propose_groups"]
