"""The safe expression language: parsed, checked, run, built from rows and steps, said in words."""

from fusion_core.harmony.expressions.conditions import (
    Condition,
    Relation,
    Test,
    Value,
    write_condition,
    write_name,
)
from fusion_core.harmony.expressions.engine import CheckedExpression, ExpressionEngine
from fusion_core.harmony.expressions.expression import (
    check_condition,
    check_expression,
    evaluate_expression,
    finite_sql,
    mentioned_columns,
    parse_expression,
    require_condition,
)
from fusion_core.harmony.expressions.expression_text import say_condition, say_recipe
from fusion_core.harmony.expressions.grammar import ALLOWED_FUNCTIONS, Kind
from fusion_core.harmony.expressions.member_counts import COUNTING, Counting, count_persons, counted
from fusion_core.harmony.expressions.reading import read_condition, read_recipe
from fusion_core.harmony.expressions.recipes import (
    Recipe,
    Recode,
    Start,
    Step,
    StepKind,
    Sum,
    Term,
    write_recipe,
)

__all__ = [
    "ALLOWED_FUNCTIONS",
    "COUNTING",
    "CheckedExpression",
    "Condition",
    "Counting",
    "ExpressionEngine",
    "Kind",
    "Recipe",
    "Recode",
    "Relation",
    "Start",
    "Step",
    "StepKind",
    "Sum",
    "Term",
    "Test",
    "Value",
    "check_condition",
    "check_expression",
    "count_persons",
    "counted",
    "evaluate_expression",
    "finite_sql",
    "mentioned_columns",
    "parse_expression",
    "read_condition",
    "read_recipe",
    "require_condition",
    "say_condition",
    "say_recipe",
    "write_condition",
    "write_name",
    "write_recipe",
]
