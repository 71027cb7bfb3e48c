"""What a folder holds while implicates are written to it, and what of it this program may remove.

A folder is known for one of implicates by its manifest or by ``parts/begun.json``, which is written
before anything else. Nothing is removed but files that one of these, or the record of a finished
part, lists; links are never followed.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.workspace.files import LONGEST_NAME, checksum_of, read_json, sweep_abandoned

MANIFEST: Final = "implicates.json"
PARTS: Final = "parts"
BEGUN: Final = "begun.json"
_LOCK: Final = ".lock"
_PART: Final = re.compile(r"part-\d{5,}(-2)?\.parquet")
_FILE: Final = re.compile(rf"\d{{2,}}_[A-Za-z0-9_-]+/{_PART.pattern}")
_RECORD: Final = re.compile(r"\d{5,}\.json")
HOUSEHOLDS: Final = "households.parquet"
_CHECKSUM_CHARACTERS: Final = 12
_HOUSEHOLDS: Final = re.compile(rf"households-[0-9a-f]{{{_CHECKSUM_CHARACTERS}}}\.parquet")
_WORK_FILES: Final = ("recipient.parquet", HOUSEHOLDS, BEGUN)
"""What else is in ``parts/``; ``begun.json`` is the last to go, because it knows what may go."""


@dataclass(frozen=True)
class Begun:
    """What is being fused, as ``parts/begun.json`` says it.

    Attributes
    ----------
    fingerprint
        What the draws follow from.
    folders
        The folders that are written to.
    generation
        1 or 2, whichever the whole implicates in the folder are not; see `suffix`.
    replaces_whole
        Whether there are whole implicates in the folder, so that the new ones wait in ``parts/``.
    known
        Files that this program wrote before, relative to the folder.
    seed
        The fusion's seed, for whoever goes on without naming one. Earlier versions recorded none:
        left out, it was 0.
    """

    fingerprint: str = ""
    folders: tuple[str, ...] = ()
    generation: int = 1
    replaces_whole: bool = False
    known: tuple[str, ...] = ()
    seed: int | None = 0

    @property
    def suffix(self) -> str:
        """What tells the names of these files from those they replace."""
        return "" if self.generation == 1 else f"-{self.generation}"

    def to_record(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dataclasses.asdict(self)


def variable_folder(place: int, name: str) -> str:
    """Return the name of the folder of the variable at a place, from 0."""
    safe = re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:LONGEST_NAME]
    return f"{place:02}_{safe}"


def households_file(checksum: str) -> str:
    """Return the name of the file of the recipient's identifiers; it bears its own checksum."""
    return f"households-{checksum[:_CHECKSUM_CHARACTERS]}.parquet"


def check_ours(folder: Path) -> None:
    """Refuse a folder with other files than implicates; an empty one is for the taking.

    Raises
    ------
    InputError
        If there are files in the folder, or below it, and neither manifest nor ``begun.json``.
    """
    try:
        if not folder.exists() or _is_ours(folder):
            return
        if not folder.is_dir():
            raise InputError("Implicates need a folder, and this is a file", where=str(folder))
        stranger = next(_strangers(folder), None)
    except OSError as error:
        raise InputError(
            f"The folder cannot be read: {error.strerror or error}",
            where=str(folder),
            fix="Check the folder's permissions, or choose another one",
        ) from error
    if stranger is not None:
        raise InputError(
            f"The folder holds other files than implicates, such as '{stranger}'",
            where=str(folder),
            fix="Choose an empty or new folder",
        )


def _is_ours(folder: Path) -> bool:
    return read_manifest(folder) is not None or read_begun(folder) is not None


def _strangers(folder: Path) -> Iterator[str]:
    for root, folders, files in os.walk(folder, onerror=_raise):
        here = Path(root)
        for name in (*files, *(name for name in folders if (here / name).is_symlink())):
            relative = (here / name).relative_to(folder).as_posix()
            if relative != _LOCK and not relative.startswith(f"{PARTS}/.{BEGUN}."):
                yield relative


def _raise(error: OSError) -> None:
    raise error


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the description of the whole implicates in a folder, ``None`` if there are none."""
    record = _read(folder / MANIFEST)
    is_ours = record is not None and isinstance(record.get("variables"), list)
    return record if is_ours and "implicates" in (record or {}) else None


def read_begun(folder: Path) -> Begun | None:
    """Return what is being fused to a folder, ``None`` if nothing is."""
    record = _read(folder / PARTS / BEGUN)
    if record is None or not isinstance(record.get("fingerprint"), str):
        return None
    names = [item.name for item in dataclasses.fields(Begun)]
    values = {name: record[name] for name in names if name in record}
    lists = {name: tuple(values.get(name, ())) for name in ("folders", "known")}
    return Begun(**values | lists)


def read_records(folder: Path) -> dict[int, dict[str, Any]]:
    """Return the records of the finished parts by number; a damaged one is that of no finished part."""
    paths = sorted(path for path in _inside(folder / PARTS) if _RECORD.fullmatch(path.name))
    found = {int(path.stem): _read(path) for path in paths}
    return {
        number: record
        for number, record in found.items()
        if record is not None and {"fingerprint", "files", "rows", "size"} <= set(record)
    }


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        return read_json(path)
    except CorruptFileError:
        return None


def listed_files(manifest: dict[str, Any] | None) -> set[str]:
    """Return the files a manifest lists, relative to the folder."""
    if manifest is None:
        return set()
    files = [item["file"] for entry in manifest["variables"] for item in entry["files"]]
    households = manifest.get("households")
    if isinstance(households, dict):
        files.append(households["file"])
    return _proper(files)


def own_files_of(
    folder: Path, manifest: dict[str, Any] | None, records: dict[int, dict[str, Any]]
) -> set[str]:
    """Return all files in the variables' folders that this program is known to have written."""
    known = listed_files(manifest) | _households_of(folder)
    for record in records.values():
        known |= _proper(item["file"] for item in record["files"].values())
    begun = read_begun(folder)
    if begun is not None:
        known |= _proper(begun.known)
        if not begun.replaces_whole:
            known |= _proper(_parts_in(folder, begun.folders))
    return known


