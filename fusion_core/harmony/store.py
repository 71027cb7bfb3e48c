"""Keep the harmonies of a pair of surveys: one diffable file, its history beside it, drafts per user.

Every change takes a lock, reads the file, checks the revision, writes the history and then replaces
the file atomically. A reader or a crash meets the old or the new file, never half of one; a damaged
file is reported and never overwritten, and `HarmonyStore.recover` rebuilds it from the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.harmony.drafts import Draft, DraftFolder
from fusion_core.harmony.history import Action, HistoryEntry, append_entries, read_entries
from fusion_core.harmony.model import Harmony, HarmonySet, SurveyPair
from fusion_core.harmony.records import FORMAT_VERSION, Record, harmony_record, read_harmony, render
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.files import read_json, write_text

_LOCK_SECONDS: Final = 20
_FILE_FIELDS: Final = frozenset({"format", "donor", "recipient", "harmonies", "deleted"})


@dataclass(frozen=True)
class _Stored:
    harmonies: dict[str, Harmony]
    deleted: dict[str, int]


class HarmonyStore:
    """The harmonies of one pair in a workspace.

    Parameters
    ----------
    folder
        The workspace folder (its ``harmonies`` folder is used) or the harmonies folder itself.
    pair
        The two surveys.
    """

    def __init__(self, folder: Path | str, pair: SurveyPair) -> None:
        self.folder = harmonies_folder(Path(folder))
        self.pair = pair
        self.path = self.folder / f"{pair}.json"
        self.history_path = self.folder / f"{pair}.history.jsonl"
        self._drafts = DraftFolder(self.folder / "drafts", str(pair))

    def load(self) -> HarmonySet:
        """Return all harmonies in alphabetical order of their keys; none where nothing is saved.

        Raises
        ------
        CorruptFileError
            If the file is damaged or cut off.
        """
        stored = self._read()
        return HarmonySet(
            self.pair, tuple(stored.harmonies[key] for key in sorted(stored.harmonies))
        )

    def save(
        self, harmony: Harmony, *, author: str, expected_revision: int | None = None
    ) -> Harmony:
        """Save a harmony and return it with its new revision.

        Parameters
        ----------
        harmony
            The harmony.
        author
            Who saves it.
        expected_revision
            Revision the edit started from, 0 for a new harmony; the harmony's own by default.

        Raises
        ------
        ConflictError
            If somebody else saved or deleted it since.
        CorruptFileError
            If the file is damaged; it stays as it is.
        """
        expected = harmony.revision if expected_revision is None else expected_revision
        with self._locked():
            stored = self._read()
            current = stored.harmonies.get(harmony.key)
            self._check_revision(current, expected, harmony.key)
            saved = self._stamped(harmony, stored, author)
            self._commit(stored, [(saved.key, current, saved, "save")], author)
        return saved

    def save_all(
        self, harmonies: Iterable[Harmony], *, author: str, replace_existing: bool = False
    ) -> tuple[Harmony, ...]:
        """Save several harmonies in one step, e.g. an import.

        Parameters
        ----------
        harmonies
            The harmonies; their revisions are ignored.
        author
            Who saves them.
        replace_existing
            Whether harmonies that exist are replaced; otherwise they are left as they are.

        Returns
        -------
        tuple of Harmony
            The harmonies that were saved, with their revisions.
        """
        with self._locked():
            stored = self._read()
            changes: list[tuple[str, Harmony | None, Harmony | None, Action]] = []
            saved: list[Harmony] = []
            for harmony in harmonies:
                current = stored.harmonies.get(harmony.key)
                if current is not None and not replace_existing:
                    continue
                stamped = self._stamped(harmony, stored, author, keep_time=bool(harmony.modified))
                changes.append((harmony.key, current, stamped, "import"))
                saved.append(stamped)
            self._commit(stored, changes, author)
        return tuple(saved)

    def delete(self, key: str, *, author: str, expected_revision: int | None = None) -> Harmony:
        """Delete a harmony and return it, so that the deletion can be undone with `restore`.

        Raises
        ------
        InputError
            If there is no such harmony.
        ConflictError
            If somebody else changed it since.
        """
        with self._locked():
            stored = self._read()
            current = stored.harmonies.get(key)
            if current is None:
                raise InputError.unknown("harmony", key, stored.harmonies, where=self.pair.title)
            if expected_revision is not None:
                self._check_revision(current, expected_revision, key)
            self._commit(stored, [(key, current, None, "delete")], author)
        return current

    def restore(self, key: str, *, author: str, revision: int | None = None) -> Harmony:
        """Bring a harmony back: as it was before it was deleted, or as of a revision.

        Raises
        ------
        InputError
            If the history holds no such harmony or revision.
        """
        with self._locked():
            stored = self._read()
            current = stored.harmonies.get(key)
            versions = {e.revision: e.after for e in self.history(key) if e.after is not None}
            wanted = max(versions, default=0) if revision is None else revision
            found = versions.get(wanted)
            if found is None:
                raise InputError(
                    f"The history of {self.pair.title} holds no revision {wanted} of '{key}'",
                    fix="Choose a revision from the history",
                )
            saved = self._stamped(found, stored, author)
            self._commit(stored, [(key, current, saved, "restore")], author)
        return saved

    def history(self, key: str | None = None) -> list[HistoryEntry]:
        """Return the changes, oldest first, of one harmony or of all."""
        entries = read_entries(self.history_path)
        return entries if key is None else [entry for entry in entries if entry.key == key]

    def recover(self, *, author: str) -> HarmonySet:
        """Rebuild the file from its history; a damaged file is kept beside it.

        Raises
        ------
        InputError
            If there is no history to rebuild it from.
        """
        with self._locked():
            entries = read_entries(self.history_path)
            if not entries:
                raise InputError(
                    f"There is no history of {self.pair.title} to recover from",
                    where=str(self.history_path),
                    fix="Restore the file from a backup or version control",
                )
            harmonies: dict[str, Harmony] = {}
            deleted: dict[str, int] = {}
            for entry in entries:
                if entry.after is None:
                    harmonies.pop(entry.key, None)
                    deleted[entry.key] = entry.revision
                else:
                    harmonies[entry.key] = entry.after
                    deleted.pop(entry.key, None)
            if self.path.exists():
                moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
                self.path.replace(self.folder / f"{self.pair}.damaged-{moment}.json")
            self._write(_Stored(harmonies, deleted))
            now = _now()
            append_entries(
                self.history_path,
                [
                    HistoryEntry(now, author, "recover", key, item.revision, item, item)
                    for key, item in sorted(harmonies.items())
                ],
            )
        return self.load()

    def save_draft(self, harmony: Harmony, *, user: str) -> Draft:
        """Keep an unsaved edit of a user; a later one of the same harmony replaces it."""
        with self._locked():
            return self._drafts.save(harmony, user=user, modified=_now())

    def load_drafts(self, user: str) -> dict[str, Draft]:
        """Return a user's unsaved edits by key.

        Raises
        ------
        CorruptFileError
            If the user's drafts are damaged.
        """
        return self._drafts.load(user)

    def discard_draft(self, key: str, *, user: str) -> None:
        """Forget an unsaved edit; nothing happens where there is none."""
        with self._locked():
            self._drafts.discard(key, user=user)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / f".{self.pair}.lock", timeout=_LOCK_SECONDS)
        try:
            lock.acquire()
        except Timeout as error:
            raise InputError(
                f"The harmonies of {self.pair.title} are being changed by somebody else",
                where=str(self.path),
                fix="Try again in a moment",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _check_revision(self, current: Harmony | None, expected: int, key: str) -> None:
        found = 0 if current is None else current.revision
        if found == expected:
            return
        if current is None:
            raise ConflictError(
                f"'{key}' was deleted while you edited it",
                where=self.pair.title,
                fix="Save it as a new harmony, or restore it from the history and edit that",
            )
        raise ConflictError(
            f"{current.author or 'Somebody'} saved revision {found} of '{key}' at {current.modified} "
            f"while you edited revision {expected}",
            where=self.pair.title,
            fix="Compare both and save yours on top, or discard it; nothing was overwritten",
        )

    def _stamped(
        self, harmony: Harmony, stored: _Stored, author: str, *, keep_time: bool = False
    ) -> Harmony:
        """Give the harmony the next revision of its key; deleting does not start over at 1."""
        current = stored.harmonies.get(harmony.key)
        last = current.revision if current is not None else stored.deleted.get(harmony.key, 0)
        moment = harmony.modified if keep_time else _now()
        return replace(harmony, revision=last + 1, author=author, modified=moment)

    def _commit(
        self,
        stored: _Stored,
        changes: list[tuple[str, Harmony | None, Harmony | None, Action]],
        author: str,
    ) -> None:
        """Write the history first: a change that reached the file is never missing from it."""
        if not changes:
            return
        harmonies, deleted, now = dict(stored.harmonies), dict(stored.deleted), _now()
        entries = []
        for key, before, after, action in changes:
            if after is None:
                harmonies.pop(key, None)
                deleted[key] = before.revision + 1 if before is not None else 1
            else:
                _check_levels(after)
                harmonies[key] = after
                deleted.pop(key, None)
            revision = deleted[key] if after is None else after.revision
            entries.append(HistoryEntry(now, author, action, key, revision, before, after))
        result = _Stored(harmonies, deleted)
        text = self._render(result)  # whatever cannot be written fails here, before any change
        append_entries(self.history_path, entries)
        write_text(text, self.path)

    def _write(self, stored: _Stored) -> None:
        write_text(self._render(stored), self.path)

    def _render(self, stored: _Stored) -> str:
        record: Record = {
            "format": FORMAT_VERSION,
            "donor": str(self.pair.donor),
            "recipient": str(self.pair.recipient),
            "harmonies": {
                key: harmony_record(stored.harmonies[key]) for key in sorted(stored.harmonies)
            },
        }
        if stored.deleted:
            record["deleted"] = dict(sorted(stored.deleted.items()))
        return render(record) + "\n"

    def _read_record(self) -> Record:
        try:
            record = read_json(self.path)
        except CorruptFileError as error:
            raise _damaged(error.what, self.path) from error
        except RecursionError as error:
            raise _damaged("The file is nested too deeply", self.path) from error
        if record.get("format") != FORMAT_VERSION:
            raise CorruptFileError(
                f"The harmonies are stored in format {record.get('format')!r}, "
                f"this version reads {FORMAT_VERSION}",
                where=str(self.path),
                fix="Update the program",
            )
        return record

    def _read(self) -> _Stored:
        if not self.path.exists():
            return _Stored({}, {})
        record = self._read_record()
        unknown = sorted(set(record) - _FILE_FIELDS)
        if unknown:
            raise _damaged(f"There is no field '{unknown[0]}'", self.path)
        if record.get("donor") != str(self.pair.donor) or record.get("recipient") != str(
            self.pair.recipient
        ):
            raise _damaged("The file belongs to another pair of surveys", self.path)
        written, deleted = record.get("harmonies"), record.get("deleted", {})
        if not isinstance(written, dict) or not isinstance(deleted, dict):
            raise _damaged("The file holds no harmonies", self.path)
        harmonies = {}
        for key, item in written.items():
            harmony = read_harmony(item, where=f"{self.path}, {key}")
            if harmony.key != key:
                raise _damaged(f"'{key}' holds the harmony '{harmony.key}'", self.path)
            harmonies[key] = harmony
        if not all(isinstance(value, int) for value in deleted.values()):
            raise _damaged("A deleted revision is not a number", self.path)
        return _Stored(harmonies, {str(key): int(value) for key, value in deleted.items()})


def harmonies_folder(folder: Path) -> Path:
    """Return the harmonies folder of a workspace folder, or the folder itself."""
    return folder / "harmonies" if (folder / "workspace.json").exists() else folder


def list_pairs(folder: Path | str) -> list[SurveyPair]:
    """List the pairs a workspace has harmonies for, in alphabetical order."""
    found = []
    for path in sorted(harmonies_folder(Path(folder)).glob("*__*.json")):
        donor, separator, recipient = path.stem.partition("__")
        if not separator or ".damaged-" in path.name:
            continue
        try:
            found.append(SurveyPair(SurveyId.parse(donor), SurveyId.parse(recipient)))
        except InputError:
            continue  # a file somebody else put here; it is none of ours
    return found


def _check_levels(harmony: Harmony) -> None:
    """Refuse what could not be told apart after saving."""
    for side in (harmony.donor, harmony.recipient):
        seen: set[str] = set()
        for item in side.levels:
            if item.level in seen:
                raise InputError(
                    f"The level '{item.level}' of '{side.variable}' is listed twice",
                    where=harmony.key,
                    fix="Remove one of them",
                )
            seen.add(item.level)


def _damaged(what: str, path: Path) -> CorruptFileError:
    return CorruptFileError(
        what,
        where=str(path),
        fix="Rebuild it from its history on the Harmonize page or with `harmony harmonies recover`;"
        " nothing was changed",
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


__all__ = ["Draft", "HarmonyStore", "harmonies_folder", "list_pairs"]
