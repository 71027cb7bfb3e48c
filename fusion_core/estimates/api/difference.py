"""The difference of a statistic between two groups, as one answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.estimates.api.contrast_frame import CONTRAST_COLUMNS
from fusion_core.records import Checked
from fusion_core.summaries import Summarized

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import Statistic

    Mask = NDArray[np.bool_]
    Floats = NDArray[np.float64]


_NUMBERS_OF_A_DIFFERENCE = frozenset(CONTRAST_COLUMNS) - {
    "variable",
    "level",
    "statistic",
    "p_adjusted",
    "differs",
    "assumption",
}


@dataclass(frozen=True, repr=False)
class Difference(Checked, Summarized):
    """The difference of a statistic between two groups, and whether it is more than chance.

    Attributes
    ----------
    first, second, first_moe, second_moe
        Estimates of the two groups and their margins of error.
    difference
        First minus second.
    standard_error, moe
        Of the difference.
    degrees_of_freedom
        Of the t distribution of the test; infinite for a normal one.
    p_value
        Two-sided: how often so large a difference would appear if there were none.
    confidence
        Level of the margin and of the decision.
    ratio, ratio_moe
        First over second, and its margin of error.
    assumption
        What was assumed for want of something better; empty when nothing was.
    comparisons
        Among how many comparisons this one was chosen.
    p_adjusted
        The p-value adjusted for that choice (Holm 1979); NaN for one comparison.
    """

    first: float
    second: float
    difference: float
    standard_error: float
    moe: float
    degrees_of_freedom: float
    p_value: float
    confidence: float
    first_moe: float = float("nan")
    second_moe: float = float("nan")
    ratio: float = float("nan")
    ratio_moe: float = float("nan")
    assumption: str = ""
    comparisons: int = 1
    p_adjusted: float = float("nan")

    def _facts(self) -> dict[str, object]:
        return {
            "first": f"{self.first:,.4g} ± {self.first_moe:,.3g}",
            "second": f"{self.second:,.4g} ± {self.second_moe:,.3g}",
            "difference": f"{self.difference:,.4g} ± {self.moe:,.3g}",
            "p-value": f"{self.decisive_p:.3g}",
            "confidence": f"{100 * self.confidence:g} %",
            "assumption": self.assumption,
        }

    @property
    def decisive_p(self) -> float:
        """The p-value that decides: adjusted where this comparison was chosen among several."""
        return self.p_value if self.comparisons == 1 else self.p_adjusted

    @property
    def is_significant(self) -> bool:
        """Whether the difference is more than chance explains, allowing for how it was chosen."""
        return self.decisive_p < 1.0 - self.confidence

    def chosen_among(self, comparisons: int, p_adjusted: float) -> Difference:
        """Return the difference as one that was chosen among several.

        Parameters
        ----------
        comparisons
            Number of comparisons.
        p_adjusted
            The p-value adjusted for their number.
        """
        return replace(self, comparisons=comparisons, p_adjusted=p_adjusted)

    def frame(self, statistic: Statistic) -> pd.DataFrame:
        """Return one row with the columns `CONTRAST_COLUMNS`."""
        row = {name: getattr(self, name, np.nan) for name in CONTRAST_COLUMNS}
        row |= {
            "variable": statistic.variable,
            "level": statistic.level or "",
            "statistic": statistic.kind,
            "p_adjusted": self.decisive_p,
            "differs": self.is_significant,
        }
        return pd.DataFrame([row])


def difference_of(row: pd.Series[Any], *, confidence: float) -> Difference:
    """Return a row of `contrast_frame` as a difference of its own, not one of many."""
    numbers: dict[str, Any] = {name: float(row[name]) for name in _NUMBERS_OF_A_DIFFERENCE}
    return Difference(**numbers, confidence=confidence, assumption=str(row["assumption"]))
