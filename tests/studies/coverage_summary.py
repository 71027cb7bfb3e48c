"""How often margins of error hold the truth, and why not: pure functions of repeated estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

CELL: Final = ["world", "dimension", "group", "variable", "level", "statistic"]
"""What names one true value."""
KINDS: Final = {
    "sqft": "continuous",
    "elec_kwh": "continuous",
    "gas_therms": "zero-inflated",
    "main_ac": "categorical",
    "insecure": "categorical",
    "share_heat": "block of shares",
    "share_cool": "block of shares",
    "share_other": "block of shares",
}
FUSED_DIMENSIONS: Final = {
    "insecure": ("insecure",),
    "main_ac": ("main_ac",),
    "insecure and main_ac": ("insecure", "main_ac"),
    "home and insecure": ("home", "insecure"),
}
"""Groups formed by fused variables, alone, jointly, and beside an answer of the recipient."""
_Z: Final = 1.645


def with_holds(estimates: pd.DataFrame) -> pd.DataFrame:
    """Add whether each interval holds the truth, the kind of variable and the kind of group.

    An estimate whose margin is said to be unknown claims nothing, and is left out.

    Parameters
    ----------
    estimates
        One row per repeat, method and cell with `CELL`, `method`, `repeat`, `estimate`, `moe`,
        `lower`, `upper`, `value`, the truth, and `unseen`, its part that no predictor shows.
    """
    estimates = estimates[np.isfinite(estimates["moe"])]
    inside = (estimates["lower"] <= estimates["value"]) & (estimates["value"] <= estimates["upper"])
    return estimates.assign(
        holds=inside,
        kind=estimates["variable"].map(KINDS),
        groups=np.select(
            [estimates["dimension"] == "puma", estimates["dimension"].isin(list(FUSED_DIMENSIONS))],
            ["PUMAs", "fused subgroups"],
            "subgroups",
        ),
    )


def coverage(held: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return the share of intervals that hold the truth, with its standard error over repeats.

    Groups of one repeat share their samples, so the standard error is that of the mean over repeats
    of each repeat's share.

    Parameters
    ----------
    held
        As returned by `with_holds`.
    by
        Columns to tell apart.

    Returns
    -------
    pandas.DataFrame
        `by`, `coverage`, `error` (both in per cent) and `intervals`.
    """
    keys = [*dict.fromkeys([*by, "world", "repeat"])]
    repeats = held.groupby(keys, sort=False, observed=True)["holds"]
    each = repeats.agg(["mean", "size"]).reset_index()
    found = each.groupby(list(by), sort=False, observed=True).agg(
        coverage=("mean", "mean"),
        spread=("mean", "std"),
        repeats=("mean", "size"),
        intervals=("size", "sum"),
    )
    found["error"] = 100 * found["spread"] / np.sqrt(found["repeats"])
    found["coverage"] *= 100
    return found.drop(columns=["spread", "repeats"]).reset_index()


def causes(held: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Compare the margins with the errors that were made, cell by cell.

    Parameters
    ----------
    held
        As returned by `with_holds`, of one method.
    by
        Columns to tell apart.

    Returns
    -------
    pandas.DataFrame
        `by` and, medians over cells: `margin_to_error` (margin of error over 1.645 root mean square
        errors) and `margin_to_spread` (the same with the standard deviation over repeats); means over
        cells: `bias_share` and `unseen_share`, the shares of the mean square error that are squared
        bias and the square of `unseen`.
    """
    work = held.assign(error=held["estimate"] - held["value"])
    cells = work.groupby([*dict.fromkeys([*by, *CELL])], sort=False, observed=True)
    table = cells.agg(
        bias=("error", "mean"),
        spread=("error", "std"),
        margin=("moe", "mean"),
        repeats=("error", "size"),
        unseen=("unseen", "first"),
    )
    square = table["bias"] ** 2 + table["spread"] ** 2 * (1 - 1 / table["repeats"])
    # The mean error of a finite number of repeats is off by chance; that part is no bias.
    bias = (table["bias"] ** 2 - table["spread"] ** 2 / table["repeats"]).clip(lower=0)
    table["margin_to_error"] = table["margin"] / (_Z * np.sqrt(square))
    table["margin_to_spread"] = table["margin"] / (_Z * table["spread"])
    table["bias_share"] = bias / square
    table["unseen_share"] = table["unseen"] ** 2 / square
    grouped = table.reset_index().groupby(list(by), sort=False, observed=True)
    result = grouped[["margin_to_error", "margin_to_spread"]].median()
    return result.join(grouped[["bias_share", "unseen_share"]].mean()).reset_index()
