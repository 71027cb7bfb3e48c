"""Draw a stratified systematic sample of households in street order, some of whom refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_core.demo.world import logistic

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True)
class Drawn:
    """A drawn sample, in sort order.

    Attributes
    ----------
    row
        Row number of every sampled household in the population.
    weight
        Its base weight, the inverse of the sampling rate.
    responded
        Whether it took part.
    """

    row: Array
    weight: Array
    responded: Array


def draw_sample(
    households: pd.DataFrame, stratum: Array, expected: Array, rng: np.random.Generator
) -> Drawn:
    """Draw systematically within strata, every k-th household from a random start.

    Parameters
    ----------
    households
        The population in street order, strata standing together or not.
    stratum
        Stratum of each household, numbered from 0.
    expected
        Number of households to draw in each stratum.
    rng
        Source of randomness.
    """
    order = np.argsort(stratum, kind="stable")
    size = np.bincount(stratum, minlength=len(expected))
    rate = expected / size
    place = stratum[order]
    within = np.arange(len(order)) - (np.cumsum(size) - size)[place]
    start = rng.random(len(expected))
    ticks = np.floor((within + 1) * rate[place] + start[place])
    before = np.floor(within * rate[place] + start[place])
    chosen = ticks > before
    row = order[chosen]
    responded = rng.random(len(row)) < _response_chance(households.iloc[row])
    return Drawn(row, (1.0 / rate)[place[chosen]], responded)


def _response_chance(households: pd.DataFrame) -> Array:
    """Owners, older people and families answer more often."""
    score = (
        1.35
        + 0.5 * (households["ten"].to_numpy() <= 1)
        + 0.012 * (households["reference_agep"].to_numpy() - 50)
        + 0.15 * (households["np"].to_numpy() > 1)
        - 0.5 * households["urbanity"].to_numpy()
    )
    return logistic(score)
