"""Proper scores of the simulated distributions, household by household.

A proper score is smallest in expectation when the draws come from the true conditional
distribution, so it rewards sharpness and calibration at once. With M draws instead of a
distribution the estimators below are *fair*: their expectation does not depend on M (Ferro 2014,
*Fair scores for ensemble forecasts*, Quarterly Journal of the Royal Meteorological Society 140).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.validation.metrics import observed_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.implicates import Implicates

    Floats = NDArray[np.float64]


def crps(truth: Floats, draws: NDArray[Any], weight: Floats | None = None) -> float:
    """Return the mean continuous ranked probability score of draws of a number; lower is better.

    mean|x − y| − Σ_i (2i − M − 1) x₍ᵢ₎ / (M(M − 1)), the fair ensemble estimator.

    Parameters
    ----------
    truth
        Observed numbers, one per row.
    draws
        Array of shape (rows, M), M ≥ 2.
    weight
        One weight per row; uniform by default.
    """
    count = _implicates(draws)
    ordered = np.sort(np.asarray(draws, dtype=np.float64), axis=1)
    ranks = 2.0 * np.arange(1, count + 1) - count - 1.0
    distance = np.abs(ordered - truth[:, None]).mean(axis=1)
    spread = ordered @ ranks / (count * (count - 1.0))
    return float(np.average(distance - spread, weights=weight))


def marginal_crps(truth: Floats, weight: Floats | None = None) -> float:
    """Return the score of the marginal distribution itself: half the mean absolute difference."""
    order = np.argsort(truth)
    share = np.full(len(truth), 1.0 / len(truth)) if weight is None else weight / weight.sum()
    ordered, mass = truth[order], share[order]
    below = np.cumsum(mass) - mass
    above = 1.0 - below - mass
    return float((mass * ordered * (below - above)).sum())


def brier(
    truth: NDArray[np.intp], draws: NDArray[Any], levels: int, weight: Floats | None = None
) -> float:
    """Return the mean Brier score of draws of a category, corrected for finite M; lower is better.

    Σ_l (p_l − o_l)² − Σ_l p_l(1 − p_l)/(M − 1) with p_l the share of draws of level l.

    Parameters
    ----------
    truth
        Observed codes, one per row.
    draws
        Codes of shape (rows, M), M ≥ 2.
    levels
        Number of levels.
    weight
        One weight per row; uniform by default.
    """
    count = _implicates(draws)
    score = np.zeros(len(truth))
    for code in range(levels):
        share = (draws == code).mean(axis=1)
        score += (share - (truth == code)) ** 2 - share * (1.0 - share) / (count - 1.0)
    return float(np.average(score, weights=weight))


def marginal_brier(truth: NDArray[np.intp], levels: int, weight: Floats | None = None) -> float:
    """Return the Brier score of the marginal shares: 1 − Σ_l p_l²."""
    shares = np.bincount(
        truth[truth >= 0], weights=None if weight is None else weight[truth >= 0], minlength=levels
    )
    shares = shares / shares.sum()
    return float(1.0 - (shares**2).sum())


def interval_coverage(
    truth: Floats,
    draws: NDArray[Any],
    *,
    level: float = 0.8,
    weight: Floats | None = None,
    fair: bool = True,
) -> float:
    """Return how often the central interval of the draws holds the true value; ideal is `level`.

    The ends are the order statistics at p(M + 1), between which a further draw from the same
    distribution falls with probability `level` exactly, whatever M is (Hyndman and Fan 1996, type
    6). The usual interpolation (type 7) would give 76 % for a perfect model with 40 draws.

    Parameters
    ----------
    truth
        Observed numbers, one per row.
    draws
        Array of shape (rows, M).
    level
        Probability of the interval.
    weight
        One weight per row; uniform by default.
    fair
        Whether to use type 6; false gives type 7, to compare with coverages computed that way.
    """
    tail = (1.0 - level) / 2.0
    values = np.asarray(draws, dtype=np.float64)
    rule: Literal["weibull", "linear"] = "weibull" if fair else "linear"
    low, high = np.quantile(values, [tail, 1.0 - tail], axis=1, method=rule)
    return float(np.average((truth >= low) & (truth <= high), weights=weight))


def energy_score(truth: Floats, draws: NDArray[Any], weight: Floats | None = None) -> float:
    """Return the mean energy score of joint draws of several numbers; lower is better.

    mean‖X − y‖ − Σ_{i≠j}‖X_i − X_j‖ / (2M(M − 1)) (Gneiting and Raftery 2007), every variable
    divided by the standard deviation of its true values. It sees whether variables are drawn
    *together* rightly, which scores of single variables cannot.

    Parameters
    ----------
    truth
        Array of shape (rows, variables).
    draws
        Array of shape (rows, M, variables), M ≥ 2.
    weight
        One weight per row; uniform by default.
    """
    count = _implicates(draws)
    scale = truth.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    points = np.asarray(draws, dtype=np.float64) / scale
    centre = truth / scale
    distance = np.linalg.norm(points - centre[:, None, :], axis=2).mean(axis=1)
    spread = np.zeros(len(truth))
    for shift in range(1, count):
        spread += np.linalg.norm(points - np.roll(points, shift, axis=1), axis=2).sum(axis=1)
    return float(np.average(distance - spread / (2.0 * count * (count - 1.0)), weights=weight))


def score_variables(
    observed: pd.DataFrame, implicates: Implicates, weight: Floats | None = None
) -> pd.DataFrame:
    """Score every fused variable against the true values of the same households.

    Returns
    -------
    DataFrame
        One row per variable: ``variable``, ``score`` (``"CRPS"`` or ``"Brier"``), ``value``,
        ``skill`` (1 − value / score of the marginal distribution: 0 knows nothing of the household,
        1 is perfect) and ``coverage`` (share of true values in the draws' central 80 % interval;
        NaN for categories).
    """
    rows = []
    for name, variable in implicates.variables.items():
        if variable.is_categorical:
            codes = observed_codes(observed[name], variable)
            value = brier(codes, variable.values, len(variable.levels), weight)
            base = marginal_brier(codes, len(variable.levels), weight)
            row = (name, "Brier", value, 1.0 - value / base if base > 0 else np.nan, np.nan)
        else:
            truth = observed[name].to_numpy(dtype=np.float64)
            value = crps(truth, variable.values, weight)
            base = marginal_crps(truth, weight)
            coverage = interval_coverage(truth, variable.values, weight=weight)
            row = (name, "CRPS", value, 1.0 - value / base if base > 0 else np.nan, coverage)
        rows.append(row)
    return pd.DataFrame(rows, columns=["variable", "score", "value", "skill", "coverage"])


def _implicates(draws: NDArray[Any]) -> int:
    count = int(draws.shape[1])
    if count < 2:  # noqa: PLR2004 - one draw has no spread
        raise InputError("A score needs at least two implicates", fix="Fuse with M of 2 or more")
    return count
