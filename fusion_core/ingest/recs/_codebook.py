"""Read the EIA's "Variable and Response Codebook" of the RECS 2015 public microdata.

One row per variable; response codes and their labels stand in two cells, one per line. A code line
such as ``0 - 30`` is a range of numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from fusion_core.arguments import PathLike
from fusion_core.errors import InputError
from fusion_core.ingest.tables import codebook_sheets, require_content, tidy

NOT_APPLICABLE: Final = "-2"
_RANGE: Final = re.compile(r"(-?[\d.]+)\s*-\s*([\d.]+)")
_COLUMNS: Final = 6


@dataclass(frozen=True, slots=True)
class RecsVariable:
    """One variable of the codebook.

    Attributes
    ----------
    name
        Upper-case column name.
    kind
        Whether the field holds a code or a number.
    description
        What it measures.
    labels
        Label of each code, in codebook order; for numbers at most the "not applicable" code.
    unit
        Unit of a number, empty when the codebook gives none.
    """

    name: str
    kind: Literal["code", "number"]
    description: str
    labels: dict[str, str]
    unit: str = ""

    @property
    def is_imputation_flag(self) -> bool:
        """Whether it only says that another variable was imputed."""
        return self.name.startswith("Z") and self.description.lower().startswith("imputation flag")


def read_recs_codebook(path: PathLike) -> dict[str, RecsVariable]:
    """Read the codebook, an Excel workbook, into its variables by upper-case name.

    Raises
    ------
    InputError
        If the file is missing, no workbook, or not the EIA's layout.
    """
    path = require_content(path)
    rows = _rows(path)
    start = next(
        (index for index, row in enumerate(rows) if str(row[0]).strip() == "SAS Variable Name"),
        None,
    )
    if start is None:
        raise InputError(
            "The workbook is not a RECS 2015 codebook: no row begins with 'SAS Variable Name'",
            where=str(path),
            fix="Use codebook_publicv4.xlsx of the EIA's RECS 2015 page; other editions are read by"
            " the reader generic with their own codebook",
        )
    variables = {}
    for row in rows[start + 1 :]:
        name, kind, _, description, codes, responses = row
        if not name or not kind:
            break  # notes on the end-use models follow
        variables[str(name).strip().upper()] = _variable(name, description, codes, responses)
    return variables


def _rows(path: Path) -> list[tuple[Any, ...]]:
    rows = [row[:_COLUMNS] for row in next(iter(codebook_sheets(path).values()))]
    return [row + (None,) * (_COLUMNS - len(row)) for row in rows]


def _variable(name: Any, description: Any, codes: Any, responses: Any) -> RecsVariable:
    code_lines = _lines(codes)
    labels = _lines(responses)
    text = tidy(str(description or ""))
    upper = str(name).strip().upper()
    if any(_RANGE.fullmatch(line) for line in code_lines) or not code_lines:
        not_applicable = {
            code: label
            for code, label in zip(code_lines[::-1], labels[::-1], strict=False)
            if code == NOT_APPLICABLE
        }
        is_label_list = not code_lines and len(labels) > 1
        if is_label_list:
            return RecsVariable(upper, "code", text, {label: label for label in labels})
        unit = labels[0] if labels and not code_lines else ""
        return RecsVariable(upper, "number", text, not_applicable, unit)
    if len(code_lines) != len(labels):
        return RecsVariable(upper, "number", text, {})
    return RecsVariable(upper, "code", text, dict(zip(code_lines, labels, strict=True)))


def _lines(cell: Any) -> list[str]:
    if cell is None:
        return []
    return [tidy(line) for line in str(cell).splitlines() if line.strip()]
