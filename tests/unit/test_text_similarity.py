"""Texts are compared as scikit-learn would, without waiting for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from fusion_core.text_similarity import NgramIndex, WordIndex, misspelt, nearest, ratios

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


WORDS = st.frozensets(st.sampled_from(["heat", "fuel", "house", "age", "rooms"]), max_size=4)


@given(WORDS, st.lists(WORDS, max_size=4))
def test_shared_words_count_by_the_mean_and_by_the_smaller_of_both_texts(own, others):
    weights = {"heat": 2.0, "fuel": 3.0}
    shared = WordIndex(others, lambda word: weights.get(word, 1.0)).shared(own)
    for place, other in enumerate(others):
        common, mine, theirs = (
            sum(weights.get(word, 1.0) for word in part) for part in (own & other, own, other)
        )
        assert shared.dice[place] == pytest.approx(common and common / ((mine + theirs) / 2))
        assert shared.containment[place] == pytest.approx(common and common / min(mine, theirs))


@pytest.mark.parametrize(
    ("name", "found"), [("incme", "income"), ("HINCP", "hincp"), ("zzz", None), ("", None)]
)
def test_the_nearest_name_is_found_whatever_its_case(name, found):
    assert nearest(name, ["age", "income", "hincp"]) == found


def test_no_name_is_near_where_none_exists():
    assert nearest("income", []) is None


def test_two_letters_swapped_are_one_typing_error():
    assert misspelt("heatign", ["heating", "heat", "eating"], mistakes=1) == {"heating": 1}


@pytest.mark.parametrize(("texts", "others"), [([], ["a"]), (["a"], []), ([], [])])
def test_no_texts_have_an_empty_table_of_ratios(texts, others):
    assert ratios(texts, others, "letters").shape == (len(texts), len(others))


def test_ratios_lie_between_zero_and_one_and_small_ones_become_zero():
    assert ratios(["b a"], ["a b", "x"], "sorted words").tolist() == [[1.0, 0.0]]
    assert ratios(["abcd"], ["abcx"], "letters", least=0.9).tolist() == [[0.0]]
