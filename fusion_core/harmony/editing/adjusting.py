"""Change a side's adjustment together with what follows from it for the side's levels.

The levels of a category mean nothing to a number computed from it, and yes or no is two levels of
its own; leaving the old ones in place is how files with groups for levels that never occur arise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fusion_core.harmony.editing.edits import replace_side, set_adjustment, start_harmony
from fusion_core.harmony.expressions import (
    COUNTING,
    Condition,
    Counting,
    Kind,
    check_expression,
    count_persons,
)
from fusion_core.harmony.matching import propose_groups
from fusion_core.harmony.model import OTHER_SIDE, GroupCode, Harmony, LevelGroup, Side, SideName
from fusion_core.surveys.model import Variable

YES_NO = ("no", "yes")
"""Levels of a condition that meets groups: below 1, and 1."""

NOT_IN_UNIVERSE = "not in universe"


def adjust(
    harmony: Harmony,
    side: SideName,
    text: str,
    *,
    columns: Mapping[str, Variable],
    variables: tuple[Variable, Variable],
) -> Harmony:
    """Replace a side's value by an expression and list the levels that suit the new value.

    Parameters
    ----------
    harmony, side, text
        The harmony, which side, and the expression (empty for the variable itself).
    columns
        Dictionary entries the expression may use.
    variables
        The donor's and the recipient's variable.

    Raises
    ------
    ExpressionError
        If the expression is not allowed.
    """
    variable = variables[0] if side == "donor" else variables[1]
    before = _kind(harmony.side(side), variable, columns)
    adjusted = set_adjustment(harmony, side, text, columns=columns)
    after = _kind(adjusted.side(side), variable, columns)
    half = adjusted.side(side)
    if before == after:
        return adjusted
    if before == "boolean" and _is_yes_no(half):
        adjusted = replace_side(adjusted, side, breakpoints=(), levels=())
    if after == "text":
        return _with_own_levels(adjusted, side, variables)
    if adjusted.side(side).levels and not adjusted.side(side).breakpoints:
        adjusted = replace_side(adjusted, side, levels=())
    other = adjusted.recipient if side == "donor" else adjusted.donor
    if after == "boolean" and other.is_grouped and half.aggregator not in COUNTING:
        return _yes_or_no(adjusted, side, variables)
    return adjusted


def count_members(
    harmony: Harmony, side: SideName, condition: Condition, counting: Counting
) -> Harmony:
    """Let a side of persons yield how many household members a condition holds for, or whether any."""
    changed = count_persons(harmony.side(side), condition, counting)
    harmony = replace_side(harmony, side, **{name: getattr(changed, name) for name in _COUNTED})
    if counting == "any":
        named = {0.0: YES_NO[0], 1.0: YES_NO[1]} | dict(harmony.group_names)
        harmony = replace(harmony, group_names=tuple(sorted(named.items())))
    return harmony


_COUNTED = ("adjustment", "breakpoints", "levels", "deflate_to_year", "aggregator")


def stop_counting(
    harmony: Harmony, side: SideName, variables: tuple[Variable, Variable]
) -> Harmony:
    """Return a side that counted members to its variable's own answers."""
    harmony = replace_side(harmony, side, adjustment="", breakpoints=(), levels=())
    return _with_own_levels(harmony, side, variables)


def own_universe_group(harmony: Harmony) -> tuple[Harmony, float]:
    """Return a group for rows outside the universe, named so, and the harmony that knows it.

    It lies below all others, so that in an ordered harmony a household's highest member is never
    somebody who was not asked.
    """
    names = dict(harmony.group_names)
    known = next((code for code, name in names.items() if name == NOT_IN_UNIVERSE), None)
    if known is not None:
        return harmony, known
    codes = {*harmony.donor.group_codes, *harmony.recipient.group_codes, *names}
    code = min([*codes, 1.0]) - 1.0
    named = tuple(sorted((names | {code: NOT_IN_UNIVERSE}).items()))
    return replace(harmony, group_names=named), code


def _kind(side: Side, variable: Variable, columns: Mapping[str, Variable]) -> Kind:
    if side.adjustment.strip():
        return check_expression(side.adjustment, columns).kind
    return "text" if variable.is_categorical else "number"


def _is_yes_no(side: Side) -> bool:
    return side.breakpoints == (1.0,) and tuple(item.level for item in side.levels) == YES_NO


def _with_own_levels(
    harmony: Harmony, side: SideName, variables: tuple[Variable, Variable]
) -> Harmony:
    levels = start_harmony(*variables, propose=False).side(side).levels
    current = harmony.side(side)
    if current.levels and not current.breakpoints:
        return harmony
    return replace_side(harmony, side, breakpoints=(), levels=levels)


def _yes_or_no(harmony: Harmony, side: SideName, variables: tuple[Variable, Variable]) -> Harmony:
    """List yes and no, in the groups of the other side's answers that say the same."""
    levels = tuple(LevelGroup(label) for label in YES_NO)
    other = OTHER_SIDE[side]
    listed = []
    for name, variable in zip(("donor", "recipient"), variables, strict=True):
        labels = (
            YES_NO if name == side else tuple(item.level for item in harmony.side(other).levels)
        )
        listed.append(replace(variable, type="nominal", levels=labels))
    proposal = propose_groups(*listed)
    mine = {item.level: item.group for item in getattr(proposal, side)}
    theirs = {item.level: item.group for item in getattr(proposal, other)}
    has_groups = any(item.group is not None for item in harmony.side(other).levels)
    if not has_groups:
        levels = tuple(LevelGroup(label, mine[label]) for label in YES_NO)
        known = tuple(
            LevelGroup(item.level, theirs[item.level]) for item in harmony.side(other).levels
        )
        harmony = replace_side(harmony, other, levels=known)
    else:
        held: dict[GroupCode, GroupCode] = {
            theirs[item.level]: item.group for item in harmony.side(other).levels
        }
        levels = tuple(LevelGroup(label, held.get(mine[label])) for label in YES_NO)
    return replace_side(harmony, side, breakpoints=(1.0,), levels=levels)


__all__ = [
    "NOT_IN_UNIVERSE",
    "YES_NO",
    "adjust",
    "count_members",
    "own_universe_group",
    "stop_counting",
]
