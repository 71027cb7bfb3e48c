"""Find what is probably wrong with a harmony before it is saved.

Every rule has a stable name, so that a team can refer to it, and finds something whose correction a
person can decide on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.checks._amounts import (
    odd_characters,
    one_group,
    typed_price_constants,
    units_in_dictionary,
)
from fusion_core.harmony.checks._expressions import adjustment_unlike_siblings, invalid_expressions
from fusion_core.harmony.checks._levels import (
    bins,
    counted_unlike_siblings,
    left_out_beside_its_like,
    left_out_unlike_siblings,
    levels_against_dictionary,
    levels_without_group,
    unmatched_groups,
)
from fusion_core.harmony.checks._meanings import (
    amounts_of_more,
    answers_in_another_group,
    counted_persons_against_description,
    left_out_though_asked,
    questions_about_different_things,
)
from fusion_core.harmony.checks._money import periods_differ, price_years_differ
from fusion_core.harmony.checks._order import order, order_on_names, undeclared_order
from fusion_core.harmony.checks._ranges import (
    bin_labels_against_breakpoints,
    break_inside_a_range,
    ranges_that_do_not_meet,
)
from fusion_core.harmony.checks._sizes import (
    factor_against_dictionary,
    full_time_by_hours,
    none_cut_elsewhere,
    numbers_far_apart,
    outsiders_counted_as_none,
    workless_with_hours,
)
from fusion_core.harmony.checks._texts import (
    denials_against_affirmations,
    labels_closer_to_another_group,
)
from fusion_core.harmony.checks.acceptance import mark_accepted
from fusion_core.harmony.checks.findings import SEVERITY_RANK, Case, Finding, Fix, weighed
from fusion_core.harmony.checks.siblings import (
    Sibling,
    grouped_differently,
    grouped_more_finely,
    settings_differ,
)
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.model import (
    NUMERIC_RULES,
    OTHER_SIDE,
    SIDES,
    Harmony,
    LevelGroup,
    Rule,
    SideName,
    as_number,
    format_number,
    harmony_outcome,
    is_group,
    resolve_rule,
)
from fusion_core.surveys.model import Dictionary, RespondentLevel


def check_harmony(
    harmony: Harmony,
    donor: Dictionary | None = None,
    recipient: Dictionary | None = None,
    siblings: Sequence[Sibling] = (),
    *,
    respondent: RespondentLevel = "household",
    price_years: Mapping[SideName, int | None] | None = None,
) -> tuple[Finding, ...]:
    """Apply all rules that need no microdata.

    Parameters
    ----------
    harmony
        The harmony, finished or not.
    donor, recipient
        Dictionaries of the surveys; rules that need an unknown one are left out.
    siblings
        The same harmony for other years of the surveys (see `checking_siblings.siblings_of`).
    respondent
        Level of the output.
    price_years
        Year whose prices the dollar amounts of each survey are in, where known.

    Returns
    -------
    tuple of Finding
        Errors first, then warnings, then hints.
    """
    case = Case(
        harmony, {"donor": donor, "recipient": recipient}, respondent, dict(price_years or {})
    )

    def trial(fixed: Harmony) -> tuple[list[Finding], None]:
        return untried_findings(replace(case, harmony=fixed), siblings), None

    return sort_findings(mark_accepted(harmony, weighed(untried_findings(case, siblings), trial)))


def untried_findings(case: Case, siblings: Sequence[Sibling] = ()) -> list[Finding]:
    """Return what all rules find, with every correction they know, tried or not."""
    found = [finding for rule in _RULES for finding in rule(case)]
    contradictions = list(grouped_differently(case, siblings))
    found += contradictions or list(grouped_more_finely(case, siblings))
    found += settings_differ(case, siblings)
    others = [item.harmony for item in siblings]
    found += left_out_unlike_siblings(case, others)
    found += counted_unlike_siblings(case, others)
    found += adjustment_unlike_siblings(case, others)
    return found


def sort_findings(findings: list[Finding] | tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Put errors first, then warnings, then hints; what somebody accepted comes last."""
    return tuple(
        sorted(findings, key=lambda item: (bool(item.accepted), SEVERITY_RANK[item.severity]))
    )


