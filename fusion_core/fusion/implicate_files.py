"""Implicates on disk: one Parquet file per fused variable, one column per implicate.

Layout (format 1) of a folder:

``implicates.json``
    Format version, numbers of rows and implicates, notes, and per variable its file, levels, order
    and size in bytes.
``NN_<variable>.parquet``
    One row per household in the recipient's order; columns ``implicate_01`` … ``implicate_MM``.
    Numbers as they were observed; categorical variables as dictionary-encoded text, which pandas
    reads as categories, R's arrow as factors and DuckDB as text.

Plain columns rather than lists: every reader gets numbers without unpacking, and one variable is
read without touching the others. Rows join the recipient's by position. In DuckDB the long form is
``UNPIVOT 'NN_<variable>.parquet' ON COLUMNS('implicate_.*') INTO NAME implicate VALUE value``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.implicates import FusedVariable, Implicates
from fusion_core.workspace.files import read_json, replace_file, write_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT_VERSION = 1
MANIFEST = "implicates.json"
ROW_GROUP = 131_072


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
    """
    if not implicates.names:
        raise InputError("There are no fused variables to write", fix="Fuse at least one variable")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # Without its manifest the folder is empty to readers, so nobody meets old and new files mixed.
    (folder / MANIFEST).unlink(missing_ok=True)
    for old in folder.glob("[0-9][0-9]_*.parquet"):
        old.unlink()
    entries = []
    for place, (name, variable) in enumerate(implicates.variables.items()):
        file = f"{place:02}_{re.sub(r'[^A-Za-z0-9_-]+', '_', name)}.parquet"
        with replace_file(folder / file) as temporary:
            pq.write_table(
                _table(variable),
                temporary,
                row_group_size=ROW_GROUP,
                compression="zstd",
                write_page_checksum=True,
            )
        entries.append(
            {
                "name": name,
                "file": file,
                "bytes": (folder / file).stat().st_size,
                "levels": list(variable.levels),
                "ordered": variable.ordered,
            }
        )
    write_json(
        {
            "kind": "implicates",
            "format": FORMAT_VERSION,
            "rows": implicates.rows,
            "implicates": implicates.count,
            "notes": list(implicates.notes),
            "variables": entries,
        },
        folder / MANIFEST,
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
    path = folder / entry["file"]
    try:
        if path.stat().st_size != entry["bytes"]:
            raise _damaged(path, "is not as long as it was written")
        table = pq.read_table(path, page_checksum_verification=True)
    except FileNotFoundError as error:
        raise _damaged(path, "is missing") from error
    except (OSError, pa.ArrowInvalid) as error:
        raise _damaged(path, f"cannot be read: {error}") from error
    if (table.num_rows, table.num_columns) != shape:
        raise _damaged(path, "has other rows or columns than were written")
    levels = tuple(entry["levels"])
    columns = [_column(column, levels) for column in table.columns]
    return FusedVariable(entry["name"], np.column_stack(columns), levels, bool(entry["ordered"]))


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
