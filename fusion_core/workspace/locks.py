"""Locks between processes: one after the other, and at once a sentence where there are none.

A lock goes with its process, however that ends. File systems without locks – some network drives –
say so when they are asked: nobody waits then, and no colleague is taken for the reason.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from fusion_core.errors import HarmonyError, InputError
from fusion_core.workspace.files import write_remedy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def exclusive(path: Path, *, seconds: float, busy: HarmonyError, failed: str) -> Iterator[None]:
    """Hold a lock during the block.

    Parameters
    ----------
    path
        The lock file; its folder is made.
    seconds
        How long to wait for someone else.
    busy
        What is raised where someone else holds the lock all that time.
    failed
        What cannot be done without it, as a sentence begins: ``"The run cannot be started"``.

    Raises
    ------
    InputError
        If the folder may not be written, or its file system has no locks.
    """
    # A file that stands for a lock outlives whoever is killed, and would be taken for a colleague.
    lock = FileLock(path, timeout=seconds, poll_interval=0.01, fallback_to_soft=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise busy from error
    except OSError as error:
        raise InputError(
            f"{failed}: {error.strerror or error}",
            where=str(path.parent),
            fix=f"{write_remedy(error)}; nothing was changed",
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def one_writer(lock: Path, what: str, *, seconds: float) -> Iterator[None]:
    """Let one process after the other change what a lock file stands for.

    Parameters
    ----------
    lock, seconds
        As `exclusive`.
    what
        What is changed, in the plural, for messages.

    Raises
    ------
    InputError
        If someone else is changing it all that time, or the folder may not be written.
    """
    busy = InputError(
        f"{what} are being changed by someone else",
        where=str(lock.parent),
        fix="Try again in a moment",
    )
    with exclusive(lock, seconds=seconds, busy=busy, failed=f"{what} cannot be changed"):
        yield


__all__ = ["exclusive", "one_writer"]
