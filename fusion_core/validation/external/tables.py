"""An independent table of areas as a person has it: read, columns found, codes and numbers tidied.

Published tables write area codes without leading zeros, with a summary-level prefix
(``7950000US4101301``) or as decimals, and numbers with thousands separators. What can only mean one
thing is mended and said; everything else is refused with the row it is in.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fusion_core.errors import InputError
from fusion_core.geography.codes import match_areas
from fusion_core.records import Checked
from fusion_core.summaries import counted
from fusion_core.workspace.files import size_text

if TYPE_CHECKING:
    from collections.abc import Collection

SUFFIXES: Final = (".csv", ".tsv", ".txt", ".xlsx", ".parquet")
LARGEST_TABLE: Final = 50_000_000
"""Bytes of a file with one row per area; every block group of the nation takes a tenth of that."""
_LARGEST_UNPACKED: Final = 4 * LARGEST_TABLE
_MOST_CELLS: Final = 20_000_000
_NAMED: Final = 3
# Rows that tell which column holds the areas.
_LOOKED_AT: Final = 2000
# What published tables write where there is not a number.
_NO_NUMBER: Final = frozenset(
    {"", "-", "–", "N", "X", "(X)", "*", "**", "***", "nan", "None", "NA"}
)
_VALUE_WORDS: Final = ("estimate", "value", "total", "count", "households")
_MARGIN_WORDS: Final = ("moe", "margin")


@dataclass(frozen=True)
class ColumnGuess(Checked):
    """Which columns of a table hold what; empty where none fits.

    Attributes
    ----------
    area, value, moe
        Names of the columns of area codes, independent values and their margins of error.
    """

    area: str = ""
    value: str = ""
    moe: str = ""

    @property
    def names(self) -> tuple[str, str, str]:
        """The columns, in this order."""
        return self.area, self.value, self.moe


@dataclass(frozen=True)
class TidyTable:
    """A table ready to be compared.

    Attributes
    ----------
    table
        Columns ``area``, ``value`` and ``moe`` (NaN where unknown), one row per area.
    notes
        What was mended or left out, in sentences.
    """

    table: pd.DataFrame
    notes: tuple[str, ...] = ()


def read_external(file: Path) -> pd.DataFrame:
    """Read a table as somebody has it, every cell as text so that codes keep their leading zeros.

    Parameters
    ----------
    file
        The file; the ending of its name says how to read it.

    Raises
    ------
    InputError
        If the kind of file is unknown, it is larger than a table of areas, or empty or damaged.
    """
    name, suffix = file.name, file.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"A file ending in '{suffix}' cannot be read",
            where=name,
            fix=f"Save the table as one of {', '.join(SUFFIXES)}",
        )
    try:
        _refuse_size(name, file.stat().st_size, LARGEST_TABLE)
        frame = _read(file, suffix)
    except InputError:
        raise
    except OSError as error:
        raise InputError(
            f"The table cannot be opened: {error.strerror or error}",
            where=str(file),
            fix="Check the path and its permissions",
        ) from error
    except (ValueError, pa.ArrowInvalid, zipfile.BadZipFile, KeyError) as error:
        raise InputError(
            "The table could not be read",
            where=name,
            fix="Open it in a spreadsheet and save it as CSV with one row of headings",
        ) from error
    frame.columns = pd.Index([str(column).strip() for column in frame.columns])
    if frame.empty or len(frame.columns) < 2:  # noqa: PLR2004 - areas and values
        raise InputError(
            "The table has no rows or a single column",
            where=name,
            fix="Give one row per area: a column of area codes and one of values",
        )
    return frame.fillna("")


def _read(file: Path, suffix: str) -> pd.DataFrame:
    """Read a table whose size was looked at, what packs well by its outline."""
    if suffix == ".parquet":
        return _read_parquet(file)
    if suffix == ".xlsx":
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        _refuse_size(file.name, unpacked, _LARGEST_UNPACKED)
        return pd.read_excel(file, dtype=str)
    text = _decoded(file.read_bytes())
    separator = "\t" if "\t" in text.partition("\n")[0] else None
    return pd.read_csv(io.StringIO(text), dtype=str, sep=separator or ",", keep_default_na=False)


def _read_parquet(file: Path) -> pd.DataFrame:
    """Read the columns that hold one value a row; texts are unpacked once their length is known."""
    outline, schema = pq.read_metadata(file), pq.read_schema(file)
    if outline.num_rows * outline.num_columns > _MOST_CELLS:
        raise _too_large(file.name, f"{outline.num_rows:,} rows of {outline.num_columns:,} columns")
    flat = [field for field in schema if not pa.types.is_nested(field.type)]
    packed = pq.read_table(
        file,
        columns=[field.name for field in flat],
        read_dictionary=[field.name for field in flat if _is_text(field.type)],
    )
    lengths = [
        pc.sum(pc.take(pc.binary_length(chunk.dictionary), chunk.indices)).as_py() or 0
        for column in packed.columns
        for chunk in column.chunks
        if pa.types.is_dictionary(chunk.type) and _is_text(chunk.type.value_type)
    ]
    _refuse_size(file.name, sum(lengths), _LARGEST_UNPACKED)
    # A whole number as text has no decimal point, but a column with gaps holds floats.
    frame: pd.DataFrame = packed.to_pandas()
    return frame.astype(object).map(_as_text)


def _is_text(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_binary,
            pa.types.is_large_binary,
        )
    )


def _refuse_size(name: str, size: int, limit: int) -> None:
    if size > limit:
        raise _too_large(name, size_text(size))


def _too_large(name: str, size: str) -> InputError:
    return InputError(
        f"The table is larger than one with a row per area: {size}",
        where=name,
        fix="Keep the columns of area codes, values and margins of error, and one row per area",
    )


def known_areas(column: pd.Series[Any], areas: Collection[str]) -> int:
    """Return how many cells of a column mean one of the known areas."""
    return int(_matches(column, areas).sum())


def guess_columns(table: pd.DataFrame, areas: Collection[str]) -> ColumnGuess:
    """Guess which column holds area codes, which the values, and which their margins of error.

    Parameters
    ----------
    table
        As `read_external` returns it.
    areas
        Known area codes.
    """
    looked_at = table.head(_LOOKED_AT)
    hits = {name: _matches(looked_at[name], areas).mean() for name in table.columns}
    area = max(hits, key=lambda name: hits[name])
    if hits[area] == 0:
        area = ""
    numeric = [
        str(name)
        for name in table.columns
        if name != area and _numbers(table[name]).notna().mean() > 0.5  # noqa: PLR2004 - most
    ]
    margins = [name for name in numeric if any(word in name.lower() for word in _MARGIN_WORDS)]
    # A column of one value – the year of a table – says nothing of its areas.
    varied = [name for name in numeric if table[name].astype(str).str.strip().nunique() > 1]
    values = [name for name in varied or numeric if name not in margins]
    likely = [name for name in values if any(word in name.lower() for word in _VALUE_WORDS)]
    return ColumnGuess(str(area), (likely or values or [""])[0], (margins or [""])[0])


def tidy_external(
    table: pd.DataFrame,
    columns: ColumnGuess,
    areas: Collection[str],
    *,
    counts: bool = False,
) -> TidyTable:
    """Bring a table into the form that `compare_external` takes.

    Parameters
    ----------
    table
        As `read_external` returns it.
    columns
        Which columns to take.
    areas
        Area codes of the estimates.
    counts
        Whether values are counts or totals of something that cannot be negative.

    Raises
    ------
    InputError
        If a column does not exist, a value is not a number, a count is negative, an area appears
        twice or none is known. All rows at fault are counted, the first ones named.
    """
    for name in (columns.area, columns.value, *([columns.moe] if columns.moe else [])):
        if name not in table.columns:
            raise InputError.unknown("column", name, map(str, table.columns))
    known = frozenset(areas)
    codes = _codes(table[columns.area], known)
    values = _read_numbers(table[columns.value], columns.value)
    notes = []
    if counts and (values < 0).any():
        raise InputError(
            f"{counted(int((values < 0).sum()), 'count is', 'counts are')} negative, the first one in "
            f"{_row(values < 0)}",
            where=f"column '{columns.value}'",
            fix="Check that the right column is chosen; codes for missing values must be blank",
        )
    mended = int((codes != table[columns.area].str.strip()).sum())
    if mended:
        example = _example(table, columns, codes)
        notes.append(f"Area codes completed: {mended:,}, such as {example}.")
    empty = values.isna() | (codes == "")
    if empty.any():
        notes.append(
            f"Left out: {counted(int(empty.sum()), 'row', 'rows')} without a code or a number."
        )
    margins = _read_numbers(table[columns.moe], columns.moe) if columns.moe else np.nan
    tidy = pd.DataFrame({"area": codes, "value": values, "moe": margins})[~empty]
    twice = tidy["area"][tidy["area"].duplicated()]
    if len(twice):
        raise InputError(
            f"An area appears more than once: '{twice.iloc[0]}'"
            + (f" and {twice.nunique() - 1:,} more" if twice.nunique() > 1 else ""),
            where=f"column '{columns.area}'",
            fix="Give one row per area: one year, one group of households",
        )
    if tidy.empty:
        raise InputError(
            "No row of the table has both an area code and a number",
            where=f"columns '{columns.area}' and '{columns.value}'",
            fix="Choose other columns",
        )
    unknown = tidy["area"][~tidy["area"].isin(known)]
    if len(unknown) == len(tidy):
        raise InputError(
            f"No area of the table is known, such as '{table[columns.area].iloc[0]}'",
            where=f"column '{columns.area}'",
            fix=f"Write codes like {min(known, default='0100100')}",
        )
    if len(unknown):
        named = ", ".join(unknown.head(_NAMED))
        more = ", …" if len(unknown) > _NAMED else ""
        notes.append(f"Not among the estimates: {named}{more} ({len(unknown):,} in all).")
    return TidyTable(tidy.reset_index(drop=True), tuple(notes))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:  # older spreadsheets on Windows; every byte means something there
        return content.decode("latin-1")


def _as_text(value: Any) -> str:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - not-a-number differs from itself
        return ""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _width(known: Collection[str]) -> int:
    """Return the number of digits all codes have, 0 where they are not numbers of one length."""
    widths = {len(code) for code in known if code.isdigit()}
    return widths.pop() if len(widths) == 1 and all(code.isdigit() for code in known) else 0


def _codes(column: pd.Series[Any], known: Collection[str]) -> pd.Series[str]:
    """Return the known code each cell means; of others, the cell with its leading zeros."""
    text: pd.Series[str] = column.astype(str).str.strip()
    meant = _match(text, known)
    width = _width(known)
    if width:
        text = text.str.replace(r"^\d{3}[0-9A-Z]{4}US", "", regex=True)
        text = text.str.replace(r"\.0+$", "", regex=True)
        text = text.where(~text.str.fullmatch(r"\d+"), text.str.zfill(width))
    completed = [
        meant.get(cell, code)
        for cell, code in zip(column.astype(str).str.strip(), text, strict=True)
    ]
    return pd.Series(completed, index=column.index, dtype=str)


def _matches(column: pd.Series[Any], known: Collection[str]) -> pd.Series[bool]:
    text: pd.Series[str] = column.astype(str).str.strip()
    return text.isin(_match(text, known))


def _match(text: pd.Series[str], known: Collection[str]) -> dict[str, str]:
    codes = sorted(known)
    return match_areas(text, pd.DataFrame({"area_id": codes, "name": codes}, dtype=str))


def _numbers(column: pd.Series[Any]) -> pd.Series[float]:
    text = column.astype(str).str.strip().str.replace(r"^[±+$]", "", regex=True)
    text = text.str.replace(r"(?<=\d),(?=\d{3}\b)", "", regex=True).str.rstrip("%").str.strip()
    return pd.to_numeric(text, errors="coerce").astype(float)


def _read_numbers(column: pd.Series[Any], name: str) -> pd.Series[float]:
    values = _numbers(column)
    wrong = values.isin([np.inf, -np.inf]) | values.isna()
    wrong &= ~column.astype(str).str.strip().isin(_NO_NUMBER)
    if wrong.any():
        text = re.sub(r"\s+", " ", str(column[wrong].iloc[0]))[:40]
        raise InputError(
            f"{counted(int(wrong.sum()), 'value is not a number', 'values are not numbers')}, the first one is '{text}' in "
            f"{_row(wrong)}",
            where=f"column '{name}'",
            fix="Leave cells without a number blank",
        )
    return values


def _row(chosen: pd.Series[bool]) -> str:
    """Name the first chosen row as a spreadsheet numbers it, below the headings."""
    return f"row {int(np.flatnonzero(chosen.to_numpy())[0]) + 2}"


def _example(table: pd.DataFrame, columns: ColumnGuess, codes: pd.Series[str]) -> str:
    changed = codes != table[columns.area].str.strip()
    return f"'{table[columns.area][changed].iloc[0]}' to '{codes[changed].iloc[0]}'"
