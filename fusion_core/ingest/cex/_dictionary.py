"""What the codes of the CE mean: by the dictionary of the BLS where a user has it, else by this package.

``ce_pumd_interview_diary_dictionary.xlsx`` lists the variables of all files and years on one sheet and
their codes on another, each with the first and the last year it holds for; what still holds has no
last year.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fusion_core.errors import InputError
from fusion_core.ingest.families import DictionaryRow, described, sheet_rows, with_dictionary
from fusion_core.ingest.generic import CodebookEntry, read_codebook
from fusion_core.ingest.tables import codebook_sheets, require_content

_OWN: Final = Path(__file__).parent / "tables" / "codebook.csv"
_FILES: Final = ("FMLI", "MEMI")
_YEARS: Final = {"first": ("first year",), "last": ("last year",)}
_VARIABLES: Final = {
    "variable": ("variable name", "variable"),
    "question": ("variable description", "description"),
    "file": ("file",),
    **_YEARS,
}
_CODES: Final = {
    "variable": ("variable", "variable name"),
    "code": ("code value", "code"),
    "label": ("code description", "description"),
    "file": ("file",),
    **_YEARS,
}
_SHEETS: Final = {"variables": _VARIABLES, "codes": _CODES}


def characteristics(path: Path | None, years: range) -> dict[str, CodebookEntry]:
    """Return the characteristics to read, by lower-case name, and what their codes mean.

    Parameters
    ----------
    path
        The dictionary of the BLS, which says what the usual characteristics mean; any other table
        with variable, code and label says which to read in place of them. ``None`` for neither.
    years
        Calendar years of the survey: what holds for none of them is passed over, and of a code that
        changed its meaning within them the later one counts.

    Raises
    ------
    InputError
        If the dictionary describes no interview of these years, or the table cannot be read.
    """
    own = read_codebook(_OWN)
    if path is None:
        return own
    path = require_content(path)
    sheets = codebook_sheets(path) if path.suffix.lower() == ".xlsx" else {}
    named = {name.strip().lower(): rows for name, rows in sheets.items()}
    if not set(_SHEETS) <= named.keys():
        return read_codebook(path)
    rows = [
        row
        for sheet, columns in _SHEETS.items()
        for row in _valid(list(sheet_rows(named[sheet], columns)), years)
    ]
    given = described(rows)
    if own.keys().isdisjoint(given):
        raise InputError(
            f"The dictionary describes no interview of {_said(years)}",
            where=path.name,
            fix="Use ce_pumd_interview_diary_dictionary.xlsx of the BLS in its newest edition, or none",
        )
    return with_dictionary(own, given)


def _valid(rows: list[dict[str, str]], years: range) -> Iterator[DictionaryRow]:
    """Yield the rows of units and members that hold for some of the years, the latest last."""
    found = [
        row
        for row in rows
        if row["variable"]
        and row.get("file", "").upper() in _FILES
        and _year(row.get("first", ""), 0) <= years[-1]
        and _year(row.get("last", ""), years[-1]) >= years[0]
    ]
    for row in sorted(found, key=lambda row: _year(row.get("first", ""), 0)):
        yield DictionaryRow(
            row["variable"], row.get("question", ""), row.get("code", ""), row.get("label", "")
        )


def _year(text: str, otherwise: int) -> int:
    return int(text) if text.isdigit() else otherwise


def _said(years: range) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"
