"""Read the codebook the Census Bureau's AHS codebook page exports (``ahsdict_….csv``).

One row per variable with all its codes in one cell: ``1: Yes||2: No||N or -6: Not applicable``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from fusion_core.ingest.generic import CodebookEntry, SpecialKind, read_codebook
from fusion_core.ingest.tables import RawTable, problem, read_raw_table, tidy

_CODE: Final = re.compile(r"\s*([^:|]+?)\s*:\s*(.+?)\s*")
_COLUMNS: Final = ("Variable", "Response Codes")
_YEARS: Final = "Survey Years"
_EXPORTED: Final = re.compile(r"\d{4} National")
SPECIAL: Final[dict[str, SpecialKind]] = {
    "N": "not in universe",
    "-6": "not in universe",
    "M": "missing",
    "-9": "missing",
}
"""Codes of every variable since 2015: "N or -6" not applicable, "M or -9" not reported."""


def read_ahs_codebook(path: Path, year: str) -> dict[str, CodebookEntry]:
    """Read an exported codebook, or any table with variable, code and label.

    Parameters
    ----------
    path
        The CSV file.
    year
        Edition of the survey; variables of other editions are passed over.

    Raises
    ------
    FileProblemsError
        If the codebook covers other editions only.
    InputError
        If it is no codebook.
    """
    if path.suffix.lower() == ".csv":
        raw = read_raw_table(path)
        if all(name in raw.frame.columns for name in _COLUMNS):
            return _exported(raw, year)
    return read_codebook(path)


def _exported(raw: RawTable, year: str) -> dict[str, CodebookEntry]:
    frame = raw.frame.astype(object).where(raw.frame.notna(), "")
    if _YEARS in frame.columns:
        # Another edition's codes may differ: of a variable, the row of this edition counts.
        said = frame[_YEARS].astype(str)
        covered = said.str.contains(f"{year} National", regex=False)
        if said.str.contains(_EXPORTED).any() and not covered.any():
            raise problem(
                f"The codebook describes no variable of the AHS {year}",
                raw.path.name,
                f"Export it again from the Census Bureau's AHS codebook for {year}",
            )
        frame = frame[covered] if covered.any() else frame
    entries: dict[str, CodebookEntry] = {}
    for row in frame.to_dict("records"):
        name = tidy(str(row["Variable"]))
        entries.setdefault(name.lower(), _entry(name, row))
    return entries


def _entry(name: str, row: dict[object, object]) -> CodebookEntry:
    labels: dict[str, str] = {}
    ranged = False
    for part in str(row["Response Codes"]).split("||"):
        match = _CODE.fullmatch(part)
        if match is None:
            continue
        codes, label = re.split(r"\s+or\s+", match.group(1)), tidy(match.group(2))
        if any(re.search(r"\d\s*(to|-)\s*\$?\d|[$,]", code.lstrip("-")) for code in codes):
            ranged = True  # the range of an amount, not a code
            continue
        labels |= dict.fromkeys((code.strip("'") for code in codes), label)
    answers = [code for code in labels if code not in SPECIAL]
    return CodebookEntry(
        name,
        tidy(str(row.get("Description", ""))),
        type="continuous" if ranged or not answers else None,
        labels=labels,
        kinds={code: SPECIAL[code] for code in labels if code in SPECIAL},
    )
