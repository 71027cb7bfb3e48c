"""Find the values of a number that are no amounts: codes for "refused", "not applicable", "missing".

Four things tell them: the label of a code, the texts other programs write for a missing value, the
small negative numbers surveys reserve in questions that have no negative answers, and numbers of
nothing but nines (or sevens or eights) far beyond every other answer. What is only likely is not
decided here: it stays a value, and the report asks.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from fusion_core.ingest.tables import category_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

SpecialKind = Literal["missing", "not in universe", "value"]

_MISSING_WORDS: Final = re.compile(
    r"(?i)\b(do(es)? ?n[o']?t know|don'?t know|dk|not? answer(ed)?|refus\w*|not ascertained|missing"
    r"|unknown|not (reported|stated|available|determined|collected)|no (answer|response)"
    r"|non-?response|suppressed|confidential|withheld|invalid|bad data|can(no|')t (say|tell)|unsure"
    r"|no data|uncodeable|other missing|top secret)\b"
)
_UNIVERSE_WORDS: Final = re.compile(
    r"(?i)\b(n\.?/?a\.?|not applicable|not in (the )?universe|niu|(appropriate|valid|legitimate|"
    r"legit\.?|logical) skip|skipped|inapplicable|inap\.?|not asked|blank|out of universe)(\b|$)|^n\.?/?a\.?"
)
_NUMBER_MISSING: Final = frozenset(
    {
        ".",
        "..",
        "-",
        "--",
        "?",
        "na",
        "n/a",
        "n.a.",
        "<na>",
        "#n/a",
        "nan",
        "null",
        "none",
        "#null!",
    }
)
_TEXT_MISSING: Final = frozenset({".", "nan", "<na>", "#n/a", "null", "#null!"})
_STATA_MISSING: Final = re.compile(r"\.[a-z]")
_ABBREVIATION: Final = re.compile(r"[A-Z]{1,3}")
_LONG_CODE: Final = re.compile(r"(\d)\1{2,}|99+[678]")  # one digit repeated, or nines and an 8
_JAM_DIGITS: Final = 9
_FEW: Final = 3
_SHARE: Final = 0.01
_MANY_VALUES: Final = 10
_SMALL_CODES: Final = frozenset(range(-9, 0))
_TWO_DIGIT_CODES: Final = frozenset({-66, -77, -88, -96, -97, -98, -99})
# How far beyond the largest other answer a number of nines has to be, by its digits.
_FAR: Final = {2: 5.0, 3: 3.0, 4: 3.0}
_FAR_OTHERWISE: Final = 2.0
_TOP_LABEL: Final = re.compile(r"(?i)\b(or (more|over|older|above|greater|higher)|and over)\b|\+$")
_ZERO_LABEL: Final = re.compile(r"(?i)\b(none|no|zero|never|less than)\b")


@dataclass(frozen=True, slots=True)
class SpecialValue:
    """A value that is a code, not an amount.

    Attributes
    ----------
    code
        As the file writes it.
    kind
        Missing, not in the universe of the question, or a value after all, such as the 89 that is
        labelled "89 or older".
    rows
        How many rows hold it.
    label
        What it stands for, empty when nothing says so.
    why
        What tells that it is special, a clause.
    """

    code: str
    kind: SpecialKind
    rows: int
    label: str = ""
    why: str = ""


@dataclass(frozen=True)
class Values:
    """The different values of one column.

    Attributes
    ----------
    texts
        Each as the file writes it.
    numbers
        Each as a number, NaN for a text that is none.
    rows
        How many rows hold each.
    """

    texts: tuple[str, ...]
    numbers: NDArray[np.float64]
    rows: NDArray[np.int64]

    @property
    def is_number(self) -> NDArray[np.bool_]:
        """Which texts are numbers."""
        return np.isfinite(self.numbers)


def values_of(series: pd.Series[Any]) -> Values:
    """Return the different values of a column of texts or of numbers."""
    if pd.api.types.is_float_dtype(series):
        found, rows = np.unique(series.dropna().to_numpy(dtype="float64"), return_counts=True)
        return Values(tuple(map(number_text, found)), found, rows.astype("int64"))
    codes = series.cat.codes.to_numpy()
    counts = np.bincount(codes[codes >= 0], minlength=len(series.cat.categories))
    texts = category_texts(series)
    kept = np.flatnonzero(counts)
    chosen = tuple(texts[place] for place in kept)
    parsed = pd.to_numeric(pd.Series(chosen, dtype=object), errors="coerce")
    return Values(chosen, parsed.to_numpy(dtype="float64"), counts[kept].astype("int64"))


def number_text(value: float) -> str:
    """Write a number as codes are written: without a decimal where it is whole."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


