"""How large an area must be to be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.errors import InputError
from fusion_core.records import Checked

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Limit(Checked):
    """How unsure an estimate may be.

    Attributes
    ----------
    value
        Largest coefficient of variation, or largest margin of error in the units of the estimate.
    relative
        Whether it is a coefficient of variation.

    Raises
    ------
    InputError
        If it is not above 0.
    """

    value: float
    relative: bool = True

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        if not self.value > 0:
            raise InputError(
                f"The largest error allowed must be above 0; got {self.value:g}", fix="Such as 0.12"
            )

    def errors(self, estimates: pd.DataFrame) -> pd.DataFrame:
        """Return ``area``, ``estimate``, ``error`` and ``size`` of small-area estimates, for merging."""
        error = "standard_error" if self.relative else "moe"
        named = estimates.rename(columns={error: "error", "households": "size"})
        return named[["area", "estimate", "error", "size"]]

    def size_needed(self, estimates: pd.DataFrame) -> float:
        """Return how many households an area must have for its estimate to be sure enough.

        Errors fall about with the root of the size, so each area tells a size; their median is
        returned, NaN where no area has an error.

        Parameters
        ----------
        estimates
            Of small areas, one row each (`small_area_estimates`).
        """
        own = self.errors(estimates)
        wanted = self.value * own["estimate"].abs() if self.relative else self.value
        with np.errstate(divide="ignore", invalid="ignore"):
            needed = (own["size"] * (own["error"] / wanted) ** 2).to_numpy(float)
        known = needed[np.isfinite(needed)]
        return float(np.median(known)) if len(known) else float("nan")


__all__ = ["Limit"]
