"""Find what is probably wrong with a harmony before it is saved.

Every rule has a stable name, so that a team can refer to it, and finds something whose correction a
person can decide on. Rules that need microdata work on what the preview has computed already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.aggregation import (
    NUMERIC_RULES,
    collapses,
    harmony_outcome,
    resolve_rule,
    side_outcome,
)
from fusion_core.harmony.binning import check_breakpoints, format_number
from fusion_core.harmony.expressions import check_expression
from fusion_core.harmony.model import DROP, GroupCode, Harmony, Side, SideName
from fusion_core.surveys.model import Dictionary, RespondentLevel, Variable

Severity = Literal["error", "warning", "hint"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should look at.

    Attributes
    ----------
    rule
        Stable name of the rule.
    severity
        ``error``: the harmony cannot be applied or is wrong; ``warning``: probably wrong;
        ``hint``: worth a look.
    sentence
        What was found, for people.
    side
        The side concerned, or empty for both.
    levels
        The levels concerned.
    """

    rule: str
    severity: Severity
    sentence: str
    side: SideName | Literal[""] = ""
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Case:
    """A harmony with the dictionary entries of its two variables, where known."""

    harmony: Harmony
    dictionaries: dict[SideName, Dictionary | None]
    respondent: RespondentLevel

    def variable(self, name: SideName) -> Variable | None:
        dictionary = self.dictionaries[name]
        return None if dictionary is None else dictionary.get(self.harmony.side(name).variable)

    def other(self, name: SideName) -> Side:
        return self.harmony.recipient if name == "donor" else self.harmony.donor

    def collapsed(self, name: SideName) -> bool:
        return collapses(self.harmony, name, self.respondent)


_SIDES: Final[tuple[SideName, SideName]] = ("donor", "recipient")
_SHOWN_LEVELS: Final = 4


def check_harmony(
    harmony: Harmony,
    donor: Dictionary | None = None,
    recipient: Dictionary | None = None,
    *,
    respondent: RespondentLevel = "household",
) -> tuple[Finding, ...]:
    """Apply all rules that need no microdata.

    Parameters
    ----------
    harmony
        The harmony, finished or not.
    donor, recipient
        Dictionaries of the surveys; rules that need an unknown one are left out.
    respondent
        Level of the output.

    Returns
    -------
    tuple of Finding
        Errors first, then warnings, then hints.
    """
    case = _Case(harmony, {"donor": donor, "recipient": recipient}, respondent)
    found = [finding for rule in _RULES for finding in rule(case)]
    rank: dict[Severity, int] = {"error": 0, "warning": 1, "hint": 2}
    return tuple(sorted(found, key=lambda finding: rank[finding.severity]))


def check_shares(
    donor_shares: dict[str, float], recipient_shares: dict[str, float]
) -> tuple[Finding, ...]:
    """Find a result that hardly varies: one group holds (nearly) everybody on a side.

    Parameters
    ----------
    donor_shares, recipient_shares
        Weighted share per group name.
    """
    found = []
    for name, shares in zip(_SIDES, (donor_shares, recipient_shares), strict=True):
        if not shares:
            continue
        largest = max(shares, key=lambda key: shares[key])
        if shares[largest] >= 0.9995:  # noqa: PLR2004 - shown as 100 %
            found.append(
                Finding(
                    "constant-result", "warning",
                    f"Practically every {name} row falls into '{largest}', so it predicts nothing",
                    name,
                )
            )  # fmt: skip
        elif shares[largest] >= 0.98:  # noqa: PLR2004 - the rule's threshold
            found.append(
                Finding(
                    "near-constant-result", "hint",
                    f"{shares[largest]:.1%} of the {name} rows fall into '{largest}'", name,
                )
            )  # fmt: skip
    return tuple(found)


def _unknown_variable(case: _Case) -> Iterator[Finding]:
    for name in _SIDES:
        dictionary, side = case.dictionaries[name], case.harmony.side(name)
        if dictionary is None:
            continue
        if side.variable not in dictionary:
            error = InputError.unknown("variable", side.variable, dictionary)
            yield Finding("unknown-variable", "error", f"{name.capitalize()}: {error}", name)
        elif dictionary[side.variable].respondent != side.respondent:
            yield Finding(
                "wrong-respondent", "error",
                f"'{side.variable}' is a {dictionary[side.variable].respondent} variable, "
                f"the harmony says {side.respondent}", name,
            )  # fmt: skip


