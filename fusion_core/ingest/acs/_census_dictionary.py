"""Read the Census Bureau's PUMS data dictionaries: the CSV since 2017 and the text before.

Both say the same: for each variable of the housing and the person record its name, width,
description, and which codes stand for what. The CSV has one ``NAME`` record per variable followed
by one ``VAL`` record per code or range of codes; the text files have a line ``NAME width``, a
description, and lines ``code .label`` or ``low..high .label``. A code of letters b means blank.

Source: Census Bureau, "ACS PUMS Data Dictionary", machine-readable CSV and TXT.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from fusion_core.arguments import PathLike
from fusion_core.errors import InputError
from fusion_core.ingest.tables import read_gzip, require_content, tidy

Record = Literal["household", "person"]
Kind = Literal["code", "number"]

_BLANK: Final = re.compile(r"b+")
_CODE_WITH_RANGES: Final = frozenset(
    {
        "SERIALNO",
        "PUMA",
        "PUMA00",
        "PUMA10",
        "PUMA20",
        "MIGPUMA",
        "MIGPUMA00",
        "MIGPUMA10",
        "POWPUMA",
        "POWPUMA00",
        "POWPUMA10",
        "SOCP",
        "NAICSP",
        "INDP",
        "OCCP",
    }
)
"""Codes whose dictionary entry has a range, so that the text files make them look like numbers."""

_TEXT_NAME: Final = re.compile(r"^([A-Za-z][A-Za-z0-9]*)\s+(\d+)\s*$")
_TEXT_VALUE: Final = re.compile(r"^\s*(\S+)\s*\.\s*(\S.*?)\s*$")


@dataclass(frozen=True, slots=True)
class CensusValue:
    """One line of a variable's value list.

    Attributes
    ----------
    low, high
        First and last code; equal for a single code. ``""`` stands for a blank field.
    label
        What the code means.
    """

    low: str
    high: str
    label: str

    @property
    def is_blank(self) -> bool:
        """Whether this line says what a blank field means."""
        return self.low == ""

    @property
    def is_range(self) -> bool:
        """Whether the line stands for many codes."""
        return self.low != self.high


@dataclass(frozen=True, slots=True)
class CensusVariable:
    """One variable of a record.

    Attributes
    ----------
    name
        Upper-case column name.
    kind
        Whether the field holds a code or a number.
    width
        Width of the field in characters.
    description
        What it measures.
    values
        Its codes, ranges and the meaning of a blank, in dictionary order.
    """

    name: str
    kind: Kind = "code"
    width: int = 0
    description: str = ""
    values: tuple[CensusValue, ...] = ()

    @property
    def is_allocation_flag(self) -> bool:
        """Whether it only says that another variable was imputed."""
        return "allocation flag" in self.description.lower()

    @property
    def blank_label(self) -> str:
        """What a blank means, or ``""`` when the dictionary does not foresee one."""
        return next((value.label for value in self.values if value.is_blank), "")


@dataclass(frozen=True)
class CensusDictionary:
    """The variables of both records, by upper-case name, in dictionary order.

    Attributes
    ----------
    title
        Name of the file it was read from.
    household, person
        Variables of the housing and of the person record.
    """

    title: str
    household: dict[str, CensusVariable] = field(default_factory=dict)
    person: dict[str, CensusVariable] = field(default_factory=dict)

    def record(self, record: Record) -> dict[str, CensusVariable]:
        """Return the variables of one record."""
        return self.household if record == "household" else self.person


def read_census_dictionary(path: PathLike) -> CensusDictionary:
    """Read a PUMS data dictionary, CSV or text, plain or gzipped.

    Raises
    ------
    InputError
        If the file is missing, empty or no PUMS data dictionary.
    """
    path = require_content(path)
    text = _text(path)
    is_csv = text.lstrip("\ufeff").startswith(("NAME,", "VAL,", '"NAME"', "Record"))
    household, person = _read_csv(text, path) if is_csv else _read_text(text)
    if not household and not person:
        raise InputError(
            "The file is not a PUMS data dictionary: no variable was found in it",
            where=str(path),
            fix="Use the CSV or TXT dictionary published with the PUMS files",
        )
    return CensusDictionary(path.name, household, person)


def _text(path: Path) -> str:
    try:
        raw = read_gzip(path) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        raise InputError(
            "The dictionary is damaged or cut off", where=str(path), fix="Download it again"
        ) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")  # older dictionaries hold Windows quotation marks


def _read_csv(text: str, path: Path) -> tuple[dict[str, CensusVariable], dict[str, CensusVariable]]:
    records: list[dict[str, CensusVariable]] = [{}]
    values: dict[tuple[int, str], list[CensusValue]] = {}
    for line, row in enumerate(csv.reader(io.StringIO(text)), start=1):
        if not row or row[0] not in {"NAME", "VAL"}:
            continue
        try:
            if row[0] == "NAME":
                _, name, kind, width, description = row[:5]
                # The person record repeats the identification variables, first of all RT.
                if name == "RT" and records[-1]:
                    records.append({})
                records[-1][name.upper()] = CensusVariable(
                    name.upper(), "number" if kind == "N" else "code", int(width), tidy(description)
                )
            else:
                _, name, _, _, low, high, label = row[:7]
                entry = CensusValue(_code(low), _code(high), tidy(label))
                values.setdefault((len(records) - 1, name.upper()), []).append(entry)
        except ValueError as error:
            raise InputError(
                "A record of the dictionary has too few fields",
                where=f"{path}, line {line}",
                fix="Download the dictionary again",
            ) from error
    for index, record in enumerate(records):
        for name, variable in record.items():
            record[name] = replace(variable, values=tuple(values.get((index, name), ())))
    return records[0], records[1] if len(records) > 1 else {}


@dataclass
class _TextEntry:
    """A variable of a text dictionary while its lines are read."""

    name: str
    width: int
    description: str = ""
    values: list[CensusValue] = field(default_factory=list)
    in_note: bool = False


def _read_text(text: str) -> tuple[dict[str, CensusVariable], dict[str, CensusVariable]]:
    records: dict[str, dict[str, CensusVariable]] = {"household": {}, "person": {}}
    current, entry = "household", None
    for line in text.splitlines():
        if re.match(r"^\s*PERSON RECORD", line):
            _close(entry, records[current])
            current, entry = "person", None
            continue
        start = _TEXT_NAME.match(line)
        if start:
            _close(entry, records[current])
            entry = _TextEntry(start.group(1).upper(), int(start.group(2)))
        elif entry is not None:
            _add_line(entry, line)
    _close(entry, records[current])
    return records["household"], records["person"]


def _add_line(entry: _TextEntry, line: str) -> None:
    if not line.strip():
        entry.in_note = False
        return
    if re.match(r"^\s*(note\b|\*)", line, re.IGNORECASE):
        entry.in_note = True
    if entry.in_note:
        return
    value = _TEXT_VALUE.match(line)
    if value and entry.description:
        low, _, high = value.group(1).partition("..")
        entry.values.append(CensusValue(_code(low), _code(high or low), tidy(value.group(2))))
    elif not entry.description:
        entry.description = tidy(line)
    elif entry.values and line.strip().startswith("."):
        last = entry.values[-1]
        joined = tidy(f"{last.label} {line.strip().lstrip('.')}")
        entry.values[-1] = replace(last, label=joined)


def _close(entry: _TextEntry | None, record: dict[str, CensusVariable]) -> None:
    if entry is None or not entry.description:
        return
    record[entry.name] = CensusVariable(
        entry.name, _kind(entry), entry.width, entry.description, tuple(entry.values)
    )


def _kind(entry: _TextEntry) -> Kind:
    """Tell numbers from codes where the file does not: a number has a range of values."""
    if entry.name in _CODE_WITH_RANGES:
        return "code"
    return "number" if any(value.is_range for value in entry.values) else "code"


def _code(text: str) -> str:
    stripped = text.strip()
    return "" if _BLANK.fullmatch(stripped) else stripped
