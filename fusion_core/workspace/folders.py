"""Replace whole folders so that a reader, a crash or a full disk never meets half of one.

The new folder is written beside the old one, inside a hidden working folder, and takes its place in
one step where the system can exchange two folders, else in two with a way back. Only files that this
program wrote are ever removed: whatever a person put into the folder is in the new one too.
"""

from __future__ import annotations

import ctypes
import filecmp
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from fusion_core.errors import ConflictError, InputError
from fusion_core.workspace.files import RANDOM_NAME, mark, marked_folder, write_remedy

if sys.platform != "win32":
    import fcntl

Own = Callable[[str], bool]
"""Tells of a path relative to a folder, with slashes, whether this program writes such a file there."""

_NEW: Final = "new"
_OLD: Final = "old"
_EXCHANGE: Final = 2
_HERE: Final = -100
_SETTLED_SECONDS: Final = 60.0
_TEMPORARY: Final = re.compile(rf"\.(?P<name>.+)\.{RANDOM_NAME}")


def own_files(pattern: str) -> Own:
    """Return what knows this program's files of a folder, and the unfinished ones of killed writers.

    Parameters
    ----------
    pattern
        Regular expression of all their paths relative to the folder.
    """
    known = re.compile(pattern)

    def own(relative: str) -> bool:
        if known.fullmatch(relative):
            return True
        parent, slash, name = relative.rpartition("/")
        unfinished = _TEMPORARY.fullmatch(name)
        return unfinished is not None and bool(
            known.fullmatch(f"{parent}{slash}{unfinished['name']}")
        )

    return own


@contextmanager
def replace_folder(path: Path, own: Own, *, what: str, may_replace: bool = True) -> Iterator[Path]:
    """Yield a new, empty folder; it takes the place of `path` when the block succeeds.

    At every moment, and however the program ends, `path` is the whole old folder or the whole new
    one; where the system cannot exchange folders it may be missing for a moment, and
    `restore_folder` puts the old one back after a kill in just that. Files in the old folder that
    are not `own` are in the new one too. A link is followed: the folder it points to is replaced.

    Parameters
    ----------
    path
        The folder to replace, existing or not.
    own
        Which files the block writes, and which may therefore be removed.
    what
        What the folder is, as a sentence continues: ``"the survey"``.
    may_replace
        Whether an earlier one may be replaced, with any of the files that are `own`.

    Raises
    ------
    InputError
        If the disk is full or the folder cannot be written; an earlier one stays as it was.
    ConflictError
        If there is an earlier one, perhaps since the block began, that may not be replaced.
    """
    path = Path(os.path.realpath(path))
    try:
        if path.exists() and not path.is_dir():
            raise NotADirectoryError(0, "a file is there")
        path.parent.mkdir(parents=True, exist_ok=True)
        restore_folder(path)
        work = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            with marked_folder(work):
                new = work / _NEW
                new.mkdir()
                yield new
                _take_along(path, new, own)
                with _turn_in(path.parent):
                    if not may_replace and _holds_own(path, own):
                        raise ConflictError(
                            f"Someone else stored {what} in the meantime",
                            where=str(path),
                            fix="Look at theirs, then replace it or choose another name",
                        )
                    _put_in_place(new, path)
        finally:
            _dissolve(work, path, own)
    except OSError as error:
        raise InputError(
            f"Could not write {what}: {error.strerror or error}",
            where=str(path),
            fix=f"{write_remedy(error)}; an earlier one is kept as it was",
        ) from error
    sweep_folders(path, own)


def sweep_folders(path: Path, own: Own) -> None:
    """Remove what killed writers of a folder left beside it, but nothing that is not in it too."""
    for leftover in _leftovers(path):
        _if_abandoned(leftover, lambda folder: _dissolve(folder, path, own))


def restore_folder(path: Path) -> None:
    """Put back a folder whose writer was killed after moving it aside and before replacing it.

    Nothing happens where the folder is, where nothing is left of it, or where its writer lives.
    """
    if os.path.lexists(path):
        return
    for leftover in _leftovers(path):
        if (leftover / _OLD).is_dir():
            _if_abandoned(leftover, lambda folder: (folder / _OLD).rename(path))


def dissolve(folder: Path, own: Own, *, home: Path | None = None) -> None:
    """Remove this program's files below a folder, and the folder if it is empty then.

    Links are not followed. What cannot be removed – no permission, or the system fails – stays.

    Parameters
    ----------
    folder
        A folder that is no longer needed.
    own
        Which files may be removed.
    home
        What has taken its place, if anything: other files go to the same place there, unless
        another one is there.
    """
    if folder.is_symlink():
        return
    for root, folders, files in os.walk(folder, topdown=False):
        here = Path(root)
        for name in (*files, *_links(here, folders)):
            file = here / name
            with suppress(OSError):
                _remove_or_move(file, file.relative_to(folder), own, home)
        with suppress(OSError):  # not empty, or in use
            here.rmdir()


def remove_folder(path: Path, own: Own, *, what: str) -> None:
    """Remove a folder whose files are all this program's; it is gone in one step for who lists it.

    Where the folder is a link, what it points to is removed with it.

    Parameters
    ----------
    path, own
        The folder, and which files may be removed.
    what
        What the folder is, as a sentence continues: ``"the run"``.

    Raises
    ------
    InputError
        If it holds files of other programs, or cannot be removed; nothing is removed then.
    """
    real = Path(os.path.realpath(path))
    try:
        require_own(real, own, what=what)
        work = Path(tempfile.mkdtemp(prefix=f".{real.name}.", dir=real.parent))
        try:
            real.rename(work / _NEW)
            if path.is_symlink():
                path.unlink()
        finally:
            _dissolve(work, real, own)
    except OSError as error:
        raise InputError(
            f"Could not remove {what}: {error.strerror or error}",
            where=str(path),
            fix="Check the folder's permissions",
        ) from error


