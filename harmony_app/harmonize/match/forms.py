"""A harmony as the browser shows it: everything that can be edited, and words that explain it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from fusion_core.harmony.apply import deflation_factor, survey_year
from fusion_core.harmony.editing import (
    describe_adjustment,
    describe_aggregator,
    describe_condition,
    detect_ordered,
    is_calendar_year,
    ranges_named,
)
from fusion_core.harmony.expressions import counted, read_condition, read_recipe
from fusion_core.harmony.labels import are_durations, breakpoints_of
from fusion_core.harmony.model import OTHER_SIDE, Aggregator, Harmony, Side, SideName
from fusion_core.surveys.model import Variable
from harmony_app.harmonize.match.builder_records import condition_record, recipe_record
from harmony_app.harmonize.work import Surveys, ViewState

CHOICES: Final[tuple[tuple[Aggregator, str], ...]] = (
    ("reference", "the reference person's answer"),
    ("sum", "sum over members"),
    ("mean", "average of members"),
    ("median", "median of members"),
    ("minimum", "minimum of members"),
    ("maximum", "maximum of members"),
    ("any", "whether any member counts"),
    ("count", "number of members that count"),
)
"""Ways from persons to a household beside counting the persons of a condition."""

_WORDS: Final = dict(CHOICES)
_CHIPS: Final = {"automatic": "how persons count", "reference": "reference person"}
_NEED_ORDER: Final = frozenset({"minimum", "maximum"})
_NEED_NUMBERS: Final = frozenset({"sum", "mean", "median"})
_FOR_CODES: Final = frozenset({"any", "count"})


def harmony_form(state: ViewState, surveys: Surveys, *, sequence: int) -> dict[str, Any]:
    """Describe the current harmony.

    Parameters
    ----------
    state
        The page's state, with a current harmony.
    surveys
        The two surveys.
    sequence
        Number of the last message taken into account, so that the browser can tell an answer to an
        older edit from one to its last.
    """
    harmony = state.current
    if harmony is None:
        return {}
    donor, recipient = surveys.variables(harmony)
    detected = detect_ordered(harmony, donor, recipient)
    return {
        "key": harmony.key,
        "sequence": sequence,
        "draft": state.is_draft,
        "revision": state.saved.revision if state.saved else 0,
        "author": state.saved.author if state.saved else "",
        "modified": state.saved.modified if state.saved else "",
        "comment": harmony.comment,
        "can_save": state.is_draft or state.saved is None,
        "can_undo": bool(state.past),
        "can_redo": bool(state.future),
        "ordered": harmony.ordered,
        "ordered_reason": "The levels suggest that the groups have an order"
        if detected
        else "The levels do not suggest an order",
        "names": [[code, name] for code, name in harmony.group_names],
        "sides": {
            "donor": _side(harmony, "donor", surveys),
            "recipient": _side(harmony, "recipient", surveys),
        },
    }


def _side(harmony: Harmony, name: SideName, surveys: Surveys) -> dict[str, Any]:
    side = harmony.side(name)
    variable = surveys.variable(name, harmony)
    columns = surveys.columns(name, harmony)
    numeric = not variable.is_categorical or bool(side.adjustment)
    return {
        "variable": side.variable,
        "respondent": side.respondent,
        "breakpoints": list(side.breakpoints),
        "groups": [item.group for item in side.levels],
        "grouped": side.is_grouped,
        **_adjustment(side, columns),
        **_aggregation(harmony, name, variable, columns),
        "universe": side.universe,
        "universe_rows": condition_record(read_condition(side.universe)),
        "universe_text": describe_condition(side, side.universe, columns),
        "outside": side.outside_universe,
        "missing": side.missing,
        "can_bin": numeric or bool(side.breakpoints),
        **_label_ranges(harmony, name, surveys),
        **_deflation(side, name, variable, surveys),
    }


def _adjustment(side: Side, columns: dict[str, Variable]) -> dict[str, Any]:
    recipe = read_recipe(side.adjustment) if side.adjustment.strip() else None
    return {
        "adjustment": side.adjustment,
        "recipe": recipe_record(recipe),
        "adjustment_text": describe_adjustment(side, columns),
    }


def _aggregation(
    harmony: Harmony, name: SideName, variable: Variable, columns: dict[str, Variable]
) -> dict[str, Any]:
    side, other = harmony.side(name), harmony.recipient if name == "donor" else harmony.donor
    if side.respondent != "person":
        return {"aggregator": side.aggregator, "can_collapse": False}
    condition = counted(side, columns)
    text = describe_aggregator(harmony, name, variable, columns=columns)
    word = _CHIPS.get(side.aggregator) or _WORDS[side.aggregator]
    return {
        "aggregator": side.aggregator,
        "aggregator_word": text if condition is not None else word,
        "aggregator_text": text,
        "aggregators": [
            [value, words]
            for value, words in CHOICES
            if value == side.aggregator or _suits(value, side, ordered=harmony.ordered)
        ],
        "automatic_text": _automatic(harmony, name, variable, columns),
        "counting": None
        if condition is None
        else {
            "condition": condition_record(condition),
            "counting": "any" if side.aggregator == "any" else "number",
            "coded": side.is_grouped,
        },
        "can_collapse": True,
        # Two questions put to persons can stay person by person until the household is asked for.
        "must_collapse": other.respondent == "household",
    }


def _suits(value: Aggregator, side: Side, *, ordered: bool) -> bool:
    if value in _FOR_CODES:
        return False
    if side.is_grouped:
        if value == "sum":
            return {item.group for item in side.levels} <= {0.0, 1.0}
        return value not in _NEED_NUMBERS and (ordered or value not in _NEED_ORDER)
    return True


def _automatic(
    harmony: Harmony, name: SideName, variable: Variable, columns: dict[str, Variable]
) -> str:
    plain = harmony.with_side(name, replace(harmony.side(name), aggregator="automatic"))
    return describe_aggregator(plain, name, variable, columns=columns)


def _label_ranges(harmony: Harmony, name: SideName, surveys: Surveys) -> dict[str, Any]:
    """Tell whether the other side's labels name the ranges this side's bins could have."""
    if surveys.variable(name, harmony).is_categorical and not harmony.side(name).adjustment:
        return {"label_ranges": False, "base_year": None}  # labels have no bins
    other = OTHER_SIDE[name]
    half = harmony.side(other)
    labels = [] if half.breakpoints else [item.level for item in half.levels]
    ranges = ranges_named(labels)
    back = are_durations(labels, ranges) and is_calendar_year(surveys.variable(name, harmony))
    counts_back = back and not harmony.side(name).adjustment.strip()
    return {
        "label_ranges": len(breakpoints_of(ranges)) > 0,
        "base_year": survey_year(surveys.survey(other).id) if counts_back else None,
    }


def _deflation(side: Side, name: SideName, variable: Variable, surveys: Surveys) -> dict[str, Any]:
    own = surveys.survey(name)
    other = surveys.survey(OTHER_SIDE[name])
    numeric = not variable.is_categorical or bool(side.adjustment)
    year, price_year = side.deflate_to_year, own.description.price_year
    return {
        "deflate_to_year": year,
        "can_deflate": (numeric and _is_dollars(variable)) or year is not None,
        "own_year": survey_year(own.id),
        "own_title": own.id.title,
        "other_year": other.description.price_year or survey_year(other.id),
        "other_title": other.id.title,
        "factor": None
        if year is None or price_year is None
        else f"{deflation_factor(price_year, year):.4g}",
    }


def _is_dollars(variable: Variable) -> bool:
    words = f"{variable.unit} {variable.description}".lower()
    return any(
        word in words
        for word in (
            "dollar",
            "$",
            "usd",
            "income",
            "cost",
            "rent",
            "pay",
            "value",
            "earnings",
            "amount",
        )
    )
