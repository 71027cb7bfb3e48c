"""Rules about what questions ask, whom they count, and what answers stand for on official lists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from math import inf
from typing import Final

from fusion_core.harmony.checks.findings import Case, Finding, Fix, are, count, listed
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.labels import (
    LISTS,
    Entries,
    Range,
    covers,
    domains,
    is_not_asked,
    lists_about,
    meet,
    read_range,
    topics,
)
from fusion_core.harmony.matching import entries_on
from fusion_core.harmony.model import (
    DROP,
    OTHER_SIDE,
    SIDES,
    LevelGroup,
    Side,
    SideName,
    as_number,
    format_number,
    is_group,
    side_outcome,
)
from fusion_core.surveys.model import Variable
from fusion_core.text_similarity import ratios

_ON_THE_LIST: Final = 0.6
"""Share of the answers of both sides a list must know to tell where they belong."""
_AGREES, _FEW = 0.5, 6
"""Share of more than a few answers that must stand as the list says: the others are mistakes."""
_SURELY: Final = 0.9
"""Share of answers a list must know where no dictionary tells what the question is about."""
_SAME_WORD: Final = 0.85
_WIDE: Final = frozenset({"other", "several", "never", "young", "none", "nobody", "not"})
"""Entries for whoever is left or not asked, which surveys put where they can."""
_UNSETTLED: Final = frozenset({"payer"})
"""Lists of answers that may as well stand elsewhere: some pay a part, some a flat rate."""
_COUNTS_HEADS: Final = frozenset({"members by age", "elderly present", "youth present"})


@dataclass(frozen=True, slots=True)
class _Misplaced:
    """A level that stands for nothing its group holds on the other side, but for another group."""

    side: SideName
    level: str
    group: float
    """The group it belongs to."""
    here: tuple[str, ...]
    there: tuple[str, ...]


def answers_in_another_group(case: Case) -> Iterator[Finding]:
    """Find levels that stand for what another group holds on the other side.

    'Physicians' under *Sales*, 'GED' beside *Some college*: an official list both questions take
    their answers from says what they are, however they are worded.
    """
    found = misplaced(case)
    for name in SIDES:
        own = [item for item in found if item.side == name]
        if own:
            yield _report(case, name, own)


def left_out_though_asked(case: Case) -> Iterator[Finding]:
    """Find answers left out on one side that, by an official list, the other side has and keeps."""
    sides = _on_a_list(case)
    if sides is None:
        return
    standing = dict(zip(SIDES, sides, strict=True))
    for name in SIDES:
        side, across = case.side(name), case.other(name)
        own, other = standing[name], standing[OTHER_SIDE[name]]
        kept = [
            (item.level, entries)
            for item, entries in zip(across.levels, other, strict=True)
            if is_group(item.group) and entries and not _is_wide(entries)
        ]
        found: dict[str, str] = {}
        for item, entries in zip(side.levels, own, strict=True):
            if item.group != DROP or not entries or _is_wide(entries) or is_not_asked(item.level):
                continue
            label = next((label for label, theirs in kept if meet(entries, theirs)), None)
            if label is not None:
                found[item.level] = label
        if found:
            first = next(iter(found))
            yield Finding(
                "left-out-though-asked",
                "warning",
                f"{count(tuple(found), 'level')} of the {name} {are(tuple(found))} left out, but the "
                f"other side keeps such persons: '{first}' belongs with '{found[first]}'",
                name,
                tuple(found),
            )


def _report(case: Case, name: SideName, found: Sequence[_Misplaced]) -> Finding:
    levels = tuple(item.level for item in found)
    first, fixed = found[0], case.harmony
    for item in found:
        fixed = editing.assign(fixed, name, [item.level], item.group)
    what = "stands" if len(levels) == 1 else "stand"
    where = listed(first.there)
    label = (
        f"Move '{first.level}' to the group of {where}"
        if len(levels) == 1
        else f"Move {count(levels, 'level')}: '{first.level}' to the group of {where}, and so on"
    )
    return Finding(
        "answer-in-another-group",
        "warning",
        f"{count(levels, 'level')} of the {name} {what} for what another group holds: "
        f"'{first.level}' meets {listed(first.here)}, but belongs with {where}",
        name,
        levels,
        Fix(label, fixed),
    )


def misplaced(case: Case) -> list[_Misplaced]:
    """Return the levels of both sides that an official list puts into another group.

    Of two sides that say the same mistake, the one with fewer levels explains it.
    """
    sides = _on_a_list(case)
    if sides is None:
        return []
    wrong: dict[SideName, list[_Misplaced]] = {
        "donor": list(_wrong(case, "donor", sides[0], sides[1])),
        "recipient": list(_wrong(case, "recipient", sides[1], sides[0])),
    }
    known = [sum(bool(found) for found in side) for side in sides]
    if min(known) > _FEW and all(
        len(wrong[name]) > _AGREES * count_ for name, count_ in zip(SIDES, known, strict=True)
    ):
        return []  # grouped by something else
    shorter = min(SIDES, key=lambda name: (len(wrong[name]) or len(SIDES) ** 20, name))
    return wrong[shorter]


def _on_a_list(case: Case) -> tuple[list[Entries], list[Entries]] | None:
    """Return what the levels of both sides stand for, where they are groups of one list's answers."""
    if any(
        side_outcome(case.side(name), collapsed=case.collapsed(name)) != "group" for name in SIDES
    ):
        return None
    variables = [_with_levels(case, name) for name in SIDES]
    if None in variables or any(case.side(name).breakpoints for name in SIDES):
        return None
    donor, recipient = (item for item in variables if item is not None)
    return _entries(donor, recipient)


