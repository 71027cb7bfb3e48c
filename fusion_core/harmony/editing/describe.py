"""Say in plain language what one side of a harmony yields."""

from __future__ import annotations

from collections.abc import Mapping

from fusion_core.harmony.expressions import (
    Condition,
    counted,
    read_condition,
    read_recipe,
    say_condition,
    say_recipe,
)
from fusion_core.harmony.model import DROP, Harmony, Rule, Side, SideName, resolve_rule
from fusion_core.surveys.model import Variable

MEMBERS = "household members"


def describe_aggregator(
    harmony: Harmony,
    side: SideName,
    variable: Variable | None = None,
    *,
    columns: Mapping[str, Variable] | None = None,
) -> str:
    """Return what a side yields per household, e.g. "number of household members aged under 18".

    Parameters
    ----------
    harmony, side
        The harmony and which side of it.
    variable
        Its dictionary entry; its description is used where it is short.
    columns
        Dictionary entries of everything its expressions may use.
    """
    half = harmony.side(side)
    known = columns or ({variable.name: variable} if variable is not None else {})
    subject = _subject(half, variable)
    if half.respondent == "household":
        return f"the household's {subject}"
    grouped = half.is_grouped
    if grouped and not harmony.ordered and half.aggregator in {"minimum", "maximum"}:
        return f"the {_EXTREMES[half.aggregator]} of unordered groups, which has no meaning"
    rule = resolve_rule(half.aggregator, grouped=grouped, ordered=harmony.ordered)
    if rule == "reference":
        return f"the reference person's {'group of ' if grouped else ''}{subject}"
    if rule in {"sum", "count", "any"}:
        return _counting(half, rule, subject, known)
    whose = "among household members"
    thing = f"group of {subject}" if grouped else subject
    return f"the {_EXTREMES[rule]} {thing} {whose}"


def describe_side(
    harmony: Harmony,
    side: SideName,
    variable: Variable | None = None,
    *,
    columns: Mapping[str, Variable] | None = None,
) -> str:
    """Return one sentence about everything a side does to its variable, in order."""
    half = harmony.side(side)
    parts = []
    if half.universe.strip():
        whom = describe_condition(half, half.universe, columns or {})
        parts.append(f"only {whom}" if whom else f"only where {half.universe.strip()}")
    if half.deflate_to_year is not None:
        parts.append(f"in dollars of {half.deflate_to_year}")
    if half.breakpoints:
        parts.append(f"in {len(half.breakpoints) + 1} bins")
    if half.levels:
        count = len({item.group for item in half.levels if item.group not in {None, DROP}})
        parts.append(f"in {count} group{'s' if count != 1 else ''}")
    text = describe_aggregator(harmony, side, variable, columns=columns)
    return ", ".join([text, *parts])


def describe_condition(side: Side, text: str, columns: Mapping[str, Variable]) -> str:
    """Return a condition in plain words, empty where it is more than rows can say."""
    condition = read_condition(text) if text.strip() else None
    who = "persons" if side.respondent == "person" else "households"
    return "" if condition is None else say_condition(condition, columns, who=who)


def describe_adjustment(side: Side, columns: Mapping[str, Variable]) -> str:
    """Return an adjustment in plain words, empty where it is more than steps can say."""
    recipe = read_recipe(side.adjustment) if side.adjustment.strip() else None
    return "" if recipe is None else say_recipe(recipe, columns, respondent=side.respondent)


_EXTREMES: dict[str, str] = {
    "minimum": "lowest",
    "maximum": "highest",
    "mean": "average",
    "median": "middle",
}


def _subject(side: Side, variable: Variable | None) -> str:
    if side.adjustment.strip():
        return side.adjustment.strip()
    if variable is not None and 0 < len(variable.description) <= 60:  # noqa: PLR2004 - one line
        return f"{variable.name} ({variable.description})"
    return side.variable


def _counting(side: Side, rule: Rule, subject: str, columns: Mapping[str, Variable]) -> str:
    condition: Condition | None = counted(side, columns)
    if condition is not None:
        members = say_condition(condition, columns, who=MEMBERS)
        return f"whether there are {members}" if rule == "any" else f"number of {members}"
    if rule == "any":
        return f"whether {subject} is not zero for any household member"
    if rule == "count":
        return f"number of household members for whom {subject} is not zero"
    if side.is_grouped:
        return f"the group codes of {subject} added up over household members"
    return f"{subject} added up over household members"


__all__ = [
    "describe_adjustment",
    "describe_aggregator",
    "describe_condition",
    "describe_side",
]
