"""Find out whether the parts of an expression fit together: numbers, text and conditions.

Checking kinds here rather than in the database gives messages in the user's words, with the
position, while the user types and before any data are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sqlglot import exp

from fusion_core.errors import ExpressionError
from fusion_core.harmony.expressions._nodes import (
    ARITHMETIC,
    CAST_KINDS,
    COMPARISONS,
    DISTINCTIONS,
    LOGIC,
    NODE_FUNCTIONS,
    PATTERNS,
)
from fusion_core.harmony.expressions.grammar import FUNCTIONS, Kind, shown
from fusion_core.surveys.model import Variable
from fusion_core.text_similarity import nearest

_WORDS: dict[Kind, str] = {
    "number": "a number",
    "boolean": "a condition",
    "text": "text",
    "any": "a value",
}


class KindChecker:
    """Derives the kind of every part of an already allowed tree.

    Parameters
    ----------
    variables
        Dictionary entries of the columns, where known.
    fail
        Builds the error for a part: what is wrong, the part, how to fix it.

    Attributes
    ----------
    remarks
        Sentences about labels that the dictionary does not know.
    """

    def __init__(
        self, variables: Mapping[str, Variable | None], fail: Callable[..., ExpressionError]
    ) -> None:
        self._variables = variables
        self._fail = fail
        self.remarks: list[str] = []

    def kind(self, node: exp.Expression) -> Kind:  # noqa: PLR0911 - one return per form of node
        """Return the kind of a part.

        Raises
        ------
        ExpressionError
            If its own parts do not fit together.
        """
        if isinstance(node, exp.Paren):
            return self.kind(node.this)
        if isinstance(node, exp.Literal):
            return "text" if node.is_string else "number"
        if isinstance(node, exp.Boolean):
            return "boolean"
        if isinstance(node, exp.Null):
            return "any"
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Case):
            return self._case(node)
        if isinstance(node, exp.If):
            return self._branches(node, [node])
        if isinstance(node, exp.Cast):  # TryCast is a Cast
            return self._cast(node)
        if type(node) in NODE_FUNCTIONS and not isinstance(node, exp.Mod | exp.Pow):
            return self._function(node)
        return self._operator(node)

    def _operator(self, node: exp.Expression) -> Kind:
        if isinstance(node, ARITHMETIC):
            for part in (node.this, node.expression):
                self._expect("number", part)
            return "number"
        if isinstance(node, exp.Neg):
            self._expect("number", node.this)
            return "number"
        if isinstance(node, LOGIC):
            # A chain of ANDs leans left; walking it in a loop keeps long ones off the stack.
            for part in node.flatten():
                self._expect("boolean", part)
        elif isinstance(node, exp.Not):
            self._expect("boolean", node.this)
        elif isinstance(node, PATTERNS):
            for part in (node.this, node.expression):
                self._expect("text", part)
        else:
            self._comparison(node)
        return "boolean"

    def _comparison(self, node: exp.Expression) -> None:
        if isinstance(node, COMPARISONS + DISTINCTIONS):
            self._agree(node, [node.this, node.expression])
        elif isinstance(node, exp.Between):
            self._agree(node, [node.this, node.args["low"], node.args["high"]])
        elif isinstance(node, exp.In):
            if not node.expressions:
                fix = "Write e.g. sex IN ('Male', 'Female')"
                raise self._fail("IN needs a list of values", node, fix=fix)
            self._agree(node, [node.this, *node.expressions])
        elif isinstance(node, exp.Is):
            self.kind(node.this)
            if not isinstance(node.expression, exp.Null | exp.Boolean):
                raise self._fail("IS needs NULL, TRUE or FALSE after it", node)
        else:
            raise self._fail(f"'{shown(node.sql('duckdb'))}' is not allowed", node)

    def _column(self, node: exp.Column) -> Kind:
        variable = self._variables.get(node.name)
        if variable is None or not variable.is_harmonizable:
            return "any"
        return "text" if variable.is_categorical else "number"

    def _cast(self, node: exp.Cast) -> Kind:
        self.kind(node.this)
        target = node.args["to"].this
        if target not in CAST_KINDS:
            raise self._fail(
                "This type is not allowed in CAST", node, fix="Cast to double or varchar"
            )
        return CAST_KINDS[target]

    def _function(self, node: exp.Expression) -> Kind:
        name = NODE_FUNCTIONS[type(node)]
        signature = FUNCTIONS[name]
        parts = _arguments(node)
        if not signature.fewest <= len(parts) <= signature.most:
            raise self._fail(f"'{name.lower()}' has the wrong number of arguments", node)
        if signature.arguments == "any":
            shared = self._agree(node, parts)
            return shared if signature.result == "any" else signature.result
        for part in parts:
            self._expect(signature.arguments, part)
        return signature.result

    def _case(self, node: exp.Case) -> Kind:
        if node.this is not None:
            self._agree(node, [node.this, *(item.this for item in node.args["ifs"])])
            results = [item.args["true"] for item in node.args["ifs"]]
            return self._agree(node, [*results, *_present(node.args.get("default"))])
        return self._branches(node, node.args["ifs"])

    def _branches(self, node: exp.Expression, branches: list[exp.Expression]) -> Kind:
        for branch in branches:
            self._expect("boolean", branch.this)
        results = [branch.args["true"] for branch in branches]
        default = node.args.get("default") or node.args.get("false")
        return self._agree(node, [*results, *_present(default)])

    def _expect(self, wanted: Kind, part: exp.Expression) -> None:
        found = self.kind(part)
        if found in {wanted, "any"}:
            return
        fix = f"Here {_WORDS[wanted]} is needed"
        if wanted == "number" and found == "boolean":
            fix = "Write CASE WHEN … THEN 1 ELSE 0 END to count with a condition"
        elif wanted == "number" and found == "text" and isinstance(part, exp.Column):
            fix = "Compare its labels, or convert it with try_cast(… AS double)"
        raise self._fail(f"{_named(part)} is {_WORDS[found]}", part, fix=fix)

    def _agree(self, node: exp.Expression, parts: Iterable[exp.Expression]) -> Kind:
        shared: Kind = "any"
        first: exp.Expression | None = None
        listed = list(parts)
        for part in listed:
            found = self.kind(part)
            if found == "any":
                continue
            if first is not None and found != shared:
                raise self._fail(
                    f"{_named(first)} is {_WORDS[shared]} but {_named(part)} is {_WORDS[found]}",
                    part,
                    fix=_advice(first, part),
                )
            shared, first = found, first or part
        if isinstance(node, (*COMPARISONS, *DISTINCTIONS, exp.In)) or (
            isinstance(node, exp.Case) and node.this is not None
        ):
            self._notice_unknown_labels(listed)
        return shared

    def _notice_unknown_labels(self, parts: list[exp.Expression]) -> None:
        column = next((part for part in parts if isinstance(part, exp.Column)), None)
        variable = self._variables.get(column.name) if column is not None else None
        if variable is None or not variable.levels:
            return
        for part in parts:
            if (
                isinstance(part, exp.Literal)
                and part.is_string
                and part.name not in variable.levels
            ):
                near = nearest(part.name, variable.levels)
                hint = f"; did you mean '{shown(near)}'?" if near else ""
                self.remarks.append(f"'{variable.name}' has no level '{shown(part.name)}'{hint}")


def _arguments(node: exp.Expression) -> list[exp.Expression]:
    """Return the arguments of a function node in the order they were written."""
    if isinstance(node, exp.Log):  # log10(x) is kept as a logarithm with two arguments
        return [node.expression]
    parts: list[exp.Expression] = []
    for value in node.args.values():
        if isinstance(value, exp.Expression):
            parts.append(value)
        elif isinstance(value, list):
            parts.extend(item for item in value if isinstance(item, exp.Expression))
    return parts


def _present(part: exp.Expression | None) -> list[exp.Expression]:
    return [] if part is None else [part]


def _named(part: exp.Expression) -> str:
    return f"'{shown(part.sql('duckdb', comments=False))}'"


def _advice(first: exp.Expression, second: exp.Expression) -> str:
    literal = next((part for part in (first, second) if isinstance(part, exp.Literal)), None)
    if literal is not None and literal.is_string:
        return "Write numbers without quotes, or compare with a column that holds labels"
    if literal is not None:
        return "The column holds labels: write them in single quotes, e.g. sex = 'Female'"
    return "Both must be of the same kind"
