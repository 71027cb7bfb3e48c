"""The Explore page: one state, three columns that show it, and the numbers behind it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import panel as pn
from panel.viewable import Viewer

from fusion_core.errors import HarmonyError, InputError
from fusion_core.geography.named_places import named_places
from fusion_core.harmony.expressions import check_condition
from harmony_app.explore.data import (
    MethodNote,
    donor_map,
    hover_of,
    layer_of,
    method_note,
    read_catalogue,
    smoothing_offer,
)
from harmony_app.explore.map import AreaShapes, area_shapes
from harmony_app.explore.panels import (
    Centre,
    Combining,
    Controls,
    KeptTables,
    Publishing,
    Shown,
    Side,
    TakeAway,
    Years,
    calibrating,
    copy_link_button,
    notices_html,
    placing,
)
from harmony_app.explore.view import (
    CALIBRATION_MEASURES,
    OWN_PLACES,
    TABLE_MEASURES,
    EstimateRequest,
    ExploreState,
    choose_source,
    choose_table,
    choose_variable,
    estimate_request,
    from_query,
    is_small,
    repair,
    to_query,
    toggle_area,
    words,
)
from harmony_app.shell.look import Quantity, page_part
from harmony_app.shell.session import set_query
from harmony_app.shell.work import SlowWork, at_once, failure_text

if TYPE_CHECKING:
    from fusion_core.estimates.places import DonorResolution
    from harmony_app.explore.data import Answer, Catalogue, Estimator, Source
    from harmony_app.shell.session import Session

ASSETS: Final = Path(__file__).parent / "assets"
_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}


class ExplorePage(Viewer):
    """The page of one visitor.

    Parameters
    ----------
    session
        Who looks, at which workspace.
    catalogue
        What can be shown; at least one source.
    estimator
        Answers the questions.
    """

    def __init__(self, session: Session, catalogue: Catalogue, estimator: Estimator) -> None:
        super().__init__()
        self._session = session
        self._catalogue = catalogue
        self._estimator = estimator
        self._work = SlowWork(session.visitor)
        self._donor_work = SlowWork(session.visitor)
        self._donor: DonorResolution | None = None
        self._shapes: AreaShapes | None = None
        self._asked: EstimateRequest | None = None
        self._answer: Answer | None = None
        self.note: MethodNote | None = None
        self._styles = styles = [(ASSETS / "explore.css").read_text(encoding="utf-8")]
        kept_tables = KeptTables(session, self.tables_changed, styles)
        self.controls = Controls(catalogue, self.dispatch, self.choose_source, kept_tables, styles)
        self.combining = Combining(session, catalogue, estimator, self.show_new, styles)
        self.years = Years(
            estimator,
            session,
            lambda text, error: self.centre.show_status(text, busy=bool(text), error=error),
            self._offer_files,
            styles,
        )
        self.centre = Centre(
            session.theme,
            lambda measure: self.dispatch(dataclasses.replace(self.state, measure=measure)),
            lambda view: self.dispatch(dataclasses.replace(self.state, view=view)),
            self.choose_area,
            styles,
            years=self.years.panel,
        )
        self.centre.again.on_click(self._ask_again)
        self.side = Side(
            estimator,
            self.dispatch,
            self.choose_area,
            catalogue,
            styles,
            visitor=session.visitor,
        )
        self.calibrating = calibrating(session, self.show_totals, styles)
        self.placing = placing(session, self.show_places, styles)
        self.publishing = Publishing(session, styles)
        self.files = TakeAway(estimator, self._shown)
        self._footnote = pn.pane.HTML("", stylesheets=styles, margin=(8, 0, 0, 0), **_WIDE)
        self._elsewhere = ""
        self.state = self._first_state()
        self._layout = self._build()
        self.dispatch(self.state, first=True)
        if session.query.get("panel") == "publish":  # where the Fuse page leads
            self.publishing.drawer.open.value = True
            set_query(panel=None)

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the three columns."""
        return self._layout

    @property
    def source(self) -> Source:
        """The run or survey that is shown."""
        return self._catalogue.sources[self.state.source]

    def choose_source(self, identifier: str) -> None:
        """Switch to another run or survey."""
        source = self._catalogue.sources[identifier]
        state = choose_source(self.state, identifier, list(source.variables.values()))
        self.dispatch(state)

    def show_new(self, identifier: str, variable: str) -> None:
        """Show a combination or an outcome that was made just now.

        Parameters
        ----------
        identifier
            Of the source.
        variable
            The outcome; empty for a combination.
        """
        self._read_again()
        source = self._catalogue.sources[identifier]
        state = choose_source(self.state, identifier, list(source.variables.values()))
        if variable:
            state = choose_variable(state, source.variables[variable])
        self.dispatch(state)

    def show_totals(self, name: str) -> None:
        """Calibrate to known totals that were kept just now."""
        self._read_again()
        self.dispatch(self.controls.calibrated(name))

    def show_places(self, name: str) -> None:
        """Map places of one's own that were kept just now."""
        self._read_again()
        kind = f"{OWN_PLACES}{name}"
        self.dispatch(dataclasses.replace(self.state, area_kind=kind, areas=(), table=""))

    def _read_again(self) -> None:
        """Offer what there is now; a name may stand for something else than before."""
        self._catalogue = read_catalogue(self._session.workspace)
        self.controls.offer(self._catalogue)
        self._asked = None

    def tables_changed(self) -> None:
        """Offer the independent tables there are now, under their titles; a removed one is let go."""
        self._read_again()
        state = self.state
        if state.table not in {table.name for table in self._catalogue.tables}:
            state = choose_table(state, "", state.area_kind)
        self.dispatch(state)

    def choose_area(self, area: str, compare: bool = False) -> None:
        """Choose an area, or compare it with the one chosen."""
        self.dispatch(toggle_area(self.state, area, compare=compare))

    def dispatch(self, state: ExploreState, *, first: bool = False) -> None:
        """Show another state; recompute only what it changes.

        Parameters
        ----------
        state
            The state to show.
        first
            Whether nothing has been shown yet.
        """
        with at_once():
            self._dispatch(state, first=first)

    def _dispatch(self, state: ExploreState, *, first: bool) -> None:
        source = self._catalogue.sources[state.source]
        if state.area_kind not in source.area_kinds and source.area_kinds:
            state = dataclasses.replace(state, area_kind=source.area_kinds[0], areas=())
        state = repair(state, source.variables, source.columns)
        if state.smooth and not smoothing_offer(state, source).how:
            state = dataclasses.replace(state, smooth=False)
        state = self._catalogue.with_totals(state)
        before, self.state = self.state, state
        self.controls.show(state, source)
        self.combining.show(source, self._catalogue)
        self.calibrating.show(source)
        self.placing.show(source)
        self.publishing.show(source)
        self.centre.show_toggles(state)
        set_query(**to_query(state))
        if not self._usable_filter(state):
            self._offer_files(current=False)  # what is shown still answers the question before
            return
        moved = state.area_kind != before.area_kind or state.source != before.source
        if first or moved:
            self._show_shapes(state)
        try:
            request = estimate_request(state)
        except InputError as error:
            heading = words.variable_heading(source.variables[state.variable])
            self.centre.show_heading(heading, "")
            fix = words.MISSING_PART.get(state.kind, error.fix)
            self.centre.show_status(error=f"{error.what}. {fix}.")
            self._forget()
            return
        if request != self._asked:
            self._ask(request)
        elif self._answer is not None and self._answer.request == request:
            self._offer_files()
            self._refresh(before, state)

    def _first_state(self) -> ExploreState:
        state = from_query(self._session.query)
        if state.source not in self._catalogue.sources:
            first = next(iter(self._catalogue.sources.values()))
            if state.source:
                self._elsewhere = f"There is no '{state.source}' to show; this is {first.title}."
            return choose_source(state, first.id, list(first.variables.values()))
        source = self._catalogue.sources[state.source]
        if state.variable and state.variable not in source.variables:
            self._elsewhere = (
                f"{source.title} has no variable '{state.variable}'; this is another one."
            )
        return state

    def _usable_filter(self, state: ExploreState) -> bool:
        """Check the typed subgroup at once, so that its error stands at its field."""
        if state.where.strip():
            try:
                check_condition(state.where, self.source.readable)
            except HarmonyError as error:
                self.controls.show_error(error)
                return False
        self.controls.show_error(None)
        return True

    def _show_shapes(self, state: ExploreState) -> None:
        if is_small(state.area_kind):  # their outlines come with the numbers
            pumas = area_shapes(self._session.workspace, "puma")
            self.controls.offer_places([place.title for place in named_places(pumas.areas)])
            self._asked = None
            return
        shapes = area_shapes(self._session.workspace, state.area_kind)
        if shapes is not self._shapes:
            self._shapes = shapes
            self.centre.show_areas(shapes)
            places = [place.title for place in named_places(shapes.frame)]
            self.controls.offer_places(places)
            self._asked = None

    def _ask(self, request: EstimateRequest) -> None:
        """Start computing; the page stays usable and says so at once."""
        self._asked = request
        self._offer_files()
        source, shapes = self.source, self._shapes
        if shapes is None and not is_small(request.area_kind):
            return
        self.centre.show_heading(
            words.view_title(request, source.columns),
            words.statistic_phrase(request.statistic, self._quantity(request)),
        )
        self.centre.show_status("Computing estimates and margins of error …", busy=True)
        areas = pd.DataFrame() if shapes is None else shapes.areas

        def compute() -> Answer:
            return self._estimator.answer(source, request, areas)

        def compute_first() -> Answer:
            long = self._estimator.takes_long(source, request)
            return self._estimator.first_answer(source, request, areas) if long else compute()

        def show_first(answer: Answer) -> None:
            self._show_answer(answer)
            if not answer.margins:
                self.centre.show_status("Computing margins of error …", busy=True)
                self._work.start(compute, self._show_answer, self._show_failure)

        self._work.start(compute_first, show_first, self._show_failure)

    def _ask_again(self, _: object) -> None:
        self.dispatch(self.state)

    def _offer_files(self, *, current: bool = True) -> None:
        """Let files be taken only of what the page asks and has the whole answer to."""
        answer = self._answer
        ready = current and answer is not None and answer.request == self._asked
        self.files.allow(
            ready=bool(ready and answer is not None and answer.margins),
            sheet=not (self.state.totals or self.state.smooth or is_small(self.state.area_kind)),
        )

    def _shown(self) -> Shown | None:
        """Return what can be taken away; nothing while there are no numbers."""
        if self._answer is None or self.note is None or self._shapes is None:
            return None
        donor = self._donor if self.state.view == "donor" else None
        followed = self.years.followed if self.state.view == "years" else None
        parts = (self.state, self.source, self._answer, self.note, self._shapes)
        return Shown(*parts, donor, followed)

    def _show_answer(self, answer: Answer) -> None:
        self._answer = answer
        if answer.shapes is not None and answer.shapes is not self._shapes:
            self._shapes = answer.shapes
            self.centre.show_areas(answer.shapes)
        self._offer_files()
        quantity = self._quantity(answer.request)
        overall = answer.overall
        phrase = words.statistic_phrase(answer.request.statistic, quantity)
        everyone = words.subgroup_phrase(self.state)
        self.centre.show_heading(
            words.view_title(answer.request, self.source.columns),
            f"{phrase}, {everyone}"
            + (f" · {words.estimate_phrase(overall, quantity)} overall" if overall else ""),
        )
        self.note = method_note(
            self.state,
            self.source,
            answer,
            quantity,
            synthetic=self._session.workspace.synthetic,
        )
        self.centre.about.object = self.note.html()
        self._footnote.object = page_part("line", "div", "footnote", self.note.summary)
        self._show_texts(answer)
        self._show_layer(answer)
        self.centre.show_rows(answer.rows, quantity, self.state.hatch)
        self.centre.show_status()
        told = [
            answer.smoothed,
            answer.undrawn,
            self.source.apart(answer.request),
            words.shares_note(answer.rows),
        ]
        self.centre.show_notes([*answer.notes, *self.source.notes, *filter(None, told)])
        self.centre.show_findings(answer.against, answer.calibrated)
        self.side.show_answer(self.state, self.source, answer, quantity)
        self._donor = None
        self._show_donor(answer)
        self.years.show(self.state, self.source, answer)
        self._show_chosen()

    def _show_failure(self, error: Exception) -> None:
        self._asked = self._answer = None  # so that the same question can be asked again
        if isinstance(error, HarmonyError) and (self.state.where or self.state.group_variable):
            self.controls.show_error(error)
        self.centre.show_status(error=failure_text(error, "The estimates could not be computed"))
        self._forget()

    def _forget(self) -> None:
        """Take away every figure of an earlier question, from the downloads too."""
        self._work.cancel()
        self._answer = self._asked = self.note = None
        self._footnote.object = ""
        self.centre.forget()
        self.side.forget()
        self.years.forget()
        self._offer_files()

    def _refresh(self, before: ExploreState, state: ExploreState) -> None:
        """Show the same numbers another way."""
        answer = self._answer
        if answer is None:
            return
        if _layer_key(before) != _layer_key(state):
            self._show_layer(answer)
            self._show_donor(answer)
            if state.second is not None:
                self._show_texts(answer)  # they say the class of an area
        if before.hatch != state.hatch:
            self.side.show_rule(state)
            self.centre.show_rows(answer.rows, self._quantity(answer.request), state.hatch)
        if before.view != state.view:
            beside = (*TABLE_MEASURES, *CALIBRATION_MEASURES)
            if state.second is not None or state.measure in beside:
                self._show_layer(answer)
                self._show_texts(answer)
            if before.view in {"donor", "years"}:
                self.centre.show_status()  # what is said of that view goes with it
            self._show_donor(answer)
            self.years.show(state, self.source, answer)
        shown = (before.areas, before.breakdown, before.against)
        if shown != (state.areas, state.breakdown, state.against):
            self.side.show_areas(state)
            self.years.show(state, self.source, answer)
            self._show_chosen()

    def _show_layer(self, answer: Answer) -> None:
        layer = layer_of(self.state, self.source, answer, self._session.theme)
        self.centre.show_layer(layer, self.state.hatch)

    def _show_donor(self, answer: Answer) -> None:
        """Show what the donor alone says, where the view asks for it."""
        if self.state.view != "donor":
            return
        source, request = self.source, answer.request

        def shown(donor: DonorResolution) -> None:
            self._donor = donor
            found = donor_map(self.state, source, answer, donor, self._session.theme)
            self.centre.show_donor(found)
            self.centre.show_status(found.told)

        def failed(error: Exception) -> None:
            what = "The donor's own estimates could not be computed"
            self.centre.show_status(error=failure_text(error, what))

        self.centre.show_status("Estimating from the donor alone …", busy=True)
        self._donor_work.start(lambda: self._estimator.donor_alone(source, request), shown, failed)

    def _show_texts(self, answer: Answer) -> None:
        if self.centre.map is not None:
            self.centre.map.show_texts(
                hover_of(self.state, self.source, answer, self._session.theme)
            )

    def _show_chosen(self) -> None:
        if self.centre.map is not None:
            self.centre.map.show_chosen(self.state.areas)

    def _quantity(self, request: EstimateRequest) -> Quantity:
        return words.quantity_of(request.statistic, self.source.columns)

    def _build(self) -> pn.viewable.Viewable:
        advice = pn.widgets.Button(label="How not to use these", margin=(6, 0, 0, 0), **_WIDE)
        advice.on_click(lambda _: self.dispatch(dataclasses.replace(self.state, view="about")))
        told = notices_html(self._catalogue, self._elsewhere)
        notices = pn.pane.HTML(
            told,
            margin=(0, 0, 8, 0),
            stylesheets=self._styles,
            visible=bool(told),
            **_WIDE,
        )
        left = pn.Column(
            notices,
            self.controls.panel,
            self.combining.panel,
            self.calibrating.panel,
            self.placing.panel,
            self.files.panel,
            self.publishing.panel,
            copy_link_button(),
            advice,
            self._footnote,
            css_classes=["card"],
            margin=(0, 10, 0, 0),
            scroll="y-auto",
            styles={"flex": "0 0 clamp(208px, 19vw, 276px)", "height": "100%", "padding": "12px"},
        )
        right = pn.Column(
            self.side.panel,
            margin=(0, 0, 0, 10),
            styles={"flex": "0 0 clamp(252px, 23vw, 330px)", "height": "100%", "min-width": "0"},
        )
        return pn.Row(
            left,
            self.centre.panel,
            right,
            margin=0,
            sizing_mode="stretch_both",
            styles={"height": "calc(100vh - 70px)", "min-height": "520px"},
        )


def _layer_key(state: ExploreState) -> tuple[object, ...]:
    return (state.measure, state.class_method, state.classes, state.breaks, state.hatch)