def _expressions(case: _Case) -> Iterator[Finding]:
    for name in _SIDES:
        dictionary, side = case.dictionaries[name], case.harmony.side(name)
        if dictionary is None:
            continue
        columns = {
            key: item for key, item in dictionary.items() if item.respondent == side.respondent
        }
        for label, text in (("adjustment", side.adjustment), ("universe", side.universe)):
            if not text.strip():
                continue
            try:
                checked = check_expression(text, columns, where=f"{name} {label}")
            except InputError as error:
                yield Finding(f"invalid-{label}", "error", str(error), name)
                continue
            for remark in checked.remarks:
                yield Finding(
                    "unknown-label-in-expression", "warning", f"{remark} ({name} {label})", name
                )


def _outcomes(case: _Case) -> Iterator[Finding]:
    try:
        harmony_outcome(case.harmony, case.respondent)
    except HarmonyError as error:
        yield Finding("number-against-group", "error", str(error))
    for name in _SIDES:
        side = case.harmony.side(name)
        try:
            resolve_rule(
                side.aggregator, grouped=side.is_grouped, ordered=case.harmony.ordered
            ) if case.collapsed(name) else None
        except HarmonyError as error:
            yield Finding("aggregator-needs-order", "error", f"{name.capitalize()}: {error}", name)


def _levels_without_group(case: _Case) -> Iterator[Finding]:
    for name in _SIDES:
        open_levels = tuple(i.level for i in case.harmony.side(name).levels if i.group is None)
        if open_levels:
            yield Finding(
                "level-without-group", "error",
                f"{_count(open_levels, 'level')} of the {name} {_have(open_levels)} no group yet: "
                f"{_listed(open_levels)}", name, open_levels,
            )  # fmt: skip


def _unmatched_groups(case: _Case) -> Iterator[Finding]:
    outcomes = [
        side_outcome(case.harmony.side(name), collapsed=case.collapsed(name)) for name in _SIDES
    ]
    if outcomes != ["group", "group"]:
        return
    for name in _SIDES:
        known = set(case.other(name).group_codes)
        levels = tuple(
            item.level
            for item in case.harmony.side(name).levels
            if item.group is not None and item.group != DROP and item.group not in known
        )
        if levels:
            other = "recipient" if name == "donor" else "donor"
            yield Finding(
                "unmatched-group", "error",
                f"{_count(levels, 'level')} of the {name} {_are(levels)} in a group "
                f"the {other} does not have: {_listed(levels)}", name, levels,
            )  # fmt: skip


def _levels_against_dictionary(case: _Case) -> Iterator[Finding]:
    for name in _SIDES:
        variable, side = case.variable(name), case.harmony.side(name)
        if variable is None or side.breakpoints or side.adjustment.strip() or not side.levels:
            continue
        if not variable.is_categorical or not variable.levels:
            continue
        known, listed = set(variable.levels), {item.level for item in side.levels}
        stale = tuple(item.level for item in side.levels if item.level not in known)
        absent = tuple(level for level in variable.levels if level not in listed)
        if stale:
            yield Finding(
                "level-not-in-dictionary", "warning",
                f"{_count(stale, 'level')} of the {name} {_are(stale)} not in the dictionary of "
                f"'{variable.name}': {_listed(stale)}", name, stale,
            )  # fmt: skip
        if absent:
            yield Finding(
                "dictionary-level-missing", "error",
                f"The harmony does not mention {_count(absent, 'level')} of '{variable.name}': "
                f"{_listed(absent)}", name, absent,
            )  # fmt: skip


def _bins(case: _Case) -> Iterator[Finding]:
    for name in _SIDES:
        variable, side = case.variable(name), case.harmony.side(name)
        if not side.breakpoints:
            continue
        if variable is not None and variable.is_categorical and not side.adjustment.strip():
            yield Finding(
                "breaks-on-categories", "error",
                f"Breakpoints are set on '{side.variable}', which holds labels, not numbers; "
                "remove them", name,
            )  # fmt: skip
            continue
        try:
            check_breakpoints(side.breakpoints)
        except InputError as error:
            yield Finding("unsorted-breaks", "error", str(error), name)
        if len(side.levels) != len(side.breakpoints) + 1:
            yield Finding(
                "bins-do-not-match-groups", "error",
                f"{len(side.breakpoints)} breakpoints make {len(side.breakpoints) + 1} bins, but "
                f"{len(side.levels)} groups are listed", name,
            )  # fmt: skip
        if variable is not None and not side.adjustment.strip() and side.deflate_to_year is None:
            yield from _bins_out_of_range(name, side, variable)


def _bins_out_of_range(name: SideName, side: Side, variable: Variable) -> Iterator[Finding]:
    low, high = variable.minimum, variable.maximum
    if low is None or high is None:
        return
    outside = [point for point in side.breakpoints if point <= low or point > high]
    if outside:
        yield Finding(
            "break-out-of-range", "warning",
            f"No {name} value lies beyond {_listed([format_number(p) for p in outside])}: "
            f"'{variable.name}' runs from {format_number(low)} to {format_number(high)}", name,
        )  # fmt: skip


