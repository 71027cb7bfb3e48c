"""How alike two answers are: words, numbers, denials, people not asked, and what people paired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np

from fusion_core.harmony.labels import (
    Range,
    alternatives,
    answer_words,
    are_calendar_years,
    are_durations,
    is_negative,
    is_no_answer,
    is_not_asked,
    is_other,
    is_several,
    mixtures,
    named_numbers,
    overlap,
    read_ranges,
    starts_negative,
    years_of_durations,
)
from fusion_core.harmony.matching.examples import Example, distinct
from fusion_core.harmony.model import DROP
from fusion_core.surveys.model import Variable
from fusion_core.text_similarity import Floats, WordIndex, normalise_label, ratios

_BOTH_NOT_ASKED: Final = 0.8
_BOTH_OTHER: Final = 0.85
_ONLY_DENIAL: Final = 0.75
_SAME_LETTERS: Final = 0.75
"""Least likeness of the letters of two labels that counts at all."""
_CLEAR: Final = 0.7
"""A likeness of the labels themselves that leaves nothing to be learnt from other surveys."""
_CONTRARY: Final = 0.45
"""What is left of a likeness when one answer denies and the other does not."""
_OTHER_NUMBERS: Final = 0.25
"""What is left of a likeness when the numbers named do not overlap."""
_NUMBERS_WITHIN: Final = 0.8
"""Least likeness of two labels of one kind where one names some of the other's numbers."""
_ALTERNATIVE: Final = 0.9
"""A likeness of one alternative counts a little less than one of the whole label."""
_LEARNT: Final = 0.97
"""A likeness to what people paired before counts a little less than one to the label itself."""
_RANGED: Final = 0.6
"""Share of a variable's levels that must name numbers for them to be read as ranges."""


@dataclass(frozen=True, slots=True)
class Kinship:
    """What earlier harmonies say about the levels of a recipient variable.

    Attributes
    ----------
    aliases
        For each level, the donor levels that people put into its group.
    together
        Share of earlier surveys that put two levels into one group, shape (levels, levels); 0
        where no survey has both, and of shape (0, 0) where no survey is known.
    """

    aliases: tuple[frozenset[str], ...]
    together: Floats


def kinship(examples: Iterable[Example], recipient: Variable) -> Kinship:
    """Collect what examples with the same recipient variable say about its levels.

    Several vintages of a survey count once – the last: they usually are copies of each other.
    """
    related = [
        example
        for example in distinct(examples)
        if example.harmony.recipient.variable == recipient.name
        and not example.harmony.recipient.breakpoints
    ]
    size = len(recipient.levels)
    aliases: list[set[str]] = [set() for _ in recipient.levels]
    if not related:
        return Kinship(tuple(map(frozenset, aliases)), np.zeros((0, 0)))
    position = {normalise_label(level): k for k, level in enumerate(recipient.levels)}
    same = np.zeros((size, size))
    both = np.zeros_like(same)
    for example in related:
        codes = np.full(size, np.nan)
        for item in example.harmony.recipient.levels:
            k = position.get(normalise_label(item.level))
            if k is not None and item.group is not None and item.group != DROP:
                codes[k] = item.group
        known = ~np.isnan(codes)
        same += codes[:, None] == codes[None, :]
        both += known[:, None] & known[None, :]
        if example.harmony.donor.breakpoints:
            continue
        for item in example.harmony.donor.levels:
            if item.group is not None and not is_other(item.level) and not is_not_asked(item.level):
                for k in np.flatnonzero(codes == item.group).tolist():
                    aliases[k].add(item.level)
    together = np.divide(same, both, out=np.zeros_like(same), where=both > 0)
    return Kinship(tuple(frozenset(found) for found in aliases), together)


def likeness(
    donor: Sequence[str],
    recipient: Sequence[str],
    *,
    known: Kinship | None = None,
    year: int | None = None,
) -> Floats:
    """Return how alike the levels of two variables are, shape (donor, recipient), 0 to 1.

    Parameters
    ----------
    donor, recipient
        The levels.
    known
        What earlier harmonies say about the recipient's levels.
    year
        Year in which the recipient was asked: 'so many years ago' then compares with years.
    """
    wording = _wording(donor, recipient)
    left, right = _comparable_ranges(donor, recipient, year)
    found = wording.copy()
    for i, own in enumerate(left):
        for j, other in enumerate(right):
            if own is not None and other is not None:
                shared = overlap(own, other)
                found[i, j] = (
                    shared * (0.7 + 0.3 * wording[i, j]) if shared else 0.1 * wording[i, j]
                )
    if known is not None:
        unclear = found.max(axis=0, initial=0.0) < _CLEAR
        unclear &= ~np.array([is_not_asked(level) for level in recipient], dtype=bool)
        learnt = _LEARNT * _learnt(donor, known) * _as_several(donor, recipient)
        found[:, unclear] = np.maximum(found, learnt)[:, unclear]
    names = [np.array([normalise_label(level) for level in side]) for side in (donor, recipient)]
    if found.size:
        found[(names[0][:, None] == names[1][None, :]) & (names[0] != "")[:, None]] = 1.0
    return found


