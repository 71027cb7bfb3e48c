"""Conditions and recipes as the builders in the browser send and show them."""

from __future__ import annotations

from typing import Any, get_args

from fusion_core.errors import InputError
from fusion_core.harmony.expressions import (
    Condition,
    Recipe,
    Recode,
    Relation,
    Start,
    Step,
    StepKind,
    Sum,
    Term,
    Test,
    Value,
)
from harmony_app.harmonize.work import messages

ROWS_AT_MOST = 200
LEVELS_AT_MOST = 5_000


def condition_record(condition: Condition | None) -> dict[str, Any] | None:
    """Describe a condition for the browser."""
    if condition is None:
        return None
    tests = [
        {"variable": test.variable, "relation": test.relation, "values": list(test.values)}
        for test in condition.tests
    ]
    return {"joined": condition.joined, "tests": tests}


def recipe_record(recipe: Recipe | None) -> dict[str, Any] | None:
    """Describe a recipe for the browser."""
    if recipe is None:
        return None
    steps = [
        {"kind": step.kind, "number": step.number, "condition": condition_record(step.condition)}
        for step in recipe.steps
    ]
    return {"start": _start_record(recipe.start), "steps": steps}


def _start_record(start: Start) -> dict[str, Any]:
    if isinstance(start, Condition):
        return {"kind": "condition", "condition": condition_record(start)}
    if isinstance(start, Recode):
        return {
            "kind": "recode",
            "variable": start.variable,
            "values": [list(v) for v in start.values],
        }
    return {
        "kind": "sum",
        "terms": [[term.variable, term.sign] for term in start.terms],
        "missing_is_zero": start.missing_is_zero,
    }


def read_condition(value: object) -> Condition:
    """Read a condition the browser sent.

    Raises
    ------
    InputError
        If it has another form, or is not complete.
    """
    record = _mapping(value)
    tests = _listed(record.get("tests"), ROWS_AT_MOST)
    return Condition(
        tuple(_test(item) for item in tests), "any" if record.get("joined") == "any" else "all"
    )


def read_recipe(value: object) -> Recipe:
    """Read a recipe the browser sent.

    Raises
    ------
    InputError
        If it has another form, or is not complete.
    """
    record = _mapping(value)
    steps = _listed(record.get("steps", []), ROWS_AT_MOST)
    return Recipe(_start(record.get("start")), tuple(_step(item) for item in steps))


def _start(value: object) -> Start:
    record = _mapping(value)
    kind = record.get("kind")
    if kind == "condition":
        return read_condition(record.get("condition"))
    if kind == "recode":
        pairs = [_pair(item) for item in _listed(record.get("values"), LEVELS_AT_MOST)]
        values = tuple((_text(level), messages.number(code, "A number")) for level, code in pairs)
        return Recode(_text(record.get("variable")), values)
    if kind != "sum":
        raise InputError("The page sent an adjustment this server does not know")
    terms = [_pair(item) for item in _listed(record.get("terms"), ROWS_AT_MOST)]
    return Sum(
        tuple(Term(_text(name), -1 if sign == -1 else 1) for name, sign in terms),
        record.get("missing_is_zero") is True,
    )


def _step(value: object) -> Step:
    record = _mapping(value)
    known: tuple[StepKind, ...] = get_args(StepKind)
    kind = next((item for item in known if item == record.get("kind")), None)
    if kind is None:
        raise InputError("The page sent a step this server does not know")
    condition = record.get("condition")
    return Step(
        kind,
        messages.number(record.get("number"), "The number of a step"),
        None if condition is None else read_condition(condition),
    )


def _test(value: object) -> Test:
    record = _mapping(value)
    known: tuple[Relation, ...] = get_args(Relation)
    relation = next((item for item in known if item == record.get("relation")), None)
    if relation is None:
        raise InputError("The page sent a comparison this server does not know")
    values = tuple(_value(item) for item in _listed(record.get("values", []), LEVELS_AT_MOST))
    return Test(_text(record.get("variable")), relation, values)


def _value(value: object) -> Value:
    return value if isinstance(value, str) else messages.number(value, "A value of the condition")


def _pair(value: object) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - a pair
        raise InputError("The page sent something else where a pair was expected")
    return value[0], value[1]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InputError("The page sent something else where a name was expected")
    return value


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError("The page sent something else where a condition or step was expected")
    return value


def _listed(value: object, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise InputError(
            f"The page sent something else where a list of up to {most:,} was expected"
        )
    return value


__all__ = ["condition_record", "read_condition", "read_recipe", "recipe_record"]
