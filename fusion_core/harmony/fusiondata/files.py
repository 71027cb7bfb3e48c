"""Read harmony files into plain entries: fusionData's ``.R``, JSON copies of it, and our own JSON.

Nothing is evaluated. A file that is cut off or is something else is refused; an entry that is odd
is reported with its reason, and the other entries are read.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.harmony.fusiondata._r_literals import (
    MAXIMUM_CHARACTERS,
    ListEntry,
    Value,
    parse_r_entries,
)
from fusion_core.harmony.model import Harmony, SurveyPair, format_number, read_harmony
from fusion_core.harmony.store import READABLE_VERSIONS
from fusion_core.surveys.model import SurveyId

PlainEntry = dict[str, Any]
"""``donor`` and ``acs`` (each with groups, levels, breaks, adj, agg as plain lists and texts),
``ordered``, ``comment``, ``modified``."""

_COPY_OF_A_DOWNLOAD: Final = re.compile(r"\s*\(\d+\)$")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")
_READ_AS_WINDOWS: Final = (
    "The file is not UTF-8 and was read as Windows-1252 (Latin-1); look at accented letters"
)
_ANOTHER_FILE: Final = "Choose another file"
_SIDES: Final = 2


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One entry of a file.

    Attributes
    ----------
    key
        Its name.
    plain
        What a fusionData entry holds; ``None`` where it is odd or the entry is no such one.
    harmony
        The harmony, where the file is one this project wrote.
    problem
        Why the entry cannot be read; empty otherwise.
    """

    key: str
    plain: PlainEntry | None = None
    harmony: Harmony | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class HarmonyFile:
    """What a file holds.

    Attributes
    ----------
    pair
        Donor and recipient, from the file's name or content.
    entries
        One per entry, in the file's order.
    remarks
        What is to be said of the file as a whole.
    """

    pair: SurveyPair
    entries: tuple[FileEntry, ...]
    remarks: tuple[str, ...] = ()

    @property
    def plain(self) -> dict[str, PlainEntry]:
        """The readable fusionData entries by key."""
        return {entry.key: entry.plain for entry in self.entries if entry.plain is not None}


def read_harmony_file(path: PathLike) -> HarmonyFile:
    """Read the entries of a harmony file, whatever its form.

    Raises
    ------
    InputError
        If the file is missing, cut off, no harmony file, or does not say which surveys it is about.
    """
    path = path_of(path, "path")
    text, remarks = _read_text(path)
    if path.suffix.lower() == ".json":
        found = _json_file(text, path)
    else:
        pair = _pair(path.stem, path.name)
        entries = parse_r_entries(text, where=path.name)
        found = HarmonyFile(pair, tuple(_unique(_r_entry(entry, pair) for entry in entries)))
    return HarmonyFile(found.pair, found.entries, (*remarks, *found.remarks))


def _read_text(path: Path) -> tuple[str, tuple[str, ...]]:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("The file is missing", where=str(path), fix=_ANOTHER_FILE) from error
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror or error}",
            where=str(path),
            fix=_ANOTHER_FILE,
        ) from error
    if len(data) > 4 * MAXIMUM_CHARACTERS:
        raise InputError(
            "The file is too large for a harmony file", where=path.name, fix="Check the file"
        )
    text, remarks = _decode(data, path.name)
    return text.replace("\r\n", "\n").replace("\r", "\n"), remarks


