"""Keep the harmonies of a pair of surveys: one diffable file, its history beside it, drafts per user.

Every change takes a lock, reads the file, checks the revision, writes the history and then replaces
the file atomically. A reader or a crash meets the old or the new file, never half of one. A writer
killed between the two leaves a change in the history alone; the next change brings it into the
file. A damaged file is reported and never overwritten, and `HarmonyStore.recover` rebuilds it from
the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from fusion_core.errors import ConflictError, InputError
from fusion_core.harmony.drafts import Draft, DraftFolder
from fusion_core.harmony.history import (
    Action,
    HistoryEntry,
    append_entries,
    latest_entries,
    read_entries,
    withdraw_entries,
)
from fusion_core.harmony.model import Harmony, HarmonySet, SurveyPair
from fusion_core.harmony.pair_file import PairContents, read_pair, render_pair
from fusion_core.harmony.review import Remark, check_remark
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.files import sweep_leftovers, write_text

_LOCK_SECONDS: Final = 20


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
        self.drafts = DraftFolder(self.folder / "drafts", str(pair))

    def load(self) -> HarmonySet:
        """Return all harmonies in alphabetical order of their keys; none where nothing is saved.

        Raises
        ------
        CorruptFileError
            If the file is damaged or cut off.
        """
        found = self.contents().harmonies
        return HarmonySet(self.pair, tuple(found[key] for key in sorted(found)))

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
        with self._changing() as stored:
            self._check_revision(stored.harmonies.get(harmony.key), expected, harmony.key)
            entry = self._entry(stored, harmony.key, harmony, "save", author)
            self._commit(stored, [entry])
        return _after(entry)

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
        with self._changing() as stored:
            entries = [
                self._entry(
                    stored, harmony.key, harmony, "import", author, keep_time=bool(harmony.modified)
                )
                for harmony in harmonies
                if replace_existing or harmony.key not in stored.harmonies
            ]
            self._commit(stored, entries)
        return tuple(_after(entry) for entry in entries)

    def change_all(
        self, changes: Mapping[str, Harmony | None], *, author: str, expected: Mapping[str, int]
    ) -> dict[str, Harmony | None]:
        """Save (or delete, with ``None``) several harmonies in one step, and return those changed.

        Keys whose revision on disk is not the `expected` one (0: there is none) were changed by
        somebody else meanwhile and stay as they are. To undo, pass the earlier versions.
        """
        with self._changing() as stored:
            revisions = {key: item.revision for key, item in stored.harmonies.items()}
            entries = [
                self._entry(stored, key, after, "save" if after else "delete", author)
                for key, after in changes.items()
                if revisions.get(key, 0) == expected.get(key, 0)
                and (after is not None or key in revisions)
            ]
            self._commit(stored, entries)
        return {entry.key: entry.after for entry in entries}

    def delete(self, key: str, *, author: str, expected_revision: int | None = None) -> Harmony:
        """Delete a harmony and return it, so that the deletion can be undone with `restore`.

        Raises
        ------
        InputError
            If there is no such harmony.
        ConflictError
            If somebody else changed it since.
        """
        with self._changing() as stored:
            current = self._require(stored, key)
            if expected_revision is not None:
                self._check_revision(current, expected_revision, key)
            self._commit(stored, [self._entry(stored, key, None, "delete", author)])
        return current

    def restore(self, key: str, *, author: str, revision: int | None = None) -> Harmony:
        """Bring a harmony back: as it was before it was deleted, or as of a revision.

        Raises
        ------
        InputError
            If the history holds no such harmony or revision.
        """
        with self._changing() as stored:
            found = self.version(key, revision)
            entry = self._entry(stored, key, found, "restore", author)
            self._commit(stored, [entry])
        return _after(entry)

    def version(self, key: str, revision: int | None = None) -> Harmony:
        """Return a harmony as of a revision, or its last one, from the history.

        Raises
        ------
        InputError
            If the history holds no such harmony or revision.
        """
        versions = {e.revision: e.after for e in self.history(key) if e.after is not None}
        wanted = max(versions, default=0) if revision is None else revision
        found = versions.get(wanted)
        if found is None:
            raise InputError(
                f"The history of {self.pair.title} holds no revision {wanted} of '{key}'",
                fix="Choose a revision from the history",
            )
        return found

    def review(
        self, key: str, verdict: str, *, author: str, text: str = "", revision: int | None = None
    ) -> Remark:
        """Say something about a saved harmony: reviewed, needs work, or a remark.

        Parameters
        ----------
        key
            Key of the harmony.
        verdict
            A `Verdict`.
        author
            Who says it.
        text
            The remark; optional with a verdict.
        revision
            Revision that was looked at; the saved one by default.

        Raises
        ------
        InputError
            If there is no such harmony, or nothing is said.
        ConflictError
            If somebody saved it since it was looked at.
        """
        checked = check_remark(verdict, text)
        with self._changing() as stored:
            current = self._require(stored, key)
            if revision is not None:
                self._check_revision(current, revision, key)
            remark = Remark(now(), author, checked, current.revision, text.strip())
            entry = HistoryEntry(
                remark.when, author, "review", key, current.revision, None, None, remark
            )
            self._commit(stored, [entry])
        return remark

    def history(self, key: str | None = None) -> list[HistoryEntry]:
        """Return the changes, oldest first, of one harmony or of all."""
        return read_entries(self.history_path, key)

    def deletions(self) -> list[HistoryEntry]:
        """Return the last deletion of every harmony that is deleted now, the latest first."""
        deleted = self.contents().deleted
        found = {
            entry.key: entry
            for entry in (self.history() if deleted else [])
            if entry.action == "delete" and deleted.get(entry.key) == entry.revision
        }
        return sorted(found.values(), key=lambda entry: entry.when, reverse=True)

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
            contents = PairContents()
            for entry in entries:
                contents = contents.after(entry)
            if self.path.exists():
                stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
                self.path.replace(self.folder / f"{self.pair}.damaged-{stamp}.json")
            write_text(render_pair(self.pair, contents), self.path)
            moment = now()
            stated = [
                HistoryEntry(moment, author, "recover", key, item.revision, item, item)
                for key, item in sorted(contents.harmonies.items())
            ]
            append_entries(self.history_path, stated)
        return self.load()

    def save_draft(self, harmony: Harmony, *, user: str) -> Draft:
        """Keep an unsaved edit of a user; a later one of the same harmony replaces it."""
        return self.drafts.save(Draft(harmony, now(), user))

    def load_drafts(self, user: str) -> dict[str, Draft]:
        """Return a user's unsaved edits by key.

        Raises
        ------
        CorruptFileError
            If one of the user's drafts is damaged.
        """
        return self.drafts.load(user)

    def discard_draft(self, key: str, *, user: str) -> None:
        """Forget an unsaved edit; nothing happens where there is none."""
        self.drafts.discard(key, user=user)

    def contents(self) -> PairContents:
        """Return all the file holds: harmonies, what was deleted, and reviews.

        Raises
        ------
        CorruptFileError
            If the file is damaged or cut off.
        """
        return read_pair(self.path, self.pair)

    def stamp(self) -> tuple[int, int]:
        """Return what changes whenever the file does; cheap to ask for."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return (0, 0)
        return (status.st_mtime_ns, status.st_size)

    @contextmanager
    def _changing(self) -> Iterator[PairContents]:
        """Hold the lock and yield what is saved, which nobody else can change meanwhile."""
        with self._locked():
            yield self._caught_up(self.contents())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = FileLock(
            self.folder / f".{self.pair}.lock", timeout=_LOCK_SECONDS, poll_interval=0.01
        )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise InputError(
                f"The harmonies of {self.pair.title} are being changed by somebody else",
                where=str(self.path),
                fix="Try again in a moment",
            ) from error
        except OSError as error:
            raise InputError(
                f"The harmonies of {self.pair.title} cannot be changed: {error.strerror or error}",
                where=str(self.folder),
                fix="Check the folder's permissions; nothing was changed",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _caught_up(self, stored: PairContents) -> PairContents:
        """Make good a change that is in the history but, its writer killed, not in the file.

        A file newer than its history is complete, or was put there by a person, whose word counts.
        """
        if not self.history_path.exists() or (
            self.path.exists()
            and self.path.stat().st_mtime_ns > self.history_path.stat().st_mtime_ns
        ):
            return stored
        missing = list(takewhile(lambda e: not stored.includes(e), self._changes_backwards()))
        for entry in reversed(missing):
            stored = stored.after(entry)
        return stored

    def _changes_backwards(self) -> Iterator[HistoryEntry]:
        """Yield the changes, newest first; a recovery states what is there and changes nothing."""
        return (e for e in latest_entries(self.history_path) if e.action != "recover")

    def _require(self, stored: PairContents, key: str) -> Harmony:
        found = stored.harmonies.get(key)
        if found is None:
            raise InputError.unknown("harmony", key, stored.harmonies, where=self.pair.title)
        return found

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

    def _entry(
        self,
        stored: PairContents,
        key: str,
        after: Harmony | None,
        action: Action,
        author: str,
        *,
        keep_time: bool = False,
    ) -> HistoryEntry:
        """Describe a change; revisions of a key go on, also after it was deleted."""
        moment, before, revision = now(), stored.harmonies.get(key), stored.revision(key) + 1
        if after is not None:
            _check_levels(after)
            modified = after.modified if keep_time else moment
            after = replace(after, revision=revision, author=author, modified=modified)
        return HistoryEntry(moment, author, action, key, revision, before, after)

    def _commit(self, stored: PairContents, entries: list[HistoryEntry]) -> None:
        """Write the history first: a change that reached the file is never missing from it."""
        if not entries:
            return
        for entry in entries:
            stored = stored.after(entry)
        text = render_pair(
            self.pair, stored
        )  # what cannot be written fails here, before any change
        length = append_entries(self.history_path, entries)
        try:
            write_text(text, self.path)
        except InputError:
            withdraw_entries(self.history_path, length)
            raise
        sweep_leftovers(self.path)


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


def _after(entry: HistoryEntry) -> Harmony:
    """Return the harmony a change led to."""
    if entry.after is None:
        raise ValueError("a deletion leads to no harmony")
    return entry.after


def now() -> str:
    """Return the present moment as it is written into files: ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


__all__ = ["Draft", "HarmonyStore", "harmonies_folder", "list_pairs", "now"]
