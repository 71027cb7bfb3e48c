"""Write implicates to disk: a folder per fused variable, one column per implicate.

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
without touching the others. Rows join the recipient's by position.
`fusion_core.fusion.implicates.folder` reads them, and says how others do.
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

from fusion_core.errors import ConflictError, InputError
from fusion_core.workspace.files import (
    checksum_of,
    read_json,
    replace_file,
    sweep_abandoned,
    write_json,
)

if TYPE_CHECKING:
    from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates

FORMAT_VERSION = 2
MANIFEST = "implicates.json"
PARTS = "parts"
BEGUN = "begun.json"
CELLS_IN_GROUP = 5_242_880
"""Cells of a row group: 131,072 rows of 40 implicates; more implicates, fewer rows."""


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
                row_group_size=max(1, CELLS_IN_GROUP // variable.values.shape[1]),
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


def implicate_numbers(count: int) -> list[str]:
    """Return the numbers of implicates as column names end with them: ``01``, ``02`` and so on."""
    width = max(2, len(str(count)))
    return [f"{number:0{width}}" for number in range(1, count + 1)]


def implicate_columns(count: int) -> list[str]:
    """Return the names of the columns of a variable's files."""
    return [f"implicate_{number}" for number in implicate_numbers(count)]


def _table(variable: FusedVariable) -> pa.Table:
    levels = pa.array(variable.levels, pa.string())
    columns = {}
    for place, name in enumerate(implicate_columns(variable.values.shape[1])):
        column = pa.array(np.ascontiguousarray(variable.values[:, place]))
        if variable.is_categorical:
            column = pa.DictionaryArray.from_arrays(column, levels, ordered=variable.ordered)
        columns[name] = column
    return pa.table(columns)
