"""How alike a harmonized variable is in donor and recipient: 1 alike, 0 (or less) different.

Numbers are compared on their raw scale, so that a unit error (dollars per month against dollars
per year) shows. The score of separately standardised numbers, which some published work reports,
is available as an option; it is blind to units.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from fusion_core.errors import InputError

FloatArray = npt.NDArray[np.float64]
Weights: TypeAlias = "FloatArray | pd.Series[Any]"

KEEP_FROM: Final = 0.80
"""Predictors less alike than this are flagged, and left out of a fusion unless the user keeps them."""

PROBABILITIES: Final = np.linspace(0.0, 1.0, 1000)
"""Where the quantiles of two numbers are compared."""

_EMPHASIS: Final = np.exp(-((PROBABILITIES - 0.5) ** 2) / (2 * 0.15**2))
_MANY_VALUES: Final = 100


def similarity(
    donor: pd.Series[Any],
    donor_weight: Weights,
    recipient: pd.Series[Any],
    recipient_weight: Weights,
    *,
    standardised: bool = False,
) -> float:
    """Return how alike two weighted distributions of a harmonized variable are.

    Parameters
    ----------
    donor, recipient
        The harmonized columns; both categorical with the same categories, or both numbers. Missing
        rows are left out.
    donor_weight, recipient_weight
        Survey weights, one per row.
    standardised
        Standardise numbers of many distinct values on each side by their own median and MAD first,
        and score zero-inflated ones with and without zeros, whichever is higher (as fusionData
        does).

    Returns
    -------
    float
        For categories 1 − ½ Σ|p − q| (one minus the total variation distance); for numbers
        1 − Σ g|qx − qy| / Σ g(|qx| + |qy|)/2 over 1000 quantiles with Gaussian weights g centred
        on the median (σ = 0.15); NaN where a side has no rows.

    Raises
    ------
    InputError
        If one side is categorical and the other is not, or their categories differ.
    """
    categorical = [isinstance(column.dtype, pd.CategoricalDtype) for column in (donor, recipient)]
    if categorical[0] != categorical[1]:
        raise InputError(
            "A category cannot be compared with a number",
            where=str(donor.name),
            fix="Harmonize both sides to groups or both to numbers",
        )
    if categorical[0]:
        if list(donor.cat.categories) != list(recipient.cat.categories):
            raise InputError(
                "The two sides do not have the same categories",
                where=str(donor.name),
                fix="Apply the harmony to both sides with harmonize_pair",
            )
        return share_similarity(
            weighted_shares(donor, donor_weight), weighted_shares(recipient, recipient_weight)
        )
    x, wx = _present(donor, donor_weight)
    y, wy = _present(recipient, recipient_weight)
    if not len(x) or not len(y):
        return float("nan")
    return (
        standardised_similarity(x, wx, y, wy) if standardised else numeric_similarity(x, wx, y, wy)
    )


def weighted_shares(column: pd.Series[Any], weight: Weights) -> FloatArray:
    """Return the weighted share of every category among the rows that have one.

    Parameters
    ----------
    column
        A categorical column; missing rows are left out.
    weight
        Survey weights, one per row.

    Returns
    -------
    numpy.ndarray
        One share per category in the order of the categories; all NaN where no row has a category.
    """
    codes = column.cat.codes.to_numpy()
    return code_shares(codes, np.asarray(weight, dtype=np.float64), len(column.cat.categories))


def code_shares(codes: npt.NDArray[Any], weight: FloatArray, count: int) -> FloatArray:
    """Return the weighted share of the positions 0 … count − 1; negative positions are left out."""
    # One extra slot at the front collects the rows that are left out: no copy, no mask.
    totals = np.bincount(codes.astype(np.intp) + 1, weights=weight, minlength=count + 1)[1:]
    total = totals.sum()
    return totals / total if total > 0 else np.full(count, np.nan)


def share_similarity(donor: FloatArray, recipient: FloatArray) -> float:
    """Return 1 − ½ Σ|p − q| of two vectors of shares; NaN where there is no category at all."""
    if not len(donor):
        return float("nan")
    return float(1.0 - np.abs(donor - recipient).sum() / 2.0)


def numeric_similarity(x: FloatArray, wx: FloatArray, y: FloatArray, wy: FloatArray) -> float:
    """Return the relative distance of 1000 weighted quantiles, subtracted from one.

    Both sides zero throughout is 1.
    """
    return quantile_similarity(
        weighted_quantiles(x, wx, PROBABILITIES), weighted_quantiles(y, wy, PROBABILITIES)
    )


def quantile_similarity(qx: FloatArray, qy: FloatArray) -> float:
    """Return 1 − Σ g|qx − qy| / Σ g(|qx| + |qy|)/2 of quantiles at `PROBABILITIES`."""
    distance = float(_EMPHASIS @ np.abs(qx - qy))
    size = float(_EMPHASIS @ (np.abs(qx) + np.abs(qy))) / 2.0
    return 1.0 if size == 0.0 else 1.0 - distance / size


def weighted_quantiles(
    values: FloatArray, weight: FloatArray, probabilities: FloatArray
) -> FloatArray:
    """Return weighted quantiles; see `sorted_quantiles`, which wants the observations sorted."""
    order = np.argsort(values, kind="stable")
    return sorted_quantiles(values[order], weight[order], probabilities)


def sorted_quantiles(
    ordered: FloatArray, weights: FloatArray, probabilities: FloatArray
) -> FloatArray:
    """Return weighted quantiles as R's ``collapse::fquantile`` (type 7) defines them.

    With h = (Σw − w̄)·p, the quantile lies between x₍ₖ₎, the first observation whose cumulative weight
    exceeds h, and its successor: x₍ₖ₊₁₎ + (W₍ₖ₎ − h)/w₍ₖ₊₁₎ · (x₍ₖ₎ − x₍ₖ₊₁₎). With equal weights this is
    the usual type 7. Where the successor weighs less than x₍ₖ₎ it extrapolates a little below x₍ₖ₎;
    kept, because published scores contain it.

    Parameters
    ----------
    ordered, weights
        Observations without missing values in increasing order, and their positive weights.
    probabilities
        Between 0 and 1.
    """
    cumulated = np.cumsum(weights)
    before = np.concatenate([[0.0], cumulated[:-1]])
    target = probabilities * (cumulated[-1] - weights.mean())
    return quantiles_at(
        target,
        probabilities,
        ordered,
        cumulated=cumulated,
        before_last=before,
        first_weight=weights,
    )


def quantiles_at(
    target: FloatArray,
    probabilities: FloatArray,
    values: FloatArray,
    *,
    cumulated: FloatArray,
    before_last: FloatArray,
    first_weight: FloatArray,
) -> FloatArray:
    """Return the quantiles of `sorted_quantiles` where equal observations may be taken together.

    Parameters
    ----------
    target
        h of every quantile.
    probabilities
        Between 0 and 1, one per target.
    values
        Values in increasing order.
    cumulated
        Cumulative weight up to and including all observations of each value.
    before_last
        The same without the last of these observations.
    first_weight
        Weight of the first observation of each value.
    """
    last = len(values) - 1
    at = np.minimum(np.searchsorted(cumulated, target, side="right"), last)
    following = np.minimum(at + 1, last)
    step = (cumulated[at] - target) / first_weight[following]
    between = values[following] + step * (values[at] - values[following])
    # Between two observations of one value there is nothing to interpolate.
    quantiles: FloatArray = np.where(target >= before_last[at], between, values[at])
    quantiles[(probabilities <= 0) | (target == 0)] = values[0]
    quantiles[(probabilities >= 1) | (at == last)] = values[-1]
    return quantiles


def standardised_similarity(x: FloatArray, wx: FloatArray, y: FloatArray, wy: FloatArray) -> float:
    """Return the score of separately standardised numbers; see `similarity`.

    Numbers with at most 100 distinct values (zeros aside, where zero-inflated) stay as they are.
    """
    inflated = is_zero_inflated(x)
    i = x != 0 if inflated else np.ones(len(x), dtype=bool)
    j = y != 0 if inflated else np.ones(len(y), dtype=bool)
    if len(np.unique(x[i])) <= _MANY_VALUES or not j.any():
        return numeric_similarity(x, wx, y, wy)
    centre_x, centre_y = weighted_median(x[i], wx[i]), weighted_median(y[j], wy[j])
    spread_x = 1.4826 * weighted_median(np.abs(x[i] - centre_x), wx[i])
    spread_y = 1.4826 * weighted_median(np.abs(y[j] - centre_y), wy[j])
    if spread_x == 0 or spread_y == 0:
        spread_x, spread_y = _weighted_sd(x[i], wx[i]), _weighted_sd(y[j], wy[j])
    if spread_x == 0 or spread_y == 0:
        return 1.0 if spread_x == spread_y else 0.0
    zx = np.round((x - centre_x) / spread_x, 3)
    zy = np.round((y - centre_y) / spread_y, 3)
    return max(numeric_similarity(zx, wx, zy, wy), numeric_similarity(zx[i], wx[i], zy[j], wy[j]))


def is_zero_inflated(values: FloatArray, *, threshold: float = 0.9) -> bool:
    """Whether at least 1 % are zeros and the density at zero falls below 90 % without them.

    The density is a Gaussian kernel estimate with Silverman's rule-of-thumb bandwidth of all
    values (Silverman 1986, eq. 3.31).
    """
    zeros = values == 0
    if zeros.mean() < 0.01 or zeros.all():  # noqa: PLR2004 - the definition
        return bool(zeros.all())
    quartiles = np.quantile(values, [0.25, 0.75])
    spread = min(float(values.std(ddof=1)), float(quartiles[1] - quartiles[0]) / 1.34)
    spread = spread or float(values.std(ddof=1))
    bandwidth = 0.9 * spread * len(values) ** -0.2
    height = np.exp(-0.5 * (values / bandwidth) ** 2)
    return bool(height[~zeros].mean() / height.mean() < threshold)


def weighted_median(values: FloatArray, weight: FloatArray) -> float:
    """Return the weighted median, interpolated between the midpoints of cumulative weights."""
    order = np.argsort(values, kind="stable")
    ordered, weights = values[order], weight[order]
    cumulated = np.cumsum(weights)
    return float(np.interp(0.5, (cumulated - 0.5 * weights) / cumulated[-1], ordered))


def _weighted_sd(values: FloatArray, weight: FloatArray) -> float:
    mean = float(np.average(values, weights=weight))
    return float(np.sqrt(np.average((values - mean) ** 2, weights=weight)))


def _present(column: pd.Series[Any], weight: Weights) -> tuple[FloatArray, FloatArray]:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    weights = np.asarray(weight, dtype=np.float64)
    keep = ~np.isnan(values)
    return (values, weights) if keep.all() else (values[keep], weights[keep])


__all__ = [
    "KEEP_FROM",
    "PROBABILITIES",
    "code_shares",
    "is_zero_inflated",
    "numeric_similarity",
    "quantile_similarity",
    "quantiles_at",
    "share_similarity",
    "similarity",
    "sorted_quantiles",
    "standardised_similarity",
    "weighted_median",
    "weighted_quantiles",
    "weighted_shares",
]