def _with_levels(case: Case, name: SideName) -> Variable | None:
    """Return the dictionary entry of a side with the levels the harmony lists."""
    variable, side = case.variable(name), case.side(name)
    if side.adjustment.strip() or (variable is not None and not variable.is_categorical):
        return None
    levels = tuple(item.level for item in side.levels)
    said = "" if variable is None else variable.description
    return Variable(side.variable, said, levels=levels) if levels else None


@lru_cache(maxsize=64)  # an edit of groups leaves the levels as they are
def _entries(donor: Variable, recipient: Variable) -> tuple[list[Entries], list[Entries]] | None:
    """Return what the levels stand for on the list that knows most of both sides."""
    about = lists_about(topics(donor.description)) + lists_about(topics(recipient.description))
    unknown = not (donor.description and recipient.description) and not about
    best: tuple[float, tuple[list[Entries], list[Entries]]] | None = None
    for name in LISTS if unknown else dict.fromkeys(about):
        if name in _UNSETTLED:
            continue
        found = entries_on(name, donor), entries_on(name, recipient)
        share = min(sum(map(bool, own)) / len(own) for own in found)
        if unknown and min(len(frozenset(own)) for own in found) < 3:  # noqa: PLR2004 - yes and no
            continue
        if share >= (_SURELY if unknown else _ON_THE_LIST) and (best is None or share > best[0]):
            best = share, found
    return None if best is None else best[1]


def _wrong(
    case: Case, name: SideName, own: Sequence[Entries], other: Sequence[Entries]
) -> Iterator[_Misplaced]:
    across = case.side(OTHER_SIDE[name])
    held: dict[float, list[tuple[str, Entries]]] = {}
    for item, entries in zip(across.levels, other, strict=True):
        if is_group(item.group):
            held.setdefault(as_number(item.group), []).append((item.level, entries))
    fits: dict[tuple[float, Entries], float | None] = {}
    for item, entries in zip(case.side(name).levels, own, strict=True):
        if not is_group(item.group) or not entries or _is_wide(entries):
            continue
        at = as_number(item.group), entries
        if at not in fits:
            here = held.get(at[0], [])
            stands = not here or any(
                _is_wide(theirs) or meet(entries, theirs) or _reads_alike(item.level, label)
                for label, theirs in here
            )
            fits[at] = None if stands else _fitting(entries, held)
        fitting = fits[at]
        if fitting is None:
            continue
        here = held[at[0]]
        there = tuple(label for label, theirs in held[fitting] if meet(entries, theirs))
        yield _Misplaced(name, item.level, fitting, tuple(label for label, _ in here), there)


