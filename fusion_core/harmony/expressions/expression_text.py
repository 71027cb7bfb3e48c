"""Say conditions and recipes in plain words, with what the dictionary knows of their variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

from fusion_core.harmony.expressions.conditions import Condition, Relation, Test, Value
from fusion_core.harmony.expressions.recipes import Recipe, Recode, Step, Sum
from fusion_core.harmony.model import format_number
from fusion_core.surveys.model import RespondentLevel, Variable

Columns = Mapping[str, Variable]

LEVELS_SAID: Final = 4
LONGEST_NAME: Final = 60
_WHO: Final[dict[RespondentLevel, str]] = {"person": "persons", "household": "households"}


def say_condition(condition: Condition, columns: Columns, *, who: str = "persons") -> str:
    """Return whom a condition describes, e.g. "persons aged 16 or more who are male".

    Parameters
    ----------
    condition
        The condition.
    columns
        Dictionary entries of the table's columns.
    who
        Whose rows they are: "persons", "household members", "households".
    """
    phrases = [_say_test(test, columns, who) for test in _merged(condition, columns)]
    if condition.joined == "any":
        said = " or ".join(f"{phrase.lead}{phrase.text}" for phrase in phrases)
        return f"{who} {said}"
    aged = [phrase for phrase in phrases if not phrase.lead]
    parts = [" and ".join(phrase.text for phrase in aged)] if aged else []
    for lead in dict.fromkeys(phrase.lead for phrase in phrases if phrase.lead):
        texts = [phrase.text for phrase in phrases if phrase.lead == lead]
        parts.append(("and " if len(parts) > bool(aged) else "") + lead + " and ".join(texts))
    return " ".join([who, *parts])


def say_recipe(recipe: Recipe, columns: Columns, *, respondent: RespondentLevel) -> str:
    """Return what a recipe yields, e.g. "vehicles owned plus vehicles leased, at most 6"."""
    if isinstance(recipe.start, Condition):
        return f"yes for {say_condition(recipe.start, columns, who=_WHO[respondent])}, otherwise no"
    if isinstance(recipe.start, Recode):
        said = f"a number for each answer to {thing(recipe.start.variable, columns)}"
    else:
        said = _say_sum(recipe.start, columns)
    for step in recipe.steps:
        said += _say_step(step, columns, _WHO[respondent])
    return said


def thing(name: str, columns: Columns) -> str:
    """Return how a variable is called in a sentence: its description where that is short."""
    variable = columns.get(name)
    description = variable.description.strip().rstrip(".?") if variable is not None else ""
    if not description or len(description) > LONGEST_NAME:
        return name
    first, *rest = description.split(" ")
    # 'Age of person' begins a sentence no more; 'ACS income' and 'U.S. citizen' stay as they are.
    lowered = first.lower() if first[1:].islower() or len(first) == 1 else first
    return " ".join([lowered, *rest])


@dataclass(frozen=True, slots=True)
class _Phrase:
    lead: str
    text: str


@dataclass(frozen=True, slots=True)
class _Interval:
    """Numbers from `low` to `high`; whether each end belongs to it."""

    variable: str
    low: float = -inf
    high: float = inf
    with_low: bool = True
    with_high: bool = True


def _merged(condition: Condition, columns: Columns) -> list[Test | _Interval]:
    """Return the rows, those that bound the same number together as one stretch."""
    found: list[Test | _Interval] = []
    for test in condition.tests:
        bounds = _bounds(test, columns)
        if bounds is None:
            found.append(test)
            continue
        same = next(
            (
                i
                for i, item in enumerate(found)
                if isinstance(item, _Interval) and item.variable == test.variable
            ),
            None,
        )
        if same is None or condition.joined == "any":
            found.append(bounds)
        else:
            found[same] = _both(found[same], bounds, whole=_is_whole(test.variable, columns))
    return found


def _bounds(test: Test, columns: Columns) -> _Interval | None:
    if test.relation not in _ENDS:
        return None
    numbers = [float(value) for value in test.values]
    low, high = _ENDS[test.relation]
    found = _Interval(
        test.variable,
        numbers[0] if low is not None else -inf,
        numbers[-1] if high is not None else inf,
        low is not False,
        high is not False,
    )
    return _closed(found) if _is_whole(test.variable, columns) else found


_ENDS: Final[dict[Relation, tuple[bool | None, bool | None]]] = {
    "between": (True, True),
    "at_least": (True, None),
    "more_than": (False, None),
    "at_most": (None, True),
    "less_than": (None, False),
}
"""Whether the lower and the upper end belong to the stretch; ``None`` where it is open."""


def _closed(interval: _Interval) -> _Interval:
    """Say of whole numbers '2 to 15' where 'from 2 to under 16' is meant."""
    low, high = interval.low, interval.high
    if not interval.with_low and low == round(low):
        low += 1
    between = low != -inf and high != inf
    closes = not interval.with_high and between and high == round(high)
    return _Interval(
        interval.variable, low, high - 1 if closes else high, True, closes or interval.with_high
    )


def _both(first: object, second: _Interval, *, whole: bool) -> _Interval:
    """Return the stretch where both hold."""
    if not isinstance(first, _Interval):
        raise TypeError("only stretches can be merged")
    lower = max((first, second), key=lambda item: (item.low, not item.with_low))
    upper = min((first, second), key=lambda item: (item.high, item.with_high))
    merged = _Interval(first.variable, lower.low, upper.high, lower.with_low, upper.with_high)
    # Both ends are known only now, so 'at least 2' and 'less than 16' become '2 to 15'.
    return _closed(merged) if whole else merged


def _is_whole(name: str, columns: Columns) -> bool:
    variable = columns.get(name)
    return variable is not None and variable.type == "integer"


def _say_test(test: Test | _Interval, columns: Columns, who: str) -> _Phrase:
    variable = columns.get(test.variable)
    name = thing(test.variable, columns)
    lead = "whose " if who != "households" else "where "
    if isinstance(test, _Interval):
        stretch = _say_interval(test, aged=_is_age(variable))
        return (
            _Phrase("", f"aged {stretch}" if stretch[0].isdigit() else stretch)
            if _is_age(variable)
            else _Phrase(lead, f"{name} is {stretch}")
        )
    if test.relation in {"missing", "answered"}:
        said = "is missing" if test.relation == "missing" else "is known"
        return _Phrase(lead, f"{name} {said}")
    values = _complement(test, variable) if test.relation == "not_in" else test.values
    if values is not None and _is_sex(variable) and all(isinstance(v, str) for v in values):
        return _Phrase("who are ", " or ".join(str(value).lower() for value in values))
    negated = "not " if test.relation == "not_in" else ""
    return _Phrase(lead, f"{name} is {negated}{_listed(test.values)}")


def _say_interval(interval: _Interval, *, aged: bool) -> str:
    low, high = format_end(interval.low), format_end(interval.high)
    if interval.low == -inf:
        if aged and interval.with_high:
            return f"{high} or less"
        return f"at most {high}" if interval.with_high else f"under {high}"
    if interval.high == inf:
        return f"{low} or more" if interval.with_low else f"more than {low}"
    if interval.low == interval.high:
        return low
    start = low if interval.with_low else f"more than {low}"
    return f"{start} to {high}" if interval.with_high else f"{start} to under {high}"


def format_end(value: float) -> str:
    """Write the end of a stretch with thousands separated; years and ages stay as they are."""
    if abs(value) < 10_000 or value in {inf, -inf}:  # noqa: PLR2004 - no year or age is longer
        return str(value) if value in {inf, -inf} else format_number(value)
    return f"{value:,.6g}" if value != round(value) else f"{value:,.0f}"


def _is_age(variable: Variable | None) -> bool:
    return (
        variable is not None
        and variable.respondent == "person"
        and not variable.is_categorical
        and "age" in variable.description.lower().rstrip("?.").split()
    )


def _is_sex(variable: Variable | None) -> bool:
    return variable is not None and {level.lower() for level in variable.levels} == {
        "male",
        "female",
    }


def _complement(test: Test, variable: Variable | None) -> tuple[Value, ...] | None:
    """Return the levels a row leaves over, where there are only two to choose from."""
    if variable is None or len(variable.levels) != 2:  # noqa: PLR2004 - not one means the other
        return None
    return tuple(level for level in variable.levels if level not in test.values) or None


def _listed(values: tuple[Value, ...]) -> str:
    shown = [
        f"“{value}”" if isinstance(value, str) else format_end(value)
        for value in values[:LEVELS_SAID]
    ]
    more = len(values) - LEVELS_SAID
    if more > 0:
        return ", ".join(shown) + f" or {more} more"
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + f" or {shown[-1]}"


def _say_sum(start: Sum, columns: Columns) -> str:
    said = thing(start.terms[0].variable, columns)
    for term in start.terms[1:]:
        said += f" {'plus' if term.sign > 0 else 'minus'} {thing(term.variable, columns)}"
    return said + (" (missing counts as 0)" if start.missing_is_zero else "")


_UNITS: Final[dict[tuple[str, float], str]] = {
    ("multiply", 12.0): "times 12 (a month to a year)",
    ("divide", 12.0): "divided by 12 (a year to a month)",
    ("multiply", 52.0): "times 52 (a week to a year)",
    ("divide", 52.0): "divided by 52 (a year to a week)",
    ("divide", 1000.0): "in thousands",
    ("multiply", 1000.0): "times 1,000 (from thousands)",
    ("multiply", 100.0): "times 100 (in percent)",
    ("divide", 100.0): "divided by 100 (from percent)",
}


def _say_step(step: Step, columns: Columns, who: str) -> str:
    k = format_end(step.number)
    if step.condition is not None:
        whom = say_condition(step.condition, columns, who=who)
        return f", but {k} for {whom}" if step.kind == "replace" else f" for {whom}, otherwise {k}"
    if (step.kind, step.number) in _UNITS:
        return f", {_UNITS[step.kind, step.number]}"
    return {
        "multiply": f", times {k}",
        "divide": f", divided by {k}",
        "add": f", plus {k}" if step.number >= 0 else f", minus {format_end(-step.number)}",
        "from": f", counted back from {k}",
        "at_most": f", at most {k}",
        "at_least": f", at least {k}",
        "above": f": whether it is more than {k}",
    }[step.kind]


__all__ = ["Columns", "format_end", "say_condition", "say_recipe", "thing"]
