"""Read a codebook: a table that says what columns and codes mean.

One row per code (or per variable, if it has no codes), in a CSV or Excel file with a header. Columns
are recognised by name: *variable*, *description*, *code*, *label*, *type*, *unit*, and common
synonyms. A variable's description, type and unit need only stand in its first row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fusion_core.arguments import PathLike
from fusion_core.errors import InputError
from fusion_core.ingest.tables import read_raw_table, require_content, tidy
from fusion_core.surveys.model import VariableType

_SYNONYMS: Final = {
    "variable": ("variable", "name", "column", "field", "variable name", "variable_name"),
    "description": ("description", "question", "variable label", "variable_label", "meaning"),
    "code": ("code", "value", "response code", "response_code", "codes"),
    "label": ("label", "level", "value label", "value_label", "response", "answer"),
    "type": ("type", "measurement", "kind"),
    "unit": ("unit", "units"),
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
}


@dataclass(frozen=True)
class CodebookEntry:
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
    """

    name: str
    description: str = ""
    unit: str = ""
    type: VariableType | None = None
    labels: dict[str, str] = field(default_factory=dict)


def read_codebook(path: PathLike) -> dict[str, CodebookEntry]:
    """Read a codebook into its entries by lower-case column name.

    Raises
    ------
    InputError
        If the file is missing, damaged, has no column of variable names, or names an unknown type.
    """
    path = require_content(path)
    rows = _excel_rows(path) if path.suffix.lower() in {".xlsx", ".xlsm"} else _csv_rows(path)
    header, *body = rows
    columns = _columns(header, path)
    entries: dict[str, CodebookEntry] = {}
    name = ""
    for number, row in enumerate(body, start=2):
        cells = {role: _cell(row, index) for role, index in columns.items()}
        name = cells["variable"] or name  # later codes of a variable may leave its name blank
        if not name:
            continue
        entry = entries.get(name.lower(), CodebookEntry(name))
        entries[name.lower()] = _with_row(entry, cells, f"{path.name}, row {number}")
    if not entries:
        raise InputError(
            "The codebook has no rows", where=str(path), fix="Fill it in or leave it out"
        )
    return entries


def _with_row(entry: CodebookEntry, cells: dict[str, str], where: str) -> CodebookEntry:
    kind = entry.type
    text = cells.get("type", "").lower()
    if text:
        if text not in _TYPES:
            raise InputError.unknown("variable type", text, _TYPES, where=where)
        kind = _TYPES[text]
    labels = dict(entry.labels)
    code, label = cells.get("code", ""), cells.get("label", "")
    if code or label:
        labels[code or label] = label or code
    return CodebookEntry(
        name=entry.name,
        description=entry.description or cells.get("description", ""),
        unit=entry.unit or cells.get("unit", ""),
        type=kind,
        labels=labels,
    )


def _columns(header: tuple[Any, ...], path: Path) -> dict[str, int]:
    names = [tidy(str(cell or "")).lower() for cell in header]
    found = {
        role: next(names.index(synonym) for synonym in synonyms if synonym in names)
        for role, synonyms in _SYNONYMS.items()
        if any(synonym in names for synonym in synonyms)
    }
    if "variable" not in found:
        raise InputError(
            "The codebook has no column 'variable'",
            where=f"{path.name}, header: {', '.join(name for name in names[:6] if name)}",
            fix="Name its columns variable, description, code, label, type and unit",
        )
    if "code" not in found and "description" not in found and "label" in found:
        found["description"] = found.pop("label")  # a codebook without codes labels its variables
    return found


def _cell(row: tuple[Any, ...], index: int) -> str:
    value = row[index] if index < len(row) else None
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return tidy(str(value))


def _csv_rows(path: Path) -> list[tuple[Any, ...]]:
    frame = read_raw_table(path).frame
    texts: Iterable[tuple[Any, ...]] = (
        frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    )
    return [tuple(frame.columns), *texts]


def _excel_rows(path: Path) -> list[tuple[Any, ...]]:
    import zipfile

    from openpyxl import load_workbook

    try:
        sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
        return [tuple(row) for row in sheet.iter_rows(values_only=True)] or [()]
    except (zipfile.BadZipFile, KeyError) as error:
        raise InputError(
            "The codebook is no Excel workbook, or it is cut off",
            where=str(path),
            fix="Save it again as .xlsx or CSV",
        ) from error
