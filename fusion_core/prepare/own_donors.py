"""Donors of a variable alone: households that meet a condition of the second stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from fusion_core.surveys.source import SurveySource
    from fusion_core.workspace.runs import SecondStage


def of_own_donors(
    donor: SurveySource, observed: pd.DataFrame, stages: Sequence[SecondStage]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Take a variable's answers from all donors but its own away, so that it is learned from these.

    Parameters
    ----------
    donor
        The survey.
    observed
        The fusion variables, one row per household in survey order.
    stages
        Conditions on donors, by variable.

    Returns
    -------
    DataFrame
        The answers that are learned from.
    tuple of str
        How many donors each such variable has, in sentences.

    Raises
    ------
    InputError
        If a condition is none, reads something unknown, or no donor with an answer meets it.
    """
    from fusion_core.harmony.expressions import ExpressionEngine, check_condition, mentioned_columns

    kept, told = observed.copy(), []
    variables = {item.name: item for item in donor.dictionary.answers("household")}
    for stage in stages:
        if not stage.donors or stage.variable not in observed:
            continue
        where = f"second stage, donors of '{stage.variable}'"
        checked = check_condition(stage.donors, variables, where=where)
        columns = [name for name in variables if name in mentioned_columns(stage.donors)]
        table = donor.columns("household", columns).reset_index(drop=True)
        meets = ExpressionEngine().evaluate(checked, table).astype("boolean").fillna(False)
        inside = meets.to_numpy(dtype=bool) & observed[stage.variable].notna().to_numpy()
        if observed.loc[inside, stage.variable].nunique() < 2:  # noqa: PLR2004 - one value needs no model
            raise InputError(
                "Fewer than two different answers are left among the donors that meet it",
                where=f"{where}: {stage.donors}",
                fix="Widen the condition, or leave it out",
            )
        kept[stage.variable] = observed[stage.variable].where(inside)
        told.append(
            f"{stage.variable} is learned from the {int(inside.sum()):,} donors where {stage.donors}."
        )
    return kept, tuple(told)


__all__ = ["of_own_donors"]
