"""Tables that are too large, told from their outline before their cells are read."""

from __future__ import annotations

from typing import Final

import psutil

from fusion_core.ingest.tables.problems import problem
from fusion_core.workspace.files import size_text

_MOST_COLUMNS: Final = 20_000
_CELL_BYTES: Final = 2
"""Of a cell once it is stored as a code: most answers are one of few."""


def refuse_columns(name: str, columns: int) -> None:
    """Refuse a table of more columns than any survey has.

    Raises
    ------
    FileProblemsError
        Saying how many there are.
    """
    if columns > _MOST_COLUMNS:
        raise problem(
            f"The file has {columns:,} columns, and a survey at most {_MOST_COLUMNS:,}",
            name,
            "Check the separator, or keep the columns of one part of the questionnaire",
        )


def refuse_cells(name: str, rows: int, columns: int) -> None:
    """Refuse a table whose cells the free memory cannot hold, however they are stored.

    Raises
    ------
    FileProblemsError
        Saying how large it is.
    """
    refuse_columns(name, columns)
    needed, free = rows * columns * _CELL_BYTES, psutil.virtual_memory().available
    if needed > free:
        raise problem(
            f"The table has {rows:,} rows of {columns:,} columns, {size_text(needed)} at least, and "
            f"{size_text(free)} of memory are free",
            name,
            "Choose a file of fewer states or years, or keep fewer columns",
        )


__all__ = ["refuse_cells", "refuse_columns"]
