"""Read an expression as the rows of a condition or the steps of a recipe, where they can say it."""

from __future__ import annotations

from fusion_core.errors import ExpressionError, InputError
from fusion_core.harmony.expressions.conditions import Condition
from fusion_core.harmony.expressions.expression import parse_expression
from fusion_core.harmony.expressions.recipes import Recipe


def read_condition(text: str) -> Condition | None:
    """Return the rows an expression consists of, or ``None`` where rows cannot say it."""
    from fusion_core.harmony.expressions._condition_trees import condition_of

    try:
        return condition_of(parse_expression(text))
    except (ExpressionError, RecursionError):
        return None


def read_recipe(text: str) -> Recipe | None:
    """Return the recipe an expression stands for, or ``None`` where steps cannot say it.

    The recipe yields what the expression yields; written again, it may differ in form (``12 * x``
    becomes ``x * 12``).
    """
    from fusion_core.harmony.expressions._recipe_trees import recipe_of

    try:
        return recipe_of(parse_expression(text))
    except (ExpressionError, InputError, RecursionError):
        return None


__all__ = ["read_condition", "read_recipe"]
