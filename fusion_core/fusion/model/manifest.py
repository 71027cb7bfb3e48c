"""The manifest of a saved fusion model: its format, who wrote it, and a checksum of every file."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from fusion_core.errors import CorruptFileError
from fusion_core.workspace.files import json_text, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Reader: TypeAlias = "Callable[[str], bytes | None]"
"""Returns the content of a file of the model; ``None`` where there is none."""
FORMAT_VERSION = 7
FORESTS_ALONE = 6
WITHOUT_FORESTS = 5
READABLE_VERSIONS = (1, 2, 3, 4, 5, 6, 7)
KIND = "fusion model"
MANIFEST_FILE = "manifest.json"


def manifest_of(files: Mapping[str, bytes], *, number: int = FORMAT_VERSION) -> bytes:
    """List files with their checksums.

    Parameters
    ----------
    files
        Content of every other file of the model.
    number
        The format: the earliest that has all there is, so that earlier versions read what they can.
    """
    record = {
        "kind": KIND,
        "format": number,
        "written_by": software_version(),
        "files": {name: _checksum(files[name]) for name in sorted(files)},
    }
    return json_text(record).encode()


def verified_files(read: Reader, shown: Path) -> dict[str, bytes]:
    """Read a whole, unaltered model of a format this version knows.

    Parameters
    ----------
    read
        Returns the content of a file.
    shown
        The folder or zip, for messages.

    Raises
    ------
    CorruptFileError
        Naming the file that is missing, altered or cut off, or the format.
    """
    listed = _files_of(_manifest(read, shown), shown)
    return {name: _verified(read, name, checksum, shown) for name, checksum in listed.items()}


def holds_model(read: Reader) -> bool:
    """Whether the files are those of a saved model, whole or not, of whatever format."""
    content = read(MANIFEST_FILE)
    if content is None:
        return False
    try:
        return parse_json(content, where=MANIFEST_FILE).get("kind") == KIND
    except CorruptFileError:
        return False


def manifest_checksum(read: Reader, shown: Path) -> str:
    """Return the checksum of a model's manifest, which no two models share.

    Raises
    ------
    CorruptFileError
        If there is none.
    """
    return _checksum(_manifest_content(read, shown))


def software_version() -> str:
    """Return the version of this project, for manifests."""
    try:
        return version("survey-harmonization-tool")
    except PackageNotFoundError:
        return "unknown"


def _manifest_content(read: Reader, shown: Path) -> bytes:
    content = read(MANIFEST_FILE)
    if content is None:
        raise CorruptFileError(
            "The manifest of the fusion model is missing",
            where=str(shown / MANIFEST_FILE),
            fix="Restore it from a backup or train the model again",
        )
    return content


def _manifest(read: Reader, shown: Path) -> dict[str, Any]:
    manifest = parse_json(_manifest_content(read, shown), where=str(shown / MANIFEST_FILE))
    kind, number = manifest.get("kind"), manifest.get("format")
    if kind == KIND and isinstance(number, int) and number > FORMAT_VERSION:
        raise CorruptFileError(
            f"The fusion model is of format {number}, written by version "
            f"{manifest.get('written_by', 'unknown')}; this version reads formats up to "
            f"{FORMAT_VERSION}",
            where=str(shown),
            fix="Install a newer version of this program, or train the model again",
        )
    if kind != KIND or number not in READABLE_VERSIONS:
        raise CorruptFileError(
            f"The folder holds a {kind!r} of format {number!r}, "
            f"not a {KIND} of format {FORMAT_VERSION}",
            where=str(shown),
            fix="Train the model again with this version",
        )
    return manifest


def _files_of(manifest: dict[str, Any], folder: Path) -> dict[str, str]:
    files = manifest.get("files")
    if not isinstance(files, dict) or "model.json" not in files or not _all_inside(files):
        raise CorruptFileError(
            "The manifest does not list the model's files",
            where=str(folder / MANIFEST_FILE),
            fix="Train the model again",
        )
    return {str(name): str(checksum) for name, checksum in files.items()}


def _all_inside(names: Iterable[str]) -> bool:
    """Tell whether all paths stay inside the folder they are relative to."""
    return not any(Path(name).is_absolute() or ".." in Path(name).parts for name in names)


def _verified(read: Reader, name: str, checksum: str, shown: Path) -> bytes:
    content = read(name)
    if content is None:
        raise CorruptFileError(
            "A file of the fusion model is missing",
            where=str(shown / name),
            fix="Restore it from a backup or train the model again",
        )
    if _checksum(content) != checksum:
        raise CorruptFileError(
            "A file of the fusion model was altered or cut off",
            where=str(shown / name),
            fix="Restore it from a backup or train the model again",
        )
    return content


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
