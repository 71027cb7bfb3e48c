"""Open raw files – text, gzip, ZIP of parts, Excel, Parquet, JSON rows – as a table of texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from fusion_core.arguments import path_of
from fusion_core.errors import InputError
from fusion_core.ingest.tables._archive import read_archive, unpack_gzip
from fusion_core.ingest.tables._size import refuse_cells, refuse_columns
from fusion_core.ingest.tables._text_files import require_distinct
from fusion_core.ingest.tables.layout import Layout
from fusion_core.ingest.tables.problems import problem
from fusion_core.ingest.tables.raw_table import Part, RawTable, text_table, typed_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_core.arguments import PathLike

WORKBOOKS: Final = (".xlsx", ".xlsm")
_FIRST_BYTES: Final = {b"\x1f\x8b": ".gz", b"PK\x03\x04": ".zip", b"PAR1": ".parquet"}
_START: Final = 64
_PACKED: Final = (
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"Rar!", "RAR"),
)


def read_raw_table(
    path: PathLike,
    *,
    keep: Callable[[str], bool] | None = None,
    member: Callable[[str], bool] | None = None,
    layout: Layout | None = None,
) -> RawTable:
    """Read a text file (plain, gzip or ZIP of parts), workbook, Parquet or JSON rows as texts.

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
        return read_archive(path, keep, member, layout)
    if suffix == ".json":
        return typed_table(path, read_json_rows(path, keep))
    return text_table(path, path.name, _content(path, suffix), keep, layout)


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
        with path.open("rb") as stream:
            start = stream.read(_START)
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror or error}",
            where=str(path),
            fix="Check its permissions",
        ) from error
    _refuse_other_kinds(start, path.name)
    return path


def _refuse_other_kinds(start: bytes, name: str) -> None:
    """Say what a file is whose first bytes show that it is no table, whatever its name says."""
    packed = next((kind for mark, kind in _PACKED if start.startswith(mark)), "")
    if packed:
        fix = "Unpack it, or pack it as .zip or .gz"
        raise problem(f"The file is packed by {packed}, which is not read", name, fix)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html")):
        raise problem("The file is a web page, not a table", name, "Download the file itself")


def read_parquet(path: Path, keep: Callable[[str], bool] | None = None) -> pd.DataFrame:
    """Read a Parquet file, or say in one sentence why it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = [str(name) for name in pq.read_schema(path).names]
        require_distinct(names, path.name)
        columns = names if keep is None else [name for name in names if keep(name)]
        refuse_cells(path.name, pq.read_metadata(path).num_rows, len(columns))
        frame = pd.read_parquet(path, columns=columns)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, InputError | MemoryError):
            raise
        raise problem(
            "The Parquet file is damaged or cut off", path.name, "Copy or export it again"
        ) from error
    if frame.empty:
        raise problem("The file has no rows", path.name, "Export it again with its data")
    return frame


def read_json_rows(path: Path, keep: Callable[[str], bool] | None = None) -> pd.DataFrame:
    """Read a list of rows, the first of which names the columns, as the Census API returns it."""
    import json

    fix = "Save again what the Census API returned: a list of rows under a row of names"
    try:
        rows = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        raise problem("The file is not JSON, or it is cut off", path.name, fix) from error
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise problem("The JSON is not a list of rows", path.name, fix)
    if len(rows) < 2:  # noqa: PLR2004 - the names, and a row
        raise problem("The file has no rows", path.name, fix)
    names = [str(name) for name in rows[0]]
    refuse_columns(path.name, len(names))
    wrong = next((place for place, row in enumerate(rows) if len(row) != len(names)), None)
    if wrong is not None:
        raise problem(
            f"Row {wrong + 1:,} has {len(rows[wrong])} of {len(names)} cells", path.name, fix
        )
    require_distinct(names, path.name)
    cells = [None if cell is None else str(cell) for row in rows[1:] for cell in row]
    texts = pd.DataFrame([cells[i : i + len(names)] for i in range(0, len(cells), len(names))])
    texts = texts.set_axis(names, axis=1)
    return texts[[name for name in names if keep is None or keep(name)]]


def _from_workbook(path: Path, keep: Callable[[str], bool] | None, layout: Layout) -> RawTable:
    from fusion_core.ingest.tables.workbook import read_workbook

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
    if suffix in {".parquet", ".zip", ".json", *WORKBOOKS}:
        return suffix
    with path.open("rb") as stream:
        start = stream.read(4)
    found = next((kind for mark, kind in _FIRST_BYTES.items() if start.startswith(mark)), "")
    return found or suffix


def _content(path: Path, suffix: str) -> bytes:
    if suffix != ".gz":
        return path.read_bytes()
    return unpack_gzip(path)


def read_gzip(path: Path) -> bytes:
    """Return the content of a gzip file; see `read_raw_table` for what is refused."""
    return unpack_gzip(path)
