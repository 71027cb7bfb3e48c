"""The second stage, declared on the page: pure functions state → state, and their form."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from fusion_core.errors import InputError
from fusion_core.recipes import with_second_stage
from fusion_core.workspace.runs import SecondStage, stages_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from harmony_app.fuse.state import FuseState

_OF_PLACES = "spatial"


def read_stage(message: Mapping[str, Any]) -> SecondStage:
    """Read what a person filled into the form.

    Raises
    ------
    InputError
        If it is not complete, or its parts do not go together.
    """
    text = {
        name: str(message.get(name, "")).strip()
        for name in ("variable", "by", "donors", "formula", "price", "title", "unit")
    }
    by = tuple(part.strip() for part in text.pop("by").split(",") if part.strip())
    return SecondStage(by=by, **text)


def add_stage(state: FuseState, stage: SecondStage, decided: pd.DataFrame) -> FuseState:
    """Put a variable into the second stage: drawn by few others and the place alone, or computed.

    Parameters
    ----------
    state
        The choices.
    stage
        The variable; one of the same name is replaced. A variable that is drawn is moved behind
        the others.
    decided
        What becomes of each predictor (`fusion_core.prepare.choose_predictors`).

    Raises
    ------
    InputError
        If it depends on what is not fused, is part of a block, or nothing is known of places.
    """
    where = f"second stage, '{stage.variable}'"
    others = [name for name in state.chosen if name != stage.variable]
    for name in stage.by:
        if name not in others:
            raise InputError.unknown("fusion variable", name, others, where=where)
    if not stage.formula:
        if stage.variable not in state.chosen:
            raise InputError.unknown("fusion variable", stage.variable, state.chosen, where=where)
        if (stage.variable,) not in state.steps:
            raise InputError(
                "A variable of a block is drawn with the others of the block",
                where=where,
                fix="Open the block first",
            )
    state = remove_stage(state, stage.variable)
    train = with_second_stage((stage,), state.chosen, state.train, lambda: decided)
    steps = state.steps
    if not stage.formula:
        own = (stage.variable,)
        steps = (*(step for step in steps if step != own), own)
    return dataclasses.replace(
        state, steps=steps, train=train, second_stage=(*state.second_stage, stage)
    )


def remove_stage(state: FuseState, name: str) -> FuseState:
    """Take a variable out of the second stage; one that is drawn knows every predictor again."""
    if name not in {stage.variable for stage in state.second_stage}:
        return state
    train = state.train.replace(
        predictors=tuple(item for item in state.train.predictors if item[0] != name),
        exclude=tuple(item for item in state.train.exclude if item[0] != name),
    )
    kept = tuple(stage for stage in state.second_stage if stage.variable != name)
    return dataclasses.replace(state, train=train, second_stage=kept)


def stages_data(state: FuseState, decided: pd.DataFrame | None) -> dict[str, Any]:
    """Describe the second stage, and what the form offers.

    Parameters
    ----------
    state
        The choices.
    decided
        What becomes of each predictor; ``None`` while that is not known.
    """
    made = stages_of(state.second_stage, state.chosen)
    prices: list[str] = []
    if decided is not None:
        of_places = decided["kept"] & (decided["source"] == _OF_PLACES)
        prices = [str(name) for name in decided.loc[of_places, "predictor"]]
    return {
        "rows": [
            {
                "name": stage.variable,
                "sentence": stage.sentence
                if stage in made
                else f"{stage.variable} is left out: it needs what is not fused.",
                "price": f"Compared with {stage.price} when the run has finished."
                if stage.price
                else "",
            }
            for stage in state.second_stage
        ],
        "variables": [name for step in state.steps if len(step) == 1 for name in step],
        "chosen": list(state.chosen),
        "prices": prices,
        "ready": decided is not None and bool(state.steps),
    }


__all__ = ["add_stage", "read_stage", "remove_stage", "stages_data"]
