"""Likeness of texts by the pieces of words they share: TF-IDF weighted character n-grams.

The weights are those of scikit-learn's ``TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4),
sublinear_tf=True)``, and a test holds them equal. Importing scikit-learn takes longer than
everything else the first page waits for, so the few lines needed stand here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SIZES: Final = (3, 4)


class NgramIndex:
    """Texts to compare with, looked up by n-gram.

    Parameters
    ----------
    texts
        The texts, in the order of the answers.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counted = [Counter(word_ngrams(text)) for text in texts]
        documents = Counter(gram for counts in counted for gram in counts)
        self._rarity = {
            gram: log((1 + len(texts)) / (1 + count)) + 1 for gram, count in documents.items()
        }
        self._count = len(texts)
        rows: dict[str, list[int]] = defaultdict(list)
        weights: dict[str, list[float]] = defaultdict(list)
        for row, counts in enumerate(counted):
            for gram, weight in self._weights(counts).items():
                rows[gram].append(row)
                weights[gram].append(weight)
        self._postings = {gram: (np.array(rows[gram]), np.array(weights[gram])) for gram in rows}

    def similarities(self, text: str) -> NDArray[np.float64]:
        """Return the cosine of a text with every text of the index, between 0 and 1."""
        found = np.zeros(self._count)
        for gram, weight in self._weights(Counter(word_ngrams(text))).items():
            rows, weights = self._postings[gram]
            found[rows] += weight * weights
        return found

    def _weights(self, counts: Counter[str]) -> dict[str, float]:
        """Return (1 + ln count) × rarity per known n-gram, scaled to length one."""
        weights = {
            gram: (1 + log(count)) * self._rarity[gram]
            for gram, count in counts.items()
            if gram in self._rarity
        }
        length = sqrt(sum(weight * weight for weight in weights.values()))
        return {gram: weight / length for gram, weight in weights.items()}


def word_ngrams(text: str) -> Iterator[str]:
    """Yield the pieces of three and four characters of each word, its edges marked by blanks."""
    for word in text.lower().split():
        padded = f" {word} "
        for size in _SIZES:
            for start in range(max(1, len(padded) - size + 1)):
                yield padded[start : start + size]
            if len(padded) <= size:
                # A word as short as this has no longer pieces: it counts once.
                break
