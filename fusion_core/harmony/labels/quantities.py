"""Read labels that *are* a quantity: ``$20,000 to $39,999``, ``12 months or less``, ``4 vehicles``.

Stricter than `fusion_core.harmony.labels.ranges`, which looks for numbers anywhere: a finding must
not rest on a number somewhere inside a sentence, and brackets in months and years must compare.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import inf
from typing import Final

from fusion_core.harmony.model import Side
from fusion_core.records import Checked

_NUMBER: Final = r"(?:\d+\s*/\s*\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_UNIT: Final = (
    r"years?\s+old|years?\s+of\s+age|months?|years?|weeks?|days?|hours?|minutes?|acres?|dollars?|"
    r"square\s+feet|percent|%"
)
_FIRST: Final = rf"\$?\s*(?P<a>{_NUMBER})(?![\w/]|,\d)\s*(?P<ua>{_UNIT})?(?!\w)"
_SECOND: Final = rf"\$?\s*(?P<b>{_NUMBER})(?![\w/]|,\d)\s*(?P<ub>{_UNIT})?(?!\w)"
_LESS: Final = r"(?:less\s+than|under|below|fewer\s+than|before|<)"
_INTO: Final = (
    r"(?:(?:house|home)\s+on\s+|(?:[a-z]+\s+in\s+)?an?\s+[a-z]+\s+with\s+|(?:with|aged?)\s+)?"
)
_FORMS: Final = tuple(
    (name, re.compile(rf"\s*{_INTO}{pattern}", re.IGNORECASE))
    for name, pattern in (
        ("half-open", rf"\[\s*{_FIRST}\s*(?:to|,)\s*{_SECOND}\s*\)"),
        ("half-open", rf"{_FIRST}\s*(?:(?:to|-|–)\s*{_LESS}|up\s+to)\s*{_SECOND}"),
        ("closed", rf"{_FIRST}\s*(?:to|through|-|–)\s*{_SECOND}"),
        ("below", rf"{_LESS}\s*{_FIRST}"),
        ("at most", rf"up\s+to\s+{_FIRST}"),
        ("at most", rf"{_FIRST}\s*or\s+(?:less|fewer|earlier|younger|under)\b"),
        ("at least", rf"{_FIRST}\s*(?:or|and)\s+(?:more|over|older|later|above|higher|up)\b"),
        ("at least", rf"{_FIRST}\s*\+"),
        ("above", rf"(?:more\s+than|over|above|>)\s*{_FIRST}"),
        ("one", rf"{_FIRST}(?=\s*$|\s+[a-z])(?!\s+(?:or|and|to)\b)"),
    )
)
_NONE: Final = re.compile(r"\s*(?:none|zero|no\s+[a-z]+)\b", re.IGNORECASE)
_WORDS: Final = {
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "twenty": "20",
}
_WORD_NUMBER: Final = re.compile(rf"\b({'|'.join(_WORDS)})\b(?![-,])", re.IGNORECASE)
_YEARS: Final = {
    "year": 1.0,
    "month": 1 / 12,
    "week": 7 / 365.25,
    "day": 1 / 365.25,
    "hour": 1 / (24 * 365.25),
    "minute": 1 / (24 * 60 * 365.25),
}
_FIRST_CALENDAR_YEAR: Final = 1850
_LAST_CALENDAR_YEAR: Final = 2100
_FEWEST: Final = 3
_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Quantity(Checked):
    """The numbers from `low` up to, but not including, `high`.

    Attributes
    ----------
    low, high
        Bounds; infinite where the label is open.
    unit
        Singular unit such as ``month`` or ``dollar``; empty where the label names none.
    """

    low: float
    high: float
    unit: str = ""


@lru_cache(maxsize=20_000)  # the same labels are read after every edit
def read_quantity(label: str) -> Quantity | None:
    """Read a label such as ``13 to 23 months``, ``$140,000 or more`` or ``under 18``.

    A closed range of whole numbers ends before the next whole number, one with decimals before the
    next number with as many decimals, so that neighbouring brackets meet.

    Returns
    -------
    Quantity or None
        ``None`` where the label does not begin with a quantity.

    Examples
    --------
    >>> read_quantity("$20,000 - $39,999")
    Quantity(low=20000.0, high=40000.0, unit='dollar')
    >>> read_quantity("30 years or more")
    Quantity(low=30.0, high=inf, unit='year')
    >>> read_quantity("10th grade") is None
    True
    """
    text = _WORD_NUMBER.sub(lambda found: _WORDS[found.group().lower()], label)
    for form, pattern in _FORMS:
        match = pattern.match(text)
        if match is None:
            continue
        given = match.groupdict()
        low, high = _ends(form, given["a"], given.get("b") or given["a"])
        if not low < high:
            return None
        unit = given.get("ub") or given["ua"] or _unit_after(text[match.end() :])
        return Quantity(low, high, _singular(unit, dollars="$" in match.group()))
    return None


def _ends(form: str, first: str, second: str) -> tuple[float, float]:
    low, high, grain = _value(first), _value(second), _grain(second)
    return {
        "half-open": (low, high),
        "closed": (low, high + grain),
        "below": (-inf, low),
        "at most": (-inf, low + grain),
        "at least": (low, inf),
        "above": (low, inf),
        "one": (low, low + grain),
    }[form]


def quantities(side: Side) -> dict[str, Quantity]:
    """Return the quantities a side's levels or bins stand for.

    Returns
    -------
    dict
        Quantity by level; empty unless most levels are quantities of one kind. Durations given in
        several units are in years. Levels of another kind, such as ``less than 16 years old`` among
        weeks worked, are left out.
    """
    if side.breakpoints:
        edges = (-inf, *side.breakpoints, inf)
        bins = [Quantity(low, high) for low, high in pairwise(edges) if low < high]
        if len(bins) != len(side.levels):
            return {}
        found = {item.level: bin_ for item, bin_ in zip(side.levels, bins, strict=True)}
    else:
        read = {item.level: read_quantity(item.level) for item in side.levels}
        found = _same_kind({level: item for level, item in read.items() if item is not None})
        if found and {item.unit for item in found.values()} == {""}:
            none = [level for level, item in read.items() if item is None and _NONE.match(level)]
            if len(none) == 1 and all(item.low > 0 for item in found.values()):
                found[none[0]] = Quantity(0.0, 1.0)
        if len(found) < max(_FEWEST, _SHARE * len(side.levels)):
            return {}
    return _calendar_years(found)


def comparable(
    donor: dict[str, Quantity], recipient: dict[str, Quantity]
) -> tuple[dict[str, Quantity], dict[str, Quantity]] | None:
    """Bring the quantities of two sides to one unit; ``None`` where they have none in common."""
    if not donor or not recipient:
        return None
    units = {item.unit for found in (donor, recipient) for item in found.values()}
    if len(units) == 1:
        return donor, recipient
    if units <= set(_YEARS):
        return _in_years(donor), _in_years(recipient)
    # A number without a unit is taken to be counted in the unit the other side names, unless one
    # side holds calendar years.
    return (donor, recipient) if len(units - {""}) == 1 and "calendar year" not in units else None


def _in_years(found: dict[str, Quantity]) -> dict[str, Quantity]:
    return {
        level: Quantity(item.low * _YEARS[item.unit], item.high * _YEARS[item.unit], "year")
        for level, item in found.items()
    }


def _same_kind(found: dict[str, Quantity]) -> dict[str, Quantity]:
    """Keep the quantities of the commonest kind; durations are one kind whatever their unit."""
    kinds: dict[str, dict[str, Quantity]] = {}
    for level, item in found.items():
        kind = "duration" if item.unit in _YEARS else item.unit
        kinds.setdefault(kind, {})[level] = item
    kept = max(kinds.values(), key=len, default={})
    units = {item.unit for item in kept.values()}
    return _in_years(kept) if len(units) > 1 else kept


def _calendar_years(found: dict[str, Quantity]) -> dict[str, Quantity]:
    ends = [end for item in found.values() for end in (item.low, item.high) if abs(end) < inf]
    years = all(_FIRST_CALENDAR_YEAR <= end <= _LAST_CALENDAR_YEAR for end in ends)
    if not years or any(item.unit for item in found.values()):
        return found
    return {level: Quantity(i.low, i.high, "calendar year") for level, i in found.items()}


def _value(text: str) -> float:
    if "/" in text:
        upper, lower = text.split("/")
        return float(upper) / float(lower) if float(lower) else inf
    return float(text.replace(",", ""))


def _grain(text: str) -> float:
    if "/" in text:
        return 0.0
    _, _, decimals = text.partition(".")
    return float(10.0 ** -len(decimals))


def _unit_after(rest: str) -> str:
    match = re.match(rf"\s*({_UNIT})(?!\w)", rest, re.IGNORECASE)
    return match.group(1) if match else ""


def _singular(unit: str, *, dollars: bool) -> str:
    if dollars:
        return "dollar"
    words = unit.lower().split()
    if len(words) > 1 and words[0].startswith("year"):
        return "year of age"
    return " ".join(words).removesuffix("s")


__all__ = ["Quantity", "comparable", "quantities", "read_quantity"]
