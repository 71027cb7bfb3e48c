"""Read a codebook: a table that says what columns and codes mean.

One row per code (or per variable, if it has no codes), in a CSV or Excel file with a header. Columns
are recognised by name: *variable*, *description*, *code*, *label*, *type*, *kind*, *unit*, and
common synonyms; the header may stand under a title. A variable's description, type and unit need
only stand in its first row. The kind of a code is *missing*, *not in universe* or *value*; it may
also stand in the column of types. One cell may list all codes of a variable, one per line, each
followed by its label or with the labels beside them, also under a header that spans both columns.
How many digits of a whole number are decimals stands in a column *implied decimals* or in the
description ("2 implied decimals").
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from fusion_core.arguments import PathLike
from fusion_core.errors import InputError
from fusion_core.ingest.generic.special import SpecialKind, kind_of_label
from fusion_core.ingest.tables import (
    FileProblemsError,
    codebook_sheets,
    read_raw_table,
    require_content,
    tidy,
)
from fusion_core.records import Checked
from fusion_core.surveys.model import VariableType

_SYNONYMS: Final = {
    "variable": (
        *("variable", "name", "column", "field", "variable name", "variable_name"),
        "sas variable name",
    ),
    "description": (
        *("description", "question", "variable label", "variable_label", "meaning"),
        *("variable description", "description and labels"),
    ),
    "code": (
        *("code", "value", "response code", "response_code", "codes", "response codes"),
        "response codes and labels",
    ),
    "label": (
        *("label", "level", "value label", "value_label", "response", "answer", "labels"),
        *("response labels", "response label", "value labels", "final response set"),
        "response set",
    ),
    "type": ("type", "measurement", "variable type"),
    "kind": ("kind", "special", "code kind"),
    "unit": ("unit", "units"),
    "decimals": ("implied decimals", "implied_decimals", "implied decimal places"),
}
_TYPES: Final[dict[str, VariableType]] = {
    "nominal": "nominal",
    "categorical": "nominal",
    "category": "nominal",
    "factor": "nominal",
    "ordered": "ordered",
    "ordinal": "ordered",
    "integer": "integer",
    "count": "integer",
    "continuous": "continuous",
    "numeric": "continuous",
    "number": "continuous",
    "char": "nominal",
    "character": "nominal",
}
_STORAGE_TYPES: Final = {"num"}  # says how a value is stored, not what it means
_STORED: Final = {"numeric"}  # says so too where the codes have labels
_FEWEST_CODES: Final = 2
_LONG_NAME: Final = 40
_COUNTS: Final = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_IMPLIED: Final = re.compile(
    r"(?i)\b([1-9]|one|two|three|four|five|six)\s+implied\s+decimal"
    r"|\bimplied\s+decimals?(?:\s+places?)?\s*(?:of|:|=)\s*([1-9])"
)
_KINDS: Final[dict[str, SpecialKind]] = {
    "missing": "missing",
    "not in universe": "not in universe",
    "not applicable": "not in universe",
    "niu": "not in universe",
    "value": "value",
}
_TITLE_ROWS: Final = 20
_CODE_LINE: Final = re.compile(r"(-?\d+(?:\.\d+)?|[A-Z]{1,2})\s*(?:[=:.)]\s*|\s)(\S.*)")
_RANGE: Final = re.compile(r"-?[\d.,]+\s*(?:-|–|to|thru|through|\.{2,3})\s*-?[\d.,]+")
_ELSEWHERE: Final = re.compile(r"\w+!\$?[A-Z]+\$?\d+|[\"']?\.[\"']?( or blank)?( .*)?")


@dataclass(frozen=True)
class CodebookEntry(Checked):
    """What a codebook says about one column.

    Attributes
    ----------
    name
        Column name as the codebook writes it.
    description, unit
        Words for people; empty when not given.
    type
        Nominal, ordered, integer or continuous; ``None`` when not given.
    labels
        Label of each code, in codebook order; empty for numbers.
    kinds
        Of codes the codebook says so of: missing, not in the universe, or a value.
    implied_decimals
        How many of the last digits are decimals.
    stored
        The type, where it may only say how values are stored.
    """

    name: str
    description: str = ""
    unit: str = ""
    type: VariableType | None = None
    labels: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, SpecialKind] = field(default_factory=dict)
    implied_decimals: int = 0
    stored: str = ""

    @property
    def ranges(self) -> tuple[str, ...]:
        """Codes that are written as a range of numbers."""
        return tuple(code for code in self.labels if is_range(code))


def read_codebook(path: PathLike) -> dict[str, CodebookEntry]:
    """Read a codebook into its entries by lower-case column name.

    Raises
    ------
    InputError
        If the file is missing, damaged, has no column of variable names, or names an unknown type.
    """
    path = require_content(path)
    rows = _excel_rows(path) if path.suffix.lower() in {".xlsx", ".xlsm"} else _csv_rows(path)
    start, columns = _header(rows, path)
    entries: dict[str, CodebookEntry] = {}
    name = ""
    for number, row in enumerate(rows[start + 1 :], start=start + 2):
        cells = {role: _cell(row, index) for role, index in columns.items()}
        name = tidy(cells["variable"]) or name  # later codes of a variable may leave its name blank
        if not name or _is_note(cells):
            continue
        entry = entries.get(name.lower(), CodebookEntry(name))
        entries[name.lower()] = _with_row(entry, cells, f"{path.name}, row {number}")
    if not entries:
        raise InputError(
            "The codebook has no rows", where=str(path), fix="Fill it in or leave it out"
        )
    return {key: _meant(entry) for key, entry in entries.items()}


def _is_note(cells: Mapping[str, str]) -> bool:
    """Whether a row is a sentence below the table rather than a variable."""
    return len(cells["variable"]) > _LONG_NAME and not any(
        text for role, text in cells.items() if role != "variable"
    )


def _meant(entry: CodebookEntry) -> CodebookEntry:
    """Take the type of a coded variable for what it is: the way its codes are stored."""
    codes = [
        code
        for code, label in entry.labels.items()
        if not is_range(code) and kind_of_label(label) == "value"
    ]
    if entry.stored in _STORED and len(codes) >= _FEWEST_CODES:
        return replace(entry, type=None)
    return entry


def is_range(code: str) -> bool:
    """Whether a code is a range of numbers, such as ``0 - 30`` or ``0-200,000``."""
    return _RANGE.fullmatch(code) is not None


def _with_row(entry: CodebookEntry, cells: dict[str, str], where: str) -> CodebookEntry:
    kind, special = entry.type, None
    for text in (tidy(cells.get(role, "")).lower() for role in ("type", "kind")):
        if text in _TYPES:
            kind = _TYPES[text]
        elif text in _KINDS and cells.get("code"):
            special = _KINDS[text]
        elif text and text not in _STORAGE_TYPES:
            raise InputError.unknown("variable type", text, [*_TYPES, *_KINDS], where=where)
    found = _codes(cells.get("code", ""), cells.get("label", ""))
    storage, unit = tidy(cells.get("type", "")).lower(), tidy(cells.get("unit", ""))
    if storage in _STORED and not cells.get("code", "-") and "\n" not in cells.get("label", ""):
        unit, found = unit or tidy(cells["label"]), {}  # a number's only answer is its unit
    description = tidy(cells.get("description", ""))
    return CodebookEntry(
        name=entry.name,
        description=entry.description or description,
        unit=entry.unit or unit,
        type=kind,
        labels={**entry.labels, **found},
        kinds=entry.kinds | (dict.fromkeys(found, special) if special else {}),
        implied_decimals=entry.implied_decimals
        or _implied_decimals(cells.get("decimals", ""), description),
        stored=entry.stored or storage,
    )


def _implied_decimals(cell: str, description: str) -> int:
    """Return how many digits are decimals, as a cell or a description says."""
    if cell.isdigit():
        return int(cell)
    match = _IMPLIED.search(description)
    if match is None:
        return 0
    count = (match.group(1) or match.group(2)).lower()
    return _COUNTS.get(count) or int(count)


def _codes(codes: str, labels: str) -> dict[str, str]:
    """Return the label of each code of a row, which may list several, one per line."""
    code_lines = [line for line in map(tidy, codes.splitlines()) if line]
    label_lines = [line for line in map(tidy, labels.splitlines()) if line]
    if len(code_lines) == len(label_lines) > 1:
        return dict(zip(code_lines, label_lines, strict=True))
    if label_lines or len(code_lines) <= 1:
        code, label = tidy(codes), tidy(labels)
        if _ELSEWHERE.fullmatch(code) and not label:
            return {}
        return {code or label: label or code} if code or label else {}
    found = {}
    for line in code_lines:
        match = _CODE_LINE.fullmatch(line)
        if match and not is_range(line):
            found[match.group(1)] = match.group(2)
        elif not _ELSEWHERE.fullmatch(line):
            found[line] = line
    return found


def _header(rows: Sequence[tuple[Any, ...]], path: Path) -> tuple[int, dict[str, int]]:
    """Return the row of the header, which may stand under a title, and its columns by role."""
    for number, row in enumerate(rows[:_TITLE_ROWS]):
        columns = _roles(row)
        if "variable" in columns and len(columns) > 1:
            return number, columns
    columns = _roles(rows[0])
    if "variable" in columns:
        return 0, columns
    names = [tidy(str(cell or "")).lower() for cell in rows[0]]
    raise InputError(
        "The codebook has no column 'variable'",
        where=f"{path.name}, header: {', '.join(name for name in names[:6] if name)}",
        fix="Name its columns variable, description, code, label, type, kind and unit",
    )


def _roles(header: tuple[Any, ...]) -> dict[str, int]:
    names = [tidy(str(cell or "")).lower() for cell in header]
    found = {
        role: next(names.index(synonym) for synonym in synonyms if synonym in names)
        for role, synonyms in _SYNONYMS.items()
        if any(synonym in names for synonym in synonyms)
    }
    if {"code", "description"}.isdisjoint(found) and "label" in found:
        found["description"] = found.pop("label")  # a codebook without codes labels its variables
    if "code" not in found and found.get("label", 0) > 0 and not names[found["label"] - 1]:
        found["code"] = found["label"] - 1  # one header spans codes and labels
    return found


def _cell(row: tuple[Any, ...], index: int) -> str:
    value = row[index] if index < len(row) else None
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _csv_rows(path: Path) -> list[tuple[Any, ...]]:
    try:
        frame = read_raw_table(path).frame
    except FileProblemsError:
        rows = _titled_csv_rows(path)
        if rows is None:
            raise
        return rows
    texts: Iterable[tuple[Any, ...]] = (
        frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    )
    return [tuple(frame.columns), *texts]


def _titled_csv_rows(path: Path) -> list[tuple[Any, ...]] | None:
    """Return the rows of a table that stands under a title, or ``None`` if there is no such table."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""))]
    except (UnicodeDecodeError, csv.Error):
        return None
    titled = any("variable" in _roles(row) and len(row) > 1 for row in rows[1:_TITLE_ROWS])
    return rows if titled else None


def _excel_rows(path: Path) -> list[tuple[Any, ...]]:
    tables = list(codebook_sheets(path).values())
    for rows in tables:  # notes and lists of states may stand on other sheets
        if any(len(roles := _roles(row)) > 1 and "variable" in roles for row in rows[:_TITLE_ROWS]):
            return rows
    return tables[0] or [()]
