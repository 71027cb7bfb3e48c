"""Implicates on disk: a folder per fused variable, one column per implicate.

Layout (format 2) of a folder:

``implicates.json``
    Format version, numbers of rows and implicates, notes, and per variable its levels, order, and
    its files with their sizes and SHA-256; written last, so that implicates without it are not
    there.
``parts/``
    While fusing only: ``begun.json`` says what is being fused, ``PPPPP.json`` what belongs to each
    finished part.
``NN_<variable>/part-PPPPP.parquet``
    Columns ``implicate_01`` … ``implicate_MM``; rows follow the recipient's order through all
    parts. Categorical variables are dictionary-encoded with their labels.

Columns rather than lists: every reader gets numbers without unpacking, and one variable is read
without touching the others. Rows join the recipient's by position. In DuckDB the long form is
``UNPIVOT 'NN_<variable>/*.parquet' ON COLUMNS('implicate_.*') INTO NAME implicate VALUE value``.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.fusion.implicates import FusedVariable, Implicates
from fusion_core.workspace.files import (
    checksum_of,
    read_json,
    replace_file,
    sweep_abandoned,
    write_json,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT_VERSION = 2
MANIFEST = "implicates.json"
PARTS = "parts"
BEGUN = "begun.json"
ROW_GROUP = 131_072


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing implicates to a folder; a killed one holds nothing.

    Raises
    ------
    ConflictError
        If another process is writing to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise ConflictError(
            "Another process is fusing to the same folder",
            where=str(folder),
            fix="Wait for its end, or choose another folder",
        ) from error
    try:
        yield
    finally:
        lock.release()


def work_file(name: str) -> str:
    """Return where a file that is needed while fusing only belongs, relative to the folder."""
    return f"{PARTS}/{name}"


def write_part(
    folder: Path,
    number: int,
    variables: Iterable[FusedVariable],
    *,
    size: int = 0,
    fingerprint: str = "",
) -> None:
    """Write consecutive rows of all variables; the part counts once all its files are written.

    Parameters
    ----------
    folder
        Folder of the implicates.
    number
        Position of the part, from 0.
    variables
        The rows' draws.
    size
        Rows of every part but the last.
    fingerprint
        What the draws follow from, see `finished_parts`.

    Raises
    ------
    InputError
        If the disk is full; other parts stay.
    ConflictError
        If another fusion began in the folder, or this one was declared complete.
    """
    files, rows = {}, 0
    for place, variable in enumerate(variables):
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", variable.name)
        path = f"{place:02}_{name}/part-{number:05}.parquet"
        with replace_file(folder / path) as temporary:
            pq.write_table(
                _table(variable),
                temporary,
                row_group_size=ROW_GROUP,
                compression="zstd",
                write_page_checksum=True,
            )
            _check_wanted(folder, fingerprint)
        written = folder / path
        files[variable.name] = {
            "file": path,
            "bytes": written.stat().st_size,
            "sha256": checksum_of(written),
        }
        rows = len(variable.values)
    record = {"fingerprint": fingerprint, "size": size, "rows": rows, "files": files}
    write_json(record, folder / PARTS / f"{number:05}.json")


def _check_wanted(folder: Path, fingerprint: str) -> None:
    """Check that this fusion is still the one in the folder.

    A cluster may repeat a task whose worker seemed lost, and that worker may answer after all.
    """
    path = folder / PARTS / BEGUN
    if not path.exists() or read_json(path)["fingerprint"] != fingerprint:
        raise ConflictError(
            "These implicates are no longer wanted: another fusion began, or this one is complete",
            where=str(folder),
        )


def finished_parts(folder: Path, fingerprint: str) -> dict[int, dict[str, Any]]:
    """Return the whole parts an interrupted fusion left, by number.

    Parameters
    ----------
    folder
        Folder of the implicates.
    fingerprint
        Parts of another fingerprint do not count.
    """
    found = {}
    for path in sorted((folder / PARTS).glob("[0-9]*.json")):
        record = read_json(path)
        if record["fingerprint"] == fingerprint and all(
            _is_as_written(folder, item) for item in record["files"].values()
        ):
            found[int(path.stem)] = record
    return found


def _is_as_written(folder: Path, item: dict[str, Any]) -> bool:
    path = folder / item["file"]
    if not path.is_file() or path.stat().st_size != item["bytes"]:
        return False
    return checksum_of(path) == str(item["sha256"])


def begin_implicates(folder: Path, fingerprint: str = "", *, keep: Collection[int] = ()) -> None:
    """Make a folder ready for new implicates.

    Without its manifest the folder is empty to readers, so nobody meets old and new files mixed.

    Parameters
    ----------
    folder
        Created if need be; implicates in it are removed.
    fingerprint
        What the draws follow from; parts of another fingerprint are refused from now on.
    keep
        Parts to go on with.
    """
    (folder / PARTS).mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    write_json({"fingerprint": fingerprint}, folder / PARTS / BEGUN)
    kept = {f"{number:05}" for number in keep}
    for record in (folder / PARTS).glob("[0-9]*.json"):
        if record.stem not in kept:
            record.unlink()
    for old in folder.glob("[0-9][0-9]_*"):
        if kept:
            sweep_abandoned(old)
        else:
            shutil.rmtree(old, ignore_errors=True)


def declare_whole(
    folder: Path,
    variables: Iterable[FusedVariable],
    *,
    implicates: int,
    parts: int,
    notes: Sequence[str] = (),
) -> None:
    """Declare the implicates in a folder complete.

    Parameters
    ----------
    folder
        Folder of the implicates.
    variables
        The fused variables; only their names, levels and order are used.
    implicates, parts
        Number of implicates, and of parts.
    notes
        What a user should know, in sentences.
    """
    records = [read_json(folder / PARTS / f"{number:05}.json") for number in range(parts)]
    entries: list[dict[str, Any]] = [
        {
            "name": variable.name,
            "levels": list(variable.levels),
            "ordered": variable.ordered,
            "files": [record["files"][variable.name] for record in records],
        }
        for variable in variables
    ]
    manifest = {
        "kind": "implicates",
        "format": FORMAT_VERSION,
        "rows": sum(record["rows"] for record in records),
        "implicates": implicates,
        "notes": list(notes),
        "variables": entries,
    }
    write_json(manifest, folder / MANIFEST)
    shutil.rmtree(folder / PARTS)
    listed = {item["file"] for entry in entries for item in entry["files"]}
    for path in folder.glob("[0-9][0-9]_*/*.parquet"):
        if path.relative_to(folder).as_posix() not in listed:
            path.unlink(missing_ok=True)
    for path in folder.glob("[0-9][0-9]_*"):
        sweep_abandoned(path)


def write_implicates(implicates: Implicates, folder: Path | str) -> None:
    """Write implicates to a folder; see the module's description of the layout.

    Parameters
    ----------
    implicates
        The fused variables.
    folder
        Created if need be; implicates already in it are replaced.

    Raises
    ------
    InputError
        If there is nothing to write or the folder cannot be written.
    ConflictError
        If another process is writing to the folder.
    """
    if not implicates.names:
        raise InputError("There are no fused variables to write", fix="Fuse at least one variable")
    folder, variables = Path(folder), implicates.variables.values()
    with locked(folder):
        begin_implicates(folder)
        write_part(folder, 0, variables)
        declare_whole(
            folder, variables, implicates=implicates.count, parts=1, notes=implicates.notes
        )


def read_implicates(folder: Path | str, variables: Sequence[str] | None = None) -> Implicates:
    """Read implicates from a folder.

    Parameters
    ----------
    folder
        Folder `write_implicates` wrote.
    variables
        Fused variables to read; all when left out.

    Raises
    ------
    InputError
        If a variable is not among the fused ones.
    CorruptFileError
        If a file is missing, cut off or of an unknown format version.
    """
    folder = Path(folder)
    manifest = read_json(folder / MANIFEST)
    if manifest.get("format") != FORMAT_VERSION:
        raise CorruptFileError(
            f"The implicates are of format {manifest.get('format')!r}, not {FORMAT_VERSION}",
            where=str(folder / MANIFEST),
            fix="Fuse again with this version",
        )
    try:
        known = {entry["name"]: entry for entry in manifest["variables"]}
        shape = (int(manifest["rows"]), int(manifest["implicates"]))
        notes = tuple(manifest["notes"])
    except (KeyError, TypeError) as error:
        raise CorruptFileError(
            f"The description lacks {error}", where=str(folder / MANIFEST), fix="Fuse again"
        ) from error
    result = {}
    for name in known if variables is None else variables:
        if name not in known:
            raise InputError.unknown("fused variable", name, known, where=str(folder))
        result[name] = _read_variable(folder, known[name], shape)
    return Implicates(result, notes)


def _table(variable: FusedVariable) -> pa.Table:
    count = variable.values.shape[1]
    width = max(2, len(str(count)))
    levels = pa.array(variable.levels, pa.string())
    columns = {}
    for place in range(count):
        column = pa.array(np.ascontiguousarray(variable.values[:, place]))
        if variable.is_categorical:
            column = pa.DictionaryArray.from_arrays(column, levels, ordered=variable.ordered)
        columns[f"implicate_{place + 1:0{width}}"] = column
    return pa.table(columns)


def _read_variable(folder: Path, entry: dict[str, Any], shape: tuple[int, int]) -> FusedVariable:
    levels = tuple(entry["levels"])
    parts = [_read_part(folder / item["file"], item["bytes"], levels) for item in entry["files"]]
    values = np.concatenate(parts)
    if values.shape != shape:
        raise _damaged(folder / entry["files"][0]["file"], "has other rows or columns than written")
    return FusedVariable(entry["name"], values, levels, bool(entry["ordered"]))


def _read_part(path: Path, size: int, levels: tuple[str, ...]) -> NDArray[Any]:
    try:
        if path.stat().st_size != size:
            raise _damaged(path, "is not as long as it was written")
        table = pq.read_table(path, page_checksum_verification=True)
    except FileNotFoundError as error:
        raise _damaged(path, "is missing") from error
    except (OSError, pa.ArrowInvalid) as error:
        raise _damaged(path, f"cannot be read: {error}") from error
    return np.column_stack([_column(column, levels) for column in table.columns])


def _column(column: pa.ChunkedArray, levels: tuple[str, ...]) -> NDArray[Any]:
    if not levels:
        return np.asarray(column.to_numpy())
    joined = column.unify_dictionaries().combine_chunks()
    found = joined.dictionary.to_pylist()
    position = {level: place for place, level in enumerate(levels)}
    dtype = np.int8 if len(levels) < 128 else np.int16  # noqa: PLR2004 - the range of int8
    table = np.array([position[level] for level in found], dtype=dtype)
    return np.asarray(table[joined.indices.to_numpy()])


def _damaged(path: Path, what: str) -> CorruptFileError:
    return CorruptFileError(
        f"A file of the implicates {what}", where=str(path), fix="Fuse again or restore a backup"
    )
