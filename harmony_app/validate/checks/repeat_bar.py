"""What is wrong with the validation that is shown, and the button that repeats it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.execution.checking import USUAL
from harmony_app.shell.look import page_part
from harmony_app.validate.checks.check_watch import ended_html, is_running, progress_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.workspace.runs import RunState
from harmony_app.validate.checks.check_watch import CheckWatch


class RepeatBar:
    """Warnings above the page, the button "Validate again", and its progress.

    Parameters
    ----------
    watch
        The check of the run.
    html
        Settings of every piece of text.
    """

    def __init__(self, watch: CheckWatch, html: dict[str, Any]) -> None:
        self._watch = watch
        self._needed = False
        self.warnings = pn.pane.HTML("", **html)
        self.state = pn.pane.HTML("", **html)
        self.start = pn.widgets.Button(label="Validate again", color="primary", margin=(6, 0, 0, 0))
        self.stop = pn.widgets.Button(label="Stop", margin=(6, 0, 0, 0))
        self.start.on_click(lambda _: self._begin())
        self.stop.on_click(lambda _: self._end())
        self.view = pn.Column(
            self.warnings,
            self.state,
            self.start,
            self.stop,
            margin=0,
            visible=False,
            sizing_mode="stretch_width",
        )
        watch.listen(self._show_state)

    def show(self, warnings: Sequence[str], *, needed: bool) -> None:
        """Show what to be warned of.

        Parameters
        ----------
        warnings
            Sentences.
        needed
            Whether repeating the usual validation mends something.
        """
        self._needed = needed
        self.warnings.object = page_part("lines", "div", "warning", warnings, "note")
        self._show_state(self._watch.state)

    def _show_state(self, state: RunState | None) -> None:
        own = self._watch.repeats_usual
        repeating = own and is_running(state)
        self.start.visible = self._needed and not is_running(state) and self._watch.may_start
        self.stop.visible = repeating
        self.stop.disabled = self.stop.disabled and repeating
        if repeating and state is not None:
            self.state.object = progress_html(state)
        else:
            self.state.object = ended_html(state) if own and self._needed else ""
        self.view.visible = bool(self.warnings.object) or repeating

    def _begin(self) -> None:
        try:
            self._watch.start(USUAL)
        except HarmonyError as error:
            self.state.object = page_part("error", error.message)

    def _end(self) -> None:
        self.stop.disabled = True
        self._watch.stop()
