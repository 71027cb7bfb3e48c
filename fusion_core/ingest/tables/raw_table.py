"""Open raw files – text, gzip, ZIP with several parts, Excel, Parquet – as a table of texts.

Public survey files are codes: ``01`` is not the number one. Every column is therefore read as text,
stored as a pandas categorical whose categories are the distinct texts, so that a national file fits
in memory and a code is translated once, not once per row.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from fusion_core.arguments import path_of
from fusion_core.errors import InputError
from fusion_core.frames import unusable
from fusion_core.ingest.tables._text_columns import text_frame
from fusion_core.ingest.tables._text_files import NO_NAME, read_text, require_distinct
from fusion_core.ingest.tables.layout import Layout
from fusion_core.ingest.tables.problems import Problem, ProblemLog, problem

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from fusion_core.arguments import PathLike

WORKBOOKS: Final = (".xlsx", ".xlsm")
_FIRST_BYTES: Final = {b"\x1f\x8b": ".gz", b"PK\x03\x04": ".zip", b"PAR1": ".parquet"}


@dataclass(frozen=True, slots=True)
class Part:
    """One of the files a table was put together from: its name, rows and the row of its header."""

    name: str
    rows: int
    header_row: int = 1


@dataclass(frozen=True)
class RawTable:
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


def read_raw_table(
    path: PathLike,
    *,
    keep: Callable[[str], bool] | None = None,
    member: Callable[[str], bool] | None = None,
    layout: Layout | None = None,
) -> RawTable:
    """Read a text file (plain, gzip or ZIP of parts), workbook or Parquet file as texts.

    Parameters
    ----------
    path
        The file. Archives are known by their first bytes too, whatever the name says.
    keep
        Which columns to read, by name; all if ``None``.
    member
        Which members of a ZIP to read, by name; all text tables if ``None``. They are stacked in
        alphabetical order and must have the same columns.
    layout
        What is known of how the table is written; the rest is found.

    Raises
    ------
    FileProblemsError
        If the file is missing, empty, damaged, not text of that encoding or not rectangular.
    """
    path, layout = require_content(path), layout or Layout()
    suffix = _kind(path)
    if suffix == ".parquet":
        return typed_table(path, read_parquet(path, keep))
    if suffix in WORKBOOKS:
        return _from_workbook(path, keep, layout)
    if suffix == ".zip":
        from fusion_core.ingest.tables._archive import read_archive

        return read_archive(path, keep, member, layout)
    return text_table(path, path.name, _content(path, suffix), keep, layout)


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


def require_content(path: PathLike) -> Path:
    """Return the path unless there is no file, or one that is empty or cannot be opened."""
    path = path_of(path, "file")
    if not path.exists():
        raise InputError("There is no such file", where=str(path), fix="Check the path")
    if path.is_dir():
        raise InputError("This is a folder, not a file", where=str(path), fix="Name a file in it")
    if path.stat().st_size == 0:
        raise problem("The file is empty (0 bytes)", path.name, "Download or export it again")
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror or error}",
            where=str(path),
            fix="Check its permissions",
        ) from error
    return path


def read_parquet(path: Path, keep: Callable[[str], bool] | None = None) -> pd.DataFrame:
    """Read a Parquet file, or say in one sentence why it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = [str(name) for name in pq.read_schema(path).names]
        require_distinct(names, path.name)
        columns = names if keep is None else [name for name in names if keep(name)]
        frame = pd.read_parquet(path, columns=columns)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise problem(
            "The Parquet file is damaged or cut off", path.name, "Copy or export it again"
        ) from error
    if frame.empty:
        raise problem("The file has no rows", path.name, "Export it again with its data")
    return frame


def _from_workbook(path: Path, keep: Callable[[str], bool] | None, layout: Layout) -> RawTable:
    from fusion_core.ingest.tables._workbook import read_workbook

    sheet = read_workbook(path, layout)
    wanted = [not str(name).strip() or keep is None or keep(str(name)) for name in sheet.frame]
    table = typed_table(path, sheet.frame.loc[:, wanted])
    name = f"{path.name}, sheet {sheet.name}"
    return replace(
        table,
        parts=(Part(name, len(table.frame), sheet.header_row),),
        said=sheet.said,
    )


def _kind(path: Path) -> str:
    """Return the ending of the file's name, or what its first bytes show it to be."""
    suffix = path.suffix.lower()
    if suffix in {".parquet", ".zip", *WORKBOOKS}:
        return suffix
    with path.open("rb") as stream:
        start = stream.read(4)
    found = next((kind for mark, kind in _FIRST_BYTES.items() if start.startswith(mark)), "")
    return found or suffix


def _content(path: Path, suffix: str) -> bytes:
    if suffix != ".gz":
        return path.read_bytes()
    try:
        with gzip.open(path, "rb") as stream:
            return stream.read()
    except (OSError, EOFError) as error:
        raise problem(
            "The file is no gzip archive, or it is cut off", path.name, "Download it again"
        ) from error
