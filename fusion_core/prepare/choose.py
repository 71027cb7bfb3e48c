"""Decide which predictors a run uses, and say why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import pandas as pd

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from fusion_core.fusion.base import TrainSettings


def flat_names(fusion_variables: Sequence[str | Sequence[str]]) -> list[str]:
    """List the fusion variables in order, blocks opened.

    Raises
    ------
    InputError
        If a variable occurs twice or a block is empty.
    """
    names: list[str] = []
    for item in fusion_variables:
        members = [item] if isinstance(item, str) else list(item)
        if not members:
            raise InputError("A block is empty", fix="Put at least two variables into it")
        names += members
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InputError(
            f"Fusion variable '{min(twice)}' is chosen twice", fix="Choose each variable once"
        )
    return names


def choose_predictors(
    table: pd.DataFrame,
    fusion_variables: Collection[str],
    *,
    minimum_similarity: float = 0.8,
    keep: Collection[str] = (),
    exclude: Collection[str] = (),
    built_from: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """Mark each predictor as kept or left out.

    Parameters
    ----------
    table
        One row per predictor, as `PredictorPool.table`.
    fusion_variables
        Donor variables to fuse; a predictor made from one of them would reveal its answer.
    minimum_similarity
        Predictors whose weighted distributions in donor and recipient are less similar are left
        out: they would carry a difference between questionnaires into the fused values.
    keep, exclude
        Predictors kept in spite of a low similarity, or left out in spite of a high one.
    built_from
        What every derived variable of the donor is built from: one that is built from a fused
        variable would reveal its answer too.

    Returns
    -------
    pandas.DataFrame
        The table with the columns `kept` (bool) and `reason` (a clause; empty when nothing needs
        saying).

    Raises
    ------
    InputError
        If `keep` or `exclude` names no predictor, or both name the same one.
    """
    known = list(table["predictor"])
    for name in (*keep, *exclude):
        if name not in known:
            raise InputError.unknown("predictor", name, known)
    both = sorted(set(keep) & set(exclude))
    if both:
        raise InputError(f"Predictor '{both[0]}' is both kept and excluded", fix="Choose one")
    decisions = [
        _decide(
            row,
            _revealed(row["donor_variable"], fusion_variables, built_from or {}),
            minimum_similarity,
            keep,
            exclude,
        )
        for row in table.to_dict("records")
    ]
    return table.assign(
        kept=[kept for kept, _ in decisions], reason=[reason for _, reason in decisions]
    )


def check_named(
    table: pd.DataFrame, fusion_variables: Collection[str], settings: TrainSettings
) -> None:
    """Check that predictors the training settings name are among those kept.

    Parameters
    ----------
    table
        Predictors with the columns `kept` and `reason` (see `choose_predictors`).
    fusion_variables
        Names that settings may give besides.
    settings
        Training settings.

    Raises
    ------
    InputError
        Naming the first that is unknown or left out, and why.
    """
    reasons = {
        row["predictor"]: row["reason"] for row in table.to_dict("records") if not row["kept"]
    }
    known = [*table["predictor"], *fusion_variables]
    for name in settings.named():
        if name not in known:
            raise InputError.unknown("predictor", name, known, where="the training settings")
        if name in reasons:
            raise InputError(
                f"The training settings name the predictor '{name}', which is left out",
                where=reasons[name],
                fix="Keep it anyway, or take its name out of the settings",
            )


def _revealed(
    variable: str, fusion_variables: Collection[str], built_from: Mapping[str, Collection[str]]
) -> str:
    """Say why a predictor made from a donor variable would reveal a fused one; empty if it does not."""
    if variable in fusion_variables:
        return f"made from {variable}, which is fused"
    fused = sorted(set(built_from.get(variable, ())) & set(fusion_variables))
    return f"made from {variable}, which is built from {fused[0]}, which is fused" if fused else ""


def _decide(
    row: dict[Any, Any],
    revealed: str,
    minimum_similarity: float,
    keep: Collection[str],
    exclude: Collection[str],
) -> tuple[bool, str]:
    if row["problem"]:
        return False, str(row["problem"])
    if revealed:
        return False, revealed
    if row["predictor"] in exclude:
        return False, "left out by choice"
    score = float(row["similarity"])
    if score >= minimum_similarity:
        return True, ""
    # Two decimals would say that 0.80 is below 0.80.
    decimals = 2 if round(score, 2) < round(minimum_similarity, 2) else 4
    low = f"similarity {score:.{decimals}f} is below {minimum_similarity:.2f}"
    if isnan(score):
        low = "one side has no answer left to compare"
    return (True, f"kept by choice: {low}") if row["predictor"] in keep else (False, low)
