"""Rows in which conditions on households are chosen: a variable, a relation, answers or numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.harmony.expressions import Test
from harmony_app.explore.view import words

if TYPE_CHECKING:
    from fusion_core.surveys.model import Variable

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_TIGHT: Final = (0, 0, 7, 0)
_OF_ANSWERS: Final = {"is": "in", "is not": "not_in", "was not answered": "missing"}
_OF_NUMBERS: Final = {
    "above": "more_than",
    "at least": "at_least",
    "at most": "at_most",
    "below": "less_than",
    "between": "between",
    "was not answered": "missing",
}


class ConditionRow:
    """The widgets of one condition.

    Parameters
    ----------
    number
        Which condition it is, from 1.
    """

    def __init__(self, number: int) -> None:
        self._variables: dict[str, Variable] = {}
        self.variable = pn.widgets.Select(label=f"Condition {number}", margin=_TIGHT, **_WIDE)
        self.relation = pn.widgets.Select(
            label=f"Relation {number}", css_classes=["unseen-label"], margin=_TIGHT, **_WIDE
        )
        self.levels = pn.widgets.CheckBoxGroup(
            margin=_TIGHT, styles={"max-height": "110px", "overflow": "auto"}, **_WIDE
        )
        self.threshold = _number(f"Number {number}")
        self.upper = _number(f"and {number}")
        self.numbers = pn.Row(self.threshold, self.upper, margin=0, **_WIDE)
        self.variable.param.watch(lambda _: self._choose(), "value")
        self.relation.param.watch(lambda _: self._relate(), "value")
        self.panel = pn.Column(
            self.variable, self.relation, self.levels, self.numbers, margin=0, **_WIDE
        )

    def offer(self, variables: dict[str, Variable]) -> None:
        """Offer the variables of another source; nothing is chosen then."""
        self._variables = variables
        titles = {words.variable_title(item): name for name, item in variables.items()}
        self.variable.options = {"choose …": "", **titles}
        self.variable.value = ""
        self._choose()

    def show(self, test: Test) -> None:
        """Show a condition on a variable that is offered."""
        self.variable.value = test.variable
        self.relation.value = test.relation
        if self.levels.visible:
            self.levels.value = [each for each in self.levels.options if each in test.values]
            return
        for field, value in zip((self.threshold, self.upper), test.values, strict=False):
            field.value = value

    def can_show(self, test: Test) -> bool:
        """Whether a condition can be shown without a loss."""
        variable = self._variables.get(test.variable)
        if variable is None:
            return False
        if not variable.is_categorical:
            return test.relation in _OF_NUMBERS.values()
        known = test.relation in _OF_ANSWERS.values()
        return known and set(test.values) <= set(variable.levels)

    @property
    def test(self) -> Test | None:
        """The condition; ``None`` while it is not whole."""
        name, relation = self.variable.value, self.relation.value
        if not name:
            return None
        if relation == "missing":
            return Test(name, "missing")
        if self.levels.visible:
            return Test(name, relation, tuple(self.levels.value)) if self.levels.value else None
        fields = (self.threshold, self.upper) if relation == "between" else (self.threshold,)
        if any(field.value is None for field in fields):
            return None
        return Test(name, relation, tuple(float(field.value) for field in fields))

    def _choose(self) -> None:
        variable = self._variables.get(self.variable.value or "")
        relations = _OF_ANSWERS if variable and variable.is_categorical else _OF_NUMBERS
        self.relation.options = relations
        self.relation.value = next(iter(relations.values()))
        self.relation.visible = variable is not None
        self.levels.options = list(variable.levels) if variable else []
        self.levels.value = []
        self._relate()

    def _relate(self) -> None:
        variable = self._variables.get(self.variable.value or "")
        asks = variable is not None and self.relation.value != "missing"
        self.levels.visible = bool(asks and variable and variable.is_categorical)
        self.numbers.visible = bool(asks and variable and not variable.is_categorical)
        self.upper.visible = self.relation.value == "between"


def _number(label: str) -> pn.widgets.FloatInput:
    return pn.widgets.FloatInput(
        value=None,
        label=label,
        css_classes=["unseen-label"],
        min_width=80,
        margin=(0, 6, 7, 0),
        **_WIDE,
    )


__all__ = ["ConditionRow"]
