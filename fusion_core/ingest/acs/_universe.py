"""Whom a blank PUMS field speaks of: the dictionary's words, checked against the file's columns.

"N/A (less than 16 years old)" makes a blank an answer of a child, not of an adult: files that lack
part of the answers leave fields blank too. The words are cut into clauses, one of which must hold of
the row. A clause names an age or the answer to another question; its codes are found by their labels,
which change less between releases than the codes.

Words that cannot be checked – not understood, or about a column the file lacks – are believed, except
in rows where another question is left blank that must have been answered. Words about an answer that
is missing itself vouch for nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from fusion_core.ingest.acs import _codes as acs_codes
from fusion_core.ingest.tables import not_applicable_level, not_applicable_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fusion_core.ingest.acs._census_dictionary import CensusVariable

    Flags = NDArray[np.bool_]

AGE: Final = "AGEP"
_AGE_CLAUSE: Final = re.compile(
    r"(?:age |person |female )?(?P<side>less|under|greater|over|more)(?: than)? (?:age )?"
    r"(?P<age>\d+)(?: years?)?(?: old| of age)?",
    re.IGNORECASE,
)
_NEVER_ASKED: Final = re.compile(r"case is from before \d{4}", re.IGNORECASE)


class _Clause(NamedTuple):
    """Words, and the answer they stand for: a column whose label does (or does not) match."""

    words: str
    columns: tuple[str, ...]
    label: str
    matches: bool = True

    def fits(self, label: str) -> bool:
        """Whether a label is such an answer."""
        return (re.match(self.label, label, re.IGNORECASE) is not None) == self.matches


_AT_WORK: Final = r"(?<!not )at work"
_FAMILY_HOME: Final = r"one-?\s?family house|mobile home"
_TRANSPORT: Final = ("JWTRNS", "JWTR")
_CLAUSES: Final = tuple(
    _Clause(*item)
    for item in (
        (r"male", ("SEX",), r"male"),
        (r"never married", ("MAR",), r"never married"),
        (
            r"less than (a )?bachelor.?s? degree",
            ("SCHL",),
            r"bachelor|master|profession|doctor",
            False,
        ),
        (r"speaks only english", ("LANX",), r"no, speaks only english"),
        (r"not attending school", ("SCH",), r"no, has not attended"),
        (r"lived in same house 1 year ago", ("MIG",), r"yes, same house"),
        (r"(not eligible - )?born in the u\.?s\.?", ("CIT",), r"born in the u"),
        (r"not eligible - not naturalized", ("CIT",), r".*naturali", False),
        (r"at work", ("ESR",), rf".*{_AT_WORK}"),
        (r"(not a worker|nonworker)\b.*", ("ESR",), rf".*{_AT_WORK}", False),
        (r".*worked (at|from) home", _TRANSPORT, r"worked (at|from) home"),
        (r".*(not car, truck,? or van|does not drive to work)", _TRANSPORT, r"car, truck", False),
        (
            r"(nilf who )?last worked more than 5 years ago or never worked",
            ("WKL",),
            r"over 5 years|never worked",
        ),
        (r"did not work during the past 12 months", ("WKL",), r"within the past 12", False),
        (r"no active duty", ("MIL",), r"now on active|on active duty in|yes", False),
        (r"never served in military", ("MIL",), r"never served|no"),
        (r"no service-connected disability", ("DRATX",), r"no"),
        (r"on layoff", ("NWLA",), r"yes"),
        (r"not on layoff", ("NWLA",), r"no"),
        (r"temporarily absent", ("NWAB",), r"yes"),
        (r"informed of recall", ("NWRE",), r"yes"),
        (r"not looking", ("NWLK",), r"no"),
        (r"grandparent not living with grandchild", ("GCL",), r"no"),
        (r"grandparent not responsible for grandchild", ("GCR",), r"no"),
        (r"not owned or being \.?bought", ("TEN",), r"owned", False),
        (r"owned or being bought.*", ("TEN",), r"owned"),
        (
            r"(owned or being bought )?occupied without rent payment|.*bought ?rent payment",
            ("TEN",),
            r"occupied without|no cash rent",
        ),
        (r"not a rental unit", ("TEN",), r"rented", False),
        (r"not mortgaged", ("TEN",), r"owned with mortgage", False),
        (r"no second or junior mortgages or home equity loans", ("SMX",), r"no"),
        (r"not mobile home", ("BLD",), r"mobile home", False),
        (r"not a one.family house or mobile home", ("BLD",), _FAMILY_HOME, False),
        (r"less than 1 acre", ("ACR",), r"house on less than one acre"),
        (r"not a family( household)?|non-?family household", ("HHT",), r"non-?family"),
        (r"same-sex married-couple families", ("SSMC",), r".*same-sex married-couple household"),
        (
            r"no paid access to the internet",
            ("ACCESSINET", "ACCESS"),
            r"yes, (by paying|with subscription)",
            False,
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Blanks:
    """The blank fields of a column, flags of the kept rows.

    Attributes
    ----------
    answers
        The question does not apply: the blank says so.
    missing
        It applies, or nothing says what the blank means: the answer is unknown.
    unchecked
        Those of `answers` that rest on words which could not be checked.
    """

    answers: Flags
    missing: Flags
    unchecked: Flags

    def sentences(self) -> list[str]:
        """Say how many blank fields are missing, and how many could not be checked."""
        said = []
        if self.missing.any():
            said.append(f"{_fields(self.missing)} missing: the question applied there")
        if self.unchecked.any():
            said.append(
                f"{_fields(self.unchecked)} taken at the dictionary's word: the file does not say "
                "whom the question was for"
            )
        return said


class _Truth(NamedTuple):
    """Where something holds, and where the words could not be checked."""

    holds: Flags
    unchecked: Flags


class Universe:
    """Tells which blank fields of a PUMS record are answers.

    Parameters
    ----------
    frame
        The raw file, one categorical text column (or numbers) per column.
    kept
        Which of its rows count.
    entries
        The record's variables by upper-case name.
    """

    def __init__(
        self, frame: pd.DataFrame, kept: Flags, entries: Mapping[str, CensusVariable]
    ) -> None:
        self._frame = frame
        self._kept = kept
        self._rows = int(kept.sum())
        self._entries = entries
        self._asked: list[str] = []  # columns whose universe is being looked at

    def blanks(self, entry: CensusVariable) -> Blanks:
        """Sort the blank fields of a column into answers and missing ones."""
        blank = self._blank(entry.name)
        if not not_applicable_level(entry.blank_label):
            return Blanks(self._nowhere, blank, self._nowhere)
        outside = self._outside(entry)
        believed = blank & outside.unchecked & ~self._incomplete
        answers = (blank & outside.holds) | believed
        return Blanks(answers, blank & ~answers, believed)

    @property
    def _nowhere(self) -> Flags:
        return np.zeros(self._rows, dtype=bool)

    def _blank(self, column: str) -> Flags:
        return np.asarray(self._frame[column].isna().to_numpy()[self._kept])

    @cached_property
    def _incomplete(self) -> Flags:
        """Rows in which a question is blank that must have been answered."""
        found = self._nowhere
        for name, entry in self._entries.items():
            if name not in self._frame.columns or name in acs_codes.COST_FLAGS:
                continue
            if entry.is_allocation_flag or name in acs_codes.DROPPED:
                continue
            blank = self._blank(name)
            if not blank.any() or blank.all():
                continue
            if not entry.blank_label:
                found |= blank
            elif not_applicable_level(entry.blank_label):
                outside = self._outside(entry)
                found |= blank & ~outside.holds & ~outside.unchecked
        return found

    def _outside(self, entry: CensusVariable) -> _Truth:
        """Where a question does not apply: where one of the clauses of its blank holds."""
        holds, unchecked = self._nowhere, self._nowhere
        self._asked.append(entry.name)
        for words in clauses(entry.blank_label):
            truth = self._clause(words)
            holds |= truth.holds
            unchecked |= truth.unchecked
        self._asked.pop()
        return _Truth(holds, unchecked & ~holds)

    def _clause(self, words: str) -> _Truth:
        if _NEVER_ASKED.fullmatch(words):
            return _Truth(self._nowhere, self._nowhere)  # not asked is no answer
        age = _AGE_CLAUSE.fullmatch(words)
        if age and AGE in self._frame.columns:
            return self._age(age)
        found = [
            self._answer(clause, column)
            for clause in _CLAUSES
            if re.fullmatch(clause.words, words, re.IGNORECASE)
            for column in clause.columns
            if column in self._frame.columns and column in self._entries
        ]
        if not found:
            return _Truth(self._nowhere, ~self._nowhere)
        return _Truth(np.logical_or.reduce(found), self._nowhere)

    def _age(self, clause: re.Match[str]) -> _Truth:
        limit, ages = int(clause["age"]), self._ages
        younger = clause["side"].lower() in {"less", "under"}
        return _Truth(ages < limit if younger else ages > limit, self._nowhere)

    @cached_property
    def _ages(self) -> NDArray[np.float64]:
        column = self._frame[AGE]
        if not isinstance(column.dtype, pd.CategoricalDtype):
            return column.to_numpy(dtype=np.float64)[self._kept]
        texts = pd.Series([*map(str, column.cat.categories), ""], dtype=object)
        numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64)
        ages: NDArray[np.float64] = numbers[column.cat.codes.to_numpy()[self._kept]]
        return ages

    def _answer(self, clause: _Clause, column: str) -> Flags:
        """Where the label of another column is the one a clause stands for."""
        values, entry = self._frame[column], self._entries[column]
        if not isinstance(values.dtype, pd.CategoricalDtype):
            values = values.astype("category")
        labels = {plain_code(item.low): item.label for item in entry.values}
        texts = [labels.get(plain_code(str(code)), "") for code in values.cat.categories]
        fits = np.array([*(bool(text) and clause.fits(text) for text in texts), False])
        codes = values.cat.codes.to_numpy()[self._kept]
        holds: Flags = fits[codes]
        level = not_applicable_level(entry.blank_label)
        blank = codes < 0
        if level and clause.fits(level) and blank.any() and column not in self._asked:
            holds |= blank & self._outside(entry).holds
        return holds


def clauses(label: str) -> list[str]:
    """Cut the words of a blank into the clauses of which one must hold.

    ``N/A (less than 15 years/greater than 50 years/male)`` has three. What is only said of vacant
    homes and group quarters is left out, as neither is a household.
    """
    found = []
    for part in not_applicable_parts(label):
        if re.match(r"not a worker--?not", part, re.IGNORECASE):
            found.append("not a worker")  # the rest lists who is none
            continue
        found += [
            piece.strip(" ,.")
            for piece in re.split(
                r";|, (?=no )|(?<=worker) or (?=worker)|(?<=months) or (?=case)", part
            )
        ]
    return [piece for piece in found if piece]


def plain_code(code: str) -> str:
    """Return a code without leading zeros: ``01`` and ``1`` are the same answer, as -0009 and -9."""
    stripped = code.strip()
    number = re.fullmatch(r"(-?)0*([0-9]+)", stripped)
    return "".join(number.groups()) if number else stripped


def _fields(rows: Flags) -> str:
    count = int(rows.sum())
    return f"{count:,} blank field{' is' if count == 1 else 's are'}"


__all__ = ["Blanks", "Universe", "clauses", "plain_code"]
