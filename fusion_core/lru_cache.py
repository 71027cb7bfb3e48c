"""Keep what was computed last, up to a limit of memory."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from itertools import count
from typing import Final, NamedTuple, Protocol, TypeVar, cast

from fusion_core.asking import Holdings


class Sized(Protocol):
    """Something that knows how much memory it takes, such as a NumPy array."""

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""


Item = TypeVar("Item", bound=Sized)


class Kept(Protocol):
    """Where items are kept by key: a cache, or a shelf of one."""

    def get(self, key: Hashable, make: Callable[[], Item]) -> Item:
        """Return the item of a key, making it on first use."""


class LruCache:
    """Items by key; those not asked for longest are dropped when they exceed the limit.

    Where several people ask, they are taken from whoever holds the most of it, see `Holdings`.

    Parameters
    ----------
    limit
        Bytes kept; the item asked for last is kept whatever its size.
    holdings
        Where is written down who asked for what.
    """

    def __init__(self, limit: int, holdings: Holdings | None = None) -> None:
        self._limit = limit
        self._holdings = Holdings() if holdings is None else holdings
        self._reserved = 0
        self._lock = threading.Lock()
        self._items: OrderedDict[Hashable, Sized] = OrderedDict()
        self._making: dict[Hashable, threading.Event] = {}
        self._shelves = count()
        # Shelves whose owners are gone; an owner may go at any moment, also while the lock is held.
        self._abandoned: deque[int] = deque()
        self.nbytes = 0

    def get(self, key: Hashable, make: Callable[[], Item]) -> Item:
        """Return the item of a key, making it on first use; a key always stands for one type.

        Threads that ask for the same item at the same time wait for one of them to make it; nobody
        waits for another item. To make an item others may be asked for, never itself.
        """
        while True:
            with self._lock:
                if key in self._items:
                    return cast("Item", self._used(key))
                made = self._making.get(key)
                if made is None:
                    self._making[key] = threading.Event()
                    break
            made.wait()
        try:
            item = make()
            self.keep(key, item)
            return item
        finally:  # after a failure too: whoever waits tries for itself
            with self._lock:
                self._making.pop(key).set()

    def find(self, key: Hashable) -> Sized | None:
        """Return the item of a key, ``None`` where it is not kept."""
        with self._lock:
            return self._used(key) if key in self._items else None

    def keep(self, key: Hashable, item: Sized) -> None:
        """Keep an item as the one asked for last, in place of what its key stood for."""
        with self._lock:
            self._drop(key)
            self._items[key] = item
            self.nbytes += item.nbytes
            self._used(key)
            self._make_room()

    def items(self) -> list[tuple[Hashable, Sized]]:
        """Return what is kept at the moment, those not asked for longest first."""
        with self._lock:
            return list(self._items.items())

    def shelf(self, owner: object) -> Shelf:
        """Return a part of the cache with keys of its own, which is emptied when its owner is gone.

        Parameters
        ----------
        owner
            Who keeps items there; no item may hold on to it.
        """
        name = next(self._shelves)
        weakref.finalize(owner, self._abandon, name).atexit = False
        return Shelf(self, name)

    def reserve(self, nbytes: int) -> None:
        """Leave room within the limit for what is in memory elsewhere, instead of what was left before.

        Parameters
        ----------
        nbytes
            Bytes taken there.
        """
        with self._lock:
            self._reserved = nbytes
            self._make_room()

    def _make_room(self) -> None:
        """Drop what is of nobody or too much; the lock is held."""
        if self._abandoned:
            gone = {self._abandoned.popleft() for _ in range(len(self._abandoned))}
            for key in [key for key in self._items if isinstance(key, _On) and key.shelf in gone]:
                self._drop(key)
        while self.nbytes + self._reserved > self._limit and len(self._items) > 1:
            self._drop(self._holdings.first_to_go(next(reversed(self._items))))

    def _used(self, key: Hashable) -> Sized:
        """Take notice that an item is asked for, and return it; the lock is held."""
        self._items.move_to_end(key)
        item = self._items[key]
        self._holdings.use(key, item.nbytes)
        return item

    def _drop(self, key: Hashable) -> None:
        """Keep an item no longer, if it is kept; the lock is held."""
        dropped = self._items.pop(key, None)
        if dropped is not None:
            self._holdings.drop(key)
            self.nbytes -= dropped.nbytes

    def _abandon(self, shelf: int) -> None:
        self._abandoned.append(shelf)
        if self._lock.acquire(blocking=False):  # else whoever holds it, or comes next, makes room
            try:
                self._make_room()
            finally:
                self._lock.release()


class _On(NamedTuple):
    """The key of an item on a shelf."""

    shelf: int
    key: Hashable


class Shelf:
    """A part of a cache with keys of its own, see `LruCache.shelf`; all shelves share the limit."""

    def __init__(self, cache: LruCache, name: int) -> None:
        self.cache: Final = cache
        self._name = name

    def get(self, key: Hashable, make: Callable[[], Item]) -> Item:
        """Return the item of a key, making it on first use; see `LruCache.get`."""
        return self.cache.get(_On(self._name, key), make)

    def items(self) -> list[tuple[Hashable, Sized]]:
        """Return what is kept here at the moment, those not asked for longest first."""
        found = self.cache.items()
        mine = [(on, item) for on, item in found if isinstance(on, _On) and on.shelf == self._name]
        return [(on.key, item) for on, item in mine]

    def find(self, key: Hashable) -> Sized | None:
        """Return an item as `LruCache.find` does."""
        return self.cache.find(_On(self._name, key))

    def keep(self, key: Hashable, item: Sized) -> None:
        """Keep an item as `LruCache.keep` does."""
        self.cache.keep(_On(self._name, key), item)


__all__ = ["Kept", "LruCache", "Shelf", "Sized"]
