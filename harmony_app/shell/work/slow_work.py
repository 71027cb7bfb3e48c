"""Slow work beside a session: it answers at once, the result arrives later, only the latest counts.

A thread computes while the session's document stays free for clicks; the result is delivered in the
document's own turn. Work that was overtaken by a newer request, or whose page was left, ends at the
next place where it asks whether it is still wanted, and is dropped when it arrives.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

import panel as pn

from fusion_core.asking import asked_by
from fusion_core.execution.budget import available_cores
from fusion_core.memory_share import machine_memory, memory_share
from fusion_core.wanted import wanted_while
from harmony_app.shell.work.at_once import at_once
from harmony_app.shell.work.background import has_ended

Result = TypeVar("Result")

_LEAST_TURNS: Final = 2
_LOOK_SECONDS: Final = 0.25
_QUESTIONS_SHARE: Final = 0.5


class Turns:
    """So many computations at a time for all sessions together, as each takes memory of its own.

    A turn that becomes free goes to whoever has the fewest of those who wait, so that somebody who asks
    in many windows does not keep the others waiting for all of it.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._changed = threading.Condition()
        self._going: Counter[str] = Counter()
        self._waiting: list[tuple[str, object]] = []  # first come, first

    def take(self, is_wanted: Callable[[], bool], visitor: str = "") -> bool:
        """Wait for a turn; false, and no turn, once nobody waits for the computation any more."""
        mine = (visitor, object())
        with self._changed:
            self._waiting.append(mine)
            try:
                while is_wanted():
                    if self._free and self._next() is mine:
                        self._free -= 1
                        self._going[visitor] += 1
                        return True
                    self._changed.wait(_LOOK_SECONDS)
                return False
            finally:
                self._waiting.remove(mine)
                self._changed.notify_all()

    def give_back(self, visitor: str = "") -> None:
        """Let the next computation begin."""
        with self._changed:
            self._free += 1
            self._going[visitor] -= 1
            self._going += Counter()  # those who have none are forgotten
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many computations stand in line."""
        with self._changed:
            return len(self._waiting)

    def _next(self) -> tuple[str, object]:
        return min(self._waiting, key=lambda one: self._going[one[0]])


@lru_cache(maxsize=1)
def shared_turns() -> Turns:
    """Return the turns of this server: two at least, so that a quick question passes a slow one."""
    return Turns(_turns())


def _turns() -> int:
    return max(_LEAST_TURNS, available_cores())


@lru_cache(maxsize=1)
def _question_share() -> int:
    """Return the bytes a question may take: all that go on together take half of the memory."""
    return int(_QUESTIONS_SHARE * machine_memory()) // _turns()


class SlowWork:
    """Computes one thing at a time for a session; a newer request replaces an older one.

    Without a live session – in a notebook or a test – the work is done at once, in place.

    Parameters
    ----------
    visitor
        Whose questions these are: turns and room in memory are shared fairly among visitors.
    head_start
        Seconds the server gets to send what the click changed already, which a computation beside
        it would delay.
    """

    def __init__(self, visitor: str = "", *, head_start: float = 0.03) -> None:
        self._visitor = visitor
        self._head_start = head_start
        self._lock = threading.Lock()
        self._ticket = 0

    def start(
        self,
        compute: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Compute in a thread, then call `done` or `failed` in the session.

        Parameters
        ----------
        compute
            The slow part; touches no widget.
        done
            Shows the result.
        failed
            Shows why there is none; without it an error in a thread would be silent.
        """
        with self._lock:
            self._ticket += 1
            ticket = self._ticket
        document = pn.state.curdoc
        if document is None or document.session_context is None:
            _finish(_outcome(compute), done, failed)
            return

        def work() -> None:
            def is_wanted() -> bool:
                return self._is_current(ticket) and not has_ended(document)

            time.sleep(self._head_start)
            if not shared_turns().take(is_wanted, self._visitor):
                return
            try:
                with (
                    asked_by(self._visitor),
                    wanted_while(is_wanted),
                    memory_share(_question_share()),
                ):
                    outcome = _outcome(compute)
            finally:
                shared_turns().give_back(self._visitor)
            if not is_wanted():
                return

            def show() -> None:
                if self._is_current(ticket):
                    _finish(outcome, done, failed)

            def deliver() -> None:
                # Between the page's first document and its script, changes reach no browser.
                if pn.state.loaded:
                    show()
                else:
                    pn.state.onload(show)

            document.add_next_tick_callback(deliver)

        threading.Thread(target=work, name="page-work", daemon=True).start()

    def cancel(self) -> None:
        """Ignore whatever is still being computed."""
        with self._lock:
            self._ticket += 1

    def _is_current(self, ticket: int) -> bool:
        with self._lock:
            return ticket == self._ticket


def _outcome(compute: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return compute(), None
    except Exception as error:  # noqa: BLE001 - handed to `failed`, which every caller must give
        return None, error


def _finish(
    outcome: tuple[Any, Exception | None],
    done: Callable[[Any], None],
    failed: Callable[[Exception], None],
) -> None:
    result, error = outcome
    with at_once():
        if error is None:
            done(result)
        else:
            failed(error)
