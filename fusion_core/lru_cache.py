"""Keep what was computed last, up to a limit of memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Protocol, TypeVar, cast


class Sized(Protocol):
    """Something that knows how much memory it takes, such as a NumPy array."""

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""


Item = TypeVar("Item", bound=Sized)


class LruCache:
    """Items by key; those not asked for longest are dropped when they exceed the limit.

    Parameters
    ----------
    limit
        Bytes kept; the item asked for last is kept whatever its size.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._items: OrderedDict[Hashable, Sized] = OrderedDict()
        self._making: dict[Hashable, threading.Event] = {}
        self.nbytes = 0

    def get(self, key: Hashable, make: Callable[[], Item]) -> Item:
        """Return the item of a key, making it on first use; a key always stands for one type.

        Threads that ask for the same item at the same time wait for one of them to make it; nobody
        waits for another item. To make an item others may be asked for, never itself.
        """
        while True:
            with self._lock:
                if key in self._items:
                    self._items.move_to_end(key)
                    return cast("Item", self._items[key])
                made = self._making.get(key)
                if made is None:
                    self._making[key] = threading.Event()
                    break
            made.wait()
        try:
            item = make()
            self._keep(key, item)
            return item
        finally:  # after a failure too: whoever waits tries for itself
            with self._lock:
                self._making.pop(key).set()

    def items(self) -> list[tuple[Hashable, Sized]]:
        """Return what is kept at the moment, those not asked for longest first."""
        with self._lock:
            return list(self._items.items())

    def _keep(self, key: Hashable, item: Sized) -> None:
        with self._lock:
            self._items[key] = item
            self.nbytes += item.nbytes
            while self.nbytes > self._limit and len(self._items) > 1:
                _, dropped = self._items.popitem(last=False)
                self.nbytes -= dropped.nbytes


__all__ = ["LruCache", "Sized"]
