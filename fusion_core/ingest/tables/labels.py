"""Level labels: tidied, compared in spite of different spelling, and checked for an order."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_QUOTES: Final = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_NUMBER: Final = re.compile(r"(?<![\w.])-?\$?\s?\d[\d,]*(?:\.\d+)?")
_WORD_NUMBERS: Final = {
    "no": 0,
    "none": 0,
    "never": 0,
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
_MINIMUM_LEVELS: Final = 3
_OUT_OF_UNIVERSE: Final = re.compile(
    r"(in )?(non-?)?(institutional )?(GQ|group quarters)|vacant( units?.*)?|NP=0", re.IGNORECASE
)


def tidy(text: str) -> str:
    """Collapse white space, drop trailing blanks and write plain quotation marks and dashes."""
    return re.sub(r"\s+", " ", text.translate(_QUOTES)).strip()


def comparable(label: str) -> str:
    """Return a form in which two spellings of the same answer are equal.

    Case, punctuation, quotation marks and white space are left out: ``Nursery school/preschool``
    equals ``Nursery school, preschool``. Digits, letters and the signs ``+ < > %`` stay, so that no
    two different answers of one question become equal.
    """
    kept = re.sub(r"[^0-9a-z+<>%]+", " ", tidy(label).lower().replace(",", ""))
    glued = re.sub(r"(?<=\d)\s+(?=\d{3}\b)", "", kept) if "$" in label else kept
    return glued.strip()


def not_applicable_level(label: str) -> str:
    """Return the level a blank stands for in an occupied household, from the dictionary's words.

    ``N/A (GQ/vacant/not owned or being bought)`` becomes ``Not owned or being bought``; a blank that
    only means a vacant unit or group quarters becomes ``""``, as neither is a household.
    """
    kept = not_applicable_parts(label)
    if not kept or all(part.upper() in {"N", "A", "NA"} for part in kept):
        return ""
    joined = "/".join(kept)
    return joined[0].upper() + joined[1:]


def not_applicable_parts(label: str) -> list[str]:
    """Return what is said of a blank, cut at strokes, but for vacant units and group quarters."""
    text = re.sub(r"\)\s+[A-Z][\w ]*:$", ")", tidy(label))  # the title of the codes that follow
    match = re.match(r"^(?:N/A|Not applicable)?\s*[:(]?\s*(.*?)\)?$", text, re.IGNORECASE)
    inner = match.group(1) if match else text
    if inner.count("(") > inner.count(")"):
        inner += ")"
    parts = [part.strip(" ,;") for part in inner.split("/")]
    return [part for part in parts if part and not _OUT_OF_UNIVERSE.fullmatch(part)]


def is_ordered(labels: Sequence[str]) -> bool:
    """Whether the labels of a question are steps of one scale, such as brackets or counts.

    True when every label begins with or contains a number (in digits or words), the first numbers
    never fall, and there are at least three levels. The order of words such as "Well insulated"
    cannot be seen; readers name those variables.
    """
    if len(labels) < _MINIMUM_LEVELS:
        return False
    firsts = [_first_number(label) for label in labels]
    if any(number is None for number in firsts):
        return False
    numbers = [number for number in firsts if number is not None]
    pairs = list(itertools.pairwise(numbers))
    rising = all(left <= right for left, right in pairs)
    return rising and sum(left < right for left, right in pairs) >= len(pairs) - 1


def _first_number(label: str) -> float | None:
    match = _NUMBER.search(label)
    if match:
        number = float(re.sub(r"[^\d.-]", "", match.group()) or 0)
        lower = re.match(r"^(less than|under|before)\b", label, re.IGNORECASE)
        return number - 1 if lower else number
    first_word = re.split(r"[^a-z]", label.lower().strip(), maxsplit=1)[0]
    value = _WORD_NUMBERS.get(first_word)
    return None if value is None else float(value)
