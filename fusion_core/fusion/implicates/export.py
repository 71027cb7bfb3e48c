"""Write implicates as one table other programs read, long or wide, in bounded memory."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from fusion_core.arguments import PathLike, column_names, path_of, require_type
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.implicates.files import implicate_numbers
from fusion_core.fusion.implicates.folder import ImplicateFolder
from fusion_core.spreadsheets import guarded_arrow
from fusion_core.workspace.files import replace_file

if TYPE_CHECKING:
    from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates

TableKind = Literal["csv", "csv.gz", "parquet"]
NextRows = Callable[[int], pa.Table]
CELLS_AT_ONCE: Final = 1_000_000
# Of long tables of levels, the highest level of compression (Arrow's own choice) takes seven times as
# long as this one and makes files a tenth smaller.
_GZIP_LEVEL: Final = 5


def export_implicates(
    implicates: ImplicateFolder,
    to: PathLike,
    *,
    kind: TableKind = "parquet",
    recipient: PathLike | None = None,
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
        CSV, the same compressed with gzip, or Parquet.
    recipient
        Parquet file of the recipient the implicates were drawn for; without it households are
        numbered from 0 in a column ``row``, beside the identifiers that were known when fusing.
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
        If a column, variable or level does not exist, two columns would have one name, the
        recipient is another one or the file to write, or the disk is full; an earlier file stays
        as it was.
    CorruptFileError
        If the implicates or the recipient are damaged.
    """
    fix = "Open a folder with open_implicates; write_implicates makes one of implicates in memory"
    require_type(implicates, ImplicateFolder, "implicates", fix=fix)
    if kind not in get_args(TableKind):
        raise InputError.unknown("kind of table", str(kind), get_args(TableKind))
    to = path_of(to, "to")
    _refuse_replacing_recipient(to, recipient)
    names = implicates.chosen(variables)
    if not names:
        raise InputError("No fused variable is chosen", fix="Name at least one in `variables`")
    columns = column_names(columns, "columns")
    code = _code(implicates, names, level, wide=wide)
    households = _households(implicates, recipient, columns, kind)
    form = _wide if wide else _long
    rows, writer = 0, None
    with replace_file(to) as temporary, ExitStack() as opened:
        for piece in _pieces(implicates, names):
            table = form(households(piece.rows), piece)
            if writer is None:
                _refuse_repeated(table.column_names)
            if code is not None:
                table = table.filter(piece[names[0]].values.ravel() == code)
            if kind != "parquet":
                table = guarded_arrow(table)
            writer = writer or _writer(kind, temporary, table.schema, opened)
            writer.write_table(table)
            rows += len(table)
    return rows


def _refuse_replacing_recipient(to: Path, recipient: PathLike | None) -> None:
    """Refuse to write over the file the households come from, by whatever name or link."""
    if recipient is None:
        return
    source = path_of(recipient, "recipient")
    if to.exists() and source.exists() and to.samefile(source):
        raise InputError(
            "The export would replace the recipient it reads from",
            where=str(to),
            fix="Choose another file in `to`",
        )


def _refuse_repeated(names: list[str]) -> None:
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise InputError(
            f"The export would have two columns named '{repeated}'",
            fix="Leave that column of the recipient out, rename it there, or choose the other form",
        )


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


def _known_households(implicates: ImplicateFolder) -> NextRows:
    """Return what numbers the next rows at every call, beside the identifiers that are known."""
    known, first = implicates.household_table(), 0

    def next_rows(count: int) -> pa.Table:
        nonlocal first
        numbers = pa.array(np.arange(first, first + count))
        table = pa.table({"row": numbers})
        if known is not None:
            for name, column in zip(
                known.column_names, known.slice(first, count).columns, strict=True
            ):
                if name != "row":
                    table = table.append_column(name, column)
        first += count
        return table

    return next_rows


def _households(
    implicates: ImplicateFolder, recipient: PathLike | None, columns: Sequence[str], kind: TableKind
) -> NextRows:
    """Return what gives the next rows of the recipient's columns at every call."""
    if recipient is None:
        if columns:
            raise InputError(
                f"The column '{columns[0]}' is one of a recipient, and none is given",
                fix="Name the recipient's Parquet file in `recipient`",
            )
        return _known_households(implicates)
    recipient = path_of(recipient, "recipient")
    found, schema = _outline(recipient)
    for name in columns:
        if name not in schema.names:
            raise InputError.unknown("column", name, schema.names, where=str(recipient))
        if kind != "parquet" and pa.types.is_nested(schema.field(name).type):
            raise InputError(
                f"The column '{name}' holds lists, which a CSV file cannot",
                where=str(recipient),
                fix="Leave it out, or write Parquet",
            )
    if found != implicates.rows:
        raise CorruptFileError(
            f"The implicates are of {implicates.rows:,} households, the recipient has {found:,}",
            where=str(recipient),
            fix="Fuse again",
        )
    implicates.refuse_other_households(recipient)
    return _rows_of(recipient, columns) if columns else _numbered()


def _outline(recipient: Path) -> tuple[int, pa.Schema]:
    try:
        metadata = pq.read_metadata(recipient)
        return metadata.num_rows, metadata.schema.to_arrow_schema()
    except (OSError, pa.ArrowException) as error:
        raise _damaged(recipient) from error


def _numbered() -> NextRows:
    """Return what numbers the next rows at every call."""
    numbers = itertools.count()
    return lambda count: pa.table({"row": list(itertools.islice(numbers, count))})


def _rows_of(recipient: Path, columns: Sequence[str]) -> NextRows:
    batches = pq.ParquetFile(recipient).iter_batches(columns=list(columns))
    held: list[pa.Table] = []

    def next_rows(count: int) -> pa.Table:
        while sum(map(len, held)) < count:
            try:
                held.append(pa.Table.from_batches([next(batches)]))
            except (OSError, pa.ArrowException) as error:
                raise _damaged(recipient) from error
        joined = pa.concat_tables(held).unify_dictionaries()
        held[:] = [joined.slice(count)]
        return joined.slice(0, count).select(list(columns))

    return next_rows


def _damaged(recipient: Path) -> CorruptFileError:
    return CorruptFileError(
        "The recipient is missing or damaged", where=str(recipient), fix="Prepare it again"
    )


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


def _writer(kind: TableKind, path: Path, schema: pa.Schema, opened: ExitStack) -> Any:
    if kind == "parquet":
        return opened.enter_context(pq.ParquetWriter(path, schema, compression="zstd"))
    sink = opened.enter_context(path.open("wb"))
    if kind == "csv.gz":
        # No name and no time within, so that the same implicates give the same file.
        packed = gzip.GzipFile("", "wb", _GZIP_LEVEL, sink, mtime=0)
        sink = opened.enter_context(packed)  # type: ignore[arg-type]
    return opened.enter_context(csv.CSVWriter(sink, schema))
