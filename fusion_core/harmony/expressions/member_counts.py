"""Count persons: a condition, added up over the household, however a harmony writes it.

New harmonies hold the condition itself as adjustment, which yields 1 or 0 for each person.
Published ones often hold bins with the groups 0 and 1, perhaps after setting the value of some
persons to one that is not counted; both mean the same and are read in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf
from typing import Final, Literal

import numpy as np

from fusion_core.harmony.expressions.conditions import (
    Condition,
    Test,
    write_condition,
)
from fusion_core.harmony.expressions.reading import read_condition, read_recipe
from fusion_core.harmony.expressions.recipes import Recipe, Sum
from fusion_core.harmony.model import Aggregator, GroupCode, Side, bin_index
from fusion_core.surveys.model import Variable

Counting = Literal["number", "any"]
"""How many members a condition holds for, or whether it holds for any."""

COUNTING: Final[frozenset[Aggregator]] = frozenset({"sum", "count", "any"})


def counted(side: Side, columns: Mapping[str, Variable] | None = None) -> Condition | None:
    """Return whom a side counts, or ``None`` where it adds up something else.

    Parameters
    ----------
    side
        A side of persons.
    columns
        Dictionary entries, with which "not female" can be said as "male".
    """
    if side.respondent != "person" or side.aggregator not in COUNTING:
        return None
    condition = _coded(side) if side.levels else read_condition(side.adjustment)
    return None if condition is None else _positive(condition, columns or {})


def count_persons(side: Side, condition: Condition, counting: Counting) -> Side:
    """Return the side counting the persons of a condition; groups and bins are not needed."""
    return replace(
        side,
        adjustment=write_condition(condition),
        breakpoints=(),
        levels=(),
        deflate_to_year=None,
        aggregator="sum" if counting == "number" else "any",
    )


def _coded(side: Side) -> Condition | None:
    """Read bins, or levels, whose groups are 0 and 1."""
    codes = [item.group for item in side.levels]
    if set(codes) - {0.0, 1.0} or 1.0 not in codes:
        return None
    if side.breakpoints:
        return _coded_bins(side, codes)
    if side.adjustment.strip():
        return None
    levels = tuple(item.level for item in side.levels if item.group == 1.0)
    return Condition((Test(side.variable, "in", levels),))


def _coded_bins(side: Side, codes: list[GroupCode]) -> Condition | None:
    name, kept = side.variable, tuple[Test, ...]()
    if side.adjustment.strip():
        recipe = read_recipe(side.adjustment)
        read = recipe and _conditional_zeroing(recipe, side.breakpoints, codes)
        if not read:
            return None
        name, kept = read
    stretches = _stretches(side.breakpoints, codes)
    if len(stretches) == 1:
        return Condition((*_bounds(name, *stretches[0]), *kept))
    if kept or any(low != -inf and high != inf for low, high in stretches):
        return None
    return Condition(tuple(_bounds(name, low, high)[0] for low, high in stretches), "any")


def _conditional_zeroing(
    recipe: Recipe, points: tuple[float, ...], codes: list[GroupCode]
) -> tuple[str, tuple[Test, ...]] | None:
    """Read 'the variable, but k for some persons' where k falls into a bin that is not counted."""
    if not isinstance(recipe.start, Sum) or len(recipe.start.terms) != 1:
        return None
    if recipe.start.missing_is_zero:
        return None
    excluded: list[Test] = []
    for step in recipe.steps:
        bin_of_number = int(bin_index(np.array([step.number]), points)[0])
        if step.condition is None or codes[bin_of_number] != 0.0:
            return None
        tests = step.condition.tests
        if step.kind == "only":
            if step.condition.joined == "any" and len(tests) > 1:
                return None
            excluded += tests
        elif step.kind == "replace" and len(tests) == 1 and tests[0].relation in {"in", "not_in"}:
            excluded.append(_opposite(tests[0]))
        else:
            return None
    return recipe.start.terms[0].variable, tuple(excluded)


def _stretches(points: tuple[float, ...], codes: list[GroupCode]) -> list[tuple[float, float]]:
    """Return the stretches [low, high) of neighbouring bins that are counted."""
    edges = [-inf, *points, inf]
    found: list[tuple[float, float]] = []
    for index, code in enumerate(codes):
        if code != 1.0:
            continue
        if found and found[-1][1] == edges[index]:
            found[-1] = (found[-1][0], edges[index + 1])
        else:
            found.append((edges[index], edges[index + 1]))
    return found


def _bounds(name: str, low: float, high: float) -> tuple[Test, ...]:
    tests = []
    if low != -inf:
        tests.append(Test(name, "at_least", (low,)))
    if high != inf:
        tests.append(Test(name, "less_than", (high,)))
    return tuple(tests) or (Test(name, "answered"),)


def _opposite(test: Test) -> Test:
    return replace(test, relation="not_in" if test.relation == "in" else "in")


def _positive(condition: Condition, columns: Mapping[str, Variable]) -> Condition:
    """Say 'not the one level' as the other, where the dictionary knows only two."""
    tests = []
    for test in condition.tests:
        variable = columns.get(test.variable)
        left = (
            tuple(level for level in variable.levels if level not in test.values)
            if variable is not None
            else ()
        )
        two = variable is not None and len(variable.levels) == 2  # noqa: PLR2004 - one or the other
        tests.append(
            replace(test, relation="in", values=left)
            if test.relation == "not_in" and two and left
            else test
        )
    return replace(condition, tests=tuple(tests))


__all__ = ["COUNTING", "Counting", "count_persons", "counted"]
