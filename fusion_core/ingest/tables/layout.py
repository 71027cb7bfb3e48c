"""How a table is laid out in its file: what a person says of it, and what the text itself shows.

Found from the first lines: the separator, and how many lines stand before the header (titles,
comments, ``sep=;``). Sniffers of libraries (csv, DuckDB) look at the cells and take the comma of
``12,5`` for a separator; the header has no numbers, so it decides here.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fusion_core.records import Checked

if TYPE_CHECKING:
    from collections.abc import Sequence

SEPARATORS: Final = ",;\t|"
_SAMPLE: Final = 60
_NUMBER: Final = re.compile(r"[-+]?[\d.,]*\d")
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(?P<mark>.)"?[,;\t|]*', re.IGNORECASE)
COMMENT: Final = "#"


@dataclass(frozen=True, slots=True)
class Layout(Checked):
    """What a person says of a file; an empty field leaves it to the file itself.

    Attributes
    ----------
    encoding
        How its text is written.
    decimal
        Mark of decimals, ``"."`` or ``","``.
    sheet
        Sheet of a workbook, or file inside a ZIP.
    header_row
        Row of the column names, counted from 1; 0 finds it.
    """

    encoding: str = "utf-8"
    decimal: str = ""
    sheet: str = ""
    header_row: int = 0


@dataclass(frozen=True, slots=True)
class Dialect:
    """The separator of a text, and the number of lines before its header."""

    separator: str
    skipped: int
    comments: bool = False


def find_dialect(text: str, header_row: int = 0) -> Dialect:
    """Find how a table is written from the beginning of its text.

    Parameters
    ----------
    text
        Its first lines, with line ends of any system.
    header_row
        Row of the column names if somebody said so, else 0.
    """
    lines = text.splitlines()[: _SAMPLE + max(header_row, 0)]
    said = _SEPARATOR_LINE.fullmatch(lines[0].strip()) if lines else None
    first = header_row - 1 if header_row else int(said is not None)
    kept = [line for line in lines[first:] if line.strip() and not line.startswith(COMMENT)]
    separator = said["mark"] if said else _separator(kept or lines[first:])
    rows = [_cells(line, separator) for line in lines]
    if header_row:
        return Dialect(separator, first)
    comments = any(line.startswith(COMMENT) for line in lines)
    position = header_position(rows, first)
    commented = lines[first].startswith(COMMENT) if len(lines) > first else False
    is_comment = commented and position > first
    return Dialect(separator, position, comments and is_comment)


def header_position(rows: Sequence[Sequence[Any]], first: int = 0) -> int:
    """Return which row holds the column names, after titles, comments and empty rows.

    It is the first that fills at least half the width of the table. A row of numbers alone is data:
    then the first row that is not empty is what comes nearest to a header.
    """
    filled = [[cell for cell in row if _present(cell)] for row in rows]
    not_empty = [place for place in range(first, len(rows)) if filled[place]]
    if not not_empty:
        return first
    comment = [place for place in not_empty if _is_comment(filled, place)]
    candidates = [place for place in not_empty if place not in comment] or not_empty
    widths = Counter(len(rows[place]) for place in candidates)
    width = max(widths, key=lambda item: (widths[item], item))
    for place in candidates:
        if len(filled[place]) >= max(2, width / 2):
            return candidates[0] if _is_data(filled[place]) else place
    return candidates[0]


def _is_comment(filled: Sequence[Sequence[Any]], place: int) -> bool:
    """Whether a row is a remark; a header may begin with the sign of one, such as ``#id``."""
    if not str(filled[place][0]).startswith(COMMENT):
        return False
    following = next(
        (row for row in filled[place + 1 :] if row and not str(row[0]).startswith(COMMENT)), None
    )
    same = following is not None and len(following) == len(filled[place]) > 1
    return not (same and following is not None and any(_is_number(cell) for cell in following))


def _separator(lines: Sequence[str]) -> str:
    """Tell commas, semicolons, tabs and bars apart by the lines that have one number of cells."""

    def regularity(mark: str) -> tuple[float, int]:
        widths = Counter(len(_cells(line, mark)) for line in lines)
        several = [width for width in widths if width > 1]
        if not several:
            return 0.0, 0
        width = max(several, key=lambda item: (widths[item], item))
        return widths[width] / len(lines), width

    return max(SEPARATORS, key=regularity)


def _cells(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:  # one field longer than any header: it is not separated by this mark
        return []


def _present(cell: Any) -> bool:
    return cell is not None and bool(str(cell).strip())


def _is_number(cell: Any) -> bool:
    return _NUMBER.fullmatch(str(cell).strip()) is not None


def _is_data(cells: Sequence[Any]) -> bool:
    return all(_is_number(cell) for cell in cells)
