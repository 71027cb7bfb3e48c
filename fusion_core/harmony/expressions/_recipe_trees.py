"""Read the steps of a recipe from the parser's tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from fusion_core.harmony.expressions._condition_trees import (
    bare,
    column_of,
    condition_of,
    number_of,
)
from fusion_core.harmony.expressions.recipes import Recipe, Recode, Start, Step, StepKind, Sum, Term

_Peeled = tuple[Step, exp.Expression]


def recipe_of(tree: exp.Expression) -> Recipe | None:
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
