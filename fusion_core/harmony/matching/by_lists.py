"""Match answers by the official lists they are taken from, however they are worded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fusion_core.harmony.labels import (
    Entries,
    covers,
    entries_of,
    entry_of_question,
    is_no_answer,
    is_not_asked,
    is_other,
    lists_about,
    topics,
)
from fusion_core.surveys.model import Variable
from fusion_core.text_similarity import Floats, normalise_label

_SECTIONED: Final = frozenset({"industry", "occupation"})
"""Lists whose entries are sections, which detailed lists of either survey fill with titles."""
_LONG, _ALIKE = 40, 0.5
_COVERED: Final = 0.6
"""Share of the answers of both sides that must be on the list for it to decide."""

_NOT: Final = "not: "
_OUTSIDE: Final = frozenset(
    {"never", "young", "nobody", "home", "none", "not", "school", "quarters"}
)
"""Entries that are no kind of what is asked, so that no label for other kinds holds them."""
_NEIGHBOURS: Final = "place"
"""The list whose entries are no kinds of a wider one: France is not Germany because both lie in Europe."""
_REST, _SEVERAL = "other", "several"
_SCHOOLING: Final = "education"
_NO_SCHOOL, _YOUNG = "school.none", "school.young"

Links = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ListMatch:
    """Answers paired by a list.

    Attributes
    ----------
    name
        The list.
    links
        Pairs of positions.
    is_loose
        Whether some answers went to a label for the rest, or to the only one near them.
    donor, recipient
        Which answers of either side are on the list.
    """

    name: str
    links: Links
    is_loose: bool
    donor: tuple[bool, ...] = ()
    recipient: tuple[bool, ...] = ()


def match_by_lists(donor: Variable, recipient: Variable, scores: Floats) -> ListMatch | None:
    """Pair the answers that stand for the same entries of a list both questions are about.

    Parameters
    ----------
    donor, recipient
        Two categorical variables.
    scores
        How alike their answers are worded, shape (donor, recipient).

    Returns
    -------
    The pairs, or ``None`` where no list holds most answers of both variables.
    """
    about = lists_about(topics(donor.description)) + lists_about(topics(recipient.description))
    best: tuple[float, ListMatch] | None = None
    for name in dict.fromkeys(about):
        left, right = entries_on(name, donor), entries_on(name, recipient)
        if name in _SECTIONED:
            left = _as_their_likes(left, right, scores)
            right = _as_their_likes(right, left, scores.T)
        share = min(_covered(donor.levels, left), _covered(recipient.levels, right))
        if share < _COVERED or (best is not None and share <= best[0]):
            continue
        links, is_loose = _links(left, right, has_kinds=name != _NEIGHBOURS)
        if len({i for i, _ in links}) > 1 or len(donor.levels) == 1:
            listed = tuple(map(bool, left)), tuple(map(bool, right))
            best = share, ListMatch(name, links, is_loose, *listed)
    return None if best is None else best[1]


def _as_their_likes(own: list[Entries], other: list[Entries], scores: Floats) -> list[Entries]:
    """Let the entries of a long list stand where those of the other side stand that read alike."""
    if len(own) < _LONG or len(other) < _LONG:
        return own
    best = scores.argmax(axis=1)
    return [
        other[best[k]] if scores[k, best[k]] >= _ALIKE and other[best[k]] else entries
        for k, entries in enumerate(own)
    ]


def entries_on(name: str, variable: Variable) -> list[Entries]:
    """Return the entries of a list the answers to a question stand for.

    Yes and no stand for what the question asks about, and for the rest.
    """
    found = [
        own or _by_role(name, level)
        for level, own in zip(variable.levels, entries_of(name, variable.levels), strict=True)
    ]
    asked = entry_of_question(name, variable.description)
    answers = [normalise_label(level).split(" ")[0] for level in variable.levels]
    plain = {normalise_label(level) for level in variable.levels}
    if asked and {"yes", "no"} <= plain:
        return [
            asked if first == "yes" else frozenset({f"{_NOT}{name}"}) if first == "no" else own
            for first, own in zip(answers, found, strict=True)
        ]
    return _less_takes_from_more(found)


def _by_role(name: str, level: str) -> Entries:
    """Return what answers stand for that are the rest of any list, or those too young for school."""
    if is_other(level):
        return frozenset({_REST})
    is_young = name == _SCHOOLING and is_not_asked(level) and not is_no_answer(level)
    return frozenset({_YOUNG}) if is_young else frozenset()


def _covered(levels: Sequence[str], found: Sequence[Entries]) -> float:
    asked = [
        bool(own)
        for level, own in zip(levels, found, strict=True)
        if own or not (is_not_asked(level) or is_other(level))
    ]
    return sum(asked) / len(asked) if asked else 0.0


def _less_takes_from_more(found: list[Entries]) -> list[Entries]:
    """Leave what narrower labels stand for to them alone."""
    distinct = {own for own in found if own}
    left = {own: _left(own, distinct) for own in distinct}
    return [left.get(own, own) for own in found]


def _left(own: Entries, distinct: set[Entries]) -> Entries:
    narrower = [
        other
        for other in distinct
        if other != own
        and all(any(covers(a, b) for a in own) for b in other)
        and not all(any(covers(b, a) for b in other) for a in own)
    ]
    taken = {code for other in narrower for code in other}
    return frozenset(code for code in own if code not in taken) or own


def _links(left: list[Entries], right: list[Entries], *, has_kinds: bool) -> tuple[Links, bool]:
    """Pair labels entry by entry: with the labels that hold it, or else the ones for the rest."""
    links: set[tuple[int, int]] = set()
    is_loose = False
    for first, second, turn in ((left, right, False), (right, left, True)):
        partners: dict[str, list[int]] = {}
        for code in sorted(frozenset().union(*first)):
            partners[code] = _holding(code, second)
            if code == _YOUNG and frozenset({_YOUNG}) not in first:
                continue  # those of a label that holds older ones too go with them
            if not partners[code] and (rest := _rest_or_near(code, second, has_kinds)):
                partners[code], is_loose = rest, True
        links |= {
            (b, a) if turn else (a, b)
            for a, own in enumerate(first)
            for code in own
            for b in partners[code]
        }
    return sorted(links | _denied(left, right, links)), is_loose


def _denied(
    left: list[Entries], right: list[Entries], links: set[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Pair the no of a question with all answers that the yes does not stand for."""
    found = set()
    for own, other, turn in ((left, right, False), (right, left, True)):
        taken = {i if turn else j for i, j in links}
        found |= {
            (k, no) if turn else (no, k)
            for no, entries in enumerate(own)
            if any(code.startswith(_NOT) for code in entries)
            for k, theirs in enumerate(other)
            if theirs and k not in taken
        }
    return found


