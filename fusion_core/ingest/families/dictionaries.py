"""Data dictionaries that offices publish as workbooks: rows of variables and codes on some sheets.

Their layouts differ in the names of columns and in where a code's label stands. What they say goes
before what a package knows in general, variable by variable; only how a package takes a variable – as
an order, as an amount in some unit – and how the files write its codes stay the package's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fusion_core.ingest.generic import CodebookEntry, is_range
from fusion_core.ingest.tables import tidy
from fusion_core.records import Checked

Rows = Sequence[tuple[Any, ...]]
_TITLE_ROWS: Final = 20
_CODE_AND_LABEL: Final = re.compile(r"(-?\w+)\s*=\s*(\S.*)")


@dataclass(frozen=True)
class DictionaryRow(Checked):
    """What one row says: of a variable, and of one of its codes where it has one."""

    variable: str
    question: str = ""
    code: str = ""
    label: str = ""


def sheet_rows(rows: Rows, columns: Mapping[str, Sequence[str]]) -> Iterator[dict[str, str]]:
    """Yield a sheet's rows by role; none where it has no header with the first role and another.

    Parameters
    ----------
    rows
        Cells of the sheet; the header may stand under a title.
    columns
        Names a header may have, in lower case, by role; the first role is needed.
    """
    first = next(iter(columns))
    for start, row in enumerate(rows[:_TITLE_ROWS]):
        names = [tidy(str(cell or "")).lower() for cell in row]
        places = {
            role: next(names.index(name) for name in known if name in names)
            for role, known in columns.items()
            if any(name in names for name in known)
        }
        if first not in places or len(places) == 1:
            continue
        if "code" in places and "label" not in places:
            after = places["code"] + 1  # one header spans codes and labels
            if after < len(names) and not names[after]:
                places["label"] = after
        for cells in rows[start + 1 :]:
            yield {role: cell_text(cells, place) for role, place in places.items()}
        return


def cell_text(row: tuple[Any, ...], place: int) -> str:
    """Return a cell as text: whole numbers without decimals, nothing for an empty one."""
    value = row[place] if place < len(row) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else tidy(str(value))


def described(rows: Iterable[DictionaryRow]) -> dict[str, CodebookEntry]:
    """Return what rows say, by lower-case variable; later rows of a code go before earlier ones.

    A cell may hold a code and its label, as in ``01=Daily``. What has ranges but no codes of answers
    is a number.
    """
    entries: dict[str, CodebookEntry] = {}
    for row in rows:
        key = row.variable.lower()
        entry = entries.get(key, CodebookEntry(row.variable))
        code, label = row.code, row.label
        match = None if label else _CODE_AND_LABEL.fullmatch(code)
        if match:
            code, label = match.groups()
        if is_range(code):
            entry = replace(entry, type="continuous")
        elif code and label:
            entry = replace(entry, labels={**entry.labels, code: label})
        entries[key] = replace(entry, description=entry.description or row.question)
    return {key: _typed(entry) for key, entry in entries.items()}


def _typed(entry: CodebookEntry) -> CodebookEntry:
    answers = [code for code in entry.labels if not code.startswith("-")]
    return replace(entry, type=None) if entry.type and len(answers) > 1 else entry


def with_dictionary(
    own: Mapping[str, CodebookEntry], given: Mapping[str, CodebookEntry]
) -> dict[str, CodebookEntry]:
    """Return what a package knows, with a dictionary's questions, codes and labels where it has them."""
    return {
        key: _merged(entry, given[key]) if key in given else entry for key, entry in own.items()
    }


def _merged(own: CodebookEntry, given: CodebookEntry) -> CodebookEntry:
    written = {_bare(code): code for code in own.labels}  # a workbook may write 1 for 01
    labels = {written.get(_bare(code), code): label for code, label in given.labels.items()}
    # An answer the dictionary's years do not have is none; what a number's special codes mean stays.
    coded = any(not code.startswith("-") for code in labels)
    kept = {code: label for code, label in own.labels.items() if not coded or code in own.kinds}
    order = [code for code in own.labels if code in labels or code in kept]
    return replace(
        own,
        description=given.description or own.description,
        labels={
            code: labels.get(code) or kept[code]
            for code in [*order, *(code for code in labels if code not in order)]
        },
    )


def _bare(code: str) -> str:
    return code.lstrip("0") or code
