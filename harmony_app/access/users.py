"""The people who may use a workspace's server: one JSON file, passwords hashed with Argon2id."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.records import Checked
from fusion_core.workspace.files import (
    file_stamp,
    json_text,
    read_json,
    replace_file,
    write_remedy,
)
from fusion_core.workspace.locks import one_writer
from harmony_app.access.roles import ROLES, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argon2 import PasswordHasher

FORMAT_VERSION: Final = 1
LONGEST_NAME: Final = 60
SHORTEST_PASSWORD: Final = 10
_FOLDER: Final = "server"
_FILE: Final = "users.json"
_LOCK_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Person(Checked):
    """Somebody who may use the server.

    Attributes
    ----------
    name
        As typed at sign-in, or as an identity provider or proxy names him.
    role
        What he may do.
    password
        Argon2id hash; empty for somebody whom only an identity provider or a proxy can sign in.
    """

    name: str
    role: Role
    password: str = ""


class UserList:
    """The people of a workspace, kept in ``server/users.json`` inside it.

    The file is read again whenever it changes, so that what ``harmony users`` does takes effect at
    once.

    Parameters
    ----------
    workspace
        Folder of the workspace.
    """

    def __init__(self, workspace: Path) -> None:
        self._path = workspace / _FOLDER / _FILE
        self._stamp: tuple[int, int] | None = None
        self._people: Mapping[str, Person] = {}
        self._reading = threading.Lock()

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def people(self) -> Mapping[str, Person]:
        """Return everybody by name, in alphabetical order.

        Raises
        ------
        CorruptFileError
            If the file is damaged.
        """
        with self._reading:
            stamp = file_stamp(self._path)
            if stamp != self._stamp:
                self._people, self._stamp = _read(self._path), stamp
            return self._people

    def role(self, name: str) -> Role | None:
        """Return somebody's role; ``None`` for a stranger."""
        person = self.people().get(plain_name(name))
        return None if person is None else person.role

    def has_passwords(self) -> bool:
        """Whether anybody can sign in with a password."""
        return any(person.password for person in self.people().values())

    def verified(self, name: str, password: str) -> Person | None:
        """Return the person a name and password belong to; takes as long for a stranger."""
        from argon2.exceptions import Argon2Error, InvalidHashError

        person = self.people().get(plain_name(name))
        known = person.password if person is not None and person.password else _nobodys_hash()
        try:
            _hasher().verify(known, password)
        except (Argon2Error, InvalidHashError, UnicodeEncodeError):
            return None
        return person if person is not None and person.password else None

    def put(self, name: str, role: Role, *, password: str | None = None) -> Person:
        """Add somebody, or change the role of somebody who is there.

        Parameters
        ----------
        name
            As `Person.name`; spaces around and repeated ones are left out.
        role
            As `Person.role`.
        password
            The new password; ``None`` keeps what there was, which is none for somebody new.

        Raises
        ------
        InputError
            If the name cannot be one, the role is unknown or the password too short.
        """
        name = _checked_name(name)
        if role not in ROLES:
            raise InputError.unknown("role", role, ROLES)
        if password is not None and len(password) < SHORTEST_PASSWORD:
            raise InputError(
                f"The password is shorter than {SHORTEST_PASSWORD} characters",
                fix="Choose a longer one; several words are easy to remember",
            )
        hashed = None if password is None else _hasher().hash(password)
        with self._changing() as people:
            before = people.get(name)
            kept = "" if before is None else before.password
            person = Person(name, role, kept if hashed is None else hashed)
            people[name] = person
        return person

    def remove(self, name: str) -> None:
        """Remove somebody, who is signed out at once.

        Raises
        ------
        InputError
            If nobody has that name.
        """
        with self._changing() as people:
            if people.pop(plain_name(name), None) is None:
                raise InputError.unknown("person", name, people, where=str(self._path))

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Person]]:
        """Let one writer after the other change the people; what raises leaves them as they were."""
        keep_private(self._path.parent)
        lock = self._path.with_suffix(".lock")
        with one_writer(lock, "The people of this workspace", seconds=_LOCK_SECONDS):
            people = dict(_read(self._path))
            yield people
            _write(self._path, people)


def plain_name(name: str) -> str:
    """Return a name in the one way it is kept: composed letters, single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def keep_private(folder: Path) -> None:
    """Create the folder of a server's own files, closed to others and to version control.

    Raises
    ------
    InputError
        If it cannot be created.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignored = folder / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"The server's own files cannot be written: {error.strerror or error}",
            where=str(folder),
            fix=write_remedy(error),
        ) from error


def _checked_name(name: str) -> str:
    plain = plain_name(name)
    if not plain or not plain.isprintable() or len(plain) > LONGEST_NAME:
        raise InputError(
            f"'{name[:LONGEST_NAME]}' cannot be a name",
            fix=f"Give 1 to {LONGEST_NAME} printable characters",
        )
    return plain


def _read(path: Path) -> dict[str, Person]:
    if not path.exists():
        return {}
    record = read_json(path)
    try:
        if record["format"] != FORMAT_VERSION:
            raise CorruptFileError(
                f"The user list is stored in format {record['format']!r}, "
                f"this version reads {FORMAT_VERSION}",
                where=str(path),
                fix="Update the program",
            )
        people = [
            Person(name, cast("Role", entry["role"]), entry.get("password", ""))
            for name, entry in record["users"].items()
        ]
    except (KeyError, TypeError, AttributeError, InputError) as error:
        raise CorruptFileError(
            "The user list is damaged, and nobody can sign in",
            where=str(path),
            fix="Restore it from a backup, or delete it and add the people again",
        ) from error
    return {person.name: person for person in sorted(people, key=lambda item: item.name)}


def _write(path: Path, people: Mapping[str, Person]) -> None:
    users = {
        person.name: {"role": person.role}
        | ({"password": person.password} if person.password else {})
        for person in sorted(people.values(), key=lambda item: item.name)
    }
    with replace_file(path, private=True) as temporary:
        temporary.write_text(
            json_text({"format": FORMAT_VERSION, "users": users}), encoding="utf-8"
        )


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # whoever starts the app for himself needs none

    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """Return a hash no password has, so that the time it takes does not tell who is a stranger."""
    return _hasher().hash(secrets.token_hex())


__all__ = ["Person", "UserList", "keep_private", "plain_name"]
