"""What an expression may contain: the allow-list of functions, and the kind of value each part has.

The language is scalar SQL as DuckDB understands it. Nothing that is not listed here gets through:
no statement, sub-query, table or file function, setting, parameter, window or aggregate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

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

ALLOWED_SUMMARY: Final = (
    "Allowed are columns, numbers, 'text', + - * / %, comparisons, AND, OR, NOT, BETWEEN, IN, LIKE, "
    "IS NULL, CASE WHEN and the functions " + ", ".join(sorted(name.lower() for name in FUNCTIONS))
)
"""One sentence for the error that names what is allowed."""


def shown(text: str, limit: int = 60) -> str:
    """Shorten text for a message and drop control characters."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