def require_own(folder: Path, own: Own, *, what: str) -> None:
    """Refuse to remove a folder that holds files of other programs; arguments as `remove_folder`.

    Raises
    ------
    InputError
        Naming the first such file.
    """
    stranger = next((name for name in _files_below(folder) if not own(name)), None)
    if stranger is not None:
        raise InputError(
            f"The folder of {what} holds a file this program did not write, '{stranger}'",
            where=str(folder),
            fix="Move it elsewhere first; nothing was removed",
        )


def _files_below(folder: Path) -> Iterator[str]:
    """Yield the paths of all files below a folder, relative to it; a link is a file."""
    for root, folders, files in os.walk(folder):
        here = Path(root)
        for name in (*files, *_links(here, folders)):
            yield (here / name).relative_to(folder).as_posix()


def _links(here: Path, folders: list[str]) -> list[str]:
    return [name for name in folders if (here / name).is_symlink()]


def _remove_or_move(file: Path, relative: Path, own: Own, home: Path | None) -> None:
    if own(relative.as_posix()) or (home is not None and _is_same(file, home / relative)):
        file.unlink()
    elif home is not None and home.is_dir() and not os.path.lexists(home / relative):
        (home / relative).parent.mkdir(parents=True, exist_ok=True)
        file.rename(home / relative)


def _take_along(path: Path, new: Path, own: Own) -> None:
    """Have the files that are not this program's in the new folder too, before it takes its place."""
    for name in _files_below(path):
        target = new / name
        if not own(name) and not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(path / name, target)


def link_or_copy(file: Path, target: Path) -> None:
    """Have a file in another place too: as a link to the same content, else as a copy."""
    try:
        os.link(file, target, follow_symlinks=False)
    except (OSError, NotImplementedError):  # a file system without hard links
        try:
            shutil.copy2(file, target, follow_symlinks=False)
        except BaseException:
            target.unlink(missing_ok=True)  # half of it is nobody's
            raise


def _is_same(file: Path, other: Path) -> bool:
    """Whether two paths hold the same: by a hard link, as links to one place, or byte for byte."""
    if not os.path.lexists(other):
        return False
    if os.path.samestat(file.lstat(), other.lstat()):
        return True
    if file.is_symlink() or other.is_symlink():
        both = file.is_symlink() and other.is_symlink()
        return both and file.readlink() == other.readlink()
    return file.is_file() and other.is_file() and filecmp.cmp(file, other, shallow=False)


def _holds_own(path: Path, own: Own) -> bool:
    return path.is_dir() and any(own(item.name) for item in path.iterdir())


def _put_in_place(new: Path, path: Path) -> None:
    if not path.exists():
        new.rename(path)
    elif not exchange(new, path):
        _swap_in_two_steps(new, path)


def _swap_in_two_steps(new: Path, path: Path) -> None:
    aside = new.with_name(_OLD)
    path.rename(aside)
    try:
        new.rename(path)
    except OSError as error:
        try:
            aside.rename(path)
        except OSError:
            raise InputError(
                f"Could not replace the folder, nor put the earlier one back: {error.strerror}",
                where=str(path),
                fix=f"The earlier one is whole: rename {aside} to {path}",
            ) from error
        raise


def exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; return whether the system could.

    Linux can on most file systems (``renameat2`` with ``RENAME_EXCHANGE``).
    """
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    paths = os.fsencode(one), os.fsencode(other)
    return bool(rename(_HERE, paths[0], _HERE, paths[1], _EXCHANGE) == 0)


@contextmanager
def _turn_in(parent: Path) -> Iterator[None]:
    """Let one writer after the other put folders in place, where the system can tell them apart."""
    if sys.platform == "win32":  # which opens no folders
        yield
        return
    handle = os.open(parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network drives know no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        with suppress(OSError):  # the lock goes with the process at the latest
            os.close(handle)


def _dissolve(work: Path, path: Path, own: Own) -> None:
    """Remove a working folder, but never the only copy of what it was to replace."""
    for name in (_NEW, _OLD):
        if name == _NEW or os.path.lexists(path):
            dissolve(work / name, own, home=path)
    with suppress(OSError):  # not empty, or in use
        work.rmdir()


def _leftovers(path: Path) -> list[Path]:
    """Return the working folders for a path, of writers dead or alive."""
    return [folder for folder in hidden_beside(path) if _is_working_folder(folder)]


def hidden_beside(path: Path) -> list[Path]:
    """Return what is beside a path under its name with a dot before and something behind it.

    Nothing where that may not be read: whoever may tidies up.
    """
    try:
        found = sorted(path.parent.iterdir())
    except OSError:
        return []
    return [item for item in found if item.name.startswith(f".{path.name}.")]


def _is_working_folder(folder: Path) -> bool:
    try:
        names = {item.name for item in folder.iterdir()}
        # One just made is not marked yet.
        is_settled = bool(names) or time.time() - folder.stat().st_mtime > _SETTLED_SECONDS
    except OSError:  # no folder, another user's, or its writer was faster
        return False
    return is_settled and not folder.is_symlink() and names <= {_NEW, _OLD}


def _if_abandoned(folder: Path, do: Callable[[Path], object]) -> None:
    """Do something to a working folder unless its writer lives; what fails is left to the next."""
    if sys.platform == "win32":  # which tells no living writers from dead ones
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            if mark(handle):
                do(folder)
        finally:
            os.close(handle)
