"""Rules about numbers in labels: brackets that do not meet, bins cut or named otherwise than they."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, inf, isclose
from statistics import median
from typing import Final

from fusion_core.harmony.checks.findings import Case, Finding, Fix, count, listed
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.labels import Quantity, comparable, quantities, read_quantity
from fusion_core.harmony.model import (
    OTHER_SIDE,
    SIDES,
    GroupCode,
    LevelGroup,
    Side,
    SideName,
    as_number,
    bin_labels,
    format_number,
    is_group,
    side_outcome,
)

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
_APART: Final = 0.1
_ELSEWHERE: Final = 0.5
_PARTLY: Final = 0.4
Member = tuple[Quantity, float]
"""The range of a level and its group."""


def ranges_that_do_not_meet(case: Case) -> Iterator[Finding]:
    """Find levels whose numbers lie in another group of the other side than the one they are in.

    A level is reported when its range shares less than a tenth with any range of its own group on
    the other side, and more than half with one of another group, each time of the narrower of the
    two: a coarse bracket may hold several fine ones.
    """
    if any(
        side_outcome(case.side(name), collapsed=case.collapsed(name)) != "group" for name in SIDES
    ):
        return
    both = comparable(quantities(case.harmony.donor), quantities(case.harmony.recipient))
    if both is None:
        return
    members = {
        name: _members(case.side(name), ranges) for name, ranges in zip(SIDES, both, strict=True)
    }
    scale = _Scale.of([item for found in members.values() for item, _ in found.values()])
    for name in SIDES:
        own, other = members[name], members[OTHER_SIDE[name]]
        apart, partly = _misplaced(own, list(other.values()), scale)
        if apart:
            yield _report(case, name, apart, own, apart=True)
        if partly:
            yield _report(case, name, partly, own, apart=False)


def _members(side: Side, ranges: Mapping[str, Quantity]) -> dict[str, Member]:
    return {
        item.level: (ranges[item.level], float(item.group))
        for item in side.levels
        if item.level in ranges and item.group is not None and item.group != "drop"
    }


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where open ranges end: a bracket beyond the outermost bound."""

    lowest: float
    highest: float
    bracket: float

    @classmethod
    def of(cls, ranges: list[Quantity]) -> _Scale:
        ends = [end for item in ranges for end in (item.low, item.high) if abs(end) < inf]
        widths = [item.high - item.low for item in ranges if item.high - item.low < inf]
        return cls(
            min(ends, default=0.0), max(ends, default=0.0), median(widths) if widths else 1.0
        )

    def bounds(self, item: Quantity) -> tuple[float, float]:
        """Return a range with open ends closed."""
        low = self.lowest - self.bracket if item.low == -inf else item.low
        high = self.highest + self.bracket if item.high == inf else item.high
        return low, high


def _misplaced(
    own: Mapping[str, Member], other: list[Member], scale: _Scale
) -> tuple[dict[str, float], dict[str, float]]:
    """Return, by level, the group a level that lies apart – wholly or mostly – would belong to."""
    apart, partly = {}, {}
    for level, (item, group) in own.items():
        inside = _shares_by_group(item, other, scale)
        if not inside or group not in {code for _, code in other}:
            continue
        best = max(inside, key=lambda code: inside[code])
        here = inside.get(group, 0.0)
        if here < _APART and inside[best] > _ELSEWHERE:
            apart[level] = best
        elif here < 1 - _ELSEWHERE and inside[best] > here + _PARTLY:
            partly[level] = best
    return apart, partly


def _shares_by_group(item: Quantity, other: list[Member], scale: _Scale) -> dict[float, float]:
    """Return, by group of the other side, the largest share two ranges have of the narrower one."""
    low, high = scale.bounds(item)
    shares: dict[float, float] = {}
    for span, group in other:
        start, end = scale.bounds(span)
        common = min(high, end) - max(low, start)
        if common > 0:
            share = common / min(high - low, end - start)
            shares[group] = max(shares.get(group, 0.0), share)
    return shares


def _report(
    case: Case,
    name: SideName,
    found: Mapping[str, float],
    own: Mapping[str, Member],
    *,
    apart: bool,
) -> Finding:
    other = OTHER_SIDE[name]
    first = next(iter(found))
    there = tuple(i.level for i in case.side(other).levels if i.group == own[first][1])
    better = tuple(i.level for i in case.side(other).levels if i.group == found[first])
    how = "do not meet" if apart else "meet only in part"
    fixed = case.harmony
    for level, group in found.items():
        fixed = editing.assign(fixed, name, [level], group)
    levels = tuple(found)
    return Finding(
        "ranges-do-not-meet" if apart else "ranges-meet-partly",
        "error" if apart else "warning",
        f"The numbers in {count(levels, 'label')} of the {name} and those of the {other} in the "
        f"same group {how}: '{first}' is paired with {listed(there)}, but lies in {listed(better)}",
        name,
        levels,
        Fix(f"Move {count(levels, 'level')} to the group with the same numbers", fixed),
    )


def bin_labels_against_breakpoints(case: Case) -> Iterator[Finding]:
    """Find labels of bins that name other edges than the breakpoints do."""
    for name in SIDES:
        side, variable = case.side(name), case.variable(name)
        edges = (-inf, *side.breakpoints, inf)
        if not side.breakpoints or len(side.levels) != len(edges) - 1:
            continue
        if variable is not None and variable.is_categorical and not side.adjustment.strip():
            continue  # reported as breakpoints on labels
        wrong = tuple(
            item.level
            for item, (low, high) in zip(side.levels, pairwise(edges), strict=True)
            if not _says(item.level, low, high)
        )
        if wrong:
            levels = tuple(
                LevelGroup(label, item.group)
                for label, item in zip(bin_labels(side.breakpoints), side.levels, strict=True)
            )
            points = ", ".join(format_number(point) for point in side.breakpoints)
            yield Finding(
                "bin-label-contradicts-breakpoints",
                "warning",
                f"{listed(wrong)} on the {name} side name{'s' if len(wrong) == 1 else ''} other "
                f"bounds than the breakpoints {points}, which count",
                name,
                wrong,
                Fix(
                    "Name the bins after their breakpoints",
                    editing.replace_side(case.harmony, name, levels=levels),
                ),
            )


def _says(label: str, low: float, high: float) -> bool:
    """Whether a label names the bounds of a bin, or none at all."""
    said = read_quantity(label)
    if said is None:
        return True
    return _near(said.low, low) and (_near(said.high, high) or _near(said.high - 1, high))


def _near(said: float, meant: float) -> bool:
    return said == meant or isclose(said, meant, rel_tol=1e-6, abs_tol=1e-9)


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


__all__ = [
    "bin_labels_against_breakpoints",
    "break_inside_a_range",
    "ranges_that_do_not_meet",
]
