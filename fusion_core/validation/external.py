"""External validation: fused estimates against an independent table of the same areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ExternalComparison:
    """Estimates beside independent values.

    Attributes
    ----------
    points
        One row per common area: ``area``, ``estimate``, ``moe``, ``external``, ``difference`` and
        ``within_moe`` (whether the external value lies within the margin of error).
    rank_correlation, correlation
        Spearman's and Pearson's correlation over areas.
    ratio_of_totals
        Sum of estimates over sum of external values; 1 is perfect for totals and counts.
    median_absolute_percent_error
        Of the estimates, relative to the external values that are not zero.
    share_within_moe
        Share of areas whose external value lies within the margin of error.
    only_estimated, only_external
        Areas that one side lacks.
    """

    points: pd.DataFrame
    rank_correlation: float
    correlation: float
    ratio_of_totals: float
    median_absolute_percent_error: float
    share_within_moe: float
    only_estimated: tuple[str, ...]
    only_external: tuple[str, ...]


def compare_external(
    estimates: pd.DataFrame,
    table: pd.DataFrame,
    *,
    area: str = "puma",
    table_area: str | None = None,
    value: str = "value",
) -> ExternalComparison:
    """Compare estimates by area with an independent table.

    Parameters
    ----------
    estimates
        Result of `fusion_core.estimates.analyze` for one statistic: `area`, ``estimate``, ``moe``.
    table
        The independent table, one row per area.
    area, table_area
        Area column of the estimates and of the table (by default the same).
    value
        Column of the table that holds the independent values.

    Raises
    ------
    InputError
        If a column is missing, an area appears twice or fewer than three areas are common.
    """
    key = table_area or area
    left = _keyed(estimates, area, ("estimate", "moe"), "estimates")
    right = _keyed(table, key, (value,), "table").rename(columns={value: "external"})
    points = left.join(right, how="inner").dropna(subset=["estimate", "external"])
    if len(points) < 3:  # noqa: PLR2004 - two points always lie on a line
        raise InputError(
            f"Only {len(points)} areas are in both tables",
            where=f"columns '{area}' and '{key}'",
            fix="Check that both write area codes alike, with leading zeros",
        )
    points["difference"] = points["estimate"] - points["external"]
    points["within_moe"] = points["difference"].abs() <= points["moe"]
    estimate = points["estimate"].to_numpy(dtype=np.float64)
    external = points["external"].to_numpy(dtype=np.float64)
    nonzero = external != 0
    percent = np.abs(estimate[nonzero] / external[nonzero] - 1.0)
    total = external.sum()
    return ExternalComparison(
        points=points.rename_axis("area").reset_index(),
        rank_correlation=_correlation(_ranks(points["estimate"]), _ranks(points["external"])),
        correlation=_correlation(estimate, external),
        ratio_of_totals=float(estimate.sum() / total) if total else float("nan"),
        median_absolute_percent_error=float(np.median(percent)) if len(percent) else float("nan"),
        share_within_moe=float(points["within_moe"].mean()),
        only_estimated=tuple(sorted(left.index.difference(right.index))),
        only_external=tuple(sorted(right.index.difference(left.index))),
    )


def _ranks(values: pd.Series[float]) -> NDArray[np.float64]:
    return np.asarray(values.rank(), dtype=np.float64)


def _keyed(table: pd.DataFrame, key: str, values: tuple[str, ...], where: str) -> pd.DataFrame:
    for name in (key, *values):
        if name not in table.columns:
            raise InputError.unknown("column", name, map(str, table.columns), where=where)
    keyed = table.set_index(table[key].astype(str))[list(values)]
    if keyed.index.has_duplicates:
        twice = keyed.index[keyed.index.duplicated()][0]
        raise InputError(
            f"Area '{twice}' appears more than once",
            where=where,
            fix="Give one row per area: one statistic, one level",
        )
    return keyed


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])
