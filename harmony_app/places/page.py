"""The Places page: what is stored of places on the left, its map on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import panel as pn
import param

from fusion_core.errors import HarmonyError
from fusion_core.places.overview import (
    check_places,
    stored_boundaries,
    stored_contexts,
    stored_tables,
)
from harmony_app.places import rows, state
from harmony_app.places.form import AddForm
from harmony_app.places.style import own_style, shared_style
from harmony_app.shell.look import page_part
from harmony_app.shell.session import set_query
from harmony_app.shell.steps import next_way, ways_html
from harmony_app.surveys.data_list import DataList

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_core.geography.spatial import SpatialTable
    from harmony_app.shell.session import Session

_NO_PLACES: Final = (
    "No places yet",
    (
        "Boundaries draw the areas estimates are made for; spatial tables say what is known of"
        " them, as predictors."
    ),
)


class PlacesPage(pn.viewable.Viewer):
    """Shows a `ViewState`; every action replaces it with the next one.

    Parameters
    ----------
    view
        What is shown.
    """

    view = param.ClassSelector(class_=state.ViewState, default=state.ViewState())

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._refreshing = False
        self._read()
        self.view = state.from_address(session.query, self._kinds(), self._predictors())
        self._build()
        self._refresh()

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the page's content."""
        return self._main

    def _read(self) -> None:
        workspace = self._session.workspace
        self._boundaries = stored_boundaries(workspace)
        self._contexts = stored_contexts(workspace)
        self._stored = stored_tables(workspace)
        self._tables = rows.with_contexts(self._stored, self._contexts)
        self._findings = check_places(workspace)

    def _kinds(self) -> list[str]:
        return [item.kind for item in self._boundaries]

    def _predictors(self) -> dict[str, tuple[str, ...]]:
        return {item.name: item.table.predictors if item.table else () for item in self._tables}

    def _build(self) -> None:
        self._kind_list = DataList(
            columns=rows.BOUNDARY_COLUMNS,
            label="Stored boundaries",
            empty="No boundaries are stored yet.",
            sizing_mode="stretch_width",
            styles={"max-height": "20vh"},
        )
        self._table_list = DataList(
            columns=rows.TABLE_COLUMNS,
            label="Stored spatial tables",
            empty="No spatial table is stored yet.",
            sizing_mode="stretch_width",
            styles={"max-height": "26vh"},
        )
        self._context_list = DataList(
            columns=rows.CONTEXT_COLUMNS,
            label="Stored local contexts",
            empty="No local context is stored yet.",
            sizing_mode="stretch_width",
            styles={"max-height": "16vh"},
        )
        self._predictor_list = DataList(
            columns=rows.PREDICTOR_COLUMNS,
            label="Predictors",
            empty="Choose a spatial table to see its predictors.",
            sizing_mode="stretch_both",
        )
        self._found = pn.pane.HTML(
            "", stylesheets=own_style("findings"), margin=0, sizing_mode="stretch_width"
        )
        self._picture = pn.pane.HTML(
            "", stylesheets=own_style("picture"), margin=0, sizing_mode="stretch_both"
        )
        add = pn.widgets.Button(label="Add places", color="primary", margin=0)
        add.on_click(lambda _: self._go(state.adding(self.view)))
        title = pn.pane.HTML(
            page_part("page_title", "Places"),
            margin=0,
            align="center",
        )
        bar = pn.Row(
            title,
            pn.Spacer(styles={"flex": "1"}),
            add,
            stylesheets=shared_style("bar"),
            sizing_mode="stretch_width",
            margin=0,
        )
        stored = pn.Column(
            bar,
            self._kind_list,
            self._table_list,
            self._context_list,
            self._found,
            stylesheets=shared_style("card"),
            margin=0,
            sizing_mode="stretch_width",
        )
        predictors = pn.Column(
            self._predictor_list,
            stylesheets=shared_style("card"),
            margin=0,
            sizing_mode="stretch_both",
        )
        detail = pn.Column(
            self._picture, stylesheets=shared_style("card"), margin=0, sizing_mode="stretch_both"
        )
        self._shown = pn.Column(
            pn.Column(stored, predictors, stylesheets=shared_style("column"), margin=0),
            detail,
            stylesheets=[
                *shared_style("page"),
                ":host { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }",
            ],
            styles={"height": "calc(100vh - 70px)"},
            margin=0,
        )
        self._main = pn.Column(sizing_mode="stretch_both", margin=0)
        self._watch(self._kind_list, lambda kind: state.with_boundaries(self.view, kind))
        self._watch(self._table_list, lambda name: state.with_table(self.view, name))
        self._watch(self._context_list, lambda name: state.with_table(self.view, name))
        self._watch(self._predictor_list, lambda name: state.with_predictor(self.view, name))

    def _watch(self, part: DataList, change: Callable[[str], state.ViewState]) -> None:
        def react(event: param.parameterized.Event) -> None:
            if not self._refreshing:
                self._go(change(event.new))

        part.param.watch(react, "selected")

    def _go(self, view: state.ViewState) -> None:
        if view != self.view:
            self.view = view
            set_query(**state.to_address(view))
            self._refresh()

    def _leave_form(self, kind: str, table: str) -> None:
        self._read()
        if table:
            self._go(state.ViewState(table=table))
        elif kind:
            self._go(state.ViewState(boundaries=kind))
        else:
            self._go(state.showing(self.view))

    def _refresh(self) -> None:
        """Show the state."""
        self._refreshing = True
        try:
            if self.view.mode == "add":
                self._main[:] = [AddForm(self._session, self._leave_form)]
                return
            self._show_lists()
            self._picture.object = self._picture_html()
            if list(self._main) != [self._shown]:
                self._main[:] = [self._shown]
        finally:
            self._refreshing = False

    def _show_lists(self) -> None:
        self._update(self._kind_list, rows.boundary_rows(self._boundaries), self.view.boundaries, 4)
        self._update(self._table_list, rows.table_rows(self._stored), self.view.table, 6)
        listed_contexts = rows.context_rows(self._contexts)
        self._update(self._context_list, listed_contexts, self.view.table, 3)
        table = self._table()
        listed = rows.predictor_rows(table) if table else []
        self._predictor_list.param.update(rows=listed, selected=self._predictor(table))
        anything = bool(self._boundaries or self._stored or self._contexts)
        self._found.object = rows.findings_html(self._findings) if anything else ""

    @staticmethod
    def _update(part: DataList, listed: list[dict[str, Any]], selected: str, most: int) -> None:
        height = 30 + 34 * max(1, min(len(listed), most))
        part.param.update(rows=listed, selected=selected, height=height)

    def _table(self) -> SpatialTable | None:
        return next((item.table for item in self._tables if item.name == self.view.table), None)

    def _predictor(self, table: SpatialTable | None) -> str:
        if table is None:
            return ""
        return self.view.predictor or table.predictors[0]

    def _picture_html(self) -> str:
        workspace, table = self._session.workspace, self._table()
        problems = {item.kind: item.problem for item in self._boundaries}
        problems |= {
            item.name: item.problem for item in self._tables if item.name == self.view.table
        }
        try:
            if table is not None:
                drawn = problems.get("puma") == ""
                return rows.table_html(workspace, table, self._predictor(table), drawn=drawn)
            chosen = self.view.boundaries or self.view.table
            if problems.get(chosen):
                return page_part("line", "p", "count", problems[chosen])
            if chosen:
                return rows.boundaries_html(workspace, chosen)
            return page_part(
                "message", *_NO_PLACES, ways_html(next_way(self._session, ("places",)))
            )
        except HarmonyError as error:
            return page_part("line", "p", "count", error.message)


def build(session: Session) -> pn.viewable.Viewable:
    """Build the page."""
    return PlacesPage(session).__panel__()