@lru_cache(maxsize=1 << 16)  # the codes of one column are those of many others
def plain(code: str) -> str:
    """Return a form in which two spellings of one code are equal: ``01``, ``1.0`` and ``1``."""
    text = code.strip()
    match = re.fullmatch(r"([-+]?)0*(\d+?)(?:\.0*)?", text)
    if not match:
        return text
    sign, digits = match.groups()
    return f"-{digits}" if sign == "-" and digits != "0" else digits


def kind_of_label(label: str) -> SpecialKind:
    """Tell from the words of a label whether its code is an amount."""
    text = label.replace("’", "'").strip()
    if _MISSING_WORDS.search(text):
        return "missing"
    return "not in universe" if _UNIVERSE_WORDS.search(text) else "value"


def tells_its_number(code: str, label: str) -> bool:
    """Whether a label only says what its number means: ``89`` "89 or older", ``0`` "None"."""
    if plain(code) == "0" and _ZERO_LABEL.search(label):
        return True
    figures = re.sub(r"(?<=\d),(?=\d{3})", "", label)
    own = re.search(rf"(?<![\d.]){re.escape(plain(code))}(?![\d])", figures)
    return bool(own) or bool(_TOP_LABEL.search(label))


def is_missing_word(text: str) -> bool:
    """Whether a text among numbers means that there is no value: ``NA``, ``.``, Stata's ``.a``."""
    return text.lower() in _NUMBER_MISSING or _STATA_MISSING.fullmatch(text) is not None


def missing_texts(values: Values, *, numeric: bool) -> tuple[SpecialValue, ...]:
    """Return the texts that other programs write for a missing value.

    Parameters
    ----------
    values
        The values of the column.
    numeric
        Whether its other values are numbers. Among words, "None" and "N/A" are answers, and ``NA``
        is one among other abbreviations (Namibia, North America).
    """
    known = _NUMBER_MISSING if numeric else _TEXT_MISSING
    others = [text for text in values.texts if text != "NA" and text.lower() not in known]
    abbreviations = bool(others) and all(_ABBREVIATION.fullmatch(text) for text in others)
    found = []
    for text, rows in zip(values.texts, values.rows, strict=True):
        is_r_missing = text == "NA" and not abbreviations
        if text.lower() in known or is_r_missing or (numeric and is_missing_word(text)):
            found.append(SpecialValue(text, "missing", int(rows), why="the text means no value"))
    return tuple(found)


def reserved_negatives(columns: Iterable[Values]) -> frozenset[int]:
    """Return the negative codes a survey reserves: those that two of its columns share."""
    seen: dict[int, int] = {}
    for values in columns:
        negatives = _candidate_negatives(values)
        if negatives and not _continues_below_zero(values, negatives):
            for number in negatives:
                seen[number] = seen.get(number, 0) + 1
    return frozenset(number for number, count in seen.items() if count > 1)


def numeric_specials(
    values: Values, reserved: Collection[int]
) -> tuple[tuple[SpecialValue, ...], tuple[str, ...]]:
    """Return the unlabelled special values of a number, and those that only might be.

    Parameters
    ----------
    values
        The values of the column.
    reserved
        Negative codes that other columns of the file have too, see `reserved_negatives`.
    """
    negative, perhaps_negative = _negatives(values, reserved)
    high, perhaps_high = _nines(values)
    return (*negative, *high), (*perhaps_negative, *perhaps_high)


def code_specials(values: Values) -> tuple[SpecialValue, ...]:
    """Return the negative numbers among codes such as ``01``, where nothing is less than zero."""
    return tuple(
        SpecialValue(text, "missing", int(rows), why="it is negative among codes")
        for text, number, rows in zip(values.texts, values.numbers, values.rows, strict=True)
        if number < 0 and _is_reserved_number(number)
    )


def declared(values: Values, codes: Sequence[str]) -> tuple[SpecialValue, ...]:
    """Return the values a person declared missing."""
    wanted = {plain(code) for code in codes}
    return tuple(
        SpecialValue(text, "missing", int(rows), why="you said so")
        for text, rows in zip(values.texts, values.rows, strict=True)
        if plain(text) in wanted
    )


def _candidate_negatives(values: Values) -> dict[int, int]:
    """Return the negatives with their rows if all of them could be codes, else nothing."""
    below = values.numbers < 0
    numbers = values.numbers[below]
    if not len(numbers) or not all(_is_reserved_number(number) for number in numbers):
        return {}
    result: dict[int, int] = {}
    for number, rows in zip(numbers, values.rows[below], strict=True):
        result[int(number)] = result.get(int(number), 0) + int(rows)
    return result


