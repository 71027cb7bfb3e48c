"""A harmony as the browser shows it: everything that can be edited, and words that explain it."""

from __future__ import annotations

from typing import Any, Final

from fusion_core.harmony.editing import describe_aggregator, detect_ordered
from fusion_core.harmony.model import Aggregator, Harmony, Side, SideName
from fusion_core.surveys.model import Variable
from harmony_app.harmonize.state import ViewState

AGGREGATORS: Final[tuple[tuple[Aggregator, str], ...]] = (
    ("automatic", "automatic"),
    ("reference", "the reference person's value"),
    ("sum", "sum over members"),
    ("mean", "mean of members"),
    ("median", "median of members"),
    ("minimum", "lowest member"),
    ("maximum", "highest member"),
    ("any", "yes if any member counts"),
    ("count", "number of members that count"),
)
"""Ways from persons to a household, in the order people need them."""


def harmony_form(
    state: ViewState, donor: Variable, recipient: Variable, *, sequence: int
) -> dict[str, Any]:
    """Describe the current harmony.

    Parameters
    ----------
    state
        The page's state, with a current harmony.
    donor, recipient
        The two variables.
    sequence
        Number of the last message taken into account, so that the browser can tell an answer to an
        older edit from one to its last.
    """
    harmony = state.current
    if harmony is None:
        return {}
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
            "donor": _side(harmony, "donor", donor),
            "recipient": _side(harmony, "recipient", recipient),
        },
    }


def _side(harmony: Harmony, name: SideName, variable: Variable) -> dict[str, Any]:
    side, other = harmony.side(name), harmony.recipient if name == "donor" else harmony.donor
    numeric = not variable.is_categorical or bool(side.adjustment)
    collapses = side.respondent == "person"
    words = dict(AGGREGATORS)
    return {
        "respondent": side.respondent,
        "adjustment": side.adjustment,
        "breakpoints": list(side.breakpoints),
        "groups": [item.group for item in side.levels],
        "grouped": side.is_grouped,
        "aggregator": side.aggregator,
        "aggregator_word": words[side.aggregator]
        if side.aggregator != "automatic"
        else _automatic(side, other),
        "aggregator_text": describe_aggregator(harmony, name, variable) if collapses else "",
        "universe": side.universe,
        "outside": side.outside_universe,
        "missing": side.missing,
        "deflate_to_year": side.deflate_to_year,
        "can_bin": numeric or bool(side.breakpoints),
        "can_collapse": collapses,
        "can_deflate": (numeric and _is_dollars(variable)) or side.deflate_to_year is not None,
    }


def _automatic(side: Side, other: Side) -> str:
    if other.respondent == "person" and side.respondent == "person":
        return "persons"
    return "automatic"


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
