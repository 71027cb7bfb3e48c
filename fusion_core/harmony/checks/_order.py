"""Rules about ordered groups: codes that contradict the answers, an order nobody declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import inf
from typing import Final

from fusion_core.harmony.checks.findings import Case, Finding, Fix
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.labels import Quantity, is_not_asked, quantities, topics
from fusion_core.harmony.model import SIDES, LevelGroup, Side, as_number, is_group
from fusion_core.surveys.model import Variable

_FEWEST: Final = 3
_FEW: Final = 0.05
_NAMES: Final = frozenset(
    {
        "race",
        "hispanic origin",
        "marital status",
        "relationship",
        "citizenship",
        "nativity",
        "birthplace",
        "ancestry",
        "language",
        "class of worker",
        "occupation",
        "industry",
        "field of degree",
        "mode",
        "heating fuel",
        "household type",
        "region",
        "state",
        "who pays electricity",
        "who pays fuel",
        "who pays gas",
        "who pays water",
    }
)
"""Topics whose answers are names of things; tenure, structure or schooling can be put in order."""


def order(case: Case) -> Iterator[Finding]:
    """Find ordered groups whose codes contradict the answers, or the order they are listed in.

    The order of the answers is that of the bins, of the numbers in the labels, or of an ordered
    variable's levels in the dictionary. Levels outside such an order (*not applicable*) are left
    out of it.
    """
    if not case.harmony.ordered:
        return
    for name in SIDES:
        side = case.side(name)
        ranked = _ranked(side, case.variable(name))
        if ranked is not None and not _monotone(ranked[0]):
            few = _discordant(ranked[0]) < _FEW
            yield Finding(
                "order-not-monotone",
                "hint" if few else "warning",
                f"The groups are ordered, but on the {name} side their codes neither rise nor fall "
                f"with the {ranked[1]}{'; only a few levels are out of order' if few else ''}",
                name,
                fix=Fix("Mark the groups as unordered", replace(case.harmony, ordered=False)),
            )
        elif not side.breakpoints and not _monotone(_codes(side)):
            levels = tuple(sorted(side.levels, key=_place))
            yield Finding(
                "levels-listed-out-of-order",
                "hint",
                f"The groups are ordered, but the {name} levels are not listed in that order; check "
                "that the groups rise with the answers",
                name,
                fix=Fix(
                    "List the levels by group",
                    editing.replace_side(case.harmony, name, levels=levels),
                ),
            )


def order_on_names(case: Case) -> Iterator[Finding]:
    """Find ordered groups of answers that are names of things, such as race or fuel."""
    if not case.harmony.ordered or len(case.harmony.donor.group_codes) < _FEWEST:
        return
    if any(quantities(case.side(name)) for name in SIDES):
        return
    asked = (topics(v.description) for name in SIDES if (v := case.variable(name)) is not None)
    about = frozenset[str]().union(*asked)
    if not about or not about <= _NAMES:
        return
    yield Finding(
        "order-on-names",
        "warning",
        f"The groups are marked as ordered, but answers about {min(about)} have no order",
        fix=Fix("Mark the groups as unordered", replace(case.harmony, ordered=False)),
    )


def undeclared_order(case: Case) -> Iterator[Finding]:
    """Find groups that rise with ranges of numbers on both sides but are not marked as ordered."""
    if case.harmony.ordered:
        return
    for name in SIDES:
        side = case.side(name)
        codes = _codes(side)
        complete = len(quantities(side)) == len(side.levels)
        ranked = _ranked(side, None)
        if not complete or ranked is None or len(set(codes)) < _FEWEST or not _monotone(ranked[0]):
            return
    yield Finding(
        "order-not-declared",
        "hint",
        "The groups follow the numbers on both sides, but are not marked as ordered",
        fix=Fix("Mark the groups as ordered", editing.set_ordered(case.harmony, True)),
    )


def _codes(side: Side) -> list[float]:
    return [as_number(item.group) for item in side.levels if is_group(item.group)]


def _place(item: LevelGroup) -> float:
    return as_number(item.group) if is_group(item.group) else inf


def _monotone(codes: list[float]) -> bool:
    rising = all(a <= b for a, b in pairwise(codes))
    return rising or all(a >= b for a, b in pairwise(codes)) or len(set(codes)) < _FEWEST


def _discordant(codes: list[float]) -> float:
    """Return the share of pairs out of order, counted in the direction that has fewer of them."""
    pairs = [(a, b) for at, a in enumerate(codes) for b in codes[at + 1 :] if a != b]
    rising = sum(a < b for a, b in pairs) / len(pairs)
    return min(rising, 1 - rising)


def _without_overlaps(ranges: dict[str, Quantity]) -> dict[str, Quantity]:
    """Leave out ranges that hold another one, such as *under $20,000* beside finer brackets."""
    return {
        level: item
        for level, item in ranges.items()
        if not any(
            item.low <= other.low and other.high <= item.high and item != other
            for other in ranges.values()
        )
    }


def _ranked(side: Side, variable: Variable | None) -> tuple[list[float], str] | None:
    """Return group codes in the order of the answers, and what that order was read from."""
    ranges = _without_overlaps(quantities(side))
    if ranges:
        position = {level: item.low for level, item in ranges.items()}
        basis = "bins" if side.breakpoints else "numbers in its labels"
    elif variable is not None and variable.type == "ordered":
        position = {level: float(index) for index, level in enumerate(variable.levels)}
        basis = "order of its levels"
    else:
        return None
    items = [
        item
        for item in side.levels
        if is_group(item.group) and item.level in position and not is_not_asked(item.level)
    ]
    items.sort(key=lambda item: position[item.level])
    return [as_number(item.group) for item in items], basis


__all__ = ["order", "order_on_names", "undeclared_order"]
