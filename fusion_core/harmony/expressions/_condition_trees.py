"""Read the rows of a condition, and the names and literals in it, from the parser's tree."""

from __future__ import annotations

from math import isfinite
from typing import Final

from sqlglot import exp

from fusion_core.errors import InputError
from fusion_core.harmony.expressions.conditions import Condition, Joined, Relation, Test, Value

_NODES: Final[dict[type[exp.Expression], Relation]] = {
    exp.GTE: "at_least",
    exp.GT: "more_than",
    exp.LTE: "at_most",
    exp.LT: "less_than",
}
_MIRRORED: Final[dict[Relation, Relation]] = {
    "at_least": "at_most",
    "more_than": "less_than",
    "at_most": "at_least",
    "less_than": "more_than",
}


def condition_of(tree: exp.Expression) -> Condition | None:
    """Return the rows of a parsed condition, or ``None`` where rows cannot say it."""
    tree = bare(tree)
    joined: Joined = "any" if isinstance(tree, exp.Or) else "all"
    connector = exp.Or if joined == "any" else exp.And
    tests = []
    for part in _parts(tree, connector):
        test = _read_test(part)
        if test is None:
            return None
        tests.append(test)
    return Condition(tuple(tests), joined)


# Names and literals, shared with the recipes of adjustments ---------------------------------


def is_indicator(tree: exp.Expression) -> bool:
    """Whether a part is a ``CASE`` that yields nothing but 0 and 1, or nothing."""
    tree = bare(tree)
    if not isinstance(tree, exp.Case):
        return False
    results = [item.args["true"] for item in tree.args["ifs"]]
    default = tree.args.get("default")
    results += [] if default is None else [default]
    return all(isinstance(item, exp.Null) or number_of(item) in {0, 1} for item in results)


def bare(tree: exp.Expression) -> exp.Expression:
    """Return a part without the parentheses around it."""
    while isinstance(tree, exp.Paren):
        tree = tree.this
    return tree


def column_of(tree: exp.Expression) -> str | None:
    """Return the name where a part is a column and nothing else."""
    tree = bare(tree)
    return tree.name if isinstance(tree, exp.Column) and len(tree.parts) == 1 else None


def number_of(tree: exp.Expression) -> float | None:
    """Return the value where a part is a number, perhaps with a minus."""
    tree = bare(tree)
    if isinstance(tree, exp.Neg):
        value = number_of(tree.this)
        return None if value is None else -value
    if not isinstance(tree, exp.Literal) or tree.is_string:
        return None
    value = float(tree.name)
    return value if isfinite(value) else None


def value_of(tree: exp.Expression) -> Value | None:
    """Return the value where a part is a text or a number."""
    tree = bare(tree)
    if isinstance(tree, exp.Literal) and tree.is_string:
        return str(tree.name)
    return number_of(tree)


# One row ------------------------------------------------------------------------------------


def _parts(tree: exp.Expression, connector: type[exp.Expression]) -> list[exp.Expression]:
    """Return the parts of a chain of ANDs or ORs in the order they are written."""
    found: list[exp.Expression] = []
    waiting = [tree]
    while waiting:
        part = bare(waiting.pop())
        if isinstance(part, connector):
            waiting += [part.expression, part.this]
        else:
            found.append(part)
    return found


def _read_test(part: exp.Expression) -> Test | None:
    positive = not isinstance(part, exp.Not)
    if isinstance(part, exp.Not):
        part = bare(part.this)
        if not isinstance(part, exp.In | exp.Is):
            return None
    if isinstance(part, exp.Is):
        return _read_missing(part, positive=positive)
    if isinstance(part, exp.In):
        values = [value_of(item) for item in part.expressions]
        return _test(part.this, "in" if positive else "not_in", values)
    return _read_comparison(part)


def _read_comparison(part: exp.Expression) -> Test | None:
    if isinstance(part, exp.Between):
        ends = [number_of(part.args["low"]), number_of(part.args["high"])]
        return _test(part.this, "between", ends)
    turned = isinstance(part, exp.Binary) and column_of(part.this) is None
    subject, value = (part.expression, part.this) if turned else (part.this, part.expression)
    if isinstance(part, exp.EQ | exp.NEQ):
        return _test(subject, "in" if isinstance(part, exp.EQ) else "not_in", [value_of(value)])
    if type(part) not in _NODES:
        return None
    relation = _NODES[type(part)]
    return _test(subject, _MIRRORED[relation] if turned else relation, [number_of(value)])


def _read_missing(part: exp.Is, *, positive: bool) -> Test | None:
    if not isinstance(part.expression, exp.Null):
        return None
    return _test(part.this, "missing" if positive else "answered", [])


def _test(
    subject: exp.Expression, relation: Relation, values: list[Value | None] | list[float | None]
) -> Test | None:
    name = column_of(subject)
    present = tuple(value for value in values if value is not None)
    if name is None or len(present) != len(values):
        return None
    try:
        return Test(name, relation, present)
    except InputError:
        return None
