"""Conditions made of rows – variable, relation, values – and the expressions they stand for.

A person who does not write SQL puts a condition together row by row; the harmony keeps nothing but
the expression. `write_condition` and `read_condition` translate between the two, so that what was
written by hand opens as rows wherever rows can say it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Final, Literal

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from fusion_core.errors import ExpressionError, InputError
from fusion_core.harmony.expressions.expression import parse_expression
from fusion_core.harmony.model import format_number
from fusion_core.records import Checked

Relation = Literal[
    "in",
    "not_in",
    "between",
    "at_least",
    "more_than",
    "at_most",
    "less_than",
    "missing",
    "answered",
]
"""How a row compares its variable; ``between`` includes both ends."""

Value = str | float
"""A level (text) or a number."""

Joined = Literal["all", "any"]

_COMPARED: Final[dict[Relation, str]] = {
    "at_least": ">=",
    "more_than": ">",
    "at_most": "<=",
    "less_than": "<",
}
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
_LENGTHS: Final[dict[Relation, int]] = {
    "between": 2,
    "missing": 0,
    "answered": 0,
    "at_least": 1,
    "more_than": 1,
    "at_most": 1,
    "less_than": 1,
}


@dataclass(frozen=True, slots=True)
class Test(Checked):
    """One row of a condition.

    Attributes
    ----------
    variable
        Column of the same table.
    relation
        How it is compared.
    values
        Levels or numbers: at least one for ``in`` and ``not_in``, two numbers for ``between``, one
        number for the other comparisons, none for ``missing`` and ``answered``.
    """

    __test__ = False  # not a class of tests, whatever its name suggests to a test runner

    variable: str
    relation: Relation
    values: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        if not self.variable.strip():
            raise InputError("A row of the condition names no variable", fix="Choose one")
        needed = _LENGTHS.get(self.relation)
        if (needed is None and not self.values) or (
            needed is not None and len(self.values) != needed
        ):
            raise InputError(
                "A row of the condition is not complete", where=self.variable, fix="Fill it in"
            )
        numbers = [value for value in self.values if not isinstance(value, str)]
        if not all(isfinite(value) for value in numbers):
            raise InputError("A condition needs finite numbers", where=self.variable)
        if needed and len(numbers) != needed:
            raise InputError("This comparison needs numbers", where=self.variable)


@dataclass(frozen=True, slots=True)
class Condition(Checked):
    """Rows of which all, or any, must hold."""

    tests: tuple[Test, ...]
    joined: Joined = "all"

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        if not self.tests:
            raise InputError("The condition has no row yet", fix="Add one")


def write_condition(condition: Condition) -> str:
    """Return the expression of a condition, e.g. ``agep >= 16 AND sex = 'Male'``."""
    word = " AND " if condition.joined == "all" else " OR "
    return word.join(_write_test(test) for test in condition.tests)


def read_condition(text: str) -> Condition | None:
    """Return the rows an expression consists of, or ``None`` where rows cannot say it."""
    try:
        return condition_of(parse_expression(text))
    except (ExpressionError, RecursionError):
        return None


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


@lru_cache(maxsize=4096)
def write_name(name: str) -> str:
    """Write a column's name, in double quotes where the language would read it otherwise."""
    tokens = list(DuckDB().tokenize(name))
    plain = len(tokens) == 1 and tokens[0].token_type.name == "VAR" and tokens[0].text == name
    return name if plain else '"' + name.replace('"', '""') + '"'


def write_value(value: Value) -> str:
    """Write a level in single quotes, or a number."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return format_number(value)


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


def _write_test(test: Test) -> str:
    name = write_name(test.variable)
    if test.relation == "missing":
        return f"{name} IS NULL"
    if test.relation == "answered":
        return f"{name} IS NOT NULL"
    values = [write_value(value) for value in test.values]
    if test.relation == "between":
        return f"{name} BETWEEN {values[0]} AND {values[1]}"
    if test.relation in _COMPARED:
        return f"{name} {_COMPARED[test.relation]} {values[0]}"
    positive = test.relation == "in"
    if len(values) == 1:
        return f"{name} {'=' if positive else '<>'} {values[0]}"
    return f"{name} {'IN' if positive else 'NOT IN'} ({', '.join(values)})"


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


__all__ = [
    "Condition",
    "Joined",
    "Relation",
    "Test",
    "Value",
    "bare",
    "column_of",
    "condition_of",
    "number_of",
    "read_condition",
    "value_of",
    "write_condition",
    "write_name",
    "write_value",
]
