"""A raw file as a table of texts, with the place of each row in it.

Public survey files are codes: ``01`` is not the number one. Every column is therefore read as text,
stored as a pandas categorical whose categories are the distinct texts, so that a national file fits
in memory and a code is translated once, not once per row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.frames import unusable
from fusion_core.ingest.tables._text_columns import text_frame
from fusion_core.ingest.tables._text_files import NO_NAME, read_text, require_distinct
from fusion_core.ingest.tables.layout import Layout
from fusion_core.ingest.tables.problems import Problem, ProblemLog
from fusion_core.records import Checked


@dataclass(frozen=True, slots=True)
class Part:
    """One of the files a table was put together from: its name, rows and the row of its header."""

    name: str
    rows: int
    header_row: int = 1


@dataclass(frozen=True)
class RawTable(Checked):
    """A raw file as texts.

    Attributes
    ----------
    path
        The file the user named.
    frame
        One categorical text column per column of the file; a blank is missing.
    parts
        The files the rows came from, in row order.
    left_out
        Columns that were not read, each with the reason.
    separator
        What stands between the cells of a text file; empty for other files.
    said
        What a person should know of how the file was read.
    """

    path: Path
    frame: pd.DataFrame
    parts: tuple[Part, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    separator: str = ""
    said: tuple[Problem, ...] = ()

    def place(self, index: int) -> tuple[str, int]:
        """Return the file and spreadsheet row of a row position."""
        for part in self.parts:
            if index < part.rows:
                return part.name, index + part.header_row + 1
            index -= part.rows
        return self.path.name, index + self.parts[-1].header_row + 1

    def report(
        self,
        log: ProblemLog,
        what: str,
        *,
        column: str,
        positions: NDArray[np.intp],
        fix: str = "",
    ) -> None:
        """Note a problem found at some row positions."""
        file, row = self.place(int(positions[0]))
        log.add(what, file=file, column=column, row=row, rows=len(positions), fix=fix)


def text_table(
    path: Path, name: str, content: bytes, keep: Callable[[str], bool] | None, layout: Layout
) -> RawTable:
    """Read the bytes of one text file."""
    frame, left_out, header_row, separator = read_text(content, name, keep, layout)
    return RawTable(path, frame, (Part(name, len(frame), header_row),), left_out, separator)


def typed_table(path: Path, frame: pd.DataFrame) -> RawTable:
    """Return a table of typed columns as texts, without the columns whose values are no answers."""
    require_distinct([str(name) for name in frame.columns], path.name)
    reasons = [
        NO_NAME if not str(name).strip() else unusable(frame.iloc[:, place])
        for place, name in enumerate(frame.columns)
    ]
    left_out = tuple(
        (f"column {place}", reason) if reason == NO_NAME else (str(name), f"it {reason}")
        for place, (name, reason) in enumerate(zip(frame.columns, reasons, strict=True), start=1)
        if reason
    )
    kept = text_frame(frame.loc[:, [not reason for reason in reasons]])
    return RawTable(path, kept, (Part(path.name, len(frame)),), left_out)
