"""Areas whose errors have parts in common: their ranks, and which differences are more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.estimates.api import TOP, Difference, with_ranks
from fusion_core.estimates.runs import Ranking
from fusion_core.estimates.variance import JointError, rank_sets
from fusion_core.records import Checked

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class JointAreas(Checked):
    """Estimates of areas with the joint error of all of them.

    Attributes
    ----------
    names
        The areas.
    estimates
        One row per area, as `fusion_core.estimates.analyze`.
    error
        Their joint error.
    sizes
        Households of each area, by which means and shares of several areas add up.
    sums
        Whether the estimates themselves add up, as totals and counts do.
    assumption
        What the joint error assumes, in a sentence.
    """

    names: tuple[str, ...]
    estimates: pd.DataFrame
    error: JointError
    sizes: Floats
    sums: bool
    assumption: str = ""

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        table = int(self.estimates.memory_usage(deep=True).sum())
        return self.error.shared.nbytes + table

    def ranking(self, *, lowest: bool = False, top: int = TOP, confidence: float = 0.90) -> Ranking:
        """Rank the areas, with the ranks each may have; see `fusion_core.estimates.rank`.

        Parameters
        ----------
        lowest, top, confidence
            As in `fusion_core.estimates.rank`.
        """
        values = self.estimates["estimate"].to_numpy(float)
        sets = rank_sets(-values if lowest else values, self.error, confidence=confidence)
        return Ranking(with_ranks(self.estimates, sets, top=top), sets)

    def difference(
        self, first: str, second: str | None = None, *, confidence: float = 0.90
    ) -> Difference:
        """Test whether two areas differ, or an area and all areas together.

        Parameters
        ----------
        first, second
            The areas; ``None`` for all of them.
        confidence
            Of the margin and the decision.

        Raises
        ------
        InputError
            If there is no such area.
        """
        from scipy import special

        one = self.row(first)
        other = self.row() if second is None else self.row(second)
        freedom = float(self.error.degrees_of_freedom[(one + other) > 0].min())
        t = float(special.stdtrit(freedom, 0.5 + confidence / 2))
        values = self.estimates["estimate"].to_numpy(float)
        found = [float(row @ values) for row in (one, other, one - other)]
        errors = [math.sqrt(self.variance(row)) for row in (one, other, one - other)]
        size = abs(found[2]) / errors[2] if errors[2] > 0 else math.nan
        return Difference(
            first=found[0],
            second=found[1],
            difference=found[2],
            standard_error=errors[2],
            moe=t * errors[2],
            degrees_of_freedom=freedom,
            p_value=float(2 * special.stdtr(freedom, -size)),
            confidence=confidence,
            first_moe=t * errors[0],
            second_moe=t * errors[1],
            assumption=self.assumption,
        )

    def row(self, *areas: str) -> Floats:
        """Return how areas add up, all without a name: sums of totals, means by their households.

        Parameters
        ----------
        areas
            The areas.

        Raises
        ------
        InputError
            If one is unknown.
        """
        inside = np.full(len(self.names), not areas)
        for area in areas:
            if area not in self.names:
                raise InputError.unknown("area", area, self.names)
            inside[self.names.index(area)] = True
        if self.sums:
            return inside.astype(float)
        weights = np.where(inside, self.sizes, 0.0)
        return np.asarray(weights / weights.sum(), dtype=np.float64)

    def variance(self, row: Floats) -> float:
        """Return the variance of a linear combination of the estimates.

        Parameters
        ----------
        row
            Factor of each area.
        """
        error = self.error
        found = float(((row @ error.shared) ** 2).sum() + (row**2 @ error.own))
        for moved, gap in error.donors:
            found += max(float(((row @ moved) ** 2).sum()), float(row @ gap) ** 2)
        return found


__all__ = ["JointAreas"]
