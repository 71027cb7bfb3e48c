"""Adjustments made of steps – add up, convert, cap, recode – and the expressions they stand for.

A recipe starts from one value and applies steps in order. It is written as an expression of the
safe language and read back from one, so that the harmony keeps nothing but the expression. A
missing answer stays missing through every step; that is why a cap is written with CASE and not with
LEAST, which would turn a missing answer into the cap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Final, Literal

from sqlglot import exp

from fusion_core.errors import ExpressionError, InputError
from fusion_core.harmony.expressions.conditions import (
    Condition,
    bare,
    column_of,
    condition_of,
    number_of,
    write_condition,
    write_name,
    write_value,
)
from fusion_core.harmony.expressions.expression import parse_expression
from fusion_core.harmony.model import format_number
from fusion_core.records import Checked

StepKind = Literal[
    "multiply", "divide", "add", "from", "at_most", "at_least", "replace", "only", "above"
]
"""What a step does to the value x so far, with its number k and condition C.

``multiply`` x·k, ``divide`` x/k, ``add`` x+k, ``from`` k−x, ``at_most`` the smaller of x and k,
``at_least`` the larger, ``replace`` k where C and x elsewhere, ``only`` x where C and k elsewhere,
``above`` whether x > k (the last step: it yields a condition).
"""


@dataclass(frozen=True, slots=True)
class Term(Checked):
    """A variable that is added, or with `sign` −1 taken away."""

    variable: str
    sign: Literal[1, -1] = 1


@dataclass(frozen=True, slots=True)
class Sum(Checked):
    """Variables added up; optionally a missing answer counts as 0."""

    terms: tuple[Term, ...]
    missing_is_zero: bool = False

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        if not self.terms or self.terms[0].sign != 1:
            raise InputError(
                "A sum starts with a variable that is added", fix="Choose one, or change the order"
            )


@dataclass(frozen=True, slots=True)
class Recode(Checked):
    """A number for each level of a variable; levels not listed become missing."""

    variable: str
    values: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        if not self.values:
            raise InputError("No level has a number yet", where=self.variable)


@dataclass(frozen=True, slots=True)
class Step(Checked):
    """One step of a recipe; see `StepKind`."""

    kind: StepKind
    number: float
    condition: Condition | None = None

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        if not isfinite(self.number):
            raise InputError("A step needs a finite number", fix="Type a number such as 12")
        if self.kind == "divide" and self.number == 0:
            raise InputError("Nothing can be divided by 0", fix="Type another number")
        if (self.kind in {"replace", "only"}) != (self.condition is not None):
            raise InputError("The step has no condition yet", fix="Say for which rows it is")


Start = Sum | Recode | Condition


@dataclass(frozen=True, slots=True)
class Recipe(Checked):
    """A value to start from and what is done to it, in order.

    A condition to start from yields 1 where it holds and 0 where not, and takes no steps.
    """

    start: Start
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        ends = [index for index, step in enumerate(self.steps) if step.kind == "above"]
        last = len(self.steps) - 1
        if (isinstance(self.start, Condition) and self.steps) or any(i != last for i in ends):
            raise InputError("Yes or no is the last step", fix="Remove the steps after it")


def write_recipe(recipe: Recipe) -> str:
    """Return the expression of a recipe, e.g. ``(cooktop + range) * 12``."""
    text, binding = _write_start(recipe.start)
    for step in recipe.steps:
        text, binding = _write_step(step, text, binding)
    return text


def read_recipe(text: str) -> Recipe | None:
    """Return the recipe an expression stands for, or ``None`` where steps cannot say it.

    The recipe yields what the expression yields; written again, it may differ in form (``12 * x``
    becomes ``x * 12``).
    """
    try:
        return _read(parse_expression(text))
    except (ExpressionError, InputError, RecursionError):
        return None


# Writing ------------------------------------------------------------------------------------

_ATOM, _PRODUCT, _SUM, _COMPARISON = range(4)
"""How tightly the outermost operator of a text binds; a looser one needs parentheses."""


def _write_start(start: Start) -> tuple[str, int]:
    if isinstance(start, Condition):
        return write_condition(start), _COMPARISON
    if isinstance(start, Recode):
        cases = " ".join(f"WHEN {write_value(k)} THEN {write_value(v)}" for k, v in start.values)
        return f"CASE {write_name(start.variable)} {cases} END", _ATOM
    text = ""
    for term in start.terms:
        name = write_name(term.variable)
        part = f"coalesce({name}, 0)" if start.missing_is_zero else name
        text += part if not text else f" {'+' if term.sign > 0 else '-'} {part}"
    return text, _ATOM if len(start.terms) == 1 else _SUM


def _write_step(step: Step, text: str, binding: int) -> tuple[str, int]:
    k = format_number(step.number)
    if step.kind in {"multiply", "divide"}:
        sign = "*" if step.kind == "multiply" else "/"
        return f"{_held(text, binding, _PRODUCT)} {sign} {k}", _PRODUCT
    if step.kind == "add":
        sign = "-" if step.number < 0 else "+"
        return f"{_held(text, binding, _SUM)} {sign} {format_number(abs(step.number))}", _SUM
    if step.kind == "from":
        return f"{k} - {_held(text, binding, _PRODUCT)}", _SUM
    if step.kind == "above":
        return f"{_held(text, binding, _SUM)} > {k}", _COMPARISON
    if step.condition is not None:
        condition = write_condition(step.condition)
        inside, outside = (k, text) if step.kind == "replace" else (text, k)
        return f"CASE WHEN {condition} THEN {inside} ELSE {outside} END", _ATOM
    sign = ">" if step.kind == "at_most" else "<"
    compared = _held(text, binding, _SUM)
    return f"CASE WHEN {compared} {sign} {k} THEN {k} ELSE {text} END", _ATOM


def _held(text: str, binding: int, loosest: int) -> str:
    return text if binding <= loosest else f"({text})"


# Reading ------------------------------------------------------------------------------------

_Peeled = tuple[Step, exp.Expression]


def _read(tree: exp.Expression) -> Recipe | None:
    """Take steps off from the outside in, until what is left can be started from."""
    steps: list[Step] = []
    while True:
        tree = bare(tree)
        start = _start(tree)
        if start is not None:
            return Recipe(start, tuple(reversed(steps)))
        peeled = _peel(tree)
        if peeled is None:
            condition = condition_of(tree)
            return Recipe(condition) if condition is not None and not steps else None
        steps.append(peeled[0])
        tree = peeled[1]


def _start(tree: exp.Expression) -> Start | None:
    if isinstance(tree, exp.Case) and tree.this is not None:
        return _recode(tree)
    terms = _terms(tree)
    if terms is None or terms[0][0].sign != 1:
        return None
    kinds = {is_zero for _, is_zero in terms}
    return Sum(tuple(term for term, _ in terms), kinds.pop()) if len(kinds) == 1 else None


def _terms(tree: exp.Expression) -> list[tuple[Term, bool]] | None:
    """Return the signed variables of a sum, each with whether missing counts as 0."""
    found: list[tuple[Term, bool]] = []
    waiting: list[tuple[exp.Expression, bool]] = [(tree, True)]
    while waiting:
        part, positive = waiting.pop()
        part = bare(part)
        if isinstance(part, exp.Add | exp.Sub):
            right = positive if isinstance(part, exp.Add) else not positive
            waiting += [(part.expression, right), (part.this, positive)]
            continue
        is_zero = isinstance(part, exp.Coalesce)
        if is_zero and [number_of(item) for item in part.expressions] != [0.0]:
            return None
        name = column_of(part.this if is_zero else part)
        if name is None:
            return None
        found.append((Term(name, 1 if positive else -1), is_zero))
    return found


def _recode(tree: exp.Case) -> Recode | None:
    name = column_of(tree.this)
    if name is None or tree.args.get("default") is not None:
        return None
    values: list[tuple[str, float]] = []
    for branch in tree.args["ifs"]:
        level, number = bare(branch.this), number_of(branch.args["true"])
        if not isinstance(level, exp.Literal) or not level.is_string or number is None:
            return None
        values.append((str(level.name), number))
    return Recode(name, tuple(values))


def _peel(tree: exp.Expression) -> _Peeled | None:
    reader = _READERS.get(type(tree))
    return reader(tree) if reader is not None else None


def _peel_product(tree: exp.Expression) -> _Peeled | None:
    left, right = number_of(tree.this), number_of(tree.expression)
    if right is not None:
        return Step("multiply", right), tree.this
    return (Step("multiply", left), tree.expression) if left is not None else None


def _peel_quotient(tree: exp.Expression) -> _Peeled | None:
    right = number_of(tree.expression)
    return (Step("divide", right), tree.this) if right is not None else None


def _peel_addition(tree: exp.Expression) -> _Peeled | None:
    left, right = number_of(tree.this), number_of(tree.expression)
    if right is not None:
        return Step("add", right), tree.this
    return (Step("add", left), tree.expression) if left is not None else None


def _peel_difference(tree: exp.Expression) -> _Peeled | None:
    left, right = number_of(tree.this), number_of(tree.expression)
    if right is not None:
        return Step("add", -right), tree.this
    return (Step("from", left), tree.expression) if left is not None else None


def _peel_comparison(tree: exp.Expression) -> _Peeled | None:
    right = number_of(tree.expression)
    return (Step("above", right), tree.this) if right is not None else None


def _peel_case(tree: exp.Expression) -> _Peeled | None:
    branches, default = tree.args["ifs"], tree.args.get("default")
    if len(branches) != 1 or default is None:
        return None
    tested, inside = bare(branches[0].this), branches[0].args["true"]
    number = number_of(inside)
    cap = _CAPS.get(type(tested))
    if cap and number is not None and _is_cap(tested, number, default):
        return Step(cap, number), default
    condition = condition_of(tested)
    if condition is None:
        return None
    if number is not None:
        return Step("replace", number, condition), default
    outside = number_of(default)
    return (Step("only", outside, condition), inside) if outside is not None else None


def _is_cap(tested: exp.Expression, number: float, default: exp.Expression) -> bool:
    """Whether 'CASE WHEN x > k THEN k ELSE x END' repeats both its k and its x."""
    return number_of(tested.expression) == number and bare(tested.this) == bare(default)


_CAPS: Final[dict[type[exp.Expression], StepKind]] = {exp.GT: "at_most", exp.LT: "at_least"}
_READERS: Final[dict[type[exp.Expression], Callable[[exp.Expression], _Peeled | None]]] = {
    exp.Mul: _peel_product,
    exp.Div: _peel_quotient,
    exp.Add: _peel_addition,
    exp.Sub: _peel_difference,
    exp.GT: _peel_comparison,
    exp.Case: _peel_case,
}

__all__ = [
    "Recipe",
    "Recode",
    "Start",
    "Step",
    "StepKind",
    "Sum",
    "Term",
    "read_recipe",
    "write_recipe",
]
