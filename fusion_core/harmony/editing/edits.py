"""Edit a harmony: pure functions from a harmony to the next one, which is what makes undo trivial.

The editor keeps the list of harmonies it has had; nothing here changes one in place, and nothing
checks whether the result is finished – that is `fusion_core.harmony.checks.check`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

from fusion_core.errors import InputError
from fusion_core.harmony.expressions import check_condition, check_expression
from fusion_core.harmony.labels import has_named_sections
from fusion_core.harmony.matching import GroupProposal, propose_groups
from fusion_core.harmony.model import (
    DROP,
    SIDES,
    Aggregator,
    GroupCode,
    Harmony,
    LevelGroup,
    Side,
    SideName,
    bin_labels,
    check_breakpoints,
)
from fusion_core.surveys.model import Variable


def start_harmony(
    donor: Variable, recipient: Variable, *, propose: bool = True, author: str = ""
) -> Harmony:
    """Return a first harmony of two variables.

    Levels are listed without a group, or – where their labels agree – with a proposed one. Numbers
    stay numbers until bins are set.

    Parameters
    ----------
    donor, recipient
        The two variables.
    propose
        Whether levels with matching labels get groups at once.
    author
        Who starts it.
    """
    sides = [
        Side(
            variable=variable.name,
            respondent=variable.respondent,
            levels=tuple(LevelGroup(level) for level in variable.levels)
            if variable.is_categorical
            else (),
        )
        for variable in (donor, recipient)
    ]
    harmony = Harmony(sides[0], sides[1], author=author)
    if propose and donor.is_categorical and recipient.is_categorical:
        harmony = apply_proposal(harmony, propose_groups(donor, recipient))
    return set_ordered(harmony, detect_ordered(harmony, donor, recipient))


def replace_side(harmony: Harmony, side: SideName, **changes: object) -> Harmony:
    """Return the harmony with fields of one side changed."""
    changed = replace(harmony.side(side), **changes)  # type: ignore[arg-type]  # checked by Side's users
    return (
        replace(harmony, donor=changed) if side == "donor" else replace(harmony, recipient=changed)
    )


def assign(harmony: Harmony, side: SideName, levels: Collection[str], group: GroupCode) -> Harmony:
    """Put levels into a group, drop them (`DROP`) or undo their assignment (``None``).

    Raises
    ------
    InputError
        If a level is not in the side's table.
    """
    wanted = [levels] if isinstance(levels, str) else levels
    code = float(group) if isinstance(group, int) else group
    return assign_each(harmony, side, dict.fromkeys(wanted, code))


def assign_each(harmony: Harmony, side: SideName, groups: Mapping[str, GroupCode]) -> Harmony:
    """Give each of several levels its own group; levels not mentioned stay as they are.

    Raises
    ------
    InputError
        If a level is not in the side's table.
    """
    known = {item.level for item in harmony.side(side).levels}
    for level in groups:
        if level not in known:
            raise InputError.unknown("level", level, known, where=harmony.side(side).variable)
    # Levels that stay as they are stay the same objects, which lets others see quickly what changed.
    levels = tuple(
        LevelGroup(item.level, groups[item.level]) if item.level in groups else item
        for item in harmony.side(side).levels
    )
    return replace_side(harmony, side, levels=levels)


def apply_proposal(harmony: Harmony, proposal: GroupProposal) -> Harmony:
    """Give the levels that have no group yet the proposed one."""
    for side, proposed in (("donor", proposal.donor), ("recipient", proposal.recipient)):
        name: SideName = "donor" if side == "donor" else "recipient"
        codes = {item.level: item.group for item in proposed}
        changed = tuple(
            LevelGroup(item.level, codes.get(item.level)) if item.group is None else item
            for item in harmony.side(name).levels
        )
        harmony = replace_side(harmony, name, levels=changed)
    return harmony


def set_breakpoints(
    harmony: Harmony,
    side: SideName,
    breakpoints: Iterable[float],
    *,
    variable: Variable | None = None,
) -> Harmony:
    """Set the bins of a number and rebuild their rows; a bin within one group keeps it.

    Without breakpoints the number itself is used again or, where `variable` is categorical, its
    levels are listed again.

    Raises
    ------
    InputError
        If breakpoints are not increasing.
    """
    points = tuple(float(point) for point in breakpoints)
    check_breakpoints(points, where=harmony.side(side).variable)
    if not points:
        levels: tuple[LevelGroup, ...] = ()
        if variable is not None and variable.is_categorical:
            levels = tuple(LevelGroup(level) for level in variable.levels)
        return replace_side(harmony, side, breakpoints=(), levels=levels)
    current = harmony.side(side)
    old = _binned_groups(current)
    levels = tuple(
        LevelGroup(label, _group_within(edges, old))
        for label, edges in zip(bin_labels(points), _edges(points), strict=True)
    )
    return replace_side(harmony, side, breakpoints=points, levels=levels)


def say_rebinned(before: Side, after: Side) -> str:
    """Return what new breakpoints did to the groups of a side, empty where nothing was lost."""
    if not before.breakpoints or not after.breakpoints or before.breakpoints == after.breakpoints:
        return ""
    if all(item.group is None for item in before.levels):
        return ""
    lost = sum(item.group is None for item in after.levels)
    kept = len(after.levels) - lost
    if not lost:
        return f"All {kept} bins keep their groups."
    kept_text = f"{kept} bin{'s keep their groups' if kept != 1 else ' keeps its group'}"
    lost_text = f"{lost} {'join' if lost != 1 else 'joins'} bins of different groups and {'have' if lost != 1 else 'has'} none"
    return f"{kept_text}; {lost_text}."


def _binned_groups(side: Side) -> list[tuple[tuple[float, float], GroupCode]]:
    if not side.breakpoints or len(side.levels) != len(side.breakpoints) + 1:
        return []
    codes = [item.group for item in side.levels]
    return list(zip(_edges(side.breakpoints), codes, strict=True))


def _group_within(
    edges: tuple[float, float], old: list[tuple[tuple[float, float], GroupCode]]
) -> GroupCode:
    """Return the one group of all the old bins a new bin takes in, if there is just one."""
    found = {code for (low, high), code in old if low < edges[1] and edges[0] < high}
    return found.pop() if len(found) == 1 else None


def _edges(points: tuple[float, ...]) -> list[tuple[float, float]]:
    return list(pairwise((float("-inf"), *points, float("inf"))))


def number_bins(harmony: Harmony, side: SideName) -> Harmony:
    """Give the bins of a side the groups 1, 2, … in order."""
    levels = tuple(
        LevelGroup(item.level, float(index))
        for index, item in enumerate(harmony.side(side).levels, start=1)
    )
    return replace_side(harmony, side, levels=levels)


def set_adjustment(
    harmony: Harmony,
    side: SideName,
    text: str,
    *,
    columns: Mapping[str, Variable | None] | Collection[str] | None = None,
) -> Harmony:
    """Replace the variable's value by an expression, or (empty) use the variable itself.

    Raises
    ------
    ExpressionError
        If `columns` are given and the expression is not allowed over them.
    """
    text = text.strip()
    if text and columns is not None:
        check_expression(text, columns, where=f"adjustment of {harmony.side(side).variable}")
    return replace_side(harmony, side, adjustment=text)


def set_universe(
    harmony: Harmony,
    side: SideName,
    text: str,
    outside: GroupCode = DROP,
    *,
    columns: Mapping[str, Variable | None] | Collection[str] | None = None,
) -> Harmony:
    """Say whom the question was put to, and the group of everybody else.

    Raises
    ------
    ExpressionError
        If `columns` are given and the condition is not allowed over them.
    """
    text = text.strip()
    if text and columns is not None:
        check_condition(text, columns, where=f"universe of {harmony.side(side).variable}")
    return replace_side(harmony, side, universe=text, outside_universe=outside if text else None)


def set_missing(harmony: Harmony, side: SideName, group: GroupCode) -> Harmony:
    """Choose the group of rows without an answer."""
    return replace_side(harmony, side, missing=group)


def set_deflation(harmony: Harmony, side: SideName, year: int | None) -> Harmony:
    """Convert dollar amounts to the prices of a year, or leave them (``None``)."""
    return replace_side(harmony, side, deflate_to_year=year)


def set_aggregator(harmony: Harmony, side: SideName, aggregator: Aggregator) -> Harmony:
    """Choose how persons become a household."""
    return replace_side(harmony, side, aggregator=aggregator)


def set_ordered(harmony: Harmony, ordered: bool) -> Harmony:
    """Say whether groups have an order that rises with their code."""
    return replace(harmony, ordered=ordered)


def set_comment(harmony: Harmony, comment: str) -> Harmony:
    """Replace the comment."""
    return replace(harmony, comment=comment)


def rename_group(harmony: Harmony, code: float, name: str) -> Harmony:
    """Give a group a name; an empty one takes the name away."""
    names = {float(key): text for key, text in harmony.group_names}
    names.pop(float(code), None)
    if name.strip():
        names[float(code)] = name.strip()
    return replace(harmony, group_names=tuple(sorted(names.items())))


def merge_groups(harmony: Harmony, codes: Iterable[float], into: float) -> Harmony:
    """Put all levels of several groups into one, on both sides.

    It keeps its name; without one it takes the first name among the others.
    """
    merged = dict.fromkeys(map(float, codes), float(into)) | {float(into): float(into)}
    names = dict(harmony.group_names)
    name = names.get(float(into)) or next((names[code] for code in merged if code in names), "")
    kept = tuple((code, text) for code, text in harmony.group_names if code not in merged)
    return rename_group(recode_groups(replace(harmony, group_names=kept), merged), into, name)


def renumber_groups(harmony: Harmony, *, first: int = 1) -> Harmony:
    """Renumber the groups from `first` without gaps, in the order of their codes."""
    codes = sorted(set(harmony.donor.group_codes) | set(harmony.recipient.group_codes))
    return recode_groups(harmony, {code: float(first + i) for i, code in enumerate(codes)})


def recode_groups(harmony: Harmony, codes: Mapping[float, float]) -> Harmony:
    """Replace group codes on both sides and in the names; codes not mentioned stay."""

    def new(code: GroupCode) -> GroupCode:
        return code if code is None or code == DROP else codes.get(float(code), code)

    for name in SIDES:
        side = harmony.side(name)
        harmony = replace_side(
            harmony,
            name,
            levels=tuple(LevelGroup(item.level, new(item.group)) for item in side.levels),
            outside_universe=new(side.outside_universe),
            missing=new(side.missing),
        )
    names = {codes.get(code, code): name for code, name in harmony.group_names}
    return replace(harmony, group_names=tuple(sorted(names.items())))


def next_group(harmony: Harmony) -> float:
    """Return the smallest whole code above all in use; 1 when there is none."""
    codes = set(harmony.donor.group_codes) | set(harmony.recipient.group_codes)
    return float(int(max(codes, default=0.0)) + 1)


def detect_ordered(harmony: Harmony, donor: Variable, recipient: Variable) -> bool:
    """Whether the groups have an order: on both sides they rise with the answers.

    Levels of an ordered variable, and bins, have an order. One side must know it; a side that does
    not (a nominal variable) must not contradict it where it shares groups. Bins of a code beside
    the list it comes from ('MFG-…', 'WHL-…') have none: codes only count the entries.
    """
    for name, variable in zip(SIDES, (donor, recipient), strict=True):
        other = harmony.recipient if name == "donor" else harmony.donor
        if other.breakpoints and variable.type == "nominal" and has_named_sections(variable.levels):
            return False
    verdicts = [
        _rises(harmony.side(name), variable)
        for name, variable in zip(SIDES, (donor, recipient), strict=True)
    ]
    return True in verdicts and False not in verdicts


def _rises(side: Side, variable: Variable) -> bool | None:
    """Whether group codes rise with the answers; ``None`` where the answers have no order."""
    has_order = bool(side.breakpoints) or variable.type == "ordered"
    if not side.levels or not has_order:
        return None
    codes = [float(i.group) for i in side.levels if i.group is not None and i.group != DROP]
    return len(set(codes)) > 1 and all(a <= b for a, b in pairwise(codes))


__all__ = [
    "apply_proposal",
    "assign",
    "assign_each",
    "detect_ordered",
    "merge_groups",
    "next_group",
    "number_bins",
    "recode_groups",
    "rename_group",
    "renumber_groups",
    "replace_side",
    "say_rebinned",
    "set_adjustment",
    "set_aggregator",
    "set_breakpoints",
    "set_comment",
    "set_deflation",
    "set_missing",
    "set_ordered",
    "set_universe",
    "start_harmony",
]