def _wording(donor: Sequence[str], recipient: Sequence[str], *, whole: bool = False) -> Floats:
    left = [normalise_label(level) for level in donor]
    right = [normalise_label(level) for level in recipient]
    own, other = [answer_words(level) for level in donor], [answer_words(a) for a in recipient]
    # Rarity is judged on each side: a word all levels of a side share tells none of them apart.
    spread = [Counter(word for found in side for word in found) for side in (own, other)]
    counts = (max(len(own), 1), max(len(other), 1))

    def weight(word: str) -> float:
        share = max(
            spread[0][word] / counts[0] if spread[0][word] > 1 else 0.0,
            spread[1][word] / counts[1] if spread[1][word] > 1 else 0.0,
        )
        return 0.1 + log(1 / max(share, 0.05)) / log(20)

    weights = {word: weight(word) for word in {*spread[0], *spread[1]}}
    scores = _shared_words(own, other, weights.__getitem__)
    if not whole:
        scores = np.maximum(scores, _listed(donor, recipient, own, other, weights))
    scores = np.maximum(scores, ratios(left, right, "sorted words", least=_SAME_LETTERS))
    scores *= _contrary(donor, recipient)
    scores = _same_numbers(donor, recipient, own, other, scores)
    return _special(donor, recipient, scores)


def _listed(
    donor: Sequence[str],
    recipient: Sequence[str],
    own: Sequence[frozenset[str]],
    other: Sequence[frozenset[str]],
    weights: dict[str, float],
) -> Floats:
    """Return how alike two labels are by the most alike of the alternatives they list."""
    sides = []
    for labels, found in ((donor, own), (recipient, other)):
        texts = [alternatives(label) for label in labels]
        owner = [k for k, parts in enumerate(texts) for _ in (*parts, "")]
        words = [
            part for k, parts in enumerate(texts) for part in (*map(answer_words, parts), found[k])
        ]
        sides.append((np.array(owner, dtype=int), words))
    scores = np.zeros((len(donor), len(recipient)))
    if len(sides[0][0]) == len(donor) and len(sides[1][0]) == len(recipient):
        return scores
    alike = _ALTERNATIVE * _shared_words(
        sides[0][1], sides[1][1], lambda word: weights.get(word, 1.0)
    )
    np.maximum.at(scores, (sides[0][0][:, None], sides[1][0][None, :]), alike)
    return scores


def _shared_words(
    own: Sequence[frozenset[str]],
    other: Sequence[frozenset[str]],
    weigh: Callable[[str], float],
) -> Floats:
    """Mean of the weight shared over both and over the shorter label, for all pairs of labels."""
    index = WordIndex(other, weigh)
    scores = np.zeros((len(own), len(other)))
    for row, found in enumerate(own):
        shared = index.shared(found)
        scores[row] = 0.5 * (shared.dice + shared.containment)
    return scores


def _special(donor: Sequence[str], recipient: Sequence[str], scores: Floats) -> Floats:
    """Pair people not asked, the rest, the only denial, and several answers at once."""
    scores = scores.copy()
    for test, both in ((is_not_asked, _BOTH_NOT_ASKED), (is_other, _BOTH_OTHER)):
        _at_least(scores, [test(a) for a in donor], [test(a) for a in recipient], both)
    unanswered = [
        np.array([is_no_answer(a) for a in side], dtype=bool) for side in (donor, recipient)
    ]
    scores[unanswered[0][:, None] != unanswered[1][None, :]] = 0.0
    for denies in (is_negative, starts_negative):
        denials = [
            [denies(level) and not is_not_asked(level) for level in side]
            for side in (donor, recipient)
        ]
        if all(sum(side) == 1 for side in denials):
            _at_least(scores, denials[0], denials[1], _ONLY_DENIAL)
    several = _several(donor), _several(recipient)
    scores *= _as_several(donor, recipient)
    if any(several[0]) and any(several[1]) and 1 in (sum(several[0]), sum(several[1])):
        _at_least(scores, several[0], several[1], _BOTH_OTHER)
    return scores