def _reads_alike(level: str, label: str) -> bool:
    """Whether two labels are the same but for spelling: the list may know only one of them."""
    return bool(ratios([level.lower()], [label.lower()], "letters")[0, 0] >= _SAME_WORD)


def _is_wide(entries: Entries) -> bool:
    return any(code.split(".")[0] in _WIDE or code.endswith(".other") for code in entries)


def _fitting(entries: Entries, held: Mapping[float, Sequence[tuple[str, Entries]]]) -> float | None:
    """Return the group whose labels hold most of some entries, the narrowest first."""
    votes = Counter[float]()
    for group, labels in held.items():
        for _, theirs in labels:
            for code in entries:
                depth = max(
                    (len(c) for c in theirs if covers(c, code) or covers(code, c)), default=0
                )
                votes[group] = max(votes[group], depth)
    best = max(votes.values(), default=0)
    groups = [group for group, depth in votes.items() if depth == best]
    return groups[0] if best and len(groups) == 1 else None


def questions_about_different_things(case: Case) -> Iterator[Finding]:
    """Find two questions that are known to be about different things."""
    variables = [case.variable(name) for name in SIDES]
    donor, recipient = variables
    if donor is None or recipient is None:
        return
    first, second = topics(donor.description), topics(recipient.description)
    if not first or not second or first & second or (first | second) & _COUNTS_HEADS:
        return
    if domains(first) & domains(second):
        return
    levels = [_with_levels(case, name) for name in SIDES]
    if levels[0] is not None and levels[1] is not None and _entries(levels[0], levels[1]):
        return  # their answers are of one list
    yield Finding(
        "questions-differ",
        "warning",
        f"'{donor.name}' asks about {_said(first)}, '{recipient.name}' about {_said(second)}",
    )


_ANY_FUEL: Final = "heating fuel"
"""What is spent on heating, with whatever fuel it is: gas or oil is no other amount."""


def amounts_of_more(case: Case) -> Iterator[Finding]:
    """Find an amount that holds what the other side's does not: rent *or mortgage* against rent."""
    variables = [case.variable(name) for name in SIDES]
    if any(item is None or item.is_categorical for item in variables):
        return
    if any(case.side(name).adjustment.strip() for name in SIDES):
        return
    donor, recipient = (item for item in variables if item is not None)
    first, second = topics(donor.description), topics(recipient.description)
    if not first or not second or not (domains(first) == domains(second) <= _OF_MONEY):
        return
    if first == second or first & second & _WHOLE or _ANY_FUEL in first ^ second:
        return
    more = sorted(first ^ second)
    shared = first & second
    if shared:
        name: SideName = "donor" if first - second else "recipient"
        sentence = f"The {name} holds {' and '.join(more)}, which the other side does not"
    else:
        name = "donor"
        sentence = f"The donor is an amount of {_said(first)}, the recipient one of {_said(second)}"
    yield Finding("amounts-of-different-things", "warning", sentence, name)


_OF_MONEY: Final = frozenset({"housing", "energy"})
_WHOLE: Final = frozenset({"owner costs", "household income"})


def _said(found: frozenset[str]) -> str:
    return " and ".join(sorted(found))


_BY_AGE: Final = re.compile(
    r"\bage[ds]?\b|\bold(?:er)?\b|\byounger\b|\bunder\b|\bover\b", re.IGNORECASE
)
_PERSONS: Final = re.compile(
    r"\b(?:members?|persons?|people|children|adults?|males?|females?|men|women|boys|girls)\b",
    re.IGNORECASE,
)
_SAID_TWICE: Final = re.compile(r"(\b(\d+)\b.*?)\b\2\b.*")
_AGE_WORD: Final = re.compile(r"\b(?:aged|ages|age)\b")
_BEYOND: Final = re.compile(r"\b(?:over|more than|above)\s+\d", re.IGNORECASE)
_PART: Final = re.compile(r"(\w+)\s*(<=|>=|<|>)\s*(\d+)")
_FLAGS: Final = frozenset({0.0, 1.0})


