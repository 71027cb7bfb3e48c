"""The append-only history of a pair's harmonies: who changed what, when, from what, to what.

One JSON object per line. A line cut off by a crash is kept as it is and skipped when reading; the
next entry starts on a line of its own.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.harmony.model import Harmony
from fusion_core.harmony.records import harmony_record, read_harmony

Action = Literal["save", "delete", "restore", "import", "recover"]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
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
        The harmony before and after; ``None`` where it did not exist.
    """

    when: str
    who: str
    action: Action
    key: str
    revision: int
    before: Harmony | None
    after: Harmony | None


def append_entries(path: Path, entries: list[HistoryEntry]) -> None:
    """Append entries and wait until they are on disk.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    lines = "".join(
        json.dumps(_record(entry), ensure_ascii=False, allow_nan=False) + "\n" for entry in entries
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as handle:
            handle.seek(0, os.SEEK_END)
            if handle.tell():
                handle.seek(-1, os.SEEK_END)
                if handle.read(1) != b"\n":
                    handle.write(b"\n")
            handle.write(lines.encode("utf-8"))
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as error:
        raise InputError(
            f"Could not write the history: {error.strerror or error}",
            where=str(path),
            fix="Free some disk space or check the folder's permissions; nothing was changed",
        ) from error


def read_entries(path: Path) -> list[HistoryEntry]:
    """Read all readable entries, oldest first; lines cut off by a crash are skipped."""
    if not path.exists():
        return []
    found = []
    for line in path.read_bytes().split(b"\n"):
        try:
            record = json.loads(line.decode("utf-8"))
            found.append(_entry(record, str(path)))
        except (ValueError, CorruptFileError, KeyError, TypeError, RecursionError):
            continue
    return found


def _record(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "when": entry.when,
        "who": entry.who,
        "action": entry.action,
        "key": entry.key,
        "revision": entry.revision,
        "before": None if entry.before is None else harmony_record(entry.before),
        "after": None if entry.after is None else harmony_record(entry.after),
    }


def _entry(record: dict[str, Any], where: str) -> HistoryEntry:
    before, after = record["before"], record["after"]
    return HistoryEntry(
        when=str(record["when"]),
        who=str(record["who"]),
        action=record["action"],
        key=str(record["key"]),
        revision=int(record["revision"]),
        before=None if before is None else read_harmony(before, where=where),
        after=None if after is None else read_harmony(after, where=where),
    )


__all__ = ["Action", "HistoryEntry", "append_entries", "read_entries"]
