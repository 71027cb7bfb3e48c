"""Open raw files – CSV, gzip, ZIP with several parts, Parquet – as a table of texts.

Public survey files are codes: ``01`` is not the number one. Every column is therefore read as text,
stored as a pandas categorical whose categories are the distinct texts, so that a national file fits
in memory and a code is translated once, not once per row.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.arguments import path_of
from fusion_core.errors import InputError
from fusion_core.frames import unusable
from fusion_core.ingest.tables.problems import FileProblemsError, Problem, ProblemLog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from fusion_core.arguments import PathLike

HEADER_ROW: Final = 1
MISSING_TEXTS: Final = ("", " ")
_SHOWN_BAD_ROWS: Final = 5
NO_NAME: Final = "it has no name"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the files a table was put together from: its name and number of rows."""

    name: str
    rows: int


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
    """

    path: Path
    frame: pd.DataFrame
    parts: tuple[Part, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    def place(self, index: int) -> tuple[str, int]:
        """Return the file and spreadsheet row (header = row 1) of a row position."""
        for part in self.parts:
            if index < part.rows:
                return part.name, index + HEADER_ROW + 1
            index -= part.rows
        return self.path.name, index + HEADER_ROW + 1

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
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> RawTable:
    """Read a CSV, gzipped CSV, ZIP of CSV parts, or Parquet file as texts.

    Parameters
    ----------
    path
        The file.
    keep
        Which columns to read, by name; all if ``None``.
    member
        Which members of a ZIP to read, by name; all CSV members if ``None``. They are stacked in
        alphabetical order and must have the same columns.
    encoding, delimiter
        How the text is written.

    Raises
    ------
    FileProblemsError
        If the file is missing, empty, damaged, not text of that encoding or not rectangular.
    """
    path = require_content(path)
    if path.suffix.lower() == ".parquet":
        return typed_table(path, read_parquet(path, keep))
    if path.suffix.lower() == ".zip":
        return _read_zip(path, keep, member, encoding, delimiter)
    with _open_plain(path) as stream:
        frame, unnamed = _read_csv(stream.read(), path.name, keep, encoding, delimiter)
    return RawTable(path, frame, (Part(path.name, len(frame)),), unnamed)


def typed_table(path: Path, frame: pd.DataFrame) -> RawTable:
    """Return a table of typed columns as texts, without the columns whose values are no answers."""
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
        raise _problem("The file is empty (0 bytes)", path.name, "Download or export it again")
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
        columns = names if keep is None else [name for name in names if keep(name)]
        frame = pd.read_parquet(path, columns=columns)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _problem(
            "The Parquet file is damaged or cut off", path.name, "Copy or export it again"
        ) from error
    if frame.empty:
        raise _problem("The file has no rows", path.name, "Export it again with its data")
    return frame


def text_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn typed columns into categorical texts; whole numbers are written without a decimal.

    Columns of fractions can be no codes and stay numbers, which is much faster.
    """
    return pd.DataFrame(
        {
            str(name): frame[name] if _has_fractions(frame[name]) else _text_column(frame[name])
            for name in frame.columns
        },
        index=frame.index,
    )


def _has_fractions(column: pd.Series[Any]) -> bool:
    if not pd.api.types.is_float_dtype(column):
        return False
    present = column.dropna()
    return bool((present != present.round()).any())


def _text_column(column: pd.Series[Any]) -> pd.Categorical:
    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    texts = [_text(value) for value in uniques]
    merged = pd.Categorical(texts)  # '1' and '1.0' must not stay apart
    lookup = np.append(merged.codes, -1).astype("int64")
    recoded = lookup[codes]
    blank = [position for position, text in enumerate(merged.categories) if text in MISSING_TEXTS]
    recoded[np.isin(recoded, blank)] = -1
    return pd.Categorical.from_codes(recoded, categories=merged.categories).remove_categories(
        [merged.categories[position] for position in blank]
    )


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _read_zip(
    path: Path,
    keep: Callable[[str], bool] | None,
    member: Callable[[str], bool] | None,
    encoding: str,
    delimiter: str,
) -> RawTable:
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if name.lower().endswith(".csv"))
            wanted = [name for name in names if member is None or member(Path(name).name)]
            if not wanted:
                inside = ", ".join(archive.namelist()[:5]) or "nothing"
                raise _problem(
                    f"The ZIP holds no matching CSV file but {inside}",
                    path.name,
                    "Choose the ZIP as the statistical office publishes it",
                )
            read = [
                _read_csv(
                    archive.read(name), f"{path.name}/{Path(name).name}", keep, encoding, delimiter
                )
                for name in wanted
            ]
    except (zipfile.BadZipFile, EOFError) as error:
        raise _problem(
            "The file is no ZIP archive, or it is cut off", path.name, "Download it again"
        ) from error
    frames = [frame for frame, _ in read]
    return _stack(path, frames, [f"{path.name}/{Path(name).name}" for name in wanted])