def _unknown_variable(case: Case) -> Iterator[Finding]:
    for name in SIDES:
        dictionary, side = case.dictionaries[name], case.side(name)
        if dictionary is None:
            continue
        if side.variable not in dictionary:
            error = InputError.unknown("variable", side.variable, dictionary)
            yield Finding("unknown-variable", "error", f"{name.capitalize()}: {error}", name)
            continue
        right = dictionary[side.variable].respondent
        if right != side.respondent:
            fixed = editing.replace_side(case.harmony, name, respondent=right)
            yield Finding(
                "wrong-respondent",
                "error",
                f"'{side.variable}' is a {right} variable, the harmony says {side.respondent}",
                name,
                fix=Fix(f"Treat it as a {right} variable", fixed),
            )


def _outcomes(case: Case) -> Iterator[Finding]:
    try:
        harmony_outcome(case.harmony, case.respondent)
    except HarmonyError as error:
        yield Finding("number-against-group", "error", str(error), fix=_head_count_fix(case))
    for name in SIDES:
        try:
            _rule(case, name)
        except HarmonyError as error:
            yield Finding(
                "aggregator-needs-order",
                "error",
                f"{name.capitalize()}: {error}",
                name,
                fix=Fix("Mark the groups as ordered", editing.set_ordered(case.harmony, True)),
            )


def _head_count_fix(case: Case) -> Fix | None:
    """Offer to count persons where a 0/1 coding of persons meets a number."""
    for name in SIDES:
        side = case.side(name)
        codes = {as_number(item.group) for item in side.levels}
        if side.respondent == "person" and side.aggregator == "automatic" and codes == {0.0, 1.0}:
            fixed = editing.set_aggregator(case.harmony, name, "sum")
            return Fix(f"Count the {name} persons in group 1", fixed)
    return None


def _rule(case: Case, name: SideName) -> Rule | None:
    if not case.collapsed(name):
        return None
    side = case.side(name)
    return resolve_rule(side.aggregator, grouped=side.is_grouped, ordered=case.harmony.ordered)


def _head_count_codes(case: Case) -> Iterator[Finding]:
    for name in SIDES:
        side = case.side(name)
        adds_up = case.collapsed(name) and side.is_grouped and side.aggregator in {"sum", "mean"}
        codes = {as_number(item.group) for item in side.levels if is_group(item.group)}
        if not adds_up or codes <= {0.0, 1.0}:
            continue
        shown = ", ".join(format_number(code) for code in sorted(codes))
        fix = None
        if 1.0 in codes:
            levels = tuple(
                LevelGroup(i.level, float(i.group == 1.0)) if is_group(i.group) else i
                for i in side.levels
            )
            fixed = editing.replace_side(case.harmony, name, levels=levels)
            fix = Fix("Count group 1, all others 0", fixed)
        yield Finding(
            "head-count-codes",
            "warning",
            f"The {name} adds up the group codes {shown}; a head count needs 1 for the persons "
            "counted and 0 for all others",
            name,
            fix=fix,
        )


def _aggregators(case: Case) -> Iterator[Finding]:
    try:
        donor, recipient = _rule(case, "donor"), _rule(case, "recipient")
    except HarmonyError:
        return  # reported by another rule
    if donor is None or recipient is None or donor == recipient:
        return
    counting = NUMERIC_RULES - {"mean", "median"} | {"any"}
    if {donor, recipient} <= counting:
        return
    fixed = editing.set_aggregator(case.harmony, "donor", recipient)
    words = _RULE_WORDS
    yield Finding(
        "aggregators-differ",
        "warning",
        f"Persons become a household differently: the donor takes the {words[donor]}, "
        f"the recipient the {words[recipient]}",
        fix=Fix(f"Take the {words[recipient]} on both sides", fixed),
    )


