"""Rules about break points: whether a number is cut where the answers of the other side change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil, inf
from typing import Final

from fusion_core.harmony.checks.findings import Case, Finding
from fusion_core.harmony.labels import Quantity, quantities
from fusion_core.harmony.model import SIDES, GroupCode, Side, as_number, format_number, is_group

_FEWEST_RANGES: Final = 3
_ROUNDED: Final = 0.025
_FIRST_YEAR: Final = 1850.0
_SPANS: Final = {"year": 1.0, "month": 12.0, "week": 52.0, "day": 365.0}
"""Units of spans of time, which a break point may count back from a year, and how many make one."""
_TIMES: Final = re.compile(r"^(\w+)[*/](\d+(?:\.\d+)?)$")
_PRICES: Final = (0.5, 2.0)
"""Factors that change the year of prices and nothing else."""
_EXACT_BELOW: Final = 15.0
"""Counts as small as these – vehicles, rooms, persons – are cut exactly or wrongly."""
_MOSTLY: Final = 0.6


@dataclass(frozen=True, slots=True)
class _Edge:
    """Where the answers of one group end and those of the next begin."""

    ends: float
    begins: float

    def is_met_by(self, point: float) -> bool:
        """Whether a break point is as good as this end: next to it, or rounded."""
        size = max(abs(self.ends), abs(self.begins))
        is_year = _FIRST_YEAR <= size < _FIRST_YEAR + 250
        slack = 0.0 if size < _EXACT_BELOW else 1.0 if is_year else max(1.0, _ROUNDED * size)
        point = ceil(point) if size < _EXACT_BELOW and size == round(size) else point
        return self.ends - slack <= point <= self.begins + slack


def break_inside_a_range(case: Case) -> Iterator[Finding]:
    """Find a break point that lies elsewhere than where the answers of the other side change.

    A number between the two falls into another group than the answer of the other side that holds
    it. Where one group has several ranges, only their outer ends count.
    """
    for name in SIDES:
        side, other = case.side(name), case.other(name)
        if not side.breakpoints or other.breakpoints or is_another_number(side):
            continue
        if len(side.levels) != len(side.breakpoints) + 1:
            continue
        spans = _spans(side, other)
        wrong = []
        for at, point in enumerate(side.breakpoints):
            below, above = side.levels[at].group, side.levels[at + 1].group
            edge = _edge(spans, below, above)
            if edge is not None and not edge.is_met_by(point):
                wrong.append((point, edge))
        # Where most points are off, the numbers are others than the answers name.
        if wrong and len(wrong) <= max(1, (1.0 - _MOSTLY) * len(side.breakpoints)):
            point, edge = wrong[0]
            yield Finding(
                "break-inside-a-range",
                "warning",
                f"The {name} breakpoint {format_number(point)} lies elsewhere than the answers of the "
                f"other side change, which is at {format_number(edge.begins)}, so that the same number "
                "falls into two groups",
                name,
            )


def is_another_number(side: Side) -> bool:
    """Whether a side's expression makes another number of its variable than labels name.

    Other prices, and what several variables count together, are the same kind of number.
    """
    text = side.adjustment.replace(" ", "")
    if not text or re.fullmatch(r"[A-Za-z_]\w*(\+[A-Za-z_]\w*)*", text):
        return False
    found = _TIMES.match(text)
    if found is None or found[1] != side.variable:
        return True
    return not _PRICES[0] <= float(found[2]) <= _PRICES[1]


def _spans(side: Side, other: Side) -> dict[float, tuple[float, float]]:
    """Return from where to where the answers of each group of the other side reach."""
    named: Mapping[str, Quantity] = quantities(other)
    if len(named) < _FEWEST_RANGES:
        return {}
    if side.breakpoints[0] >= _FIRST_YEAR and any(item.unit in _SPANS for item in named.values()):
        named = _counted_back(side, other, named)
    found: dict[float, tuple[float, float]] = {}
    for item in other.levels:
        span = named.get(item.level)
        if span is None or not is_group(item.group):
            continue
        code = as_number(item.group)
        low, high = found.get(code, (inf, -inf))
        found[code] = (min(low, span.low), max(high, span.high))
    return found


def _counted_back(side: Side, other: Side, named: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """Turn spans of time into calendar years, counted back from the year that fits most points."""
    if any(item.unit not in _SPANS for item in named.values()):
        return {}
    years = {
        label: (item.low / _SPANS[item.unit], item.high / _SPANS[item.unit])
        for label, item in named.items()
    }
    last = side.breakpoints[-1]
    groups = {item.level: item.group for item in other.levels}

    def seen_from(year: float) -> dict[str, Quantity]:
        return {label: Quantity(year - high, year - low) for label, (low, high) in years.items()}

    def fit(year: float) -> int:
        back = seen_from(year)
        return sum(
            any(
                groups[label] == above.group and abs(span.low - point) <= 1.0
                for label, span in back.items()
            )
            for point, above in zip(side.breakpoints, side.levels[1:], strict=True)
        )

    best = max((last + step for step in range(4)), key=fit)
    return seen_from(best) if fit(best) >= _MOSTLY * len(side.breakpoints) else {}


def _edge(
    spans: Mapping[float, tuple[float, float]], below: GroupCode, above: GroupCode
) -> _Edge | None:
    """Return the edge between two groups, if the answers of one all lie below those of the other."""
    if below == above or not is_group(below) or not is_group(above):
        return None
    first, second = as_number(below), as_number(above)
    if first not in spans or second not in spans:
        return None
    ends, begins = spans[first][1], spans[second][0]
    if abs(ends) == inf or abs(begins) == inf:
        return None
    return _Edge(ends, begins) if ends <= begins else None


__all__ = ["break_inside_a_range"]
