"""Excel workbooks: the sheet that holds the table, and its cells as one type per column."""

from __future__ import annotations

import datetime as dt
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from fusion_core.errors import InputError
from fusion_core.ingest.tables._text_columns import value_text
from fusion_core.ingest.tables.layout import header_position
from fusion_core.ingest.tables.problems import Problem, problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fusion_core.ingest.tables.layout import Layout

_SAMPLE: Final = 60
_DATES: Final = (dt.date, dt.time, dt.timedelta)
_Row = tuple[Any, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet as a frame, the row of its header, and what to say about the choice of it."""

    name: str
    frame: pd.DataFrame
    header_row: int
    said: tuple[Problem, ...] = ()


def read_workbook(path: Path, layout: Layout) -> Sheet:
    """Read the sheet a person names, else the one with most rows.

    Raises
    ------
    FileProblemsError
        If the file is no workbook, or has no such sheet, or none with a header and rows.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        names = [sheet.title for sheet in book.worksheets]
        wanted = names if not layout.sheet else [layout.sheet]
        if not set(wanted) <= set(names):
            raise InputError.unknown("sheet", layout.sheet, names, where=path.name)
        tables = {name: _rows(book[name]) for name in wanted}
        book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise problem(
            "The file is not an Excel workbook, or it is cut off",
            path.name,
            "Save it again as .xlsx or CSV",
        ) from error
    name = max(tables, key=lambda item: len(tables[item]), default="")
    rows = tables.get(name, [])
    position = layout.header_row - 1 if layout.header_row else header_position(rows[:_SAMPLE])
    if position + 1 >= len(rows):
        raise problem("The workbook has no table", path.name, "Save it again with its data")
    frame = _frame(rows[position], rows[position + 1 :])
    others = [other for other, found in tables.items() if other != name and len(found) > 1]
    return Sheet(name, frame, position + 1, _said(path, name, others))


def codebook_sheets(path: Path) -> dict[str, list[_Row]]:
    """Return the rows of every sheet of a codebook, by the name of the sheet.

    Raises
    ------
    InputError
        If the file is no workbook.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        sheets = {sheet.title: _rows(sheet) for sheet in book.worksheets}
        book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise InputError(
            "The codebook is not an Excel workbook, or it is cut off",
            where=str(path),
            fix="Download it again, or save it as .xlsx or CSV",
        ) from error
    return sheets


def _rows(sheet: Any) -> list[_Row]:
    rows = [tuple(row) for row in sheet.iter_rows(values_only=True)]
    while rows and not any(_present(cell) for cell in rows[-1]):
        rows.pop()
    return rows


def _frame(header: _Row, rows: Sequence[_Row]) -> pd.DataFrame:
    """Return named columns; nameless ones only where they hold anything, to be left out."""
    columns: list[pd.Series[Any]] = []
    for place in range(len(header)):
        cells = [row[place] if place < len(row) else None for row in rows]
        name = value_text(header[place]) if _present(header[place]) else ""
        if name or any(_present(cell) for cell in cells):
            columns.append(_column(name, cells))
    return pd.concat(columns, axis=1) if columns else pd.DataFrame()


def _column(name: str, cells: Sequence[Any]) -> pd.Series[Any]:
    """Give a column one type: numbers only where every cell is one, dates as they are, else text.

    Cells that Excel turned into dates beside others that are none stay what they are, so that the
    column is left out with a word and not read as serial numbers of days.
    """
    present = [cell for cell in cells if _present(cell)]
    blank = [cell if _present(cell) else None for cell in cells]
    if any(isinstance(cell, _DATES) for cell in present):
        return pd.Series(blank, name=name, dtype=object)
    if all(isinstance(cell, int | float) for cell in present):
        return pd.Series(blank, name=name, dtype="float64")
    texts = [None if cell is None else value_text(cell) for cell in blank]
    return pd.Series(texts, name=name, dtype=object)


def _said(path: Path, name: str, others: Sequence[str]) -> tuple[Problem, ...]:
    if not others:
        return ()
    return (
        Problem(
            f"The sheet '{name}' is read; the workbook has {', '.join(others[:5])} besides",
            path.name,
            fix="Choose another sheet with --sheet if this is not the table",
            severity="warning",
        ),
    )


def _present(cell: Any) -> bool:
    return cell is not None and bool(str(cell).strip())
