"""What donors left unanswered, filled in where it predicts a variable they did answer.

Every fusion variable is learned from the donors who answered it. Of these some lack the answer to a
variable drawn earlier, which is a predictor in the chain and is never missing when fusing. Leaving
them out would learn the later variable from fewer, and different, households; leaving the predictor
missing would send them all to one side of a split and move that side's estimates. So the predictor's
gaps are imputed from everything else the donor answered, the later variable included, and answers
that were imputed are never learned as outcomes nor drawn: "multiple imputation, then deletion" (von
Hippel 2007, *Regression with missing Ys: an improved strategy for analyzing multiply imputed data*,
Sociological Methodology 37), once, as models are fitted once. Values are imputed by predictive mean
matching (Little 1988, *Missing-data adjustments in large surveys*, Journal of Business & Economic
Statistics 6), so they are values that donors gave.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial import cKDTree

from fusion_core.fusion.base import Purpose, stream
from fusion_core.fusion.training._donors import Donors
from fusion_core.fusion.training._screening import Design

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MATCHES: Final = 10
RIDGE: Final = 1e-6


def fill_gaps(donors: Donors) -> Donors:
    """Fill the fused variables' gaps where they predict later ones; see `Donors.filled`."""
    if len(donors.steps) == 1 or not np.isnan(donors.fused).any():
        return donors
    return replace(donors, filled=_filled(donors))


def _filled(donors: Donors) -> Floats:
    fused, weights = donors.fused, donors.weights
    gaps, filled = np.isnan(fused), fused.copy()
    for place in map(int, np.flatnonzero(gaps.any(axis=0))):
        target = donors.fused_types[place]
        rest = [other for other in range(len(donors.fused_types)) if other != place]
        known = Design.build(
            np.column_stack([donors.matrix, filled[:, rest]]),
            [*donors.predictors, *(donors.fused_types[other] for other in rest)],
            weights,
        )
        wanted = Design.build(fused[:, [place]], [target], np.where(gaps[:, place], 0, weights))
        missing = np.flatnonzero(gaps[:, place])
        answered = np.flatnonzero(~gaps[:, place])
        share = np.sqrt(weights / weights.sum())[:, None]
        expected = _expected(np.column_stack([share, known.columns]), wanted.columns, answered)
        generator = stream(donors.seed, Purpose.GAPS, target.name)
        chosen = _matched(expected, missing, answered, weights, generator)
        filled[missing, place] = fused[chosen, place]
    return filled


def _expected(known: Floats, target: Floats, answered: NDArray[np.intp]) -> Floats:
    """Predict the target's columns of every donor by a weighted linear regression on the known ones.

    Rows carry the root of their weight, as those of a `Design`; the first known column is that root.
    """
    columns = known[answered]
    products = columns.T @ columns
    products[np.diag_indices_from(products)] += RIDGE
    slopes = np.linalg.solve(products, columns.T @ target[answered])
    return np.asarray(known @ slopes / known[:, :1])


def _matched(
    expected: Floats,
    missing: NDArray[np.intp],
    answered: NDArray[np.intp],
    weights: Floats,
    generator: np.random.Generator,
) -> NDArray[np.intp]:
    """Draw for each donor with a gap, by weight, one of the donors whose expectations are nearest."""
    count = min(MATCHES, len(answered))
    _, nearest = cKDTree(expected[answered]).query(expected[missing], k=np.arange(1, count + 1))
    donors = answered[nearest]
    running = np.cumsum(weights[donors], axis=1)
    target = generator.random(len(missing)) * running[:, -1]
    place = np.minimum((running <= target[:, None]).sum(axis=1), count - 1)
    return np.asarray(donors[np.arange(len(missing)), place])
