"""A weighted sample as a distribution: cumulative shares, quantiles and distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WeightedSample:
    """Numbers in rising order with the share of weight up to each.

    Attributes
    ----------
    values
        Rising numbers.
    cumulated
        Share of the weight of values up to and including each; the last is 1.
    mean, deviation
        Weighted mean and standard deviation.
    """

    values: Floats
    cumulated: Floats
    mean: float
    deviation: float

    @classmethod
    def of(cls, values: NDArray[Any], weight: Floats) -> WeightedSample:
        """Order a sample.

        Parameters
        ----------
        values
            Array of shape (rows,) or (rows, M); every column counts alike.
        weight
            One weight per row.
        """
        matrix = np.asarray(values, dtype=np.float64).reshape(len(weight), -1)
        flat, mass = matrix.ravel(), np.repeat(weight / weight.sum(), matrix.shape[1])
        mass = mass / matrix.shape[1]
        mean = float(mass @ flat)
        deviation = float(np.sqrt(mass @ (flat - mean) ** 2))
        order = np.argsort(flat)
        cumulated = np.cumsum(mass[order])
        return cls(flat[order], cumulated / cumulated[-1], mean, deviation)

    def share_up_to(self, points: Floats) -> Floats:
        """Return the share of weight of values not above each point."""
        padded = np.concatenate([[0.0], self.cumulated])
        return np.asarray(padded[np.searchsorted(self.values, points, side="right")])

    def quantile(self, probability: float) -> float:
        """Return the smallest value with at least this share of weight up to it."""
        place = int(np.searchsorted(self.cumulated, probability * (1.0 - 1e-12)))
        return float(self.values[min(place, len(self.values) - 1)])


def distances(first: WeightedSample, second: WeightedSample) -> tuple[float, float]:
    """Return how far apart two distributions are, in two ways.

    * The largest difference of the cumulative distributions, 0 (equal) to 1: the statistic of
      Kolmogorov (1933) and Smirnov (1948). No test is made of it, because draws of one model are not
      independent of the data they are compared with.
    * ∫|F − G|, the mean distance that values move from one distribution to the other, in the unit of
      the values: the Wasserstein-1 or earth mover's distance (Vallender 1974).
    """
    points = np.union1d(first.values, second.values)
    gap = np.abs(first.share_up_to(points) - second.share_up_to(points))
    return float(gap.max()), float((gap[:-1] * np.diff(points)).sum())
