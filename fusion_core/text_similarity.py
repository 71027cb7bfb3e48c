"""How alike texts are: one way to normalise them, one list of stop words, and every measure in use.

============================  ===================================================================
names and misspelt words      `nearest`, `misspelt`: letters, by rapidfuzz
sentences                     `ratios`: letters or sorted words, by rapidfuzz
questions and answers         `WordIndex`: telling words, weighted; `NgramIndex`: pieces of words
============================  ===================================================================
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import log, sqrt
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

Floats = NDArray[np.float64]
Measure = Literal["letters", "sorted words", "word set"]

STOP_WORDS: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "by",
        "for",
        "from",
        "has",
        "have",
        "in",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "that",
        "the",
        "their",
        "this",
        "to",
        "was",
        "were",
        "with",
        "you",
        "your",
    ]
)
"""Words that tell nothing, in a question or an answer."""

_WORD: Final = re.compile(r"[a-z0-9]+")
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3})")
_SCORERS: Final = MappingProxyType(
    {
        "letters": fuzz.ratio,
        "sorted words": fuzz.token_sort_ratio,
        "word set": fuzz.token_set_ratio,
    }
)
_SIZES: Final = (3, 4)


def words_in(text: str) -> list[str]:
    """Return the words of a text in lower case: runs of letters and digits."""
    return _WORD.findall(text.lower())


@lru_cache(maxsize=1 << 16)  # labels are read again for every pair they could belong to
def normalise_label(text: str) -> str:
    """Return a label without case, punctuation and thousands separators."""
    text = _THOUSANDS.sub("", text.lower()).replace("'", "").replace("’", "")
    return " ".join(_WORD.findall(text))


def nearest(name: str, known: Iterable[str], *, least: float = 0.6) -> str | None:
    """Return the known name that is most like a misspelt one, ``None`` if none is like it.

    Parameters
    ----------
    name
        What was typed; its case does not matter.
    known
        The names that exist.
    least
        Smallest likeness, between 0 and 1: the share of letters both names have in common.
    """
    found = process.extractOne(
        name, list(known), scorer=fuzz.ratio, processor=str.casefold, score_cutoff=100 * least
    )
    return None if found is None else found[0]


def misspelt(word: str, known: Collection[str], *, mistakes: int) -> dict[str, int]:
    """Return the known words at most so many typing errors away, each with their number.

    A letter too many, missing or wrong is one mistake, and so are two letters swapped.
    """
    found = process.extract(word, known, scorer=OSA.distance, score_cutoff=mistakes, limit=None)
    return {other: int(count) for other, count, _ in found}


def ratios(
    texts: Sequence[str], others: Sequence[str], measure: Measure, *, least: float = 0.0
) -> Floats:
    """Return how alike all pairs of texts are, shape (texts, others), between 0 and 1.

    Parameters
    ----------
    texts, others
        The texts.
    measure
        What is compared: the letters, the letters with the words sorted, or the words that both
        have with those only one has.
    least
        Smaller values become 0.
    """
    scorer = _SCORERS[measure]
    if not texts or not others:
        return np.zeros((len(texts), len(others)))
    found = process.cdist(texts, others, scorer=scorer, score_cutoff=100 * least)
    return np.asarray(found, dtype=float) / 100


class _Postings:
    """Weights of pieces of text, looked up by piece."""

    def __init__(self, rows: Sequence[Mapping[str, float]]) -> None:
        found: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
        for row, weights in enumerate(rows):
            for piece, weight in weights.items():
                found[piece][0].append(row)
                found[piece][1].append(weight)
        self._count = len(rows)
        self._found = {
            piece: (np.array(places), np.array(weights))
            for piece, (places, weights) in found.items()
        }

    def product(self, weights: Mapping[str, float]) -> Floats:
        """Return the sum of products with the weights of every row."""
        total = np.zeros(self._count)
        for piece, weight in weights.items():
            if piece in self._found:
                rows, its = self._found[piece]
                total[rows] += weight * its
        return total


class Shared(NamedTuple):
    """The weight of words that a text shares with others.

    Attributes
    ----------
    common
        Weight of the shared words, per other text.
    own, others
        Weight of all words of the text, and of each other text.
    """

    common: Floats
    own: float
    others: Floats

    @property
    def dice(self) -> Floats:
        """Shared weight over the mean weight of both texts (Dice 1945); 0 without words."""
        return 2 * self.common / np.maximum(self.own + self.others, _NOTHING)

    @property
    def containment(self) -> Floats:
        """Shared weight over the weight of the text that has less; 0 without words."""
        return self.common / np.maximum(np.minimum(self.own, self.others), _NOTHING)


_NOTHING: Final = 1e-9


class WordIndex:
    """Sets of words to compare with.

    Parameters
    ----------
    texts
        The words of each text, in the order of the answers.
    weigh
        Weight of a word; every word counts 1 by default.
    """

    def __init__(
        self, texts: Sequence[frozenset[str]], weigh: Callable[[str], float] = lambda _: 1.0
    ) -> None:
        self._weigh = weigh
        self._postings = _Postings([dict.fromkeys(found, 1.0) for found in texts])
        self._totals = np.array([self._total(found) for found in texts], dtype=float)

    def shared(self, own: frozenset[str]) -> Shared:
        """Compare a set of words with every text of the index."""
        weights = {word: self._weigh(word) for word in sorted(own)}
        return Shared(self._postings.product(weights), self._total(own), self._totals)

    def _total(self, found: frozenset[str]) -> float:
        """Return the weight of some words, summed in an order that does not change."""
        return sum(self._weigh(word) for word in sorted(found))


class NgramIndex:
    """Texts to compare with by the pieces of words they share: TF-IDF weighted n-grams.

    The weights are those of scikit-learn's ``TfidfVectorizer(analyzer="char_wb",
    ngram_range=(3, 4), sublinear_tf=True)``, and a test holds them equal. Importing scikit-learn
    takes longer than everything else the first page waits for, so the few lines needed stand here.

    Parameters
    ----------
    texts
        The texts, in the order of the answers.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counted = [Counter(_ngrams(text)) for text in texts]
        documents = Counter(gram for counts in counted for gram in counts)
        self._rarity = {
            gram: log((1 + len(texts)) / (1 + count)) + 1 for gram, count in documents.items()
        }
        self._postings = _Postings([self._weights(counts) for counts in counted])

    def similarities(self, text: str) -> Floats:
        """Return the cosine of a text with every text of the index, between 0 and 1."""
        return self._postings.product(self._weights(Counter(_ngrams(text))))

    def _weights(self, counts: Counter[str]) -> dict[str, float]:
        """Return (1 + ln count) × rarity per known n-gram, scaled to length one."""
        weights = {
            gram: (1 + log(count)) * self._rarity[gram]
            for gram, count in counts.items()
            if gram in self._rarity
        }
        length = sqrt(sum(weight * weight for weight in weights.values()))
        return {gram: weight / length for gram, weight in weights.items()}


def _ngrams(text: str) -> Iterator[str]:
    """Yield the pieces of three and four characters of each word, its edges marked by blanks."""
    for word in text.lower().split():
        padded = f" {word} "
        for size in _SIZES:
            for start in range(max(1, len(padded) - size + 1)):
                yield padded[start : start + size]
            if len(padded) <= size:
                # A word as short as this has no longer pieces: it counts once.
                break
