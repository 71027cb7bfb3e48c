"""Suggest to group a long coded list by its sections, and to bin the code of the other side alike.

Industry and occupation lists have hundreds of levels ('MFG-Dairy Product'); where the other survey
publishes only the number of the entry, the sections are ranges of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from typing import Final

from fusion_core.harmony.editing import replace_side
from fusion_core.harmony.labels import (
    NEVER_WORKED,
    is_negative,
    is_not_asked,
    label_sections,
    section_starts,
)
from fusion_core.harmony.model import OTHER_SIDE, Harmony, LevelGroup, SideName, bin_labels
from fusion_core.harmony.suggest._confidence import Cut
from fusion_core.surveys.model import Variable

_OUTSIDE: Final = 1.0
"""Group of those outside the list: 'never worked', and codes below its first section."""


@dataclass(frozen=True, slots=True)
class _List:
    """Sections in the order of their codes, each with its first, and the code behind the last."""

    starts: Mapping[str, float]
    end: float
    named: str


def group_by_sections(
    harmony: Harmony, side: SideName, number: Variable, labels: Variable
) -> Cut | None:
    """Group labels by their sections and bin the number where the codes of a section begin.

    Parameters
    ----------
    harmony
        The harmony of the two variables, nothing set.
    side
        The side that holds the number.
    number
        Its dictionary entry: the code of an entry of the list.
    labels
        The dictionary entry of the list itself.

    Returns
    -------
    The harmony, or ``None`` where the list has no sections or their codes are not known.
    """
    sections = label_sections(labels.levels)
    if sections is None:
        return None
    found = _census_list(number, sections) or _coded_list(number, labels, sections)
    if found is None:
        return None
    outside = [
        _is_outside(label) and not name for label, name in zip(labels.levels, sections, strict=True)
    ]
    first = _OUTSIDE + 1.0 if any(outside) else _OUTSIDE
    listed = [name for name in found.starts if name in set(sections)]
    group_of = {name: first + place for place, name in enumerate(listed)}
    levels = tuple(
        LevelGroup(label, _OUTSIDE if is_outside else group_of.get(name))
        for label, name, is_outside in zip(labels.levels, sections, outside, strict=True)
    )
    points, groups = _bins(found, group_of, number, has_outside=any(outside))
    bins = tuple(
        LevelGroup(label, group) for label, group in zip(bin_labels(points), groups, strict=True)
    )
    other = OTHER_SIDE[side]
    harmony = replace_side(harmony, other, levels=levels)
    harmony = replace_side(harmony, side, breakpoints=points, levels=bins)
    names = tuple((group, name) for name, group in group_of.items())
    reason = (
        f"{labels.name} is grouped by its {len(listed)} sections and {number.name} binned "
        f"where their codes begin ({found.named})"
    )
    return Cut(replace(harmony, group_names=names), reason, "likely")


def _is_outside(label: str) -> bool:
    return is_not_asked(label) or is_negative(label)


def _census_list(number: Variable, sections: Sequence[str]) -> _List | None:
    starts = section_starts(number.description, {name for name in sections if name})
    if starts is None:
        return None
    return _List(starts, NEVER_WORKED, "the Census Bureau's list")


def _coded_list(number: Variable, labels: Variable, sections: Sequence[str]) -> _List | None:
    """Read the codes off the dictionary, where each section is one range of the number's codes."""
    ranges: dict[str, tuple[float, float]] = {}
    for name, code in zip(sections, labels.codes, strict=False):
        if not name:
            continue
        if not code.strip().isdigit():
            return None
        value = float(code)
        low, high = ranges.get(name, (inf, -inf))
        ranges[name] = (min(low, value), max(high, value))
    ordered = sorted((low, high, name) for name, (low, high) in ranges.items())
    if any(high >= then for (_, high, _), (then, _, _) in pairwise(ordered)) or not ordered:
        return None
    last = ordered[-1][1]
    # Answers beyond the codes, or all before the last section, are numbers of another list.
    if number.maximum is None or not ordered[-1][0] <= number.maximum <= last:
        return None
    return _List({name: low for low, _, name in ordered}, last + 1.0, "as in its dictionary")


def _bins(
    found: _List, group_of: Mapping[str, float], number: Variable, *, has_outside: bool
) -> tuple[tuple[float, ...], list[float | None]]:
    """Return the break points of the number and the group of every bin."""
    outside = _OUTSIDE if has_outside else None
    points = [float(start) for start in found.starts.values()]
    groups: list[float | None] = [outside, *(group_of.get(name) for name in found.starts)]
    if number.minimum is not None and number.minimum >= points[0]:
        points, groups = points[1:], groups[1:]  # nobody below the first section
    if number.maximum is None or number.maximum >= found.end:
        points, groups = [*points, found.end], [*groups, outside]
    return tuple(points), groups


__all__ = ["group_by_sections"]
