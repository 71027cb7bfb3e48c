"""Whether a suggestion is probably right as a whole: variable, groups, bins and rules together.

A logistic model of few signals, whose weights `tests/studies/learn_certainty.py` fits to published
harmonies; `assets/measured/suggestions.md` judges it on families of surveys it was not fitted to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources
from math import exp, log
from typing import Any, Final

from fusion_core.harmony.checks import check_harmony
from fusion_core.harmony.labels import is_not_asked
from fusion_core.harmony.matching import Candidate, Confidence
from fusion_core.harmony.model import SIDES, Harmony
from fusion_core.harmony.suggest._confidence import Basis
from fusion_core.surveys.model import Dictionary, Variable

_FARTHEST: Final = 0.001
"""Least distance of a probability from 0 and 1 when it is turned into odds."""


def signals_of_the_whole(
    candidate: Candidate,
    harmony: Harmony,
    basis: Basis,
    confidence: Confidence,
    dictionaries: tuple[Dictionary, Dictionary],
) -> dict[str, float]:
    """Return what tells whether a suggestion is right as a whole.

    Parameters
    ----------
    candidate
        The recipient variable suggested.
    harmony, basis, confidence
        The harmony suggested with it, what it rests on, and how sure its groups are.
    dictionaries
        Those of donor and recipient.
    """
    chance = min(max(candidate.probability, _FARTHEST), 1.0 - _FARTHEST)
    levels = [item for name in SIDES for item in harmony.side(name).levels]
    return {
        "odds of the variable": log(chance / (1.0 - chance)) / 3.0,
        "score of the variable": 5.0 * candidate.score - 3.0,
        "groups are likely": float(confidence != "unsure"),
        "the checks doubt it": float(_is_doubted(harmony, *dictionaries)),
        "cut at a threshold": float(basis == "threshold"),
        "by a disputed list": float(basis == "disputed list"),
        "by a loose list": float(basis == "loose list"),
        "an answer has no group": float(
            any(item.group is None and not is_not_asked(item.level) for item in levels)
        ),
    }


def is_probably_right(signals: dict[str, float]) -> bool:
    """Whether signals say that a suggestion may be called probably right."""
    learnt = _learnt()
    weights = learnt["weights"]
    total = learnt["constant"] + sum(weights[name] * value for name, value in signals.items())
    return bool(1.0 / (1.0 + exp(-total)) >= learnt["least"])


def dictionary_with(columns: Iterable[Variable], variable: Variable) -> Dictionary:
    """Return a dictionary of a survey's variables that surely holds one of them."""
    return Dictionary([*columns, variable])


def _is_doubted(harmony: Harmony, donor: Dictionary, recipient: Dictionary) -> bool:
    """Whether the checks find more than answers left without a group."""
    return any(
        item.severity != "hint" and item.rule != "level-without-group"
        for item in check_harmony(harmony, donor, recipient)
    )


def _learnt() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("certainty.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


__all__ = ["dictionary_with", "is_probably_right", "signals_of_the_whole"]
