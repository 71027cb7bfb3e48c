"""Rules about the level tables of a harmony: groups, bins, dictionary, answers left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.checks._texts import ALIKE, LabelText
from fusion_core.harmony.checks.findings import Case, Finding, Fix, are, count, listed
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.model import (
    DROP,
    OTHER_SIDE,
    SIDES,
    GroupCode,
    Harmony,
    LevelGroup,
    Side,
    SideName,
    check_breakpoints,
    format_number,
    is_group,
    side_outcome,
    takes_reference_person,
)
from fusion_core.surveys.model import Variable
from fusion_core.text_similarity import normalise_label

_RENAMED: Final = 0.8
_MOST_RENAMED: Final = 300


def levels_without_group(case: Case) -> Iterator[Finding]:
    """Find levels nobody has decided on."""
    for name in SIDES:
        found = tuple(item.level for item in case.side(name).levels if item.group is None)
        if found:
            have = "has" if len(found) == 1 else "have"
            yield Finding(
                "level-without-group",
                "error",
                f"{count(found, 'level')} of the {name} {have} no group yet: {listed(found)}",
                name,
                found,
            )


def unmatched_groups(case: Case) -> Iterator[Finding]:
    """Find groups that exist on one side only; a hint while levels of the other side wait for one."""
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
            other = OTHER_SIDE[name]
            undecided = any(item.group is None for item in case.other(name).levels)
            yield Finding(
                "unmatched-group",
                "hint" if undecided else "error",
                f"{count(found, 'level')} of the {name} {are(found)} in a group the {other} does "
                f"not have: {listed(found)}",
                name,
                found,
            )


def levels_against_dictionary(case: Case) -> Iterator[Finding]:
    """Find levels that are spelt otherwise in the dictionary, that it lacks, or that are forgotten.

    A forgotten level is an error, because its rows would have no group – unless only reference
    persons count, who may never give that answer. A level the dictionary lacks does no harm by
    itself; next to a forgotten one it may be the same level under another name.
    """
    for name in SIDES:
        variable, side = case.variable(name), case.side(name)
        if variable is None or side.breakpoints or side.adjustment.strip() or not side.levels:
            continue
        if not variable.is_categorical or not variable.levels:
            continue
        known, present = set(variable.levels), {item.level for item in side.levels}
        stale = [item.level for item in side.levels if item.level not in known]
        absent = [level for level in variable.levels if level not in present]
        renamed = _renamed(stale, absent)
        if renamed:
            yield _renamed_levels(case, name, renamed)
        left = tuple(level for level in stale if level not in renamed)
        forgotten = tuple(level for level in absent if level not in renamed.values())
        if left:
            yield _stale_levels(case, name, left, suspicious=bool(forgotten))
        if forgotten:
            yield _forgotten_levels(case, name, forgotten)


def _renamed(stale: list[str], absent: list[str]) -> dict[str, str]:
    """Pair levels of the harmony with levels of the dictionary that read (nearly) the same."""
    if not stale or not absent or max(len(stale), len(absent)) > _MOST_RENAMED:
        return {}
    text = LabelText({*stale, *absent})
    found: dict[str, str] = {}
    for level in stale:
        free = [label for label in absent if label not in found.values()]
        best = max(free, key=lambda label: text.alike(level, label), default=None)
        if best is not None and text.alike(level, best) >= _RENAMED:
            found[level] = best
    return found


def _renamed_levels(case: Case, name: SideName, renamed: Mapping[str, str]) -> Finding:
    side, levels = case.side(name), tuple(renamed)
    fixed = editing.replace_side(
        case.harmony,
        name,
        levels=tuple(LevelGroup(renamed.get(i.level, i.level), i.group) for i in side.levels),
    )
    return Finding(
        "level-spelt-otherwise",
        "error",
        f"{count(levels, 'level')} of the {name} {are(levels)} spelt otherwise in the dictionary of "
        f"'{side.variable}', so no answer would match: '{levels[0]}' is there "
        f"'{renamed[levels[0]]}'",
        name,
        levels,
        Fix(f"Spell {count(levels, 'level')} as the dictionary does", fixed),
    )


def _stale_levels(
    case: Case, name: SideName, stale: tuple[str, ...], *, suspicious: bool
) -> Finding:
    side = case.side(name)
    kept = tuple(item for item in side.levels if item.level not in stale)
    fixed = editing.replace_side(case.harmony, name, levels=kept)
    return Finding(
        "level-not-in-dictionary",
        "warning" if suspicious else "hint",
        f"{count(stale, 'level')} of the {name} {are(stale)} not in the dictionary of "
        f"'{side.variable}': {listed(stale)}",
        name,
        stale,
        Fix(f"Remove {count(stale, 'level')}", fixed) if kept else None,
    )


def _forgotten_levels(case: Case, name: SideName, forgotten: tuple[str, ...]) -> Finding:
    side = case.side(name)
    more = (*side.levels, *(LevelGroup(level) for level in forgotten))
    fixed = editing.replace_side(case.harmony, name, levels=more)
    reference = takes_reference_person(case.harmony, name, case.respondent)
    so = "; it matters only where a reference person gives this answer" if reference else ""
    return Finding(
        "dictionary-level-missing",
        "hint" if reference else "error",
        f"The harmony does not mention {count(forgotten, 'level')} of '{side.variable}': "
        f"{listed(forgotten)}{so}",
        name,
        forgotten,
        Fix(f"List {count(forgotten, 'level')}", fixed),
    )


def bins(case: Case) -> Iterator[Finding]:
    """Find breakpoints on labels, out of order, out of range, or without a group for every bin."""
    for name in SIDES:
        variable, side = case.variable(name), case.side(name)
        if not side.breakpoints:
            continue
        if variable is not None and variable.is_categorical and not side.adjustment.strip():
            yield Finding(
                "breaks-on-categories",
                "error",
                f"Breakpoints are set on '{side.variable}', which holds labels, not numbers; every "
                "row would land in one bin",
                name,
                fix=Fix(
                    "Remove the breakpoints",
                    editing.replace_side(case.harmony, name, breakpoints=()),
                ),
            )
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
            "bins-do-not-match-groups",
            "error",
            f"{len(side.breakpoints)} breakpoints make {len(side.breakpoints) + 1} bins, but "
            f"{len(side.levels)} groups are listed",
            name,
            fix=Fix("Rebuild the bins", fixed),
        )


def _bin_range(name: SideName, side: Side, variable: Variable) -> Iterator[Finding]:
    low, high = variable.minimum, variable.maximum
    if low is None or high is None:
        return
    outside = [format_number(point) for point in side.breakpoints if not low < point <= high]
    if outside:
        yield Finding(
            "break-out-of-range",
            "warning",
            f"The {name} breakpoint{'s' if len(outside) > 1 else ''} {', '.join(outside)} "
            f"split{'s' if len(outside) == 1 else ''} nobody: '{variable.name}' runs from "
            f"{format_number(low)} to {format_number(high)}",
            name,
        )


def left_out_beside_its_like(case: Case) -> Iterator[Finding]:
    """Find answers left out on one side that the other side has, too, and keeps."""
    if any(case.side(name).breakpoints for name in SIDES):
        return
    text = LabelText.of(case.harmony)
    for name in SIDES:
        kept = {i.level: i.group for i in case.other(name).levels if is_group(i.group)}
        if not kept:
            continue
        levels_of = case.side(name).levels
        taken = {_likest(text, i.level, kept) for i in levels_of if is_group(i.group)}
        pairs: list[tuple[str, str]] = []
        for item in levels_of:
            like = _likest(text, item.level, kept) if item.group == DROP else ""
            if like and like not in taken and text.alike(item.level, like) >= ALIKE:
                pairs.append((item.level, like))
        if not pairs:
            continue
        levels, fixed = tuple(level for level, _ in pairs), case.harmony
        for level, like in pairs:
            fixed = editing.assign(fixed, name, [level], kept[like])
        yield Finding(
            "left-out-beside-its-like",
            "warning",
            f"{count(levels, 'level')} of the {name} {are(levels)} left out, but the other side keeps "
            f"{listed([like for _, like in pairs])}",
            name,
            levels,
            Fix(f"Group {count(levels, 'level')} with it", fixed),
        )


def left_out_unlike_siblings(case: Case, siblings: Sequence[Harmony]) -> Iterator[Finding]:
    """Find answers left out here that most other years keep, alike in all of them."""
    for name in SIDES:
        seen: dict[str, list[GroupCode]] = {}
        for harmony in siblings:
            for item in harmony.side(name).levels:
                seen.setdefault(normalise_label(item.level), []).append(item.group)
        levels = tuple(
            item.level
            for item in case.side(name).levels
            if item.group == DROP and _mostly_kept(seen.get(normalise_label(item.level), []))
        )
        if levels:
            yield Finding(
                "left-out-unlike-siblings",
                "warning",
                f"{count(levels, 'level')} of the {name} {are(levels)} left out here, but grouped in "
                f"most other years: {listed(levels)}",
                name,
                levels,
            )


def counted_unlike_siblings(case: Case, siblings: Sequence[Harmony]) -> Iterator[Finding]:
    """Find codes that are added up, and are others than most years have for the same answers."""
    for name in SIDES:
        side = case.side(name)
        if side.aggregator not in {"sum", "mean"} or not case.collapsed(name):
            continue
        seen: dict[str, Counter[GroupCode]] = {}
        for harmony in siblings:
            if harmony.side(name).aggregator == side.aggregator:
                for item in harmony.side(name).levels:
                    seen.setdefault(normalise_label(item.level), Counter())[item.group] += 1
        levels = tuple(
            item.level
            for item in side.levels
            if is_group(item.group)
            and (votes := seen.get(normalise_label(item.level)))
            and votes[item.group] * 2 < votes.total()
        )
        if levels:
            yield Finding(
                "counted-unlike-siblings",
                "warning",
                f"{count(levels, 'level')} of the {name} {'adds' if len(levels) == 1 else 'add'} another "
                f"number to the household than in most other years: {listed(levels)}",
                name,
                levels,
            )


def _likest(text: LabelText, level: str, others: Iterable[str]) -> str:
    """Return the label of the other side that reads most like a level."""
    return max((text.alike(level, other), other) for other in others)[1]


def _mostly_kept(groups: Sequence[GroupCode]) -> bool:
    return bool(groups) and sum(map(is_group, groups)) * 2 > len(groups)


__all__ = [
    "bins",
    "counted_unlike_siblings",
    "left_out_beside_its_like",
    "left_out_unlike_siblings",
    "levels_against_dictionary",
    "levels_without_group",
    "unmatched_groups",
]
