"""Fuse every donor household with models that never saw it.

Fusing back onto the donor shows how well the models describe what they were trained on. Here the
donor is cut into folds, and each fold is fused by models of the others, as if it were a recipient:
what a validation then finds is what to expect of households the donor survey did not ask.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.arguments import PathLike, missing_weight, path_of, require_text, whole_number
from fusion_core.errors import HarmonyError, InputError
from fusion_core.frames import read_frame
from fusion_core.fusion.base import (
    Purpose,
    TrainSettings,
    integer_seed,
    normalise_predictors,
    require_names,
    stream,
)
from fusion_core.fusion.fusing.fusing import fuse, ignore
from fusion_core.fusion.implicates import (
    FusedVariable,
    Implicates,
    read_implicates,
    write_implicates,
)
from fusion_core.fusion.model import (
    FEWEST_IN_CLASS,
    check_implicates,
    check_numbers,
    checked_settings,
    normalise_steps,
)
from fusion_core.fusion.training import record_seed, seed_or_recorded, train

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.frames import Table

Progress = Callable[[float, str], None]
FEWEST_FOLDS = 2
# Of the time of a fold, training takes nearly all: the fold it fuses is a part of the donor.
_TRAINING_SHARE = 0.9
_KEY = "out of fold"
"""Key of the folds' random stream, apart from those of the variables."""
_STREAMS = "named after donor and variables"
"""How random streams are named; folds that an earlier version finished are drawn again."""


def fuse_out_of_fold(
    donor: Table,
    y: Sequence[str | Sequence[str]],
    x: Sequence[str],
    *,
    weight: str | None = None,
    m: int = 40,
    seed: int | None = None,
    settings: TrainSettings | None = None,
    folds: int = 5,
    threads: int = 1,
    checkpoints: PathLike | None = None,
    progress: Progress | None = None,
) -> Implicates:
    """Draw implicates for every donor household from models trained on the other folds.

    Parameters
    ----------
    donor, y, x, weight, settings
        As for `fusion_core.fusion.train`.
    m, threads
        As for `fusion_core.fusion.fuse`.
    seed
        Seed of the folds, the models and the draws. A random one when left out, or the one an
        interrupted call left in `checkpoints`.
    folds
        Number of folds; each trains models of its own on the other folds.
    checkpoints
        Folder where every finished fold is kept, so that an interrupted call with the same donor
        and settings goes on where it stopped.
    progress
        Called with the share done and a sentence; may raise to stop.

    Returns
    -------
    Implicates
        In the donor's row order; compare them with `fusion_core.validation.validate`.

    Raises
    ------
    InputError
        If there are fewer than two folds or fewer donors than folds, or as `train` does.
    """
    check_implicates(m)
    settings, steps = checked_settings(settings), normalise_steps(y)
    names = [name for step in steps for name in step]
    listed, _ = normalise_predictors(x, steps, settings)
    if weight is not None:
        require_text(weight, "weight")
    answers = [*names, *listed, *([] if weight is None else [weight])]
    donor = read_frame(donor, "the donor", answers=answers)
    require_names([*names, *listed], list(donor.columns), "column", "the donor")
    if weight is not None and weight not in donor.columns:
        raise missing_weight(weight, list(donor.columns), where="the donor")
    folds = whole_number(folds, "folds", least=0)
    if not FEWEST_FOLDS <= folds <= len(donor):
        raise InputError(
            f"{len(donor):,} donors cannot be cut into {folds} folds",
            fix="Ask for at least two folds, and not more than there are donors",
        )
    check_numbers(donor, [*names, *listed], weight)
    table = _with_fixed_levels(donor, names)
    folder = None if checkpoints is None else path_of(checkpoints, "checkpoints")
    drawn, seed = seed is None, seed_or_recorded(seed, folder)
    if drawn:
        record_seed(seed, folder)
    fold = _folds(len(table), folds, seed)
    report = progress or ignore
    kept = (
        None
        if folder is None
        else folder
        / _fingerprint(
            table,
            names,
            listed,
            weight,
            [
                _STREAMS,
                steps,
                x if isinstance(x, dict) else list(listed),
                weight,
                m,
                seed,
                folds,
                _plain(settings),
            ],
        )
    )
    parts = []
    for number in range(folds):
        held = fold == number
        part = _read_part(kept, number)
        if part is None:
            part = _fuse_fold(
                table,
                held,
                names,
                y,
                x,
                weight=weight,
                m=m,
                seed=integer_seed(seed, Purpose.FOLDS, _KEY, number),
                settings=settings,
                threads=threads,
                checkpoints=kept,
                progress=_within(report, number, folds),
            )
            _write_part(part, kept, number)
        parts.append((held, part))
    report(1.0, "Fused every donor household by models that never saw it")
    return _joined(parts, len(table), donor.index)