def _aggregator_without_persons(case: Case) -> Iterator[Finding]:
    """Find an aggregator on a household variable, where it does nothing; it was meant for the other."""
    for name in SIDES:
        side = case.side(name)
        other = OTHER_SIDE[name]
        idle = side.respondent == "household" and side.aggregator != "automatic"
        if idle and case.collapsed(other) and case.side(other).aggregator == "automatic":
            rule = _rule(case, other)
            fixed = editing.set_aggregator(case.harmony, other, side.aggregator)
            fixed = editing.set_aggregator(fixed, name, "automatic")
            yield Finding(
                "aggregator-without-persons",
                "warning",
                f"The aggregator '{side.aggregator}' is set on the {name}, a household variable, where "
                f"it does nothing; the persons of the {other} become their "
                f"{_RULE_WORDS[rule] if rule else ''}",
                name,
                fix=Fix(f"Set it on the {other}", fixed),
            )


def _flag_codes(case: Case) -> Iterator[Finding]:
    """``any`` yields 0 or 1; groups on the other side must be coded alike."""
    for name in SIDES:
        other = case.other(name)
        if case.collapsed(name) and case.side(name).aggregator == "any" and other.is_grouped:
            codes = set(other.group_codes)
            if not codes <= {0.0, 1.0}:
                yield Finding(
                    "flag-codes",
                    "warning",
                    f"The {name} says 1 where any member does and 0 otherwise; the other side must "
                    "use the groups 0 and 1, too",
                    name,
                )


def _units(case: Case) -> Iterator[Finding]:
    """Find amounts in different units: by their documented sizes, else by their descriptions."""
    found = list(units_in_dictionary(case)) or list(periods_differ(case))
    yield from found or numbers_far_apart(case)


def _unnamed(case: Case) -> Iterator[Finding]:
    """Names of groups nobody is in come from earlier edits."""
    used = set(case.harmony.donor.group_codes) | set(case.harmony.recipient.group_codes)
    stale = [name for code, name in case.harmony.group_names if code not in used]
    if stale:
        names = tuple(pair for pair in case.harmony.group_names if pair[0] in used)
        yield Finding(
            "name-of-unused-group",
            "hint",
            f"The group name '{stale[0]}' belongs to no level",
            fix=Fix("Remove unused names", replace(case.harmony, group_names=names)),
        )


_RULE_WORDS: Final[dict[Rule, str]] = {
    "reference": "reference person's",
    "sum": "sum",
    "minimum": "lowest",
    "maximum": "highest",
    "mean": "mean",
    "median": "median",
    "any": "yes of any member",
    "count": "count",
}
_RULES: Final[tuple[Callable[[Case], Iterator[Finding]], ...]] = (
    _unknown_variable,
    invalid_expressions,
    _outcomes,
    levels_without_group,
    unmatched_groups,
    levels_against_dictionary,
    bins,
    _head_count_codes,
    _flag_codes,
    counted_persons_against_description,
    left_out_beside_its_like,
    _aggregators,
    _aggregator_without_persons,
    order,
    order_on_names,
    undeclared_order,
    ranges_that_do_not_meet,
    bin_labels_against_breakpoints,
    labels_closer_to_another_group,
    denials_against_affirmations,
    answers_in_another_group,
    left_out_though_asked,
    questions_about_different_things,
    amounts_of_more,
    full_time_by_hours,
    workless_with_hours,
    none_cut_elsewhere,
    outsiders_counted_as_none,
    factor_against_dictionary,
    break_inside_a_range,
    typed_price_constants,
    price_years_differ,
    _units,
    one_group,
    odd_characters,
    _unnamed,
)

__all__ = ["Finding", "Fix", "check_harmony", "sort_findings", "untried_findings"]
