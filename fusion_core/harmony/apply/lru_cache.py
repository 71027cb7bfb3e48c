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


class Kept:
    """Items by key; those not asked for longest are dropped when they exceed the limit.

    Parameters
    ----------
    limit
        Bytes kept; the item asked for last is kept whatever its size.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.RLock()
        self._items: OrderedDict[Hashable, Sized] = OrderedDict()
        self.nbytes = 0

    def get(self, key: Hashable, make: Callable[[], Item]) -> Item:
        """Return the item of a key, making it on first use; a key always stands for one type.

        Threads that ask at the same time wait for one another: the same item is made once.
        """
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return cast("Item", self._items[key])
            item = make()
            self._items[key] = item
            self.nbytes += item.nbytes
            while self.nbytes > self._limit and len(self._items) > 1:
                _, dropped = self._items.popitem(last=False)
                self.nbytes -= dropped.nbytes
            return item


__all__ = ["Kept", "Sized"]
