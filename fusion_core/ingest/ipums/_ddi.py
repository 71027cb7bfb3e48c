"""Read the DDI codebook (XML) that IPUMS sends with every extract."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fusion_core.errors import InputError
from fusion_core.ingest.generic import CodebookEntry
from fusion_core.ingest.tables import require_content, tidy

_HOUSEHOLD: Final = "HOUSEHOLD"


@dataclass(frozen=True)
class Ddi:
    """What a DDI codebook says.

    Attributes
    ----------
    title
        Such as "Codebook for an IPUMS-USA Data Extract".
    entries
        The variables by lower-case name.
    of_households
        Names of the variables IPUMS lists among those of households.
    """

    title: str
    entries: dict[str, CodebookEntry]
    of_households: frozenset[str]

    @property
    def collection(self) -> str:
        """``USA`` or ``CPS``; empty for any other."""
        upper = self.title.upper()
        return next(
            (name for name in ("USA", "CPS") if f"IPUMS-{name}" in upper.replace(" ", "-")), ""
        )


def read_ddi(path: Path) -> Ddi:
    """Read a DDI codebook; declarations of entities are refused, so that none can be expanded.

    Raises
    ------
    InputError
        If the file is no DDI codebook.
    """
    root = _parsed(path)
    entries: dict[str, CodebookEntry] = {}
    of_households = set()
    for variable in _all(root, "var"):
        entry = _entry(variable)
        entries[entry.name.lower()] = entry
        if _HOUSEHOLD in _text(variable, "concept").upper():
            of_households.add(entry.name)
    if not entries:
        raise InputError(
            "The codebook describes no variables",
            where=path.name,
            fix="Use the .xml file IPUMS gives beside the extract",
        )
    titles = [tidy(item.text or "") for item in _all(root, "titl")]
    return Ddi(titles[0] if titles else "", entries, frozenset(of_households))


def _parsed(path: Path) -> ET.Element:
    text = require_content(path).read_bytes()
    fix = "Use the .xml file IPUMS gives beside the extract"
    if b"<!ENTITY" in text or b"<!DOCTYPE" in text:
        raise InputError(
            "The codebook declares entities, which DDI files never do", where=path.name, fix=fix
        )
    try:
        return ET.fromstring(text)  # noqa: S314 - entities, the danger of XML, are refused above
    except ET.ParseError as error:
        raise InputError(
            f"The codebook is not a DDI file: {error}", where=path.name, fix=fix
        ) from error


def _entry(variable: ET.Element) -> CodebookEntry:
    labels = {}
    for category in _all(variable, "catgry"):
        code, label = _text(category, "catValu"), _text(category, "labl")
        if code:
            labels[_plain(code)] = label or code
    name = variable.get("name") or variable.get("ID") or ""
    # A continuous variable may label a few codes: 9999999 "N/A".
    number = variable.get("intrvl") == "contin"
    return CodebookEntry(
        name,
        tidy(_text(variable, "labl")),
        type="continuous" if number or not labels else None,
        labels=labels,
    )


def _plain(code: str) -> str:
    """Return a code as the CSV writes it: without leading zeros."""
    return (code.lstrip("0") or "0") if code.isdigit() else code


def _all(element: ET.Element, name: str) -> list[ET.Element]:
    """Return the elements of a name, whatever the namespace of the DDI's version."""
    return [item for item in element.iter() if item.tag.rpartition("}")[2] == name]


def _text(element: ET.Element, name: str) -> str:
    found = next((item for item in element if item.tag.rpartition("}")[2] == name), None)
    return "" if found is None else (found.text or "").strip()
