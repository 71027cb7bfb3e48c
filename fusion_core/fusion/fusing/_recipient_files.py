"""The recipient on disk: read and checked once, then kept as numbers for whoever fuses a part.

Every source – one Parquet file, a folder of them, a DuckDB relation – is read once, in bounded
memory, and written as encoded predictors in small row groups. So a part is read without what comes
before it, and all parts together read every row once.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fusion_core.arguments import path_of
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.base import CHUNK_ROWS
from fusion_core.fusion.fusing._recipients import (
    check_predictors,
    encode_recipient,
    read_recipient,
)
from fusion_core.fusion.implicates import HOUSEHOLD_COLUMNS
from fusion_core.workspace.files import replace_file
from fusion_core.workspace.tables import quoted

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

    from fusion_core.arguments import PathLike
    from fusion_core.frames import Table
    from fusion_core.fusion.model import FusionModel

    RecipientSource: TypeAlias = "PathLike | duckdb.DuckDBPyRelation | Table"

ROWS_AT_ONCE: Final = 32 * CHUNK_ROWS
ROW_GROUP: Final = 4 * CHUNK_ROWS


@dataclass(frozen=True)
class EncodedRecipient:
    """What is known of a recipient after all of it was read.

    Attributes
    ----------
    rows
        Number of households.
    lacking
        How many of them lack each predictor.
    digest
        Of the encoded predictors: equal for equal draws, whatever file they came from.
    """

    rows: int
    lacking: NDArray[np.int64]
    digest: str


def encode_to_file(
    source: RecipientSource, model: FusionModel, path: Path, *, households: Path | None = None
) -> EncodedRecipient:
    """Check all rows of a recipient and write its predictors as numbers.

    Parameters
    ----------
    source
        Parquet file, folder of Parquet files (in the order of their names), DuckDB relation, or
        table in memory.
    model
        The model whose predictors are read.
    path
        Parquet file to write; put in place when the last row is checked.
    households
        Parquet file to write its identifiers to: its column ``household_id`` or else the index of the
        frame it was written from. None is written where the source has neither.

    Raises
    ------
    InputError
        If there are no rows, or a predictor is missing or differs in type or levels.
    CorruptFileError
        If a file is missing or damaged.
    """
    rows, lacking = 0, np.zeros(len(model.predictors), dtype=np.int64)
    digest = hashlib.blake2b(digest_size=16)
    names = [str(place) for place in range(len(model.recipient_columns))]
    schema = pa.schema([(name, pa.float64()) for name in names])
    if not (_is_query(source) or isinstance(source, str | os.PathLike)):
        source = _in_memory(source, model)
    keys = [] if households is None else _keys(source)
    batches = _batches(source, model, keys)
    with (
        replace_file(path) as temporary,
        pq.ParquetWriter(temporary, schema) as writer,
        _key_writer(households, keys) as write_keys,
    ):
        for table in _even(batches, ROWS_AT_ONCE):
            write_keys(table)
            encoded = encode_recipient(read_recipient(table, model), model, first_row=rows)
            matrix = encoded.matrix
            rows, lacking = rows + len(matrix), lacking + encoded.lacking
            digest.update(matrix.data)
            columns = dict(zip(names, np.ascontiguousarray(matrix.T), strict=True))
            writer.write_table(pa.table(columns), row_group_size=ROW_GROUP)
        if not rows:
            raise InputError("The recipient has no rows", where=_name(source))
    return EncodedRecipient(rows, lacking, digest.hexdigest())


def read_encoded(path: Path, first: int, last: int) -> NDArray[np.float64]:
    """Read some rows of what `encode_to_file` wrote, of shape (rows, columns of the model).

    Raises
    ------
    CorruptFileError
        If the file is missing or damaged.
    """
    groups = range(first // ROW_GROUP, (last - 1) // ROW_GROUP + 1)
    try:
        with pq.ParquetFile(path) as file:
            table = file.read_row_groups(list(groups))
    except (OSError, pa.ArrowInvalid) as error:
        raise _damaged(path) from error
    wanted = table.slice(first - groups[0] * ROW_GROUP, last - first)
    return np.column_stack([column.to_numpy() for column in wanted.columns])


@contextmanager
def _key_writer(path: Path | None, keys: Sequence[str]) -> Iterator[Callable[[pa.Table], None]]:
    """Write the identifiers of table after table; an earlier file goes where there are none."""
    if path is None or not keys:
        if path is not None:
            path.unlink(missing_ok=True)
        yield lambda _table: None
        return
    writer: pq.ParquetWriter | None = None

    def write(table: pa.Table) -> None:
        nonlocal writer
        chosen = table.select(list(keys)).replace_schema_metadata(None)
        for place, field in enumerate(chosen.schema):
            if pa.types.is_dictionary(field.type):
                plain = chosen.column(place).cast(field.type.value_type)
                chosen = chosen.set_column(place, field.name, plain)
        writer = writer or pq.ParquetWriter(temporary, chosen.schema, compression="zstd")
        writer.write_table(chosen.cast(writer.schema))

    with replace_file(path) as temporary:
        try:
            yield write
        finally:
            if writer is not None:
                writer.close()


def _in_memory(source: Table, model: FusionModel) -> pa.Table:
    """Return predictors and identifiers of a table in memory; a plain count of rows is not kept."""
    frame = read_recipient(source, model)
    check_predictors(list(frame.columns), model)
    keys = [name for name in HOUSEHOLD_COLUMNS if name in frame.columns]
    return pa.Table.from_pandas(frame[list(dict.fromkeys((*model.recipient_columns, *keys)))])


def _keys(source: RecipientSource) -> list[str]:
    """Return the columns that identify the households of a source, none where nothing says."""
    if isinstance(source, pa.Table):
        return _keys_of(source.schema)
    if not isinstance(source, str | os.PathLike):
        return [name for name in HOUSEHOLD_COLUMNS if name in source.columns]
    found: list[list[str]] = []
    for path in _files(path_of(source, "recipient")):
        try:
            found.append(_keys_of(pq.read_schema(path)))
        except (OSError, pa.ArrowException) as error:
            raise _damaged(path) from error
    return found[0] if all(keys == found[0] for keys in found) else []


def _keys_of(schema: pa.Schema) -> list[str]:
    index = (schema.pandas_metadata or {}).get("index_columns", [])
    # A range is described, not stored; so there are no such columns then.
    stored = [name for name in index if isinstance(name, str) and name in schema.names]
    return [name for name in HOUSEHOLD_COLUMNS if name in schema.names] or stored


def _batches(
    source: RecipientSource, model: FusionModel, keys: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Read predictors and identifiers, in batches of any size."""
    columns = list(dict.fromkeys((*model.recipient_columns, *keys)))
    if _is_query(source):
        yield from _query_batches(source, model, columns)
        return
    if isinstance(source, pa.Table):
        yield from source.select(columns).to_batches(ROWS_AT_ONCE)
        return
    for path in _files(path_of(source, "recipient")):
        try:
            with pq.ParquetFile(path) as file:
                check_predictors(list(file.schema_arrow.names), model)
                yield from file.iter_batches(batch_size=ROWS_AT_ONCE, columns=columns)
        except (OSError, pa.ArrowException) as error:
            raise _damaged(path) from error


