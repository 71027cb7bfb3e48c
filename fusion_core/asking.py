"""Who asks for what is kept in memory, and whose goes first when it becomes too much.

People who share one server share its caches. Were what was not asked for longest always to go first,
somebody who asks one thing after another would push out what all others work with, again and again.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

IDLE_SECONDS: Final = 1800.0
"""Whoever asked for nothing for so long has left, and keeps no room from those who are there."""

_asker: ContextVar[str] = ContextVar("asker", default="")


@contextmanager
def asked_by(asker: str) -> Iterator[None]:
    """Let what this thread asks for during the block count as somebody's."""
    token = _asker.set(asker)
    try:
        yield
    finally:
        _asker.reset(token)


class Holdings:
    """Keys of what is kept, each of whoever asked for it last.

    Parameters
    ----------
    clock
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._of: dict[str, _Holding] = {}
        self._asker_of: dict[Hashable, str] = {}

    def use(self, key: Hashable, nbytes: int) -> None:
        """Take notice that a key, which stands for so many bytes, is asked for."""
        self.drop(key)
        asker = self._asker_of[key] = _asker.get()
        holding = self._of.setdefault(asker, _Holding())
        holding.keys[key] = nbytes
        holding.nbytes += nbytes
        holding.last_asked = self._clock()

    def drop(self, key: Hashable) -> None:
        """Forget a key, if it is known."""
        asker = self._asker_of.pop(key, None)
        if asker is None:
            return
        holding = self._of[asker]
        holding.nbytes -= holding.keys.pop(key)
        if not holding.keys:
            del self._of[asker]

    def first_to_go(self, newest: Hashable) -> Hashable:
        """Return the key that makes room: of those who have left, else of whoever holds the most.

        For one person alone that is what was not asked for longest.

        Parameters
        ----------
        newest
            A key that stays; there is another.
        """
        own = self._of[self._asker_of[newest]]
        others = [one for one in self._of.values() if one is not own or len(one.keys) > 1]
        latest = self._clock() - IDLE_SECONDS
        left = [one for one in others if one.last_asked < latest]
        holding = (
            min(left, key=lambda one: one.last_asked)
            if left
            else max(others, key=lambda one: one.nbytes)
        )
        return next(key for key in holding.keys if key != newest)


@dataclass
class _Holding:
    """What is somebody's: keys with their bytes, those not asked for longest first."""

    keys: OrderedDict[Hashable, int] = field(default_factory=OrderedDict)
    nbytes: int = 0
    last_asked: float = 0.0


__all__ = ["IDLE_SECONDS", "Holdings", "asked_by"]
