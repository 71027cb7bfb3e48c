"""Keep the harmonies of a pair of surveys: save, restore, review; drafts per user beside them.

A save names the revision it started from, so that nobody's work is overwritten unseen. How a change
reaches the disk is the ledger's matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from fusion_core.arguments import PathLike, path_of, require_type
from fusion_core.errors import ConflictError, InputError
from fusion_core.harmony.model import Harmony, HarmonySet, SurveyPair
from fusion_core.harmony.store._write_log import PairLedger
from fusion_core.harmony.store.decisions import DecisionFile
from fusion_core.harmony.store.drafts import Draft, DraftFolder
from fusion_core.harmony.store.history import Action, HistoryEntry
from fusion_core.harmony.store.pair_file import PairContents
from fusion_core.harmony.store.review import Remark, check_remark
from fusion_core.surveys.model import SurveyId


class HarmonyStore:
    """The harmonies of one pair in a workspace.

    Parameters
    ----------
    folder
        The workspace folder (its ``harmonies`` folder is used) or the harmonies folder itself.
    pair
        The two surveys.
    """

    def __init__(self, folder: PathLike, pair: SurveyPair) -> None:
        fix = "Write SurveyPair(SurveyId('RECS', '2015'), SurveyId('ACS', '2019'))"
        require_type(pair, SurveyPair, "pair", fix=fix)
        self.folder = harmonies_folder(path_of(folder, "folder"))
        self.pair = pair
        self._ledger = PairLedger(self.folder, pair)
        self.path = self._ledger.path
        self.history_path = self._ledger.history_path
        self.drafts = DraftFolder(self.folder / "drafts", str(pair))
        self.decisions = DecisionFile(self.folder, pair)

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
            If someone else saved or deleted it since.
        CorruptFileError
            If the file is damaged; it stays as it is.
        """
        expected = harmony.revision if expected_revision is None else expected_revision
        with self._ledger.changing() as stored:
            self._check_revision(stored.harmonies.get(harmony.key), expected, harmony.key)
            entry = self._entry(stored, harmony.key, harmony, "save", author)
            self._ledger.commit(stored, [entry])
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
            Who saves them, for the history. A harmony that says when it was modified, and by whom,
            keeps both.
        replace_existing
            Whether harmonies that exist are replaced; otherwise they are left as they are.

        Returns
        -------
        tuple of Harmony
            The harmonies that were saved, with their revisions.
        """
        with self._ledger.changing() as stored:
            entries = [
                self._entry(
                    stored,
                    harmony.key,
                    harmony,
                    "import",
                    author,
                    keep_origin=bool(harmony.modified),
                )
                for harmony in harmonies
                if replace_existing or harmony.key not in stored.harmonies
            ]
            self._ledger.commit(stored, entries)
        return tuple(_after(entry) for entry in entries)

    def change_all(
        self, changes: Mapping[str, Harmony | None], *, author: str, expected: Mapping[str, int]
    ) -> dict[str, Harmony | None]:
        """Save (or delete, with ``None``) several harmonies in one step, and return those changed.

        Keys whose revision on disk is not the `expected` one (0: there is none) were changed by
        someone else meanwhile and stay as they are. To undo, pass the earlier versions.
        """
        with self._ledger.changing() as stored:
            revisions = {key: item.revision for key, item in stored.harmonies.items()}
            entries = [
                self._entry(stored, key, after, "save" if after else "delete", author)
                for key, after in changes.items()
                if revisions.get(key, 0) == expected.get(key, 0)
                and (after is not None or key in revisions)
            ]
            self._ledger.commit(stored, entries)
        return {entry.key: entry.after for entry in entries}

    def delete(self, key: str, *, author: str, expected_revision: int | None = None) -> Harmony:
        """Delete a harmony and return it, so that the deletion can be undone with `restore`.

        Raises
        ------
        InputError
            If there is no such harmony.
        ConflictError
            If someone else changed it since.
        """
        with self._ledger.changing() as stored:
            current = self._require(stored, key)
            if expected_revision is not None:
                self._check_revision(current, expected_revision, key)
            self._ledger.commit(stored, [self._entry(stored, key, None, "delete", author)])
        return current

    def restore(self, key: str, *, author: str, revision: int | None = None) -> Harmony:
        """Bring a harmony back: as it was before it was deleted, or as of a revision.

        Raises
        ------
        InputError
            If the history holds no such harmony or revision.
        """
        with self._ledger.changing() as stored:
            found = self.version(key, revision)
            entry = self._entry(stored, key, found, "restore", author)
            self._ledger.commit(stored, [entry])
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
        with self._ledger.changing() as stored:
            current = self._require(stored, key)
            if revision is not None:
                self._check_revision(current, revision, key)
            remark = Remark(now(), author, checked, current.revision, text.strip())
            entry = HistoryEntry(
                remark.when, author, "review", key, current.revision, None, None, remark
            )
            self._ledger.commit(stored, [entry])
        return remark

    def history(self, key: str | None = None) -> list[HistoryEntry]:
        """Return the changes, oldest first, of one harmony or of all."""
        return self._ledger.history(key)

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
        moment = now()
        self._ledger.rebuild(
            lambda contents: [
                HistoryEntry(moment, author, "recover", key, item.revision, item, item)
                for key, item in sorted(contents.harmonies.items())
            ]
        )
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
        return self._ledger.contents()

    def stamp(self) -> tuple[int, int]:
        """Return what changes whenever the file does; cheap to ask for."""
        return self._ledger.stamp()

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
            f"{current.author or 'Somebody'} saved revision {found} of '{key}' {_said(current.modified)} "
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
        keep_origin: bool = False,
    ) -> HistoryEntry:
        """Describe a change; revisions of a key go on, also after it was deleted."""
        moment, before, revision = now(), stored.harmonies.get(key), stored.revision(key) + 1
        if after is not None:
            _check_levels(after)
            own = (after.author or author, after.modified) if keep_origin else (author, moment)
            after = replace(after, revision=revision, author=own[0], modified=own[1])
        return HistoryEntry(moment, author, action, key, revision, before, after)


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
            continue  # a file someone else put here; it is none of ours
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


def _said(moment: str) -> str:
    """Return an ISO 8601 time as people say it."""
    try:
        found = datetime.fromisoformat(moment).astimezone(UTC)
    except ValueError:  # files of other programs may say it otherwise
        return moment
    return f"on {found.day} {found:%B %Y at %H:%M} UTC"


__all__ = ["Draft", "HarmonyStore", "harmonies_folder", "list_pairs", "now"]
