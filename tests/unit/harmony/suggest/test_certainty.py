"""When a suggestion may be called probably right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fusion_core.harmony.editing import start_harmony
from fusion_core.harmony.matching import Candidate
from fusion_core.harmony.model import LevelGroup
from fusion_core.harmony.suggest._certainty import is_probably_right, signals_of_the_whole
from fusion_core.surveys.model import Dictionary, Variable

TENURE = Variable("tenure", "Own or rent", "household", "nominal", levels=("Own", "Rent"))
TEN = Variable("ten", "Tenure", "household", "nominal", levels=("Owned", "Rented"))
BEST = Candidate(TEN, 0.75, "both about tenure", 0.99, "likely")


def harmony(*recipient):
    found = start_harmony(TENURE, TEN, propose=False)
    donor = tuple(
        LevelGroup(level, code) for level, code in zip(TENURE.levels, (1, 2), strict=True)
    )
    other = tuple(
        LevelGroup(level, code) for level, code in zip(TEN.levels, recipient, strict=True)
    )
    sides = {
        "donor": replace(found.donor, levels=donor),
        "recipient": replace(found.recipient, levels=other),
    }
    return replace(found, **sides)


def signals(*recipient, best=BEST, basis="wording", confidence="likely"):
    dictionaries = Dictionary([TENURE]), Dictionary([TEN])
    return signals_of_the_whole(best, harmony(*recipient), basis, confidence, dictionaries)


def test_a_likely_variable_whose_answers_all_meet_is_probably_right():
    assert is_probably_right(signals(1, 2))


@pytest.mark.parametrize(
    "less",
    [
        signals(1, None),
        signals(1, 2, best=replace(BEST, probability=0.55, score=0.45)),
        signals(1, 2, basis="disputed list"),
        signals(2, 1),  # the checks see that the groups are exchanged
        signals(1, 2, confidence="unsure"),
    ],
    ids=["no group", "another variable", "disputed list", "doubted", "unsure groups"],
)
def test_anything_that_speaks_against_it_makes_it_a_first_guess(less):
    assert not is_probably_right(less)


def test_certain_odds_are_no_overflow():
    for chance in (0.0, 1.0):
        is_probably_right(signals(1, 2, best=replace(BEST, probability=chance)))
