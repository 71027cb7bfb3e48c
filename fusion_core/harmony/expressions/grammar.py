"""What an expression may contain: the allow-list of functions, and the kind of value each part has.

The language is scalar SQL as DuckDB understands it. Nothing that is not listed here gets through:
no statement, sub-query, table or file function, setting, parameter, window or aggregate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlglot import exp

Kind = Literal["number", "boolean", "text", "any"]
"""What a part yields; ``any`` where nothing is known of a column, and for NULL."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Kinds a function takes and yields.

    Attributes
    ----------
    arguments
        Kind every argument must have; ``any`` where all must only agree with one another.
    result
        Kind of the result; ``any`` means the kind its arguments share.
    fewest, most
        Allowed number of arguments.
    """

    arguments: Kind
    result: Kind
    fewest: int = 1
    most: int = 1


FUNCTIONS: Final[dict[str, Signature]] = {
    "ABS": Signature("number", "number"),
    "CEIL": Signature("number", "number"),
    "CEILING": Signature("number", "number"),
    "FLOOR": Signature("number", "number"),
    "ROUND": Signature("number", "number", 1, 2),
    "SIGN": Signature("number", "number"),
    "SQRT": Signature("number", "number"),
    "LN": Signature("number", "number"),
    "LOG10": Signature("number", "number"),
    "EXP": Signature("number", "number"),
    "POWER": Signature("number", "number", 2, 2),
    "MOD": Signature("number", "number", 2, 2),
    "GREATEST": Signature("any", "any", 1, 100),
    "LEAST": Signature("any", "any", 1, 100),
    "COALESCE": Signature("any", "any", 1, 100),
    "NULLIF": Signature("any", "any", 2, 2),
    "IF": Signature("any", "any", 2, 3),
    "LOWER": Signature("text", "text"),
    "UPPER": Signature("text", "text"),
    "TRIM": Signature("text", "text"),
    "LENGTH": Signature("text", "number"),
    "CONTAINS": Signature("text", "boolean", 2, 2),
    "STARTS_WITH": Signature("text", "boolean", 2, 2),
    "ENDS_WITH": Signature("text", "boolean", 2, 2),
    "CAST": Signature("any", "any", 1, 1),
    "TRY_CAST": Signature("any", "any", 1, 1),
}
"""Functions by the name a user writes."""

ALLOWED_FUNCTIONS: Final[dict[str, str]] = {
    "abs": "abs(x): distance from zero",
    "cast": "cast(x AS double): convert to a number (or varchar, boolean)",
    "ceil": "ceil(x): round up",
    "ceiling": "ceiling(x): round up",
    "coalesce": "coalesce(x, y, …): the first that is not missing",
    "contains": "contains(text, 'part'): whether the part occurs",
    "ends_with": "ends_with(text, 'part'): whether the text ends so",
    "exp": "exp(x): e to the power of x",
    "floor": "floor(x): round down",
    "greatest": "greatest(x, y, …): the largest",
    "if": "if(condition, x, y): x where true, otherwise y",
    "least": "least(x, y, …): the smallest",
    "length": "length(text): number of characters",
    "ln": "ln(x): natural logarithm, missing unless x > 0",
    "log10": "log10(x): logarithm to base 10, missing unless x > 0",
    "lower": "lower(text): in small letters",
    "mod": "mod(x, y): remainder, missing where y is 0",
    "nullif": "nullif(x, y): missing where both are equal",
    "power": "power(x, y): x to the power of y",
    "round": "round(x, digits): rounded",
    "sign": "sign(x): −1, 0 or 1",
    "sqrt": "sqrt(x): square root, missing below 0",
    "starts_with": "starts_with(text, 'part'): whether the text begins so",
    "trim": "trim(text): without spaces around",
    "try_cast": "try_cast(x AS double): convert, missing where impossible",
    "upper": "upper(text): in capital letters",
}
"""One line of help for every function, for autocompletion."""

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

ALLOWED_SUMMARY: Final = (
    "Allowed are columns, numbers, 'text', + - * / %, comparisons, AND, OR, NOT, BETWEEN, IN, LIKE, "
    "IS NULL, CASE WHEN and the functions " + ", ".join(sorted(name.lower() for name in FUNCTIONS))
)
"""One sentence for the error that names what is allowed."""

REPLACEMENTS: Final[dict[type[exp.Expression], str]] = {
    exp.BitwiseAnd: "Write AND instead of &",
    exp.BitwiseOr: "Write OR instead of |",
    exp.DPipe: "Write OR instead of ||",
    exp.IntDiv: "Write floor(a / b) instead of //",
    exp.BitwiseXor: "Write power(a, b) instead of ^",
}
"""Advice for operators people bring along from other languages."""
