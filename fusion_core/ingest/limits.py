"""How much memory and time an import may take, and what is said where it would take more."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fusion_core.ingest.readers import ImportTrial, try_import
from fusion_core.ingest.tables import Problem
from fusion_core.memory_share import machine_memory
from fusion_core.records import Checked
from fusion_core.workspace.files import size_text

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fusion_core.ingest.reader import ImportRequest

LEAST_MEMORY: Final = 200_000_000
"""Bytes that the readers and their libraries take by themselves."""
_LIBRARIES: Final = 600_000_000


@dataclass(frozen=True)
class ImportLimits(Checked):
    """What an import may take.

    Attributes
    ----------
    memory
        Bytes of memory, that of the program included.
    seconds
        Of time.
    """

    memory: int
    seconds: float = 3600.0

    @classmethod
    def usual(cls, *, share: float = 0.5) -> ImportLimits:
        """Return limits that leave the rest of this computer's memory to others."""
        return cls(max(LEAST_MEMORY, int(share * machine_memory())))


@contextmanager
def memory_limited(limit: int) -> Iterator[None]:
    """Let this process take no more memory than a limit during the block; `MemoryError` beyond.

    The system counts what is asked for, also where it is never written to, so that libraries get room
    besides. Where it cannot limit a process – outside Linux – nothing is limited.
    """
    if sys.platform != "linux":
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = limit + _LIBRARIES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def try_within(request: ImportRequest, memory: int | None = None) -> ImportTrial:
    """Read files in this process, within a limit of memory; otherwise as `try_import`.

    Parameters
    ----------
    request
        What to read.
    memory
        Bytes; nine tenths of this computer's when left out.
    """
    limit = ImportLimits.usual(share=0.9).memory if memory is None else memory
    try:
        with memory_limited(limit):
            return try_import(request)
    except MemoryError:
        return ImportTrial(None, (too_much_memory(limit),))


def too_much_memory(limit: int) -> Problem:
    """Return what is wrong with files that need more memory than an import may take."""
    return Problem(
        f"The files need more than the {size_text(limit)} of memory an import may take here",
        fix="Choose files of fewer states or years, leave out columns, or import them where there is "
        "more memory",
    )


def too_much_time(seconds: float) -> Problem:
    """Return what is wrong with files that take longer than an import may."""
    return Problem(
        f"The files were not read within the {seconds / 60:,.0f} minutes an import may take here",
        fix="Choose files of fewer states or years, or import them with `harmony survey add`, which "
        "may take as long as it needs",
    )


__all__ = [
    "LEAST_MEMORY",
    "ImportLimits",
    "memory_limited",
    "too_much_memory",
    "too_much_time",
    "try_within",
]
