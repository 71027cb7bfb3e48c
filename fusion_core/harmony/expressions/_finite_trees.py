"""Write a checked expression so that a result that is no finite number is missing where it arises.

A number divided by nothing, the root of a negative one or a power too large to hold is infinite or
"not a number" in floating-point arithmetic, and databases compare such values as if they were
answers: ``np / 0 > 1`` would hold for everybody. Here every such result is NULL at the step that
produces it, so that whatever is computed from it is missing too and a condition on it selects nobody.

All arithmetic is in double precision, as in R: whole and decimal constants have no limits of their
own at which a query would fail.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from fusion_core.harmony.expressions._nodes import ARITHMETIC, CAST_KINDS
from fusion_core.harmony.expressions.engine import FINITE

_FUNCTIONS = (exp.Sqrt, exp.Ln, exp.Log, exp.Exp, exp.Round)
_SIGNS = (exp.Neg, exp.Abs, exp.Ceil, exp.Floor)
"""Finite exactly where their operand is."""
_PASSING = (exp.Add, exp.Sub, exp.Mul, *_SIGNS)
"""Never finite from an operand that is not, so that it is enough to look at their own result."""

_WHOLE_TYPES = {exp.DataType.Type.INT, exp.DataType.Type.BIGINT}


def write_finite(tree: exp.Expression) -> str:
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
    whole_texts = [
        node
        for node in tree.find_all(exp.Cast)
        if CAST_KINDS[node.to.this] == "text" and _is_whole(node.this)
    ]
    root = exp.Paren(this=tree)
    # Parts before what they belong to, in a loop: long sums lean left and would fill the stack.
    for node in reversed(list(root.walk())):
        _use_doubles(node)
        if isinstance(node, exp.Cast):
            if CAST_KINDS[node.to.this] == "number":
                _cast_by_double(node)
        elif _may_exceed(node) and not _is_seen_by_parent(node):
            _around(node, _finite)
    for node in whole_texts:
        _around(node.this, lambda part: exp.TryCast(this=part, to=exp.DataType.build("int128")))
    sql: str = root.this.sql("duckdb", comments=False, identify=True)
    return sql


def _use_doubles(node: exp.Expression) -> None:
    """Give arithmetic operands in double precision, and digits to round to as a whole number."""
    if isinstance(node, (*ARITHMETIC, exp.Abs, exp.Ceil, exp.Floor, *_FUNCTIONS, exp.Sign)):
        for name in ("expression",) if isinstance(node, exp.Log) else ("this", "expression"):
            if isinstance(part := node.args.get(name), exp.Expression):
                _double(part)
    digits = node.args.get("decimals") if isinstance(node, exp.Round) else None
    if digits is not None:
        _around(digits, lambda part: exp.TryCast(this=part, to=exp.DataType.build("int")))


def _double(part: exp.Expression) -> None:
    while isinstance(part, exp.Paren | exp.Neg):
        part = part.this
    if isinstance(part, exp.Literal):
        # Its shortest exact form; the exponent makes the database read a double.
        text = repr(float(part.name))
        part.set("this", text if "e" in text else f"{text}e0")
    elif not isinstance(part, (*ARITHMETIC, *_SIGNS, *_FUNCTIONS, exp.Column, exp.Anonymous)):
        _around(part, lambda inner: exp.Cast(this=inner, to=exp.DataType.build("double")))


def _cast_by_double(node: exp.Cast) -> None:
    """Convert text through a number, which may be ``'inf'``, and numbers only where they fit."""
    number = type(node)(this=node.this, to=exp.DataType.build("double"))
    node.set("this", exp.TryCast(this=_finite(number), to=node.to.copy()))


def _may_exceed(node: exp.Expression) -> bool:
    """Whether a part may be infinite or not a number although everything it reads is finite."""
    while isinstance(node, (*_SIGNS, exp.Paren)):
        node = node.this
    return isinstance(node, (*ARITHMETIC, *_FUNCTIONS))


def _is_seen_by_parent(node: exp.Expression) -> bool:
    while isinstance(node.parent, exp.Paren):
        node = node.parent
    return isinstance(node.parent, _PASSING) or (
        isinstance(node.parent, exp.Div) and node.arg_key == "this"
    )


def _finite(part: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this=FINITE, expressions=[part])


def _is_whole(part: exp.Expression) -> bool:
    """Whether a number is whole by its form, so that as text it has no decimal point."""
    part = part.unnest()
    if isinstance(part, exp.Literal):
        return not part.is_string and part.name.isdecimal()
    if isinstance(part, exp.Cast):
        return part.to.this in _WHOLE_TYPES
    if isinstance(part, exp.Add | exp.Sub | exp.Mul | exp.Mod | exp.Neg | exp.Abs):
        return _is_whole(part.this) and _is_whole(part.args.get("expression") or exp.Null())
    if isinstance(part, exp.Case | exp.If):
        branches = part.args.get("ifs") or [part]
        other = part.args.get("default") or part.args.get("false") or exp.Null()
        return all(_is_whole(value) for value in (*(item.args["true"] for item in branches), other))
    if isinstance(part, exp.Coalesce | exp.Greatest | exp.Least):
        return all(_is_whole(value) for value in (part.this, *part.expressions))
    return isinstance(part, exp.Length | exp.Sign | exp.Null)


def _around(part: exp.Expression, wrapper: Callable[[exp.Expression], exp.Expression]) -> None:
    """Put a call around a part, in its place."""
    place = exp.Null()
    part.replace(place)
    place.replace(wrapper(part))