def _stack(path: Path, frames: Sequence[pd.DataFrame], names: Sequence[str]) -> RawTable:
    first = frames[0]
    for frame, name in zip(frames[1:], names[1:], strict=True):
        different = sorted(set(first.columns) ^ set(frame.columns))
        if different:
            raise _problem(
                f"The part has other columns than {names[0]}: {', '.join(different[:5])}",
                name,
                "Use parts of the same release",
            )
    parts = tuple(Part(name, len(frame)) for frame, name in zip(frames, names, strict=True))
    if len(frames) == 1:
        return RawTable(path, first, parts)
    columns = {}
    for column in first.columns:
        union = pd.api.types.union_categoricals([frame[column] for frame in frames])
        columns[column] = union
    return RawTable(path, pd.DataFrame(columns), parts)


def _open_plain(path: Path) -> IO[bytes]:
    if path.suffix.lower() != ".gz":
        return path.open("rb")
    try:
        with gzip.open(path, "rb") as stream:
            return io.BytesIO(stream.read())
    except (OSError, EOFError) as error:
        raise _problem(
            "The file is no gzip archive, or it is cut off", path.name, "Download it again"
        ) from error


def _read_csv(
    content: bytes,
    name: str,
    keep: Callable[[str], bool] | None,
    encoding: str,
    delimiter: str,
) -> tuple[pd.DataFrame, tuple[tuple[str, str], ...]]:
    """Return the named columns, and those without a name with the reason they are not read."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    text = _decoded(content, name, encoding)
    header = _header(text, name, delimiter)
    # A column without a name, as two separators at the end of every line make one, is nobody's.
    wanted = [column for column in header if column.strip() and (keep is None or keep(column))]
    bad: list[tuple[int | None, int]] = []

    def note_bad_row(row: Any) -> str:
        bad.append((row.number, row.actual_columns))
        return "skip"

    texts = pa.dictionary(pa.int32(), pa.string())
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(text),
            # One thread: only then does Arrow number the rows it could not read.
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=1 << 24),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note_bad_row
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, texts),
                include_columns=wanted,
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=list(MISSING_TEXTS),
            ),
        )
    except pa.ArrowInvalid as error:
        raise _problem(
            f"The file is not a readable table: {str(error).splitlines()[0]}",
            name,
            "Export it again as CSV",
        ) from error
    if bad:
        raise FileProblemsError(
            tuple(
                Problem(
                    f"The row has {count} fields, the header {len(header)}",
                    name,
                    row=number,
                    fix="Check for a separator or quote inside a field, or a cut-off line",
                )
                for number, count in bad[:_SHOWN_BAD_ROWS]
            )
        )
    if table.num_rows == 0:
        raise _problem("The file has a header but no rows", name, "Export it again with its data")
    frame = table.unify_dictionaries().to_pandas()
    unnamed = tuple(
        (f"column {place}", NO_NAME)
        for place, column in enumerate(header, start=1)
        if not column.strip()
    )
    return pd.DataFrame({column: _stripped(frame[column]) for column in wanted}), unnamed


def _stripped(column: pd.Series[Any]) -> pd.Series[Any]:
    categories = [str(text) for text in column.cat.categories]
    if all(text == text.strip() for text in categories):
        return column
    return pd.Series(_text_column(column.astype(object)), index=column.index)


def _decoded(content: bytes, name: str, encoding: str) -> bytes:
    """Return UTF-8 bytes without a byte-order mark."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encoding = "utf-16"
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise FileProblemsError(
            (
                Problem(
                    f"The file is not {encoding} text (byte 0x{content[error.start]:02x})",
                    name,
                    row=row,
                    fix="Save it as UTF-8, or choose its encoding, often 'cp1252' or 'latin-1'",
                ),
            )
        ) from error
    if "\r" in text and "\n" not in text:  # line ends of old spreadsheets on the Mac
        text = text.replace("\r", "\n")
    if "\x00" in text[:4096]:
        raise _problem("The file is not a text file", name, "Choose a CSV, ZIP or Parquet file")
    return text.encode("utf-8")


def _header(text: bytes, name: str, delimiter: str) -> list[str]:
    first_lines = io.StringIO(text[:2_000_000].decode("utf-8", "ignore"), newline="")
    try:
        header = next(csv.reader(first_lines, delimiter=delimiter), [])
    except csv.Error as error:
        raise _problem(
            f"The header row cannot be read: {error}", name, "Add a first row with column names"
        ) from error
    if not any(column.strip() for column in header):
        raise _problem("The file has no header row", name, "Add a first row with column names")
    repeated = sorted({column for column in header if header.count(column) > 1 and column.strip()})
    if repeated:
        raise _problem(
            f"The header names a column twice: {', '.join(repeated[:5])}",
            name,
            "Give every column its own name",
        )
    return header


def _problem(what: str, file: str, fix: str) -> FileProblemsError:
    return FileProblemsError((Problem(what, file, fix=fix),))
