"""Take over the variables of a recipe on the Fuse place."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from fusion_core.errors import InputError
from fusion_core.prepare import choose_predictors
from fusion_core.recipes import apply_recipe, find_recipe, recipe_names, with_second_stage
from fusion_core.summaries import counted
from fusion_core.workspace.runs import stages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from fusion_core.harmony.model import SurveyPair
    from fusion_core.prepare import PairOverview
    from fusion_core.recipes import Applied
    from harmony_app.fuse.state import FuseState
    from harmony_app.shell.session import Session


def recipes_of(pair: SurveyPair | None) -> list[dict[str, str]]:
    """Return the recipes of a pair's donor, each with its name and title."""
    if pair is None:
        return []
    recipes = [find_recipe(name) for name in recipe_names()]
    return [
        {"name": recipe.name, "title": recipe.title}
        for recipe in recipes
        if recipe.donor == pair.donor
    ]


def take_recipe(
    state: FuseState, session: Session, name: str, overview: PairOverview | None
) -> tuple[FuseState, str]:
    """Choose the variables of a recipe, after building those it builds.

    Parameters
    ----------
    state
        What is chosen, of which the pair stays.
    session
        Who chooses, and where.
    name
        The recipe.
    overview
        The predictors of the pair, which a second stage needs; ``None`` while they are not known.

    Returns
    -------
    FuseState
        The recipe's variables in place of those chosen.
    str
        What the donor lacks and which harmonies wait to be decided; empty if nothing.

    Raises
    ------
    InputError
        If nothing of it can be fused, or its second stage needs predictors that are not known yet.
    """
    if state.pair is None:
        raise InputError("No pair of surveys is chosen", fix="Harmonize a pair first")
    if name not in recipe_names():  # a path is for the command line alone
        raise InputError.unknown("recipe", name, recipe_names())
    session.require("harmonizer", "Building the variables of a recipe")
    recipe, workspace = find_recipe(name), session.workspace
    applied = apply_recipe(workspace, recipe, recipient=state.pair.recipient, author=session.user)
    if not applied.variables:
        raise InputError(
            f"None of the recipe's variables is in {state.pair.donor.title}",
            fix="Import its complete public files",
        )
    train = with_second_stage(
        recipe.second_stage,
        applied.variables,
        state.train.without_names(),
        _predictors(state, workspace.built_from(state.pair.donor), applied.variables, overview),
    )
    chosen = dataclasses.replace(
        state,
        steps=tuple((item,) for item in applied.variables),
        train=train,
        second_stage=stages_of(recipe.second_stage, applied.variables),
        name=recipe.title.partition(":")[0],
    )
    return chosen, " ".join(_to_say(applied))


def _to_say(applied: Applied) -> Iterator[str]:
    """Yield what a person should know: variables the donor lacks, harmonies that wait for them."""
    if applied.lacking:
        names = ", ".join(item for item, _ in applied.lacking)
        yield f"{applied.pair.donor.title} lacks {names}."
    if applied.asked:
        count = counted(len(applied.asked), "harmony differs", "harmonies differ")
        yield f"{count} in this vintage and wait as your drafts on Harmonize."


def _predictors(
    state: FuseState,
    built_from: dict[str, frozenset[str]],
    variables: tuple[str, ...],
    overview: PairOverview | None,
) -> Callable[[], pd.DataFrame]:
    def decided() -> pd.DataFrame:
        if overview is None:
            raise InputError(
                "The predictors of places are not known yet",
                fix="Choose the recipe again once the predictors are shown",
            )
        return choose_predictors(
            overview.predictors,
            variables,
            minimum_similarity=state.minimum_similarity,
            keep=state.keep,
            exclude=state.exclude,
            built_from=built_from,
        )

    return decided
