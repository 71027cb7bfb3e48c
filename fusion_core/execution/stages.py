"""The four stages of a run, each a function that reads what the one before it wrote.

The engine's libraries are imported where a stage needs them: a server that only starts and watches
runs never loads them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from fusion_core.surveys.model import WEIGHT

if TYPE_CHECKING:
    from fusion_core.prepare import PreparedInput
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, Stage

Progress = Callable[[float, str], None]
StageFunction = Callable[["Workspace", "Run", Progress], None]

MAXIMUM_SUBSET_VARIABLES: Final = 4
# A subset variable must split the donor into groups people would look at.
_SUBSET_GROUPS: Final = range(2, 31)


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
        progress=progress,
    )
    model.save(run.model_folder)


def fuse_stage(workspace: Workspace, run: Run, progress: Progress) -> None:
    """Draw the implicates for every recipient household and write them."""
    from fusion_core.fusion import FusionModel, fuse, write_implicates
    from fusion_core.prepare import read_prepared

    del workspace
    spec = run.spec()
    prepared = read_prepared(run.input_folder)
    model = FusionModel.load(run.model_folder)
    implicates = fuse(
        prepared.recipient, model, m=spec.implicates, seed=spec.seed, progress=progress
    )
    write_implicates(implicates, run.implicates_folder)


def validate_stage(workspace: Workspace, run: Run, progress: Progress) -> None:
    """Fuse back onto the donor and compare with what its households answered."""
    from fusion_core.fusion import FusionModel, fuse
    from fusion_core.prepare import read_prepared
    from fusion_core.validation import validate

    del workspace
    spec = run.spec()
    prepared = read_prepared(run.input_folder)
    model = FusionModel.load(run.model_folder)
    subset_variables = spec.subset_variables or automatic_subsets(prepared)
    run.log(f"Subsets are formed by {', '.join(subset_variables)}", stage="validate")
    implicates = fuse(
        prepared.donor, model, m=spec.implicates, seed=spec.seed,
        progress=lambda share, words: progress(0.6 * share, words),
    )  # fmt: skip
    progress(0.6, "Comparing fused with observed values")
    result = validate(
        prepared.donor, implicates, subset_variables, weight=WEIGHT,
        progress=lambda share, words: progress(0.6 + 0.4 * share, words),
    )  # fmt: skip
    result.write(run.validation_folder)


def automatic_subsets(prepared: PreparedInput) -> tuple[str, ...]:
    """Choose predictors whose levels form validation subsets when the request names none.

    Preferred are harmonized categories with few levels, then harmonized numbers with many (they are
    clustered), in the order of similarity: what both surveys measure alike is what results will be
    broken down by.
    """
    kept = prepared.predictors[prepared.predictors["kept"]]
    harmonized = kept[kept["source"] == "harmony"]
    pool = harmonized if len(harmonized) else kept
    ranked = sorted(
        pool.to_dict("records"),
        key=lambda row: (
            not _has_few_levels(prepared.donor[row["predictor"]]),
            -float(row["similarity"]),
        ),
    )
    return tuple(str(row["predictor"]) for row in ranked[:MAXIMUM_SUBSET_VARIABLES])


def _has_few_levels(column: pd.Series[Any]) -> bool:
    return isinstance(column.dtype, pd.CategoricalDtype) and column.nunique() in _SUBSET_GROUPS


STAGE_FUNCTIONS: Final[dict[Stage, StageFunction]] = {
    "prepare": prepare_stage,
    "train": train_stage,
    "fuse": fuse_stage,
    "validate": validate_stage,
}
STAGE_TITLES: Final[dict[Stage, str]] = {
    "prepare": "Preparing donor and recipient",
    "train": "Training the models",
    "fuse": "Fusing",
    "validate": "Validating",
}