def _head_count_codes(case: _Case) -> Iterator[Finding]:
    for name in _SIDES:
        side = case.harmony.side(name)
        if (
            not case.collapsed(name)
            or not side.is_grouped
            or side.aggregator not in {"sum", "mean"}
        ):
            continue
        codes = {float(i.group) for i in side.levels if i.group is not None and i.group != DROP}
        if codes and not codes <= {0.0, 1.0}:
            shown = ", ".join(format_number(code) for code in sorted(codes))
            yield Finding(
                "head-count-codes", "warning",
                f"The {name} adds up the group codes {shown}; a head count needs 1 for the persons "
                "counted and 0 for all others", name,
            )  # fmt: skip


def _aggregators(case: _Case) -> Iterator[Finding]:
    if not all(case.collapsed(name) for name in _SIDES):
        return
    rules = []
    for name in _SIDES:
        side = case.harmony.side(name)
        try:
            rules.append(
                resolve_rule(side.aggregator, grouped=side.is_grouped, ordered=case.harmony.ordered)
            )
        except HarmonyError:
            return
    counting = NUMERIC_RULES | {"any"}
    if rules[0] != rules[1] and not (rules[0] in counting and rules[1] in counting):
        yield Finding(
            "aggregators-differ", "warning",
            f"The donor takes the {_RULE_WORDS[rules[0]]}, the recipient the {_RULE_WORDS[rules[1]]}",
        )  # fmt: skip


_RULE_WORDS: Final = {
    "reference": "reference person", "sum": "sum", "minimum": "lowest", "maximum": "highest",
    "mean": "mean", "median": "median", "any": "yes if any member", "count": "count",
}  # fmt: skip


def _order(case: _Case) -> Iterator[Finding]:
    if not case.harmony.ordered:
        return
    for name in _SIDES:
        side = case.harmony.side(name)
        items = [i for i in side.levels if i.group is not None and i.group != DROP]
        if len({item.group for item in items}) < 3:  # noqa: PLR2004 - two groups are always in order
            continue
        starts = [_first_number(item.level) for item in items]
        if side.breakpoints:
            keys: list[float] = [float(index) for index in range(len(items))]
            basis = "bins"
        elif all(start is not None for start in starts):
            keys = [start for start in starts if start is not None]
            basis = "numbers in its labels"
        elif (variable := case.variable(name)) is not None and variable.type == "ordered":
            position = {level: float(index) for index, level in enumerate(variable.levels)}
            items = [item for item in items if item.level in position]
            keys = [position[item.level] for item in items]
            basis = "order of its levels"
        else:
            continue
        order = sorted(range(len(items)), key=keys.__getitem__)
        groups = [_code(items[index].group) for index in order]
        rising = all(a <= b for a, b in pairwise(groups))
        falling = all(a >= b for a, b in pairwise(groups))
        if not rising and not falling:
            yield Finding(
                "order-not-monotone", "warning",
                f"The groups are ordered, but on the {name} side their codes neither rise nor fall "
                f"with the {basis}", name,
            )  # fmt: skip


def _code(group: GroupCode) -> float:
    return float("nan") if group is None or group == DROP else float(group)


def _count(items: tuple[str, ...], noun: str) -> str:
    return f"{len(items)} {noun}{'s' if len(items) != 1 else ''}"


def _are(items: tuple[str, ...]) -> str:
    return "is" if len(items) == 1 else "are"


def _have(items: tuple[str, ...]) -> str:
    return "has" if len(items) == 1 else "have"


def _listed(items: tuple[str, ...] | list[str]) -> str:
    shown = ", ".join(f"'{item}'" for item in items[:_SHOWN_LEVELS])
    return f"{shown} and {len(items) - _SHOWN_LEVELS} more" if len(items) > _SHOWN_LEVELS else shown


def _first_number(label: str) -> float | None:
    """Read the first number of a label such as ``$20,000 - $39,999``; ``under 5`` sorts below 5."""
    match = re.search(r"\d[\d,]*(?:\.\d+)?", label)
    if match is None:
        return None
    number = float(match.group().replace(",", ""))
    below = re.search(
        r"\b(less than|under|below|fewer than|up to)\b", label[: match.start()].lower()
    )
    return number - 0.5 if below else number


_Rule = Callable[[_Case], Iterator[Finding]]
_RULES: Final[tuple[_Rule, ...]] = (
    _unknown_variable, _expressions, _outcomes, _levels_without_group, _unmatched_groups,
    _levels_against_dictionary, _bins, _head_count_codes, _aggregators, _order,
)  # fmt: skip

__all__ = ["Finding", "Severity", "check_harmony", "check_shares"]
