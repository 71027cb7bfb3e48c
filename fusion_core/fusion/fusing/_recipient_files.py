"""The recipient on disk: read and checked once, then kept as numbers for whoever fuses a part.

Every source – one Parquet file, a folder of them, a DuckDB relation – is read once, in bounded
memory, and written as encoded predictors in small row groups. So a part is read without what comes
before it, and all parts together read every row once.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.base import CHUNK_ROWS
from fusion_core.fusion.model import check_predictors, encode_recipient
from fusion_core.workspace.files import replace_file
from fusion_core.workspace.tables import quoted

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

    from fusion_core.fusion.model import FusionModel

    RecipientSource: TypeAlias = "Path | str | duckdb.DuckDBPyRelation"

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


def encode_to_file(source: RecipientSource, model: FusionModel, path: Path) -> EncodedRecipient:
    """Check all rows of a recipient and write its predictors as numbers.

    Parameters
    ----------
    source
        Parquet file, folder of Parquet files (in the order of their names) or DuckDB relation.
    model
        The model whose predictors are read.
    path
        Parquet file to write; put in place when the last row is checked.

    Raises
    ------
    InputError
        If there are no rows, or a predictor is missing or differs in type or levels.
    CorruptFileError
        If a file is missing or damaged.
    """
    rows, lacking = 0, np.zeros(len(model.predictors), dtype=np.int64)
    digest = hashlib.blake2b(digest_size=16)
    names = [str(place) for place in range(len(model.predictors))]
    schema = pa.schema([(name, pa.float64()) for name in names])
    batches = _batches(source, model)
    with replace_file(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for table in _even(batches, ROWS_AT_ONCE):
            matrix, more = encode_recipient(table.to_pandas(), model)
            rows, lacking = rows + len(matrix), lacking + more
            digest.update(matrix.data)
            columns = dict(zip(names, np.ascontiguousarray(matrix.T), strict=True))
            writer.write_table(pa.table(columns), row_group_size=ROW_GROUP)
        if not rows:
            raise InputError("The recipient has no rows", where=_name(source))
    return EncodedRecipient(rows, lacking, digest.hexdigest())


def read_encoded(path: Path, first: int, last: int) -> NDArray[np.float64]:
    """Read some rows of what `encode_to_file` wrote, of shape (rows, predictors).

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


def _batches(source: RecipientSource, model: FusionModel) -> Iterator[pa.RecordBatch]:
    """Read the predictors, in batches of any size."""
    if not isinstance(source, Path | str):
        check_predictors(list(source.columns), model)
        wanted = source.project(", ".join(quoted(name) for name in model.x))
        yield from wanted.to_arrow_reader(ROWS_AT_ONCE)
        return
    for path in _files(Path(source)):
        try:
            with pq.ParquetFile(path) as file:
                check_predictors(list(file.schema_arrow.names), model)
                yield from file.iter_batches(batch_size=ROWS_AT_ONCE, columns=list(model.x))
        except (OSError, pa.ArrowInvalid) as error:
            raise _damaged(path) from error


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
    return str(source) if isinstance(source, Path | str) else "the query"
