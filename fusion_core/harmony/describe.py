"""Say in plain language what one side of a harmony yields."""

from __future__ import annotations

import re

from fusion_core.harmony.aggregation import Rule, resolve_rule
from fusion_core.harmony.binning import format_number
from fusion_core.harmony.model import DROP, Harmony, Side, SideName
from fusion_core.surveys.model import Variable

_RANGE = re.compile(r"^\s*(\w+)\s*([<>]=?)\s*(-?[\d.]+)\s*$")


def describe_aggregator(harmony: Harmony, side: SideName, variable: Variable | None = None) -> str:
    """Return what a side yields per household, e.g. "number of household members for whom agep < 18".

    Parameters
    ----------
    harmony, side
        The harmony and which side of it.
    variable
        Its dictionary entry; its description is used where it is short.
    """
    half = harmony.side(side)
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
        return _counting(half, rule, subject)
    whose = "among household members"
    thing = f"group of {subject}" if grouped else subject
    return f"the {_EXTREMES[rule]} {thing} {whose}"


def describe_side(harmony: Harmony, side: SideName, variable: Variable | None = None) -> str:
    """Return one sentence about everything a side does to its variable, in order."""
    half = harmony.side(side)
    parts = []
    if half.universe.strip():
        parts.append(f"only where {half.universe.strip()}")
    if half.deflate_to_year is not None:
        parts.append(f"in dollars of {half.deflate_to_year}")
    if half.breakpoints:
        parts.append(f"in {len(half.breakpoints) + 1} bins")
    if half.levels:
        count = len({item.group for item in half.levels if item.group not in {None, DROP}})
        parts.append(f"in {count} group{'s' if count != 1 else ''}")
    text = describe_aggregator(harmony, side, variable)
    return ", ".join([text, *parts])


_EXTREMES: dict[str, str] = {
    "minimum": "lowest", "maximum": "highest", "mean": "average", "median": "middle",
}  # fmt: skip


def _subject(side: Side, variable: Variable | None) -> str:
    if side.adjustment.strip():
        return side.adjustment.strip()
    if variable is not None and 0 < len(variable.description) <= 60:  # noqa: PLR2004 - one line
        return f"{variable.name} ({variable.description})"
    return side.variable


def _counting(side: Side, rule: Rule, subject: str) -> str:
    condition = _counted(side)
    if condition is not None:
        if rule == "any":
            return f"whether there is a household member for whom {condition}"
        return f"number of household members for whom {condition}"
    if rule == "any":
        return f"whether {subject} is not zero for any household member"
    if rule == "count":
        return f"number of household members for whom {subject} is not zero"
    if side.is_grouped:
        return f"the group codes of {subject} added up over household members"
    return f"{subject} added up over household members"


def _counted(side: Side) -> str | None:
    """Describe the persons a 0/1 coding counts, or ``None`` where something else is added up."""
    if not side.is_grouped:
        adjustment = side.adjustment.strip()
        return adjustment if adjustment and _is_condition(adjustment) else None
    codes = [item.group for item in side.levels]
    if any(code not in {0.0, 1.0} for code in codes):
        return None
    base = side.adjustment.strip() or side.variable
    if not side.breakpoints:
        counted = [item.level for item in side.levels if item.group == 1.0]
        shown = ", ".join(f"'{level}'" for level in counted[:3])
        more = f" or {len(counted) - 3} more levels" if len(counted) > 3 else ""  # noqa: PLR2004 - as shown
        return f"{base} = {shown}{more}"
    return " or ".join(_intervals(base, side.breakpoints, [code == 1.0 for code in codes]))


def _intervals(base: str, points: tuple[float, ...], counted: list[bool]) -> list[str]:
    """Join neighbouring counted bins and write each stretch as a comparison."""
    edges = [None, *points, None]
    found: list[str] = []
    start = 0
    while start < len(counted):
        end = start
        while end < len(counted) and counted[end]:
            end += 1
        if end > start:
            low, high = edges[start], edges[end]
            bounds = []
            if low is not None:
                bounds.append(f"{base} ≥ {format_number(low)}")
            if high is not None:
                bounds.append(f"{base} < {format_number(high)}")
            found.append(" and ".join(bounds) if bounds else f"any {base}")
        start = max(end, start + 1)
    return found


def _is_condition(text: str) -> bool:
    return bool(re.search(r"[<>=]|\b(between|in|like|is)\b", text, re.IGNORECASE)) and not bool(
        re.search(r"\bcase\b|\bif\s*\(", text, re.IGNORECASE)
    )


__all__ = ["describe_aggregator", "describe_side"]
