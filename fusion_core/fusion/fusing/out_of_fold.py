"""Fuse every donor household with models that never saw it.

Fusing back onto the donor shows how well the models describe what they were trained on. Here the
donor is cut into folds, and each fold is fused by models of the others, as if it were a recipient:
what a validation then finds is what to expect of households the donor survey did not ask.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.arguments import PathLike, by_either_name, missing_weight, path_of, whole_number
from fusion_core.errors import HarmonyError, InputError
from fusion_core.frames import read_frame
from fusion_core.fusion.base import (
    Progress,
    Purpose,
    TrainSettings,
    checked_settings,
    integer_seed,
    no_report,
    require_names,
    stream,
)
from fusion_core.fusion.fusing._drawing import Draws, check_draws
from fusion_core.fusion.fusing.fusing import fuse
from fusion_core.fusion.implicates import (
    FusedVariable,
    Implicates,
    read_implicates,
    write_implicates,
)
from fusion_core.fusion.training import (
    FEWEST_IN_CLASS,
    Asked,
    Given,
    Predictors,
    Variables,
    check_asked,
    check_numbers,
    record_seed,
    seed_or_recorded,
    train,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fusion_core.frames import Table

FEWEST_FOLDS = 2
# Of the time of a fold, training takes nearly all: the fold it fuses is a part of the donor.
_TRAINING_SHARE = 0.9
_KEY = "out of fold"
"""Key of the folds' random stream, apart from those of the variables."""
_STREAMS = "named after donor and variables"
"""How random streams are named; folds that an earlier version finished are drawn again."""


def fuse_out_of_fold(
    donor: Table,
    variables: Variables | None = None,
    predictors: Predictors | None = None,
    *,
    weight: str | None = None,
    given: Given | None = None,
    implicates: int | None = None,
    seed: int | None = None,
    settings: TrainSettings | None = None,
    folds: int = 5,
    threads: int = 1,
    checkpoints: PathLike | None = None,
    progress: Progress | None = None,
    y: Variables | None = None,
    x: Predictors | None = None,
    m: int | None = None,
) -> Implicates:
    """Draw implicates for every donor household from models trained on the other folds.

    Parameters
    ----------
    donor, variables, predictors, weight, given, settings
        As for `fusion_core.fusion.train`; the donor has the columns of given probabilities too.
    implicates, threads
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
    y, x, m
        Short names of `variables`, `predictors` and `implicates`.

    Returns
    -------
    Implicates
        In the donor's row order; compare them with `fusion_core.validation.validate`.

    Raises
    ------
    InputError
        If there are fewer than two folds or fewer donors than folds, or as `train` does.
    """
    report = progress or no_report
    folder = None if checkpoints is None else path_of(checkpoints, "checkpoints")
    asked = check_asked(variables, predictors, settings, weight, given=given, y=y, x=x)
    draws = check_draws(implicates, seed_or_recorded(seed, folder), threads, m=m)
    frame = read_frame(donor, "the donor", answers=asked.columns)
    table, folds = _checked(frame, asked, folds)
    if seed is None:
        record_seed(draws.seed, folder)
    listed = by_either_name(predictors, x, "predictors", "x")
    lists = listed if isinstance(listed, dict) else list(asked.predictors)
    rest = [lists, weight, draws.implicates, draws.seed, folds, _plain(checked_settings(settings))]
    rest += [dict(asked.given)] if asked.given else []
    kept = None if folder is None else folder / _fingerprint(table, asked, rest)
    work = _Folds(table, _folds(len(table), folds, draws.seed), asked, draws, kept)

    parts = [
        _kept_or_fused(work, number, _within(report, number, folds)) for number in range(folds)
    ]
    report(1.0, "Fused every donor household by models that never saw it")
    return _joined(work, parts, frame.index)


@dataclass(frozen=True)
class _Folds:
    """A donor cut into folds, and what is drawn for each.

    Attributes
    ----------
    table
        The donor.
    fold
        The fold of each of its rows.
    asked, draws
        What is trained on the other folds and drawn.
    kept
        Where finished folds are kept; ``None`` to keep none.
    """

    table: pd.DataFrame
    fold: NDArray[np.int64]
    asked: Asked
    draws: Draws
    kept: Path | None


