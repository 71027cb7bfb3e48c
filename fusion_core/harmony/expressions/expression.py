"""The small expression language: adjustments, universes and filters typed by a user.

An expression is scalar SQL as DuckDB understands it. It is parsed by sqlglot, every node, function
and column is checked against an allow-list, and only then the *checked tree* – never the typed
text – is written as SQL and run by DuckDB on one registered frame, with access to files, the
network and extensions switched off. What it computes is a finite number or missing, at every step
(`finite_expressions`).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from math import isfinite
from typing import Any, Final

import pandas as pd
import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from fusion_core.errors import ExpressionError
from fusion_core.harmony.expressions._kinds import KindChecker, shown
from fusion_core.harmony.expressions.engine import CheckedExpression, ExpressionEngine
from fusion_core.harmony.expressions.finite_expressions import finite_sql
from fusion_core.harmony.expressions.grammar import (
    ALLOWED_FUNCTIONS,
    ALLOWED_NODES,
    ALLOWED_SUMMARY,
    FUNCTIONS,
    REPLACEMENTS,
)
from fusion_core.surveys.model import Variable

MAXIMUM_LENGTH: Final = 20_000
MAXIMUM_TOKENS: Final = 4_000
MAXIMUM_DEPTH: Final = 40

_IS_PARSING: Final = ContextVar("_IS_PARSING", default=False)
"""Whether this thread parses what a user typed: what is wrong with that is told to the user."""

logging.getLogger("sqlglot").addFilter(lambda _record: not _IS_PARSING.get())

_OPENING = {"L_PAREN", "CASE"}
_CLOSING = {"R_PAREN", "END"}


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
    tokens = _tokens(text, where)
    tree = _parse(text, where)
    checker = _Checker(text, columns, tokens, where)
    try:
        checker.check_nodes(tree)
        kinds = KindChecker(checker.variables, checker.fail)
        kind = kinds.kind(tree)
        sql = tree.sql("duckdb", comments=False, identify=True)
        runs = finite_sql(tree)
    except RecursionError as error:
        raise _too_deep(where) from error
    except (SqlglotError, ValueError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError(
            "The expression cannot be understood", where=where, fix=ALLOWED_SUMMARY
        ) from error
    return CheckedExpression(
        text, sql, runs, tuple(sorted(checker.used)), kind, tuple(dict.fromkeys(kinds.remarks))
    )


def mentioned_columns(text: str, *, where: str = "") -> tuple[str, ...]:
    """Return the names an expression uses as columns, to check its form without a dictionary.

    Raises
    ------
    ExpressionError
        If the text cannot be parsed.
    """
    tree = parse_expression(text, where=where)
    return tuple(sorted({column.name for column in tree.find_all(exp.Column)}))


def parse_expression(text: str, *, where: str = "") -> exp.Expression:
    """Return the tree of an expression, within the limits but not yet checked for what it holds.

    Raises
    ------
    ExpressionError
        If the text cannot be parsed.
    """
    _tokens(text, where)
    return _parse(text, where)


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
        If it is not allowed, or fails on a row (e.g. text that is no number).
    """
    checked = (
        check_expression(expression, [str(name) for name in table.columns])
        if isinstance(expression, str)
        else expression
    )
    return (engine or ExpressionEngine()).evaluate(checked, table)


class _Checker:
    """Walks the parsed tree once and refuses whatever is not on the allow-list."""

    def __init__(
        self,
        text: str,
        columns: Mapping[str, Variable | None] | Collection[str],
        tokens: list[Any],
        where: str,
    ) -> None:
        self.text = text
        self.where = where
        self.tokens = tokens
        self.used: set[str] = set()
        self.variables: Mapping[str, Variable | None] = (
            columns if isinstance(columns, Mapping) else {}
        )
        self._names = {str(name).lower(): str(name) for name in columns}

    def fail(
        self, what: str, node: exp.Expression | None = None, *, fix: str = ""
    ) -> ExpressionError:
        position = self._position(node) if node is not None else None
        place = f"position {position + 1}" if position is not None else ""
        return ExpressionError(
            what,
            where=", ".join(part for part in (self.where, place) if part),
            fix=fix or ALLOWED_SUMMARY,
            position=position,
        )

    def check_nodes(self, tree: exp.Expression) -> None:
        for node in tree.walk():
            if type(node) not in ALLOWED_NODES:
                raise self._refuse(node)
            if isinstance(node, exp.Column):
                self._check_column(node)
            elif isinstance(node, exp.Literal) and not node.is_string:
                self._check_number(node)
        self._check_function_names()

    def _refuse(self, node: exp.Expression) -> ExpressionError:
        if type(node) in REPLACEMENTS:
            return self.fail("This operator is not allowed", node, fix=REPLACEMENTS[type(node)])
        if isinstance(node, exp.Func):
            name = str(node.this) if isinstance(node, exp.Anonymous) else node.sql_name()
            return self.fail(f"The function '{shown(name.lower())}' is not allowed", node)
        if isinstance(node, exp.Query | exp.Subquery):
            return self.fail("A query inside an expression is not allowed", node)
        if isinstance(node, exp.Alias):
            return self.fail(
                "Two parts follow one another without an operator between them",
                node,
                fix="Put an operator such as AND, OR, + or = between them",
            )
        return self.fail(f"'{shown(node.sql('duckdb', comments=False))}' is not allowed", node)

    def _check_column(self, node: exp.Column) -> None:
        identifier = node.this
        if len(node.parts) != 1 or not isinstance(identifier, exp.Identifier):
            raise self.fail(
                f"'{shown(node.sql('duckdb'))}' is not the name of a column",
                node,
                fix="Write the column's name alone",
            )
        name = self._names.get(identifier.name.lower())
        if name is None:
            if identifier.quoted:
                raise self.fail(
                    f'There is no column "{shown(identifier.name)}"',
                    identifier,
                    fix=f"If it is text, write it in single quotes: '{shown(identifier.name)}'",
                )
            unknown = ExpressionError.unknown(
                "column", shown(identifier.name), self._names.values()
            )
            raise self.fail(unknown.what, identifier, fix=unknown.fix)
        identifier.set("this", name)
        self.used.add(name)

    def _check_number(self, node: exp.Literal) -> None:
        try:
            finite = isfinite(float(node.name))
        except ValueError:
            finite = False
        if not finite:
            raise self.fail(
                f"'{shown(node.name)}' is not a usable number",
                node,
                fix="Write a number such as 12 or 1.5",
            )

    def _check_function_names(self) -> None:
        """Refuse by the name that was typed what the parser may have translated silently."""
        for token, following in zip(self.tokens, self.tokens[1:], strict=False):
            name = token.text.upper()
            is_call = following.token_type.name == "L_PAREN" and name.isidentifier()
            if (
                is_call
                and token.token_type.name != "IDENTIFIER"
                and name not in _BEFORE_PARENTHESIS
            ):
                raise ExpressionError(
                    f"The function '{shown(token.text.lower())}' is not allowed",
                    where=", ".join(p for p in (self.where, f"position {token.start + 1}") if p),
                    fix=ALLOWED_SUMMARY,
                    position=token.start,
                )

    def _position(self, node: exp.Expression) -> int | None:
        own = node.meta.get("start")
        if own is not None:
            return int(own)
        starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
        if starts:
            return int(min(starts))
        name = str(node.this) if isinstance(node, exp.Anonymous) else ""
        return next((token.start for token in self.tokens if token.text == name), None)


