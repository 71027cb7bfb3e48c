"""Work nobody waits for: one thread for the whole server, a slice at a time, out of people's way.

Python runs one thread at a time, so whatever is computed ahead delays the answers to those who are
working. This work is therefore cut into steps; between two slices of it the thread rests, longer
while somebody is busy, and what was asked for last comes first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import panel as pn

from harmony_app.log import LOG

if TYPE_CHECKING:
    from bokeh.document import Document

Result = TypeVar("Result")

SLICE_SECONDS: Final = 0.01
"""Steps are done one after another for this long; a single step should take less."""

REST: Final = 2.0
"""How many times as long as it worked the thread rests when nobody is busy."""

BUSY_SECONDS: Final = 1.5
"""How long somebody counts as busy after he did something."""

LONGEST_REST_SECONDS: Final = 1.0
"""After this there is another slice even if people never pause."""

TELL_EVERY_SECONDS: Final = 0.5


class BackgroundWorker:
    """The thread; sessions share one, see `shared_worker`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[Hashable, Iterator[object]] = {}  # the last one is next
        self._thread: threading.Thread | None = None
        self._stirred = float("-inf")

    def stir(self) -> None:
        """Take notice that somebody does something now, whose answer comes first."""
        self._stirred = time.monotonic()

    def add(self, key: Hashable, steps: Iterator[object]) -> None:
        """Go through `steps` before anything added earlier; replaces what has the same key."""
        with self._lock:
            self._jobs.pop(key, None)
            self._jobs[key] = steps
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="background-work", daemon=True
                )
                self._thread.start()

    def prefer(self, key: Hashable) -> None:
        """Go on with a job before all others."""
        with self._lock:
            if key in self._jobs:
                self._jobs[key] = self._jobs.pop(key)

    def rest_after(self, worked: float) -> float:
        """Return how many seconds to rest after a slice that took `worked` seconds."""
        since = time.monotonic() - self._stirred
        rest = max(REST * worked, BUSY_SECONDS - since)
        return min(rest, LONGEST_REST_SECONDS)

    def join(self) -> None:
        """Wait until nothing is left to do."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        worked = 0.0
        while True:
            time.sleep(self.rest_after(worked))
            with self._lock:
                if not self._jobs:
                    self._thread = None
                    return
                key, steps = next(reversed(self._jobs.items()))
            started = time.monotonic()
            try:
                goes_on = _slice(steps, started + SLICE_SECONDS)
            except Exception:  # noqa: BLE001 - one job must not end all others
                LOG.exception("Work in the background failed")
                goes_on = False
            if not goes_on:
                self._drop(key, steps)
            del steps  # a finished job must not keep a closed session's page alive
            worked = time.monotonic() - started

    def _drop(self, key: Hashable, steps: Iterator[object]) -> None:
        with self._lock:
            if self._jobs.get(key) is steps:
                del self._jobs[key]


def _slice(steps: Iterator[object], until: float) -> bool:
    """Do steps until a time; return whether there may be more."""
    return any(time.monotonic() >= until for _ in steps)


@lru_cache(maxsize=1)
def shared_worker() -> BackgroundWorker:
    """Return the worker of this server."""
    return BackgroundWorker()


class BackgroundWork(Generic[Result]):
    """Computes something ahead for one session; a newer request replaces an older one.

    Without a live session – in a notebook or a test – the work is done at once, in place.
    """

    def __init__(self) -> None:
        self._request: _Request[Result] | None = None

    def start(
        self,
        steps: Iterator[Result],
        news: Callable[[list[Result]], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Go through `steps`, telling the session now and then what they yielded.

        Parameters
        ----------
        steps
            The work; touches no widget.
        news
            Shows what has been found since the last time, if anything.
        failed
            Shows why there is no more.
        """
        document = pn.state.curdoc
        if self._request is not None:
            self._request.is_wanted = False
        if document is not None and document.session_context is not None:
            self._request = _Request(document, steps, news, failed)
            shared_worker().add(self, self._request.work())
            return
        try:
            found = list(steps)
        except Exception as error:  # noqa: BLE001 - handed to `failed`, which every caller must give
            failed(error)
        else:
            news(found)


@dataclass
class _Request(Generic[Result]):
    """What a session asked for, until it asks for something else."""

    document: Document
    steps: Iterator[Result]
    news: Callable[[list[Result]], None]
    failed: Callable[[Exception], None]
    is_wanted: bool = True

    def work(self) -> Iterator[None]:
        try:
            for found in _batches(self.steps):
                if not self.is_wanted or has_ended(self.document):
                    return
                if found:
                    self._deliver(self.news, found)
                yield
        except Exception as error:  # noqa: BLE001 - handed to `failed`, which every caller must give
            self._deliver(self.failed, error)

    def _deliver(self, show: Callable[[Any], None], what: object) -> None:
        def in_session() -> None:
            if self.is_wanted:
                show(what)

        self.document.add_next_tick_callback(in_session)


def _batches(steps: Iterator[Result]) -> Iterator[list[Result]]:
    """Yield after every step: mostly nothing, now and then what the last ones found."""
    found: list[Result] = []
    told = time.monotonic()
    for item in steps:
        found.append(item)
        if time.monotonic() - told > TELL_EVERY_SECONDS:
            yield found
            found, told = [], time.monotonic()
        else:
            yield []
    yield found


def has_ended(document: Document) -> bool:
    """Whether the session of a document is over."""
    context = document.session_context
    return context is None or bool(getattr(context, "destroyed", False))


__all__ = ["BackgroundWork", "BackgroundWorker", "has_ended", "shared_worker"]
