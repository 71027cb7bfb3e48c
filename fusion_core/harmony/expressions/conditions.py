"""Conditions made of rows – variable, relation, values – and the expressions they stand for.

A person who does not write SQL puts a condition together row by row; the harmony keeps nothing but
the expression. `write_condition` and `read_condition` (`reading`) translate between the two, so that what was
written by hand opens as rows wherever rows can say it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Final, Literal

from fusion_core.errors import InputError
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


# Names and literals, shared with the recipes of adjustments ---------------------------------


@lru_cache(maxsize=4096)
def write_name(name: str) -> str:
    """Write a column's name, in double quotes where the language would read it otherwise."""
    from sqlglot.dialects.duckdb import DuckDB

    tokens = list(DuckDB().tokenize(name))
    plain = len(tokens) == 1 and tokens[0].token_type.name == "VAR" and tokens[0].text == name
    return name if plain else '"' + name.replace('"', '""') + '"'


def write_value(value: Value) -> str:
    """Write a level in single quotes, or a number."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return format_number(value)


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


__all__ = [
    "Condition",
    "Joined",
    "Relation",
    "Test",
    "Value",
    "write_condition",
    "write_name",
    "write_value",
]
