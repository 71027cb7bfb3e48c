"""Parse what a user typed, within the limits that keep the parser itself safe."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Any, Final

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from fusion_core.errors import ExpressionError
from fusion_core.harmony.expressions.grammar import ALLOWED_SUMMARY

MAXIMUM_LENGTH: Final = 20_000
MAXIMUM_TOKENS: Final = 4_000
MAXIMUM_DEPTH: Final = 40

_IS_PARSING: Final = ContextVar("_IS_PARSING", default=False)
"""Whether this thread parses what a user typed: what is wrong with that is told to the user."""

logging.getLogger("sqlglot").addFilter(lambda _record: not _IS_PARSING.get())

_OPENING = {"L_PAREN", "CASE"}
_CLOSING = {"R_PAREN", "END"}


def parse(text: str, where: str) -> tuple[list[Any], exp.Expression]:
    """Return the tokens and the tree of an expression; see `parse_expression`."""
    return _tokens(text, where), _tree(text, where)


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
            raise too_deep(where, token.start)
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


def _tree(text: str, where: str) -> exp.Expression:
    parsing = _IS_PARSING.set(True)
    try:
        trees = sqlglot.parse(text, read="duckdb")
    except RecursionError as error:
        raise too_deep(where) from error
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


def too_deep(where: str, position: int | None = None) -> ExpressionError:
    return ExpressionError(
        f"The expression is nested more than {MAXIMUM_DEPTH} levels deep",
        where=where,
        fix="Split it, or use CASE with several WHEN instead of nesting",
        position=position,
    )
