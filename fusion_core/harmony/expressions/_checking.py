"""Check the tree of an expression against the allow-list and the columns it may read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any, Final

from sqlglot import exp
from sqlglot.errors import SqlglotError

from fusion_core.errors import ExpressionError
from fusion_core.harmony.expressions._finite_trees import write_finite
from fusion_core.harmony.expressions._kinds import KindChecker
from fusion_core.harmony.expressions._nodes import ALLOWED_NODES, REPLACEMENTS
from fusion_core.harmony.expressions._parsing import parse, too_deep
from fusion_core.harmony.expressions.engine import CheckedExpression
from fusion_core.harmony.expressions.grammar import ALLOWED_SUMMARY, FUNCTIONS, shown
from fusion_core.surveys.model import Variable


def checked(
    text: str, columns: Mapping[str, Variable | None] | Collection[str], where: str
) -> CheckedExpression:
    """Return a checked expression; see `check_expression`."""
    tokens, tree = parse(text, where)
    checker = _Checker(text, columns, tokens, where)
    try:
        checker.check_nodes(tree)
        kinds = KindChecker(checker.variables, checker.fail)
        kind = kinds.kind(tree)
        sql = tree.sql("duckdb", comments=False, identify=True)
        runs = write_finite(tree)
    except RecursionError as error:
        raise too_deep(where) from error
    except (SqlglotError, ValueError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError(
            "The expression cannot be understood", where=where, fix=ALLOWED_SUMMARY
        ) from error
    return CheckedExpression(
        text, sql, runs, tuple(sorted(checker.used)), kind, tuple(dict.fromkeys(kinds.remarks))
    )


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
