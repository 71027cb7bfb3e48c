"""What a question is about, out of a list of the topics household surveys ask.

Two surveys word one question so differently that they share no telling word: 'Are your living
quarters …' and 'Housing tenure'. The list (`lists/topics.tsv`) holds the wordings in use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Final

_UNIVERSE: Final = re.compile(
    r"\b(?:edited )?universe\s*:.*|\bnote\s*:.*", re.IGNORECASE | re.DOTALL
)
"""What codebooks append to a question: whom it was put to, and notes on the file."""
_SAMPLED: Final = re.compile(r"\bsample (?:adult|child|person)(?:'s)?\b", re.IGNORECASE)
"""Whom a survey asks of each household, which says nothing of what it asks."""
_ASIDE: Final = re.compile(
    r"\[[^\]]*\]\s*|\{[^}]*\}\s*|\((?:top-coded|imputed|edited|recode)\)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Topic:
    name: str
    domain: str
    wording: re.Pattern[str]
    unless: re.Pattern[str]


def question_text(description: str) -> str:
    """Return a description without what codebooks append to the question.

    Examples
    --------
    >>> question_text("SEX EDITED UNIVERSE: PRPERTYP = 1, 2")
    'SEX'
    """
    text = _SAMPLED.sub("person", _UNIVERSE.sub("", _ASIDE.sub("", description))).strip()
    return text or description


@lru_cache(maxsize=1 << 14)
def topics(description: str) -> frozenset[str]:
    """Return the topics a description is about.

    Examples
    --------
    >>> sorted(topics("Annual gross household income for the last year"))
    ['household income']
    >>> topics("A question nobody else asks")
    frozenset()
    """
    text = question_text(description).lower()
    return frozenset(
        item.name
        for item in _listed()
        if item.wording.search(text) and not item.unless.search(text)
    )


@cache
def _domains() -> dict[str, str]:
    return {item.name: item.domain for item in _listed()}


def domains(found: frozenset[str]) -> frozenset[str]:
    """Return the domains – work, income, housing … – of some topics."""
    return frozenset(_domains()[name] for name in found)


@cache
def _listed() -> tuple[_Topic, ...]:
    text = resources.files(__package__).joinpath("lists/topics.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(
        _Topic(name, domain, re.compile(wording), re.compile(unless))
        for domain, name, wording, unless in rows[1:]
    )


__all__ = ["domains", "question_text", "topics"]
