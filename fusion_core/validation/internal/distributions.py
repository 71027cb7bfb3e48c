"""Marginal distributions, observed against simulated: shares of levels and bins, and distances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.estimates.variance import margin_multiplier
from fusion_core.validation.internal._metrics import (
    SubsetWeights,
    observed_codes,
    pooled_margin,
)
from fusion_core.validation.internal._samples import WeightedSample, distances

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.implicates import FusedVariable, Implicates

    Floats = NDArray[np.float64]

BINS = 20
KOLMOGOROV = "Kolmogorov–Smirnov"
TOTAL_VARIATION = "total variation"
# Smaller differences than this have no bins that a number can tell apart.
_NO_RANGE = 1e3 * BINS * float(np.finfo(np.float64).tiny)
_FACTS = tuple(
    f"{fact}_{side}"
    for side in ("observed", "simulated")
    for fact in ("mean", "deviation", "p10", "p50", "p90")
)
DISTANCE_COLUMNS = (
    "variable",
    "measure",
    "distance",
    "wasserstein",
    "wasserstein_share",
    *_FACTS,
    "mean_error",
)


def compare_marginals(
    observed: pd.DataFrame, implicates: Implicates, weight: Floats
) -> pd.DataFrame:
    """Compare the weighted distribution of every variable.

    Returns
    -------
    DataFrame
        One row per variable and level or bin: ``variable``, ``level`` (of a category, or the bin in
        words), ``lower`` and ``upper`` (of a bin, NaN for levels), ``observed`` and ``simulated``
        (shares), and ``observed_moe`` and ``simulated_moe``: their 90 % margins of error, of a share
        in one sample (as `compare_subsets` has it) and by Rubin's (1987) rules over the implicates.
    """
    parts = [
        _marginal(observed[name], variable, weight)
        for name, variable in implicates.variables.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _marginal(observed: pd.Series[Any], variable: FusedVariable, weight: Floats) -> pd.DataFrame:
    if variable.is_categorical:
        count = len(variable.levels)
        codes, drawn = observed_codes(observed, variable), variable.values
        levels = list(variable.levels)
        lower = upper = np.full(count, np.nan)
    else:
        truth = observed.to_numpy(dtype=np.float64)
        edges = _edges(truth)
        count = len(edges) - 1
        codes, drawn = _bin(truth, edges), _bin(variable.values, edges)
        lower, upper = edges[:-1], edges[1:]
        levels = [f"{low:,.6g} to {high:,.6g}" for low, high in zip(lower, upper, strict=True)]
    sampled = np.full(count, max(len(weight) - 1.0, 1.0))
    real, margin = _with_margin(
        _shares_by_implicate(codes[:, None], count, weight), weight, sampled
    )
    simulated, simulated_margin = _with_margin(
        _shares_by_implicate(drawn, count, weight), weight, sampled
    )
    return pd.DataFrame(
        {
            "variable": variable.name,
            "level": levels,
            "lower": lower,
            "upper": upper,
            "observed": real,
            "observed_moe": margin,
            "simulated": simulated,
            "simulated_moe": simulated_margin,
        }
    )


def _with_margin(share: Floats, weight: Floats, sampled: Floats) -> tuple[Floats, Floats]:
    """Return shares of one sample, or pooled over implicates, with their 90 % margins of error."""
    variance = share * (1.0 - share) * float((weight**2).sum()) / float(weight.sum()) ** 2
    if share.shape[1] == 1:
        return share[:, 0], margin_multiplier(sampled, 0.90) * np.sqrt(variance[:, 0])
    return pooled_margin((share, variance), sampled)


def summarize_distributions(
    observed: pd.DataFrame, implicates: Implicates, weight: Floats
) -> pd.DataFrame:
    """Summarize how the distribution of every variable differs from the observed one.

    Returns
    -------
    DataFrame
        One row per variable: ``variable``, ``measure`` and ``distance`` (of a number the
        Kolmogorov–Smirnov distance; of a category the total variation distance, half the sum of
        absolute differences of shares); for numbers also ``wasserstein`` (mean distance values
        move, in their unit), ``wasserstein_share`` (of the observed standard deviation) and mean,
        standard deviation and the 10th, 50th and 90th percentile of both sides, as
        ``mean_observed``, ``mean_simulated`` and so on, and ``mean_error``, the standard error of
        the observed mean by Cochran's ratio variance. NaN for categories.
    """
    return pd.DataFrame(
        [
            _summary(observed[name], variable, weight)
            for name, variable in implicates.variables.items()
        ],
        columns=list(DISTANCE_COLUMNS),
    )


def _summary(
    observed: pd.Series[Any], variable: FusedVariable, weight: Floats
) -> dict[str, str | float]:
    if variable.is_categorical:
        distance = _total_variation(observed_codes(observed, variable), variable, weight)
        return {"variable": variable.name, "measure": TOTAL_VARIATION, "distance": distance}
    truth = observed.to_numpy(dtype=np.float64)
    real = WeightedSample.of(truth, weight)
    _, variance = SubsetWeights.of_everyone(weight).means(truth[:, None], real.mean)
    drawn = WeightedSample.of(variable.values, weight)
    largest, moved = distances(real, drawn)
    facts = _facts(real) + _facts(drawn)
    return {
        "variable": variable.name,
        "measure": KOLMOGOROV,
        "distance": largest,
        "wasserstein": moved,
        "wasserstein_share": moved / real.deviation if real.deviation > 0 else np.nan,
        **dict(zip(_FACTS, facts, strict=True)),
        "mean_error": float(np.sqrt(variance[0, 0])),
    }


def _facts(sample: WeightedSample) -> list[float]:
    return [sample.mean, sample.deviation, *(sample.quantile(share) for share in (0.1, 0.5, 0.9))]


def _total_variation(codes: NDArray[np.intp], variable: FusedVariable, weight: Floats) -> float:
    count = len(variable.levels)
    real = _shares(codes[:, None], count, weight)
    return 0.5 * float(np.abs(real - _shares(variable.values, count, weight)).sum())


def _edges(truth: Floats) -> Floats:
    """Return bin edges: round steps over the central 98 %, the tails in the outer bins."""
    low, high = np.quantile(truth, [0.01, 0.99])
    if low == high:
        low, high = float(truth.min()), float(truth.max())
    if high - low <= _NO_RANGE:
        return np.array([low - 0.5, high + 0.5])
    step = _round_step((high - low) / BINS)
    # Multiples of the step are cleaned of the last bits, which would show in the bins' names.
    places = np.arange(np.floor(low / step) + 1, np.ceil(high / step))
    inner = np.unique([float(f"{place * step:.12g}") for place in places])
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
    return np.asarray(_shares_by_implicate(codes, count, weight).mean(axis=1))


def _shares_by_implicate(codes: NDArray[Any], count: int, weight: Floats) -> Floats:
    """Return the share of every code in every column, shape (count, M); codes below 0 are none."""
    draws = codes.shape[1]
    used = codes >= 0
    places = (codes.astype(np.intp) + count * np.arange(draws))[used]
    mass = np.broadcast_to(weight[:, None], codes.shape)[used]
    sums = np.bincount(places, weights=mass, minlength=count * draws)
    return np.asarray(sums.reshape(draws, count).T / weight.sum())