def _decode(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Decode UTF-8, UTF-16 with its mark, or else what Windows wrote in western Europe."""
    for encoding in (
        ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "cp1252")
    ):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "cp1252":
            return text, ()
        if _CONTROL.search(text) is None:
            return text, (_READ_AS_WINDOWS,)
    raise InputError("The file cannot be read as text", where=name, fix=_ANOTHER_FILE)


def _pair(stem: str, name: str) -> SurveyPair:
    donor, separator, recipient = _COPY_OF_A_DOWNLOAD.sub("", stem).partition("__")
    if not separator:
        raise InputError(
            f"The file name '{name}' does not say which surveys it belongs to",
            fix="Name it like RECS_2015__ACS_2015.R",
        )
    return SurveyPair(SurveyId.parse(donor), SurveyId.parse(recipient))


def _unique(entries: Iterator[FileEntry]) -> Iterator[FileEntry]:
    """Keep the first of several entries with one name, as R does, and report the others."""
    seen: set[str] = set()
    for entry in entries:
        if entry.key in seen:
            problem = "the file has this entry twice; the first one was taken"
            yield FileEntry(entry.key, problem=problem)
        else:
            yield entry
        seen.add(entry.key)


# fusionData's own files ----------------------------------------------------------------------


def _r_entry(entry: ListEntry, pair: SurveyPair) -> FileEntry:
    """Bring an entry of an ``.R`` file to plain form; its sides are named after the surveys."""
    if entry.value is None or not entry.name:
        return FileEntry(entry.name, problem=entry.problem or "the entry has no name")
    if not isinstance(entry.value, dict):
        return FileEntry(entry.name, problem="a harmony is a list of two sides")
    sides = {name: value for name, value in entry.value.items() if isinstance(value, dict)}
    if set(sides) != {pair.donor.name, pair.recipient.name} or len(sides) != _SIDES:
        problem = (
            f"it has the sides {', '.join(sides) or 'none'}, not {pair.donor.name} and "
            f"{pair.recipient.name}; check that the file belongs to these surveys"
        )
        return FileEntry(entry.name, problem=problem)
    ordered = entry.value.get("ordered", ())
    plain = {
        "donor": _plain_side(sides[pair.donor.name]),
        "acs": _plain_side(sides[pair.recipient.name]),
        "ordered": None if ordered in {("",), ()} else _only(ordered),
        "comment": _words(entry.value.get("comment", ())),
        "modified": _words(entry.value.get("modified", ())),
    }
    return _plain_entry(entry.name, plain)


def _plain_side(side: Mapping[str, Value]) -> PlainEntry:
    found: PlainEntry = {
        "groups": _vector(side.get("groups", ())),
        "levels": [_label(item) for item in _vector(side.get("levels", ()))],
        "breaks": [item for item in _vector(side.get("breaks", ())) if item != ""],
        "adj": _words(side.get("adj", ())),
    }
    if "agg" in side:
        found["agg"] = _words(side["agg"])
    return found


def _vector(value: Value) -> list[Any]:
    return [value] if isinstance(value, dict) else list(value)


def _label(item: Any) -> Any:
    """Return a level as text, also where it was written as a number."""
    is_number = isinstance(item, int | float) and not isinstance(item, bool)
    return format_number(item) if is_number and math.isfinite(item) else item


def _only(value: Value) -> object:
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _words(value: Value) -> Any:
    """Return a text, joined where it was written in lines; NA and nothing are empty."""
    if isinstance(value, dict):
        return value
    if all(isinstance(item, str) for item in value):
        return "\n".join(str(item) for item in value)
    return "" if value in {(), (None,)} else _only(value)


# JSON ----------------------------------------------------------------------------------------


class _Repeated(dict[str, Any]):
    """A JSON object that remembers which names it had twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__()
        self.repeated: list[str] = []
        for name, value in pairs:
            if name in self:
                self.repeated.append(name)
            else:
                self[name] = value


def _json_file(text: str, path: Path) -> HarmonyFile:
    damaged = CorruptFileError(
        "The file is damaged, cut off or not a harmony file",
        where=str(path),
        fix="Export or download it again; nothing was imported",
    )
    try:
        content = json.loads(text, object_pairs_hook=_Repeated)
    except (ValueError, RecursionError) as error:
        raise damaged from error
    harmonies = content.get("harmonies") if isinstance(content, dict) else None
    if not isinstance(harmonies, _Repeated):
        raise damaged
    if "format" in content:
        return _own_file(content, harmonies, path)
    if not isinstance(content.get("file"), str):
        raise damaged
    pair = _pair(Path(content["file"]).stem, path.name)
    entries = [_plain_entry(key, entry) for key, entry in harmonies.items()]
    entries += [FileEntry(key) for key in harmonies.repeated]
    return HarmonyFile(pair, tuple(_unique(iter(entries))))


def _own_file(content: Mapping[str, Any], harmonies: _Repeated, path: Path) -> HarmonyFile:
    """Read a file in the form this project stores harmonies in."""
    if content["format"] not in READABLE_VERSIONS:
        raise CorruptFileError(
            f"The harmonies are stored in format {str(content['format'])[:20]}, this version reads "
            f"{' and '.join(map(str, READABLE_VERSIONS))}",
            where=path.name,
            fix="Update the program",
        )
    pair = SurveyPair(
        SurveyId.parse(str(content.get("donor"))), SurveyId.parse(str(content.get("recipient")))
    )
    entries = [_own_entry(key, record) for key, record in harmonies.items()]
    entries += [FileEntry(key) for key in harmonies.repeated]
    return HarmonyFile(pair, tuple(_unique(iter(entries))))


def _own_entry(key: str, record: object) -> FileEntry:
    if not _is_writable(key, record):
        return FileEntry(key, problem=_HALF_A_CHARACTER)
    try:
        harmony = read_harmony(record, where=key)
    except CorruptFileError as error:
        return FileEntry(key, problem=f"{error.what} ({error.where})")
    if key != harmony.key and not harmony.has_earlier_key(key):
        return FileEntry(key, problem=f"it holds the harmony '{harmony.key}'")
    return FileEntry(harmony.key, harmony=harmony)


# The form of a plain entry -------------------------------------------------------------------

_HALF_A_CHARACTER: Final = "a text holds half a character, which no file can hold"


def _plain_entry(key: str, entry: Any) -> FileEntry:
    """Check the form of a plain entry so that nothing later can stumble over it."""
    problem = _problem(entry)
    if not problem and not _is_writable(key, entry):
        problem = _HALF_A_CHARACTER
    return FileEntry(key, problem=problem) if problem else FileEntry(key, plain=entry)


def _is_writable(*parts: object) -> bool:
    """Whether all texts can be written as UTF-8; JSON allows halves of a surrogate pair."""
    try:
        json.dumps(parts, ensure_ascii=False).encode("utf-8")
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def _problem(entry: Any) -> str:
    """Return what is wrong with the form of an entry, or an empty text."""
    if not isinstance(entry, dict):
        return "a harmony is a list of two sides"
    if not isinstance(entry.get("ordered"), bool | str | None):
        return "the order is neither TRUE nor FALSE"
    if not all(isinstance(entry.get(name, ""), str | None) for name in ("comment", "modified")):
        return "a comment or time is not a text"
    sides = [entry.get("donor"), entry.get("acs")]
    if not all(isinstance(side, dict) for side in sides):
        return "a harmony has two sides"
    return next((problem for side in sides for problem in _side_problems(side)), "")


def _side_problems(side: Any) -> Iterator[str]:
    groups, levels = as_list(side.get("groups")), as_list(side.get("levels"))
    if len(groups) != len(levels) or not groups:
        yield f"{len(groups)} groups for {len(levels)} levels"
    if not all(item is None or _is_number(item) for item in groups):
        yield "a group is not a number"
    if not all(isinstance(item, str) for item in levels):
        yield "a level is no text"
    if not all(_is_number(item) for item in as_list(side.get("breaks"))):
        yield "a breakpoint is not a number"
    if not isinstance(side.get("adj", ""), str | None):
        yield "an adjustment is no text"
    if not isinstance(side.get("agg", ""), str | None) and side["agg"] != []:
        yield "an aggregator is no text"


def as_list(value: Any) -> list[Any]:
    """Return a vector as a list; R writes a vector of one without brackets, an empty one as ''."""
    if isinstance(value, list | tuple):
        return [] if list(value) == [""] else list(value)
    return [] if value is None or value == "" else [value]


def _is_number(item: object) -> bool:
    if isinstance(item, bool) or not isinstance(item, int | float):
        return False
    try:
        return math.isfinite(item)
    except OverflowError:  # a whole number beyond what a float can hold
        return False


__all__ = ["FileEntry", "HarmonyFile", "PlainEntry", "as_list", "read_harmony_file"]
