"""Compile numeric functions once, whatever the number of processes that want them.

Compiling takes seconds, so numba keeps its result beside the module, in the user's cache folder
where that cannot be written, or in ``NUMBA_CACHE_DIR``. A function is compiled for one signature
only: numba numbers the signatures of a function, and two processes that add different ones at the
same time may give both the same number.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from filelock import FileLock
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import DTypeLike, NDArray

PATIENCE: Final = 120.0
"""Seconds to wait for another process that compiles."""


def compile_once(function: Callable[..., Any], signature: Any) -> Callable[..., Any]:
    """Return a function compiled for one signature, without the interpreter's lock.

    The first of many processes compiles, the others wait for it. Callers keep the result.

    Parameters
    ----------
    function
        A function numba can compile; functions it calls are compiled into it.
    signature
        Its numba signature.
    """
    try:
        compiled = njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba found no folder it can write
        compiled = njit(nogil=True)(function)
    with _alone(compiled.stats.cache_path, function.__module__.rpartition(".")[2]):
        compiled.compile(signature)
    compiled.disable_compile()
    return compiled  # type: ignore[no-any-return]  # numba is untyped


def plain(array: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array as compiled signatures want it, copied only if it differs."""
    return np.require(array, dtype, ["C_CONTIGUOUS", "WRITEABLE", "ALIGNED", "ENSUREARRAY"])


@contextmanager
def _alone(folder: str | None, name: str) -> Iterator[None]:
    """Keep other processes from compiling to the same folder.

    Where files cannot be locked, or nobody answers, each compiles for itself: slower, never wrong.
    """
    if folder is None:
        yield
        return
    lock = FileLock(Path(folder) / f"{name}.lock", timeout=PATIENCE, fallback_to_soft=False)
    try:
        lock.acquire()
    except OSError:
        lock.release()
    try:
        yield
    finally:
        lock.release()
