"""Bins that follow from something else: the ranges the other side's labels name, or the data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from math import floor, inf, log10
from typing import Final

import numpy as np

from fusion_core.errors import InputError
from fusion_core.harmony.editing.edits import replace_side
from fusion_core.harmony.labels import (
    Range,
    are_durations,
    breakpoints_of,
    is_not_asked,
    read_ranges,
    years_of_durations,
)
from fusion_core.harmony.model import (
    OTHER_SIDE,
    FloatArray,
    GroupCode,
    Harmony,
    LevelGroup,
    SideName,
    bin_labels,
)
from fusion_core.surveys.model import Variable

_NONE: Final = re.compile(r"\s*(no|none|zero)\b", re.IGNORECASE)
FIRST_CALENDAR_YEAR: Final = 1850.0
MAXIMUM_BINS: Final = 100
_LARGEST_RATIO, _PER_CENT = 20.0, 100.0


def ranges_named(labels: Sequence[str]) -> list[Range | None]:
    """Return the range each label names; labels such as 'not asked' name none.

    Beside labels that count from 1, "No vehicles" or "None" is 0.

    Examples
    --------
    >>> ranges_named(["No vehicles", "1 vehicle", "2 or more vehicles"])
    [(0.0, 1.0), (1.0, 2.0), (2.0, inf)]
    """
    return list(_named(tuple(labels)))


@lru_cache(maxsize=64)
def _named(labels: tuple[str, ...]) -> tuple[Range | None, ...]:
    found = [
        None if is_not_asked(label) else item
        for label, item in zip(labels, read_ranges(labels), strict=True)
    ]
    none = [
        index
        for index, (label, item) in enumerate(zip(labels, found, strict=True))
        if item is None and _NONE.match(label)
    ]
    lowest = min((item[0] for item in found if item is not None), default=0.0)
    if len(none) == 1 and lowest == 1.0:
        found[none[0]] = (0.0, 1.0)
    return tuple(found)


def is_calendar_year(variable: Variable) -> bool:
    """Whether a number is a calendar year, so that '2 to 4 years ago' must be counted back."""
    return variable.minimum is not None and variable.minimum >= FIRST_CALENDAR_YEAR


def is_in_per_cent(variable: Variable, ranges: Sequence[Range | None]) -> bool:
    """Whether a whole number is in per cent where labels name ratios, as 1.50 to 1.99 of a threshold."""
    ends = [end for item in ranges if item for end in item if abs(end) != inf]
    are_ratios = bool(ends) and max(ends) < _LARGEST_RATIO and any(end % 1 for end in ends)
    return are_ratios and variable.type == "integer" and (variable.maximum or 0.0) > _PER_CENT


def bin_by_labels(
    harmony: Harmony, side: SideName, number: Variable, *, base_year: int | None = None
) -> Harmony:
    """Bin a number where the ranges named by the other side's labels meet, and group both alike.

    Groups the other side's levels have already are kept; where none has one, they are numbered in
    the order of their ranges. A label without a range ("not in universe") is left alone.

    Parameters
    ----------
    harmony, side
        The harmony and the side that holds the number.
    number
        Its dictionary entry.
    base_year
        Year from which durations ("2 to 4 years ago") are counted back to calendar years; ``None``
        to take them as they are.

    Raises
    ------
    InputError
        If the labels name no ranges, or overlap.
    """
    other = OTHER_SIDE[side]
    levels = harmony.side(other).levels
    labels = [item.level for item in levels]
    ranges = _in_one_unit(labels, ranges_named(labels), base_year)
    if number.type == "integer":
        ranges = [
            None if item is None else (_rounded(item[0]), _rounded(item[1])) for item in ranges
        ]
    ranges = _without_gaps(ranges)
    points = breakpoints_of(ranges)
    if not points:
        raise InputError(
            f"The answers of {harmony.side(other).variable} name no numbers to bin by",
            fix="Type the break points",
        )
    codes = _codes([item.group for item in levels], ranges)
    bins = [
        LevelGroup(label, _covering(low, ranges, codes))
        for label, low in zip(bin_labels(points), (-inf, *points), strict=True)
    ]
    grouped = tuple(LevelGroup(level, code) for level, code in zip(labels, codes, strict=True))
    harmony = replace_side(harmony, other, levels=grouped)
    return replace_side(harmony, side, breakpoints=points, levels=tuple(bins))


def equal_breakpoints(low: float, high: float, bins: int) -> tuple[float, ...]:
    """Return breakpoints of bins of equal width, rounded to what people would type.

    Raises
    ------
    InputError
        If fewer than 2 or more than 100 bins are asked for, or the range is empty.
    """
    _check_count(bins)
    if not low < high:
        raise InputError("All answers are the same number, so there is nothing to cut")
    points = np.linspace(low, high, bins + 1)[1:-1]
    return _neat(points, (high - low) / bins)


def quantile_breakpoints(values: FloatArray, weights: FloatArray, bins: int) -> tuple[float, ...]:
    """Return breakpoints between bins that hold equal weighted shares of the rows.

    Where many rows share one value, fewer bins result.

    Raises
    ------
    InputError
        As `equal_breakpoints`, or if no row has a value.
    """
    _check_count(bins)
    present = ~np.isnan(values)
    order = np.argsort(values[present], kind="stable")
    numbers, shares = values[present][order], np.cumsum(weights[present][order])
    if not len(numbers) or numbers[0] == numbers[-1]:
        raise InputError("All answers are the same number, so there is nothing to cut")
    wanted = shares[-1] * np.arange(1, bins) / bins
    points = numbers[np.minimum(np.searchsorted(shares, wanted, side="left") + 1, len(numbers) - 1)]
    points = points[points > numbers[0]]
    return tuple(float(point) for point in np.unique(points))


def _check_count(bins: int) -> None:
    if not 2 <= bins <= MAXIMUM_BINS:  # noqa: PLR2004 - one bin is none
        raise InputError(f"{bins} bins cannot be made", fix=f"Ask for 2 to {MAXIMUM_BINS}")


def _neat(points: FloatArray, width: float) -> tuple[float, ...]:
    digits = 1 - floor(log10(width))
    return tuple(dict.fromkeys(float(round(point, digits)) for point in points.tolist()))


def _rounded(value: float) -> float:
    return value if value in {inf, -inf} else float(round(value))


def _in_one_unit(
    labels: Sequence[str], ranges: list[Range | None], base_year: int | None
) -> list[Range | None]:
    """Say durations in years where some are in months, and as calendar years from a base year."""
    if not are_durations(labels, ranges):
        return ranges
    if base_year is not None:
        return years_of_durations(labels, ranges, base_year)
    months = [
        item is not None and "month" in label.lower()
        for label, item in zip(labels, ranges, strict=True)
    ]
    if not any(months) or all(m or item is None for m, item in zip(months, ranges, strict=True)):
        return ranges
    return [
        (item[0] / 12, item[1] / 12) if item is not None and is_months else item
        for item, is_months in zip(ranges, months, strict=True)
    ]


def _without_gaps(ranges: list[Range | None]) -> list[Range | None]:
    """Let a range end where the next one begins: beside '85 and over', a coded '80' is 80 to 84."""
    starts = sorted({item[0] for item in ranges if item is not None})
    return [
        None
        if item is None
        else (item[0], min((start for start in starts if start >= item[1]), default=item[1]))
        for item in ranges
    ]


def _codes(groups: list[GroupCode], ranges: list[Range | None]) -> list[GroupCode]:
    if any(group is not None for group in groups):
        return groups
    ends = sorted({item for item in ranges if item is not None})
    return [None if item is None else float(ends.index(item) + 1) for item in ranges]


def _covering(low: float, ranges: list[Range | None], codes: list[GroupCode]) -> GroupCode:
    """Return the group of the label whose range holds the bin that starts at `low`."""
    lowest = min(item[0] for item in ranges if item is not None)
    start = max(low, lowest)
    for item, code in zip(ranges, codes, strict=True):
        if item is not None and item[0] <= start < item[1]:
            return code
    return None


__all__ = [
    "bin_by_labels",
    "equal_breakpoints",
    "is_calendar_year",
    "is_in_per_cent",
    "quantile_breakpoints",
    "ranges_named",
]