def counted_persons_against_description(case: Case) -> Iterator[Finding]:
    """Find persons counted by an age other than the one the other side's question names.

    *Number of members age 17 or younger* beside a count of those aged 18 or more.
    """
    for name in SIDES:
        side, other = case.side(name), case.other(name)
        opposite = OTHER_SIDE[name]
        asked = case.variable(opposite)
        if asked is None or other.variable != asked.name or side.aggregator != "sum":
            continue
        if not case.collapsed(name) or not _is_age(case, name):
            continue
        meant, counted = _described(asked.description), _counted(side)
        if not meant or not counted or _as_meant(counted, meant):
            continue
        yield Finding(
            "counts-another-age",
            "warning",
            f"The {name} counts persons {_ages(counted)}; '{asked.name}' is about "
            f"“{asked.description}”",
            name,
            fix=_turned(case, name, meant),
        )


def _is_age(case: Case, name: SideName) -> bool:
    variable = case.variable(name)
    return variable is not None and bool(re.search(r"\bage\b", variable.description, re.IGNORECASE))


def _described(text: str) -> list[Range]:
    """Return the ages a question is about; two readings where *over 64* may hold 64."""
    if not _PERSONS.search(text) or not _BY_AGE.search(text):
        return []
    said = _AGE_WORD.sub("", _SAID_TWICE.sub(r"\1", text))
    found = read_range(" ".join(said.split()))
    if found is None or found[1] == found[0] + 1:
        return []  # one age alone is hardly ever what is counted; more likely it is misread
    low, high = found
    return [(low, high), (low + 1, high)] if _BEYOND.search(said) else [(low, high)]


def _counted(side: Side) -> list[Range]:
    """Return the ages of the persons who count as 1, as ranges in rising order."""
    if side.breakpoints and len(side.levels) == len(side.breakpoints) + 1:
        if not {item.group for item in side.levels} <= _FLAGS:
            return []
        edges = list(pairwise((-inf, *side.breakpoints, inf)))
        return _joined([e for e, item in zip(edges, side.levels, strict=True) if item.group == 1])
    low, high = -inf, inf
    for part in re.split(r"\s+and\s+", side.adjustment.strip(), flags=re.IGNORECASE):
        found = _PART.fullmatch(part)
        if found is None or found[1].lower() != side.variable.lower():
            return []
        number = float(found[3])
        if found[2] in {">", ">="}:
            low = max(low, number + (found[2] == ">"))
        else:
            high = min(high, number + (found[2] == "<="))
    return [(low, high)] if low < high else []


def _joined(ranges: list[Range]) -> list[Range]:
    joined: list[Range] = []
    for low, high in ranges:
        if joined and joined[-1][1] == low:
            joined[-1] = joined[-1][0], high
        else:
            joined.append((low, high))
    return joined


def _as_meant(counted: list[Range], meant: list[Range]) -> bool:
    """Whether the counted ages are those meant; ages below nought do not matter."""
    plain = [(max(low, 0.0), high) for low, high in counted]
    return any(plain == [(max(low, 0.0), high)] for low, high in meant)


def _ages(ranges: list[Range]) -> str:
    if ranges == [(-inf, inf)]:
        return "of any age"
    return "aged " + " and ".join(map(_range_said, ranges))


def _range_said(item: Range) -> str:
    low, high = item
    if low <= 0:
        return f"under {format_number(high)}"
    start = format_number(low)
    return f"{start} or more" if high == inf else f"{start} to under {format_number(high)}"


def _turned(case: Case, name: SideName, meant: list[Range]) -> Fix | None:
    """Offer to count the others, where these are the ones meant."""
    side = case.side(name)
    if not side.breakpoints:
        return None
    levels = tuple(LevelGroup(item.level, float(item.group != 1)) for item in side.levels)
    if not _as_meant(_counted(replace(side, levels=levels)), meant):
        return None
    return Fix("Count the others", editing.replace_side(case.harmony, name, levels=levels))


__all__ = [
    "amounts_of_more",
    "answers_in_another_group",
    "counted_persons_against_description",
    "left_out_though_asked",
    "questions_about_different_things",
]
