"""Where a fusion model's files are: in a folder, or zipped into one file to send or to keep.

A zip is read and written in memory, so that no unpacked copy is left behind, however a program ends.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.model.manifest import Reader, holds_model
from fusion_core.workspace.files import not_readable, replace_file, size_text
from fusion_core.workspace.folders import restore_folder

SUFFIX = ".zip"
_DENSEST: Final = 100
_UNSUSPICIOUS: Final = 2_000_000
"""Bytes of a zip below which a model may unpack to a hundred times as many."""


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Yield what reads the files of a model by their names.

    Raises
    ------
    InputError
        If there is nothing at the path, or it may not be read.
    CorruptFileError
        If a zip is cut off or altered.
    """
    restore_folder(path)
    if path.is_dir():
        yield lambda name: _in_folder(path / name)
        return
    if not path.exists():
        raise InputError(
            "There is no fusion model", where=str(path), fix="Check the path, or train a model"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bomb(archive, path)
            names = frozenset(archive.namelist())
            yield lambda name: archive.read(name) if name in names else None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise CorruptFileError(
            "The zipped fusion model was altered or cut off",
            where=str(path),
            fix="Restore it from a backup or copy it again",
        ) from error
    except OSError as error:
        raise not_readable("fusion model", path, error) from error


def _refuse_bomb(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse, before anything is unpacked, what would take all memory."""
    unpacked = sum(member.file_size for member in archive.infolist())
    free = psutil.virtual_memory().available
    if unpacked > min(free, _DENSEST * max(path.stat().st_size, _UNSUSPICIOUS)):
        raise CorruptFileError(
            f"The zipped fusion model would unpack to {size_text(float(unpacked))}",
            where=str(path),
            fix="Ask whoever sent it for the original, or load it where there is more memory",
        )


def check_replaceable(path: Path) -> None:
    """Refuse to replace what is no saved model, folder or zip; an empty folder may be.

    Raises
    ------
    InputError
        If something else is at the path, or it cannot be told.
    """
    try:
        is_folder = path.is_dir()
        is_free = not os.path.lexists(path) or (is_folder and not any(path.iterdir()))
    except OSError as error:
        raise not_readable("folder", path, error) from error
    if is_free:
        return
    try:
        with reading(path) as read:
            is_model = holds_model(read)
    except CorruptFileError:
        is_model = False
    if is_model:
        return
    if is_folder:
        raise InputError(
            "The folder holds other files than a fusion model",
            where=str(path),
            fix="Choose an empty or new folder",
        )
    raise InputError(
        "The file is not a zipped fusion model", where=str(path), fix="Choose another name"
    )


def pack(files: Mapping[str, bytes], path: Path) -> None:
    """Write files to a zip; an earlier one is replaced once the new one is complete.

    Raises
    ------
    InputError
        If the file holds something else than a zipped model, or cannot be written.
    """
    check_replaceable(path)
    with (
        replace_file(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, content in sorted(files.items()):
            archive.writestr(name, content)


def spread(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files to a new folder and wait until the disk has them."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _in_folder(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise not_readable("file of the fusion model", path, error) from error
