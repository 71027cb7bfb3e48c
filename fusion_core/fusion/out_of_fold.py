"""Fuse every donor household with models that never saw it.

Fusing back onto the donor shows how well the models describe what they were trained on. Here the
donor is cut into folds, and each fold is fused by models of the others, as if it were a recipient:
what a validation then finds is what to expect of households the donor survey did not ask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.fusion.fusing import fuse, ignore
from fusion_core.fusion.implicates import FusedVariable, Implicates
from fusion_core.fusion.inputs import FEWEST_IN_CLASS, check_implicates, check_seed, normalise_steps
from fusion_core.fusion.streams import Purpose, integer_seed, stream
from fusion_core.fusion.training import train

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.settings import TrainSettings

Progress = Callable[[float, str], None]
FEWEST_FOLDS = 2
_KEY = 1_000_003
"""Key of the folds' random stream, apart from those of the variables."""


def fuse_out_of_fold(
    donor: pd.DataFrame,
    y: Sequence[str | Sequence[str]],
    x: Sequence[str],
    *,
    weight: str | None = None,
    m: int = 40,
    seed: int = 0,
    settings: TrainSettings | None = None,
    folds: int = 5,
    threads: int = 1,
    progress: Progress | None = None,
) -> Implicates:
    """Draw implicates for every donor household from models trained on the other folds.

    Parameters
    ----------
    donor, y, x, weight, settings
        As for `fusion_core.fusion.train`.
    m, seed, threads
        As for `fusion_core.fusion.fuse`.
    folds
        Number of folds; training takes that many times as long.
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
    if not FEWEST_FOLDS <= folds <= len(donor):
        raise InputError(
            f"{len(donor):,} donors cannot be cut into {folds} folds",
            fix="Ask for at least two folds, and not more than there are donors",
        )
    steps = normalise_steps(y)
    table = _with_fixed_levels(donor, [name for step in steps for name in step])
    fold = _folds(len(table), folds, check_seed(seed))
    report = progress or ignore
    parts = []
    for number in range(folds):
        report(number / folds, f"Fusing fold {number + 1} of {folds}")
        held = fold == number
        own = integer_seed(seed, Purpose.FOLDS, _KEY, number)
        learned = _without_lone_levels(table[~held], [name for step in steps for name in step])
        model = train(learned, y, x, weight=weight, seed=own, settings=settings)
        parts.append((held, fuse(table[held], model, m=m, seed=own, threads=threads)))
    return _joined(parts, len(table))


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


def _joined(parts: list[tuple[NDArray[np.bool_], Implicates]], rows: int) -> Implicates:
    first = parts[0][1]
    variables = {}
    for name, outline in first.variables.items():
        dtype = np.result_type(*(part[name].values.dtype for _, part in parts))
        values = np.empty((rows, first.count), dtype=dtype)
        for held, part in parts:
            values[held] = part[name].values
        variables[name] = FusedVariable(name, values, outline.levels, outline.ordered)
    return Implicates(
        variables, tuple(dict.fromkeys(note for _, part in parts for note in part.notes))
    )
