"""Rules about numbers in labels: brackets that do not meet, bin labels that contradict the bins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isclose
from statistics import median
from typing import Final

from fusion_core.harmony.checks.findings import Case, Finding, Fix, count, listed
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.labels import Quantity, comparable, quantities, read_quantity
from fusion_core.harmony.model import (
    SIDES,
    LevelGroup,
    Side,
    SideName,
    bin_labels,
    format_number,
    side_outcome,
)

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
        own, other = members[name], members["recipient" if name == "donor" else "donor"]
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
    other: SideName = "recipient" if name == "donor" else "donor"
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


__all__ = [
    "bin_labels_against_breakpoints",
    "ranges_that_do_not_meet",
]
