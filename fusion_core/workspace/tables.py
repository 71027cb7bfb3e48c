"""Parquet tables of a workspace: written whole or not at all, read with an answer a person can use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.workspace.files import replace_file

if TYPE_CHECKING:
    from pathlib import Path


_PURPOSE: Final = b"harmony:purpose"


def write_table(frame: pd.DataFrame, path: Path, *, purpose: str = "") -> None:
    """Write a table atomically, without its index.

    Parameters
    ----------
    frame, path
        The table and its file.
    purpose
        What the file is for, kept in it for `purpose_of`.

    Raises
    ------
    InputError
        If the disk is full or the folder cannot be written; an earlier file stays as it was.
    """
    with replace_file(path) as temporary:
        if not purpose:
            frame.to_parquet(temporary, index=False, compression="zstd")
            return
        table = pa.Table.from_pandas(frame, preserve_index=False)
        described = {**(table.schema.metadata or {}), _PURPOSE: purpose.encode()}
        pq.write_table(table.replace_schema_metadata(described), temporary, compression="zstd")


def purpose_of(path: Path) -> str | None:
    """Return what a file was said to be for when `write_table` wrote it, ``None`` if it was not so."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        return None
    return metadata[_PURPOSE].decode() if _PURPOSE in metadata else None


def read_table(
    path: Path,
    *,
    what: str,
    fix: str,
    columns: list[str] | None = None,
    rows: int | None = None,
) -> pd.DataFrame:
    """Read a table, whole or only some columns.

    Parameters
    ----------
    path
        Parquet file.
    what
        What the table is, as the sentence of an error begins: ``"The spatial table"``.
    fix
        What to do when it is missing or damaged.
    columns
        Columns to read; ``None`` reads all.
    rows
        Number of rows to read from the beginning; ``None`` reads all.

    Raises
    ------
    CorruptFileError
        If the file is missing, damaged or cut off.
    InputError
        If a wanted column does not exist or the file may not be read.
    """
    try:
        known = pq.read_schema(path).names
        for name in columns or ():
            if name not in known:
                raise InputError.unknown("column", name, known, where=str(path))
        return (
            pd.read_parquet(path, columns=columns) if rows is None else _head(path, columns, rows)
        )
    except (OSError, pa.ArrowException, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise _unreadable(path, what, fix, error) from error


def _head(path: Path, columns: list[str] | None, rows: int) -> pd.DataFrame:
    with pq.ParquetFile(path) as file:
        batch = next(file.iter_batches(batch_size=rows, columns=columns), None)
        table = file.read(columns=columns) if batch is None else pa.Table.from_batches([batch])
        frame: pd.DataFrame = table.to_pandas()
        return frame


def read_table_outline(path: Path, *, what: str, fix: str) -> tuple[int, tuple[str, ...]]:
    """Return the number of rows and the names of the columns of a table; see `read_table`.

    Raises
    ------
    CorruptFileError
        If the file is missing, damaged or cut off.
    """
    try:
        metadata = pq.read_metadata(path)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, what, fix, error) from error
    return int(metadata.num_rows), tuple(metadata.schema.to_arrow_schema().names)


def _unreadable(path: Path, what: str, fix: str, error: Exception) -> InputError:
    """Tell a file that may not be read from one that is missing or damaged."""
    if isinstance(error, PermissionError):
        return InputError(
            f"{what} cannot be read: {error.strerror}",
            where=str(path),
            fix="Check the permissions of the file and its folder",
        )
    return CorruptFileError(f"{what} is missing or damaged", where=str(path), fix=fix)


def quoted(name: str) -> str:
    """Return a column's name as DuckDB reads it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'
