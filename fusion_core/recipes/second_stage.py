"""The run of a recipe, with a second stage whose variables know few others and the place alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.errors import InputError
from fusion_core.fusion.base import TrainSettings
from fusion_core.prepare import assemble, choose_predictors
from fusion_core.workspace.runs import RunSpec, stages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from fusion_core.recipes.applying import Applied
    from fusion_core.recipes.recipe import FusionRecipe
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import SecondStage

_OF_PLACES = "spatial"


def run_of_recipe(
    workspace: Workspace,
    recipe: FusionRecipe,
    applied: Applied,
    *,
    settings: TrainSettings,
    implicates: int,
    seed: int,
    minimum_similarity: float = 0.8,
) -> RunSpec:
    """Return the run that fuses a recipe's variables.

    A variable of the second stage is modelled with the predictors of places and the variables it is
    drawn by, without harmonized predictors and the other fused variables, or computed by a formula.

    Parameters
    ----------
    workspace, recipe, applied
        The workspace, the recipe, and what became of it there.
    settings
        Training settings.
    implicates, seed, minimum_similarity
        As in `fusion_core.workspace.runs.RunSpec`.

    Raises
    ------
    InputError
        If nothing can be fused, or the second stage has no predictors of places.
    """
    if not applied.variables:
        raise InputError(
            f"None of the recipe's variables is in {applied.pair.donor.title}",
            fix="Import its complete public files",
        )
    settings = with_second_stage(
        recipe.second_stage,
        applied.variables,
        settings,
        lambda: _predictors(workspace, applied, minimum_similarity),
    )
    return RunSpec(
        name=recipe.name,
        pair=applied.pair,
        fusion_variables=applied.variables,
        implicates=implicates,
        seed=seed,
        train=settings,
        preset=settings.preset_name(),
        minimum_similarity=minimum_similarity,
        second_stage=stages_of(recipe.second_stage, applied.variables),
    )


def with_second_stage(
    second_stage: Sequence[SecondStage],
    variables: Sequence[str],
    settings: TrainSettings,
    predictors: Callable[[], pd.DataFrame],
) -> TrainSettings:
    """Return settings by which variables of the second stage know places and few others alone.

    Parameters
    ----------
    second_stage
        The second stage; what is not fused or is computed changes no setting.
    variables
        What is fused, in order.
    settings
        Settings of all variables, without those of the second stage.
    predictors
        Returns the predictors with the columns `predictor`, `source` and `kept`; asked only where
        there is a second stage.

    Raises
    ------
    InputError
        If there are no predictors of places.
    """
    stages = [stage for stage in second_stage if stage.variable in variables and not stage.formula]
    if not stages:
        return settings
    table = predictors()
    kept = table["kept"] & (table["source"] == _OF_PLACES)
    places = tuple(map(str, table.loc[kept, "predictor"]))
    if not places:
        raise InputError(
            "The second stage draws expenditures by consumption and place, but the workspace knows"
            " nothing of places",
            fix="Add predictors of places with `harmony places add`, such as energy prices by state",
        )
    before = {stage.variable: variables[: variables.index(stage.variable)] for stage in stages}
    others = {
        stage.variable: tuple(name for name in before[stage.variable] if name not in stage.by)
        for stage in stages
    }
    return settings.replace(
        predictors=(*settings.predictors, *((stage.variable, places) for stage in stages)),
        exclude=(
            *settings.exclude,
            *((name, without) for name, without in others.items() if without),
        ),
    )


def _predictors(workspace: Workspace, applied: Applied, minimum_similarity: float) -> pd.DataFrame:
    return choose_predictors(
        assemble(workspace, applied.pair).table,
        applied.variables,
        minimum_similarity=minimum_similarity,
        built_from=workspace.built_from(applied.pair.donor),
    )
