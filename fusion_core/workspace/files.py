"""Write files so that a reader, a crash or a full disk never meets half of one."""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import re
import secrets
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fusion_core.errors import CorruptFileError, InputError

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_NAME: Final = 100
"""Characters of a name that becomes part of a file's name: file systems allow 255 bytes, and the file
of a pair of surveys joins two such names, to which a copy set aside and a temporary file add theirs."""
_THOUSAND: Final = 1000
_SIZE_UNITS: Final = ("kB", "MB", "GB", "TB")


def _umask() -> int:
    """Return which rights this process withholds; the system tells only whoever sets them."""
    withheld = os.umask(0o077)
    os.umask(withheld)
    return withheld


_NO_LOCKS: Final = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}
_PRIVATE: Final = 0o600
_USUAL: Final = 0o666 & ~_umask()
RANDOM_NAME: Final = "[a-z0-9_]{8}"
"""Regular expression of what `tempfile` appends to the names of temporary files and folders."""


def shown_name(name: str) -> str:
    """Return a name as an error message shows it: the beginning of one that is far too long."""
    return name if len(name) <= LONGEST_NAME else f"{name[:40]}…"


def size_text(number_of_bytes: float) -> str:
    """Write a number of bytes for people, in decimal units: ``12 kB``, ``3.4 MB``, ``1.2 GB``."""
    if round(number_of_bytes) < _THOUSAND:
        return f"{number_of_bytes:.0f} bytes"
    value = float(number_of_bytes)
    unit = ""
    for unit in _SIZE_UNITS:  # noqa: B007 - the last one stands where none is large enough
        value /= _THOUSAND
        if round(value) < _THOUSAND:
            break
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"  # noqa: PLR2004 - two digits suffice


def write_remedy(error: OSError) -> str:
    """Return what the user can do about a file or folder that could not be written."""
    if error.errno in {errno.EISDIR, errno.ENOTDIR, errno.EEXIST}:
        return "Choose another path: a folder stands where a file is needed, or a file for a folder"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "Check the folder's permissions, or choose another folder"
    if error.errno in _NO_LOCKS:
        return "Keep the workspace on a disk of this computer, or mount its drive with file locks"
    return "Free some disk space or check the folder's permissions"


