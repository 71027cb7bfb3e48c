"""Rules about amounts: typed price constants, units, results that cannot vary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from fusion_core.harmony.apply import CPI_U, deflation_factor
from fusion_core.harmony.checks.findings import Case, Finding, Fix, listed
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.model import (
    OTHER_SIDE,
    SIDES,
    Harmony,
    SideName,
    format_number,
    is_group,
    side_outcome,
)

_FACTOR: Final = re.compile(
    r"\s*(?:(?P<before>\d+(?:\.\d+)?)\s*\*\s*)?\(?[a-z_]\w*\)?\s*(?:(?P<sign>[*/])\s*(?P<after>\d+(?:\.\d+)?))?\s*"
)
_PRICE_LIKE: Final = (0.6, 1.7)
_DRIFT: Final = 0.003
_LARGE_DRIFT: Final = 0.02
UNITS: Final = {
    12.0: "a month against a year",
    52.18: "a week against a year",
    4.348: "a week against a month",
    365.25: "a day against a year",
    7.0: "a day against a week",
    24.0: "an hour against a day",
    60.0: "a minute against an hour",
    100.0: "shares against percent, or cents against dollars",
    1000.0: "units against thousands",
    3.412: "kilowatt hours against thousand BTU",
}
"""Factors between two units people mistake for each other."""
_NEAR: Final = 0.18
_ALIKE: Final = 0.25
_FEWEST: Final = 3


def typed_price_constants(case: Case) -> Iterator[Finding]:
    """Find a constant typed to change the price year that disagrees with the consumer price index.

    The expected factor is CPI(other side's price year) / CPI(own price year); half a unit of the
    last digit typed and 0.3 % are tolerated.
    """
    for name in SIDES:
        side = case.side(name)
        other = OTHER_SIDE[name]
        own, target = case.price_years.get(name), case.price_years.get(other)
        typed = typed_factor(side.adjustment)
        if typed is None or own is None or target is None or own == target:
            continue
        if own not in CPI_U or target not in CPI_U:
            continue
        factor, rounding = typed
        right = deflation_factor(own, target)
        drift = abs(factor / right - 1)
        if drift <= _DRIFT + rounding:
            continue
        reversed_ = abs(factor * right - 1) < drift / 2 and abs(right - 1) > _DRIFT
        fixed = editing.set_adjustment(case.harmony, name, "")
        fixed = editing.set_deflation(fixed, name, target)
        why = ", and points the wrong way" if reversed_ else ""
        yield Finding(
            "price-constant-disagrees-with-index",
            "error" if reversed_ else "warning" if drift > _LARGE_DRIFT else "hint",
            f"The {name} adjustment '{side.adjustment.strip()}' changes prices by the factor "
            f"{factor:.4g}; consumer prices from {own} to {target} changed by {right:.4g}{why}",
            name,
            fix=Fix(f"Convert to {target} prices with the price index", fixed),
        )


def typed_factor(adjustment: str) -> tuple[float, float] | None:
    """Return the factor of ``variable * 1.03`` or ``variable / 1.03`` and its relative rounding."""
    match = _FACTOR.fullmatch(adjustment.lower())
    if match is None or (match["before"] is None) == (match["after"] is None):
        return None
    text = match["before"] or match["after"]
    number = float(text)
    if not _PRICE_LIKE[0] <= number <= _PRICE_LIKE[1]:
        return None
    _, _, decimals = text.partition(".")
    rounding = 0.5 * 10.0 ** -len(decimals) / number
    return (1 / number if match["sign"] == "/" else number), rounding


def units_in_dictionary(case: Case) -> Iterator[Finding]:
    """Find numbers whose documented median and mean lie apart by the factor between two units."""
    variables = [case.variable(name) for name in SIDES]
    if any(case.side(name).adjustment or case.side(name).is_grouped for name in SIDES):
        return
    if any(case.collapsed(name) or case.side(name).deflate_to_year for name in SIDES):
        return
    donor, recipient = variables
    if donor is None or recipient is None or donor.respondent != recipient.respondent:
        return
    pairs = [
        (left, right)
        for left, right in ((donor.median, recipient.median), (donor.mean, recipient.mean))
        if left is not None and right is not None
    ]
    yield from _units(case, [a for a, _ in pairs], [b for _, b in pairs], fewest=2)


def check_amounts(
    case: Case, donor: Sequence[float], recipient: Sequence[float]
) -> tuple[Finding, ...]:
    """Compare the quantiles of two numbers on their raw scale.

    Parameters
    ----------
    case
        The harmony.
    donor, recipient
        The same weighted quantiles of both sides, in increasing order.
    """
    return tuple(_units(case, donor, recipient, fewest=_FEWEST))


def _units(
    case: Case, donor: Sequence[float], recipient: Sequence[float], *, fewest: int
) -> Iterator[Finding]:
    ratios = [a / b for a, b in zip(donor, recipient, strict=True) if a > 0 and b > 0]
    if len(ratios) < fewest:
        return
    middle = median(ratios)
    if any(abs(ratio / middle - 1) > _ALIKE for ratio in ratios):
        return
    times = max(middle, 1 / middle)
    factor = min(UNITS, key=lambda known: abs(known / times - 1))
    if abs(times / factor - 1) > _NEAR:
        return
    # The side with the smaller numbers is multiplied, so that no precision seems lost.
    side: SideName = "recipient" if middle > 1 else "donor"
    larger = OTHER_SIDE[side]
    yield Finding(
        "units-differ",
        "warning",
        f"The {larger} is about {format_number(factor)} times the {side} throughout: "
        f"{UNITS[factor]}?",
        side,
        fix=Fix(
            f"Multiply the {side} by {format_number(factor)}",
            multiplied(case.harmony, side, factor),
        ),
    )


def multiplied(harmony: Harmony, name: SideName, factor: float) -> Harmony:
    """Return the harmony with the number of a side multiplied by a factor (divided by one below 1)."""
    side = harmony.side(name)
    text = side.adjustment.strip() or side.variable
    operand = text if text.isidentifier() else f"({text})"
    sign, number = ("*", factor) if factor >= 1 else ("/", 1 / factor)
    return editing.set_adjustment(harmony, name, f"{operand} {sign} {format_number(number)}")


def one_group(case: Case) -> Iterator[Finding]:
    """Find sides all of whose levels are in one group: the result cannot vary."""
    for name in SIDES:
        side = case.side(name)
        if side_outcome(side, collapsed=case.collapsed(name)) != "group" or len(side.levels) < 2:  # noqa: PLR2004 - one level cannot differ from itself
            continue
        decided = all(item.group is not None for item in side.levels)
        if decided and len(side.group_codes) == 1:
            yield Finding(
                "one-group-only",
                "warning",
                f"All levels of the {name} are in one group, so the result never varies",
                name,
            )


def odd_characters(case: Case) -> Iterator[Finding]:
    """Find labels with backslashes, control characters or blanks at the ends: they match no data."""
    for name in SIDES:
        found = tuple(
            item.level
            for item in case.side(name).levels
            if is_group(item.group)
            and (
                "\\" in item.level
                or item.level != item.level.strip()
                or not item.level.isprintable()
            )
        )
        if found:
            yield Finding(
                "odd-characters-in-label",
                "hint",
                f"{listed(found)} on the {name} side holds a backslash, a control character or a blank "
                "at an end; it may not match the label in the data",
                name,
                found,
            )


__all__ = [
    "UNITS",
    "check_amounts",
    "multiplied",
    "odd_characters",
    "one_group",
    "typed_factor",
    "typed_price_constants",
    "units_in_dictionary",
]
