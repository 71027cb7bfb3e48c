"""What the parts of a label say: alternatives it lists, numbers it names, mixtures of others.

'Car, truck, or van' lists alternatives, each as good as the whole. '1st to 4th grade' names the
numbers one to four. 'White-Asian' – or 'W-A' – joins two other labels of its list.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from fusion_core.harmony.labels.wording import is_negative
from fusion_core.text_similarity import normalise_label

_ALTERNATIVE: Final = re.compile(r"\s*(?:[,;/]|\bor\b|\band\b)\s*", re.IGNORECASE)
_QUALIFIED: Final = re.compile(r"\b(less than|more than|under|over|with|only|but|except)\b|\d")
_ASIDE: Final = re.compile(r"\s*[([][^()\[\]]*[)\]]?")
_JOINED: Final = re.compile(r"\s*[-/]\s*")
_NUMBER: Final = re.compile(r"^(\d{1,3})(?:st|nd|rd|th)?$")
_SPAN: Final = re.compile(
    r"(?<![\w.,$])(\d{1,3})(?:st|nd|rd|th)?\s*(?:-|–|to|through|thru)\s*(\d{1,3})(?:st|nd|rd|th)?(?![\w.,])"
)
_DENIED_ASIDE: Final = re.compile(r"[([]\s*(?:none|no|not|except)\b[^()\[\]]*[)\]]?")
_LONGEST_SPAN: Final = 60
_FEWEST_LETTERS: Final = 3


@lru_cache(maxsize=1 << 16)
def alternatives(label: str) -> tuple[str, ...]:
    """Return the alternatives a label lists, without asides; none where it lists none.

    Parts that deny ('high school, no diploma'), limit or name numbers qualify the others instead of
    standing beside them: such a label lists no alternatives.

    Examples
    --------
    >>> alternatives("Car, truck, or van (not a bus)")
    ('Car', 'truck', 'van')
    """
    text = _ASIDE.sub(" ", label).strip()
    pieces = _ALTERNATIVE.split(text)
    parts = [part for part in pieces if len(part) >= _FEWEST_LETTERS]
    if len(pieces) > 1 and any(is_negative(x) or _QUALIFIED.search(x.lower()) for x in pieces):
        parts = [text]
    return tuple(parts) if parts and parts != [label] else ()


@lru_cache(maxsize=1 << 16)
def named_numbers(label: str) -> frozenset[int]:
    """Return the small whole numbers a label names, spans such as '9-12' filled in.

    Examples
    --------
    >>> sorted(named_numbers("7th or 8th grade")), sorted(named_numbers("grades 9-12"))
    ([7, 8], [9, 10, 11, 12])
    """
    text = _DENIED_ASIDE.sub(" ", label.lower())
    found = {
        int(match[1]) for word in normalise_label(text).split() if (match := _NUMBER.match(word))
    }
    for match in _SPAN.finditer(text):
        low, high = int(match[1]), int(match[2])
        if 0 < high - low <= _LONGEST_SPAN:
            found.update(range(low, high + 1))
    return frozenset(found)


def mixtures(levels: Sequence[str]) -> list[bool]:
    """Say which labels join others of the list by a dash or slash, in full or by initials.

    Examples
    --------
    >>> mixtures(["White only", "Black only", "Asian only", "White-Asian", "W-B-A"])
    [False, False, False, True, True]
    """
    words = [normalise_label(level).split() for level in levels]
    parts = [
        [part for piece in _JOINED.split(level) if (part := normalise_label(piece))]
        for level in levels
    ]
    starts = Counter(found[0] for found in words if found)
    names = {found[0] for found, joined in zip(words, parts, strict=True) if len(joined) == 1}
    initials = {"".join(word[0] for word in found) for found in words}

    def stands_for_another(part: str) -> bool:
        first = part.split(maxsplit=1)[0]
        is_short = len(first) < _FEWEST_LETTERS
        return (
            first in names
            or starts[first] > 1
            or (is_short and any(other.startswith(first) for other in (*names, *initials)))
        )

    return [len(found) > 1 and all(map(stands_for_another, found)) for found in parts]


__all__ = ["alternatives", "mixtures", "named_numbers"]
