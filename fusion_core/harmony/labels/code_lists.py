"""What answers mean, out of the official lists surveys take their answers from.

A label stands for entries of a list: 'Some college or associate's degree' for two rungs of the
education ladder, 'Central American' for all countries there. Entries are codes with dots; what one
names holds all that begin with it. Two labels mean the same as far as they stand for the same
entries, however they are worded – see the tables in ``lists/`` and the sources they name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple

from fusion_core.harmony.labels.parts import mixtures, named_numbers
from fusion_core.harmony.labels.ranges import read_range
from fusion_core.harmony.labels.wording import is_several
from fusion_core.text_similarity import normalise_label

Entries = frozenset[str]
"""Codes of a list; what a code begins with are the wider entries it lies in."""

_UNITS: Final = ((2, 3), (3, 5), (5, 10), (10, 20), (20, 50), (50, 200))
"""Numbers of apartments the ACS tells apart, each up to but not including the second."""
_BUILDING: Final = re.compile(
    r"\b(apartments?|units?|building|family|families|multi\w*)\b|\d\s*\+|-", re.IGNORECASE
)
_ONE_HOME: Final = re.compile(r"\b(one|1)\b|\bmobile\b|\b(de|at)tached\b", re.IGNORECASE)
_GRADE: Final = re.compile(r"\bgrades?\b|\b\d+(st|nd|rd|th)\b", re.IGNORECASE)
_HIGHEST_GRADE: Final = 12
_NOT_SPECIFIED: Final = re.compile(
    r"\b(not specified|n ?s|n ?e ?c|not elsewhere classified|unspecified|other|all other)\b"
)
_BEFORE_1997: Final = {"asian", "islander"}
"""One kind until Statistical Policy Directive 15 was revised, and where samples are small."""
_INITIALS: Final = {
    "w": "white",
    "b": "black",
    "ai": "aian",
    "a": "asian",
    "hp": "islander",
    "hi": "islander",
}


class _Wording(NamedTuple):
    entries: Entries
    wording: re.Pattern[str]
    unless: re.Pattern[str] | None


def lists_about(topics: Iterable[str]) -> tuple[str, ...]:
    """Return the lists that answers to questions about some topics are taken from."""
    wanted = set(topics)
    return tuple(name for name, about in _about().items() if about & wanted)


def entries_of(name: str, labels: Sequence[str]) -> list[Entries]:
    """Return the entries of a list every label of a variable stands for, none where it has none.

    A label that stands for less takes its entries away from those that stand for more: beside
    'GED', 'High school graduate' is the diploma alone.

    Examples
    --------
    >>> [sorted(found) for found in entries_of("tenure", ["Owned free and clear", "Rented"])]
    [['own.clear'], ['rent']]
    """
    return list(_entries_of(name, tuple(labels)))


@lru_cache(maxsize=1 << 9)
def _entries_of(name: str, labels: tuple[str, ...]) -> tuple[Entries, ...]:
    if name == "place":
        return tuple(_places(labels))
    if name == "race":
        return tuple(_mixed_races(labels))
    found = [_read(name, label) for label in labels]
    if name == "era":
        found = [own if len(own) < 2 else _mixture(own) for own in found]  # noqa: PLR2004 - two eras
    return tuple(found)


def _mixture(kinds: Iterable[str]) -> Entries:
    """Return the entry of answers that are several others at once."""
    return frozenset({"several." + "+".join(sorted(kinds))})


def entry_of_question(name: str, question: str) -> Entries:
    """Return the entries a yes-or-no question asks about: 'Are you Hispanic?'."""
    return _read(name, question.lower())


@lru_cache(maxsize=1 << 16)
def _read(name: str, label: str) -> Entries:
    text = label.lower().replace("’", "'").strip()
    found: set[str] = set()
    for item in _wordings().get(name, ()):
        if item.wording.search(text) and not (item.unless and item.unless.search(text)):
            found |= item.entries
    if name == "education" and _GRADE.search(text) and "less than" not in text:
        found |= {f"school.grade.{n}" for n in named_numbers(label) if 0 < n <= _HIGHEST_GRADE}
    if name == "structure":
        found |= _buildings(text)
    return frozenset(found)


def _buildings(text: str) -> set[str]:
    """Return the sizes of apartment buildings a label names by their number of units."""
    span = read_range(text.replace("w/", " "))
    if span is None or not _BUILDING.search(text) or _ONE_HOME.search(text):
        return set()
    low, high = span
    return {f"many.{a}" for a, b in _UNITS if a < high and low < b and low > 1}


def _mixed_races(labels: tuple[str, ...]) -> list[Entries]:
    """Read races; a label that joins several of them stands for that mixture alone."""
    found = []
    joined = mixtures(labels)
    one_kind = not any(_read("race", label) == frozenset({"islander"}) for label in labels)
    for label, is_joined in zip(labels, joined, strict=True):
        own = _read("race", label)
        several = own & {"several"} or is_several(label)
        kinds = {code.split(".")[0] for code in own} - {"several"}
        if is_joined and len(kinds) < 2:  # noqa: PLR2004 - two make a mixture
            kinds |= {_INITIALS[p] for p in re.split(r"[-/]+", label.lower()) if p in _INITIALS}
        if one_kind and kinds == _BEFORE_1997:
            found.append(own)
        elif several and not (is_joined and len(kinds) > 1):
            found.append(frozenset({"several"}) | (own & {"other"}))
        elif len(kinds) > 1 and (is_joined or re.search(r";|/ | - |-|\band\b", label)):
            found.append(_mixture(kinds))
        else:
            found.append(own)
    return found


def _places(labels: tuple[str, ...]) -> list[Entries]:
    """Read places; Georgia is the state where it stands between other states."""
    among_states = {"florida", "hawaii"} <= {normalise_label(label) for label in labels}
    return [
        _place("Georgia / GA" if among_states and label.strip() == "Georgia" else label)
        for label in labels
    ]


@lru_cache(maxsize=1 << 14)
def _place(label: str) -> Entries:
    text = normalise_label(label)
    names = _place_names()
    if text in names:
        return names[text]
    plain = " ".join(_NOT_SPECIFIED.sub(" ", text).split())
    wide = names.get(plain)
    if wide is None:
        return frozenset()
    return frozenset(f"{code}.other" for code in wide) if plain != text else wide


@cache
def _place_names() -> dict[str, Entries]:
    found: dict[str, Entries] = {}
    for code, names in _rows("places"):
        for item in names.split("|"):
            found[normalise_label(item)] = frozenset({code})
    return found


@cache
def _about() -> dict[str, frozenset[str]]:
    return {name: frozenset(about.split(",")) for name, about in _rows("lists")}


@cache
def _wordings() -> dict[str, tuple[_Wording, ...]]:
    found: dict[str, list[_Wording]] = {}
    for name, codes, wording, unless in _rows("answers"):
        item = _Wording(
            frozenset(codes.split(",")),
            re.compile(wording),
            re.compile(unless) if unless else None,
        )
        found.setdefault(name, []).append(item)
    return {name: tuple(items) for name, items in found.items()}


def _rows(table: str) -> list[list[str]]:
    """Return the rows of a table of the package, its head and remarks left out."""
    text = resources.files(__package__).joinpath(f"lists/{table}.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [line.split("\t") for line in lines[1:]]


def covers(wide: str, narrow: str) -> bool:
    """Whether an entry holds another: ``hs`` holds ``hs.ged`` and itself."""
    return narrow == wide or narrow.startswith(f"{wide}.")


def meet(first: Entries, second: Entries) -> bool:
    """Whether two labels stand for an entry in common."""
    return any(covers(a, b) or covers(b, a) for a in first for b in second)


LISTS: Final = tuple(_about())
"""The names of all lists."""

__all__ = ["LISTS", "Entries", "covers", "entries_of", "entry_of_question", "lists_about", "meet"]
