"""Fuse a recipient that is on disk to implicates on disk, in bounded memory and resumable.

Rows are read, fused and written in parts, here or on the workers of a cluster. What a killed run
finished stays, and since every draw has its own random number, the result is the same as that of
one pass in memory, whoever computed which part.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from fusion_core.arguments import path_of, whole_number
from fusion_core.errors import InputError
from fusion_core.fusion.base import CHUNK_ROWS
from fusion_core.fusion.fusing._prediction import FastPredictor, Predictor
from fusion_core.fusion.fusing._recipient_files import encode_to_file, read_encoded
from fusion_core.fusion.fusing.fusing import (
    Progress,
    RowRange,
    block_rows,
    fuse_rows,
    fused_outlines,
    ignore,
)
from fusion_core.fusion.implicates import (
    HOUSEHOLDS,
    begin_implicates,
    claim,
    declare_whole,
    finished_parts,
    locked,
    read_begun,
    work_file,
    write_part,
)
from fusion_core.fusion.model import (
    FusionModel,
    check_implicates,
    check_seed,
    fusion_notes,
    model_checksum,
    software_version,
)

if TYPE_CHECKING:
    from fusion_core.arguments import PathLike
    from fusion_core.fusion.fusing._recipient_files import RecipientSource

RECIPIENT: Final = "recipient.parquet"
LARGEST_PART: Final = 32 * CHUNK_ROWS
BYTES_A_CELL: Final = 24
"""Memory for one value of one variable: drawn, copied to columns and compressed."""
BYTES_A_BLOCK_CELL: Final = 400
"""Memory of a cell while it is computed: uniforms, expectations, their scaled copies."""


def fuse_to_folder(
    recipient: RecipientSource,
    model: PathLike,
    folder: PathLike,
    *,
    m: int = 40,
    seed: int | None = None,
    threads: int = 1,
    memory: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> None:
    """Draw implicates for a recipient on disk and write them to a folder.

    Parameters
    ----------
    recipient
        One row per household with the model's predictors: a Parquet file, a folder of Parquet files
        (read in the order of their names), a DuckDB relation such as
        ``duckdb.sql("FROM 'acs/*.parquet' WHERE np > 0 ORDER BY household_id")``, or a table in
        memory as for `fusion_core.fusion.fuse`.
    model
        Folder or zip of a saved model.
    folder
        Where `fusion_core.fusion.read_implicates` will find the implicates. What an interrupted
        call with the same recipient, model, `m` and `seed` left there is gone on with. Whole
        implicates that are there are replaced once the new ones are whole.
    m, seed
        As for `fusion_core.fusion.fuse`; the draws are the same. Without a seed an interrupted call
        is gone on with by its own.
    threads
        Row blocks of a part computed at the same time.
    memory
        Bytes a part may take, and each worker of an executor; a quarter of the free memory here
        when left out. The result does not depend on it.
    executor
        Computes the parts, such as ``dask.distributed.Client(…).get_executor()``; its workers must
        see `model` and `folder`. One part after the other here when left out.
    progress
        Called with the share done and a sentence; may raise to stop.

    Raises
    ------
    InputError
        If a predictor is missing or differs from the donor's, the folder holds other files than
        implicates, the memory is too small, or the disk is full; finished parts are kept.
    CorruptFileError
        If the recipient's file or the model is damaged.
    ConflictError
        If another process is fusing to the same folder.
    """
    check_implicates(m)
    if seed is not None:
        seed = check_seed(seed)
    report = progress or ignore
    report(0.0, "Checking the recipient")
    place, folder = path_of(model, "model"), path_of(folder, "folder")
    threads = whole_number(threads, "threads", least=0)
    memory = None if memory is None else whole_number(memory, "memory", least=1)
    loaded = FusionModel.load(place)
    size = _part_rows(loaded, m, threads, memory)
    with locked(folder):
        claim(folder)
        found = encode_to_file(
            recipient,
            loaded,
            folder / work_file(RECIPIENT),
            households=folder / work_file(HOUSEHOLDS),
        )
        checksum = model_checksum(place)

        def name(seed: int) -> str:
            return f"{m} {seed} {checksum} {found.digest} {software_version()}"

        if seed is None:
            seed = check_seed(_interrupted_seed(folder, name))
        fingerprint = name(seed)
        done, size = _finished(folder, fingerprint, size)
        parts = math.ceil(found.rows / size)
        names = [variable.name for variable in loaded.fused_types]
        begin_implicates(folder, fingerprint, variables=names, keep=done, seed=seed)
        work = [
            PartWork(
                place, checksum, folder, number, size, found.rows, m, seed, threads, fingerprint
            )
            for number in range(parts)
            if number not in done
        ]
        if executor is None:
            predictor = FastPredictor()
            for item in work:
                fuse_part(item, loaded, predictor, progress=report)
        else:
            _spread(work, executor, parts, report)
        outlines, notes = fused_outlines(loaded, seed), fusion_notes(loaded, found.lacking)
        declare_whole(
            folder,
            outlines,
            implicates=m,
            parts=parts,
            notes=notes,
            donor=loaded.donor,
            weight=loaded.weight,
        )


@dataclass(frozen=True)
class PartWork:
    """A part to be fused, for whoever computes it.

    Attributes
    ----------
    model, folder, m, seed, threads
        As for `fuse_to_folder`.
    checksum
        Of the model's manifest.
    number, size, rows
        Position of the part, rows of a part, and rows of the whole recipient.
    fingerprint
        What the draws follow from.
    """

    model: Path
    checksum: str
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

    Raises
    ------
    ConflictError
        If another fusion began in the folder since.
    """
    if model is None or predictor is None:
        model, predictor = _at_hand(work.model, work.checksum)
    first = work.number * work.size
    matrix = read_encoded(
        work.folder / work_file(RECIPIENT), first, min(first + work.size, work.rows)
    )
    drawn = fuse_rows(
        matrix,
        model,
        RowRange(first, work.rows),
        m=work.m,
        seed=work.seed,
        threads=work.threads,
        predictor=predictor,
        progress=progress,
    )
    write_part(work.folder, work.number, drawn, size=work.size, fingerprint=work.fingerprint)
    return work.number


@lru_cache(maxsize=1)
def _at_hand(path: Path, checksum: str) -> tuple[FusionModel, Predictor]:
    """Return a worker's model, read once for all its parts; the checksum tells two models apart."""
    del checksum
    return FusionModel.load(path), FastPredictor()


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


def _interrupted_seed(folder: Path, name: Callable[[int], str]) -> int | None:
    """Return the seed of an interrupted fusion of the same model and recipient, if there is one."""
    begun = read_begun(folder)
    if begun is None or begun.seed is None or begun.fingerprint != name(begun.seed):
        return None
    return begun.seed
