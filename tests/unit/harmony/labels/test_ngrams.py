"""Texts are compared as scikit-learn would, without waiting for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from fusion_core.harmony.labels.ngrams import NgramIndex

TEXTS = [
    "Main heating fuel",
    "House heating fuel",
    "Age",
    "a an to be",
    "Number of persons in household",
    "",
    "Tenure: owned with mortgage, rented",
    "heating heating HEATING",
    "Yes No",
]


def reference(texts: list[str], query: str) -> np.ndarray:
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True)
    matrix = vectorizer.fit_transform(texts)
    return np.asarray((matrix @ vectorizer.transform([query]).T).todense()).ravel()


@pytest.mark.parametrize("query", [*TEXTS, "fuel used to heat", "zzz", "é ü"])
def test_similarities_equal_those_of_scikit_learn(query):
    found = NgramIndex(TEXTS).similarities(query)
    assert np.allclose(found, reference(TEXTS, query), atol=1e-12)


@given(st.lists(st.text("abc xyz", max_size=30), min_size=1, max_size=6), st.text("abc xyz"))
def test_any_texts_are_compared_alike(texts, query):
    if any(text.strip() for text in texts):
        found = NgramIndex(texts).similarities(query)
        assert np.allclose(found, reference(texts, query), atol=1e-12)


def test_without_any_text_nothing_is_alike():
    assert NgramIndex(["", " "]).similarities("age").tolist() == [0.0, 0.0]
