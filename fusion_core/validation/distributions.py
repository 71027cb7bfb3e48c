"""Whole distributions: marginals and dependence between variables, observed against simulated."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.validation.metrics import observed_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.implicates import FusedVariable, Implicates

    Floats = NDArray[np.float64]
    Measure = Callable[[Floats, Floats, Floats], float]

BINS = 20


def compare_marginals(
    observed: pd.DataFrame, implicates: Implicates, weight: Floats
) -> pd.DataFrame:
    """Compare the weighted distribution of every variable.

    Returns
    -------
    DataFrame
        One row per variable and level or bin: ``variable``, ``level`` (of a category, or the bin in
        words), ``lower`` and ``upper`` (of a bin, NaN for levels), ``observed`` and ``simulated``
        (shares), and ``distance``: half the sum of absolute differences over the levels of a
        variable, or the largest difference of the two cumulative distributions of a number.
    """
    parts = [
        _marginal(observed[name], variable, weight)
        for name, variable in implicates.variables.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _marginal(observed: pd.Series[Any], variable: FusedVariable, weight: Floats) -> pd.DataFrame:
    if variable.is_categorical:
        count = len(variable.levels)
        real = _shares(observed_codes(observed, variable)[:, None], count, weight)
        simulated = _shares(variable.values, count, weight)
        levels = list(variable.levels)
        lower = upper = np.full(count, np.nan)
        distance = 0.5 * float(np.abs(real - simulated).sum())
    else:
        truth = observed.to_numpy(dtype=np.float64)
        edges = _edges(truth)
        count = len(edges) - 1
        real = _shares(_bin(truth, edges)[:, None], count, weight)
        simulated = _shares(_bin(variable.values, edges), count, weight)
        lower, upper = edges[:-1], edges[1:]
        levels = [f"{low:,.6g} to {high:,.6g}" for low, high in zip(lower, upper, strict=True)]
        distance = kolmogorov_distance(truth, variable.values, weight)
    return pd.DataFrame(
        {
            "variable": variable.name,
            "level": levels,
            "lower": lower,
            "upper": upper,
            "observed": real,
            "simulated": simulated,
            "distance": distance,
        }
    )


def kolmogorov_distance(truth: Floats, draws: NDArray[Any], weight: Floats) -> float:
    """Return the largest difference of two weighted cumulative distributions.

    Parameters
    ----------
    truth
        One observed number per row.
    draws
        Array of shape (rows, M).
    weight
        One weight per row.
    """
    points = np.unique(truth)
    real = _cumulative(truth, weight, points)
    repeated = np.repeat(weight, draws.shape[1])
    return float(np.abs(real - _cumulative(draws.ravel(), repeated, points)).max())


def compare_dependence(
    observed: pd.DataFrame, implicates: Implicates, weight: Floats
) -> pd.DataFrame:
    """Compare the dependence of every pair of fused variables.

    Numbers, ordered categories (by rank) and two-level categories are correlated (Pearson); a
    nominal variable with more levels enters through the correlation ratio η with a number and
    Cramér's V with another category.

    Returns
    -------
    DataFrame
        One row per pair: ``first``, ``second``, ``measure``, ``observed``, ``simulated`` (mean over
        implicates) and ``difference``.
    """
    columns: dict[str, tuple[Floats, Floats, bool]] = {}
    for name, variable in implicates.variables.items():
        if variable.is_categorical:
            truth = observed_codes(observed[name], variable).astype(np.float64)
        else:
            truth = observed[name].to_numpy(dtype=np.float64)
        nominal = variable.is_categorical and not variable.ordered and len(variable.levels) > 2  # noqa: PLR2004
        columns[name] = (truth[:, None], np.asarray(variable.values, np.float64), nominal)
    rows = []
    for first, second in combinations(columns, 2):
        real_first, drawn_first, nominal_first = columns[first]
        real_second, drawn_second, nominal_second = columns[second]
        measure, function = _MEASURES[nominal_first, nominal_second]
        real = function(real_first, real_second, weight)
        drawn = function(drawn_first, drawn_second, weight)
        rows.append((first, second, measure, real, drawn, drawn - real))
    names = ["first", "second", "measure", "observed", "simulated", "difference"]
    return pd.DataFrame(rows, columns=names)


def _edges(truth: Floats) -> Floats:
    """Return bin edges: round steps over the central 98 %, the tails in the outer bins."""
    low, high = np.quantile(truth, [0.01, 0.99])
    if low == high:
        low, high = float(truth.min()), float(truth.max())
    if low == high:
        return np.array([low - 0.5, low + 0.5])
    step = _round_step((high - low) / BINS)
    # Multiples of the step are cleaned of the last bits, which would show in the bins' names.
    inner = np.round(np.arange(np.floor(low / step) + 1, np.ceil(high / step)) * step, 12)
    inner = inner[(inner > truth.min()) & (inner < truth.max())]
    return np.concatenate([[truth.min()], inner, [truth.max()]])


def _round_step(step: float) -> float:
    """Return the smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `step`."""
    power = 10.0 ** np.floor(np.log10(step))
    return float(
        next(power * digit for digit in (1.0, 2.0, 2.5, 5.0, 10.0) if power * digit >= step)
    )


def _bin(values: NDArray[Any], edges: Floats) -> NDArray[np.intp]:
    places = np.searchsorted(edges, values, side="right") - 1
    return np.clip(places, 0, len(edges) - 2).astype(np.intp)


def _shares(codes: NDArray[Any], count: int, weight: Floats) -> Floats:
    repeated = np.repeat(weight, codes.shape[1])
    flat = np.asarray(codes).ravel()
    used = flat >= 0
    sums = np.bincount(flat[used], weights=repeated[used], minlength=count)
    return np.asarray(sums / repeated.sum())


def _cumulative(values: Floats, weight: Floats, points: Floats) -> Floats:
    order = np.argsort(values)
    total = np.concatenate([[0.0], np.cumsum(weight[order])])
    return np.asarray(total[np.searchsorted(values[order], points, side="right")] / total[-1])


def _correlation(first: Floats, second: Floats, weight: Floats) -> float:
    share = weight[:, None] / weight.sum()
    left = first - (share * first).sum(axis=0)
    right = second - (share * second).sum(axis=0)
    product = (share * left * right).sum(axis=0)
    scale = np.sqrt((share * left**2).sum(axis=0) * (share * right**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.mean(np.where(scale > 0, product / scale, 0.0)))


def _correlation_ratio(groups: Floats, values: Floats, weight: Floats) -> float:
    """Return η, the root of the share of variance between groups, averaged over implicates."""
    found = []
    for codes, numbers in zip(groups.T.astype(np.intp), values.T, strict=True):
        total = np.bincount(codes, weights=weight)
        sums = np.bincount(codes, weights=weight * numbers)
        mean = np.average(numbers, weights=weight)
        variance = np.average((numbers - mean) ** 2, weights=weight)
        used = total > 0
        between = (total[used] * (sums[used] / total[used] - mean) ** 2).sum() / weight.sum()
        found.append(np.sqrt(between / variance) if variance > 0 else 0.0)
    return float(np.mean(found))


def _swapped_ratio(values: Floats, groups: Floats, weight: Floats) -> float:
    return _correlation_ratio(groups, values, weight)


def _cramer(first: Floats, second: Floats, weight: Floats) -> float:
    """Return Cramér's V, averaged over implicates."""
    found = []
    rows, columns = int(first.max()) + 1, int(second.max()) + 1
    for left, right in zip(first.T.astype(np.intp), second.T.astype(np.intp), strict=True):
        table = np.bincount(left * columns + right, weights=weight, minlength=rows * columns)
        share = table.reshape(rows, columns) / weight.sum()
        expected = share.sum(axis=1, keepdims=True) * share.sum(axis=0, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            square = np.where(expected > 0, (share - expected) ** 2 / expected, 0.0).sum()
        filled = min((share.sum(axis=1) > 0).sum(), (share.sum(axis=0) > 0).sum()) - 1
        found.append(np.sqrt(square / filled) if filled > 0 else 0.0)
    return float(np.mean(found))


# Whether the first and the second variable are nominal with more than two levels.
_MEASURES: dict[tuple[bool, bool], tuple[str, Measure]] = {
    (False, False): ("correlation", _correlation),
    (True, False): ("correlation ratio", _correlation_ratio),
    (False, True): ("correlation ratio", _swapped_ratio),
    (True, True): ("Cramér's V", _cramer),
}