def _is_query(source: Any) -> bool:
    """Whether a source is a DuckDB relation; DuckDB is not loaded to tell."""
    return type(source).__name__ == "DuckDBPyRelation"


def _query_batches(
    source: duckdb.DuckDBPyRelation, model: FusionModel, columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    import duckdb

    check_predictors(list(source.columns), model)
    try:
        wanted = source.project(", ".join(quoted(name) for name in columns))
        yield from wanted.to_arrow_reader(ROWS_AT_ONCE)
    except (duckdb.Error, pa.ArrowException) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise InputError(f"The query of the recipient failed: {reason}") from error


def _files(source: Path) -> list[Path]:
    if not source.is_dir():
        return [source]
    found = sorted(path for path in source.glob("*.parquet") if not path.name.startswith("."))
    if not found:
        raise InputError("The folder holds no Parquet file", where=str(source))
    return found


def _even(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.Table]:
    """Cut batches anew, into tables of `size` rows but for the last."""
    waiting: list[pa.RecordBatch] = []
    for batch in itertools.chain(batches, [None]):
        if batch is not None:
            waiting.append(batch)
        held = sum(len(item) for item in waiting)
        while held >= size or (batch is None and held):
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, size)
            waiting = table.slice(size).to_batches()
            held = max(0, held - size)


def _damaged(path: Path) -> CorruptFileError:
    return CorruptFileError(
        "The recipient is missing or damaged", where=str(path), fix="Prepare it again"
    )


def _name(source: RecipientSource) -> str:
    return str(source) if isinstance(source, str | os.PathLike) else ""
