"""Recodes on disk, one file each beside the harmonies, and the standard ones that ship.

A workspace's recode of the same name wins over a standard one; removing it brings that one back.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import ConflictError, InputError
from fusion_core.harmony.model import render
from fusion_core.harmony.recodes.recode import Recode, check_name, read_recode, recode_record
from fusion_core.harmony.store import harmonies_folder, now, user_folder
from fusion_core.workspace.files import file_stamp, read_json, write_text
from fusion_core.workspace.locks import one_writer

_LOCK_SECONDS: Final = 10
_STANDARD: Final = Path(__file__).parent / "standard"


class RecodeShelf:
    """The recodes of a workspace.

    Parameters
    ----------
    folder
        The workspace folder, or its harmonies folder.
    """

    def __init__(self, folder: PathLike) -> None:
        self.folder = harmonies_folder(path_of(folder, "folder")) / "recodes"

    def all(self) -> tuple[Recode, ...]:
        """Return the workspace's recodes and the standard ones, in alphabetical order.

        Raises
        ------
        CorruptFileError
            If a file is damaged.
        """
        own = {path.stem: self._read(path) for path in sorted(self.folder.glob("*.json"))}
        found = standard_recodes() | own
        return tuple(found[name] for name in sorted(found))

    def get(self, name: str) -> Recode:
        """Return a recode.

        Raises
        ------
        InputError
            If there is none of this name.
        """
        path = self.folder / f"{check_name(name)}.json"
        if path.exists():
            return self._read(path)
        known = standard_recodes()
        if name not in known:
            raise InputError.unknown("recode", name, [item.name for item in self.all()])
        return known[name]

    def find(self, name: str) -> Recode | None:
        """Return a recode; ``None`` where there is none of this name."""
        return next((item for item in self.all() if item.name == name), None)

    def save(self, recode: Recode, *, author: str, expected_revision: int | None = None) -> Recode:
        """Save a recode and return it with its new revision; earlier ones stay in its history.

        Parameters
        ----------
        recode
            The recode.
        author
            Who saves it.
        expected_revision
            Revision the change started from, 0 for a new or a standard one; the recode's own by
            default.

        Raises
        ------
        ConflictError
            If someone else saved it since.
        """
        expected = recode.revision if expected_revision is None else expected_revision
        path = self.folder / f"{recode.name}.json"
        with self._writing():
            current = self._read(path) if path.exists() else None
            found = 0 if current is None else current.revision
            if current is not None and found != expected:
                raise ConflictError(
                    f"{current.author or 'Somebody'} saved revision {found} of the recode "
                    f"'{recode.name}' while you changed it",
                    where=str(path),
                    fix="Look at it again and repeat your change",
                )
            revision = 1 + max(found, self._last_revision(recode.name))
            saved = replace(recode, author=author, modified=now(), revision=revision)
            self._remember(saved)
            write_text(render(recode_record(saved)) + "\n", path)
        return saved

    def remove(self, name: str) -> Recode:
        """Remove a recode of the workspace and return it; its history stays.

        Harmonies that use it keep their groups; see `fusion_core.harmony.recodes.detachments`.

        Raises
        ------
        InputError
            If the workspace has none of this name; standard ones cannot be removed.
        """
        path = self.folder / f"{check_name(name)}.json"
        with self._writing():
            if not path.exists():
                if name in standard_recodes():
                    raise InputError(
                        f"'{name}' ships with the program and cannot be removed",
                        fix="Detach the harmonies that use it",
                    )
                known = [item.name for item in self.all() if not item.is_standard]
                raise InputError.unknown("recode", name, known)
            found = self._read(path)
            path.unlink()
        return found

    def history(self, name: str) -> tuple[Recode, ...]:
        """Return the saved revisions of a recode, oldest first."""
        path = self._history_path(name)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return tuple(read_recode(json.loads(line), where=str(path)) for line in lines if line)

    def version(self, name: str, revision: int) -> Recode | None:
        """Return a recode as it was at a revision, 0 for the standard one; ``None`` for neither."""
        if not revision:
            return standard_recodes().get(name)
        return next((item for item in self.history(name) if item.revision == revision), None)

    def keep(self, recode: Recode, *, user: str) -> None:
        """Keep what a user made of a recode and did not save yet; its revision is what it began from."""
        # Not flushed to the disk, like drafts of harmonies: that would slow every edit down.
        path = self._draft_path(recode.name, user)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(render(recode_record(recode)) + "\n", path, durable=False)

    def kept(self, name: str, *, user: str) -> Recode | None:
        """Return what a user made of a recode and did not save yet; ``None`` for nothing.

        Raises
        ------
        CorruptFileError
            If the file is damaged.
        """
        path = self._draft_path(name, user)
        return read_recode(read_json(path), where=str(path)) if path.exists() else None

    def drafts(self, *, user: str) -> tuple[Recode, ...]:
        """Return everything a user made of recodes and did not save yet, in alphabetical order."""
        paths = sorted(user_folder(self.folder / "drafts", user).glob("*.json"))
        return tuple(read_recode(read_json(path), where=str(path)) for path in paths)

    def forget(self, name: str, *, user: str) -> None:
        """Drop what a user made of a recode and did not save; nothing happens where there is none."""
        self._draft_path(name, user).unlink(missing_ok=True)

    def stamp(self) -> tuple[tuple[int, int], ...]:
        """Return what changes whenever a recode does; cheap to ask for."""
        return tuple(file_stamp(path) for path in sorted(self.folder.glob("*.json")))

    def _read(self, path: Path) -> Recode:
        recode = read_recode(read_json(path), where=str(path))
        return recode if recode.revision else replace(recode, revision=1)

    def _writing(self) -> AbstractContextManager[None]:
        return one_writer(self.folder / ".lock", "The recodes", seconds=_LOCK_SECONDS)

    def _history_path(self, name: str) -> Path:
        return self.folder / "history" / f"{check_name(name)}.jsonl"

    def _draft_path(self, name: str, user: str) -> Path:
        return user_folder(self.folder / "drafts", user) / f"{check_name(name)}.json"

    def _last_revision(self, name: str) -> int:
        return max((item.revision for item in self.history(name)), default=0)

    def _remember(self, recode: Recode) -> None:
        path = self._history_path(recode.name)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        line = json.dumps(recode_record(recode), ensure_ascii=False, allow_nan=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(f"{before}{line}\n", path)


@cache
def standard_recodes() -> dict[str, Recode]:
    """Return the recodes that ship with the program, by name, each with its source."""
    found = [read_recode(read_json(path), where=path.name) for path in _STANDARD.glob("*.json")]
    return {item.name: item for item in found}


__all__ = ["RecodeShelf", "standard_recodes"]