def _several(levels: Sequence[str]) -> list[bool]:
    """Say which labels stand for several answers at once: 'Two or more races', 'White-Asian'."""
    return [
        is_several(level) or mixed for level, mixed in zip(levels, mixtures(levels), strict=True)
    ]


def _as_several(donor: Sequence[str], recipient: Sequence[str]) -> Floats:
    """Return what is left of a likeness where one answer is several at once, the other a single one."""
    first, second = np.array(_several(donor)), np.array(_several(recipient))
    if not (first.any() and second.any()):
        return np.ones((len(donor), len(recipient)))
    # The rest may hold mixtures too: 'Some other race'.
    fits = (first[:, None] == second[None, :]) | np.array(list(map(is_other, recipient)))[None, :]
    return np.where(fits, 1.0, _OTHER_NUMBERS)


def _at_least(scores: Floats, first: list[bool], second: list[bool], value: float) -> None:
    chosen = np.ix_(np.array(first, dtype=bool), np.array(second, dtype=bool))
    scores[chosen] = np.maximum(scores[chosen], value)


def _contrary(donor: Sequence[str], recipient: Sequence[str]) -> Floats:
    first = np.array([is_negative(level) for level in donor], dtype=bool)
    second = np.array([is_negative(level) for level in recipient], dtype=bool)
    return np.where(first[:, None] == second[None, :], 1.0, _CONTRARY)


def _same_numbers(
    donor: Sequence[str],
    recipient: Sequence[str],
    own: Sequence[frozenset[str]],
    other: Sequence[frozenset[str]],
    scores: Floats,
) -> Floats:
    """Labels that name different numbers hardly mean the same; 'Grade 3' is one of 'grades 1-8'."""
    first, second = [named_numbers(a) for a in donor], [named_numbers(a) for a in recipient]
    scores = scores.copy()
    for i, mine in enumerate(first):
        for j, theirs in enumerate(second):
            if mine and theirs and not mine & theirs:
                scores[i, j] *= _OTHER_NUMBERS
            elif (
                mine
                and theirs
                and (mine < theirs or theirs < mine)
                and _share_a_word(own[i], other[j])
            ):
                scores[i, j] = max(scores[i, j], _NUMBERS_WITHIN)
    return scores


def _share_a_word(first: frozenset[str], second: frozenset[str]) -> bool:
    return any(not word[0].isdigit() for word in first & second)


def _comparable_ranges(
    donor: Sequence[str], recipient: Sequence[str], year: int | None
) -> tuple[list[Range | None], list[Range | None]]:
    """Return the ranges of both sides, all ``None`` where they are not of the same kind."""
    left, right = read_ranges(donor), read_ranges(recipient)
    nothing: tuple[list[Range | None], list[Range | None]] = (
        [None] * len(left),
        [None] * len(right),
    )
    if not (_mostly(donor, left) and _mostly(recipient, right)):
        return nothing
    calendar = (are_calendar_years(left), are_calendar_years(right))
    if calendar[0] == calendar[1]:
        return left, right
    if year is None:
        return nothing
    if calendar[0] and are_durations(recipient, right):
        return left, years_of_durations(recipient, right, year)
    if calendar[1] and are_durations(donor, left):
        return years_of_durations(donor, left, year), right
    return nothing


def _mostly(levels: Sequence[str], ranges: Sequence[Range | None]) -> bool:
    relevant = [
        item
        for level, item in zip(levels, ranges, strict=True)
        if not is_not_asked(level) and not is_other(level)
    ]
    named = [item for item in relevant if item is not None]
    return len(set(named)) > 1 and len(named) >= _RANGED * len(relevant)


def _learnt(donor: Sequence[str], known: Kinship) -> Floats:
    """Return how alike donor levels are to those people paired with each recipient level."""
    found = np.zeros((len(donor), len(known.aliases)))
    names = sorted({alias for part in known.aliases for alias in part})
    if not names or not len(donor):
        return found
    position = {alias: index for index, alias in enumerate(names)}
    alike = _wording(donor, names, whole=True)
    for j, part in enumerate(known.aliases):
        if part:
            found[:, j] = alike[:, [position[alias] for alias in part]].max(axis=1)
    return found


__all__ = ["Kinship", "kinship", "likeness"]
