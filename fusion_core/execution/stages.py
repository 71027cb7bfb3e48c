"""The four stages of a run, each a function that reads what the one before it wrote.

The engine's libraries are imported where a stage needs them: a server that only starts and watches
runs never loads them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from fusion_core.errors import InputError
from fusion_core.execution.budget import available_cores
from fusion_core.execution.knowing import answer_known, known_settings
from fusion_core.execution.validating import (
    check_subset_variables,
    validate_inside,
    validate_out_of_fold,
)
from fusion_core.surveys.model import WEIGHT

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, Stage

Progress = Callable[[float, str], None]
StageFunction = Callable[["Workspace", "Run", Progress], None]


def prepare_stage(workspace: Workspace, run: Run, progress: Progress) -> None:
    """Write the fusion input."""
    from fusion_core.calibration import check_second_stage
    from fusion_core.prepare import prepare, write_prepared
    from fusion_core.prepare.assemble import WARNING

    spec = run.spec()
    prepared = prepare(workspace, spec, progress=progress)
    check_subset_variables(prepared, spec)
    check_second_stage(workspace, spec, prepared.predictors)
    for note in (*prepared.notes, *prepared.location):
        severity = {"severity": "warning"} if note.startswith(WARNING) else {}
        run.log(note, stage="prepare", **severity)
    write_prepared(prepared, run.input_folder)


def train_stage(workspace: Workspace, run: Run, progress: Progress) -> None:
    """Fit the models and write them."""
    from fusion_core.fusion import train
    from fusion_core.prepare import read_prepared
    from fusion_core.workspace.runs import drop_checkpoints

    del workspace
    spec = run.spec()
    prepared = read_prepared(run.input_folder)
    targets = [item if isinstance(item, str) else list(item) for item in spec.fusion_variables]
    model = train(
        prepared.donor,
        variables=targets,
        predictors=prepared.kept,
        weight=WEIGHT,
        given=prepared.given,
        donor_name=str(spec.pair.donor),
        seed=spec.seed,
        settings=spec.train,
        checkpoints=run.checkpoint_folder,
        progress=progress,
        scored=lambda name, skill: run.log(
            f"{name}: skill {skill:.2f} in households held out",
            stage="train",
            variable=name,
            skill=round(skill, 4),
        ),
    )
    for note in (*model.notes, *model.type_notes()):
        run.log(note, stage="train")
    model.save(run.model_folder)
    drop_checkpoints(run)


def fuse_stage(workspace: Workspace, run: Run, progress: Progress) -> None:
    """Draw the implicates for every recipient household and write them part by part."""
    from fusion_core.calibration import store_formulas
    from fusion_core.fusion import fuse_to_folder, open_implicates
    from fusion_core.prepare.storage import RECIPIENT_FILE

    del workspace
    spec = run.spec()
    fuse_to_folder(
        run.input_folder / RECIPIENT_FILE,
        run.model_folder,
        run.implicates_folder,
        implicates=spec.implicates,
        seed=spec.seed,
        threads=available_cores(),
        progress=progress,
    )
    for note in open_implicates(run.implicates_folder).notes:
        run.log(note, stage="fuse")
    store_formulas(run)


def reused_model(source: Run) -> StageFunction:
    """Return a stage that takes the model of another run in place of training one.

    Parameters
    ----------
    source
        The run whose model is taken.
    """

    def take(workspace: Workspace, run: Run, progress: Progress) -> None:
        """Copy the model once it is sure that the recipient brings what it was trained with."""
        from fusion_core.fusion import FusionModel
        from fusion_core.prepare import read_prepared

        del workspace
        progress(0.0, "Taking the model")
        model = FusionModel.load(source.model_folder)
        found = read_prepared(run.input_folder).recipient.columns
        lacking = [item.name for item in model.predictors if item.name not in found]
        if lacking:
            raise InputError(
                f"The model needs the predictor '{lacking[0]}', which {run.spec().pair.recipient.title}"
                " does not have",
                where=run.spec().pair.title,
                fix="Transfer the harmonies of the model's surveys to this pair, then apply again",
            )
        model.save(run.model_folder)
        run.log(f"The model is that of run {source.id}", stage="train")

    return take


def validate_stage(workspace: Workspace, run: Run, progress: Progress) -> None:
    """Fuse back onto the donor, compare with its answers, and ask what the recipient knows."""
    from fusion_core.calibration import compare_prices

    spec = run.spec()
    # With models to train anew the usual validation is a small part of the work.
    share = 0.3 if spec.out_of_fold else 1.0
    validate_usual(workspace, run, lambda done, words: progress(share * done, words))
    if spec.out_of_fold:
        validate_out_of_fold(
            run,
            spec.out_of_fold,
            lambda done, words: progress(share + (1.0 - share) * done, words),
        )
    compare_prices(workspace, run)


def validate_usual(workspace: Workspace, run: Run, progress: Progress) -> None:
    """Validate a run by its own model, and by what the recipient knows where it asks that.

    A run whose surveys allow no known answers is finished without them, and its log says why.
    """
    spec = run.spec()
    share = 0.5 if spec.known_answers else 1.0
    validate_inside(run, lambda done, words: progress(share * done, words))
    if not spec.known_answers:
        return
    try:
        answer_known(
            workspace,
            run,
            known_settings(spec),
            lambda done, words: progress(share + (1.0 - share) * done, words),
        )
    except InputError as error:
        run.log(f"No known answers: {error.message}", stage="validate")


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
