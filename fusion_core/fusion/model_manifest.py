"""The manifest of a saved fusion model: its format, who wrote it, and a checksum of every file."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion_core.errors import CorruptFileError
from fusion_core.workspace.files import checksum_of, read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT_VERSION = 2
READABLE_VERSIONS = (1, 2)
KIND = "fusion model"
MANIFEST_FILE = "manifest.json"


def write_manifest(folder: Path) -> None:
    """List all files of a folder with their checksums."""
    files = {
        path.relative_to(folder).as_posix(): checksum_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    write_json(
        {"kind": KIND, "format": FORMAT_VERSION, "written_by": software_version(), "files": files},
        folder / MANIFEST_FILE,
    )


def verify(folder: Path, shown: Path) -> None:
    """Check that a folder holds a whole, unaltered model of a format this version reads.

    Parameters
    ----------
    folder
        The folder.
    shown
        The path the user knows it by, for messages.

    Raises
    ------
    CorruptFileError
        Naming the file that is missing, altered or cut off, or the format.
    """
    manifest = _manifest(folder, shown)
    for name, checksum in _files_of(manifest, shown).items():
        _verify(folder / name, checksum, shown / name)


def software_version() -> str:
    """Return the version of this project, for manifests."""
    try:
        return version("survey-harmonization-tool")
    except PackageNotFoundError:
        return "unknown"


def _manifest(folder: Path, shown: Path) -> dict[str, Any]:
    if not (folder / MANIFEST_FILE).is_file():
        raise CorruptFileError(
            "The manifest of the fusion model is missing",
            where=str(shown / MANIFEST_FILE),
            fix="Restore it from a backup or train the model again",
        )
    manifest = read_json(folder / MANIFEST_FILE)
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


def _verify(path: Path, checksum: str, shown: Path) -> None:
    if not path.is_file():
        raise CorruptFileError(
            "A file of the fusion model is missing",
            where=str(shown),
            fix="Restore it from a backup or train the model again",
        )
    if checksum_of(path) != checksum:
        raise CorruptFileError(
            "A file of the fusion model was altered or cut off",
            where=str(shown),
            fix="Restore it from a backup or train the model again",
        )