def _checked(frame: pd.DataFrame, asked: Asked, folds: int) -> tuple[pd.DataFrame, int]:
    """Return the donor with levels that are the same in all folds, and the number of folds."""
    columns = list(frame.columns)
    require_names([*asked.variables, *asked.predictors], columns, "column", "the donor")
    if asked.weight is not None and asked.weight not in columns:
        raise missing_weight(asked.weight, columns, where="the donor")
    folds = whole_number(folds, "folds", least=0)
    if not FEWEST_FOLDS <= folds <= len(frame):
        raise InputError(
            f"{len(frame):,} donors cannot be cut into {folds} folds",
            fix="Ask for at least two folds, and not more than there are donors",
        )
    require_names(_shares(asked), columns, "column of probabilities", "the donor")
    check_numbers(frame, [*asked.variables, *asked.predictors], asked.weight)
    return _with_fixed_levels(frame, asked.variables), folds


def _shares(asked: Asked) -> list[str]:
    """Return the columns of given probabilities."""
    return [name for columns in asked.given.values() for name in columns]


def _kept_or_fused(work: _Folds, number: int, progress: Progress) -> Implicates:
    """Return the implicates of a fold, from where an interrupted call left them."""
    part = _read_part(work.kept, number)
    if part is None:
        part = _fuse_fold(work, number, progress)
        _write_part(part, work.kept, number)
    return part


def _fuse_fold(work: _Folds, number: int, progress: Progress) -> Implicates:
    asked, held = work.asked, work.fold == number
    seed = integer_seed(work.draws.seed, Purpose.FOLDS, _KEY, number)
    model = train(
        _without_lone_levels(work.table[~held], asked.variables),
        [step for step in asked.steps if step[0] not in asked.given],
        asked.predictors,
        weight=asked.weight,
        given=asked.given,
        seed=seed,
        settings=asked.settings,
        checkpoints=work.kept,
        progress=lambda share, words: progress(_TRAINING_SHARE * share, words),
    )
    return fuse(
        work.table[held],
        model,
        implicates=work.draws.implicates,
        seed=seed,
        threads=work.draws.threads,
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


def _fingerprint(table: pd.DataFrame, asked: Asked, rest: list[Any]) -> str:
    """Return a text that is equal only for calls with the same result."""
    described = [_STREAMS, asked.steps, *rest]
    digest = hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode())
    for name in (*asked.columns, *_shares(asked)):
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


def _with_fixed_levels(donor: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Make text categorical, so that a level absent from a fold keeps its place."""
    texts = [name for name in names if pd.api.types.is_string_dtype(donor[name].dtype)]
    texts = [name for name in texts if not isinstance(donor[name].dtype, pd.CategoricalDtype)]
    return donor.astype(dict.fromkeys(texts, "category"))


def _without_lone_levels(donor: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Take out answers that a single donor of the folds gives: a class needs two."""
    result = donor.copy()
    for name in names:
        if not isinstance(donor[name].dtype, pd.CategoricalDtype):
            continue
        counts = donor[name].map(donor[name].value_counts()).astype(float)
        result[name] = donor[name].where(counts >= FEWEST_IN_CLASS)
    return result


def _joined(work: _Folds, parts: Sequence[Implicates], index: pd.Index[Any]) -> Implicates:
    variables = {}
    for name, outline in parts[0].variables.items():
        dtype = np.result_type(*(part[name].values.dtype for part in parts))
        values = np.empty((len(work.table), work.draws.implicates), dtype=dtype)
        for number, part in enumerate(parts):
            values[work.fold == number] = part[name].values
        streams = tuple(stream for part in parts for stream in part[name].streams)
        variables[name] = FusedVariable(name, values, outline.levels, outline.ordered, streams)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Implicates(variables, notes, index, parts[0].donor, parts[0].weight)
