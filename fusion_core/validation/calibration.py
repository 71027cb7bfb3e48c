"""How honest the ranges of the draws are: how often they hold the true value, and how wide they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.validation.samples import WeightedSample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.implicates import Implicates

    Floats = NDArray[np.float64]

LEVELS: Final = (0.5, 0.8, 0.9)
COVERAGE_COLUMNS: Final = ("variable", "level", "held", "below", "above", "width")


def coverage_table(
    observed: pd.DataFrame,
    implicates: Implicates,
    weight: Floats,
    levels: tuple[float, ...] = LEVELS,
) -> pd.DataFrame:
    """Say how often the central range of a household's draws holds its true value.

    A true value's place among the draws is its randomised probability integral transform: with l
    draws below it and t equal to it, u is uniform between l / (M + 1) and (l + t + 1) / (M + 1)
    (Czado, Gneiting and Held 2009, *Predictive model assessment for count data*, Biometrics 65).
    Of a perfect model u is uniform whatever M is and however many values are equal – zeros,
    rounded numbers – so that the central range of probability `level` holds exactly `level`.

    Parameters
    ----------
    observed, implicates, weight
        As for `fusion_core.validation.validate`.
    levels
        Probabilities of the ranges.

    Returns
    -------
    DataFrame
        One row per number and level: ``variable``, ``level``, ``held``, ``below`` and ``above``
        (shares of true values in, under and over the range; they add up to 1), and ``width``: the
        mean width of the ranges divided by that of the same range of all observed values, so that
        less than 1 says what knowing the household is worth; NaN where M draws are too few to have
        that range, below 2 / (1 − level) − 1, such as 19 for 90 %.
    """
    rows: list[tuple[str | float, ...]] = []
    for name, variable in implicates.variables.items():
        if variable.is_categorical:
            continue
        truth = observed[name].to_numpy(dtype=np.float64)
        draws = np.sort(np.asarray(variable.values, dtype=np.float64), axis=1)
        low, high = transform_bounds(truth, draws)
        everyone = WeightedSample.of(truth, weight)
        for level in levels:
            tail = (1.0 - level) / 2.0
            below = float(np.average(_share_below(low, high, tail), weights=weight))
            above = float(np.average(1.0 - _share_below(low, high, 1.0 - tail), weights=weight))
            width = _width(draws, weight, tail, everyone)
            rows.append((name, level, 1.0 - below - above, below, above, width))
    return pd.DataFrame(rows, columns=list(COVERAGE_COLUMNS))


def transform_bounds(truth: Floats, draws: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return the ends between which each row's probability integral transform is uniform.

    Parameters
    ----------
    truth
        Observed numbers, one per row.
    draws
        Array of shape (rows, M).
    """
    count = draws.shape[1] + 1.0
    lower = (draws < truth[:, None]).sum(axis=1)
    upto = (draws <= truth[:, None]).sum(axis=1)
    return lower / count, (upto + 1.0) / count


def _share_below(low: Floats, high: Floats, point: float) -> Floats:
    """Return the probability that a number uniform between `low` and `high` is below a point."""
    return np.clip((point - low) / (high - low), 0.0, 1.0)


def _width(ordered: Floats, weight: Floats, tail: float, everyone: WeightedSample) -> float:
    """Return the mean range of ordered draws against that of everyone's values.

    The ends are the order statistics at p(M + 1) (Hyndman and Fan 1996, type 6).
    """
    # Rounded, because 0.05 × 20 is a little less than one.
    place = round(tail * (ordered.shape[1] + 1.0) - 1.0, 9)
    whole = everyone.quantile(1.0 - tail) - everyone.quantile(tail)
    if place < 0 or whole <= 0:
        return float("nan")
    first = min(int(place), ordered.shape[1] - 2)
    part = place - first
    low = ordered[:, first] + part * (ordered[:, first + 1] - ordered[:, first])
    high = ordered[:, -1 - first] - part * (ordered[:, -1 - first] - ordered[:, -2 - first])
    return float(np.average(high - low, weights=weight)) / whole
