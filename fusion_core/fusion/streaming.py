"""Fuse a recipient that is on disk to implicates on disk, in bounded memory and resumable.

Rows are read, fused and written in parts. What a killed run finished stays, and since every draw
has its own random number, the result is the same as that of one pass in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.fusing import (
    Progress,
    RowRange,
    block_rows,
    fuse_rows,
    ignore,
)
from fusion_core.fusion.implicate_files import ImplicateWriter
from fusion_core.fusion.implicates import FusedVariable
from fusion_core.fusion.inputs import (
    check_implicates,
    check_predictors,
    check_seed,
    encode_recipient,
    missing_notes,
)
from fusion_core.fusion.prediction import ResolvingPredictor
from fusion_core.fusion.streams import CHUNK_ROWS

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.fusion.model import FusionModel

LARGEST_PART: Final = 32 * CHUNK_ROWS
BYTES_A_CELL: Final = 24
"""Memory for one value of one variable: drawn, copied to columns and compressed."""
BYTES_A_BLOCK_CELL: Final = 400
"""Memory of a cell while it is computed: uniforms, expectations, their scaled copies."""


def fuse_to_folder(
    recipient: Path,
    model: FusionModel,
    folder: Path,
    *,
    m: int = 40,
    seed: int = 0,
    threads: int = 1,
    memory: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Draw implicates for a recipient in a Parquet file and write them to a folder.

    Parameters
    ----------
    recipient
        Parquet file with one row per household and the model's predictors.
    model
        A trained model.
    folder
        Where `fusion_core.fusion.read_implicates` will find the implicates. What an interrupted
        call with the same recipient, model, `m` and `seed` left there is gone on with.
    m, seed, threads
        As for `fusion_core.fusion.fuse`; the draws are the same.
    memory
        Bytes the rows at work may take; a quarter of the free memory when left out. The result
        does not depend on it.
    progress
        Called with the share done and a sentence; may raise to stop.

    Raises
    ------
    InputError
        If a predictor is missing or differs from the donor's, the memory is too small, or the disk
        is full; finished parts are kept.
    CorruptFileError
        If the recipient's file is damaged.
    """
    check_implicates(m)
    seed, report = check_seed(seed), progress or ignore
    report(0.0, "Checking the recipient")
    rows, notes = _check(recipient, model)
    part = _part_rows(model, m, threads, memory)
    writer = ImplicateWriter(folder, fingerprint=_fingerprint(recipient, model, m, seed))
    predictor = ResolvingPredictor()
    for first, frame in _parts(recipient, model, part, skip=writer.rows):
        matrix, _ = encode_recipient(frame, model)
        writer.add(
            fuse_rows(
                matrix, model, RowRange(first, rows), m=m, seed=seed, threads=threads,
                predictor=predictor, progress=report,
            )
        )  # fmt: skip
    writer.finish(_outlines(model), m, notes)


def _check(recipient: Path, model: FusionModel) -> tuple[int, tuple[str, ...]]:
    """Read all rows once, so that a wrong level in the last one is told before any work.

    Returns the number of rows, and what a user should know of missing values.
    """
    check_predictors(_columns(recipient), model)
    rows, lacking = 0, np.zeros(len(model.predictors), dtype=np.int64)
    for _, frame in _parts(recipient, model, LARGEST_PART):
        lacking += encode_recipient(frame, model)[1]
        rows += len(frame)
    if not rows:
        raise InputError("The recipient has no rows", where=str(recipient))
    return rows, missing_notes(model, lacking)


def _part_rows(model: FusionModel, m: int, threads: int, memory: int | None) -> int:
    """Return how many rows are kept at once: whole chunks, within the memory."""
    memory = psutil.virtual_memory().available // 4 if memory is None else memory
    at_work = max(1, threads) * block_rows(m) * m * BYTES_A_BLOCK_CELL
    a_row = m * len(model.fused_types) * BYTES_A_CELL + len(model.predictors) * 64
    chunks = (memory - at_work) // (a_row * CHUNK_ROWS)
    if chunks < 1:
        needed = at_work + a_row * CHUNK_ROWS
        raise InputError(
            f"Fusing {m} implicates of {len(model.fused_types)} variables with {threads} threads "
            f"needs {needed / 1e6:,.0f} MB, but {memory / 1e6:,.0f} MB are allowed",
            fix="Allow more memory, or ask for fewer threads or implicates",
        )
    return int(min(LARGEST_PART, chunks * CHUNK_ROWS))


def _parts(
    recipient: Path, model: FusionModel, size: int, *, skip: int = 0
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Read the predictors in parts of `size` rows after the first `skip`; yields position and rows."""
    waiting: list[pa.RecordBatch] = []
    first, held = skip, 0
    for batch in _batches(recipient, model, skip):
        waiting.append(batch)
        held += len(batch)
        while held >= size:
            table = pa.Table.from_batches(waiting)
            yield first, table.slice(0, size).to_pandas()
            waiting = table.slice(size).to_batches()
            first, held = first + size, held - size
    if held:
        yield first, pa.Table.from_batches(waiting).to_pandas()


def _batches(recipient: Path, model: FusionModel, skip: int) -> Iterator[pa.RecordBatch]:
    """Read the predictors after the first `skip` rows."""
    try:
        with pq.ParquetFile(recipient) as file:
            for batch in file.iter_batches(batch_size=LARGEST_PART, columns=list(model.x)):
                if skip < len(batch):
                    yield batch.slice(skip)
                skip = max(0, skip - len(batch))
    except (OSError, pa.ArrowInvalid) as error:
        raise _damaged(recipient) from error


def _columns(recipient: Path) -> list[str]:
    try:
        return list(pq.read_schema(recipient).names)
    except (OSError, pa.ArrowInvalid) as error:
        raise _damaged(recipient) from error


def _damaged(recipient: Path) -> CorruptFileError:
    return CorruptFileError(
        "The recipient is missing or damaged", where=str(recipient), fix="Prepare it again"
    )


def _fingerprint(recipient: Path, model: FusionModel, m: int, seed: int) -> str:
    """Return a text that is equal only for calls that draw the same values."""
    digest = hashlib.sha256(f"{m} {seed}".encode())
    with recipient.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    for step in model.steps:
        for variable in step.variables:
            for part in variable.parts:
                digest.update(part.text.encode())
        if step.pool is not None:
            digest.update(step.pool.points.tobytes() + step.pool.donors.tobytes())
    for values in model.values.values():
        digest.update(values.tobytes())
    return digest.hexdigest()


def _outlines(model: FusionModel) -> list[FusedVariable]:
    """Return the fused variables without values."""
    nothing = np.empty((0, 0))
    return [
        FusedVariable(variable.name, nothing, variable.levels, variable.kind == "ordered")
        for variable in model.fused_types
    ]
