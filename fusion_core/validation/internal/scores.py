"""Proper scores of the simulated distributions, household by household.

A proper score is smallest in expectation when the draws come from the true conditional
distribution, so it rewards sharpness and calibration at once. With M draws instead of a
distribution the CRPS, the Brier and the energy score below are *fair*: their expectation does not
depend on M (Ferro 2014, *Fair scores for ensemble forecasts*, Quarterly Journal of the Royal
Meteorological Society 140). The log score has no fair form and says so.

A score is read against a baseline: that of draws from the marginal distribution, which know nothing
of the household. The skill is 1 − score / baseline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from fusion_core.arguments import type_name
from fusion_core.errors import InputError
from fusion_core.estimates.statistics import (
    AS_TRAINED,
    Remembered,
    checked_implicates,
    donor_weight,
    weight_matrix,
)
from fusion_core.frames import numbers_of, read_frame
from fusion_core.fusion.implicates import order_of
from fusion_core.validation.internal._metrics import observed_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import DonorWeight
    from fusion_core.frames import Table
    from fusion_core.fusion.implicates import Implicates

    Floats = NDArray[np.float64]

LOG: Final = "log"
SCORE_COLUMNS: Final = ("variable", "score", "value", "baseline", "skill")


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
    return float(np.average(crps_by_row(truth, draws), weights=weight))


def crps_by_row(truth: Floats, draws: NDArray[Any]) -> Floats:
    """Return the continuous ranked probability score of every row, as `crps` averages it.

    Two ways to draw are compared by the mean and the standard error of the rows' differences.
    """
    count = _implicates(draws)
    ordered = np.sort(np.asarray(draws, dtype=np.float64), axis=1)
    ranks = 2.0 * np.arange(1, count + 1) - count - 1.0
    distance = np.abs(ordered - truth[:, None]).mean(axis=1)
    spread = ordered @ ranks / (count * (count - 1.0))
    return np.asarray(distance - spread)


def marginal_crps(truth: Floats, weight: Floats | None = None) -> float:
    """Return the score of the marginal distribution itself: half the mean absolute difference."""
    order = np.argsort(truth)
    share = np.full(len(truth), 1.0 / len(truth)) if weight is None else weight / weight.sum()
    # Measured from the smallest value, so that a constant scores exactly 0.
    ordered, mass = truth[order] - truth.min(), share[order]
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
    return float(np.average(brier_by_row(truth, draws, levels), weights=weight))


def brier_by_row(truth: NDArray[np.intp], draws: NDArray[Any], levels: int) -> Floats:
    """Return the Brier score of every row, as `brier` averages it."""
    count = _implicates(draws)
    score = np.zeros(len(truth))
    for code in range(levels):
        share = (draws == code).mean(axis=1)
        score += (share - (truth == code)) ** 2 - share * (1.0 - share) / (count - 1.0)
    return score


def marginal_brier(truth: NDArray[np.intp], levels: int, weight: Floats | None = None) -> float:
    """Return the Brier score of the marginal shares: 1 − Σ_l p_l²."""
    return float(1.0 - (_marginal_shares(truth, levels, weight) ** 2).sum())


def _marginal_shares(truth: NDArray[np.intp], levels: int, weight: Floats | None) -> Floats:
    known = truth >= 0
    shares = np.bincount(
        truth[known], weights=None if weight is None else weight[known], minlength=levels
    )
    return np.asarray(shares / shares.sum())


def log_score(
    truth: NDArray[np.intp], draws: NDArray[Any], levels: int, weight: Floats | None = None
) -> float:
    """Return the mean log score −ln p(truth) of draws of a category, in nats; lower is better.

    p is estimated from the draws as (count + ½) / (M + levels / 2), the posterior mean under
    Jeffreys' prior (Krichevsky and Trofimov 1981), because a level that M draws happen to miss is
    not impossible. The score therefore still depends on M a little: compare equal M only.

    Parameters
    ----------
    truth
        Observed codes, one per row, none missing.
    draws
        Codes of shape (rows, M).
    levels
        Number of levels.
    weight
        One weight per row; uniform by default.
    """
    return float(np.average(log_by_row(truth, draws, levels), weights=weight))


def log_by_row(truth: NDArray[np.intp], draws: NDArray[Any], levels: int) -> Floats:
    """Return the log score of every row, as `log_score` averages it."""
    hits = (draws == truth[:, None]).sum(axis=1)
    return np.asarray(-np.log((hits + 0.5) / (draws.shape[1] + 0.5 * levels)))


def marginal_log_score(truth: NDArray[np.intp], levels: int, weight: Floats | None = None) -> float:
    """Return the log score of the marginal shares, −Σ_l p_l ln p_l: their entropy in nats."""
    shares = _marginal_shares(truth, levels, weight)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


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


def coverage_by_row(truth: Floats, draws: NDArray[Any], *, level: float = 0.8) -> Floats:
    """Return which part of each true value's rank among the draws lies in the central interval.

    The mean is `level` exactly for draws from the true distribution, whatever M is, also where many
    values are equal, such as zeros: a true value that equals some draws has a range of ranks, of
    which a part can lie inside (the non-randomised probability integral transform of Czado,
    Gneiting and Held 2009). Without ties the mean is about that of `interval_coverage`.

    Parameters
    ----------
    truth
        Observed numbers, one per row.
    draws
        Array of shape (rows, M).
    level
        Probability of the interval.
    """
    ranks = draws.shape[1] + 1
    low = (draws < truth[:, None]).sum(axis=1) / ranks
    high = ((draws <= truth[:, None]).sum(axis=1) + 1) / ranks
    tail = (1.0 - level) / 2.0
    inside = np.minimum(high, 1.0 - tail) - np.maximum(low, tail)
    return np.asarray(np.maximum(inside, 0.0) / (high - low))


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
    return float(np.average(energy_by_row(truth, draws), weights=weight))


def energy_by_row(truth: Floats, draws: NDArray[Any]) -> Floats:
    """Return the energy score of every row, as `energy_score` averages it."""
    count = _implicates(draws)
    scale = truth.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    points = np.asarray(draws, dtype=np.float64) / scale
    centre = truth / scale
    distance = np.linalg.norm(points - centre[:, None, :], axis=2).mean(axis=1)
    spread = np.zeros(len(truth))
    for shift in range(1, count):
        spread += np.linalg.norm(points - np.roll(points, shift, axis=1), axis=2).sum(axis=1)
    return np.asarray(distance - spread / (2.0 * count * (count - 1.0)))


def score_table(
    observed: Table, implicates: Implicates, weight: Floats | DonorWeight = AS_TRAINED
) -> pd.DataFrame:
    """Score every fused variable against the true values of the same households.

    Parameters
    ----------
    observed
        True values; rows are matched by their index where the implicates have one.
    implicates
        The draws.
    weight
        A weight column of `observed`, or one weight per row; the column the model was trained with
        when left out, ``"weight"`` where that is not known. ``None`` counts every row once.

    Returns
    -------
    DataFrame
        One row per variable and score: ``variable``, ``score`` (``"CRPS"`` of a number; ``"Brier"``
        and ``"log"`` of a category), ``value``, ``baseline`` (the score of draws from the marginal
        distribution) and ``skill`` (1 − value / baseline: 0 knows nothing of the household, 1 is
        perfect; NaN where the variable is constant).

    Raises
    ------
    InputError
        If there is only one implicate.
    """
    observed, weights = _read(observed, implicates, weight)
    return _scored(observed, implicates, weights)


def _scored(observed: pd.DataFrame, implicates: Implicates, weight: Floats | None) -> pd.DataFrame:
    rows = []
    for name, variable in implicates.variables.items():
        if variable.is_categorical:
            codes, levels = observed_codes(observed[name], variable), len(variable.levels)
            found = [
                (
                    "Brier",
                    brier(codes, variable.values, levels, weight),
                    marginal_brier(codes, levels, weight),
                ),
                (
                    LOG,
                    log_score(codes, variable.values, levels, weight),
                    marginal_log_score(codes, levels, weight),
                ),
            ]
        else:
            truth = observed[name].to_numpy(dtype=np.float64)
            found = [("CRPS", crps(truth, variable.values, weight), marginal_crps(truth, weight))]
        for score, value, base in found:
            skill = 1.0 - value / base if base > 0 else np.nan
            rows.append((name, score, value, base, skill))
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS))


def score_variables(
    observed: Table, implicates: Implicates, weight: Floats | DonorWeight = AS_TRAINED
) -> pd.DataFrame:
    """Score every fused variable by its fair score: one row per variable.

    Parameters
    ----------
    observed, implicates, weight
        As in `score_table`.

    Returns
    -------
    DataFrame
        The rows of `score_table` for CRPS and Brier, with ``coverage``: the share of true values in
        the draws' central 80 % interval, NaN for categories.
    """
    observed, weights = _read(observed, implicates, weight)
    scores = _scored(observed, implicates, weights)
    fair = scores[scores["score"] != LOG].reset_index(drop=True)
    coverage = [
        np.nan
        if variable.is_categorical
        else interval_coverage(
            observed[name].to_numpy(dtype=np.float64), variable.values, weight=weights
        )
        for name, variable in implicates.variables.items()
    ]
    return fair.assign(coverage=coverage)


def _read(
    observed: Table, implicates: Implicates, weight: Floats | DonorWeight
) -> tuple[pd.DataFrame, Floats | None]:
    """Read the observed values and their weights, in the order of the implicates, and check them."""
    names = checked_implicates(implicates).names
    named: str | None = None
    weights: Floats | None = None
    if weight is None or isinstance(weight, str | Remembered):
        named = donor_weight(weight, implicates.weight, depth=4)
    else:
        weights = _checked_weights(weight, implicates.rows)
    columns = names if named is None else [*names, named]
    frame = read_frame(observed, "the observed data", answers=columns)
    if len(frame) != implicates.rows:
        raise InputError(
            f"The observed data have {len(frame):,} rows and the implicates {implicates.rows:,}",
            fix="Score implicates of the same households",
        )
    for name in names:
        if name not in frame.columns:
            raise InputError.unknown("observed variable", name, map(str, frame.columns))
        if not implicates[name].is_categorical:
            numbers_of(frame[name], where="the observed data", kind="fused variable")
    if named is not None:
        weights = weight_matrix(frame, len(frame), weight=named).full
    order = order_of(implicates.index, frame, what="donor")
    if order is None:
        return frame, weights
    return frame.iloc[order], None if weights is None else weights[order]


def _checked_weights(given: Any, rows: int) -> Floats:
    weights = np.asarray(given)
    if weights.shape != (rows,) or weights.dtype.kind not in "iuf":
        raise InputError(
            f"'weight' must be a column name or {rows:,} numbers; got {type_name(given)}",
            fix="Name the column of weights, or give weight=None to count every row once",
        )
    return weights.astype(np.float64)


def _implicates(draws: NDArray[Any]) -> int:
    count = int(draws.shape[1])
    if count < 2:  # noqa: PLR2004 - one draw has no spread
        raise InputError("A score needs at least two implicates", fix="Fuse with M of 2 or more")
    return count