@contextmanager
def replace_file(path: Path, *, durable: bool = True, private: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `path`; put it in place atomically when the block succeeds.

    A link is followed: the file it points to is replaced.

    Parameters
    ----------
    path
        The file to replace.
    durable
        Whether to wait until the disk has it. Without, the file survives the end of this process,
        however sudden, but perhaps not a power cut in the seconds after.
    private
        Whether only this account may read it; otherwise whoever the process's umask lets.

    Raises
    ------
    InputError
        If the disk is full, the folder cannot be written, or a folder has the file's name; an
        earlier file stays as it was.
    """
    temporary: Path | None = None
    handle: int | None = None
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "a folder has its name")
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        temporary = Path(name)
        if not mark(handle):
            os.close(handle)
            handle = None
        yield temporary
        if durable:
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
        temporary.chmod(_PRIVATE if private else _USUAL)
        temporary.replace(target)
    except OSError as error:
        raise InputError(
            f"Could not write the file: {error.strerror or error}",
            where=str(path),
            fix=f"{write_remedy(error)}; what was there is kept",
        ) from error
    finally:
        # Whether the file is in place is decided; what fails here is swept by the next writer.
        with suppress(OSError):
            if handle is not None:
                os.close(handle)
        with suppress(OSError):
            if temporary is not None:
                temporary.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Create a folder, and those above it, unless it is there.

    Raises
    ------
    InputError
        If it cannot be created, or a file has its name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder cannot be created: {error.strerror or error}",
            where=str(folder),
            fix="Choose another folder, or check the permissions of the one above it",
        ) from error


def mark(handle: int) -> bool:
    """Mark an open file as being written, as long as it stays open; tell whether nobody had.

    The mark goes with the process, however it ends. Where files cannot be marked – on Windows, which
    removes no open file, and on some network drives – nothing is.
    """
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def marked_folder(folder: Path) -> Iterator[None]:
    """Mark a folder as being written during the block; see `mark`."""
    if sys.platform == "win32":  # which opens no folders
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        mark(handle)
        yield
    finally:
        with suppress(OSError):  # the mark goes with the process at the latest
            os.close(handle)


def file_stamp(path: Path) -> tuple[int, int]:
    """Return what changes whenever a file does, zeros where there is none; cheap to ask for."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def sweep_abandoned(folder: Path, name: str) -> None:
    """Remove the temporary files in a folder whose writers are dead.

    Files of writers that live – perhaps on another machine – stay.

    Parameters
    ----------
    folder
        The folder.
    name
        Pattern of the names of the files that were to be written, such as ``part-*.parquet``: other
        programs keep hidden files of their own.
    """
    for leftover in folder.glob(f".{name}.*"):
        try:
            handle = os.open(leftover, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        except OSError:  # its writer was faster, or it is no file of ours
            continue
        try:
            if mark(handle):
                leftover.unlink(missing_ok=True)
        finally:
            os.close(handle)


def sweep_leftovers(path: Path) -> None:
    """Remove what writers of `path` that were killed half-way left beside it.

    Only for whoever holds the lock of `path`: a temporary file is then nobody's any more. Hidden
    files of editors, such as ``.name.swp``, are named otherwise and stay. What cannot be removed is
    left to the next.
    """
    path = Path(os.path.realpath(path))
    unfinished = re.compile(rf"\.{re.escape(path.name)}\.{RANDOM_NAME}")
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*"):
        if unfinished.fullmatch(leftover.name):
            with suppress(OSError):
                leftover.unlink()


def set_aside_damaged(path: Path) -> Path:
    """Rename a file that cannot be read, so that work can go on without it; return the new name.

    Raises
    ------
    InputError
        If it may not be renamed.
    """
    try:
        return path.replace(path.with_suffix(f".damaged-{secrets.token_hex(3)}"))
    except OSError as error:
        raise InputError(
            f"The damaged file '{path.name}' cannot be set aside: {error.strerror or error}",
            where=str(path),
            fix="Ask someone who may write to the folder to restore or delete it",
        ) from error


def write_text(text: str, path: Path, *, durable: bool = True) -> None:
    """Write a text file atomically, UTF-8.

    Raises
    ------
    InputError
        As `replace_file`, and if the text holds half a character.
    """
    check_writable(text, where=str(path))
    with replace_file(path, durable=durable) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def check_writable(text: str, *, where: str) -> None:
    """Check that a text can be written as UTF-8; JSON and browsers allow halves of an emoji.

    Raises
    ------
    InputError
        Saying which part of the text cannot be written.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        shown = text[max(0, error.start - 20) : error.start].rpartition("\n")[2]
        raise InputError(
            f"A text holds half a character after '{shown}', which no file can hold",
            where=where,
            fix="Type the character again",
        ) from error


def write_json(record: Any, path: Path) -> None:
    """Write a JSON file atomically, indented so that it diffs well; NaN and infinity are refused."""
    write_text(json_text(record), path)


def json_text(record: Any) -> str:
    """Return JSON as `write_json` writes it."""
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    CorruptFileError
        If the file is missing, cut off or holds something else than an object.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise CorruptFileError(
            "The file is missing", where=str(path), fix="Restore it from a backup"
        ) from error
    except OSError as error:
        raise not_readable("file", path, error) from error
    return parse_json(content, where=str(path))


def not_readable(what: str, path: Path, error: OSError) -> InputError:
    """Return the error that says that something on disk cannot be read, and why.

    Parameters
    ----------
    what
        What it is: ``"file"`` or ``"folder of surveys"``.
    path
        Where it is.
    error
        What the system says.
    """
    return InputError(
        f"The {what} cannot be read: {error.strerror or error}",
        where=str(path),
        fix="Check the permissions of the file and its folder",
    )


def parse_json(content: bytes, *, where: str) -> dict[str, Any]:
    """Read a JSON object from the content of a file.

    Raises
    ------
    CorruptFileError
        If it is cut off or something else than an object.
    """
    try:
        record = json.loads(content.decode("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CorruptFileError(
            f"The file is damaged or cut off: {error}",
            where=where,
            fix="Restore it from a backup or version control; nothing else was changed",
        ) from error
    if not isinstance(record, dict):
        raise CorruptFileError(
            f"The file holds a {type(record).__name__} where an object was expected",
            where=where,
            fix="Restore it from a backup or version control",
        )
    return record


def checksum_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
