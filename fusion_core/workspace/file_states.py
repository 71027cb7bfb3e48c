"""What tells one state of files, and of this program, from another."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path


def states_of(paths: Iterable[Path]) -> str:
    """Return a text that changes with the size or time of any of the files.

    Parameters
    ----------
    paths
        Files and folders; folders and what does not exist add nothing.
    """
    found = []
    for path in sorted(paths):
        with suppress(FileNotFoundError):  # a temporary file of someone else
            state = path.stat()
            if stat.S_ISREG(state.st_mode):
                found.append(f"{path}:{state.st_size}:{state.st_mtime_ns}")
    return "\n".join(found)


@cache
def state_of_program() -> str:
    """Return the state of this program's files: another version may compute otherwise."""
    return states_of(Path(__file__).parents[1].rglob("*.py"))


__all__ = ["state_of_program", "states_of"]
