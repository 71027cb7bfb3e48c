"""Signals of what two questions are about and of the answers they can hold, beside their wording."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from fusion_core.harmony.labels import (
    domains,
    is_not_asked,
    read_range,
    starts_negative,
    topics,
)
from fusion_core.surveys.model import Variable
from fusion_core.text_similarity import Floats

_RECODE: Final = re.compile(
    r"imput|adjusted|\bflag\b|\brecoded?\b|coerced|categories\)|typical|minimum",
    re.IGNORECASE,
)
"""Wording of variables made from others: whoever looks for a question means the others first."""
_ADDED: Final = re.compile(r"\bnot published by the survey\b", re.IGNORECASE)
_HEAD_COUNT: Final = "members by age"
_COUNTED: Final = re.compile(
    r"\b(?:number|count) of\b.*\b(?:persons?|people|members?|males?|females?|men|women|children|adults?)\b"
)
_OF_AN_AGE: Final = re.compile(r"\b\d+\b|\b(?:adults?|children|kids)\b")
_LEVELS_READ: Final = 80
_MOSTLY: Final = 0.6


class QuestionSignals:
    """What the questions of a recipient are about, prepared once to compare with donors' questions.

    Parameters
    ----------
    variables
        The recipient's variables.
    """

    NAMES: Final = (
        "shared topic",
        "same topics",
        "other topic",
        "same domain",
        "worded as a recode",
        "added to the survey",
        "similar amounts",
        "similar detail",
        "number and ranges",
        "number and yes or no",
        "head count by age",
        "short question",
    )

    def __init__(self, variables: Sequence[Variable]) -> None:
        self._topics = [topics(item.description) for item in variables]
        self._all = sorted(frozenset().union(*self._topics)) if self._topics else []
        self._about = _indicators(self._topics, self._all)
        self._domains = [domains(found) for found in self._topics]
        self._every = sorted(frozenset().union(*self._domains)) if self._domains else []
        self._within = _indicators(self._domains, self._every)
        self._recodes = _flags([bool(_RECODE.search(item.description)) for item in variables])
        self._added = _flags(
            [bool(item.definition or _ADDED.search(item.note)) for item in variables]
        )
        self._numbers = _flags([not item.is_categorical for item in variables])
        self._ranges = _flags([_names_ranges(item) for item in variables])
        self._yes = _flags([_is_yes_or_no(item) for item in variables])
        self._ages = _flags(
            [
                found == {"age"} and not item.is_categorical and item.respondent == "person"
                for found, item in zip(self._topics, variables, strict=True)
            ]
        )
        self._counts = np.array([len(item.levels) for item in variables], dtype=float)
        self._amounts = np.array([_amounts(item) for item in variables]).reshape(-1, 2)
        self._short = np.array([1 / (1 + len(item.description.split())) for item in variables])

    def of(self, donor: Variable) -> Floats:
        """Return the signals of every variable, shape (variables, `NAMES`), each within 0 … 1."""
        own = topics(donor.description)
        if _counts_by_age(donor):
            own -= {_HEAD_COUNT}
            own |= {"age"}  # of the persons that are counted
        shared = self._about @ _indicators([own], self._all)[0]
        known = self._about.sum(axis=1)
        same = 2 * shared / np.maximum(known + len(own), 1)
        other = (shared == 0) & (known > 0) & bool(own)
        domain = self._within @ _indicators([domains(own)], self._every)[0]
        number = not donor.is_categorical
        return np.column_stack(
            [
                shared > 0,
                same,
                other,
                (domain > 0) & (shared == 0),
                self._recodes,
                self._added,
                self._similar_amounts(donor),
                self._similar_detail(donor),
                self._ranges if number else self._numbers * _names_ranges(donor),
                self._yes if number else self._numbers * _is_yes_or_no(donor),
                self._ages * _counts_by_age(donor),
                self._short,
            ]
        ).astype(float)

    def _similar_amounts(self, donor: Variable) -> Floats:
        """Return how near the mean and the largest value of two numbers are, 0 without numbers."""
        gap = np.abs(np.log(self._amounts) - np.log(_amounts(donor)))
        near = np.where(np.isnan(gap), np.nan, np.exp(-gap))
        known = (~np.isnan(near)).sum(axis=1)
        found: Floats = np.nansum(near, axis=1) / np.maximum(known, 1)
        return found

    def _similar_detail(self, donor: Variable) -> Floats:
        """Return how near the numbers of answers are, 0 where a side is a number."""
        if not donor.levels:
            return np.zeros(len(self._counts))
        own = float(len(donor.levels))
        most = np.maximum(self._counts, own)
        found: Floats = np.where(self._counts > 0, np.minimum(self._counts, own) / most, 0.0)
        return found


def _indicators(found: Sequence[frozenset[str]], known: Sequence[str]) -> Floats:
    return np.array([[float(name in own) for name in known] for own in found]).reshape(
        len(found), len(known)
    )


def _flags(found: Sequence[bool]) -> Floats:
    return np.array(found, dtype=float)


def _amounts(variable: Variable) -> list[float]:
    """Return the mean and the largest value of a number, away from zero; NaN for answers."""
    if variable.is_categorical:
        return [np.nan, np.nan]
    sizes = (variable.mean, variable.maximum)
    return [np.nan if size is None else abs(size) + 0.5 for size in sizes]


def _names_ranges(variable: Variable) -> bool:
    asked = [level for level in variable.levels[:_LEVELS_READ] if not is_not_asked(level)]
    named = sum(read_range(level) is not None for level in asked)
    return len(asked) > 1 and named >= _MOSTLY * len(asked)


def _is_yes_or_no(variable: Variable) -> bool:
    levels = variable.levels[:_LEVELS_READ]
    return any(level.lower().startswith("yes") for level in levels) and any(
        map(starts_negative, levels)
    )


def _counts_by_age(variable: Variable) -> bool:
    """Whether a number counts the members of a household that are of some age."""
    said = variable.description.lower()
    counts = not variable.is_categorical and variable.respondent == "household"
    return counts and bool(_COUNTED.search(said) and _OF_AN_AGE.search(said))


__all__ = ["QuestionSignals"]
