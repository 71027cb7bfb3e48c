"""The file of a pair and its history, changed together: wholly or not at all, by one writer at a time.

Every change takes a lock, reads the file, writes the history and then replaces the file atomically.
A reader or a crash meets the old or the new file, never half of one. A writer killed between the
two leaves a change in the history alone; the next change brings it into the file. A damaged file
is reported and never overwritten, and `PairLedger.rebuild` makes it anew from the history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store.history import (
    HistoryEntry,
    append_entries,
    latest_entries,
    read_entries,
    withdraw_entries,
)
from fusion_core.harmony.store.pair_file import PairContents, read_pair, render_pair
from fusion_core.workspace.files import file_stamp, sweep_leftovers, write_text
from fusion_core.workspace.locks import one_writer

_LOCK_SECONDS: Final = 20


class PairLedger:
    """What is saved of a pair, and how it came about.

    Parameters
    ----------
    folder
        The folder of the two files; it is made by the first change.
    pair
        The two surveys.
    """

    def __init__(self, folder: Path, pair: SurveyPair) -> None:
        self.folder = folder
        self.pair = pair
        self.path = folder / f"{pair}.json"
        self.history_path = folder / f"{pair}.history.jsonl"

    def contents(self) -> PairContents:
        """Return all the file holds: harmonies, what was deleted, and reviews.

        Raises
        ------
        CorruptFileError
            If the file is damaged or cut off.
        """
        return read_pair(self.path, self.pair)

    def history(self, key: str | None = None) -> list[HistoryEntry]:
        """Return the changes, oldest first, of one harmony or of all."""
        return read_entries(self.history_path, key)

    def stamp(self) -> tuple[int, int]:
        """Return what changes whenever the file does; cheap to ask for."""
        return file_stamp(self.path)

    @contextmanager
    def changing(self) -> Iterator[PairContents]:
        """Hold the lock and yield what is saved, which nobody else can change meanwhile."""
        with self._locked():
            yield self._caught_up(self.contents())

    def commit(self, stored: PairContents, entries: list[HistoryEntry]) -> None:
        """Write changes of what `changing` yielded, inside its block.

        The history comes first: a change that reached the file is never missing from it.
        """
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

    def rebuild(self, state: Callable[[PairContents], list[HistoryEntry]]) -> None:
        """Make the file anew from its history; a damaged file is kept beside it.

        Parameters
        ----------
        state
            Returns the entries that state in the history what was recovered.

        Raises
        ------
        InputError
            If there is no history to rebuild it from.
        """
        with self._locked():
            entries = self.history()
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
            append_entries(self.history_path, state(contents))

    def _locked(self) -> AbstractContextManager[None]:
        what = f"The harmonies of {self.pair.title}"
        return one_writer(self.folder / f".{self.pair}.lock", what, seconds=_LOCK_SECONDS)

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


__all__ = ["PairLedger"]
