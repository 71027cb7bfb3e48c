"""Translate the adjustments of fusionData between R and the safe expression language.

Only arithmetic, comparisons, logic and a few functions exist on both sides; anything else is
reported and kept as it is, never run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import sqlglot
from sqlglot import exp

from fusion_core.errors import ExpressionError, InputError
from fusion_core.harmony.expressions import check_expression, mentioned_columns

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?L?)
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<name>[A-Za-z.][A-Za-z0-9._]*)
      | (?P<sign><{1,2}-|->{1,2}|%in%|&&|\|\||[<>=!]=|[-+*/^<>=!&|(),]))""",
    re.VERBOSE,
)
_FUNCTIONS: Final = {
    "abs": "abs", "round": "round", "sqrt": "sqrt", "exp": "exp", "log": "ln", "log10": "log10",
    "floor": "floor", "ceiling": "ceil", "pmin": "least", "pmax": "greatest",
}  # fmt: skip
_COMPARISONS: Final = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_OPPOSITE: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MAXIMUM_DEPTH: Final = 40
_MAXIMUM_LENGTH: Final = 20_000


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an R expression: a kind, its text and its own parts."""

    kind: str
    text: str
    parts: tuple[Node, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Translation:
    """An R adjustment in the safe language.

    Attributes
    ----------
    adjustment
        Expression for the variable's value; empty for the variable itself.
    universe
        Condition on the rows asked; empty for all.
    outside_level
        Label R gives rows outside the universe; empty without one.
    adds_level
        Whether that label is new, i.e. no level of the variable.
    """

    adjustment: str = ""
    universe: str = ""
    outside_level: str = ""
    adds_level: bool = False


def translate_adjustment(text: str, variable: str) -> Translation:
    """Translate an R adjustment of a variable.

    ``if_else(condition, variable, factor("label", …))`` – R's way to give rows outside the universe
    a level – becomes a universe.

    Raises
    ------
    ExpressionError
        If it holds something the safe language lacks.
    """
    node = _parse(text)
    relevelled = _relevelling(node, variable)
    if relevelled is not None:
        return relevelled
    return Translation(adjustment=_sql(node))


def _relevelling(node: Node, variable: str) -> Translation | None:
    """Recognise ``if_else`` between the variable and one constant level."""
    if node.kind != "call" or node.text not in {"if_else", "ifelse"} or len(node.parts) != 3:  # noqa: PLR2004 - condition, yes, no
        return None
    condition, yes, no = node.parts
    for constant, other, universe in ((no, yes, condition), (yes, no, _negated(condition))):
        label = _constant_level(constant)
        if label is not None and _is_variable(other, variable):
            adds = any(_adds_level(part, label) for part in (constant, other))
            return Translation("", _sql(universe), label, adds)
    return None


def _constant_level(node: Node) -> str | None:
    if (
        node.kind == "call"
        and node.text == "factor"
        and node.parts
        and node.parts[0].kind == "string"
    ):
        return node.parts[0].text
    return None


def _is_variable(node: Node, variable: str) -> bool:
    if node.kind == "call" and node.text == "factor" and node.parts:
        node = node.parts[0]
    return node.kind == "name" and node.text.lower() == variable


def _adds_level(node: Node, label: str) -> bool:
    """Whether ``levels = c("label", levels(variable))`` puts a label in front of the levels."""
    for part in node.parts:
        if part.label == "levels" and part.kind == "call" and part.text == "c":
            return any(item.kind == "string" and item.text == label for item in part.parts)
    return False


def _negated(node: Node) -> Node:
    if node.kind == "operator" and node.text in _OPPOSITE:
        return Node("operator", _OPPOSITE[node.text], node.parts)
    if node.kind == "operator" and node.text in {"&", "&&", "|", "||"}:
        swapped = "|" if node.text.startswith("&") else "&"
        return Node("operator", swapped, tuple(_negated(part) for part in node.parts))
    if node.kind == "group":
        return Node("group", "", (_negated(node.parts[0]),))
    return Node("not", "!", (Node("group", "", (node,)),))


def _sql(node: Node) -> str:  # noqa: PLR0911 - one return per form of node
    if node.kind == "number":
        return node.text.rstrip("L")
    if node.kind == "string":
        return "'" + node.text.replace("'", "''") + "'"
    if node.kind == "name":
        return {"TRUE": "true", "T": "true", "FALSE": "false", "F": "false", "NA": "null"}.get(
            node.text, node.text.lower()
        )
    if node.kind == "group":
        return f"({_sql(node.parts[0])})"
    if node.kind in {"minus", "not"}:
        return ("-" if node.kind == "minus" else "NOT ") + _sql(node.parts[0])
    if node.kind == "operator":
        return _sql_operator(node)
    return _sql_call(node)


def _sql_operator(node: Node) -> str:
    left, right = node.parts
    if node.text == "%in%":
        items = right.parts if right.kind == "call" and right.text == "c" else (right,)
        return f"{_sql(left)} IN ({', '.join(_sql(item) for item in items)})"
    if node.text == "^":
        return f"power({_sql(left)}, {_sql(right)})"
    words = {"&": "AND", "&&": "AND", "|": "OR", "||": "OR"} | _COMPARISONS
    return f"{_sql(left)} {words.get(node.text, node.text)} {_sql(right)}"


def _sql_call(node: Node) -> str:
    parts = [_sql(part) for part in node.parts if not part.label]
    if node.text in {"ifelse", "if_else"} and len(parts) == 3:  # noqa: PLR2004 - condition, yes, no
        return f"CASE WHEN {parts[0]} THEN {parts[1]} ELSE {parts[2]} END"
    if node.text == "is.na" and len(parts) == 1:
        return f"{parts[0]} IS NULL"
    if node.text in _FUNCTIONS and parts:
        return f"{_FUNCTIONS[node.text]}({', '.join(parts)})"
    raise ExpressionError(
        f"The R function '{node.text}' has no counterpart",
        fix="Write the adjustment again as an expression",
    )


def _parse(text: str) -> Node:
    if len(text) > _MAXIMUM_LENGTH:
        raise ExpressionError("The R expression is too long", fix="Write it again as an expression")
    return _RParser(text).whole()


class _RParser:
    """Precedence climbing over the operators R and the safe language share."""

    _LEVELS = (
        ("||", "|"), ("&&", "&"), ("==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/"),
        ("%in%",),
    )  # fmt: skip
    _NOT_LEVEL = 2

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str, int]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._error("Something the safe language lacks", position)
            kind = str(match.lastgroup)
            self._tokens.append((kind, match.group(kind), match.start(kind)))
            position = match.end()
        self._tokens.append(("end", "", end))
        self._next = 0

    def _error(self, what: str, position: int) -> ExpressionError:
        return ExpressionError(
            f"{what} in the R expression", where=f"position {position + 1}",
            fix="Write the adjustment again as an expression", position=position,
        )  # fmt: skip

    def whole(self) -> Node:
        node = self._binary(0, 0)
        if self._tokens[self._next][0] != "end":
            raise self._error("Unexpected text", self._tokens[self._next][2])
        return node

    def _peek(self, *texts: str) -> bool:
        kind, text, _ = self._tokens[self._next]
        return kind == "sign" and text in texts

    def _take(self) -> tuple[str, str, int]:
        self._next += 1
        return self._tokens[self._next - 1]

    def _binary(self, level: int, depth: int) -> Node:
        if depth > _MAXIMUM_DEPTH:
            raise self._error("Too deep nesting", self._tokens[self._next][2])
        if level == self._NOT_LEVEL and self._peek("!"):
            self._take()
            return Node("not", "!", (Node("group", "", (self._binary(level, depth + 1),)),))
        if level == len(self._LEVELS):
            return self._unary(depth)
        left = self._binary(level + 1, depth)
        while self._peek(*self._LEVELS[level]):
            _, operator, _ = self._take()
            left = Node("operator", operator, (left, self._binary(level + 1, depth)))
        return left

    def _unary(self, depth: int) -> Node:
        if depth > _MAXIMUM_DEPTH:
            raise self._error("Too deep nesting", self._tokens[self._next][2])
        if self._peek("-", "+"):
            _, sign, _ = self._take()
            part = self._unary(depth + 1)
            return Node("minus", "-", (part,)) if sign == "-" else part
        base = self._primary(depth)
        if self._peek("^"):
            self._take()
            return Node("operator", "^", (base, self._unary(depth + 1)))
        return base

    def _primary(self, depth: int) -> Node:
        kind, text, position = self._take()
        if kind == "number":
            return Node("number", text)
        if kind == "string":
            return Node("string", re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL))
        if kind == "name":
            if self._peek("("):
                self._take()
                return Node("call", text, self._arguments(depth + 1))
            return Node("name", text)
        if (kind, text) == ("sign", "("):
            inner = self._binary(0, depth + 1)
            self._close()
            return Node("group", "", (inner,))
        raise self._error("Unexpected text" if kind != "end" else "Something is missing", position)

    def _arguments(self, depth: int) -> tuple[Node, ...]:
        found: list[Node] = []
        if self._peek(")"):
            self._take()
            return ()
        while True:
            label = ""
            kind, text, _ = self._tokens[self._next]
            if kind == "name" and self._tokens[self._next + 1][1] == "=":
                label = text
                self._next += 2
            part = self._binary(0, depth)
            found.append(Node(part.kind, part.text, part.parts, label))
            if self._peek(","):
                self._take()
                continue
            self._close()
            return tuple(found)

    def _close(self) -> None:
        if not self._peek(")"):
            raise self._error("A missing ')'", self._tokens[self._next][2])
        self._take()


_R_OPERATORS: Final[dict[type[exp.Expression], str]] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Pow: "^", exp.Mod: "%%",
 exp.EQ: "==", exp.NEQ: "!=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">",
    exp.GTE: ">=", exp.And: "&", exp.Or: "|",
}  # fmt: skip
_R_FUNCTIONS: Final[dict[type[exp.Expression], str]] = {
    exp.Abs: "abs", exp.Ceil: "ceiling", exp.Floor: "floor", exp.Round: "round", exp.Sqrt: "sqrt",
    exp.Ln: "log", exp.Exp: "exp", exp.Sign: "sign",
}  # fmt: skip


def to_r(text: str) -> str:
    """Translate an expression of the safe language to R.

    Raises
    ------
    InputError
        If it is not allowed, or R has no counterpart for a part of it.
    """
    checked = check_expression(text, mentioned_columns(text))
    try:
        return _r(sqlglot.parse_one(checked.sql, read="duckdb"))
    except RecursionError as error:
        raise InputError(
            "The expression is too long to be written in R", fix="Shorten it"
        ) from error


def _r(node: exp.Expression) -> str:  # noqa: PLR0911 - one return per form of node
    if isinstance(node, exp.Literal):
        return f'"{_escaped(node.name)}"' if node.is_string else str(node.name)
    if isinstance(node, exp.Boolean):
        return "TRUE" if node.this else "FALSE"
    if isinstance(node, exp.Null):
        return "NA"
    if isinstance(node, exp.Column):
        return str(node.name)
    if isinstance(node, exp.Paren):
        return f"({_r(node.this)})"
    if type(node) in _R_OPERATORS:
        return f"{_r(node.this)} {_R_OPERATORS[type(node)]} {_r(node.expression)}"
    if type(node) in _R_FUNCTIONS:
        return f"{_R_FUNCTIONS[type(node)]}({_r(node.this)})"
    return _r_form(node)


def _r_form(node: exp.Expression) -> str:
    if isinstance(node, exp.Case) and node.this is None:
        default = node.args.get("default")
        written = "NA" if default is None else _r(default)
        for branch in reversed(node.args["ifs"]):
            written = f"ifelse({_r(branch.this)}, {_r(branch.args['true'])}, {written})"
        return written
    if isinstance(node, exp.Neg | exp.Not):
        return ("-" if isinstance(node, exp.Neg) else "!") + f"({_r(node.this)})"
    if isinstance(node, exp.Between):
        value = _r(node.this)
        return f"({value} >= {_r(node.args['low'])} & {value} <= {_r(node.args['high'])})"
    if isinstance(node, exp.In):
        return f"{_r(node.this)} %in% c({', '.join(_r(item) for item in node.expressions)})"
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return f"is.na({_r(node.this)})"
    if isinstance(node, exp.Greatest | exp.Least):
        name = "pmax" if isinstance(node, exp.Greatest) else "pmin"
        return f"{name}({', '.join(_r(item) for item in [node.this, *node.expressions])})"
    raise InputError(
        f"'{node.sql('duckdb')[:60]}' has no counterpart in R",
        fix="Write the adjustment differently",
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


__all__ = ["Translation", "to_r", "translate_adjustment"]
