"""Fuse a recipient that is on disk to implicates on disk, in bounded memory and resumable.

Rows are read, fused and written in parts, here or on the workers of a cluster. What a killed run
finished stays, and since every draw has its own random number, the result is the same as that of
one pass in memory, whoever computed which part.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from fusion_core.arguments import path_of, whole_number
from fusion_core.errors import InputError
from fusion_core.fusion.base import CHUNK_ROWS, Progress, no_report
from fusion_core.fusion.fusing._drawing import (
    Draws,
    RowRange,
    block_rows,
    check_draws,
    draw_rows,
    fused_outlines,
)
from fusion_core.fusion.fusing._prediction import FastPredictor, Predictor
from fusion_core.fusion.fusing._recipient_files import (
    EncodedRecipient,
    encode_to_file,
    read_encoded,
)
from fusion_core.fusion.fusing._recipients import fusion_notes
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
from fusion_core.fusion.model import FusionModel, model_checksum, software_version

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
    implicates: int | None = None,
    seed: int | None = None,
    threads: int = 1,
    memory: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    m: int | None = None,
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
        call with the same recipient, model, `implicates` and `seed` left there is gone on with. Whole
        implicates that are there are replaced once the new ones are whole.
    implicates, seed
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
    m
        Short name of `implicates`.

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
    report = progress or no_report
    report(0.0, "Checking the recipient")
    draws = check_draws(implicates, seed, threads, m=m)
    place, folder = path_of(model, "model"), path_of(folder, "folder")
    memory = None if memory is None else whole_number(memory, "memory", least=1)

    loaded = FusionModel.load(place)
    size = _part_rows(loaded, draws, memory)
    with locked(folder):
        claim(folder)
        encoded = encode_to_file(
            recipient,
            loaded,
            folder / work_file(RECIPIENT),
            households=folder / work_file(HOUSEHOLDS),
        )
        work = FolderWork(place, model_checksum(place), folder, size, encoded, draws)
        done, work = _resumed(work, seed_is_given=seed is not None)
        names = [variable.name for variable in loaded.fused_types]
        begin_implicates(folder, work.fingerprint, variables=names, keep=done, seed=work.draws.seed)
        waiting = [PartWork(work, number) for number in range(work.parts) if number not in done]
        if executor is None:
            predictor = FastPredictor()
            for part in waiting:
                fuse_part(part, loaded, predictor, progress=report)
        else:
            _spread(waiting, executor, report)
        declare_whole(
            folder,
            fused_outlines(loaded, work.draws.seed),
            implicates=draws.implicates,
            parts=work.parts,
            notes=fusion_notes(loaded, encoded.lacking),
            donor=loaded.donor,
            weight=loaded.weight,
        )


@dataclass(frozen=True)
class FolderWork:
    """A fusion to a folder, after its recipient was read.

    Attributes
    ----------
    model
        Folder or zip of the model.
    checksum
        Of the model's manifest.
    folder
        Where the implicates go.
    size
        Rows of a part.
    recipient
        What is known of the whole recipient.
    draws
        Which implicates are drawn.
    """

    model: Path
    checksum: str
    folder: Path
    size: int
    recipient: EncodedRecipient
    draws: Draws

    @property
    def parts(self) -> int:
        """Number of parts."""
        return math.ceil(self.recipient.rows / self.size)

    @property
    def fingerprint(self) -> str:
        """What the draws follow from."""
        draws = f"{self.draws.implicates} {self.draws.seed}"
        return f"{draws} {self.checksum} {self.recipient.digest} {software_version()}"


@dataclass(frozen=True)
class PartWork:
    """A part to be fused, for whoever computes it: the whole and the part's number."""

    whole: FolderWork
    number: int


def fuse_part(
    part: PartWork,
    model: FusionModel | None = None,
    predictor: Predictor | None = None,
    *,
    progress: Progress = no_report,
) -> int:
    """Fuse and write one part; doing so twice changes nothing.

    Parameters
    ----------
    part
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
    work = part.whole
    if model is None or predictor is None:
        model, predictor = _at_hand(work.model, work.checksum)
    rows = RowRange(part.number * work.size, work.recipient.rows)
    last = min(rows.first + work.size, rows.total)
    matrix = read_encoded(work.folder / work_file(RECIPIENT), rows.first, last)
    drawn = draw_rows(matrix, model, rows, work.draws, predictor=predictor, progress=progress)
    write_part(work.folder, part.number, drawn, size=work.size, fingerprint=work.fingerprint)
    return part.number


@lru_cache(maxsize=1)
def _at_hand(path: Path, checksum: str) -> tuple[FusionModel, Predictor]:
    """Return a worker's model, read once for all its parts; the checksum tells two models apart."""
    del checksum
    return FusionModel.load(path), FastPredictor()


def _resumed(work: FolderWork, *, seed_is_given: bool) -> tuple[frozenset[int], FolderWork]:
    """Return the finished parts to go on with, and the work with the seed and the parts of these.

    Without a seed an interrupted fusion of the same model and recipient is gone on with by its own;
    its parts are kept where the memory allows parts of their size.
    """
    if not seed_is_given:
        begun = read_begun(work.folder)
        if begun is not None and begun.seed is not None:
            same = replace(work, draws=replace(work.draws, seed=begun.seed))
            work = same if begun.fingerprint == same.fingerprint else work
    found = finished_parts(work.folder, work.fingerprint)
    sizes = {int(record["size"]) for record in found.values()}
    if len(sizes) == 1 and max(sizes) <= work.size:
        return frozenset(found), replace(work, size=sizes.pop())
    return frozenset(), work


def _spread(parts: list[PartWork], executor: Executor, report: Progress) -> None:
    """Let an executor fuse the parts; a failure stops what has not begun."""
    waiting = [executor.submit(fuse_part, part) for part in parts]
    total = parts[0].whole.parts if parts else 0
    try:
        for count, future in enumerate(as_completed(waiting), start=total - len(parts) + 1):
            future.result()
            report(count / total, f"Fused {count:,} of {total:,} parts")
    finally:
        for future in waiting:
            future.cancel()


def _part_rows(model: FusionModel, draws: Draws, memory: int | None) -> int:
    """Return how many rows are kept at once: whole chunks, within the memory."""
    memory = psutil.virtual_memory().available // 4 if memory is None else memory
    implicates, threads = draws.implicates, draws.threads
    at_work = max(1, threads) * block_rows(implicates) * implicates * BYTES_A_BLOCK_CELL
    a_row = implicates * len(model.fused_types) * BYTES_A_CELL + len(model.recipient_columns) * 64
    chunks = (memory - at_work) // (a_row * CHUNK_ROWS)
    if chunks < 1:
        needed = at_work + a_row * CHUNK_ROWS
        raise InputError(
            f"Fusing {implicates} implicates of {len(model.fused_types)} variables with {threads} threads "
            f"needs {needed / 1e6:,.0f} MB, but {memory / 1e6:,.0f} MB are allowed",
            fix="Allow more memory, or ask for fewer threads or implicates",
        )
    return int(min(LARGEST_PART, chunks * CHUNK_ROWS))