def _holding(code: str, others: list[Entries]) -> list[int]:
    """Return the labels of the other side that stand for an entry, the narrowest ones."""
    exact = [k for k, own in enumerate(others) if code in own]
    if exact or _is_wider(code, others):
        return exact
    depth = [max((len(c) for c in own if covers(c, code)), default=0) for own in others]
    best = max(depth, default=0)
    if best and _rest_for(code, others, best):
        return []
    return [k for k, found in enumerate(depth) if found and found == best]


def _rest_or_near(code: str, others: list[Entries], has_kinds: bool) -> list[int]:
    """Return the labels for the rest, or next to an entry, that no label of the other side holds."""
    if code.startswith(_NOT) or _is_wider(code, others):
        return []
    depth = max((len(c) for own in others for c in own if covers(c, code)), default=0)
    return _rest_for(code, others, depth) or _beside(code, others, has_kinds)


def _is_wider(code: str, others: list[Entries]) -> bool:
    """Whether labels of the other side stand for parts of an entry: they look for it themselves."""
    return any(covers(code, theirs) for own in others for theirs in own)


def _rest_for(code: str, others: list[Entries], depth: int) -> list[int]:
    """Return the label for the rest of the narrowest area an entry lies in, if narrower than found."""
    parent = code
    while "." in parent:
        parent = parent.rsplit(".", 1)[0]
        if len(parent) < depth:
            return []
        found = [k for k, own in enumerate(others) if f"{parent}.other" in own]
        if found:
            return found
    return []


def _beside(code: str, others: list[Entries], has_kinds: bool) -> list[int]:
    """Return the only label close to an entry nothing holds, or the one for the rest of the list."""
    if code == _YOUNG:
        return _at(_NO_SCHOOL, others)  # who is too young for school has none
    if code.split(".", maxsplit=1)[0] in _OUTSIDE:
        return []
    rest = _at(_REST, others)
    if "." in code and (has_kinds or not rest):
        parent = code.rsplit(".", 1)[0]
        near = [k for k, own in enumerate(others) if any(covers(parent, c) for c in own)]
        if len(near) == 1:
            return near
    return rest or (_at(_SEVERAL, others) if code == _REST else [])


def _at(code: str, others: list[Entries]) -> list[int]:
    return [k for k, own in enumerate(others) if code in own]


__all__ = ["ListMatch", "entries_on", "match_by_lists"]
