"""Rules that read the statistics of dictionaries: numbers too far apart to mean the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from math import inf, log
from typing import Final

from fusion_core.harmony.checks._amounts import UNITS
from fusion_core.harmony.checks.findings import Case, Finding, Fix, are, count, listed
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.labels import is_not_asked, quantities, starts_negative, topics
from fusion_core.harmony.model import (
    OTHER_SIDE,
    SIDES,
    LevelGroup,
    SideName,
    as_number,
    bin_labels,
    format_number,
    is_group,
)
from fusion_core.surveys.model import Variable

_FAR: Final = 3.0
"""Ratio of two means, and of the medians, from which two numbers are not the same amount."""
_TWO, _FEW = 2, 3.0
_DIGIT: Final = re.compile(r"\d")
_FULL_TIME: Final = 35.0
_FULL_TIME_AT_LEAST: Final = 30.0
_FULL: Final = re.compile(r"\bfull\W?time\b", re.IGNORECASE)
_PART: Final = re.compile(r"\bpart\W?time\b", re.IGNORECASE)
_WORKLESS: Final = re.compile(
    r"\bretired\b|\bnot (currently )?(employed|working)\b|\bunemployed\b|\bdid not work\b",
    re.IGNORECASE,
)
_FACTOR: Final = re.compile(r"\s*\(?[a-z_]\w*\)?\s*(?P<sign>[*/])\s*(?P<number>\d+(?:\.\d+)?)\s*")
_NOT_IN_QUESTION: Final = re.compile(
    r"\bnon\W?family\b|\bnot a family\b|\bgroup quarters\b|\bvacant\b", re.IGNORECASE
)


def numbers_far_apart(case: Case) -> Iterator[Finding]:
    """Find two numbers whose documented means and medians are several times apart.

    Numbers apart by the factor between two units are reported as such by another rule.
    """
    pair = _plain_numbers(case)
    if pair is None:
        return
    donor, recipient = pair
    sizes = [
        (name, left, right)
        for name, left, right in (
            ("mean", donor.mean, recipient.mean),
            ("median", donor.median, recipient.median),
        )
        if left is not None and right is not None and left > 0 and right > 0
    ]
    ratios = [left / right for _, left, right in sizes]
    if not ratios or not (min(ratios) > _FAR or max(ratios) < 1 / _FAR):
        return
    if "mean" not in {name for name, _, _ in sizes}:
        return
    name, left, right = sizes[0]
    yield Finding(
        "numbers-far-apart",
        "warning",
        f"The donor's {name} is {_short(left)}, the recipient's {_short(right)}: they hardly measure "
        "the same, or not in the same unit",
    )


def _plain_numbers(case: Case) -> tuple[Variable, Variable] | None:
    """Return the two variables where both sides are numbers as published."""
    for name in SIDES:
        side = case.side(name)
        if side.adjustment.strip() or side.is_grouped or side.universe.strip():
            return None
        if case.collapsed(name) and side.aggregator in {"sum", "count", "any"}:
            return None
    donor, recipient = (case.variable(name) for name in SIDES)
    if donor is None or recipient is None or donor.is_categorical or recipient.is_categorical:
        return None
    return donor, recipient


def _short(value: float) -> str:
    return format_number(float(f"{value:.3g}"))


def supports_factor(case: Case, factor: float) -> bool:
    """Whether the documented means or medians of both sides lie apart by a factor of units.

    Where no dictionary tells, the wording alone has to do.
    """
    donor, recipient = (case.variable(name) for name in SIDES)
    if donor is None or recipient is None:
        return True
    for left, right in ((donor.median, recipient.median), (donor.mean, recipient.mean)):
        if left and right and left > 0 and right > 0:
            apart = abs(log(left / right))
            return abs(apart - log(factor)) < apart
    return True


def full_time_by_hours(case: Case) -> Iterator[Finding]:
    """Find *full-time* beside hours that begin far below the 35 a week it is defined by."""
    for name in SIDES:
        hours, other = case.side(name), case.other(name)
        variable = case.variable(name)
        if len(hours.levels) != len(hours.breakpoints) + 1 or variable is None:
            continue
        if "hours worked" not in topics(variable.description):
            continue
        full = {as_number(i.group) for i in other.levels if _FULL.search(i.level)}
        part = {as_number(i.group) for i in other.levels if _PART.search(i.level)}
        starts = [
            low
            for item, low in zip(hours.levels, (-inf, *hours.breakpoints), strict=False)
            if is_group(item.group) and as_number(item.group) in full - part
        ]
        if not starts or not part - full or min(starts) >= _FULL_TIME_AT_LEAST:
            continue
        wrong = min(starts)
        points = tuple(_FULL_TIME if point == wrong else point for point in hours.breakpoints)
        fixed = None
        if wrong > -inf and list(points) == sorted(set(points)):
            bins = tuple(
                LevelGroup(label, item.group)
                for label, item in zip(bin_labels(points), hours.levels, strict=True)
            )
            moved = editing.replace_side(case.harmony, name, breakpoints=points, levels=bins)
            fixed = Fix(f"Let full-time begin at {_FULL_TIME:g} hours", moved)
        begins = "no hours" if wrong == -inf else f"{format_number(wrong)} hours"
        yield Finding(
            "full-time-from-few-hours",
            "warning",
            f"Full-time begins at {begins} a week on the {name} side; it is defined as "
            f"{_FULL_TIME:g} hours or more",
            name,
            fix=fixed,
        )


def none_cut_elsewhere(case: Case) -> Iterator[Finding]:
    """Find a number cut between 1 and 2, or below 0, against answers that say none or any."""
    for name in SIDES:
        side, other = case.side(name), case.other(name)
        variable, asked = case.variable(name), case.variable(OTHER_SIDE[name])
        if len(side.breakpoints) != 1 or variable is None or variable.minimum != 0:
            continue
        if other.breakpoints or (asked is not None and _DIGIT.search(asked.description)):
            continue
        labels: dict[float, list[str]] = {}
        for item in other.levels:
            if is_group(item.group) and not is_not_asked(item.level):
                labels.setdefault(as_number(item.group), []).append(item.level)
        none = [code for code, own in labels.items() if all(map(starts_negative, own))]
        at = side.breakpoints[0]
        if len(labels) != _TWO or len(none) != 1 or 0 < at <= 1 or at > _FEW:
            continue
        what = "0 counts as any" if at <= 0 else f"{_counted_as_none(at)} as none"
        levels = tuple(
            LevelGroup(label, item.group)
            for label, item in zip(bin_labels((1.0,)), side.levels, strict=True)
        )
        yield Finding(
            "none-cut-elsewhere",
            "warning",
            f"'{side.variable}' is cut at {format_number(at)}, so that {what}; "
            f"'{other.variable}' asks whether there is any",
            name,
            fix=Fix(
                "Cut it at 1",
                editing.replace_side(case.harmony, name, breakpoints=(1.0,), levels=levels),
            ),
        )


def _counted_as_none(at: float) -> str:
    return "1 counts" if at <= _TWO else "1 and 2 count"


def workless_with_hours(case: Case) -> Iterator[Finding]:
    """Find *retired* or *not employed* in a group of people who work some hours."""
    for name in SIDES:
        hours, other = case.side(name), case.other(name)
        variable = case.variable(name)
        if len(hours.levels) != len(hours.breakpoints) + 1 or variable is None:
            continue
        if "hours worked" not in topics(variable.description) or hours.breakpoints[:1] != (1.0,):
            continue
        if not any(_FULL.search(item.level) for item in other.levels):
            continue
        idle = as_number(hours.levels[0].group)
        found = tuple(
            item.level
            for item in other.levels
            if _WORKLESS.search(item.level) and is_group(item.group) and item.group != idle
        )
        if found:
            side = OTHER_SIDE[name]
            yield Finding(
                "workless-with-hours",
                "warning",
                f"{listed(found)} of the {side} {are(found)} in a group of people who work some hours",
                side,
                found,
                Fix(
                    f"Move {count(found, 'level')} to the group without hours",
                    editing.assign(case.harmony, side, list(found), idle),
                ),
            )


def factor_against_dictionary(case: Case) -> Iterator[Finding]:
    """Find an amount multiplied or divided although the dictionaries show both of one size."""
    for name in SIDES:
        side = case.side(name)
        found = _FACTOR.fullmatch(side.adjustment.lower())
        if found is None or case.other(name).adjustment.strip():
            continue
        factor = float(found["number"])
        if not any(abs(known / factor - 1) < 0.05 for known in UNITS):  # noqa: PLR2004 - typed short
            continue
        plain = replace(case, harmony=editing.set_adjustment(case.harmony, name, ""))
        pair = _plain_numbers(plain)
        if (
            pair is None
            or pair[0].respondent != pair[1].respondent
            or supports_factor(plain, factor)
        ):
            continue
        word = "multiplied" if found["sign"] == "*" else "divided"
        yield Finding(
            "factor-against-dictionary",
            "warning",
            f"The {name} is {word} by {format_number(factor)}, but by their dictionaries both numbers "
            "are of one size already",
            name,
            fix=Fix(f"Take '{side.variable}' as it is", plain.harmony),
        )


def outsiders_counted_as_none(case: Case) -> Iterator[Finding]:
    """Find *non-family household* in the group of 0: nobody counted anything there."""
    for name in SIDES:
        side = case.side(name)
        known = quantities(side)
        if not known:
            continue
        found = tuple(
            item.level
            for item in side.levels
            if item.level not in known
            and is_group(item.group)
            and _NOT_IN_QUESTION.search(item.level)
            and _holds_zero(case, name, as_number(item.group))
        )
        if found:
            yield Finding(
                "outsiders-counted-as-none",
                "warning",
                f"{listed(found)} of the {name} is counted as none, but nothing was counted there",
                name,
                found,
            )


def _holds_zero(case: Case, name: SideName, group: float) -> bool:
    """Whether a group holds zero of a quantity on either side."""
    for side in (case.side(name), case.other(name)):
        for level, item in quantities(side).items():
            codes = {as_number(i.group) for i in side.levels if i.level == level}
            if item.low <= 0 < item.high <= 1 and group in codes:
                return True
    return False


__all__ = [
    "factor_against_dictionary",
    "full_time_by_hours",
    "none_cut_elsewhere",
    "numbers_far_apart",
    "outsiders_counted_as_none",
    "supports_factor",
    "workless_with_hours",
]
