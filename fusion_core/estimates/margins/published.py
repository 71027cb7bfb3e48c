"""The variance formulas of the two R packages, to compare with results published with them.

``paper`` – fusionModel 2.4 (Ummel et al. 2024): the within variance of a mean is Cochran's (1977)
ratio variance, of a share p(1−p)Σw²/(Σw)², of a total or count the same times (Σw)²; replicate
weights enter through the variance between implicates only, implicate m being estimated a second
time with replicate weight m. ``fusionacs`` – fusionACS 0.0.12: variances from Kish's effective
sample size, shares after Wilson's adjustment.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from fusion_core.errors import InputError
from fusion_core.estimates.margins.report import ResultBlock
from fusion_core.estimates.statistics import (
    Constant,
    GiniTarget,
    QuantileTarget,
    RatioTarget,
    TotalTarget,
    answered_rows,
    effective_answers,
    effective_sample_size,
    indicates,
    quantiles_by_woodruff,
    weights_of_answers,
)
from fusion_core.estimates.variance import pool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import Groups, NamedTarget, Rows, Target, WeightMatrix
    from fusion_core.estimates.variance import Pooled

    Floats = NDArray[np.float64]

PublishedMethod = Literal["paper", "fusionacs"]

PAPER_NOTE = "Formulas of fusionModel 2.4."
FUSIONACS_NOTE = "Formulas of fusionACS."
# fusionModel approximates the sampling variance of a median by its density above this many rows.
_LARGE_SAMPLE = 1000
_UNBOUNDED = (-np.inf, np.inf)


def estimate_published(
    groups: Groups, weights: WeightMatrix, targets: Sequence[NamedTarget], method: PublishedMethod
) -> list[ResultBlock]:
    """Estimate and pool targets with the formulas of an R package.

    Raises
    ------
    InputError
        If ``paper`` is asked for with fewer replicate weights than implicates.
    """
    if any(isinstance(item.target, GiniTarget) for item in targets):
        raise InputError(
            f"The method '{method}' has no formula for a Gini coefficient",
            fix="Use the method 'replicates'",
        )
    estimator = _paper if method == "paper" else _fusionacs
    return [estimator(groups, weights, item) for item in targets]


def _paper(groups: Groups, weights: WeightMatrix, item: NamedTarget) -> ResultBlock:
    full = weights.full
    counts = answered_rows(groups, item, full)
    results = [_paper_group(item.target, full[rows], rows, len(full)) for rows in groups]
    estimates = np.array([result[0] for result in results])
    variances = np.array([result[1] for result in results])
    extra: Floats | float = 0.0
    count = estimates.shape[1]
    if weights.has_replicates and count > 1:
        extra = _replicate_between(groups, weights, item.target, estimates)
    pooled = pool(
        estimates,
        variances,
        complete_degrees_of_freedom=np.maximum(counts - 1, 1),
        rule="rubin",
        extra_between=extra,
    )
    return _block(item, counts, pooled, PAPER_NOTE)


def _block(item: NamedTarget, counts: NDArray[np.int_], pooled: Pooled, note: str) -> ResultBlock:
    """Lay out results; what the donor adds is in neither package's formulas."""
    # Of no answer there is no estimate, and no margin of it.
    pooled = replace(pooled, total=np.where(np.isnan(pooled.estimate), np.nan, pooled.total))
    complete = np.full(len(counts), item.observed)
    notes = [note] * len(counts)
    untested = np.zeros(len(counts), dtype=bool)
    return ResultBlock(
        item.statistic, item.level, counts, pooled, _UNBOUNDED, notes, complete, untested
    )


def _paper_group(target: Target, weight: Floats, rows: Rows, sample: int) -> tuple[Floats, Floats]:
    from fusion_core.estimates.margins._r_medians import interpolated_quantiles

    if isinstance(target, TotalTarget):
        total = weight.sum()
        estimate, variance = _paper_ratio(_mean_of(target, sample), weight, rows, sample)
        return _if_answered(target, weight, rows, estimate * total), variance * total**2
    if isinstance(target, RatioTarget):
        return _paper_ratio(target, weight, rows, sample)
    if not isinstance(target, QuantileTarget):
        raise TypeError(type(target))

    def quantile(values: Floats, weight: Floats) -> tuple[Floats, Floats]:
        estimate = interpolated_quantiles(values, weight, target.probability)
        if len(weight) <= _LARGE_SAMPLE:
            # fusionModel bootstraps smaller samples; Woodruff's interval needs no random numbers.
            return estimate, quantiles_by_woodruff(values, weight, target.probability)[1]
        points = zip(values.T, estimate, strict=True)
        density = np.array([_density(column, weight, point) for column, point in points])
        spread = target.probability * (1.0 - target.probability)
        return estimate, spread / (len(weight) * density**2)

    return _of_answers(target.column.values[rows], weight, quantile)


def _of_answers(
    values: Floats,
    weight: Floats,
    compute: Callable[[Floats, Floats], tuple[Floats, Floats]],
) -> tuple[Floats, Floats]:
    """Compute estimates and variances from those who answered, implicate by implicate if need be."""
    values = np.asarray(values, dtype=np.float64)
    answered = ~np.isnan(values) & (weight > 0)[:, None]
    if answered.all():
        return compute(values, weight)
    result = np.full((2, values.shape[1]), np.nan)
    for place, known in enumerate(answered.T):
        if known.any():
            found = compute(values[known, place][:, None], weight[known])
            result[:, place] = found[0][0], found[1][0]
    return result[0], result[1]


def _mean_of(target: TotalTarget, sample: int) -> RatioTarget:
    return RatioTarget(target.measure, Constant(sample), proportion=indicates(target.measure))