def _households_of(folder: Path) -> set[str]:
    """Return the files of identifiers in a folder, known by the checksum in their name."""
    return {
        path.name
        for path in _inside(folder)
        if _HOUSEHOLDS.fullmatch(path.name)
        and not path.is_symlink()
        and path.name == households_file(checksum_of(path))
    }


def _proper(paths: Any) -> set[str]:
    """Leave out what no file of implicates is called, so that no list leads elsewhere."""
    return {
        path
        for path in paths
        if isinstance(path, str) and (_FILE.fullmatch(path) or _HOUSEHOLDS.fullmatch(path))
    }


def _parts_in(folder: Path, folders: Collection[str]) -> list[str]:
    return [
        f"{name}/{path.name}"
        for name in folders
        for path in _inside(folder / name)
        if _PART.fullmatch(path.name)
    ]


def _inside(folder: Path) -> list[Path]:
    """Return what is in a folder; nothing of what only a link leads to."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    return list(folder.iterdir())


def refuse_clash(folder: Path, folders: Collection[str], known: Collection[str]) -> None:
    """Refuse to write where a link leads elsewhere, or beside parts that are someone else's.

    Raises
    ------
    InputError
        Naming what is in the way.
    """
    for name in (PARTS, *folders):
        if (folder / name).is_symlink():
            raise InputError(
                f"'{name}' is a link to another place, where implicates are to be written",
                where=str(folder),
                fix="Choose an empty or new folder",
            )
    for path in _parts_in(folder, folders):
        if path not in known:
            raise InputError(
                f"'{path}' is in the way and was not written by this program",
                where=str(folder),
                fix="Choose an empty or new folder",
            )


def place_of(folder: Path, file: str) -> Path:
    """Return where a file of a part is: waiting in ``parts/``, or in its place."""
    waiting = folder / PARTS / file
    return waiting if waiting.exists() else folder / file


def move_into_place(folder: Path, files: Collection[str]) -> None:
    """Move the files of new implicates that waited for the last of them."""
    for file in sorted(files):
        waiting = folder / PARTS / file
        if waiting.exists():
            (folder / file).parent.mkdir(exist_ok=True)
            waiting.replace(folder / file)


def clear_up(folder: Path, known: Collection[str], *, keep: Collection[str]) -> None:
    """Remove files of implicates, what killed writers left beside them, and folders empty then.

    Parameters
    ----------
    folder
        Folder of the implicates.
    known
        Files this program wrote.
    keep
        Those of them that stay.

    Raises
    ------
    OSError
        If one cannot be removed; ``begun.json`` must stay then, which knows that it may be.
    """
    for file in sorted(set(known) - set(keep)):
        if not (folder / file).parent.is_symlink():
            (folder / file).unlink(missing_ok=True)
    for name in sorted({Path(file).parts[0] for file in known if "/" in file}):
        _clear_folder(folder / name)


def clear_parts(
    folder: Path, *, keep_records: Collection[int] | None = None, keep_files: Collection[str] = ()
) -> None:
    """Remove what is needed while fusing only.

    Parameters
    ----------
    folder
        Folder of the implicates.
    keep_records, keep_files
        With these the fusion goes on: parts, and their files; ``None`` ends it.
    """
    parts = folder / PARTS
    for waiting in _inside(parts):
        if waiting.is_dir():
            for file in _parts_in(parts, [waiting.name]):
                if file not in keep_files:
                    (parts / file).unlink(missing_ok=True)
            _clear_folder(waiting)
    for path in _inside(parts):
        if _RECORD.fullmatch(path.name) and int(path.stem) not in (keep_records or ()):
            path.unlink(missing_ok=True)
    if keep_records is None:
        _clear_work_files(parts)


def _clear_work_files(parts: Path) -> None:
    if parts.is_symlink():
        return
    for work_file in _WORK_FILES:
        (parts / work_file).unlink(missing_ok=True)
    for name in (*_WORK_FILES, "[0-9]*.json"):
        sweep_abandoned(parts, name)
    with suppress(OSError):  # not empty: something else is in it
        parts.rmdir()


def _clear_folder(folder: Path) -> None:
    if not folder.is_symlink():
        sweep_abandoned(folder, "part-*.parquet")
        with suppress(OSError):  # not empty
            folder.rmdir()
