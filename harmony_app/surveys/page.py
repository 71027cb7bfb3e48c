"""The Surveys page: inventory, dictionary explorer and the chosen variable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn
import param

from fusion_core.errors import HarmonyError
from fusion_core.execution.deriving import underive
from fusion_core.surveys import RespondentLevel, SurveyId
from fusion_core.surveys.search import search, siblings
from harmony_app.shell.look import page_part
from harmony_app.shell.session import set_query
from harmony_app.shell.steps import next_way, ways_html
from harmony_app.shell.work import SlowWork
from harmony_app.surveys import rows, state
from harmony_app.surveys.catalogue import Catalogue, load_catalogue, load_distribution
from harmony_app.surveys.data_list import DataList
from harmony_app.surveys.deriving import Deriving
from harmony_app.surveys.detail import SIBLING_COLUMNS, sibling_rows, variable_html
from harmony_app.surveys.wizard import ImportWizard

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_core.surveys.search import Entry
    from fusion_core.surveys.summary import Distribution
    from harmony_app.shell.session import Session

_ASSETS: Final = Path(__file__).parent / "assets"
_ROW_HEIGHT, _HEAD_HEIGHT, _SHOWN_SURVEYS = 34, 30, 6
_LEVELS: Final[dict[str, RespondentLevel | None]] = {
    "All": None,
    "Household": "household",
    "Person": "person",
}
_KINDS: Final[dict[str, state.TypeFilter]] = {
    "Any kind": "any",
    "Categories": "categories",
    "Numbers": "numbers",
}
_COUNTING: Final = "Counting the answers …"
_NOTHING_CHOSEN: Final = (
    "Choose a variable",
    "Its weighted distribution, levels and other vintages appear here.",
)
_STEPS: Final = ("recipient", "donors", "places", "harmonies", "run")
_NO_SURVEY: Final = (
    "No survey yet",
    (
        "A fusion joins two: a recipient that says where people live, such as the ACS, and a donor"
        " with the answers it lacks."
    ),
)


def style(name: str) -> list[str]:
    """Read a style sheet of this page."""
    return [(_ASSETS / f"{name}.css").read_text(encoding="utf-8")]


class SurveysPage(pn.viewable.Viewer):
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
        self._may_change = session.may("harmonizer")
        self._catalogue: Catalogue = load_catalogue(session.workspace)
        view = state.from_address(session.query, list(self._catalogue.overviews))
        self.view = _with_something_chosen(view, self._catalogue)
        self._inventory = DataList(
            columns=rows.survey_columns(list(self._catalogue.overviews.values())),
            label="Stored surveys",
            empty="No survey is stored yet. Import one to begin.",
            sizing_mode="stretch_width",
            styles={"flex": "0 1 auto", "max-height": "34vh"},
        )
        self._variables = DataList(
            columns=rows.VARIABLE_COLUMNS, label="Variables", sizing_mode="stretch_both"
        )
        self._siblings = DataList(
            columns=SIBLING_COLUMNS,
            label="The same variable in other vintages",
            sizing_mode="stretch_width",
        )
        self._detail = pn.pane.HTML(
            "", stylesheets=style("detail"), sizing_mode="stretch_both", margin=0
        )
        self._damage = pn.pane.HTML(
            "", stylesheets=style("damage"), margin=0, sizing_mode="stretch_width"
        )
        self._found = pn.pane.HTML("", margin=0, align="center", styles={"color": "var(--muted)"})
        self._main = pn.Column(sizing_mode="stretch_both", margin=0)
        self._explorer = self._explorer_view()
        self._refreshing = False
        self._counting = SlowWork(session.visitor)
        self._connect()
        self._refresh()

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the page's content."""
        return self._main

    def _explorer_view(self) -> pn.viewable.Viewable:
        self._import = pn.widgets.Button(
            label="Import a survey", color="primary", margin=0, visible=self._may_change
        )
        self._derive = pn.widgets.Button(
            label="Derive a variable",
            margin=0,
            stylesheets=style("buttons"),
            visible=self._may_change,
        )
        self._search = pn.widgets.TextInput(
            placeholder="Search names, descriptions and answers …",
            value=self.view.query,
            margin=0,
            styles={"flex": "1 1 140px", "min-width": "140px"},
        )
        self._level = pn.widgets.RadioButtonGroup(
            options=list(_LEVELS), margin=0, stylesheets=style("buttons")
        )
        self._kind = pn.widgets.Select(
            label="Kind",
            css_classes=["unseen-label"],
            options=list(_KINDS),
            width=116,
            margin=0,
        )
        self._everything = pn.widgets.Button(
            label="All surveys", margin=0, disabled=True, stylesheets=style("buttons")
        )
        title = pn.pane.HTML(
            page_part("page_title", "Surveys"),
            margin=0,
            align="center",
        )
        inventory = pn.Column(
            pn.Row(
                title,
                pn.Spacer(styles={"flex": "1"}),
                self._everything,
                self._derive,
                self._import,
                stylesheets=style("bar"),
                sizing_mode="stretch_width",
                margin=0,
            ),
            self._inventory,
            self._damage,
            stylesheets=style("card"),
            margin=0,
            sizing_mode="stretch_width",
        )
        explorer = pn.Column(
            pn.Row(
                self._search,
                self._level,
                self._kind,
                self._found,
                stylesheets=style("bar"),
                sizing_mode="stretch_width",
                margin=0,
            ),
            self._variables,
            stylesheets=style("card"),
            margin=0,
            sizing_mode="stretch_both",
        )
        self._sibling_card = pn.Column(
            self._siblings,
            stylesheets=style("card"),
            margin=(12, 0, 0, 0),
            sizing_mode="stretch_width",
        )
        detail = pn.Column(
            self._detail,
            self._definition_buttons(),
            stylesheets=style("card"),
            margin=0,
            sizing_mode="stretch_both",
        )
        return pn.Column(
            pn.Column(inventory, explorer, stylesheets=style("column"), margin=0),
            pn.Column(
                detail,
                self._sibling_card,
                stylesheets=[
                    *style("column"),
                    ":host { grid-template-rows: minmax(0, 1fr) auto; gap: 0; }",
                ],
                margin=0,
            ),
            stylesheets=style("page"),
            styles={"height": "calc(100vh - 70px)"},
            margin=0,
        )

    def _definition_buttons(self) -> pn.viewable.Viewable:
        """Return what can be done with a derived variable; shown for such a one alone."""
        plain: dict[str, Any] = {"margin": 0, "stylesheets": style("buttons")}
        change = pn.widgets.Button(label="Change the definition", **plain)
        remove = pn.widgets.Button(label="Remove it", **plain)
        self._really = pn.widgets.Button(label="Remove it for good", color="danger", visible=False)
        self._really.margin = 0
        change.on_click(lambda _: self._change_derived())
        remove.on_click(lambda _: setattr(self._really, "visible", not self._really.visible))
        self._really.on_click(lambda _: self._remove_derived())
        self._refusal = pn.pane.HTML("", stylesheets=style("damage"), margin=0)
        self._definition = pn.Column(
            self._refusal,
            pn.Row(change, remove, self._really, stylesheets=style("bar"), margin=0),
            margin=0,
            sizing_mode="stretch_width",
            visible=False,
        )
        return self._definition

    def _change_derived(self) -> None:
        key = self.view.variable
        if key is not None:
            self._go(state.deriving(self.view, key.survey, key.variable))

    def _remove_derived(self) -> None:
        key = self.view.variable
        if key is None:
            return
        try:
            self._session.require("harmonizer", "Removing a derived variable")
            underive(self._session.workspace, SurveyId.parse(key.survey), key.variable)
        except HarmonyError as error:
            self._refusal.object = page_part("line", "p", "damage", error.message)
            self._really.visible = False
            return
        self._session.record("derived variable removed", survey=key.survey, variable=key.variable)
        self._catalogue = load_catalogue(self._session.workspace)
        self._go(_with_something_chosen(state.exploring(self.view, key.survey), self._catalogue))

    def _connect(self) -> None:
        self._import.on_click(lambda _: self._go(state.importing(self.view)))
        self._derive.on_click(lambda _: self._go(state.deriving(self.view, self._derivable())))
        self._everything.on_click(lambda _: self._go(state.with_survey(self.view, "")))
        self._watch(self._search, "value_input", lambda text: state.with_query(self.view, text))
        self._watch(
            self._level, "value", lambda text: state.with_respondent(self.view, _LEVELS[text])
        )
        self._watch(self._kind, "value", lambda text: state.with_types(self.view, _KINDS[text]))
        self._watch(self._inventory, "selected", lambda name: state.with_survey(self.view, name))
        for part in (self._variables, self._siblings):
            self._watch(part, "selected", self._choose)

    def _watch(self, part: Any, name: str, change: Callable[[Any], state.ViewState]) -> None:
        def react(event: param.parameterized.Event) -> None:
            if not self._refreshing:
                self._go(change(event.new))

        part.param.watch(react, name)

    def _choose(self, row: str) -> state.ViewState:
        key = state.VariableKey.parse(row)
        return self.view if key is None else state.with_variable(self.view, key)

    def _go(self, view: state.ViewState) -> None:
        if view == self.view:
            return
        before, self.view = self.view, view
        set_query(**state.to_address(view))
        self._refresh(before)

    def _refresh(self, before: state.ViewState | None = None) -> None:
        """Show the state; parts that did not change are left alone."""
        self._refreshing = True
        try:
            if self.view.mode == "explore" or not self._may_change:
                self._show_lists(before)
                self._show_variable()
            # Last, so that parts are complete when they enter the page.
            if before is None or before.mode != self.view.mode:
                self._show_mode()
        finally:
            self._refreshing = False

    def _show_mode(self) -> None:
        if not self._may_change:
            self._main[:] = [self._explorer]
        elif self.view.mode == "import":
            self._main[:] = [ImportWizard(self._session, self._leave_wizard)]
        elif self.view.mode == "derive":
            survey = SurveyId.parse(self.view.survey)
            self._main[:] = [
                Deriving(self._session, survey, self._leave_form, change=self.view.change)
            ]
        else:
            self._main[:] = [self._explorer]

    def _derivable(self) -> str:
        """Return the survey a variable can be derived of: the one that is looked at, if it has rows."""
        key = self.view.variable
        wanted = self.view.survey or (key.survey if key is not None else "")
        overviews = {str(survey): item for survey, item in self._catalogue.overviews.items()}
        found = overviews.get(wanted)
        return wanted if found is not None and found.households is not None else ""

    def _leave_form(self, name: str | None) -> None:
        self._catalogue = load_catalogue(self._session.workspace)
        self._go(state.derived(self.view, name))

    def _leave_wizard(self, stored: str | None) -> None:
        self._catalogue = load_catalogue(self._session.workspace)
        self._go(state.exploring(self.view, stored))

    def _show_lists(self, before: state.ViewState | None) -> None:
        view = self.view
        overviews = list(self._catalogue.overviews.values())
        surveys = rows.survey_rows(overviews)
        self._inventory.columns = rows.survey_columns(overviews)
        shown = max(1, min(len(surveys), _SHOWN_SURVEYS))
        self._inventory.param.update(
            rows=surveys, selected=view.survey, height=_HEAD_HEIGHT + _ROW_HEIGHT * shown
        )
        self._damage.object = _damage_html(self._catalogue)
        self._everything.disabled = not view.survey
        self._derive.disabled = not self._derivable()
        if self._search.value_input != view.query:
            # Never echo what is being typed: it would overwrite the letters typed meanwhile.
            self._search.value = view.query
        self._level.value = next(k for k, level in _LEVELS.items() if level == view.respondent)
        self._kind.value = next(name for name, kind in _KINDS.items() if kind == view.types)
        if before is None or _filters(before) != _filters(view):
            self._show_hits()
        else:
            self._variables.selected = str(view.variable or "")

    def _show_hits(self) -> None:
        view = self.view
        chosen = {item for item in self._catalogue.overviews if str(item) == view.survey}
        hits = search(
            self._catalogue.index,
            view.query,
            surveys=frozenset(chosen),
            respondent=view.respondent,
            types=state.TYPES[view.types],
        )
        self._variables.param.update(
            rows=rows.variable_rows(hits),
            selected=str(view.variable or ""),
            empty="No variable matches. Try fewer words, or another filter."
            if self._catalogue.overviews
            else "Import a survey, and its variables appear here.",
        )
        self._found.object = page_part("text", rows.found_text(hits, view.query))

    def _show_variable(self) -> None:
        entry = self._chosen()
        self._definition.visible = (
            self._may_change and entry is not None and bool(entry.variable.definition)
        )
        self._really.visible, self._refusal.object = False, ""
        if entry is None:
            self._counting.cancel()
            words = _NOTHING_CHOSEN if self._catalogue.overviews else _NO_SURVEY
            self._detail.object = page_part("message", *words, self._ways())
            self._sibling_card.css_classes = ["hidden"]
            return
        overview = self._catalogue.overviews[entry.survey]
        self._detail.object = variable_html(entry, overview, None, problem=_COUNTING)

        def show(found: Distribution | None) -> None:
            self._detail.object = variable_html(entry, overview, found)

        def fail(error: Exception) -> None:
            if not isinstance(error, HarmonyError):
                raise error
            self._detail.object = variable_html(entry, overview, None, problem=error.message)

        # Millions of answers take a second, in which other visitors' clicks must not wait.
        workspace = self._session.workspace
        self._counting.start(lambda: load_distribution(workspace, entry), show, fail)
        others = sibling_rows(entry, siblings(self._catalogue.index, entry))
        self._sibling_card.css_classes = [] if others else ["hidden"]
        self._siblings.param.update(
            rows=others,
            selected="",
            height=_HEAD_HEIGHT + _ROW_HEIGHT * min(len(others), _SHOWN_SURVEYS) + 4,
        )

    def _ways(self) -> str:
        """Lead on: whoever has just stored a survey wonders what comes next."""
        return ways_html(next_way(self._session, _STEPS))

    def _chosen(self) -> Entry | None:
        key = self.view.variable
        return None if key is None else self._catalogue.entry(key.survey, key.variable)


def _filters(view: state.ViewState) -> tuple[object, ...]:
    return view.mode, view.query, view.survey, view.respondent, view.types


def _with_something_chosen(view: state.ViewState, catalogue: Catalogue) -> state.ViewState:
    """Choose the first answer in sight: an empty pane would teach nobody what appears there."""
    if view.variable or view.query:
        return view
    for entry in catalogue.index.entries:
        survey = str(entry.survey)
        if entry.variable.role == "answer" and view.survey in {"", survey}:
            return state.with_variable(view, state.VariableKey(survey, entry.variable.name))
    return view


def _damage_html(catalogue: Catalogue) -> str:
    """Say what could not be read, one sentence each."""
    return page_part("lines", "p", "damage", catalogue.damaged)


def build(session: Session) -> pn.viewable.Viewable:
    """Build the page."""
    return SurveysPage(session).__panel__()
