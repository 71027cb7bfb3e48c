"""The four stages of a run, each a function that reads what the one before it wrote.

The engine's libraries are imported where a stage needs them: a server that only starts and watches
runs never loads them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.execution.budget import available_cores
from fusion_core.surveys.model import WEIGHT

if TYPE_CHECKING:
    from fusion_core.prepare import PreparedInput
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, Stage

Progress = Callable[[float, str], None]
StageFunction = Callable[["Workspace", "Run", Progress], None]

MAXIMUM_SUBSET_VARIABLES: Final = 4
# Every pair of levels is a subset too, so many unordered levels would make thousands of tiny ones.
MAXIMUM_SUBSET_LEVELS: Final = 12
# The uncertainty of an estimate over implicates needs at least two of them.
_FEWEST_IMPLICATES: Final = 2


def prepare_stage(workspace: Workspace, run: Run, progress: Progress) -> None:
    """Write the fusion input."""
    from fusion_core.prepare import prepare, write_prepared

    prepared = prepare(workspace, run.spec(), progress=progress)
    for note in prepared.notes:
        run.log(note, stage="prepare")
    write_prepared(prepared, run.input_folder)


def train_stage(workspace: Workspace, run: Run, progress: Progress) -> None:
    """Fit the models and write them."""
    from fusion_core.fusion import train
    from fusion_core.prepare import read_prepared

    del workspace
    spec = run.spec()
    prepared = read_prepared(run.input_folder)
    targets = [item if isinstance(item, str) else list(item) for item in spec.fusion_variables]
    model = train(
        prepared.donor,
        y=targets,
        x=prepared.kept,
        weight=WEIGHT,
        seed=spec.seed,
        settings=spec.train,
        checkpoints=run.checkpoint_folder,
        progress=progress,
    )
    model.save(run.model_folder)
    shutil.rmtree(run.checkpoint_folder, ignore_errors=True)


def fuse_stage(workspace: Workspace, run: Run, progress: Progress) -> None:
    """Draw the implicates for every recipient household and write them part by part."""
    from fusion_core.fusion import fuse_to_folder
    from fusion_core.prepare.storage import RECIPIENT_FILE

    del workspace
    spec = run.spec()
    fuse_to_folder(
        run.input_folder / RECIPIENT_FILE, run.model_folder, run.implicates_folder,
        m=spec.implicates, seed=spec.seed, threads=available_cores(), progress=progress,
    )  # fmt: skip


def validate_stage(workspace: Workspace, run: Run, progress: Progress) -> None:
    """Fuse back onto the donor and compare with what its households answered."""
    from fusion_core.fusion import FusionModel, fuse
    from fusion_core.prepare import read_prepared
    from fusion_core.validation import validate, write_validation

    del workspace
    spec = run.spec()
    prepared = read_prepared(run.input_folder)
    model = FusionModel.load(run.model_folder)
    subset_variables = spec.subset_variables or automatic_subsets(prepared)
    run.log(f"Subsets are formed by {', '.join(subset_variables)}", stage="validate")
    implicates = fuse(
        prepared.donor, model, m=max(spec.implicates, _FEWEST_IMPLICATES), seed=spec.seed,
        threads=available_cores(), progress=lambda share, words: progress(0.6 * share, words),
    )  # fmt: skip
    progress(0.6, "Comparing fused with observed values")
    result = validate(
        prepared.donor, implicates, subset_variables, weight=WEIGHT,
        progress=lambda share, words: progress(0.6 + 0.4 * share, words),
    )  # fmt: skip
    write_validation(result, run.validation_folder)


def automatic_subsets(prepared: PreparedInput) -> tuple[str, ...]:
    """Choose predictors whose levels form validation subsets when the request names none.

    Preferred are harmonized predictors that split the donor into many groups of similar size, such
    as income, age or education: they give subsets from large to small. Groups are counted as
    the exponential of the entropy of their weighted shares, at most five (numbers and ordered
    categories are clustered into as many).
    """
    kept = prepared.predictors
    kept = kept[kept["kept"] & (kept["missing_donor"] == 0)]
    harmonized = kept[kept["source"] == "harmony"]
    pool = harmonized if len(harmonized) else kept
    weights = prepared.donor[WEIGHT]
    scored = [
        (-round(_groups(prepared.donor[row["predictor"]], weights), 1), -row["similarity"],
         str(row["predictor"]))
        for row in pool.to_dict("records")
    ]  # fmt: skip
    return tuple(name for _, _, name in sorted(scored)[:MAXIMUM_SUBSET_VARIABLES])


def _groups(column: pd.Series[Any], weights: pd.Series[float]) -> float:
    """Effective number of groups a predictor splits the donor into, at most five."""
    shares = weights.groupby(column.to_numpy(), observed=True).sum().to_numpy(float)
    nominal = isinstance(column.dtype, pd.CategoricalDtype) and not column.cat.ordered
    if nominal and len(shares) > MAXIMUM_SUBSET_LEVELS:
        return 0.0
    shares = shares[shares > 0] / shares.sum()
    return min(float(np.exp(-(shares * np.log(shares)).sum())), 5.0)


STAGE_FUNCTIONS: Final[dict[Stage, StageFunction]] = {
    "prepare": prepare_stage,
    "train": train_stage,
    "fuse": fuse_stage,
    "validate": validate_stage,
}
RESUMABLE: Final[frozenset[Stage]] = frozenset({"fuse"})
"""Stages that go on with what an earlier start of theirs left."""
STAGE_TITLES: Final[dict[Stage, str]] = {
    "prepare": "Preparing donor and recipient",
    "train": "Training the models",
    "fuse": "Fusing",
    "validate": "Validating",
}