_BEFORE_PARENTHESIS: Final = frozenset(FUNCTIONS) | {
    "AND",
    "OR",
    "NOT",
    "IN",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "BETWEEN",
    "LIKE",
    "ILIKE",
    "IS",
    "FROM",
    "AS",
}


def _tokens(text: str, where: str) -> list[Any]:
    """Split into tokens and apply the limits that keep the parser itself safe."""
    if not text.strip():
        raise ExpressionError("The expression is empty", where=where, fix="Type an expression")
    if len(text) > MAXIMUM_LENGTH:
        raise ExpressionError(
            f"The expression has {len(text):,} characters; at most {MAXIMUM_LENGTH:,} are allowed",
            where=where,
            fix="Shorten it, or group levels in the table instead",
        )
    try:
        tokens = list(DuckDB().tokenize(text))
    except (SqlglotError, ValueError, RecursionError) as error:
        raise ExpressionError(
            "The expression cannot be read: a quote is probably not closed",
            where=where,
            fix="Write text in single quotes, e.g. sex = 'Female'",
        ) from error
    if len(tokens) > MAXIMUM_TOKENS:
        raise ExpressionError(
            f"The expression has {len(tokens):,} parts; at most {MAXIMUM_TOKENS:,} are allowed",
            where=where,
            fix="Shorten it, or group levels in the table instead",
        )
    depth = 0
    for token in tokens:
        kind = token.token_type.name
        depth += (kind in _OPENING) - (kind in _CLOSING)
        if depth > MAXIMUM_DEPTH:
            raise _too_deep(where, token.start)
        if kind == "SEMICOLON":
            raise ExpressionError(
                "A ';' is not allowed: one expression, no statements",
                where=", ".join(part for part in (where, f"position {token.start + 1}") if part),
                fix=ALLOWED_SUMMARY,
                position=token.start,
            )
        if token.comments:
            raise ExpressionError(
                "A comment inside an expression is not allowed",
                where=where,
                fix="Use the harmony's comment field",
                position=token.start,
            )
    return tokens


def _parse(text: str, where: str) -> exp.Expression:
    parsing = _IS_PARSING.set(True)
    try:
        trees = sqlglot.parse(text, read="duckdb")
    except RecursionError as error:
        raise _too_deep(where) from error
    except SqlglotError as error:
        position = _error_position(text, error)
        place = f"position {position + 1}" if position is not None else ""
        raise ExpressionError(
            "The expression is not complete or has something in the wrong place",
            where=", ".join(part for part in (where, place) if part),
            fix=ALLOWED_SUMMARY,
            position=position,
        ) from error
    except (ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        # The parser is not hardened against arbitrary text; whatever it trips over is no expression.
        raise ExpressionError(
            "The expression cannot be understood", where=where, fix=ALLOWED_SUMMARY
        ) from error
    finally:
        _IS_PARSING.reset(parsing)
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionError("The expression is empty", where=where, fix="Type an expression")
    tree: exp.Expression = trees[0]
    return tree


def _error_position(text: str, error: SqlglotError) -> int | None:
    """Turn the parser's line and column into a character position."""
    details = getattr(error, "errors", None) or [{}]
    line, column = details[0].get("line"), details[0].get("col")
    if not isinstance(line, int) or not isinstance(column, int):
        return None
    before = text.split("\n")[: line - 1]
    position = sum(len(part) + 1 for part in before) + column - 1
    return min(max(position, 0), max(len(text) - 1, 0))


def _too_deep(where: str, position: int | None = None) -> ExpressionError:
    return ExpressionError(
        f"The expression is nested more than {MAXIMUM_DEPTH} levels deep",
        where=where,
        fix="Split it, or use CASE with several WHEN instead of nesting",
        position=position,
    )


__all__ = [
    "ALLOWED_FUNCTIONS",
    "ALLOWED_SUMMARY",
    "FUNCTIONS",
    "CheckedExpression",
    "ExpressionEngine",
    "check_expression",
    "evaluate_expression",
    "mentioned_columns",
    "parse_expression",
]
