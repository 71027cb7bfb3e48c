"""Write expressions of the safe language in R, as fusionData evaluates them.

Only what passed the check is written; a column is written as a name and a text as a text, whatever
they hold, so that nothing in them can become code.
"""

from __future__ import annotations

from typing import Final

import sqlglot
from sqlglot import exp

from fusion_core.errors import InputError
from fusion_core.harmony.expressions import check_expression, mentioned_columns
from fusion_core.harmony.fusiondata.r_writing import quoted, r_name
from fusion_core.harmony.model import format_number

_R_OPERATORS: Final[dict[type[exp.Expression], str]] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.EQ: "==",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.And: "&",
    exp.Or: "|",
}
_R_FUNCTIONS: Final[dict[type[exp.Expression], str]] = {
    exp.Abs: "abs",
    exp.Ceil: "ceiling",
    exp.Floor: "floor",
    exp.Sqrt: "sqrt",
    exp.Ln: "log",
    exp.Exp: "exp",
    exp.Sign: "sign",
    exp.Lower: "tolower",
    exp.Upper: "toupper",
}


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
        return quoted(node.name) if node.is_string else format_number(float(node.name))
    if isinstance(node, exp.Boolean):
        return "TRUE" if node.this else "FALSE"
    if isinstance(node, exp.Null):
        return "NA"
    if isinstance(node, exp.Column):
        return r_name(node.name)
    if isinstance(node, exp.Paren):
        return f"({_r(node.this)})"
    if type(node) in _R_OPERATORS:
        return f"{_r(node.this)} {_R_OPERATORS[type(node)]} {_r(node.expression)}"
    if type(node) in _R_FUNCTIONS:
        return f"{_R_FUNCTIONS[type(node)]}({_r(node.this)})"
    return _r_form(node)


def _r_operand(node: exp.Expression) -> str:
    """Write a part that stands beside an operator R binds more tightly than the safe language."""
    plain = isinstance(node, exp.Column | exp.Paren) or (
        isinstance(node, exp.Literal) and not str(node.name).startswith("-")
    )
    return _r(node) if plain else f"({_r(node)})"


def _r_form(node: exp.Expression) -> str:  # noqa: PLR0911 - one return per form of node
    if isinstance(node, exp.Case | exp.If):
        return _r_cases(node)
    if isinstance(node, exp.Neg | exp.Not):
        return ("-" if isinstance(node, exp.Neg) else "!") + f"({_r(node.this)})"
    if isinstance(node, exp.Between):
        value, low, high = (_r_operand(node.args[name]) for name in ("this", "low", "high"))
        return f"({value} >= {low} & {value} <= {high})"
    if isinstance(node, exp.In):
        items = ", ".join(_r(item) for item in node.expressions)
        return f"({_r_operand(node.this)} %in% c({items}))"
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return f"is.na({_r(node.this)})"
    if isinstance(node, exp.Pow):
        return f"({_r_operand(node.this)}^{_r_operand(node.expression)})"
    if isinstance(node, exp.Round):
        digits = node.args.get("decimals")
        return f"round({_r(node.this)}{'' if digits is None else f', {_r(digits)}'})"
    if isinstance(node, exp.Greatest | exp.Least):
        name = "pmax" if isinstance(node, exp.Greatest) else "pmin"
        items = ", ".join(_r(item) for item in [node.this, *node.expressions])
        return f"{name}({items}, na.rm = TRUE)"  # missing values are passed over here, not in R
    raise InputError(
        f"'{node.sql('duckdb')[:60]}' has no counterpart in R",
        fix="Write the adjustment differently",
    )


def _r_cases(node: exp.Expression) -> str:
    """Write ``CASE`` and ``if`` as nested ``ifelse``."""
    branches = [node] if isinstance(node, exp.If) else node.args["ifs"]
    default = node.args.get("false" if isinstance(node, exp.If) else "default")
    written = "NA" if default is None else _r(default)
    for branch in reversed(branches):
        condition = branch.this
        if isinstance(node, exp.Case) and node.this is not None:
            condition = exp.EQ(this=node.this.copy(), expression=condition.copy())
        written = f"ifelse({_r(condition)}, {_r(branch.args['true'])}, {written})"
    return written


__all__ = ["to_r"]
