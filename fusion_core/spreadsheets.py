"""Tables that no spreadsheet takes a text for a formula in.

A text from a survey, a codebook or a colleague that begins like a formula would be run by whoever opens
the file. In CSV such a text is preceded by an apostrophe, which `unguarded` takes away; in workbooks its cell
says that it is text.
See OWASP, *CSV Injection*.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    import pyarrow as pa

_STARTS: Final = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""The last four are = + - @ in the width of Chinese characters, which spreadsheets read alike."""
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_GUARD: Final = "'"
_LATER_CELL: Final = re.compile(r'(?<=[,;\t])(["\s]*)([=+@\-\uff1d\uff0b\uff0d\uff20][^,;\t]*)')


def guarded_text(text: str) -> str:
    """Precede a text that begins like a formula with an apostrophe, unless it is a plain number."""
    is_formula = text[:1] in _STARTS and _NUMBER.fullmatch(text) is None
    return f"{_GUARD}{text}" if is_formula else text


def guarded_comments(lines: Iterable[str]) -> str:
    """Return the comment lines of a CSV, whose commas begin cells to a spreadsheet too."""
    return "".join(f"# {_LATER_CELL.sub(_guarded_cell, line)}\n" for line in lines)


def _guarded_cell(found: re.Match[str]) -> str:
    is_number = _NUMBER.fullmatch(found[2].strip()) is not None
    return found[0] if is_number else f"{_GUARD}{found[0]}"


def unguarded(text: str) -> str:
    """Return a text as it was before `guarded_text`."""
    bare = text[1:]
    return bare if text.startswith(_GUARD) and guarded_text(bare) == text else text


def guarded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts, headings among them, are as `guarded_text` writes them."""
    import pandas as pd

    result = table.copy(deep=False)
    for place, kind in enumerate(table.dtypes):
        column = table.iloc[:, place]
        if isinstance(kind, pd.CategoricalDtype):
            labels = [_guarded_value(each) for each in kind.categories]
            if labels != list(kind.categories):
                result.isetitem(place, column.cat.rename_categories(labels).array)
        elif pd.api.types.is_object_dtype(kind) or pd.api.types.is_string_dtype(kind):
            result.isetitem(place, column.map(_guarded_value).array)
    result.columns = pd.Index([_guarded_value(each) for each in table.columns])
    return result


def csv_text(table: pd.DataFrame) -> str:
    """Write a table as CSV, guarded, without its index."""
    return str(guarded(table).to_csv(index=False, lineterminator="\n"))


def guarded_arrow(table: pa.Table) -> pa.Table:
    """Return an Arrow table with its labels written out and its texts guarded, as CSV needs them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, field in enumerate(table.schema):
        column = table.column(place)
        if pa.types.is_dictionary(field.type):
            column = pc.cast(column, field.type.value_type)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            texts = [each for each in pc.unique(column).to_pylist() if each is not None]
            for text in texts:
                if (safe := guarded_text(text)) != text:
                    column = pc.if_else(pc.equal(column, text), safe, column)
        table = table.set_column(place, guarded_text(field.name), column)
    return table


def _guarded_value(value: Any) -> Any:
    return guarded_text(value) if isinstance(value, str) else value


__all__ = [
    "csv_text",
    "guarded",
    "guarded_arrow",
    "guarded_comments",
    "guarded_text",
    "unguarded",
]
