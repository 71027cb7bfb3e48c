"""Persons become households: one vectorised pass per rule over persons sorted by household."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from fusion_core.errors import InputError
from fusion_core.harmony.model.harmony import Aggregator, Harmony, Side, SideName
from fusion_core.surveys.model import RespondentLevel

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.intp]
Rule = Literal["reference", "sum", "minimum", "maximum", "mean", "median", "any", "count"]
Outcome = Literal["number", "group", "flag"]
"""What a side yields; a ``flag`` (0 or 1) can stand for a number as well as for a group."""

NUMERIC_RULES: Final = frozenset({"sum", "mean", "median", "count"})


def collapses(harmony: Harmony, name: SideName, respondent: RespondentLevel) -> bool:
    """Whether the persons of a side become a household value for this output level.

    At household level all person variables do. At person level a recipient's person variable does
    where the donor asked the household, because only that can have been measured alike; a donor's
    person variable stays as it is, and the recipient household's value repeats for each person.
    """
    if harmony.side(name).respondent == "household":
        return False
    if respondent == "household":
        return True
    return name == "recipient" and harmony.donor.respondent == "household"


def resolve_rule(aggregator: Aggregator, *, grouped: bool, ordered: bool) -> Rule:
    """Return the rule ``automatic`` stands for, or the rule itself.

    Numbers are averaged, unordered groups take the reference person's, ordered groups the highest.

    Raises
    ------
    InputError
        If the lowest or highest of unordered groups is asked for.
    """
    if aggregator == "automatic":
        if not grouped:
            return "mean"
        return "maximum" if ordered else "reference"
    if grouped and not ordered and aggregator in {"minimum", "maximum"}:
        raise InputError(
            f"The {aggregator} of groups without an order has no meaning",
            fix="Mark the groups as ordered or choose the reference person",
        )
    return aggregator


def takes_reference_person(
    harmony: Harmony, name: SideName, respondent: RespondentLevel = "household"
) -> bool:
    """Whether a side's outcome rests on the reference persons alone, whatever others answered."""
    side = harmony.side(name)
    chosen = side.aggregator == "reference" or (
        side.aggregator == "automatic" and side.is_grouped and not harmony.ordered
    )
    return chosen and collapses(harmony, name, respondent)


def side_outcome(side: Side, *, collapsed: bool) -> Outcome:
    """Return what a side yields after persons have become households where needed."""
    if collapsed and side.aggregator == "any":
        return "flag"
    if collapsed and side.aggregator in NUMERIC_RULES:
        return "number"
    return "group" if side.is_grouped else "number"


def harmony_outcome(
    harmony: Harmony, respondent: RespondentLevel = "household"
) -> Literal["number", "group"]:
    """Return whether both sides yield numbers or both yield groups.

    Raises
    ------
    InputError
        If one yields a number and the other a group: such columns could never be compared.
    """
    outcomes: dict[str, Outcome] = {
        "donor": side_outcome(harmony.donor, collapsed=collapses(harmony, "donor", respondent)),
        "recipient": side_outcome(
            harmony.recipient, collapsed=collapses(harmony, "recipient", respondent)
        ),
    }
    found = set(outcomes.values()) - {"flag"}
    if len(found) > 1:
        number = next(name for name, outcome in outcomes.items() if outcome == "number")
        group = "recipient" if number == "donor" else "donor"
        raise InputError(
            f"The {number} yields a number but the {group} a group",
            where=harmony.key,
            fix=f"Assign groups on the {number} side (with bins), or use the number on the {group} side",
        )
    return "group" if found == {"group"} else "number"


def aggregate(
    values: FloatArray, starts: IndexArray, household: IndexArray, rule: Rule
) -> FloatArray:
    """Turn one value per person into one per household.

    Sums and counts run over the persons once (`bincount`), which takes a third of the time that
    adding up slices of two or three persons does.

    Parameters
    ----------
    values
        Value or group code per person, persons sorted by household; NaN for persons left out.
    starts
        Position of the first person of every household, who is its reference person, increasing; no
        household is empty.
    household
        Number of every person's household.
    rule
        What to take.

    Returns
    -------
    numpy.ndarray
        One value per household; NaN where all its persons (or, for ``reference``, the reference
        person) are left out.
    """
    if rule == "reference":
        return values[starts]
    if len(starts) == 0:
        return np.empty(0, dtype=np.float64)
    present = ~np.isnan(values)
    counts = _added(present, household, len(starts))
    result: FloatArray
    if rule == "minimum":
        result = np.minimum.reduceat(np.where(present, values, np.inf), starts)
    elif rule == "maximum":
        result = np.maximum.reduceat(np.where(present, values, -np.inf), starts)
    elif rule == "median":
        result = _median(values, counts.astype(np.intp), starts, household)
    elif rule in {"any", "count"}:
        result = _added(present & (values != 0), household, len(starts))
        result = np.minimum(result, 1.0) if rule == "any" else result
    else:
        result = _added(np.where(present, values, 0.0), household, len(starts))
        result = result / np.maximum(counts, 1) if rule == "mean" else result
    result[counts == 0] = np.nan
    return result


def _added(
    values: FloatArray | npt.NDArray[np.bool_], household: IndexArray, households: int
) -> FloatArray:
    """Add up the values (or count what is true) of every household's persons."""
    added = np.bincount(household, weights=values, minlength=households)
    return added.astype(np.float64, copy=False)


def _median(
    values: FloatArray, counts: IndexArray, starts: IndexArray, household: IndexArray
) -> FloatArray:
    """Sort within households (NaN sorts last) and average the middle one or two."""
    ordered = values[np.lexsort((values, household))]
    low = ordered[starts + np.maximum(counts - 1, 0) // 2]
    high = ordered[np.minimum(starts + counts // 2, len(values) - 1)]
    result: FloatArray = low + (high - low) / 2
    return result


__all__ = [
    "FloatArray",
    "IndexArray",
    "Outcome",
    "Rule",
    "aggregate",
    "collapses",
    "harmony_outcome",
    "resolve_rule",
    "side_outcome",
    "takes_reference_person",
]
