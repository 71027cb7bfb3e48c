"""What follows from an edit, in the next turn of the server's loop: once for any number of them."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.harmony.model import Harmony
from harmony_app.harmonize.screen import Consequence, Screen, consequence
from harmony_app.harmonize.work import Host
from harmony_app.shell.work import SlowWork


class NextTurn:
    """Does something in the next turn, once however often it was asked for.

    Parameters
    ----------
    work
        What is done.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._waits = False

    def schedule(self) -> None:
        """Ask for it."""
        if not self._waits:
            self._waits = True
            pn.state.execute(self.take, schedule=True)

    def take(self) -> None:
        """Do it now; what is asked for from now on is done in another turn."""
        self._waits = False
        self._work()


class Following:
    """Computes in a thread what the current harmony does; other sessions go on meanwhile.

    Parameters
    ----------
    host
        The page.
    screen
        Shows what was computed.
    foreseen
        Returns what an untouched match would be with the whole suggestion.
    """

    def __init__(self, host: Host, screen: Screen, foreseen: Callable[[], Harmony | None]) -> None:
        self._host = host
        self._screen = screen
        self._foreseen = foreseen
        self._slow_work = SlowWork(host.session.visitor, head_start=0.0)

    def follow(self) -> None:
        """Compute what the current harmony does, unless that is shown already."""
        host = self._host
        work, current, foreseen = host.work, host.state.current, self._foreseen()
        if work is None or current is None or self._screen.shows(work, current, foreseen):
            self._slow_work.cancel()
            host.browser.show(computing=False)
            return
        host.browser.show(computing=True)
        self._slow_work.start(
            lambda: consequence(work, current, foreseen), self._show, self._failed
        )

    def _show(self, found: Consequence) -> None:
        if found.harmony == self._host.state.current:
            self._screen.show_consequence(found)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, HarmonyError):
            self._screen.show_failure("The effect of the harmony could not be computed.")
            raise error
        self._screen.show_failure(error.message)
        self._host.browser.tell("problem", side=None, field=None, message=error.message)
