"""How far an import is: told by its thread, shown in the session's own turn."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Self

import panel as pn

if TYPE_CHECKING:
    from collections.abc import Callable

_EVERY_MILLISECONDS: Final = 500
_WORTH_TELLING: Final = 2


class ImportProgress:
    """Takes what a reader says of its progress and shows it twice a second.

    Parameters
    ----------
    show
        Called in the session with a sentence and the share done.
    """

    def __init__(self, show: Callable[[str, float | None], None]) -> None:
        self._show = show
        self._said: tuple[str, float] = ("Reading the files", 0.0)
        self._began = time.monotonic()
        self._watch: pn.state.PeriodicCallback | None = None

    def __call__(self, share: float, sentence: str) -> None:
        """Hear how far the import is; from any thread."""
        self._said = (sentence, share)

    def __enter__(self) -> Self:
        """Begin to show it, in a live session."""
        if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
            self._watch = pn.state.add_periodic_callback(self._look, period=_EVERY_MILLISECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        """Show nothing more."""
        if self._watch is not None:
            self._watch.stop()

    def _look(self) -> None:
        sentence, share = self._said
        seconds = int(time.monotonic() - self._began)
        waited = f" – {seconds} seconds so far" if seconds >= _WORTH_TELLING else ""
        self._show(f"{sentence} …{waited}", share)
