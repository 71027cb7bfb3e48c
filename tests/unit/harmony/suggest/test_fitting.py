"""Candidates whose answers are as frequent in both surveys move up."""

from __future__ import annotations

import pandas as pd
import pytest

from fusion_core.harmony.apply.rows import RowsCache
from fusion_core.harmony.matching.candidates import Candidate
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side
from fusion_core.harmony.suggest.fitting import by_fit, candidate_fits
from fusion_core.surveys.model import (
    Dictionary,
    Survey,
    SurveyDescription,
    SurveyId,
    variable_from_column,
)

LEVELS = ["no", "yes"]


def survey(name: str, **answers: list[str]) -> Survey:
    """Four households with yes/no answers."""
    columns = {
        key: pd.Series(pd.Categorical(values, LEVELS), name=key) for key, values in answers.items()
    }
    table = pd.DataFrame({"household_id": ["a", "b", "c", "d"], **columns, "weight": 1.0})
    dictionary = Dictionary([variable_from_column(key, col) for key, col in columns.items()])
    return Survey(SurveyDescription(SurveyId(name, "2020")), dictionary, table)


DONOR = survey("HOMES", heat=["no", "yes", "yes", "yes"])
RECIPIENT = survey(
    "ACS", alike=["yes", "no", "yes", "yes"], other=["no", "no", "no", "yes"], partly=["no"] * 4
)


def candidate(name: str, score: float) -> Candidate:
    return Candidate(RECIPIENT.dictionary[name], score, f"{name} reads alike")


def harmony(recipient: str) -> Harmony:
    codes = {"no": 1.0, "yes": None if recipient == "partly" else 2.0}
    return Harmony(
        Side("heat", levels=tuple(LevelGroup(level, 1.0 + (level == "yes")) for level in LEVELS)),
        Side(recipient, levels=tuple(LevelGroup(*item) for item in codes.items())),
    )


@pytest.fixture(scope="module")
def fits() -> dict[str, float]:
    candidates = [candidate(name, 0.5) for name in ("other", "alike", "partly")]
    return candidate_fits(candidates, harmony, DONOR, RECIPIENT, cache=RowsCache())


def test_the_result_of_the_suggested_harmony_is_compared(fits):
    assert fits["alike"] == pytest.approx(1.0)
    assert fits["other"] == pytest.approx(0.5)


def test_an_incomplete_suggestion_tells_nothing(fits):
    assert "partly" not in fits


def test_of_two_that_read_alike_the_one_with_as_frequent_answers_comes_first(fits):
    ranked = by_fit((candidate("other", 0.50), candidate("alike", 0.48)), fits)
    assert [item.variable.name for item in ranked] == ["alike", "other"]
    assert ranked[0].reason == "alike reads alike; similar shares"
    assert ranked[1].reason == "other reads alike"


def test_wording_still_decides_where_it_is_much_better(fits):
    ranked = by_fit((candidate("other", 0.9), candidate("alike", 0.5)), fits)
    assert ranked[0].variable.name == "other"


def test_without_microdata_the_ranking_stays():
    candidates = (candidate("other", 0.5), candidate("alike", 0.4))
    assert by_fit(candidates, {}) is candidates
