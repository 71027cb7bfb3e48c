"""The small expression language: adjustments, universes and filters typed by a user.

An expression is scalar SQL as DuckDB understands it. It is parsed by sqlglot, every node, function
and column is checked against an allow-list, and only then the *checked tree* – never the typed
text – is written as SQL and run by DuckDB on one registered frame, with access to files, the
network and extensions switched off. What it computes is a finite number or missing, at every step
(`_finite_trees`).

The parser is loaded by the first expression: most of what imports this room never reads one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from fusion_core.errors import ExpressionError
from fusion_core.harmony.expressions.engine import CheckedExpression, ExpressionEngine
from fusion_core.harmony.expressions.grammar import (
    ALLOWED_FUNCTIONS,
    ALLOWED_SUMMARY,
    FUNCTIONS,
    shown,
)
from fusion_core.surveys.model import Variable

if TYPE_CHECKING:
    from sqlglot import exp


def check_expression(
    text: str, columns: Mapping[str, Variable | None] | Collection[str], *, where: str = ""
) -> CheckedExpression:
    """Check an expression against the allow-list and the columns it may read.

    Parameters
    ----------
    text
        The expression, e.g. ``CASE WHEN sex = 'Female' THEN 0 ELSE agep END``.
    columns
        The columns that exist; with a mapping to their dictionary entries, kinds are checked too.
    where
        What the expression belongs to, for the message.

    Raises
    ------
    ExpressionError
        If it is not one scalar expression of allowed parts over existing columns; the error names
        the position and what is allowed.
    """
    from fusion_core.harmony.expressions._checking import checked

    return checked(text, columns, where)


def check_condition(
    text: str, columns: Mapping[str, Variable | None] | Collection[str], *, where: str = ""
) -> CheckedExpression:
    """Check an expression that says of every row whether something holds.

    Parameters
    ----------
    text, columns, where
        As in `check_expression`.

    Raises
    ------
    ExpressionError
        If the expression is not allowed, or is a number or text rather than a condition.
    """
    return require_condition(check_expression(text, columns, where=where), where=where)


def require_condition(checked: CheckedExpression, *, where: str = "") -> CheckedExpression:
    """Return a checked expression if it is a condition.

    A number is not one, although a program might take every number but 0 for true: ``np`` or ``1``
    would hold for everybody. ``CASE`` with nothing but 0 and 1 says plainly what holds.

    Raises
    ------
    ExpressionError
        If it is a number or text.
    """
    if checked.kind not in {"number", "text"}:
        return checked
    from fusion_core.harmony.expressions._condition_trees import column_of, is_indicator
    from fusion_core.harmony.expressions.conditions import write_name

    tree = parse_expression(checked.sql)
    if is_indicator(tree):
        return checked
    name = column_of(tree)
    example = "a comparison such as np >= 2"
    if name is not None:
        example = write_name(name) + (" > 0" if checked.kind == "number" else " = '…'")
    told = shown(checked.text)
    told = told if told.startswith("'") else f"'{told}'"
    raise ExpressionError(
        f"{told} is not a condition", where=where, fix=f"Write {example}", position=0
    )


def mentioned_columns(text: str, *, where: str = "") -> tuple[str, ...]:
    """Return the names an expression uses as columns, to check its form without a dictionary.

    Raises
    ------
    ExpressionError
        If the text cannot be parsed.
    """
    from sqlglot import exp

    tree = parse_expression(text, where=where)
    return tuple(sorted({column.name for column in tree.find_all(exp.Column)}))


def parse_expression(text: str, *, where: str = "") -> exp.Expression:
    """Return the tree of an expression, within the limits but not yet checked for what it holds.

    Raises
    ------
    ExpressionError
        If the text cannot be parsed.
    """
    from fusion_core.harmony.expressions._parsing import parse

    return parse(text, where)[1]


def finite_sql(tree: exp.Expression) -> str:
    """Return the DuckDB SQL that computes a checked expression, missing wherever it is not finite.

    Parameters
    ----------
    tree
        An allowed tree whose parts fit together; it is changed.

    Returns
    -------
    str
        SQL that needs the function an `ExpressionEngine` defines.
    """
    from fusion_core.harmony.expressions._finite_trees import write_finite

    return write_finite(tree)


def evaluate_expression(
    expression: CheckedExpression | str,
    table: pd.DataFrame,
    *,
    engine: ExpressionEngine | None = None,
) -> pd.Series[Any]:
    """Evaluate an expression for every row of a table.

    Parameters
    ----------
    expression
        A checked expression, or text that is checked against the table's columns first.
    table
        Microdata; categorical columns are compared by their labels.
    engine
        Engine to run it on; a new one by default.

    Returns
    -------
    pandas.Series
        One value per row with the table's index: ``float64`` for numbers (missing as NaN),
        ``boolean`` for conditions, ``object`` holding text otherwise (missing as NaN). Divided by
        nothing, outside a function's domain or too large, a number is missing, and so is whatever
        is computed from it.

    Raises
    ------
    ExpressionError
        If it is not allowed, or fails on a row (e.g. text that is not a number).
    """
    checked = (
        check_expression(expression, [str(name) for name in table.columns])
        if isinstance(expression, str)
        else expression
    )
    return (engine or ExpressionEngine()).evaluate(checked, table)


__all__ = [
    "ALLOWED_FUNCTIONS",
    "ALLOWED_SUMMARY",
    "FUNCTIONS",
    "CheckedExpression",
    "ExpressionEngine",
    "check_condition",
    "check_expression",
    "evaluate_expression",
    "finite_sql",
    "mentioned_columns",
    "parse_expression",
    "require_condition",
]
