"""Measure work in a fresh process: wall time, processor time, largest memory – and how costs grow."""

from __future__ import annotations

import math
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a piece of work took.

    Attributes
    ----------
    wall
        Seconds on the clock.
    cpu
        Processor seconds of all threads: what other programs on the machine disturb least.
    memory
        Largest resident memory of the process meanwhile, in bytes, libraries and input included.
    """

    wall: float
    cpu: float
    memory: float


class Meter:
    """Holds the usage once the measured block has ended."""

    usage: Usage


@contextmanager
def metered() -> Iterator[Meter]:
    """Measure the block; read `Meter.usage` afterwards."""
    meter = Meter()
    _forget_peak()
    wall, cpu = time.perf_counter(), time.process_time()
    yield meter
    elapsed = time.perf_counter() - wall, time.process_time() - cpu
    meter.usage = Usage(*elapsed, memory=peak_memory())


def in_own_process(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function of a module in a fresh process, which neither shares memory nor caches.

    Raises
    ------
    Exception
        What the function raises; `BrokenProcessPool` if its process dies.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(function, *args, **kwargs).result()


def peak_memory() -> float:
    """Return the largest resident memory of this process in bytes."""
    if _STATUS.exists():
        # Not getrusage: on Linux its figure includes the parent's memory at the time of the start.
        for line in _STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * float(line.split()[1])
    unit = 1 if sys.platform == "darwin" else 1024
    return float(unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def exponent(at_size: float, at_ten_times: float) -> float:
    """Return e of cost ∝ size^e from the costs at a size and at ten times it.

    Raises
    ------
    ValueError
        If a cost is not positive.
    """
    if not (at_size > 0 and at_ten_times > 0):
        raise ValueError(f"costs must be positive, not {at_size} and {at_ten_times}")
    return math.log10(at_ten_times / at_size)


def _forget_peak() -> None:
    """Let the memory's peak count from now, where the system can; else preparing counts too."""
    if _CLEAR.exists():
        try:
            _CLEAR.write_text(_RESET_PEAK, encoding="ascii")
        except PermissionError:  # some containers forbid it
            return
