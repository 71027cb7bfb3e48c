"""Rules about the level tables of a harmony: groups, bins, dictionary."""

from __future__ import annotations

from collections.abc import Iterator

from fusion_core.errors import InputError
from fusion_core.harmony import editing
from fusion_core.harmony.aggregation import side_outcome
from fusion_core.harmony.binning import check_breakpoints, format_number
from fusion_core.harmony.findings import (
    SIDES,
    Case,
    Finding,
    Fix,
    are,
    count,
    is_group,
    listed,
)
from fusion_core.harmony.model import LevelGroup, Side, SideName
from fusion_core.surveys.model import Variable


def levels_without_group(case: Case) -> Iterator[Finding]:
    """Find levels nobody has decided on."""
    for name in SIDES:
        found = tuple(item.level for item in case.side(name).levels if item.group is None)
        if found:
            have = "has" if len(found) == 1 else "have"
            yield Finding(
                "level-without-group", "error",
                f"{count(found, 'level')} of the {name} {have} no group yet: {listed(found)}",
                name, found,
            )  # fmt: skip


def unmatched_groups(case: Case) -> Iterator[Finding]:
    """Find groups that exist on one side only."""
    for name in SIDES:
        if side_outcome(case.side(name), collapsed=case.collapsed(name)) != "group":
            return
    for name in SIDES:
        known = set(case.other(name).group_codes)
        found = tuple(
            item.level
            for item in case.side(name).levels
            if is_group(item.group) and item.group not in known
        )
        if found:
            other = "recipient" if name == "donor" else "donor"
            yield Finding(
                "unmatched-group", "error",
                f"{count(found, 'level')} of the {name} {are(found)} in a group the {other} does "
                f"not have: {listed(found)}", name, found,
            )  # fmt: skip


def levels_against_dictionary(case: Case) -> Iterator[Finding]:
    """Find levels the dictionary does not know, and levels of the dictionary the harmony forgets."""
    for name in SIDES:
        variable, side = case.variable(name), case.side(name)
        if variable is None or side.breakpoints or side.adjustment.strip() or not side.levels:
            continue
        if not variable.is_categorical or not variable.levels:
            continue
        known, present = set(variable.levels), {item.level for item in side.levels}
        stale = tuple(item.level for item in side.levels if item.level not in known)
        absent = tuple(level for level in variable.levels if level not in present)
        if stale:
            kept = tuple(item for item in side.levels if item.level in known)
            fixed = editing.replace_side(case.harmony, name, levels=kept)
            yield Finding(
                "level-not-in-dictionary", "warning",
                f"{count(stale, 'level')} of the {name} {are(stale)} not in the dictionary of "
                f"'{variable.name}': {listed(stale)}", name, stale,
                Fix(f"Remove {count(stale, 'level')}", fixed) if kept else None,
            )  # fmt: skip
        if absent:
            more = (*side.levels, *(LevelGroup(level) for level in absent))
            fixed = editing.replace_side(case.harmony, name, levels=more)
            yield Finding(
                "dictionary-level-missing", "error",
                f"The harmony does not mention {count(absent, 'level')} of '{variable.name}': "
                f"{listed(absent)}", name, absent,
                Fix(f"List {count(absent, 'level')}", fixed),
            )  # fmt: skip


def bins(case: Case) -> Iterator[Finding]:
    """Find breakpoints on labels, out of order, out of range, or without a group for every bin."""
    for name in SIDES:
        variable, side = case.variable(name), case.side(name)
        if not side.breakpoints:
            continue
        if variable is not None and variable.is_categorical and not side.adjustment.strip():
            yield Finding(
                "breaks-on-categories", "error",
                f"Breakpoints are set on '{side.variable}', which holds labels, not numbers; every "
                "row would land in one bin", name,
                fix=Fix(
                    "Remove the breakpoints", editing.replace_side(case.harmony, name, breakpoints=())
                ),
            )  # fmt: skip
            continue
        yield from _bin_form(case, name)
        if variable is not None and not side.adjustment.strip() and side.deflate_to_year is None:
            yield from _bin_range(name, side, variable)


def _bin_form(case: Case, name: SideName) -> Iterator[Finding]:
    side = case.side(name)
    try:
        check_breakpoints(side.breakpoints)
    except InputError as error:
        fixed = editing.set_breakpoints(case.harmony, name, sorted(set(side.breakpoints)))
        yield Finding(
            "unsorted-breaks", "error", str(error), name, fix=Fix("Sort the breakpoints", fixed)
        )
        return
    if len(side.levels) != len(side.breakpoints) + 1:
        fixed = editing.set_breakpoints(
            editing.replace_side(case.harmony, name, levels=()), name, side.breakpoints
        )
        yield Finding(
            "bins-do-not-match-groups", "error",
            f"{len(side.breakpoints)} breakpoints make {len(side.breakpoints) + 1} bins, but "
            f"{len(side.levels)} groups are listed", name, fix=Fix("Rebuild the bins", fixed),
        )  # fmt: skip


def _bin_range(name: SideName, side: Side, variable: Variable) -> Iterator[Finding]:
    low, high = variable.minimum, variable.maximum
    if low is None or high is None:
        return
    outside = [format_number(point) for point in side.breakpoints if not low < point <= high]
    if outside:
        yield Finding(
            "break-out-of-range", "warning",
            f"The {name} breakpoint{'s' if len(outside) > 1 else ''} {', '.join(outside)} "
            f"split{'s' if len(outside) == 1 else ''} nobody: '{variable.name}' runs from "
            f"{format_number(low)} to {format_number(high)}", name,
        )  # fmt: skip


__all__ = [
    "bins",
    "levels_against_dictionary",
    "levels_without_group",
    "unmatched_groups",
]
