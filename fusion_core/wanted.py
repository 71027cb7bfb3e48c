"""Whether anybody still waits for what is being computed; long computations ask now and then.

A person who asks another question, or leaves, no longer waits for the first. What it takes – minutes
of a processor and gigabytes of memory on national data – is then others'.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from fusion_core.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_wanted: ContextVar[Callable[[], bool] | None] = ContextVar("wanted", default=None)


@contextmanager
def wanted_while(is_wanted: Callable[[], bool]) -> Iterator[None]:
    """Let computations of this thread end during the block once nobody waits for them.

    Parameters
    ----------
    is_wanted
        Whether somebody still does; asked often, from any thread.
    """
    token = _wanted.set(is_wanted)
    try:
        yield
    finally:
        _wanted.reset(token)


def wanted_check() -> Callable[[], None]:
    """Return what raises `Cancelled` once nobody waits; for threads that a computation starts."""
    is_wanted = _wanted.get()

    def check() -> None:
        if is_wanted is not None and not is_wanted():
            raise Cancelled("Nobody waits for this any more")

    return check


def check_wanted() -> None:
    """Go on if anybody waits for what this thread computes.

    Raises
    ------
    Cancelled
        If nobody does.
    """
    wanted_check()()


__all__ = ["check_wanted", "wanted_check", "wanted_while"]
