"""Find the sections of the guide that speak of something, forgiving of a typing error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from fusion_core.text_similarity import misspelt, words_in
from harmony_app.help.book import CHAPTERS, Chapter, Section

_HEADING_WEIGHT: Final = 8
_SHORTEST_FUZZY: Final = 5
_MOST: Final = 20
_LENGTH: Final = 220
_MARKS: Final = re.compile(r"!\[.*?\]\(.*?\)|\]\(.*?\)|[`*\[]|^[>|#-]+|^```\w*|[|]", re.MULTILINE)


@dataclass(frozen=True)
class Hit:
    """A section that has every word of a query.

    Attributes
    ----------
    chapter, section
        Where it stands.
    extract
        What it says around the first of the words, without marks.
    """

    chapter: Chapter
    section: Section
    extract: str


def search_guide(query: str) -> tuple[Hit, ...]:
    """Return the sections in which every word of a query occurs, or begins a word; best first.

    Sections that name the words in their heading come first, then those that name them most often
    for their length. A word of five letters or more that occurs nowhere is taken for the words that
    are one typing error away.
    """
    words = words_in(query)
    if not words:
        return ()
    wanted = [_meant(word) for word in words]
    scored = []
    for position, (chapter, section) in enumerate(_all_sections()):
        score = _score(section, wanted)
        if score > 0:
            scored.append((-score, position, Hit(chapter, section, _extract(section, wanted))))
    return tuple(hit for _, _, hit in sorted(scored, key=lambda each: each[:2])[:_MOST])


def _meant(word: str) -> tuple[str, ...]:
    """Return what a word of the query may begin with to be found."""
    known = _vocabulary()
    if len(word) < _SHORTEST_FUZZY or any(each.startswith(word) for each in known):
        return (word,)
    return (word, *misspelt(word, known, mistakes=1))


def _score(section: Section, wanted: list[tuple[str, ...]]) -> float:
    """Return how well a section meets a query; 0 where a word of it is missing."""
    heading, text = words_in(section.heading), words_in(section.text)
    score = 0.0
    for beginnings in wanted:
        in_heading = sum(each.startswith(beginnings) for each in heading)
        in_text = sum(each.startswith(beginnings) for each in text)
        if not in_heading + in_text:
            return 0.0
        score += _HEADING_WEIGHT * min(in_heading, 1) + in_text / (1 + len(text) / 100)
    return score


def _extract(section: Section, wanted: list[tuple[str, ...]]) -> str:
    plain = " ".join(_MARKS.sub("", section.text).split())
    beginnings = "|".join(re.escape(each) for each in wanted[0])
    found = re.search(rf"\b(?:{beginnings})", plain, flags=re.IGNORECASE)
    start = max(0, found.start() - _LENGTH // 3) if found else 0
    start = plain.rfind(" ", 0, start) + 1 if start else 0
    end = start + _LENGTH
    cut = plain[start:end] if end >= len(plain) else plain[start : plain.rfind(" ", start, end)]
    return f"{'… ' if start else ''}{cut}{' …' if end < len(plain) else ''}"


def _all_sections() -> list[tuple[Chapter, Section]]:
    return [(chapter, section) for chapter in CHAPTERS for section in chapter.sections]


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(
        word for _, each in _all_sections() for word in words_in(f"{each.heading} {each.text}")
    )


__all__ = ["Hit", "search_guide"]
