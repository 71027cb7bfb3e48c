"""The parser's nodes: which an expression may hold, and which function or kind each stands for."""

from __future__ import annotations

from typing import Any, Final

from sqlglot import exp

from fusion_core.harmony.expressions.grammar import Kind

NODE_FUNCTIONS: Final[dict[type[exp.Expression], str]] = {
    exp.Abs: "ABS",
    exp.Ceil: "CEIL",
    exp.Floor: "FLOOR",
    exp.Round: "ROUND",
    exp.Sign: "SIGN",
    exp.Sqrt: "SQRT",
    exp.Ln: "LN",
    exp.Log: "LOG10",
    exp.Exp: "EXP",
    exp.Pow: "POWER",
    exp.Mod: "MOD",
    exp.Greatest: "GREATEST",
    exp.Least: "LEAST",
    exp.Coalesce: "COALESCE",
    exp.Nullif: "NULLIF",
    exp.Lower: "LOWER",
    exp.Upper: "UPPER",
    exp.Trim: "TRIM",
    exp.Length: "LENGTH",
    exp.Contains: "CONTAINS",
    exp.StartsWith: "STARTS_WITH",
    exp.EndsWith: "ENDS_WITH",
}
"""Parser nodes that stand for a function of `FUNCTIONS`."""

ARITHMETIC: Final = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Pow)
COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
DISTINCTIONS: Final = (exp.NullSafeEQ, exp.NullSafeNEQ)
LOGIC: Final = (exp.And, exp.Or)
PATTERNS: Final = (exp.Like, exp.ILike)
LITERALS: Final = (exp.Literal, exp.Boolean, exp.Null)

CAST_KINDS: Final[dict[Any, Kind]] = {
    exp.DataType.Type.DOUBLE: "number",
    exp.DataType.Type.FLOAT: "number",
    exp.DataType.Type.INT: "number",
    exp.DataType.Type.BIGINT: "number",
    exp.DataType.Type.TEXT: "text",
    exp.DataType.Type.VARCHAR: "text",
    exp.DataType.Type.BOOLEAN: "boolean",
}
"""Types a value may be cast to."""

ALLOWED_NODES: Final[frozenset[type[exp.Expression]]] = frozenset(
    {
        *NODE_FUNCTIONS,
        *ARITHMETIC,
        *COMPARISONS,
        *DISTINCTIONS,
        *LOGIC,
        *PATTERNS,
        *LITERALS,
        exp.Case,
        exp.If,
        exp.Between,
        exp.In,
        exp.Is,
        exp.Not,
        exp.Neg,
        exp.Paren,
        exp.Column,
        exp.Identifier,
        exp.Cast,
        exp.TryCast,
        exp.DataType,
    }
)
"""Every node a parsed expression may hold."""

REPLACEMENTS: Final[dict[type[exp.Expression], str]] = {
    exp.BitwiseAnd: "Write AND instead of &",
    exp.BitwiseOr: "Write OR instead of |",
    exp.DPipe: "Write OR instead of ||",
    exp.IntDiv: "Write floor(a / b) instead of //",
    exp.BitwiseXor: "Write power(a, b) instead of ^",
}
"""Advice for operators people bring along from other languages."""
