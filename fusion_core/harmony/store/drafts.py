"""Unsaved edits, kept on the server so that a closed tab loses nothing: one file per harmony and user.

A draft carries a token that changes with every write. Whoever writes says which token the edit is
based on; when another window of the same user wrote since, that window's version is kept beside the
new one until the user has chosen.

Format version 2. Version 1 held all drafts of a user and pair in one file; it is still read, and a
draft leaves it when it is next written or discarded.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.harmony.editing import read_trail, trail_record
from fusion_core.harmony.model import (
    Harmony,
    Record,
    RecordReader,
    earlier_key,
    harmony_record,
    possible_pairs,
    read_harmony,
    render,
    split_key,
)
from fusion_core.records import Checked
from fusion_core.workspace.files import (
    make_folder,
    read_json,
    set_aside_damaged,
    sweep_leftovers,
    write_text,
)
from fusion_core.workspace.locks import exclusive

FORMAT_VERSION: Final = 2
_LOCK_SECONDS: Final = 10
_SEVERAL: Final = 2
_START: Final = re.compile(rf'\{{"format": {FORMAT_VERSION}, "token": "([0-9a-f]+)", ')
_START_LENGTH: Final = 64
_FIELDS: Final = frozenset(
    {"format", "user", "modified", "token", "harmony", "past", "future", "other"}
)


@dataclass(frozen=True, slots=True)
class Draft(Checked):
    """An edit that is not saved yet.

    Attributes
    ----------
    harmony
        The harmony as edited; its revision is the one the edit started from.
    modified
        ISO 8601 time in UTC.
    user
        Whose it is.
    token
        Changes with every write; empty for one kept by an earlier version of the program.
    past, future
        Harmonies that undo and redo lead to, in the order they were made; as many as fit.
    other
        What another window of the same user had kept meanwhile, until the user has chosen.
    """

    harmony: Harmony
    modified: str
    user: str = ""
    token: str = ""
    past: tuple[Harmony, ...] = ()
    future: tuple[Harmony, ...] = ()
    other: Harmony | None = None


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

    def save(self, draft: Draft, *, based_on: str | None = None) -> Draft:
        """Keep an edit of a user in place of an earlier one of the same harmony.

        Parameters
        ----------
        draft
            The edit; its token is ignored.
        based_on
            Token of the draft the edit is based on, empty for none; ``None`` replaces any.

        Returns
        -------
        Draft
            The draft as kept, with its token. `other` is what another window had written.
        """
        path = self.path(draft.user, draft.harmony.key)
        with self._locked(draft.user):
            self._rename_earlier(draft.user, draft.harmony.key)
            other = draft.other
            if based_on is not None and _written_token(path) != (based_on or None):
                found = self._read(path, draft.user)
                if found is not None and found.token != based_on:
                    other = found.harmony
            kept = Draft(
                draft.harmony,
                draft.modified,
                draft.user,
                secrets.token_hex(8),
                draft.past,
                draft.future,
                other,
            )
            # Not flushed to the disk: that would slow every edit down, and only a power cut in the
            # next seconds could tell the difference.
            text = json.dumps(_record(kept), ensure_ascii=False, allow_nan=False)
            write_text(text + "\n", path, durable=False)
            self._drop_old(draft.user, draft.harmony.key)
            sweep_leftovers(path)
        return kept

    def load(self, user: str) -> dict[str, Draft]:
        """Return a user's edits by key.

        Raises
        ------
        CorruptFileError
            If a file is damaged.
        """
        found = self._read_old(user)
        for path in sorted((user_folder(self.folder, user) / self.pair).glob("[!.]*.json")):
            draft = self._read(path, user)
            if draft is not None:
                found[draft.harmony.key] = draft
        return found

    def get(self, user: str, key: str) -> Draft | None:
        """Return a user's edit of one harmony, if there is one."""
        for path in (self.path(user, key), self._earlier(user, key)):
            found = self._read(path, user)
            if found is not None and found.harmony.key == key:
                return found
        return self._read_old(user).get(key)

    def discard(self, key: str, *, user: str, based_on: str | None = None) -> None:
        """Forget an edit; nothing happens where there is none.

        Parameters
        ----------
        key, user
            Which edit, and whose.
        based_on
            Token of the draft that is to be forgotten: one written since is kept. ``None`` forgets
            any.
        """
        path = self.path(user, key)
        if not any(
            item.exists() for item in (path, self._earlier(user, key), self._old_path(user))
        ):
            return
        with self._locked(user):
            self._rename_earlier(user, key)
            if based_on is not None:
                found = self._read(path, user)
                if found is not None and found.token != based_on:
                    return
            path.unlink(missing_ok=True)
            sweep_leftovers(path)
            self._drop_old(user, key)

    def set_aside_damaged(self, user: str) -> list[Path]:
        """Rename drafts that cannot be read, so that the others can; return the new names."""
        aside = []
        for path in [
            *(user_folder(self.folder, user) / self.pair).glob("[!.]*.json"),
            self._old_path(user),
        ]:
            try:
                self._read_old(user) if path == self._old_path(user) else self._read(path, user)
            except CorruptFileError:
                aside.append(set_aside_damaged(path))
        return aside

    def of_others(self, key: str, *, user: str) -> list[Draft]:
        """Return other users' edits of a harmony, the latest first; damaged ones are left out."""
        mine = user_folder(self.folder, user).name
        found = []
        for path in self.folder.glob(f"*/{self.pair}/{file_stem(key)}.json"):
            if path.parent.parent.name == mine:
                continue
            try:
                draft = self._read(path, path.parent.parent.name)
            except CorruptFileError:
                continue  # theirs to be told; it is told when they open the page
            if draft is not None:
                found.append(draft)
        return sorted(found, key=lambda draft: draft.modified, reverse=True)

    def path(self, user: str, key: str) -> Path:
        """Return the file of a draft."""
        return user_folder(self.folder, user) / self.pair / f"{file_stem(key)}.json"

    def _earlier(self, user: str, key: str) -> Path:
        """Return the file an earlier version of the program would have chosen for a draft."""
        return self.path(user, earlier_key(*split_key(key)))

    def _rename_earlier(self, user: str, key: str) -> None:
        """Give drafts that an earlier version may have named alike the names they have today."""
        if len(possible_pairs(earlier_key(*split_key(key)))) < _SEVERAL:
            return
        for path in (self.path(user, key), self._earlier(user, key)):
            found = self._read(path, user)
            if found is None:
                continue
            today = self.path(user, found.harmony.key)
            if today != path and not today.exists():
                path.replace(today)

    def stamp(self, key: str) -> tuple[tuple[str, int], ...]:
        """Return what changes whenever anybody's draft of a harmony does; cheap to ask for."""
        pattern = f"*/{self.pair}/{file_stem(key)}.json"
        return tuple(sorted((str(path), _changed(path)) for path in self.folder.glob(pattern)))

    def _read(self, path: Path, user: str) -> Draft | None:
        try:
            record = read_json(path)
        except CorruptFileError:
            if not path.exists():
                return None
            raise
        fields = RecordReader(record, str(path), _FIELDS)
        if fields.integer("format") != FORMAT_VERSION:
            raise CorruptFileError(
                f"The draft is stored in format {fields.get('format')!r}, "
                f"this version reads {FORMAT_VERSION}",
                where=str(path),
                fix="Update the program",
            )
        harmony = read_harmony(fields.required("harmony"), where=str(path))
        other = fields.get("other")
        return Draft(
            harmony,
            fields.text("modified"),
            fields.text("user", user),
            fields.text("token"),
            read_trail(fields.items("past"), harmony, where=str(path))[::-1],
            read_trail(fields.items("future"), harmony, where=str(path)),
            None if other is None else read_harmony(other, where=str(path)),
        )

    def _old_path(self, user: str) -> Path:
        return user_folder(self.folder, user) / f"{self.pair}.json"

    def _read_old(self, user: str) -> dict[str, Draft]:
        path = self._old_path(user)
        if not path.exists():
            return {}
        drafts = [_old_draft(name, record, path, user) for name, record in read_json(path).items()]
        return {draft.harmony.key: draft for draft in drafts}

    def _drop_old(self, user: str, key: str) -> None:
        path = self._old_path(user)
        if not path.exists():
            return
        drafts = read_json(path)
        kept = {
            name: record
            for name, record in drafts.items()
            if _old_draft(name, record, path, user).harmony.key != key
        }
        if len(kept) == len(drafts):
            return
        drafts = kept
        if drafts:
            write_text(render(drafts) + "\n", path)
        else:
            path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self, user: str) -> Iterator[None]:
        home = user_folder(self.folder, user)
        busy = InputError(
            "Your drafts are being written by another window",
            where=str(home),
            fix="Try again in a moment",
        )
        failed = "Your edits cannot be kept as drafts"
        with exclusive(home / ".lock", seconds=_LOCK_SECONDS, busy=busy, failed=failed):
            make_folder(home / self.pair)
            yield


