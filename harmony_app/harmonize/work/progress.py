"""Tell the browser how far a thread is, without crowding it with messages."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Final

import panel as pn

from fusion_core.errors import HarmonyError
from harmony_app.harmonize.work.host import Browser
from harmony_app.log import LOG

_SECONDS_BETWEEN: Final = 0.15


def progress_teller(browser: Browser, kind: str) -> Callable[[float, str], None]:
    """Return a callback for a thread: share done and what is in hand become messages of a kind.

    Parameters
    ----------
    browser
        Who shows the messages.
    kind
        Kind of the messages.
    """
    document = pn.state.curdoc
    if document is None or document.session_context is None:
        return _nobody
    last = 0.0

    def tell(share: float, words: str) -> None:
        nonlocal last
        if time.monotonic() - last < _SECONDS_BETWEEN:
            return
        last = time.monotonic()
        document.add_next_tick_callback(partial(browser.tell, kind, share=share, words=words))

    return tell


def failure_words(error: Exception) -> str:
    """Say why work in a thread failed; what is no mistake of the user is kept in the log."""
    if isinstance(error, HarmonyError):
        return error.message
    LOG.error("Work beside the Harmonize page failed", exc_info=error)
    return "Something went wrong. The details are in the server's log; nothing saved is affected."


def _nobody(share: float, words: str) -> None:
    """Report progress to nobody: there is no browser."""


__all__ = ["failure_words", "progress_teller"]
