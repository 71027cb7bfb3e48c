"""Whether amounts carry the price level of each place: spending ÷ use against known local prices.

Spending that is learned from a donor mixes the prices of the places its households come from. Made of
use and local prices, or learned from use and location, it should repeat what is known of prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import EstimateCache, area_estimates
from fusion_core.records import Checked

if TYPE_CHECKING:
    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

_Z90: Final = 1.645
_FEWEST: Final = 3
_ROUNDING: Final = 1e-6


@dataclass(frozen=True)
class PriceCheck(Checked):
    """Prices that a run implies against known ones.

    Attributes
    ----------
    table
        One row per PUMA: ``puma``, ``implied`` (spending ÷ use) with its ``moe``, ``known``, both
        divided by their average over households, and ``agrees`` where the margin holds the known one.
    slope
        By how many percent implied prices differ where known ones differ by one percent: 1 where
        local price levels are matched, 0 where they are flattened away.
    correlation
        Of the logarithms of both.
    """

    table: pd.DataFrame
    slope: float
    correlation: float

    @property
    def sentence(self) -> str:
        """Return what it shows, in a sentence."""
        met = f"{100 * self.table['agrees'].mean():.0f} % of PUMAs agree within their margins"
        return (
            f"Where known prices differ by 1 %, those implied differ by {self.slope:.2f} %; "
            f"correlation {self.correlation:.2f}; {met}."
        )


def check_prices(
    workspace: Workspace,
    source: Run | Combination,
    *,
    spending: str,
    use: str,
    price: str,
    cache: EstimateCache | None = None,
) -> PriceCheck:
    """Compare spending ÷ use in every PUMA with a column of known local prices.

    Only price levels relative to each other are compared, so units do not matter.

    Parameters
    ----------
    workspace
        The project.
    source
        A finished run, or several together.
    spending, use
        Variables of the run, fused or derived.
    price
        Column of its households with the known price of the place, such as ``energy.price``.
    cache
        Keeps data between calls.

    Raises
    ------
    InputError
        If there is no such column, it is not a number, or fewer than three PUMAs have a price.
    """
    store = EstimateCache() if cache is None else cache
    loaded = store.source(workspace, source)
    if price not in loaded.table.columns:
        raise InputError.unknown("column", price, map(str, loaded.table.columns))
    if not pd.api.types.is_numeric_dtype(loaded.table[price]):
        raise InputError(f"'{price}' is not a number", fix="Name a column of prices")
    ratio = Statistic("ratio", spending, denominator=use)
    found = area_estimates(workspace, source, ratio, ("puma",), cache=store)
    puma = loaded.table["puma"].astype(str).to_numpy()
    local = pd.to_numeric(loaded.table[price]).groupby(puma).mean()
    weight = pd.Series(loaded.weights.full).groupby(puma).sum()
    names = found["puma"].astype(str)
    table = pd.DataFrame(
        {
            "puma": names,
            "implied": found["estimate"],
            "moe": found["standard_error"].fillna(0.0) * _Z90,  # one price for all has no error
            "known": names.map(local),
            "households": names.map(weight),
        }
    )
    table = table[(table["implied"] > 0) & (table["known"] > 0)].reset_index(drop=True)
    if len(table) < _FEWEST:
        raise InputError(
            f"Only {len(table)} PUMAs have both a price and use", fix="Choose another price column"
        )
    weights = table.pop("households").to_numpy(float)
    for name in ("implied", "known"):
        average = float(np.average(table[name], weights=weights))
        if name == "implied":
            table["moe"] /= average
        table[name] /= average
    table["agrees"] = (table["implied"] - table["known"]).abs() <= table["moe"] + _ROUNDING
    return PriceCheck(table, *_line(table, weights))


def _line(table: pd.DataFrame, weights: np.ndarray) -> tuple[float, float]:
    x, y = (np.log(table[name].to_numpy(float)) for name in ("known", "implied"))
    x, y = x - np.average(x, weights=weights), y - np.average(y, weights=weights)
    variance = float(np.average(x * x, weights=weights))
    if variance == 0:
        raise InputError(
            "The known price is the same everywhere", fix="Choose a column that differs by place"
        )
    together = float(np.average(x * y, weights=weights))
    spread = float(np.average(y * y, weights=weights))
    return together / variance, together / np.sqrt(variance * spread) if spread > 0 else 0.0


__all__ = ["PriceCheck", "check_prices"]
