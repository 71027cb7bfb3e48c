"""What the codes of the AHS mean: by the codebook a user has, else by that of this package.

The Census Bureau's AHS codebook page exports ``ahsdict_….csv``, one row per variable with all its
codes in one cell: ``1: Yes||2: No||N or -6: Not applicable``. The package's own describes the
variables that recipes use. It also knows where "not applicable" is an answer: a home that was never
cold was not cold because its heating broke down.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from fusion_core.ingest.generic import CodebookEntry, SpecialKind, read_codebook
from fusion_core.ingest.tables import RawTable, problem, read_raw_table, tidy

if TYPE_CHECKING:
    from collections.abc import Iterable

_OWN: Final = Path(__file__).parent / "tables" / "codebook.csv"
_NOT_APPLICABLE: Final = "-6"

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


def own_codebook() -> dict[str, CodebookEntry]:
    """Return what this package knows of the variables that recipes use."""
    return read_codebook(_OWN)


def with_own(
    entries: dict[str, CodebookEntry], table: RawTable
) -> tuple[dict[str, CodebookEntry], RawTable, list[str]]:
    """Add what the package knows to a user's codebook, which goes before it.

    Parameters
    ----------
    entries
        The user's codebook; empty for none.
    table
        The file. A column with a code the package does not know is of an edition it does not know:
        its codes stay as they are.

    Returns
    -------
    dict
        What is known, by variable.
    RawTable
        The file with an answer in place of "not applicable" where that is one.
    list of str
        The columns whose codes the package does not know, in a sentence.
    """
    found, unknown, changed = dict(entries), [], {}
    columns = {str(name).lower(): str(name) for name in table.frame.columns}
    for name, own in own_codebook().items():
        if name not in columns:
            continue
        column = table.frame[columns[name]]
        answer = own.labels.pop(_NOT_APPLICABLE, "")
        known = entries.get(name)
        if known is None and own.labels and not _codes(column) <= {*_plain(own.labels), *SPECIAL}:
            unknown.append(own.name)
            continue
        found[name] = known or own
        codes = [code for code, label in found[name].labels.items() if label == answer]
        if answer and codes and not pd.api.types.is_float_dtype(column):
            # The quotation marks around codes leave with it: a column is read with all or none.
            bare = column.astype(object).map(bare_code, na_action="ignore")
            is_answer = bare.isin([_NOT_APPLICABLE, "N"])
            changed[columns[name]] = bare.mask(is_answer, codes[0]).astype("category")
    said = f"Codes of {', '.join(unknown)} this package does not know: they stay as they are."
    table = dataclasses.replace(table, frame=table.frame.assign(**changed))
    return found, table, [said] if unknown else []


def _codes(column: pd.Series[Any]) -> set[str]:
    return _plain(
        f"{code:g}" if isinstance(code, float) else code for code in column.dropna().unique()
    )


def _plain(codes: Iterable[object]) -> set[str]:
    """Return codes without the quotation marks and leading zeros some files write and some do not."""
    return {text.lstrip("0") or text for text in map(bare_code, codes) if text}


def bare_code(code: object) -> str:
    """Return a code without the quotation marks around it."""
    return str(code).strip().strip("'\"").strip()


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
