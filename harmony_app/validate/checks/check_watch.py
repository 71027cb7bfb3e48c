"""The check of a finished run as the page sees it: starting, watching and stopping it.

The check is a process of its own and its state is on disk, so whoever opens the page while it runs
sees how far it is, and closing the page ends nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.execution import cancel_run
from fusion_core.execution.checking import check_status, repeats_usual, start_check
from harmony_app.shell.look import duration, page_part

if TYPE_CHECKING:
    from fusion_core.workspace.runs import Run, RunState
    from harmony_app.shell.session import Session

Listener = Callable[["RunState | None"], None]

_PERIOD_MILLISECONDS: Final = 1000


class CheckWatch:
    """Looks at the check of one run once a second while it is in progress.

    Parameters
    ----------
    session
        Who looks, at the workspace the run is in.
    run
        A finished run.
    on_finished
        Called when a check has ended well and its result can be read.
    """

    def __init__(self, session: Session, run: Run, on_finished: Callable[[], None]) -> None:
        self._session = session
        self._workspace = session.workspace
        self.run = run
        self._on_finished = on_finished
        self._listeners: list[Listener] = []
        self._timer: Any = None

    @property
    def state(self) -> RunState | None:
        """State of the latest check, ``None`` where none was ever asked for."""
        return check_status(self._workspace, self.run)

    @property
    def repeats_usual(self) -> bool:
        """Whether the latest check repeats the usual validation."""
        return repeats_usual(self.run)

    @property
    def may_start(self) -> bool:
        """Whether the visitor may start and stop checks."""
        return self._session.may("runner")

    def listen(self, listener: Listener) -> None:
        """Call `listener` now and whenever there is something new to see."""
        self._listeners.append(listener)
        state = self.state
        listener(state)
        if is_running(state):
            self._look_again()

    def start(self, folds: int) -> None:
        """Start a check.

        Raises
        ------
        HarmonyError
            As `fusion_core.execution.checking.start_check`.
        """
        self._session.require("runner", "Starting a check")
        start_check(self._workspace, self.run, folds)
        self._session.record("check started", run=self.run.id)
        self._tell(self.state)
        self._look_again()

    def stop(self) -> None:
        """Ask the check to stop."""
        self._session.require("runner", "Stopping a check")
        cancel_run(self._workspace, self.run.check)
        self._session.record("check stopped", run=self.run.id)

    def _tell(self, state: RunState | None) -> None:
        for listener in self._listeners:
            listener(state)

    def _look_again(self) -> None:
        if self._timer is None and pn.state.curdoc is not None:
            self._timer = pn.state.add_periodic_callback(self._look, period=_PERIOD_MILLISECONDS)

    def _look(self) -> None:
        # Between the page's first document and its script, changes reach no browser.
        if pn.state.curdoc is not None and not pn.state.loaded:
            return
        state = self.state
        if not is_running(state) and self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._tell(state)
        if state is not None and state.status == "finished":
            self._on_finished()


def is_running(state: RunState | None) -> bool:
    """Whether a check is in progress."""
    return state is not None and state.status == "running"


def progress_html(state: RunState) -> str:
    """Say how far a check is."""
    share = min(max(state.progress, 0.0), 1.0)
    left = duration(state.seconds_left)
    text = f"{state.message} · {share:.0%}{f', about {left} left' if left else ''}"
    return page_part("progress", text, share, "Progress of the check")


def ended_html(state: RunState | None) -> str:
    """Say why a check ended early; nothing where none did."""
    if state is None or state.status not in {"failed", "cancelled"}:
        return ""
    return page_part("error", state.message)
