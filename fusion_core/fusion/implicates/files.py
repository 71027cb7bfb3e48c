"""Write implicates to disk: a folder per fused variable, one column per implicate.

Layout (format 2) of a folder:

``implicates.json``
    Format version, numbers of rows and implicates, notes, the donor survey and its weight column
    (absent in earlier versions), and per variable its levels, order, the random streams it was drawn with (absent in earlier versions), and its files with their sizes
    and SHA-256; written last, so that implicates without it are not there.
``parts/``
    While fusing only, see `fusion_core.fusion.implicates.work_files`: ``begun.json`` says what is being
    fused, ``PPPPP.json`` what belongs to each finished part.
``households-<checksum>.parquet``
    The recipient's index or identifiers, where they are known; rows in the same order.
``NN_<variable>/part-PPPPP.parquet``
    Columns ``implicate_01`` … ``implicate_MM``; rows follow the recipient's order through all
    parts. Categorical variables are dictionary-encoded with their labels.

Columns rather than lists: every reader gets numbers without unpacking, and one variable is read
without touching the others. Rows join the recipient's by position. The file of households bears its
own checksum, so no other file of that name is ever taken for it.
`fusion_core.fusion.implicates.folder` reads them, and says how others do.

Implicates that replace others are named ``part-PPPPP-2.parquet`` where those are not, and lie in
``parts/`` until all are there; the new ``implicates.json`` decides, and the earlier ones go last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from fusion_core.arguments import PathLike, path_of, require_type
from fusion_core.errors import ConflictError, InputError
from fusion_core.fusion.implicates.implicates import Implicates
from fusion_core.fusion.implicates.work_files import (
    BEGUN,
    HOUSEHOLDS,
    MANIFEST,
    PARTS,
    Begun,
    check_ours,
    clear_parts,
    clear_up,
    households_file,
    listed_files,
    move_into_place,
    own_files_of,
    place_of,
    read_begun,
    read_manifest,
    read_records,
    refuse_clash,
    variable_folder,
)
from fusion_core.workspace.files import (
    checksum_of,
    read_json,
    replace_file,
    write_json,
    write_remedy,
)

if TYPE_CHECKING:
    from fusion_core.fusion.implicates.implicates import FusedVariable

FORMAT_VERSION = 2
NUMBERED = "numbered from 0"
CELLS_IN_GROUP = 5_242_880
"""Cells of a row group: 131,072 rows of 40 implicates; more implicates, fewer rows."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing implicates to a folder; a killed one holds nothing.

    Raises
    ------
    InputError
        If the folder holds other files than implicates, or cannot be written.
    ConflictError
        If another process is writing to it.
    """
    check_ours(folder)
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=0, fallback_to_soft=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise ConflictError(
                "Another process is fusing to the same folder",
                where=str(folder),
                fix="Wait until it finishes, or choose another folder",
            ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Say in a sentence what the system refuses."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"Could not write the implicates: {error.strerror or error}",
            where=str(error.filename or folder),
            fix=f"{write_remedy(error)}; what was complete is kept",
        ) from error


def work_file(name: str) -> str:
    """Return where a file that is needed while fusing only belongs, relative to the folder."""
    return f"{PARTS}/{name}"


def claim(folder: Path) -> None:
    """Note that a folder is one of implicates, before anything else is written to it.

    Raises
    ------
    InputError
        If the folder holds other files, or cannot be written.
    """
    check_ours(folder)
    with _told(folder):
        if read_begun(folder) is None:
            write_json(Begun().to_record(), folder / PARTS / BEGUN)


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
    begun = _wanted(folder, fingerprint)
    files, rows = {}, 0
    for place, variable in enumerate(variables):
        path = f"{variable_folder(place, variable.name)}/part-{number:05}{begun.suffix}.parquet"
        written = folder / (work_file(path) if begun.replaces_whole else path)
        with replace_file(written) as temporary:
            pq.write_table(
                _table(variable),
                temporary,
                row_group_size=max(1, CELLS_IN_GROUP // variable.values.shape[1]),
                compression="zstd",
                write_page_checksum=True,
            )
            _wanted(folder, fingerprint)
        with _told(folder):
            files[variable.name] = {
                "file": path,
                "bytes": written.stat().st_size,
                "sha256": checksum_of(written),
            }
        rows = len(variable.values)
    record = {"fingerprint": fingerprint, "size": size, "rows": rows, "files": files}
    write_json(record, folder / PARTS / f"{number:05}.json")


def _wanted(folder: Path, fingerprint: str) -> Begun:
    """Check that this fusion is still the one in the folder.

    A cluster may repeat a task whose worker seemed lost, and that worker may answer after all.
    """
    begun = read_begun(folder)
    if begun is None or begun.fingerprint != fingerprint:
        raise ConflictError(
            "These implicates are no longer wanted: another fusion began, or this one is complete",
            where=str(folder),
        )
    return begun


def finished_parts(folder: Path, fingerprint: str) -> dict[int, dict[str, Any]]:
    """Return the whole parts an interrupted fusion left, by number.

    Parameters
    ----------
    folder
        Folder of the implicates.
    fingerprint
        Parts of another fingerprint do not count.
    """
    with _told(folder):
        records = read_records(folder)
    return {
        number: record
        for number, record in records.items()
        if record["fingerprint"] == fingerprint
        and all(_is_as_written(folder, item) for item in record["files"].values())
    }


def _is_as_written(folder: Path, item: dict[str, Any]) -> bool:
    path = place_of(folder, item["file"])
    try:
        if path.stat().st_size != item["bytes"]:
            return False
        return checksum_of(path) == str(item["sha256"])
    except OSError:  # missing or unreadable: that part is fused again
        return False


def begin_implicates(
    folder: Path,
    fingerprint: str = "",
    *,
    variables: Sequence[str] = (),
    keep: Collection[int] = (),
    seed: int | None = None,
) -> None:
    """Make a folder ready for new implicates; whole ones in it stay until the new ones are whole.

    Only files are removed that this program is known to have written: those that a manifest, a
    record of a part or ``begun.json`` lists.

    Parameters
    ----------
    folder
        Created if need be.
    fingerprint
        What the draws follow from; parts of another fingerprint are refused from now on.
    variables
        Names of the variables that will be written, in order.
    keep
        Parts to go on with.
    seed
        The fusion's seed, for whoever goes on without naming one.

    Raises
    ------
    InputError
        If the folder holds other files than implicates, or cannot be written.
    """
    check_ours(folder)
    folders = tuple(variable_folder(place, name) for place, name in enumerate(variables))
    with _told(folder):
        manifest, records = read_manifest(folder), read_records(folder)
        known = own_files_of(folder, manifest, records)
        refuse_clash(folder, folders, known)
        listed = listed_files(manifest)
        begun = Begun(
            fingerprint,
            folders,
            generation=_next_generation(manifest),
            replaces_whole=manifest is not None,
            known=tuple(sorted(known)),
            seed=seed,
        )
        write_json(begun.to_record(), folder / PARTS / BEGUN)
        kept = {
            item["file"]
            for number, record in records.items()
            if number in keep
            for item in record["files"].values()
        }
        clear_up(folder, known, keep=listed | kept)
        clear_parts(folder, keep_records=keep, keep_files=kept)


def _next_generation(manifest: dict[str, Any] | None) -> int:
    """Return which names of files are free: those the whole implicates in the folder do not use."""
    return 2 if manifest is not None and manifest.get("generation", 1) == 1 else 1


def declare_whole(
    folder: Path,
    variables: Iterable[FusedVariable],
    *,
    implicates: int,
    parts: int,
    notes: Sequence[str] = (),
    numbered: bool = False,
    donor: str = "",
    weight: str | None = None,
) -> None:
    """Declare the implicates in a folder complete; those they replace are removed.

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
    numbered
        Whether the recipient's index counts its rows from 0, so that nothing was written of it.
    donor, weight
        As in `Implicates`.
    """
    records = [read_json(folder / PARTS / f"{number:05}.json") for number in range(parts)]
    entries: list[dict[str, Any]] = [
        {
            "name": variable.name,
            "levels": list(variable.levels),
            "ordered": variable.ordered,
            "streams": [stream.to_record() for stream in variable.streams],
            "files": [record["files"][variable.name] for record in records],
        }
        for variable in variables
    ]
    begun = read_begun(folder) or Begun()
    with _told(folder):
        households = _place_households(folder) or (NUMBERED if numbered else None)
    manifest = {
        "kind": "implicates",
        "format": FORMAT_VERSION,
        "rows": sum(record["rows"] for record in records),
        "implicates": implicates,
        "generation": begun.generation,
        "notes": list(notes),
        "households": households,
        "donor": donor,
        "weight": weight,
        "variables": entries,
    }
    with _told(folder):
        listed = listed_files(manifest)
        known = own_files_of(folder, read_manifest(folder), read_records(folder))
        move_into_place(folder, listed)
        write_json(manifest, folder / MANIFEST)
    with suppress(OSError):  # the new implicates are whole: the next fusion clears up the rest
        clear_up(folder, known | listed, keep=listed)
        clear_parts(folder)


def write_implicates(implicates: Implicates, folder: PathLike) -> None:
    """Write implicates to a folder; see the module's description of the layout.

    Parameters
    ----------
    implicates
        The fused variables.
    folder
        Created if need be; implicates already in it are replaced once the new ones are whole.

    Raises
    ------
    InputError
        If there is nothing to write, or the folder holds other files or cannot be written.
    ConflictError
        If another process is writing to the folder.
    """
    require_type(implicates, Implicates, "implicates", fix="Draw them with fuse")
    if not implicates.names:
        raise InputError("There are no fused variables to write", fix="Fuse at least one variable")
    folder, variables = path_of(folder, "folder"), implicates.variables.values()
    with locked(folder):
        begin_implicates(folder, variables=implicates.names)
        with _told(folder):
            _write_index(implicates.index, folder)
        write_part(folder, 0, variables)
        declare_whole(
            folder,
            variables,
            implicates=implicates.count,
            parts=1,
            notes=implicates.notes,
            numbered=implicates.index is not None and _is_numbered(implicates.index),
            donor=implicates.donor,
            weight=implicates.weight,
        )


def _write_index(index: pd.Index[Any] | None, folder: Path) -> None:
    """Write the recipient's index beside the parts."""
    path = folder / work_file(HOUSEHOLDS)
    path.unlink(missing_ok=True)
    if index is None or _is_numbered(index):
        return
    try:
        table = pa.Table.from_pandas(pd.DataFrame(index=index), preserve_index=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise InputError(
            "The recipient's index holds values that cannot be stored",
            fix="Fuse a recipient whose index holds texts, numbers or dates of one kind",
        ) from error
    with replace_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def _is_numbered(index: pd.Index[Any]) -> bool:
    """Whether an index only counts the rows from 0."""
    return isinstance(index, pd.RangeIndex) and index.equals(pd.RangeIndex(len(index)))


def _place_households(folder: Path) -> dict[str, Any] | None:
    """Put the identifiers of the households in their place and describe the file, if there is one."""
    written = folder / work_file(HOUSEHOLDS)
    if not written.exists():
        return None
    checksum = checksum_of(written)
    name, size = households_file(checksum), written.stat().st_size
    written.replace(folder / name)
    return {"file": name, "bytes": size, "sha256": checksum}


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
