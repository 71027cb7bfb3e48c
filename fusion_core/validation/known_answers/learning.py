"""What known answers say of other variables: the rule by which areas differ beyond the predictors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.estimates.variance import (
    AreaEvidence,
    AreaRule,
    area_likelihood,
    area_scale,
)
from fusion_core.geography.nesting import nested_areas

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_FEWEST_AREAS: Final = 3
_MOST_ABOVE: Final = 0.9
_ALL: Final = "all"


def learn_rule(
    areas: pd.DataFrame,
    smallest: str,
    *,
    predictors: Sequence[str] = (),
    place: str = "",
) -> AreaRule:
    """Learn from known answers how much areas differ beyond the predictors.

    Parameters
    ----------
    areas
        `KnownAnswers.areas`.
    smallest
        What the areas are: the column of the recipient that names them.
    predictors, place
        Predictors of households, and the donor's column of places, for variables asked about later
        (`AreaRule`).
    """
    known = areas.dropna(subset=["sampling"])
    levels = dict(known.groupby("variable")["level"].nunique())
    evidence, divided, weights = [], [], []
    for (variable, level), own in known.groupby(["variable", "level"], sort=False):
        if len(own) < _FEWEST_AREAS or not own["overall"].iloc[0] > 0:
            continue
        difference, variance, scale = parts_of(own)
        region = own["region"].to_numpy(dtype=np.intp)
        in_regions = (region >= 0).all()
        item = AreaEvidence(
            str(variable),
            str(level),
            area_likelihood(difference, variance, scale),
            float(own["places"].iloc[0]),
            1.0 / float(levels[variable]),
            area_likelihood(difference, variance, scale, region) if in_regions else None,
        )
        evidence.append(item)
        divided.append(_above(own, difference, variance + item.kappa * scale, item.kappa * scale))
        weights.append(item.weight)
    return AreaRule(tuple(evidence), _shares(smallest, divided, weights), tuple(predictors), place)


def parts_of(own: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Return difference, known variance and scale of one variable's areas.

    Parameters
    ----------
    own
        Rows of `KnownAnswers.areas` of one variable and level.
    """

    def numbers(name: str) -> Floats:
        return np.asarray(own[name].to_numpy(dtype=np.float64))

    difference = numbers("fused") - numbers("answer")
    known = numbers("sampling") + np.nan_to_num(numbers("donor"))
    # No household of an area need differ, as where none owns: something else has to be known of it.
    least = np.median(known[known > 0]) if (known > 0).any() else 1.0
    known = np.maximum(known, 0.1 * least)
    return difference, known, area_scale(numbers("unexplained"), float(own["overall"].iloc[0]))


def _above(
    own: pd.DataFrame, difference: Floats, variance: Floats, beyond: Floats
) -> dict[str, float]:
    """Return the variance between larger areas, by level, and in all, over that of households.

    The squared weighted mean of a larger area's differences less its variance, were its areas
    independent, by the method of moments.
    """
    weight = 1.0 / variance
    centred = difference - np.average(difference, weights=weight)
    overall = float(own["overall"].iloc[0])
    found = {_ALL: float(beyond.mean()) / overall}
    for level, codes in nested_areas([str(area) for area in own["area"]]).items():
        mass = np.bincount(codes, weight)
        mean = np.bincount(codes, weight * centred) / mass
        found[level] = float(mass @ (np.square(mean) - 1.0 / mass) / mass.sum()) / overall
    return found


def _shares(
    smallest: str, divided: Sequence[dict[str, float]], weights: Sequence[float]
) -> dict[str, float]:
    """Pool over variables, and let each level have what the next larger one does not."""

    def pooled(level: str) -> float:
        amounts = [item.get(level, 0.0) for item in divided]
        return float(np.dot(weights, amounts))

    every = pooled(_ALL)
    known = {level for item in divided for level in item} - {_ALL}
    above = {
        level: float(np.clip(pooled(level) / every, 0.0, _MOST_ABOVE)) if every > 0 else 0.0
        for level in known
    }
    state = above.get("state", 0.0)
    division = min(above.get("division", 0.0), state)
    shares = {smallest: 1.0 - state}
    if "state" in above:
        shares["state"] = state - division
    if "division" in above:
        shares["division"] = division
    return shares
