"""Passwords are tried slowly: who failed often waits, longer each time.

The fewest failures are free for one name from one address. From many addresses, or for many names,
more are: otherwise whoever knows a name could lock its person out, or colleagues behind one proxy
each other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_FREE_TOGETHER: Final = 5
_FREE_NAME: Final = 20
_FREE_ADDRESS: Final = 50
_LONGEST: Final = 300.0
_FORGOTTEN: Final = 900.0
_REMEMBERED: Final = 10_000


@dataclass
class Attempts:
    """Failed attempts of late, in this process's memory.

    Attributes
    ----------
    clock
        Seconds from some moment on; never goes backwards.
    one_at_a_time
        Held while a password is tried: hashing takes memory and a processor on purpose.
    """

    clock: Callable[[], float] = time.monotonic
    one_at_a_time: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    _failed: dict[str, tuple[int, float]] = field(default_factory=dict)

    def wait(self, name: str, address: str) -> float:
        """Return for how many seconds more this name may not be tried from this address."""
        now = self.clock()
        return max(self._left(key, free, now) for key, free in _keys(name, address).items())

    def failed(self, name: str, address: str) -> None:
        """Count a failed attempt."""
        now = self.clock()
        if len(self._failed) > _REMEMBERED:
            self._failed = {
                key: entry for key, entry in self._failed.items() if now - entry[1] < _FORGOTTEN
            }
        for key in _keys(name, address):
            count, latest = self._failed.get(key, (0, now))
            self._failed[key] = (count + 1 if now - latest < _FORGOTTEN else 1, now)

    def succeeded(self, name: str, address: str) -> None:
        """Forget what this person mistyped before."""
        for key in _keys(name, address):
            self._failed.pop(key, None)

    def _left(self, key: str, free: int, now: float) -> float:
        count, latest = self._failed.get(key, (0, now))
        if count < free:
            return 0.0
        return max(0.0, latest + min(2.0 ** (count - free), _LONGEST) - now)


def _keys(name: str, address: str) -> dict[str, int]:
    """Return what attempts are counted by, and how many of each are free."""
    return {
        f"both {name}\0{address}": _FREE_TOGETHER,
        f"name {name}": _FREE_NAME,
        f"address {address}": _FREE_ADDRESS,
    }


__all__ = ["Attempts"]
