"""Compare estimates with the known truth of the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace


def read_truth(
    workspace: Workspace, *, area_kind: str = "puma", subgroup: str = "all"
) -> pd.DataFrame:
    """Return the true values of one kind of area and one subgroup.

    Parameters
    ----------
    workspace
        The demo workspace.
    area_kind
        ``state``, ``region`` or ``puma``.
    subgroup
        Name from ``truth/subgroups.json``.

    Returns
    -------
    pandas.DataFrame
        `area_id`, `variable`, `level`, `statistic`, `value`, `households`.
    """
    truth = pd.read_parquet(workspace.path / "truth" / "truth.parquet")
    mine = truth[(truth["area_kind"] == area_kind) & (truth["subgroup"] == subgroup)]
    return mine.drop(columns=["area_kind", "subgroup"]).reset_index(drop=True)


def compare_with_truth(
    estimates: pd.DataFrame, truth: pd.DataFrame, *, area: str = "puma"
) -> pd.DataFrame:
    """Say how near estimates are to the truth, and how often their margins of error hold it.

    Parameters
    ----------
    estimates
        As `fusion_core.estimates.runs.estimate_run.area_estimates` by `area`.
    truth
        As `read_truth`.
    area
        Column of `estimates` that names areas.

    Returns
    -------
    pandas.DataFrame
        One row per variable, level and statistic: `areas`, `typical_error` (median of
        |estimate − truth| / truth), `coverage` (share of areas whose interval holds the truth),
        and `correlation` of estimate and truth over areas.
    """
    keys = ["variable", "level", "statistic"]
    left = estimates.assign(
        level=estimates["level"].astype(object).where(estimates["level"].notna(), "").astype(str),
        area_id=estimates[area].astype(str),
    )
    both = left.merge(truth, on=["area_id", *keys], validate="one_to_one")
    value = both["value"]
    both["error"] = (both["estimate"] - value).abs() / value.abs().where(value != 0)
    both["holds"] = (both["lower"] <= value) & (value <= both["upper"])
    rows = []
    for names, own in both.groupby(keys, sort=False):
        spread = own["estimate"].std() > 0 and own["value"].std() > 0
        rows.append(
            {
                **dict(zip(keys, names, strict=True)),
                "areas": len(own),
                "typical_error": float(own["error"].median()),
                "coverage": float(own["holds"].mean()),
                "correlation": float(own["estimate"].corr(own["value"])) if spread else np.nan,
            }
        )
    return pd.DataFrame(rows)
