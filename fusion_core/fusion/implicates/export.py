"""Write implicates as one table other programs read, long or wide, in bounded memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.implicates.files import implicate_numbers
from fusion_core.workspace.files import replace_file
from fusion_core.workspace.tables import read_table_outline

if TYPE_CHECKING:
    from fusion_core.fusion.implicates.folder import ImplicateFolder
    from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates

TableKind = Literal["csv", "parquet"]
NextRows = Callable[[int], pa.Table]
CELLS_AT_ONCE: Final = 1_000_000


def export_implicates(
    implicates: ImplicateFolder,
    to: Path,
    *,
    kind: TableKind = "parquet",
    recipient: Path | None = None,
    columns: Sequence[str] = (),
    variables: Sequence[str] | None = None,
    level: str = "",
    wide: bool = False,
) -> int:
    """Write implicates to one file.

    Parameters
    ----------
    implicates
        The implicates.
    to
        File to write, in place once it is complete.
    kind
        CSV or Parquet.
    recipient
        Parquet file of the recipient the implicates were drawn for; without it households are
        numbered from 0 in a column ``row``.
    columns
        Columns of the recipient to write first, such as the household's id and weight.
    variables
        Fused variables; all when left out.
    level
        Keep only rows in which the one variable named has this level; in the long form only.
    wide
        Whether to write one row per household with columns ``<variable>_01`` and so on, instead of
        one row per household and implicate with a column ``implicate`` (from 1).

    Returns
    -------
    The number of rows written.

    Raises
    ------
    InputError
        If a column, variable or level does not exist, the recipient is another one, or the disk is
        full; an earlier file stays as it was.
    CorruptFileError
        If the implicates or the recipient are damaged.
    """
    names = implicates.chosen(variables)
    code = _code(implicates, names, level, wide=wide)
    households = _households(recipient, columns, implicates.rows)
    form = _wide if wide else _long
    rows, writer = 0, None
    with replace_file(to) as temporary:
        try:
            for piece in _pieces(implicates, names):
                table = form(households(piece.rows), piece)
                if code is not None:
                    table = table.filter(piece[names[0]].values.ravel() == code)
                if kind == "csv":
                    table = _without_dictionaries(table)
                writer = writer or _writer(kind, temporary, table.schema)
                writer.write_table(table)
                rows += len(table)
        finally:
            if writer is not None:
                writer.close()
    return rows


def _pieces(implicates: ImplicateFolder, names: tuple[str, ...]) -> Iterator[Implicates]:
    """Read consecutive rows with a bounded number of cells per variable."""
    at_once = max(1, CELLS_AT_ONCE // implicates.count)
    for block in implicates.blocks(names):
        for first in range(0, block.rows, at_once):
            yield block.slice(first, first + at_once)


def _code(
    implicates: ImplicateFolder, names: tuple[str, ...], level: str, *, wide: bool
) -> int | None:
    """Return the code of the level to keep, ``None`` to keep all rows."""
    if not level:
        return None
    if len(names) != 1 or wide:
        raise InputError(
            "Rows can be kept by a level of one variable in the long form only",
            fix="Name the one variable, or leave the level out",
        )
    levels = implicates.entries[names[0]]["levels"]
    if level not in levels:
        raise InputError.unknown("level", level, levels, where=names[0])
    return int(levels.index(level))


def _households(recipient: Path | None, columns: Sequence[str], rows: int) -> NextRows:
    """Return what gives the next rows of the recipient's columns at every call."""
    if recipient is None:
        numbers = itertools.count()
        return lambda count: pa.table({"row": list(itertools.islice(numbers, count))})
    found, known = read_table_outline(recipient, what="The recipient", fix="Prepare it again")
    for name in columns:
        if name not in known:
            raise InputError.unknown("column", name, known, where=str(recipient))
    if found != rows:
        raise CorruptFileError(
            f"The implicates are of {rows:,} households, the recipient has {found:,}",
            where=str(recipient),
            fix="Fuse again",
        )
    batches = pq.ParquetFile(recipient).iter_batches(columns=list(columns))
    held: list[pa.Table] = []

    def next_rows(count: int) -> pa.Table:
        while sum(map(len, held)) < count:
            held.append(pa.Table.from_batches([next(batches)]))
        joined = pa.concat_tables(held).unify_dictionaries()
        held[:] = [joined.slice(count)]
        return joined.slice(0, count).select(list(columns))

    return next_rows


def _long(households: pa.Table, piece: Implicates) -> pa.Table:
    """One row per household and implicate, the implicates of a household together."""
    repeated = households.take(np.repeat(np.arange(piece.rows), piece.count))
    numbers = np.tile(np.arange(1, piece.count + 1, dtype=np.int32), piece.rows)
    table = repeated.append_column("implicate", pa.array(numbers))
    for name, variable in piece.variables.items():
        table = table.append_column(name, _array(variable, variable.values.ravel()))
    return table


def _wide(households: pa.Table, piece: Implicates) -> pa.Table:
    """One row per household, the implicates of a variable side by side."""
    table = households
    for name, variable in piece.variables.items():
        for place, number in enumerate(implicate_numbers(piece.count)):
            values = np.ascontiguousarray(variable.values[:, place])
            table = table.append_column(f"{name}_{number}", _array(variable, values))
    return table


def _array(variable: FusedVariable, values: np.ndarray[Any, Any]) -> pa.Array:
    if not variable.is_categorical:
        return pa.array(values)
    levels = pa.array(variable.levels, pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(values), levels, ordered=variable.ordered)


def _without_dictionaries(table: pa.Table) -> pa.Table:
    """Write out labels, which CSV needs."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            plain = pc.cast(table.column(place), field.type.value_type)
            table = table.set_column(place, field.name, plain)
    return table


def _writer(kind: TableKind, path: Path, schema: pa.Schema) -> Any:
    if kind == "csv":
        return csv.CSVWriter(path, schema)
    return pq.ParquetWriter(path, schema, compression="zstd")
