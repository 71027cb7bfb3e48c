"""Fuse a recipient that is on disk to implicates on disk, in bounded memory and resumable.

Rows are read, fused and written in parts, here or on the workers of a cluster. What a killed run
finished stays, and since every draw has its own random number, the result is the same as that of
one pass in memory, whoever computed which part.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
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
from fusion_core.fusion.implicate_files import (
    begin_implicates,
    declare_whole,
    finished_parts,
    write_part,
)
from fusion_core.fusion.implicates import FusedVariable
from fusion_core.fusion.inputs import (
    check_implicates,
    check_predictors,
    check_seed,
    encode_recipient,
    missing_notes,
)
from fusion_core.fusion.model import FusionModel
from fusion_core.fusion.model_files import MANIFEST_FILE, checksum_of
from fusion_core.fusion.prediction import Predictor, ResolvingPredictor
from fusion_core.fusion.streams import CHUNK_ROWS

if TYPE_CHECKING:
    import pandas as pd

LARGEST_PART: Final = 32 * CHUNK_ROWS
BYTES_A_CELL: Final = 24
"""Memory for one value of one variable: drawn, copied to columns and compressed."""
BYTES_A_BLOCK_CELL: Final = 400
"""Memory of a cell while it is computed: uniforms, expectations, their scaled copies."""


def fuse_to_folder(
    recipient: Path,
    model: Path,
    folder: Path,
    *,
    m: int = 40,
    seed: int = 0,
    threads: int = 1,
    memory: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> None:
    """Draw implicates for a recipient in a Parquet file and write them to a folder.

    Parameters
    ----------
    recipient
        Parquet file with one row per household and the model's predictors.
    model
        Folder of a saved model.
    folder
        Where `fusion_core.fusion.read_implicates` will find the implicates. What an interrupted
        call with the same recipient, model, `m` and `seed` left there is gone on with.
    m, seed
        As for `fusion_core.fusion.fuse`; the draws are the same.
    threads
        Row blocks of a part computed at the same time.
    memory
        Bytes a part may take; a quarter of the free memory when left out. The result does not
        depend on it.
    executor
        Computes the parts, such as ``dask.distributed.Client(…).get_executor()``; its workers must
        see the same files. One part after the other here when left out.
    progress
        Called with the share done and a sentence; may raise to stop.

    Raises
    ------
    InputError
        If a predictor is missing or differs from the donor's, the memory is too small, or the disk
        is full; finished parts are kept.
    CorruptFileError
        If the recipient's file or the model is damaged.
    """
    check_implicates(m)
    seed, report = check_seed(seed), progress or ignore
    report(0.0, "Checking the recipient")
    loaded = FusionModel.load(model)
    rows, notes = _check(recipient, loaded)
    size = _part_rows(loaded, m, threads, memory)
    fingerprint = f"{m} {seed} {checksum_of(model / MANIFEST_FILE)} {checksum_of(recipient)}"
    done, size = _finished(folder, fingerprint, size)
    parts = math.ceil(rows / size)
    begin_implicates(folder, keep=done)
    work = [
        PartWork(recipient, model, folder, number, size, rows, m, seed, threads, fingerprint)
        for number in range(parts)
        if number not in done
    ]
    if executor is None:
        predictor = ResolvingPredictor()
        for item in work:
            fuse_part(item, loaded, predictor, progress=report)
    else:
        _spread(work, executor, parts, report)
    declare_whole(folder, _outlines(loaded), implicates=m, parts=parts, notes=notes)


@dataclass(frozen=True)
class PartWork:
    """A part to be fused, for whoever computes it.

    Attributes
    ----------
    recipient, model, folder, m, seed, threads
        As for `fuse_to_folder`.
    number, size, rows
        Position of the part, rows of a part, and rows of the whole recipient.
    fingerprint
        What the draws follow from.
    """

    recipient: Path
    model: Path
    folder: Path
    number: int
    size: int
    rows: int
    m: int
    seed: int
    threads: int
    fingerprint: str


def fuse_part(
    work: PartWork,
    model: FusionModel | None = None,
    predictor: Predictor | None = None,
    *,
    progress: Progress = ignore,
) -> int:
    """Fuse and write one part; doing so twice changes nothing.

    Parameters
    ----------
    work
        What to do.
    model
        The model, if it is at hand; otherwise it is read.
    predictor
        What predicted the parts before, so that the model's trees are not read again.
    progress
        As for `fuse_to_folder`.

    Returns
    -------
    The part's number.
    """
    model = model or FusionModel.load(work.model)
    first = work.number * work.size
    _, frame = next(_parts(work.recipient, model, work.size, skip=first))
    matrix, _ = encode_recipient(frame, model)
    drawn = fuse_rows(
        matrix, model, RowRange(first, work.rows), m=work.m, seed=work.seed, threads=work.threads,
        predictor=predictor or ResolvingPredictor(), progress=progress,
    )  # fmt: skip
    write_part(work.folder, work.number, drawn, size=work.size, fingerprint=work.fingerprint)
    return work.number


def _finished(folder: Path, fingerprint: str, size: int) -> tuple[frozenset[int], int]:
    """Return the finished parts to go on with and the rows of a part, theirs if the memory allows."""
    found = finished_parts(folder, fingerprint)
    sizes = {int(record["size"]) for record in found.values()}
    if len(sizes) == 1 and max(sizes) <= size:
        return frozenset(found), sizes.pop()
    return frozenset(), size


def _spread(work: list[PartWork], executor: Executor, parts: int, report: Progress) -> None:
    """Let an executor fuse the parts; a failure stops what has not begun."""
    waiting = [executor.submit(fuse_part, item) for item in work]
    try:
        for count, future in enumerate(as_completed(waiting), start=parts - len(work) + 1):
            future.result()
            report(count / parts, f"Fused {count:,} of {parts:,} parts")
    finally:
        for future in waiting:
            future.cancel()


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


def _outlines(model: FusionModel) -> list[FusedVariable]:
    """Return the fused variables without values."""
    nothing = np.empty((0, 0))
    return [
        FusedVariable(variable.name, nothing, variable.levels, variable.kind == "ordered")
        for variable in model.fused_types
    ]
