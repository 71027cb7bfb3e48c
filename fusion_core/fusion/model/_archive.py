"""Where a fusion model's files are: in a folder, or zipped into one file to send or to keep.

A zip is read and written in memory, so that no unpacked copy is left behind, however a program ends.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.workspace.files import replace_file

SUFFIX = ".zip"
Reader = Callable[[str], bytes | None]
"""Returns the content of a file of the model; ``None`` where there is none."""


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Yield what reads the files of a model by their names.

    Raises
    ------
    InputError
        If there is nothing at the path.
    CorruptFileError
        If a zip is cut off or altered.
    """
    if path.is_dir():
        yield lambda name: _in_folder(path / name)
        return
    if not path.exists():
        raise InputError(
            "There is no fusion model", where=str(path), fix="Check the path, or train a model"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            names = frozenset(archive.namelist())
            yield lambda name: archive.read(name) if name in names else None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError) as error:
        raise CorruptFileError(
            "The zipped fusion model was altered or cut off",
            where=str(path),
            fix="Restore it from a backup or copy it again",
        ) from error


def pack(files: Mapping[str, bytes], path: Path) -> None:
    """Write files to a zip; an earlier one is replaced once the new one is complete.

    Raises
    ------
    InputError
        If the file holds something else than a zip, or cannot be written.
    """
    if path.exists() and not zipfile.is_zipfile(path):
        raise InputError(
            "The file is no zipped fusion model", where=str(path), fix="Choose another name"
        )
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
    return path.read_bytes() if path.is_file() else None
