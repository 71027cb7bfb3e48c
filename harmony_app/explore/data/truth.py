"""True values of areas, where a workspace's population is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from fusion_core.errors import InputError
from harmony_app.explore.view import OWN_PLACES, SMALL_KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.workspace.layout import Workspace
    from harmony_app.explore.view import EstimateRequest


def true_values(workspace: Workspace) -> Path:
    """Return where a workspace with a known population keeps its true values, existing or not."""
    return workspace.path / "truth" / "truth.parquet"


def true_value(workspace: Workspace, request: EstimateRequest, area: str) -> float | None:
    """Return the true value of an area, where the population is known and it was stored.

    Only for whole areas: the truth of a typed subgroup is not stored.
    """
    path, kinds = true_values(workspace), [("area_kind", "==", request.area_kind)]
    if request.area_kind.startswith(OWN_PLACES):
        return None
    if request.area_kind in SMALL_KINDS:
        path, kinds = path.with_name("block_groups.parquet"), []
    if not path.exists() or request.where:
        return None
    try:
        table = pd.read_parquet(path, filters=[("area_id", "==", area), *kinds])
    except (OSError, ValueError) as error:
        raise InputError("The true values cannot be read", where=str(path)) from error
    statistic = request.statistic
    rows = table[
        (table["variable"] == statistic.variable)
        & (table["statistic"] == statistic.kind)
        & (table["level"].fillna("") == (statistic.level or ""))
    ]
    if "subgroup" in rows:
        rows = rows[rows["subgroup"].fillna("").isin(["", "all"])]
    return float(rows["value"].iloc[0]) if len(rows) == 1 else None
