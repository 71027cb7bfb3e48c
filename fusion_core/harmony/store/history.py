"""The append-only history of a pair's harmonies: who changed what, when, from what, to what.

One JSON object per line. A line cut off by a crash is kept as it is and skipped when reading; the
next entry starts on a line of its own. An entry is written before the change reaches the file of
the pair, so the history never misses a change that others could see.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.harmony.model import (
    Harmony,
    RecordReader,
    earlier_key,
    harmony_record,
    read_harmony,
    split_key,
)
from fusion_core.harmony.store.review import Remark, read_remark, remark_record
from fusion_core.records import Checked

Action = Literal["save", "delete", "restore", "import", "recover", "review"]

_BLOCK: Final = 1 << 16
_FIELDS: Final = frozenset(
    {"when", "who", "action", "key", "revision", "before", "after", "remark"}
)


@dataclass(frozen=True, slots=True)
class HistoryEntry(Checked):
    """One change.

    Attributes
    ----------
    when
        ISO 8601 time in UTC.
    who
        Author of the change.
    action
        What was done.
    key
        Key of the harmony.
    revision
        Revision after the change.
    before, after
        The harmony before and after; ``None`` where it did not exist, and for a review.
    remark
        What was said, for a review.
    """

    when: str
    who: str
    action: Action
    key: str
    revision: int
    before: Harmony | None
    after: Harmony | None
    remark: Remark | None = None


def append_entries(path: Path, entries: list[HistoryEntry]) -> int:
    """Append entries, wait until they are on disk, and return how long the file was before.

    Raises
    ------
    InputError
        If the file cannot be written; it is as it was then.
    """
    lines = "".join(
        json.dumps(_record(entry), ensure_ascii=False, allow_nan=False) + "\n" for entry in entries
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+", buffering=0) as handle:
            length = handle.seek(0, os.SEEK_END)
            if length:
                handle.seek(-1, os.SEEK_END)
                if handle.read(1) != b"\n":
                    lines = "\n" + lines
            try:
                _write_all(handle.fileno(), lines.encode("utf-8"))
                os.fsync(handle.fileno())
            except OSError:
                handle.truncate(length)
                raise
    except OSError as error:
        raise InputError(
            f"Could not write the history: {error.strerror or error}",
            where=str(path),
            fix="Free some disk space or check the folder's permissions; nothing was changed",
        ) from error
    return length


def withdraw_entries(path: Path, length: int) -> None:
    """Take back the entries appended last, whose change could not be made."""
    with suppress(OSError):  # what stays is made good by the next change, see `HarmonyStore`
        os.truncate(path, length)


def read_entries(path: Path, key: str | None = None) -> list[HistoryEntry]:
    """Return the readable entries, oldest first, of one harmony or of all.

    Raises
    ------
    InputError
        If the file may not be read.
    """
    # Only lines that mention the key are decoded: a history is long, one harmony's is short.
    # An earlier version may have written the key without its codes.
    names = [] if key is None else [key, earlier_key(*split_key(key))]
    mentions = [json.dumps(name, ensure_ascii=False).encode("utf-8") for name in names] or [b""]
    lines = _content(path).split(b"\n")
    found = (_parse(line, path) for line in lines if any(item in line for item in mentions))
    return [entry for entry in found if entry is not None and key in {None, entry.key}]


def latest_entries(path: Path) -> Iterator[HistoryEntry]:
    """Yield the readable entries, newest first, without reading the whole file."""
    if not path.exists():
        return
    with path.open("rb") as handle:
        position = handle.seek(0, os.SEEK_END)
        rest = b""
        while position:
            size = min(_BLOCK, position)
            position -= size
            handle.seek(position)
            rest, *lines = (handle.read(size) + rest).split(b"\n")
            for line in reversed(lines):
                if (entry := _parse(line, path)) is not None:
                    yield entry
        if (entry := _parse(rest, path)) is not None:
            yield entry


def _write_all(handle: int, data: bytes) -> None:
    """Write everything; a disk that fills up shows at the write that no longer fits."""
    while data:
        data = data[os.write(handle, data) :]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise InputError(
            f"The history cannot be read: {error.strerror or error}",
            where=str(path),
            fix="Check the folder's permissions",
        ) from error


def _parse(line: bytes, path: Path) -> HistoryEntry | None:
    """Return the entry of a line; ``None`` for one that was cut off by a crash."""
    try:
        return _entry(json.loads(line.decode("utf-8")), str(path))
    except (ValueError, CorruptFileError, RecursionError):
        return None


def _record(entry: HistoryEntry) -> dict[str, Any]:
    record = {
        "when": entry.when,
        "who": entry.who,
        "action": entry.action,
        "key": entry.key,
        "revision": entry.revision,
        "before": None if entry.before is None else harmony_record(entry.before),
        "after": None if entry.after is None else harmony_record(entry.after),
    }
    return record if entry.remark is None else record | {"remark": remark_record(entry.remark)}


def _entry(record: object, where: str) -> HistoryEntry:
    fields = RecordReader(record, where, _FIELDS)
    before, after, remark = (fields.get(name) for name in ("before", "after", "remark"))
    earlier = None if before is None else read_harmony(before, where=where)
    later = None if after is None else read_harmony(after, where=where)
    known = later or earlier
    return HistoryEntry(
        when=fields.required_text("when"),
        who=fields.required_text("who"),
        action=fields.choice("action", "action", get_args(Action)),
        key=fields.required_text("key") if known is None else known.key,
        revision=fields.integer("revision") or 0,
        before=earlier,
        after=later,
        remark=None if remark is None else read_remark(remark, where=where),
    )


__all__ = [
    "Action",
    "HistoryEntry",
    "append_entries",
    "latest_entries",
    "read_entries",
    "withdraw_entries",
]
