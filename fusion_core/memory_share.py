"""How much memory a question may take; whoever is about to take a lot asks beforehand.

Several people ask one server at a time. What a question takes grows with what is asked – the levels of
two fused variables crossed are a truth value per household, implicate and pair – and beyond its share
the system would end everybody's work.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil
import pyarrow as pa

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where control groups of either version limit a container's memory.
_CONTAINER_LIMITS: Final = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)

_share: ContextVar[int | None] = ContextVar("share", default=None)


def machine_memory() -> int:
    """Return the memory of this computer, or of the container this process runs in, in bytes."""
    total = int(psutil.virtual_memory().total)
    for path in _CONTAINER_LIMITS:
        with suppress(OSError, ValueError):  # no container, or one without a limit ("max")
            total = min(total, int(path.read_text(encoding="ascii")))
    return total


@contextmanager
def memory_share(share: int) -> Iterator[None]:
    """Let a computation of this thread take so many bytes at a time and no more.

    Parameters
    ----------
    share
        Bytes. Without any share – from the command line, in a notebook – nothing is refused.
    """
    token = _share.set(share)
    try:
        yield
    finally:
        _share.reset(token)


def require_memory(needed: int, what: str, fix: str) -> None:
    """Go on if so many bytes may be taken.

    Parameters
    ----------
    needed
        Bytes about to be taken.
    what
        What takes them, as a sentence begins: ``"These groups"``.
    fix
        How to ask for less.

    Raises
    ------
    InputError
        If that is more than the share of the question.
    """
    share = _share.get()
    if share is not None and needed > share:
        raise InputError(
            f"{what} need {needed / 1e9:.1f} GB of memory, and a question may take {share / 1e9:.1f} GB "
            "here",
            fix=fix,
        )


def return_freed_memory() -> None:
    """Give memory that is free inside this process back to the system, where its allocator can.

    Large computations leave holes between what is kept, which glibc holds on to and Arrow's pool too:
    of the app's memory after an hour of questions an eighth.
    """
    pa.default_memory_pool().release_unused()
    trim = getattr(_allocator(), "malloc_trim", None)
    if trim is not None:
        trim(0)


@cache
def _allocator() -> ctypes.CDLL | None:
    """Return the C library this process allocates with; ``None`` where it cannot be asked."""
    return ctypes.CDLL(None) if sys.platform == "linux" else None


__all__ = ["machine_memory", "memory_share", "require_memory", "return_freed_memory"]
