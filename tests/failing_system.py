"""A system that fails, or a program that is killed, at one call after the other.

`at_every_call` runs some work again and again: the first time its first call to the system fails, the
second time the second, until the work is done undisturbed. Writes of Parquet files are not among the
calls, because another library makes them; limits on the size of files test those.
"""

import builtins
import errno
import io
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

CALLS = (
    "rename",
    "replace",
    "mkdir",
    "open",
    "fsync",
    "link",
    "unlink",
    "rmdir",
    "chmod",
    "scandir",
    "listdir",
)


class Fault:
    """Counts the calls and disturbs one of them, or all from one on.

    Parameters
    ----------
    at
        Number of the call, from 0.
    disturb
        What happens instead of the call.
    lasting
        Whether all later calls are disturbed too.
    """

    def __init__(self, at: int, disturb: Callable[[], None], *, lasting: bool = False) -> None:
        self.at, self.disturb, self.lasting = at, disturb, lasting
        self.calls = 0

    def instead_of(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            number, self.calls = self.calls, self.calls + 1
            if number == self.at or (self.lasting and number > self.at):
                self.disturb()
            return real(*arguments, **more)

        return call


@contextmanager
def disturbed(fault: Fault) -> Iterator[None]:
    """Disturb this process's calls during the block."""
    opening = fault.instead_of(io.open)
    patches = [mock.patch.object(os, name, fault.instead_of(getattr(os, name))) for name in CALLS]
    patches += [
        mock.patch.object(io, "open", opening),
        mock.patch.object(builtins, "open", opening),
    ]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


def no_space() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def at_every_call(
    prepare: Callable[[], None], work: Callable[[], None], *, lasting: bool = False
) -> Iterator[Exception | None]:
    """Yield, for every call, what the work raised when that call failed, ``None`` for nothing."""
    number = 0
    while True:
        prepare()
        fault, raised = Fault(number, no_space, lasting=lasting), None
        with disturbed(fault):
            try:
                work()
            except Exception as error:  # noqa: BLE001 - the test judges it
                raised = error
        yield raised
        if fault.calls <= number:
            return
        number += 1


def killed_at_every_call(prepare: Callable[[], None], work: Callable[[], None]) -> Iterator[bool]:
    """Yield, for every call, whether the work was killed just before it."""
    number = 0
    while True:
        prepare()
        if (child := os.fork()) == 0:
            with disturbed(Fault(number, lambda: os.kill(os.getpid(), signal.SIGKILL))):
                work()
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in {0, -signal.SIGKILL}
        yield code != 0
        if code == 0:
            return
        number += 1
