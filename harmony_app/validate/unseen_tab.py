"""Households the models have not seen: what the check found, and starting, watching, stopping it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.execution import cancel_run
from fusion_core.execution.checking import check_seconds, check_status, start_check
from fusion_core.validation.sentences import out_of_fold_findings, out_of_fold_table
from harmony_app.shell.times import duration
from harmony_app.validate import words
from harmony_app.validate.record import check_note
from harmony_app.validate.sections import about, findings_html, panel_html, unseen_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import RunState
    from harmony_app.validate.record import ValidatedRun

_PERIOD_MILLISECONDS: Final = 1000
_PARTS: Final = {"3 parts (quicker)": 3, "5 parts (usual)": 5, "10 parts (closest)": 10}
_USUAL: Final = 5


class UnseenTab:
    """The check of one run.

    Parameters
    ----------
    workspace
        Where the run is.
    html
        Settings of every piece of text.
    on_finished
        Called when a check has ended and its result can be read.
    """

    def __init__(
        self, workspace: Workspace, html: dict[str, Any], on_finished: Callable[[], None]
    ) -> None:
        self._workspace = workspace
        self._on_finished = on_finished
        self._record: ValidatedRun | None = None
        self._watch: Any = None
        self.text = pn.pane.HTML("", **html)
        self.state = pn.pane.HTML("", **html)
        self.parts = pn.widgets.Select(
            label="How thoroughly", options=_PARTS, value=_USUAL, width=190, margin=(0, 8, 0, 0)
        )
        self.start = pn.widgets.Button(
            label="Check with unseen households", color="primary", align="end", margin=0
        )
        self.stop = pn.widgets.Button(label="Stop", align="end", margin=0, visible=False)
        self.parts.param.watch(lambda _: self._show_state(), "value")
        self.start.on_click(lambda _: self._begin())
        self.stop.on_click(lambda _: self._cancel())
        self.view = pn.Column(
            self.text, self.state, pn.FlexBox(self.parts, self.start, self.stop, gap="8px", align_items="flex-end"),
            css_classes=["card"], margin=0, styles={"padding": "14px"},
            sizing_mode="stretch_width",
        )  # fmt: skip

    def show(self, record: ValidatedRun, variable: str) -> None:
        """Show what the check of a run found, or how to start it."""
        self._record = record
        body = ""
        if record.outside is not None:
            findings = out_of_fold_findings(record.inside, record.outside)
            body = (
                findings_html(about(findings, variable))
                + unseen_html(out_of_fold_table(record.inside, record.outside), variable)
                + f'<p class="help">{escape(check_note(record.facts))}</p>'
            )
        self.text.object = panel_html(
            "Households the models have not seen", words.UNSEEN_HELP, body
        )
        self.start.label = (
            "Check again" if record.outside is not None else "Check with unseen households"
        )
        self._show_state()

    def _begin(self) -> None:
        assert self._record is not None  # noqa: S101 - the button is shown with a run
        try:
            start_check(self._workspace, self._record.run, int(self.parts.value))
        except HarmonyError as error:
            self.state.object = f'<div class="error" role="alert">{escape(error.message)}</div>'
            return
        self._show_state()

    def _cancel(self) -> None:
        assert self._record is not None  # noqa: S101 - as above
        cancel_run(self._workspace, self._record.run.check)
        self.stop.disabled = True

    def _show_state(self) -> None:
        assert self._record is not None  # noqa: S101 - as above
        state = check_status(self._workspace, self._record.run)
        running = state is not None and state.status == "running"
        self.start.visible = self.parts.visible = not running
        self.stop.visible = running
        if running and state is not None:
            self.state.object = progress_html(state)
            self._look_again()
            return
        self.stop.disabled = False
        self.state.object = self._idle(state)

    def _idle(self, state: RunState | None) -> str:
        assert self._record is not None  # noqa: S101 - as above
        seconds = check_seconds(self._workspace, self._record.run, int(self.parts.value))
        text = f"Takes about {duration(seconds)}. The run stays usable meanwhile."
        ended = ""
        if state is not None and state.status in {"failed", "cancelled"}:
            ended = f'<div class="error" role="alert">{escape(state.message)}</div>'
        return f'{ended}<p class="help">{escape(text)}</p>'

    def _look_again(self) -> None:
        if self._watch is not None or pn.state.curdoc is None:
            return

        def look() -> None:
            assert self._record is not None  # noqa: S101 - as above
            state = check_status(self._workspace, self._record.run)
            if state is not None and state.status == "running":
                self.state.object = progress_html(state)
                return
            self._watch.stop()
            self._watch = None
            if state is not None and state.status == "finished":
                self._on_finished()
            else:
                self._show_state()

        self._watch = pn.state.add_periodic_callback(look, period=_PERIOD_MILLISECONDS)


def progress_html(state: RunState) -> str:
    """Say how far a check is."""
    share = min(max(state.progress, 0.0), 1.0)
    left = duration(state.seconds_left)
    return (
        f'<p class="help" role="status">{escape(state.message)} · {share:.0%}'
        f"{escape(f', about {left} left') if left else ''}</p>"
        f'<progress value="{share:.3f}" max="1" aria-label="Progress of the check"></progress>'
    )