def _fuse_fold(
    table: pd.DataFrame,
    held: NDArray[np.bool_],
    names: list[str],
    y: Sequence[str | Sequence[str]],
    x: Sequence[str],
    *,
    weight: str | None,
    m: int,
    seed: int,
    settings: TrainSettings | None,
    threads: int,
    checkpoints: Path | None,
    progress: Progress,
) -> Implicates:
    learned = _without_lone_levels(table[~held], names)
    model = train(
        learned,
        y,
        x,
        weight=weight,
        seed=seed,
        settings=settings,
        checkpoints=checkpoints,
        progress=lambda share, words: progress(_TRAINING_SHARE * share, words),
    )
    return fuse(
        table[held],
        model,
        m=m,
        seed=seed,
        threads=threads,
        progress=lambda share, words: progress(
            _TRAINING_SHARE + (1.0 - _TRAINING_SHARE) * share, words
        ),
    )


def _within(report: Progress, number: int, folds: int) -> Progress:
    """Report progress within one fold as progress of all."""

    def inner(share: float, words: str) -> None:
        report((number + share) / folds, f"Unseen households {number + 1} of {folds}: {words}")

    return inner


def _plain(settings: TrainSettings) -> dict[str, Any]:
    """Return what of the settings the result depends on."""
    return dataclasses.asdict(settings) | {"workers": 0}


def _fingerprint(
    table: pd.DataFrame, names: list[str], x: Sequence[str], weight: str | None, rest: list[Any]
) -> str:
    """Return a text that is equal only for calls with the same result."""
    digest = hashlib.sha256(json.dumps(rest, sort_keys=True, default=str).encode())
    for name in [*names, *x, *([] if weight is None else [weight])]:
        column = table[name]
        digest.update(f"{name} {column.dtype}".encode())
        digest.update(pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:32]


def _write_part(part: Implicates, folder: Path | None, number: int) -> None:
    if folder is not None:
        write_implicates(part, folder / f"fold-{number:02}")


def _read_part(folder: Path | None, number: int) -> Implicates | None:
    """Read a finished fold; ``None`` where there is none or it was cut off."""
    if folder is None or not (folder / f"fold-{number:02}").is_dir():
        return None
    try:
        return read_implicates(folder / f"fold-{number:02}")
    except HarmonyError:  # cut off by a kill or altered since: the fold is fused again
        return None


def _folds(rows: int, folds: int, seed: int) -> NDArray[np.int64]:
    """Return the fold of each row, of nearly equal sizes."""
    return stream(seed, Purpose.FOLDS, _KEY).permutation(np.arange(rows) % folds)


def _with_fixed_levels(donor: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Make text categorical, so that a level absent from a fold keeps its place."""
    texts = [name for name in names if pd.api.types.is_string_dtype(donor[name].dtype)]
    texts = [name for name in texts if not isinstance(donor[name].dtype, pd.CategoricalDtype)]
    return donor.astype(dict.fromkeys(texts, "category"))


def _without_lone_levels(donor: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Take out answers that a single donor of the folds gives: a class needs two."""
    result = donor.copy()
    for name in names:
        if not isinstance(donor[name].dtype, pd.CategoricalDtype):
            continue
        counts = donor[name].map(donor[name].value_counts()).astype(float)
        result[name] = donor[name].where(counts >= FEWEST_IN_CLASS)
    return result


def _joined(
    parts: list[tuple[NDArray[np.bool_], Implicates]], rows: int, index: pd.Index[Any]
) -> Implicates:
    first = parts[0][1]
    variables = {}
    for name, outline in first.variables.items():
        dtype = np.result_type(*(part[name].values.dtype for _, part in parts))
        values = np.empty((rows, first.count), dtype=dtype)
        for held, part in parts:
            values[held] = part[name].values
        streams = tuple(stream for _, part in parts for stream in part[name].streams)
        variables[name] = FusedVariable(name, values, outline.levels, outline.ordered, streams)
    notes = tuple(dict.fromkeys(note for _, part in parts for note in part.notes))
    return Implicates(variables, notes, index, first.donor, first.weight)
