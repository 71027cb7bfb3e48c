"""Fused values of areas beside the answers of the same households."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AreaDifferences:
    """Fused and answered means of every area, one entry per area; NaN without two households.

    Attributes
    ----------
    households
        Households with an answer.
    fused, answer
        Weighted means of the mean draw and of the answer.
    sampling
        Sampling variance of fused minus answer, which are of the same households.
    answer_sampling
        That of the answer.
    unexplained
        Mean variance of a household's draws: what the model does not know of a household.
    """

    households: NDArray[np.intp]
    fused: Floats
    answer: Floats
    sampling: Floats
    answer_sampling: Floats
    unexplained: Floats

    @property
    def difference(self) -> Floats:
        """Fused minus answer."""
        return self.fused - self.answer


def area_differences(
    draws: Floats, answers: Floats, weights: Floats, areas: NDArray[np.intp], count: int
) -> AreaDifferences:
    """Compare the draws of households with their answers, area by area.

    Sampling variances are those of weighted means of independently drawn households, linearized
    (Särndal, Swensson and Wretman 1992, section 5.7).

    Parameters
    ----------
    draws
        Shape (households, M).
    answers
        NaN for households without one.
    weights, areas
        Weight and area of each household; areas are counted from 0.
    count
        Number of areas.
    """
    known = ~np.isnan(answers) & (weights > 0)
    draws, answers, weights, areas = draws[known], answers[known], weights[known], areas[known]
    fused = draws.mean(axis=1)
    households = np.bincount(areas, minlength=count)

    def added(values: Floats) -> Floats:
        return np.bincount(areas, values, minlength=count).astype(np.float64)

    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.where(households > 1, added(weights), np.nan)

        def mean(values: Floats) -> Floats:
            return np.asarray(added(weights * values) / total)

        def variance(values: Floats) -> Floats:
            residual = values - mean(values)[areas]
            scale = households / (households - 1.0)
            return np.asarray(scale * added(np.square(weights * residual)) / total**2)

        return AreaDifferences(
            households,
            mean(fused),
            mean(answers),
            variance(fused - answers),
            variance(answers),
            mean(draws.var(axis=1, ddof=1)),
        )
