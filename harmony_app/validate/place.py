"""Which run the Validate page shows, and what it says when there is none."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import panel as pn

from fusion_core.errors import HarmonyError, InputError
from fusion_core.validation.report import has_validation
from fusion_core.workspace.runs import Run, list_runs, open_run
from harmony_app.shell.page import error_panel, nothing_yet
from harmony_app.shell.session import set_query
from harmony_app.shell.work import RunWatch, waiting_panel
from harmony_app.validate.page import ValidatePage
from harmony_app.validate.view import ValidateState, from_query, shared_record

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace
    from harmony_app.shell.session import Session

_ENDED_WITHOUT = {
    "failed": "The run failed",
    "cancelled": "The run was cancelled",
    "created": "The run has not started",
}


def build(session: Session) -> pn.viewable.Viewable:
    """Build the page for the run in the address, else for the newest finished one."""
    state = from_query(session.query)
    holder = pn.Column(sizing_mode="stretch_both", margin=0)
    Place(session, holder).show(state)
    return holder


def finished_runs(workspace: Workspace) -> dict[str, str]:
    """Return the finished runs with a validation, identifier by title, newest first."""
    found: dict[str, str] = {}
    for run in list_runs(workspace):
        try:
            if run.state().status != "finished" or not has_validation(run.validation_folder):
                continue
            spec = run.spec()
        except HarmonyError:  # a damaged run is reported where runs are listed, on the Fuse page
            continue
        title = f"{spec.name} · {spec.pair.donor.title} → {spec.pair.recipient.title}"
        found[title if title not in found else f"{title} · {run.id}"] = run.id
    return found


class Place:
    """Fills a holder with the page of a run, and with another when asked.

    Parameters
    ----------
    session
        Who looks.
    holder
        What the page is put into.
    """

    def __init__(self, session: Session, holder: pn.Column) -> None:
        self._session = session
        self._holder = holder

    def show(self, state: ValidateState) -> None:
        """Show a run, or what to do when there is none to show."""
        try:
            self._holder[:] = [self._content(state)]
        except HarmonyError as error:
            self._holder[:] = [*self._other_runs(state.run), error_panel(error)]

    def _content(self, state: ValidateState) -> pn.viewable.Viewable:
        workspace = self._session.workspace
        finished = finished_runs(workspace)
        if not state.run:
            state = dataclasses.replace(state, run=next(iter(finished.values()), ""))
        if not state.run:
            return self._nothing_finished()
        run = open_run(workspace, state.run)
        if run.state().is_active:
            return waiting_panel(workspace, run, lambda: self._content(state))
        if run.id not in finished.values():
            return self._not_validated(run)
        spec = run.spec()
        dictionary = workspace.dictionary(spec.pair.donor)
        return ValidatePage(
            self._session,
            state,
            shared_record(workspace, run, dictionary),
            finished,
            choose_run=self._choose_run,
        ).__panel__()

    def _choose_run(self, identifier: str) -> None:
        set_query(run=identifier, var=None, subsets=None, tab=None, unseen=None)
        self.show(ValidateState(run=identifier))

    def _other_runs(self, shown: str) -> list[pn.viewable.Viewable]:
        """Offer the runs that can be shown, when the one asked for cannot."""
        others = {
            title: run
            for title, run in finished_runs(self._session.workspace).items()
            if run != shown
        }
        if not others:
            return []
        run = pn.widgets.Select(
            label="Show another run",
            options={"choose …": "", **others},
            value="",
            width=420,
            margin=(12, 10, 0, 10),
        )
        run.param.watch(lambda event: self._choose_run(event.new), "value")
        return [run]

    def _nothing_finished(self) -> pn.viewable.Viewable:
        going = RunWatch(self._session.workspace).going()
        if going:
            return waiting_panel(
                self._session.workspace, going[0].run, lambda: self._content(ValidateState())
            )
        return nothing_yet(
            self._session,
            "No run has finished yet",
            "Start one on the Fuse page; its curves appear here when it has finished.",
            ("recipient", "donors", "harmonies", "run"),
        )

    def _not_validated(self, run: Run) -> pn.viewable.Viewable:
        run.spec()  # a damaged run says so itself
        state = run.state()
        what = _ENDED_WITHOUT.get(state.status, "The run has no validation")
        raise InputError(
            what,
            where=state.message if state.status != "finished" else "",
            fix="Resume it or start another on the Fuse page",
        )
