"""The sections of a long list of levels: 'MGR-Financial Managers' stands under MGR."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

_WORD_CODE: Final = re.compile(r"([A-Z][A-Z0-9]{0,5})\s?[-–:.]\s?(?=[^\W\d_])")
_NUMBER_CODE: Final = re.compile(
    r"(\d{2,7})(?:\s?[-–:.)]\s?|\s+)(?!(?:to|or|and|through|thru)\b)(?=[^\W\d_])"
)
_FEWEST_LEVELS: Final = 20
_COVERED: Final = 0.6
"""Share of the levels that must stand under a section with others."""


def label_sections(labels: Sequence[str]) -> list[str] | None:
    """Return the section of every label, or ``None`` where the list has none.

    A section is the short code in capitals that labels start with, as in occupation and industry
    lists, or the leading digits of a hierarchical number (4610, 4630 and 4640 stand under 46). A
    label that starts otherwise is in the nameless section "".

    Examples
    --------
    >>> label_sections(["MGR-Sales", "MGR-Finance", "Never worked"] * 8)[:3]
    ['MGR', 'MGR', '']
    """
    if len(labels) < _FEWEST_LEVELS:
        return None
    found = _word_sections(labels) or _number_sections(labels)
    counts = Counter(section for section in found if section)
    shared = sum(count for count in counts.values() if count > 1)
    if shared < _COVERED * len(labels) or len(counts) + found.count("") >= len(labels):
        return None
    return found


def has_named_sections(labels: Sequence[str]) -> bool:
    """Whether labels stand in sections named by letters, as in industry and occupation lists."""
    return any(section[:1].isalpha() for section in label_sections(labels) or ())


def _word_sections(labels: Sequence[str]) -> list[str]:
    found = [match[1] if (match := _WORD_CODE.match(label)) else "" for label in labels]
    return found if sum(map(bool, found)) >= _COVERED * len(labels) else []


def _number_sections(labels: Sequence[str]) -> list[str]:
    """Cut the numbers where at least two sections, each of a few levels, come out."""
    codes = [match[1] if (match := _NUMBER_CODE.match(label)) else "" for label in labels]
    longest = max(map(len, codes))
    padded = [code.zfill(longest) if code else "" for code in codes]
    for digits in range(1, longest):
        sections = {code[:digits] for code in padded if code}
        if len(sections) > 1:
            return [code[:digits] for code in padded]
    return [""] * len(labels)


__all__ = ["has_named_sections", "label_sections"]
