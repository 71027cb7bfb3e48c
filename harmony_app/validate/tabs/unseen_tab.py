"""Households the models have not seen: what the check found, and starting, watching, stopping it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.execution.checking import check_seconds
from fusion_core.validation.report import out_of_fold_findings, out_of_fold_table
from harmony_app.shell.look import duration, page_part
from harmony_app.validate.checks import ended_html, is_running, progress_html
from harmony_app.validate.tabs._parts import part
from harmony_app.validate.tabs.sections import about, findings_html, panel_html, unseen_html
from harmony_app.validate.view import check_note, words

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import RunState
    from harmony_app.validate.checks import CheckWatch
    from harmony_app.validate.view import ValidatedRun

_PARTS: Final = {"3 parts (quicker)": 3, "5 parts (usual)": 5, "10 parts (closest)": 10}
_USUAL: Final = 5


class UnseenTab:
    """The check of one run with unseen households.

    Parameters
    ----------
    workspace
        Where the run is.
    watch
        The check of the run.
    html
        Settings of every piece of text.
    """

    def __init__(self, workspace: Workspace, watch: CheckWatch, html: dict[str, Any]) -> None:
        self._workspace = workspace
        self._watch = watch
        self.text = pn.pane.HTML("", **html)
        self.state = pn.pane.HTML("", **html)
        self.parts = pn.widgets.Select(
            label="How thoroughly", options=_PARTS, value=_USUAL, width=190, margin=(0, 8, 0, 0)
        )
        self.start = pn.widgets.Button(
            label="Check with unseen households", color="primary", align="end", margin=0
        )
        self.stop = pn.widgets.Button(label="Stop", align="end", margin=0, visible=False)
        self.parts.param.watch(lambda _: self._show_state(watch.state), "value")
        self.start.on_click(lambda _: self._begin())
        self.stop.on_click(lambda _: self._end())
        self.view = pn.Column(
            self.text,
            self.state,
            pn.FlexBox(self.parts, self.start, self.stop, gap="8px", align_items="flex-end"),
            css_classes=["card"],
            margin=0,
            styles={"padding": "14px"},
            sizing_mode="stretch_width",
        )
        self._listens = False

    def show(self, record: ValidatedRun, variable: str) -> pn.viewable.Viewable:
        """Show and return what the check of a run found, or how to start it."""
        body = ""
        if record.outside is not None:
            findings = out_of_fold_findings(record.inside, record.outside)
            body = (
                findings_html(about(findings, variable))
                + unseen_html(out_of_fold_table(record.inside, record.outside), variable)
                + part("help", check_note(record.facts))
            )
        self.text.object = panel_html(
            "Households the models have not seen", words.UNSEEN_HELP, body
        )
        self.start.label = (
            "Check again" if record.outside is not None else "Check with unseen households"
        )
        if self._listens:
            self._show_state(self._watch.state)
        else:
            self._watch.listen(self._show_state)
            self._listens = True
        return self.view

    def _begin(self) -> None:
        try:
            self._watch.start(int(self.parts.value))
        except HarmonyError as error:
            self.state.object = page_part("error", error.message)

    def _end(self) -> None:
        self.stop.disabled = True
        self._watch.stop()

    def _show_state(self, state: RunState | None) -> None:
        own = not self._watch.repeats_usual
        checking = own and is_running(state)
        self.start.visible = self.parts.visible = not is_running(state) and self._watch.may_start
        self.stop.visible = checking and self._watch.may_start
        self.stop.disabled = self.stop.disabled and checking
        if checking and state is not None:
            self.state.object = progress_html(state)
        elif is_running(state):
            self.state.object = part("help", words.VALIDATING_AGAIN)
        else:
            self.state.object = (ended_html(state) if own else "") + self._price()

    def _price(self) -> str:
        seconds = check_seconds(self._workspace, self._watch.run, int(self.parts.value))
        text = f"Takes about {duration(seconds)}. The run stays usable meanwhile."
        return part("help", text)
