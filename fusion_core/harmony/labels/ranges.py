"""Read the numeric range a label names: '$20,000 - $39,999', '5 or more', 'Before 1950', 'One'.

Ranges are left-closed, [low, high). A closed upper end in whole numbers means up to the next one:
'3-4 rooms' is [3, 5), '$20,000 to $39,999' is [20000, 40000).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from math import inf, isfinite
from typing import Final

Range = tuple[float, float]

_NUMBER_WORDS: Final = {
    "zero": 0,
    "one": 1,
    "single": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}
_WORD_NUMBER: Final = re.compile(r"\b(" + "|".join(_NUMBER_WORDS) + r")\b")
_DECADE: Final = re.compile(r"\b((?:1[89]|20)\d)0'?s\b")
_FRACTION: Final = re.compile(r"\b(\d)/(\d+)\b")
_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e\+?\d+)?(?:(?=st|nd|rd|th)|(?![\w]))")
_BELOW: Final = re.compile(r"\b(less than|under|fewer than|before|below|up to)\s+\D{0,3}\d")
_OR_LESS: Final = re.compile(
    r"\d\D{0,20}\b(or less|or fewer|or earlier|or under|or below|or younger|and younger|and under)\b"
)
_OR_MORE: Final = re.compile(
    r"\d\D{0,25}\b(or more|and over|or over|or older|and older|or later|or above|and above|or greater|to present|to now|plus)\b"
    r"|\d\s*\+"
)
_ABOVE: Final = re.compile(r"\b(more than|over|after|above|at least|since)\s+\D{0,3}\d")
_OPEN_UPPER: Final = re.compile(r"\d\D{0,12}\b(up to|to less than|to under|but less than)\b")
_WINDOW: Final = re.compile(r"(?:worked|during|in)[a-z ]*\b(?:past|last) \d+ months")
_DURATION: Final = re.compile(r"\b(months?|years?)\b")
_CALENDAR: Final = (1850.0, 2100.0)


@lru_cache(maxsize=1 << 16)
def read_range(label: str) -> Range | None:
    """Return the range [low, high) a label names, or ``None`` where it names none.

    A label with more than two numbers, or whose numbers fall, names none.

    Examples
    --------
    >>> read_range("$20,000 - $39,999")
    (20000.0, 40000.0)
    >>> read_range("6 or more vehicles")
    (6.0, inf)
    """
    text = _plain(label)
    numbers = [float(item) for item in _NUMBER.findall(text)]
    if not all(map(isfinite, numbers)):
        return None
    if len(numbers) == 1:
        return _one_number(text, numbers[0])
    if len(numbers) != 2 or numbers[0] >= numbers[1]:  # noqa: PLR2004 - a range has two ends
        return None
    low, high = numbers
    return (low, high if _OPEN_UPPER.search(text) or _is_exact(low, high) else _next(high))


def read_ranges(labels: Sequence[str]) -> list[Range | None]:
    """Return the ranges of all labels of a variable."""
    return [read_range(label) for label in labels]


def overlap(first: Range, second: Range) -> float:
    """Share of the narrower range that lies in the other, between 0 and 1.

    Two ranges open at the same end overlap completely only where one holds the other.
    """
    low, high = max(first[0], second[0]), min(first[1], second[1])
    if low >= high:
        return 0.0
    width = min(first[1] - first[0], second[1] - second[0])
    if width == inf:
        return 1.0 if (first[1] == inf) == (second[1] == inf) else 0.0
    return min((high - low) / width, 1.0)


def years_of_durations(
    labels: Sequence[str], ranges: Sequence[Range | None], year: int
) -> list[Range | None]:
    """Turn 'so many years or months ago', seen from `year`, into calendar years."""
    found: list[Range | None] = []
    for label, item in zip(labels, ranges, strict=True):
        unit = _DURATION.search(label.lower())
        if item is None or unit is None:
            found.append(None)
            continue
        scale = 12.0 if unit.group(1).startswith("month") else 1.0
        found.append((year - (item[1] / scale) + 1, year - (item[0] / scale) + 1))
    return found


def are_calendar_years(ranges: Sequence[Range | None]) -> bool:
    """Whether the ranges are calendar years such as 1990 to 1999."""
    ends = [end for item in ranges if item for end in item if abs(end) != inf]
    return bool(ends) and all(_CALENDAR[0] <= end <= _CALENDAR[1] for end in ends)


def are_durations(labels: Sequence[str], ranges: Sequence[Range | None]) -> bool:
    """Whether the ranges are spans of time such as '2 to 4 years'."""
    named = [label for label, item in zip(labels, ranges, strict=True) if item]
    ends = [end for item in ranges if item for end in item if abs(end) != inf]
    return (
        bool(named)
        and all(_DURATION.search(label.lower()) for label in named)
        and max(ends, default=inf) < _CALENDAR[0] / 10
    )


def breakpoints_of(ranges: Sequence[Range | None]) -> tuple[float, ...]:
    """Return the ends where ranges meet: the breakpoints that put a number into the right one."""
    found = [item for item in ranges if item is not None]
    lowest = min((item[0] for item in found), default=0.0)
    highest = max((item[1] for item in found), default=0.0)
    return tuple(sorted({end for item in found for end in item} - {lowest, highest}))


def _plain(label: str) -> str:
    text = re.sub(r"(?<=\d),(?=\d{3})", "", label.lower()).replace("$", " ")
    text = _DECADE.sub(lambda found: f"{found[1]}0 to {found[1]}9", text)
    text = _FRACTION.sub(lambda found: str(int(found[1]) / max(int(found[2]), 1)), text)
    text = _WINDOW.sub(" ", text)
    return _WORD_NUMBER.sub(lambda found: str(_NUMBER_WORDS[found[1]]), text.replace("–", "-"))


def _one_number(text: str, number: float) -> Range:
    if _OR_LESS.search(text):
        return (-inf, _next(number))
    if _OR_MORE.search(text):
        return (number, inf)
    if _BELOW.search(text):
        return (-inf, number)
    if _ABOVE.search(text):
        return (number, inf)
    return (number, _next(number))


def _next(number: float) -> float:
    """Return the end after a closed upper end: the next whole number."""
    return number + 1 if number == round(number) else number


def _is_exact(low: float, high: float) -> bool:
    """Whether both ends are round amounts, as in '$20,000 to $40,000': the upper end is open."""
    return low >= 1000 and low % 500 == 0 and high % 500 == 0  # noqa: PLR2004 - dollars


__all__ = [
    "Range",
    "are_calendar_years",
    "are_durations",
    "breakpoints_of",
    "overlap",
    "read_range",
    "read_ranges",
    "years_of_durations",
]
