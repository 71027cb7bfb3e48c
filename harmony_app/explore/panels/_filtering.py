"""The form in which a filter of households is put together without typing an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.errors import InputError
from fusion_core.harmony.expressions import read_condition
from harmony_app.explore.panels._condition_rows import ConditionRow
from harmony_app.explore.panels._parts import Drawer
from harmony_app.explore.view import FILTERS, joined
from harmony_app.shell.look import page_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_core.surveys.model import Variable

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_TIGHT: Final = (0, 0, 7, 0)
_FIRST: Final = 2
_MOST: Final = 12
_TOO_MUCH: Final = (
    "The expression in the field cannot be shown as rows; a filter built here replaces it."
)


class Filtering:
    """The button that opens the form, and the form.

    Parameters
    ----------
    use
        Called with the expression of a filter; empty for everybody.
    styles
        Style sheets of the HTML panes.
    """

    def __init__(self, use: Callable[[str], None], styles: list[str]) -> None:
        self._parts = (use, styles)
        self._shown: tuple[dict[str, Variable], str] = ({}, "")
        self.drawer = Drawer("Build a filter", self._build)
        self.panel = self.drawer.panel

    def show(self, variables: dict[str, Variable], where: str) -> None:
        """Offer variables, and show the filter there is."""
        self._shown = (variables, where)
        if self.drawer.form is not None:
            self.drawer.form.show(variables, where)

    def _build(self) -> FilterForm:
        form = FilterForm(*self._parts)
        form.show(*self._shown)
        return form


class FilterForm:
    """What is inside: see `Filtering`."""

    def __init__(self, use: Callable[[str], None], styles: list[str]) -> None:
        self._use = use
        self._variables: dict[str, Variable] = {}
        self._where: str | None = None
        self.rows: list[ConditionRow] = []
        self._column = pn.Column(margin=0, **_WIDE)
        self.how_many = pn.widgets.Select(
            label="Households that meet", options=FILTERS, margin=_TIGHT, **_WIDE
        )
        self.add = pn.widgets.Button(label="Add a condition", margin=_TIGHT, **_WIDE)
        self.apply = pn.widgets.Button(label="Use this filter", margin=_TIGHT, **_WIDE)
        self.clear = pn.widgets.Button(label="Everybody", margin=_TIGHT, **_WIDE)
        self.message = pn.pane.HTML("", visible=False, margin=_TIGHT, stylesheets=styles, **_WIDE)
        self.add.on_click(lambda _: self._add())
        self.apply.on_click(lambda _: self._apply())
        self.clear.on_click(lambda _: self._use(""))
        buttons = pn.Column(self.apply, self.clear, margin=0, **_WIDE)
        self.panel = pn.Column(
            self._column, self.add, self.how_many, buttons, self.message, margin=0, **_WIDE
        )

    def show(self, variables: dict[str, Variable], where: str) -> None:
        """Show a filter as rows, where rows can say it."""
        if self._variables == variables and where == self._where:
            return  # rows being filled in stay as they are
        self._variables, self._where = variables, where
        condition = read_condition(where) if where.strip() else None
        tests = () if condition is None else condition.tests
        self._lay_out(max(_FIRST, len(tests)))
        if len(tests) > _MOST or not all(
            row.can_show(test) for row, test in zip(self.rows, tests, strict=False)
        ):
            condition, tests = None, ()
        for row, test in zip(self.rows, tests, strict=False):
            row.show(test)
        self.how_many.value = "all" if condition is None else condition.joined
        lost = bool(where.strip()) and condition is None
        self._tell(_TOO_MUCH if lost else "", "told")

    def _lay_out(self, count: int) -> None:
        self.rows = []
        self._column.clear()
        for _ in range(count):
            self._add()

    def _add(self) -> None:
        if len(self.rows) == _MOST:
            return
        row = ConditionRow(len(self.rows) + 1)
        row.offer(self._variables)
        self.rows.append(row)
        self._column.append(row.panel)
        self.add.disabled = len(self.rows) >= _MOST

    def _apply(self) -> None:
        try:
            text = joined([row.test for row in self.rows], self.how_many.value)
        except InputError as error:
            self._tell(error.message, "error")
            return
        self._tell("", "told")
        self._where = text
        self._use(text)

    def _tell(self, text: str, kind: str) -> None:
        role = "alert" if kind == "error" else "status"
        self.message.object = page_part("line", "div", kind, text, role) if text else ""
        self.message.visible = bool(text)


__all__ = ["Filtering"]
