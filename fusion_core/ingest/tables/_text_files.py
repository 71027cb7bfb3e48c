"""Text files of any separator, encoding and line end as tables of texts."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from fusion_core.ingest.tables._size import refuse_columns
from fusion_core.ingest.tables._text_columns import MISSING_TEXTS, stripped
from fusion_core.ingest.tables.layout import COMMENT, Dialect, Layout, find_dialect
from fusion_core.ingest.tables.problems import FileProblemsError, Problem, problem

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

NO_NAME: Final = "it has no name"
_BEGINNING: Final = 2_000_000
_SHOWN_BAD_ROWS: Final = 5
_BLOCK: Final = 1 << 24
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # it begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(
    content: bytes, name: str, keep: Callable[[str], bool] | None, layout: Layout
) -> tuple[pd.DataFrame, tuple[tuple[str, str], ...], int, str]:
    """Read a text as a table of texts.

    Parameters
    ----------
    content, name
        The bytes, and the file's name for messages.
    keep
        Which columns to read, by name; all if ``None``.
    layout
        What is known of the file.

    Returns
    -------
    frame, left_out, header_row, separator
        One categorical text column per named column; the columns without a name, with the reason;
        the row of the header, counted from 1; and the separator.

    Raises
    ------
    FileProblemsError
        If it is not text of that encoding, has no header or no rows, or is not rectangular.
    """
    import pandas as pd

    text = _utf8(content, name, layout.encoding)
    beginning = text[:_BEGINNING].decode("utf-8", "ignore")
    dialect = find_dialect(beginning, layout.header_row)
    lines = beginning.splitlines(keepends=True)[: dialect.skipped]
    body = text[len("".join(lines).encode()) :] if lines else text
    _refuse_open_quote(body, name, dialect)
    header = _header(body, name, dialect.separator)
    refuse_columns(name, len(header))
    # A column without a name, as two separators at the end of every line make one, is nobody's.
    wanted = [column for column in header if column.strip() and (keep is None or keep(column))]
    table = _arrow_table(body, name, header, wanted, dialect)
    if table.num_rows == 0:
        raise problem("The file has a header but no rows", name, "Export it again with its data")
    frame = table.unify_dictionaries().to_pandas()
    unnamed = tuple(
        (f"column {place}", NO_NAME)
        for place, column in enumerate(header, start=1)
        if not column.strip()
    )
    columns = {column: stripped(frame[column]) for column in wanted}
    return pd.DataFrame(columns), unnamed, dialect.skipped + 1, dialect.separator


def _refuse_open_quote(text: bytes, name: str, dialect: Dialect) -> None:
    """Refuse a quote that is never closed, as everything after it would become one answer."""
    if text.count(b'"') % 2 == 0:
        return
    lines = io.TextIOWrapper(io.BytesIO(text), "utf-8", newline="")
    reader = csv.reader(lines, delimiter=dialect.separator, strict=True)
    row = 1
    try:
        for _ in reader:
            row = reader.line_num + 1
    except csv.Error as error:
        # Other errors are quotes within a field, which are read as they stand.
        if "unexpected end" in str(error) or "field larger" in str(error):
            unclosed = Problem(
                "A quote that opens here is never closed",
                name,
                row=row + dialect.skipped,
                fix="Close or remove it, or write quotes inside a field twice",
            )
            raise FileProblemsError((unclosed,)) from error


def _arrow_table(
    text: bytes, name: str, header: list[str], wanted: list[str], dialect: Dialect
) -> Any:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    bad: list[tuple[int | None, int]] = []

    def note_bad_row(row: Any) -> str:
        if not (dialect.comments and row.text.startswith(COMMENT)):
            number = None if row.number is None else row.number + dialect.skipped
            bad.append((number, row.actual_columns))
        return "skip"

    texts = pa.dictionary(pa.int32(), pa.string())
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(text),
            # One thread: only then does Arrow number the rows it could not read.
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=_BLOCK),
            parse_options=arrow_csv.ParseOptions(
                delimiter=dialect.separator,
                newlines_in_values=True,
                invalid_row_handler=note_bad_row,
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
        raise problem(
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
    return table


def _utf8(content: bytes, name: str, encoding: str) -> bytes:
    """Return UTF-8 bytes without a byte-order mark, with line ends Arrow knows."""
    encoding = _marked_encoding(content) or encoding
    try:
        text = content.decode(encoding)
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
    if "\x00" in text[:4096]:
        raise problem("The file is not a text file", name, "Choose a CSV, ZIP or Parquet file")
    if "\r" in text and "\n" not in text:  # line ends of old spreadsheets on the Mac
        return text.replace("\r", "\n").encode("utf-8")
    # A file of hundreds of megabytes is not copied without need.
    return content if encoding == "utf-8" else text.encode("utf-8")


def _marked_encoding(content: bytes) -> str:
    """Return the encoding the first bytes show: a byte-order mark, or the zeros of UTF-16."""
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    start = content[:200]
    if marked or len(start) < len("id") * 2:
        return marked
    if not any(start[1::2]) and all(start[::2]):
        return "utf-16-le"
    return "utf-16-be" if not any(start[::2]) and all(start[1::2]) else ""


def _header(text: bytes, name: str, separator: str) -> list[str]:
    first_lines = io.StringIO(text[:_BEGINNING].decode("utf-8", "ignore"), newline="")
    try:
        header = next(csv.reader(first_lines, delimiter=separator), [])
    except csv.Error as error:
        raise problem(
            f"The header row cannot be read: {error}", name, "Add a first row with column names"
        ) from error
    if not any(column.strip() for column in header):
        raise problem("The file has no header row", name, "Add a first row with column names")
    require_distinct(header, name)
    return header


def require_distinct(header: list[str], name: str) -> None:
    """Refuse a header that names a column twice; columns without a name are left out instead."""
    counts = Counter(column for column in header if column.strip())
    repeated = sorted(column for column, count in counts.items() if count > 1)
    if repeated:
        raise problem(
            f"The header names a column twice: {', '.join(repeated[:5])}",
            name,
            "Give every column its own name",
        )
