"""A fusion model as one file: the folder of `model_files`, zipped, to send or to keep."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.workspace.files import replace_file

SUFFIX = ".zip"


def pack(folder: Path, path: Path) -> None:
    """Zip a folder; an earlier file is replaced once the new one is complete.

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
        for item in sorted(folder.rglob("*")):
            if item.is_file():
                archive.write(item, item.relative_to(folder).as_posix())


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Yield a temporary folder with the content of a zipped model.

    Raises
    ------
    CorruptFileError
        If the file is cut off or altered, or would write outside the folder.
    """
    with tempfile.TemporaryDirectory(prefix="fusion-model-") as temporary:
        folder = Path(temporary)
        try:
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    _check_inside(name, path)
                archive.extractall(folder)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, ValueError) as error:
            if isinstance(error, CorruptFileError):
                raise
            raise CorruptFileError(
                "The zipped fusion model was altered or cut off",
                where=str(path),
                fix="Restore it from a backup or copy it again",
            ) from error
        yield folder


def _check_inside(name: str, path: Path) -> None:
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise CorruptFileError(
            f"The zipped fusion model names the file '{name}' outside of it",
            where=str(path),
            fix="Do not use it: a fusion model never does",
        )
