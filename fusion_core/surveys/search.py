"""Search all dictionaries at once: names, descriptions and level texts, forgiving of typing errors.

Every word of the query must match a word of the variable: exactly, as its beginning, within it, or
– for words of four letters or more – but for one typing error (two from eight letters on). A match in the name counts more than one in the
description, and that more than one in a level. The index holds each distinct word once, so that a
query compares with some ten thousand words, not with every text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from fusion_core.surveys.model import Dictionary, RespondentLevel, SurveyId, Variable, VariableType
from fusion_core.text_similarity import misspelt, words_in

Field = Literal["name", "description", "level"]

_FIELD_WEIGHT: Final[Mapping[Field, float]] = {"name": 3.0, "description": 2.0, "level": 1.0}
_EXACT, _PREFIX, _WITHIN, _NEAR = 1.0, 0.8, 0.5, 0.4
_SHORTEST_FUZZY: Final = 4
_SHORTEST_WITHIN: Final = 3
_LONG: Final = 8
_MOST_LEVELS: Final = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """A variable of a survey."""

    survey: SurveyId
    variable: Variable


@dataclass(frozen=True, slots=True)
class Hit:
    """A variable that matches.

    Attributes
    ----------
    entry
        The variable.
    score
        How well it matches; only the order has a meaning.
    level
        A level in which a word of the query was found when neither name nor description has it.
    """

    entry: Entry
    score: float
    level: str = ""


@dataclass(frozen=True)
class DictionaryIndex:
    """All variables of several surveys, indexed by word.

    Attributes
    ----------
    entries
        The variables, survey by survey in the order given.
    words
        For every word the entries and fields it occurs in: ``{entry position: best field}``.
    """

    entries: tuple[Entry, ...]
    words: Mapping[str, Mapping[int, Field]]


def build_index(dictionaries: Iterable[tuple[SurveyId, Dictionary]]) -> DictionaryIndex:
    """Index the substantive and geographic variables of some surveys."""
    entries: list[Entry] = []
    words: dict[str, dict[int, Field]] = defaultdict(dict)
    for survey, dictionary in dictionaries:
        for variable in dictionary.values():
            if variable.role not in {"answer", "geography"}:
                continue
            position = len(entries)
            entries.append(Entry(survey, variable))
            for field, texts in _texts(variable):
                for text in texts:
                    for word in words_in(text):
                        known = words[word].get(position)
                        if known is None or _FIELD_WEIGHT[field] > _FIELD_WEIGHT[known]:
                            words[word][position] = field
    return DictionaryIndex(tuple(entries), dict(words))


def search(
    index: DictionaryIndex,
    query: str = "",
    *,
    surveys: frozenset[SurveyId] = frozenset(),
    respondent: RespondentLevel | None = None,
    types: frozenset[VariableType] = frozenset(),
) -> list[Hit]:
    """Find variables, best first; without a query all of them in dictionary order.

    Parameters
    ----------
    index
        From `build_index`.
    query
        Words, each of which must match.
    surveys, respondent, types
        Filters; empty or ``None`` lets everything through.
    """

    def passes(entry: Entry) -> bool:
        return (
            (not surveys or entry.survey in surveys)
            and respondent in {None, entry.variable.respondent}
            and (not types or entry.variable.type in types)
        )

    def lengths(position: int) -> int:
        """Prefer the shorter of two descriptions that hold the same words of the query."""
        return len(index.entries[position].variable.description)

    query_words = words_in(query)
    if not query_words:
        return [Hit(entry, 0.0) for entry in index.entries if passes(entry)]
    scores: dict[int, float] = {}
    found_words: dict[int, str] = {}
    for number, query_word in enumerate(query_words):
        of_word = _scores_of_word(index, query_word, found_words)
        if number == 0:
            scores = of_word
        else:
            scores = {
                position: scores[position] + score
                for position, score in of_word.items()
                if position in scores
            }
    ranked = sorted(scores, key=lambda position: (-scores[position], lengths(position), position))
    return [
        Hit(
            index.entries[position],
            scores[position],
            _level_with(index.entries[position].variable, found_words.get(position, "")),
        )
        for position in ranked
        if passes(index.entries[position])
    ]


def siblings(index: DictionaryIndex, entry: Entry) -> list[Entry]:
    """Return the same variable – by name and level – in the other vintages of its survey."""
    return [
        other
        for other in index.entries
        if other.survey.name == entry.survey.name
        and other.survey != entry.survey
        and other.variable.name == entry.variable.name
        and other.variable.respondent == entry.variable.respondent
    ]


def _texts(variable: Variable) -> tuple[tuple[Field, tuple[str, ...]], ...]:
    return (
        ("name", (variable.name,)),
        ("description", (variable.description,)),
        # A "category" of tens of thousands of levels is an identifier that nobody searches for.
        ("level", variable.levels[:_MOST_LEVELS]),
    )


def _scores_of_word(
    index: DictionaryIndex, query_word: str, found_words: dict[int, str]
) -> dict[int, float]:
    """Score every entry that holds a word like the one in the query."""
    scores: dict[int, float] = {}
    for word, quality in _similar_words(index, query_word).items():
        for position, field in index.words[word].items():
            score = quality * _FIELD_WEIGHT[field]
            if score > scores.get(position, 0.0):
                scores[position] = score
                if field == "level":
                    found_words[position] = word
                else:
                    found_words.pop(position, None)
    return scores


def _similar_words(index: DictionaryIndex, query_word: str) -> dict[str, float]:
    found: dict[str, float] = {}
    if len(query_word) >= _SHORTEST_FUZZY:
        allowed = 1 if len(query_word) < _LONG else 2
        near = misspelt(query_word, index.words.keys(), mistakes=allowed)
        found = {word: _NEAR * (1.0 - count / len(query_word)) for word, count in near.items()}
    for word in index.words:
        if word == query_word:
            found[word] = _EXACT
        elif word.startswith(query_word):
            found[word] = _PREFIX
        elif len(query_word) >= _SHORTEST_WITHIN and query_word in word:
            found[word] = _WITHIN
    return found


def _level_with(variable: Variable, word: str) -> str:
    if not word:
        return ""
    return next((level for level in variable.levels if word in words_in(level)), "")
