"""Adjustments made of steps – add up, convert, cap, recode – and the expressions they stand for.

A recipe starts from one value and applies steps in order. It is written as an expression of the
safe language and read back from one, so that the harmony keeps nothing but the expression. A
missing answer stays missing through every step; that is why a cap is written with CASE and not with
LEAST, which would turn a missing answer into the cap.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from fusion_core.errors import InputError
from fusion_core.harmony.expressions.conditions import (
    Condition,
    write_condition,
    write_name,
    write_value,
)
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


__all__ = [
    "Recipe",
    "Recode",
    "Start",
    "Step",
    "StepKind",
    "Sum",
    "Term",
    "write_recipe",
]