def file_stem(key: str) -> str:
    """Return a harmony's key as the name of a file: safe, and different for different keys."""
    safe = re.sub(r"[^a-z0-9_.]+", "-", key.lower())[:100].strip(".") or "harmony"
    return safe if safe == key else f"{safe}-{_digest(key)}"


def _old_draft(name: str, record: object, path: Path, user: str) -> Draft:
    """Read a draft of format version 1."""
    where = f"{path}, {name}"
    fields = RecordReader(record, where, frozenset({"modified", "harmony"}))
    return Draft(
        read_harmony(fields.required("harmony"), where=where), fields.text("modified"), user
    )


def _record(draft: Draft) -> Record:
    record: Record = {
        "format": FORMAT_VERSION,
        "token": draft.token,
        "user": draft.user,
        "modified": draft.modified,
        "harmony": harmony_record(draft.harmony),
    }
    if past := trail_record(draft.harmony, draft.past[::-1]):
        record["past"] = past
    if future := trail_record(draft.harmony, draft.future):
        record["future"] = future
    if draft.other is not None:
        record["other"] = harmony_record(draft.other)
    return record


def _written_token(path: Path) -> str | None:
    """Return the token a draft begins with, without reading the rest; ``None`` where it does not.

    A draft with ten thousand levels takes longer to read than to write, and every edit asks.
    """
    try:
        with path.open(encoding="utf-8") as file:
            start = file.read(_START_LENGTH)
    except (OSError, UnicodeDecodeError):
        return None  # reading the whole file says what is wrong with it
    found = _START.match(start)
    return found.group(1) if found else None


def user_folder(folder: Path, user: str) -> Path:
    """Return a user's folder: readable, safe for any name, different for different users."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", user).strip("-").lower()[:30] or "user"
    return folder / f"{readable}-{_digest(user)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


__all__ = ["FORMAT_VERSION", "Draft", "DraftFolder", "file_stem", "user_folder"]
