"""How many threads a run may use, decided in one place.

Several libraries each start as many threads as the machine has cores; together they get in each
other's way (a two-thread fit beside another busy process is many times slower than one thread). The
worker of a run therefore gets its limits through the environment, before any library is imported.
"""

from __future__ import annotations

import os
from typing import Final

THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def available_cores() -> int:
    """Return the number of cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def threads_per_worker(workers: int, cores: int | None = None) -> int:
    """Divide the cores among the processes of a run; at least one thread each."""
    return max(1, (cores or available_cores()) // max(1, workers))


def worker_environment(workers: int, cores: int | None = None) -> dict[str, str]:
    """Return the environment of a run's process: the caller's, with the thread limits set."""
    threads = str(threads_per_worker(workers, cores))
    return {**os.environ, **dict.fromkeys(THREAD_VARIABLES, threads), "PYTHONUNBUFFERED": "1"}
