"""Files of a workspace that stand under names people gave them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from fusion_core.errors import ConflictError, HarmonyError, InputError
from fusion_core.workspace.files import LONGEST_NAME, make_folder, shown_name

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
Read = TypeVar("Read")


@dataclass(frozen=True)
class NamedFiles:
    """The JSON files of a folder, which describe what is kept under their names.

    Attributes
    ----------
    folder
        Where they are.
    what
        What each holds, for messages, such as ``independent table``.
    """

    folder: Path
    what: str

    def path(self, name: str) -> Path:
        """Return where a name stands, or would."""
        return self.folder / f"{name}.json"

    def all(self) -> list[Path]:
        """Return the files, by name."""
        return sorted(self.folder.glob("*.json"))

    def free(self, name: str, *, may_replace: bool, where: str = "") -> Path:
        """Return where something new may be written, in a folder that is there.

        Raises
        ------
        ConflictError
            If the name is taken and may not be replaced.
        """
        path = self.path(name)
        if path.exists() and not may_replace:
            raise ConflictError.taken(self.what, name, where=where)
        make_folder(path.parent)
        return path

    def existing(self, name: str, known: Callable[[], Iterable[str]]) -> Path:
        """Return where something is that is there.

        Parameters
        ----------
        name
            As somebody wrote it.
        known
            Returns the names to choose from.

        Raises
        ------
        InputError
            If there is nothing of this name.
        """
        path = self.path(name)
        if not _NAME.fullmatch(name) or not path.exists():
            raise InputError.unknown(self.what, name, known())
        return path

    def read_all(self, read: Callable[[Path], Read]) -> tuple[tuple[Read, ...], tuple[str, ...]]:
        """Return what the files hold, and what is wrong with those that cannot be read."""
        found, problems = [], []
        for path in self.all():
            try:
                found.append(read(path))
            except HarmonyError as error:
                problems.append(error.message)
        return tuple(found), tuple(problems)


def require_name(name: str, purpose: str) -> None:
    """Refuse what cannot be a name; `purpose` says of what, such as ``a table``.

    Raises
    ------
    InputError
        If files and addresses could not carry it.
    """
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise InputError(
            f"'{shown_name(name)}' is not a name for {purpose}",
            fix="Use letters, digits, hyphens and underscores, starting with a letter or digit",
        )
