"""Unsaved edits, kept on the server so that a closed tab loses nothing: one file per user and pair."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from fusion_core.errors import CorruptFileError
from fusion_core.harmony.model import Harmony
from fusion_core.harmony.records import Record, harmony_record, read_harmony, render
from fusion_core.workspace.files import read_json, write_text


@dataclass(frozen=True, slots=True)
class Draft:
    """An edit that is not saved yet.

    Attributes
    ----------
    harmony
        The harmony as edited; its revision is the one the edit started from.
    modified
        ISO 8601 time in UTC.
    """

    harmony: Harmony
    modified: str


@dataclass(frozen=True)
class DraftFolder:
    """The drafts of all users for one pair of surveys.

    Attributes
    ----------
    folder
        Where the users' folders are.
    pair
        The pair, as in the name of its file.
    """

    folder: Path
    pair: str

    def save(self, harmony: Harmony, *, user: str, modified: str) -> Draft:
        """Keep an edit of a user in place of an earlier one of the same harmony."""
        drafts = self._read(user)
        drafts[harmony.key] = {"modified": modified, "harmony": harmony_record(harmony)}
        write_text(render(drafts) + "\n", self.path(user))
        return Draft(harmony, modified)

    def load(self, user: str) -> dict[str, Draft]:
        """Return a user's edits by key.

        Raises
        ------
        CorruptFileError
            If the file is damaged.
        """
        path = self.path(user)
        found = {}
        for key, record in self._read(user).items():
            if not isinstance(record, dict) or not isinstance(record.get("modified"), str):
                raise CorruptFileError(
                    "A draft is not in the expected form", where=str(path), fix="Discard the drafts"
                )
            harmony = read_harmony(record.get("harmony"), where=f"{path}, {key}")
            found[key] = Draft(harmony, record["modified"])
        return found

    def discard(self, key: str, *, user: str) -> None:
        """Forget an edit; the last one takes the file with it."""
        drafts = self._read(user)
        if drafts.pop(key, None) is None:
            return
        if drafts:
            write_text(render(drafts) + "\n", self.path(user))
        else:
            self.path(user).unlink(missing_ok=True)

    def path(self, user: str) -> Path:
        """Return a user's file: readable, safe for any user name, different for different users."""
        readable = re.sub(r"[^A-Za-z0-9]+", "-", user).strip("-").lower()[:30] or "user"
        digest = hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return self.folder / f"{readable}-{digest}" / f"{self.pair}.json"

    def _read(self, user: str) -> Record:
        path = self.path(user)
        return read_json(path) if path.exists() else {}


__all__ = ["Draft", "DraftFolder"]
