"""Translate the adjustments of fusionData from R to the safe expression language.

Only arithmetic, comparisons, logic and a few functions exist on both sides; anything else is
reported and kept as it is, never run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fusion_core.errors import ExpressionError
from fusion_core.harmony.expressions import check_expression, mentioned_columns
from fusion_core.harmony.fusiondata._r_tokens import Token, TokenError, decoded

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?L?)
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<quoted>`(?:[^`\\]|\\.)+`)
      | (?P<name>[A-Za-z.][A-Za-z0-9._]*)
      | (?P<sign><{1,2}-|->{1,2}|%in%|%%|%/%|&&|\|\||[<>=!]=|[-+*/^<>=!&|(),~]))""",
    re.VERBOSE,
)
_FUNCTIONS: Final = {
    "abs": "abs",
    "round": "round",
    "sqrt": "sqrt",
    "exp": "exp",
    "log": "ln",
    "log10": "log10",
    "floor": "floor",
    "ceiling": "ceil",
    "sign": "sign",
    "pmin": "least",
    "pmax": "greatest",
    "coalesce": "coalesce",
    "replace_na": "coalesce",
    "tolower": "lower",
    "toupper": "upper",
    "trimws": "trim",
    "nchar": "length",
    "startsWith": "starts_with",
    "endsWith": "ends_with",
}
_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "ifelse": ("test", "yes", "no"),
    "if_else": ("condition", "true", "false"),
    "round": ("x", "digits"),
    "between": ("x", "left", "right"),
    "abs": ("x",),
    "sqrt": ("x",),
    "floor": ("x",),
    "ceiling": ("x",),
    "exp": ("x",),
    "log": ("x",),
    "is.na": ("x",),
    "replace_na": ("data", "replace"),
    "startsWith": ("x", "prefix"),
    "endsWith": ("x", "suffix"),
}
"""Names of arguments whose place is known; any other named argument has no counterpart."""

_SQL_WORDS: Final = frozenset(
    [
        "and",
        "as",
        "between",
        "case",
        "cast",
        "else",
        "end",
        "false",
        "from",
        "if",
        "in",
        "is",
        "like",
        "not",
        "null",
        "or",
        "select",
        "then",
        "true",
        "when",
    ]
)
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
    try:
        node = _parse(text)
        relevelled = _relevelling(node, variable)
        if relevelled is not None:
            return relevelled
        return Translation(adjustment=_allowed(_sql(node)))
    except RecursionError as error:
        raise ExpressionError(
            "The R expression has too many parts", fix="Write it again as an expression"
        ) from error


def _allowed(written: str) -> str:
    """Return what was written if the safe language accepts it; R allows more arguments."""
    check_expression(written, mentioned_columns(written))
    return written


def _relevelling(node: Node, variable: str) -> Translation | None:
    """Recognise ``if_else`` between the variable and one constant level."""
    if node.kind != "call" or node.text not in {"if_else", "ifelse"} or len(node.parts) != 3:  # noqa: PLR2004 - condition, yes, no
        return None
    condition, yes, no = node.parts
    for constant, other, universe in ((no, yes, condition), (yes, no, _negated(condition))):
        label = _constant_level(constant)
        if label is not None and _is_variable(other, variable):
            adds = any(_adds_level(part, label) for part in (constant, other))
            return Translation("", _allowed(_sql(universe)), label, adds)
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
    return node.kind in {"name", "quoted"} and node.text.lower() == variable.lower()


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
        constants = {"TRUE": "true", "T": "true", "FALSE": "false", "F": "false"}
        if node.text in constants:
            return constants[node.text]
        return "null" if node.text == "NA" or node.text.startswith("NA_") else _column(node.text)
    if node.kind == "quoted":
        return _column(node.text)
    if node.kind == "group":
        return f"({_sql(node.parts[0])})"
    if node.kind in {"minus", "not"}:
        return ("-" if node.kind == "minus" else "NOT ") + _sql(node.parts[0])
    if node.kind == "operator":
        return _sql_operator(node)
    return _sql_call(node)


def _sql_operator(node: Node) -> str:
    left, right = node.parts
    if node.text in {"%%", "%/%"}:
        # R's remainder has the sign of the divisor, the safe language's that of the dividend.
        whole = f"floor(({_sql(left)}) / ({_sql(right)}))"
        if node.text == "%/%":
            return whole
        return f"(({_sql(left)}) - ({_sql(right)}) * {whole})"
    if node.text == "%in%":
        items = right.parts if right.kind == "call" and right.text == "c" else (right,)
        return f"{_sql(left)} IN ({', '.join(_sql(item) for item in items)})"
    if node.text == "^":
        return f"power({_sql(left)}, {_sql(right)})"
    words = {"&": "AND", "&&": "AND", "|": "OR", "||": "OR"} | _COMPARISONS
    return f"{_sql(left)} {words.get(node.text, node.text)} {_sql(right)}"