def _is_reserved_number(number: float) -> bool:
    if not float(number).is_integer():
        return False
    whole = int(number)
    if whole in _SMALL_CODES or whole in _TWO_DIGIT_CODES:
        return True
    return _LONG_CODE.fullmatch(str(-whole)) is not None


def _is_jam(number: int) -> bool:
    """Whether it is one of the Census Bureau's annotations, such as −666666666."""
    digits = str(-number)
    return len(digits) == _JAM_DIGITS and len(set(digits)) == 1


def _continues_below_zero(values: Values, negatives: Mapping[int, int]) -> bool:
    """Whether the answers go on below zero: −1, −2 … -k, ever fewer, or mirror those above it."""
    depth = len(negatives)
    if set(negatives) != set(range(-depth, 0)):
        return False
    rows = {
        int(number): int(count)
        for number, count in zip(values.numbers, values.rows, strict=True)
        if number >= 0 and float(number).is_integer()
    }
    if not rows:
        return False
    if depth >= _FEW or max(rows) <= depth:
        return True
    falling = [rows.get(0, 0), *(negatives[-step] for step in range(1, depth + 1))]
    return all(left >= right for left, right in itertools.pairwise(falling))


def _negatives(
    values: Values, reserved: Collection[int]
) -> tuple[tuple[SpecialValue, ...], tuple[str, ...]]:
    jams = _jams(values)
    negatives = _candidate_negatives(values)
    negatives = {number: rows for number, rows in negatives.items() if not _is_jam(number)}
    if not negatives:
        return jams, ()
    mirrored = _continues_below_zero(values, negatives)
    shared = bool(set(negatives) & set(reserved))
    if mirrored and not shared:
        return jams, ()
    numbers = values.numbers[values.is_number & (values.numbers >= 0)]  # NaN compares as false
    enough = max(_FEW, _SHARE * values.rows.sum())
    often = all(rows >= enough for rows in negatives.values())
    wide = len(numbers) >= _MANY_VALUES and numbers.max() >= 10 * -min(negatives)
    apart = set(negatives) != set(range(-len(negatives), 0))  # −9 and −1 with nothing between
    if mirrored and max(numbers, default=0) <= len(negatives):  # −1, 0, 1: worse, same, better
        return jams, _texts(values, negatives)
    if shared or (often and (wide or apart)):
        why = "other columns have such codes too" if shared else "no other value is negative"
        return (*jams, *_as_specials(values, negatives, why)), ()
    return jams, _texts(values, negatives)


def _jams(values: Values) -> tuple[SpecialValue, ...]:
    jams = {
        int(number)
        for number in values.numbers[values.numbers < 0]
        if float(number).is_integer() and _is_jam(int(number))
    }
    return _as_specials(values, jams, "it is an annotation of the Census Bureau")


def _nines(values: Values) -> tuple[tuple[SpecialValue, ...], tuple[str, ...]]:
    """Return numbers of nines (and the 8, 7, 6 below them) far beyond every other answer."""
    numbers = values.numbers[values.is_number & (values.numbers >= 0)]
    if len(numbers) < _FEW or not float(max(numbers)).is_integer():
        return (), ()
    digits = len(str(int(max(numbers))))
    if digits == 1:
        return (), ()
    top = 10**digits
    candidates = {top - 1, top - 2, top - 3, top - 4} | {int(d * digits) for d in "678"}
    found = {int(number) for number in numbers if number in candidates}
    others = [number for number in numbers if number not in candidates]
    if not found or not others or max(others) <= 0:
        return (), ()
    far = min(found) >= _FAR.get(digits, _FAR_OTHERWISE) * max(others)
    if not far:
        return (), ()
    rows = {number: int(values.rows[values.numbers == number].sum()) for number in sorted(found)}
    often = sum(rows.values()) >= max(_FEW, _SHARE * values.rows.sum())
    if often and (digits > 2 or len(found) > 1):  # noqa: PLR2004 - a lone 99 may be "other"
        return _as_specials(values, found, f"no other value is above {max(others):,.0f}"), ()
    return (), _texts(values, found)


def _as_specials(values: Values, numbers: Collection[int], why: str) -> tuple[SpecialValue, ...]:
    return tuple(
        SpecialValue(text, "missing", int(rows), why=why)
        for text, number, rows in zip(values.texts, values.numbers, values.rows, strict=True)
        if number in numbers
    )


def _texts(values: Values, numbers: Collection[int]) -> tuple[str, ...]:
    return tuple(
        text for text, number in zip(values.texts, values.numbers, strict=True) if number in numbers
    )
