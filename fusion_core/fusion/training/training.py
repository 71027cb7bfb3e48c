"""Train: from donor microdata to a fusion model."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fusion_core.arguments import PathLike, path_of
from fusion_core.fusion.base import Progress, TrainSettings, no_report
from fusion_core.fusion.model import FusionModel, Step
from fusion_core.fusion.training._donors import Donors
from fusion_core.fusion.training._encoding import encode_donor
from fusion_core.fusion.training._fitting import Scored, fit_variables
from fusion_core.fusion.training._forest_steps import check_forest_memory, forest_steps
from fusion_core.fusion.training._placing import place_donors
from fusion_core.fusion.training._variable_fits import FittedVariable
from fusion_core.fusion.training.checking import (
    Given,
    Predictors,
    Variables,
    check_asked,
    check_donor,
    check_name,
)
from fusion_core.fusion.training.checkpoints import record_seed, seed_or_recorded

if TYPE_CHECKING:
    from fusion_core.frames import Table

BOOSTING_SHARE: Final = 0.6
"""Of the time of a training whose forests follow boosted trees."""
FOREST_NOTE: Final = (
    "Fused back onto its own donor, a forest often draws a household's own answers: judge it by unseen "
    "households."
)


def train(
    donor: Table,
    variables: Variables | None = None,
    predictors: Predictors | None = None,
    *,
    weight: str | None = None,
    donor_name: str = "",
    given: Given | None = None,
    seed: int | None = None,
    settings: TrainSettings | None = None,
    checkpoints: PathLike | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    scored: Scored | None = None,
    y: Variables | None = None,
    x: Predictors | None = None,
) -> FusionModel:
    """Model the distribution of donor variables given the predictors shared with the recipient.

    Parameters
    ----------
    donor
        One row per household: a pandas or polars frame, an Arrow table or a DuckDB relation.
        Categorical columns are nominal, or ordered if their categories are; text and booleans are
        nominal; numbers are continuous, or zero-inflated when they pass the zero-inflation test.
        `TrainSettings.types` overrides this.
    variables
        Fusion variables in fusion order; a nested list is a block, whose values are drawn together
        from one donor record so that identities among them hold.
    predictors
        Predictors, harmonized with the recipient: a list, or a list per fusion variable (a block's
        variables each have their own). Fusion variables drawn earlier are predictors too, unless
        `TrainSettings.exclude` says otherwise.
    weight
        Column of survey weights; scaled to mean 1.
    donor_name
        Name of the donor survey, such as ``"RECS 2020"``. With the variable's name it names the random
        numbers the variable is drawn with; without it, weights and answers of the donors do.
    given
        Variables whose distribution in the recipient is known, such as the density class of the
        neighbourhood: the columns of the recipient with the probability of each level, in the order of
        the levels. They come before the fusion variables in the chain, which learn from the donor's
        own values; fusing draws them anew for each implicate.
    seed
        Seed of every random choice; the result does not depend on `TrainSettings.workers`. A random
        one when left out, or the one an interrupted call left in `checkpoints`; the model tells.
    settings
        Training settings; the published defaults when left out.
    checkpoints
        Folder where each variable's models are kept once they are fitted, so that an interrupted
        call with the same donor and settings goes on where it stopped.
    executor
        Fits folds and models, such as ``dask.distributed.Client(…).get_executor()``; threads of this
        process when left out. The result does not depend on it.
    progress
        Called with the share done and a sentence, several times a second; may raise to stop, which
        acts before the next tree is grown.
    scored
        Called with the name of each fusion variable and its skill once its model is there: the share
        of the loss of the best constant prediction that the model saves, in households held out.
    y, x
        Short names of `variables` and `predictors`.

    Raises
    ------
    InputError
        If a column is missing, repeated or used twice, a weight is not a number of at least 0, or a
        fusion variable cannot be learned. Nothing has been fitted then.

    Notes
    -----
    Source: Ummel, Poblete-Cazenave, Akkiraju et al. (2024), "Multidimensional well-being of US
    households at a fine spatial scale using fused household surveys", Methods.
    """
    report = progress or no_report
    report(0.0, "Checking the donor")
    folder = None if checkpoints is None else path_of(checkpoints, "checkpoints")
    asked = check_asked(variables, predictors, settings, weight, given=given, y=y, x=x)
    chosen, name = seed_or_recorded(seed, folder), check_name(donor_name)

    checked = check_donor(donor, asked)
    donors = encode_donor(checked, seed=chosen, name=name)
    if donors.settings.draws_from_forest:
        check_forest_memory(donors)
    if seed is None:
        record_seed(chosen, folder)
    return _model(donors, _steps(donors, folder, executor, report, scored or _tell_nobody), weight)


def _steps(
    donors: Donors,
    folder: Path | None,
    executor: Executor | None,
    report: Progress,
    scored: Scored,
) -> tuple[Step, ...]:
    """Fit what the method asks for, and put it into the steps of the chain."""
    settings = donors.settings
    fitted: tuple[FittedVariable, ...] = ()
    listed: tuple[Step, ...] = ()
    begin = (BOOSTING_SHARE if settings.draws_from_forest else 1.0) if settings.is_boosted else 0.0

    def first(share: float, words: str) -> None:
        report(begin * share, words)

    def then(share: float, words: str) -> None:
        report(begin + (1.0 - begin) * share, words)

    if settings.is_boosted:
        fitted = fit_variables(donors, folder, executor, first, scored)
    if settings.lists_donors:
        listed = place_donors(donors, fitted, first)
    if not settings.draws_from_forest:
        return listed
    return forest_steps(
        donors, fitted, listed, then, scored=scored, folder=folder, executor=executor
    )


def _forest_notes(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Say what forests mean for a validation, where there are any."""
    return (FOREST_NOTE,) if any(step.forest is not None for step in steps) else ()


def _model(donors: Donors, steps: tuple[Step, ...], weight: str | None) -> FusionModel:
    return FusionModel(
        predictors=donors.predictors,
        fill=donors.fill(),
        steps=steps,
        values={item.name: donors.fused[:, i] for i, item in enumerate(donors.fused_types)},
        weights=donors.weights,
        settings=donors.settings,
        seed=donors.seed,
        notes=(*donors.notes, *_forest_notes(steps)),
        missing=donors.missing(),
        donor=donors.name,
        exact=donors.exact,
        weight=weight or "",
    )


def _tell_nobody(name: str, skill: float) -> None:
    """Let the skill of a variable be."""
