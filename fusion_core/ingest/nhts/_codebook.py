"""What the codes of the NHTS mean: by the FHWA's codebook where a user has it, else by this package.

The codebook is a workbook with a sheet per file: name, label or question, type, length, code or range
with its label, and frequencies. It says its edition nowhere that a program could rely on, but each
edition asks what the other does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fusion_core.errors import InputError
from fusion_core.ingest.families import DictionaryRow, described, sheet_rows, with_dictionary
from fusion_core.ingest.generic import CodebookEntry, read_codebook
from fusion_core.ingest.tables import codebook_sheets, require_content

_OWN: Final = Path(__file__).parent / "tables"
_COLUMNS: Final = {
    "name": ("name", "variable", "variable name"),
    "code": ("code / range", "code/range", "code", "codes", "value"),
    "question": (
        *("question text", "question", "label / question", "label/question"),
        *("variable label", "description", "label"),
    ),
    "label": ("code label", "value label", "code / range label", "response", "code description"),
}
_PUBLISHED: Final = ("type", "length")
_EDITIONS: Final = ("2017", "2022")
_FEWEST: Final = 10
"""Variables that a codebook of the survey describes at least."""


def codebook_of(path: Path | None, edition: str) -> dict[str, CodebookEntry]:
    """Return what is known of an edition's variables, by lower-case name.

    Parameters
    ----------
    path
        The FHWA's workbook, which adds to what the package knows; any other table with variable, code
        and label stands in place of it. ``None`` for neither.
    edition
        ``"2017"`` or ``"2022"``.

    Raises
    ------
    InputError
        If the workbook is of another edition or another survey, or the table cannot be read.
    """
    own = read_codebook(_OWN / f"codebook_{edition}.csv")
    if path is None:
        return own
    path = require_content(path)
    given = _published(path) if path.suffix.lower() == ".xlsx" else {}
    if not given:
        return read_codebook(path)
    _require_edition(path, given, edition)
    return with_dictionary(own, given) | {
        key: entry for key, entry in given.items() if key not in own
    }


def _published(path: Path) -> dict[str, CodebookEntry]:
    """Return what the sheets say that have the FHWA's columns."""
    found: list[DictionaryRow] = []
    columns = _COLUMNS | {name: (name,) for name in _PUBLISHED}
    for rows in codebook_sheets(path).values():
        name = ""
        for cells in sheet_rows(rows, columns):
            if not set(_PUBLISHED) <= cells.keys() or "code" not in cells:
                break
            name = cells["name"] or name
            code = cells["code"]
            if cells["type"].upper().startswith("C") and code.isdigit() and cells["length"]:
                code = code.zfill(int(cells["length"]))  # Excel keeps no leading zeros of a code
            if name:
                found.append(
                    DictionaryRow(name, cells.get("question", ""), code, cells.get("label", ""))
                )
    return described(found)


def _require_edition(path: Path, given: dict[str, CodebookEntry], edition: str) -> None:
    """Refuse a codebook that asks what another edition asks, or whose codes are others."""
    known = {year: read_codebook(_OWN / f"codebook_{year}.csv") for year in _EDITIONS}
    fix = f"Use the FHWA's codebook of the NHTS {edition}, or none"
    asked = {year: len(entries.keys() & given.keys()) for year, entries in known.items()}
    if max(asked.values()) < _FEWEST:
        raise InputError(
            "The codebook is not of the NHTS: it describes hardly any of its variables",
            where=path.name,
            fix=fix,
        )
    own = {year: len(_only(known, year) & given.keys()) for year in known}
    other = max(own, key=lambda year: own[year])
    if own[other] > own[edition]:
        raise InputError(
            f"The codebook is that of the NHTS {other}, the survey is to be {edition}",
            where=path.name,
            fix=fix,
        )
    coded = [key for key in known[edition].keys() & given.keys() if _answers(given[key])]
    alike = sum(_answers(given[key]) <= _answers(known[edition][key]) for key in coded)
    if alike * 2 < len(coded):
        raise InputError(
            f"The codebook is not that of the NHTS {edition}: of {len(coded)} variables they share, only"
            f" {alike} have the same codes",
            where=path.name,
            fix=fix,
        )


def _only(known: dict[str, dict[str, CodebookEntry]], year: str) -> set[str]:
    """Return what one edition asks and no other."""
    return set(known[year]).difference(*(known[other] for other in known if other != year))


def _answers(entry: CodebookEntry) -> set[str]:
    return {code.lstrip("0") for code in entry.labels if not code.startswith("-")}