def _if_answered(target: TotalTarget, weight: Floats, rows: Rows, total: Floats) -> Floats:
    """Return a total where anybody answered; both packages take a missing answer for 0."""
    if target.answered is None:
        return total
    return np.where(weight @ target.answered(rows) > 0, total, np.nan)


def _paper_ratio(
    target: RatioTarget, weight: Floats, rows: Rows, sample: int
) -> tuple[Floats, Floats]:
    if not target.proportion:
        return target.linearized(weight, rows, sample)
    bottom = target.denominator(rows)
    base = weight @ bottom
    share = (weight @ target.numerator(rows)) / base
    return share, share * (1.0 - share) * (weight**2 @ bottom) / base**2


def _replicate_between(
    groups: Groups, weights: WeightMatrix, target: Target, estimates: Floats
) -> Floats:
    """Return max(0, var(θ'_m) − var(θ_m))·s·(M−1)/M, θ'_m from replicate weight m, s = R·factor."""
    from fusion_core.estimates.margins._r_medians import interpolated_quantiles

    count = estimates.shape[1]
    design = weights.design
    if design.replicates < count:
        raise InputError(
            f"{count} implicates need as many replicate weights, the survey has {design.replicates}",
            where="method 'paper'",
            fix="Use the method 'replicates', which has no such limit",
        )
    scale = design.factor * design.replicates
    repeated: list[Floats] = []
    for rows in groups:
        block = np.asarray(weights.values[rows][:, 1 : count + 1], dtype=np.float64)
        if isinstance(target, QuantileTarget):
            values = target.column.values[rows]
            pairs = zip(values.T, block.T, strict=True)
            medians = [
                interpolated_quantiles(column[:, None], weight, target.probability)
                for column, weight in pairs
            ]
            repeated.append(np.concatenate(medians))
        else:
            repeated.append(np.diagonal(target.replicated(block, rows)))
    excess = np.var(np.array(repeated), axis=1, ddof=1) - np.var(estimates, axis=1, ddof=1)
    return np.asarray(np.maximum(excess, 0.0) * scale * (count - 1) / count)


def _density(values: Floats, weight: Floats, point: float) -> float:
    """Return a Gaussian kernel density estimate with Silverman's rule of thumb bandwidth."""
    quartiles = np.subtract(*np.percentile(values, [75, 25]))
    spread = min(float(np.std(values, ddof=1)), float(quartiles) / 1.34) or float(np.std(values))
    bandwidth = 0.9 * spread * len(values) ** -0.2
    kernel = np.exp(-0.5 * ((values - point) / bandwidth) ** 2) / np.sqrt(2.0 * np.pi)
    return float((weight * kernel).sum() / (weight.sum() * bandwidth))


def _fusionacs(groups: Groups, weights: WeightMatrix, item: NamedTarget) -> ResultBlock:
    full = weights.full
    sizes = np.array([effective_answers(item, rows, full[rows]) for rows in groups])
    results = [
        _fusionacs_group(item, full[rows], rows, (len(full), size))
        for rows, size in zip(groups, sizes, strict=True)
    ]
    pooled = pool(
        np.array([result[0] for result in results]),
        np.array([result[1] for result in results]),
        complete_degrees_of_freedom=np.maximum(sizes - 1.0, 1.0),
        rule="fusionacs",
    )
    return _block(item, answered_rows(groups, item, full), pooled, FUSIONACS_NOTE)


def _fusionacs_group(
    item: NamedTarget, weight: Floats, rows: Rows, sizes: tuple[int, float]
) -> tuple[Floats, Floats]:
    from fusion_core.estimates.margins._r_medians import interpolated_quantiles

    target, (sample, size) = item.target, sizes
    if isinstance(target, TotalTarget):
        total = weight.sum()
        mean = _mean_of(target, sample)
        estimate, variance = _fusionacs_ratio(mean, weight, rows, (size, np.asarray(total)))
        return _if_answered(target, weight, rows, estimate * total), variance * total**2
    if isinstance(target, RatioTarget):
        total = weights_of_answers(item, rows, weight).sum(axis=0)
        return _fusionacs_ratio(target, weight, rows, (size, total))
    if not isinstance(target, QuantileTarget):
        raise TypeError(type(target))

    def quantile(values: Floats, weight: Floats) -> tuple[Floats, Floats]:
        size = effective_sample_size(weight)
        low, estimate, high = (
            interpolated_quantiles(values, weight, target.probability + step)
            for step in (-0.025, 0.0, 0.025)
        )
        mean = (weight @ values) / weight.sum()
        error_of_mean = np.sqrt((weight @ (values - mean) ** 2) / (weight.sum() - 1.0) / size)
        by_distance = (high - low) / 0.1 / np.sqrt(size)
        return estimate, np.where(high > low, by_distance, error_of_mean * np.pi / 2.0) ** 2

    return _of_answers(target.column.values[rows], weight, quantile)


def _fusionacs_ratio(
    target: RatioTarget, weight: Floats, rows: Rows, sizes: tuple[float, Floats]
) -> tuple[Floats, Floats]:
    """Return a ratio and its variance, given the effective number and the weight of who answered."""
    from scipy import special

    size, total = sizes
    top, bottom = target.numerator(rows), target.denominator(rows)
    base = weight @ bottom
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = (weight @ top) / base
        if target.proportion:
            square = special.ndtri(0.95) ** 2
            adjusted = (estimate * size + square / 2.0) / (size + square)
            return estimate, np.divide(adjusted * (1.0 - adjusted), size)
        spread = weight @ (top - estimate * bottom) ** 2 / (total - 1.0)
        return estimate, np.divide(spread, size) * (total / base) ** 2