def _column(name: str) -> str:
    lower = name.lower()
    plain = re.fullmatch(r"[a-z_][a-z0-9_]*", lower) and lower not in _SQL_WORDS
    return lower if plain else '"' + lower.replace('"', '""') + '"'


def _sql_call(node: Node) -> str:
    if node.text == "case_when":
        return _sql_cases(node)
    parts = [_sql(part) for part in _in_order(node)]
    if node.text in {"ifelse", "if_else"} and len(parts) == 3:  # noqa: PLR2004 - condition, yes, no
        return f"CASE WHEN {parts[0]} THEN {parts[1]} ELSE {parts[2]} END"
    if node.text == "between" and len(parts) == 3:  # noqa: PLR2004 - value, low, high
        return f"({parts[0]} >= {parts[1]} AND {parts[0]} <= {parts[2]})"
    if node.text == "is.na" and len(parts) == 1:
        return f"{parts[0]} IS NULL"
    if node.text in _FUNCTIONS and parts and not (node.text == "log" and len(parts) > 1):
        return f"{_FUNCTIONS[node.text]}({', '.join(parts)})"
    raise ExpressionError(
        f"The R function '{node.text[:40]}' has no counterpart in this form",
        fix="Write the adjustment again as an expression",
    )


def _in_order(node: Node) -> list[Node]:
    """Return the arguments of a call in the order of its parameters."""
    names = _LABELS.get(node.text, ())
    places: dict[int, Node] = {}
    unnamed: list[Node] = []
    for part in node.parts:
        if part.label in names:
            places[names.index(part.label)] = part
        elif not part.label:
            unnamed.append(part)
        elif (node.text, part.label) not in {("pmin", "na.rm"), ("pmax", "na.rm")}:
            raise ExpressionError(
                f"The argument '{part.label[:40]}' of the R function '{node.text[:40]}' has no "
                "counterpart",
                fix="Write the adjustment again as an expression",
            )
    for part in unnamed:
        places[next(place for place in range(len(node.parts) + 1) if place not in places)] = part
    return [places[place] for place in sorted(places)]


def _sql_cases(node: Node) -> str:
    """Write ``case_when(condition ~ value, …, TRUE ~ value)``."""
    branches = [part.parts for part in node.parts if part.kind == "branch" and not part.label]
    defaults = [part for part in node.parts if part.label == ".default"]
    if not branches or len(branches) + len(defaults) != len(node.parts):
        raise ExpressionError(
            "This form of 'case_when' has no counterpart",
            fix="Write the adjustment again as an expression",
        )
    written = [f"WHEN {_sql(when)} THEN {_sql(then)}" for when, then in branches]
    otherwise = f" ELSE {_sql(defaults[0])}" if defaults else ""
    return f"CASE {' '.join(written)}{otherwise} END"


def _parse(text: str) -> Node:
    if len(text) > _MAXIMUM_LENGTH:
        raise ExpressionError("The R expression is too long", fix="Write it again as an expression")
    return _RParser(text).whole()


class _RParser:
    """Precedence climbing over the operators R and the safe language share."""

    _LEVELS = (
        ("||", "|"),
        ("&&", "&"),
        ("==", "!=", "<", "<=", ">", ">="),
        ("+", "-"),
        ("*", "/"),
        ("%in%", "%%", "%/%"),
    )
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
            f"{what} in the R expression",
            where=f"position {position + 1}",
            fix="Write the adjustment again as an expression",
            position=position,
        )

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
            return Node("string", self._decoded(kind, text, position))
        if kind == "quoted":
            return Node("quoted", self._decoded(kind, text, position))
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
            if self._peek("~"):
                self._take()
                part = Node("branch", "~", (part, self._binary(0, depth)))
            found.append(Node(part.kind, part.text, part.parts, label))
            if self._peek(","):
                self._take()
                continue
            self._close()
            return tuple(found)

    def _decoded(self, kind: str, text: str, position: int) -> str:
        try:
            return decoded(Token(kind, text, position))
        except TokenError as error:
            raise self._error(error.what, position) from error

    def _close(self) -> None:
        if not self._peek(")"):
            raise self._error("A missing ')'", self._tokens[self._next][2])
        self._take()


__all__ = ["Translation", "translate_adjustment"]
