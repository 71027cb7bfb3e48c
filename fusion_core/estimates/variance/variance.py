"""From weights and targets to pooled estimates: the array core of every estimate.

Per group the rows' weights form a matrix W (rows × 1+R, full weight first) and a variable's
implicates a matrix X (rows × M). One product WᵀX gives all 1+R estimates of all M implicates, so
that the successive-difference variance (Census Bureau, *PUMS Accuracy of the Data*; Fay and Train
1995) of every implicate is affordable; Rubin's rules then add the variance between implicates.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.statistics import (
    Groups,
    GroupSums,
    NamedTarget,
    RatioTarget,
    Target,
    TotalTarget,
    WeightMatrix,
)
from fusion_core.fusion.base import one_blas_thread
from fusion_core.records import Checked
from fusion_core.wanted import wanted_check

Floats = NDArray[np.float64]


_ROUNDING = 1e-13
# Work on more rows than this is split into parts for threads; compiled walks hold no lock.
_MANY_ROWS = 20_000
_PARTS = 64
_MOST_THREADS = 8


@dataclass(frozen=True)
class GroupEstimates(Checked):
    """Estimates of one target in every group, before pooling.

    Attributes
    ----------
    estimates, variances
        Arrays of shape (groups, M).
    variance_of_mean
        Sampling variance of the mean over implicates, one per group. The implicates share their
        households, so it is smaller than `variances` by what the noise of the draws adds to those.
    lost_replicates
        Per group, the number of replicate weights that gave no estimate (their weights in the
        group sum to zero).
    absent
        Shape (groups, M): implicates in which the group has no household of the kind asked for,
        while it has in others. Their place is taken by the mean of the others.
    replicates
        Estimates under every weight, shape (groups, 1+R, M); kept on request only.
    """

    estimates: Floats
    variances: Floats
    variance_of_mean: Floats
    lost_replicates: NDArray[np.intp]
    absent: NDArray[np.bool_]
    replicates: Floats | None = None

    def pick(self, places: NDArray[np.intp]) -> GroupEstimates:
        """Return the estimates of some groups, in another order."""
        return GroupEstimates(
            self.estimates[places],
            self.variances[places],
            self.variance_of_mean[places],
            self.lost_replicates[places],
            self.absent[places],
            None if self.replicates is None else self.replicates[places],
        )


def replicate_variance(replicates: Floats, factor: float) -> tuple[Floats, NDArray[np.intp]]:
    """Return factor × Σ_r (θ_r − θ)² and the number of replicates without an estimate.

    Parameters
    ----------
    replicates
        Array of shape (…, 1+R, M), the full-sample estimate first.
    factor
        Of the survey's design, see `fusion_core.surveys.WeightDesign`. Where replicates are lost
        the sum is scaled up to all R.
    """
    estimate = replicates[..., :1, :]
    deviation = replicates[..., 1:, :] - estimate
    # A share of 1 under every weight is rounded to 1 − 1e-16 under some: that is no variance.
    deviation[np.abs(deviation) <= _ROUNDING * np.abs(estimate)] = 0.0
    missing = np.isnan(deviation)
    count = deviation.shape[-2]
    if not missing.any():
        squares = np.einsum("...rm,...rm->...m", deviation, deviation)
        return factor * squares, np.zeros(replicates.shape[:-2], dtype=np.intp)
    lost = missing.sum(axis=-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = np.nansum(deviation**2, axis=-2) * count / (count - lost)
    return factor * squares, lost.max(axis=-1)


def estimate_each(
    groups: Groups,
    weights: WeightMatrix,
    targets: Sequence[NamedTarget],
    *,
    keep_replicates: bool = False,
    sums: GroupSums | None = None,
) -> list[GroupEstimates]:
    """Estimate every target in every group, under all weights there are.

    Parameters
    ----------
    groups, weights, targets
        What to estimate, of whom, with which weights; without replicates variances are linearized.
    keep_replicates, sums
        As in `estimate_with_replicates`.
    """
    asked = [item.target for item in targets]
    if not weights.has_replicates:
        return estimate_linearized(groups, weights.full, asked, len(weights.values))
    factor = weights.design.factor
    return estimate_with_replicates(
        groups, weights.values, factor, asked, keep_replicates=keep_replicates, sums=sums
    )


def estimate_with_replicates(
    groups: Groups,
    weights: NDArray[np.floating],
    factor: float,
    targets: Sequence[Target],
    *,
    keep_replicates: bool = False,
    sums: GroupSums | None = None,
) -> list[GroupEstimates]:
    """Estimate every target in every group with replicate weights.

    Parameters
    ----------
    groups
        Rows of each group.
    weights
        Array of shape (rows, 1+R), the full-sample weight first.
    factor
        Of the replication design.
    targets
        What to estimate.
    keep_replicates
        Keep the estimates under every weight, for tests of differences.
    sums
        Weighted sums of these groups and weights, where some are known already.
    """
    known = GroupSums(groups, weights) if sums is None else sums
    return [
        _from_sums(known, factor, target, keep_replicates=keep_replicates)
        if isinstance(target, RatioTarget | TotalTarget)
        else _from_rows(groups, weights, factor, target, keep_replicates=keep_replicates)
        for target in targets
    ]


def _from_sums(
    known: GroupSums, factor: float, target: RatioTarget | TotalTarget, *, keep_replicates: bool
) -> GroupEstimates:
    """Estimate a target that follows from weighted sums, for as many groups at once as fit."""
    parts = [
        _finished(target.combine(part.of(target.measures)), part.groups, factor, keep_replicates)
        for part in known.parts()
    ]
    return parts[0] if len(parts) == 1 else _joined(parts)


def _from_rows(
    groups: Groups,
    weights: NDArray[np.floating],
    factor: float,
    target: Target,
    *,
    keep_replicates: bool,
) -> GroupEstimates:
    """Estimate a target that needs the households themselves, in threads where it is much work."""
    check = wanted_check()

    def estimated(part: Groups) -> GroupEstimates:
        check()
        replicates = [
            target.replicated(np.asarray(weights[rows], dtype=np.float64), rows) for rows in part
        ]
        return _finished(np.stack(replicates), part, factor, keep_replicates)

    parts = groups.parts(_PARTS if groups.sizes.sum() > _MANY_ROWS else 1)
    workers = min(len(parts), os.cpu_count() or 1, _MOST_THREADS)
    if workers == 1:
        return _joined([estimated(part) for part in parts])
    # Threads of BLAS inside these would wait for each other, longer than the work takes.
    with one_blas_thread(), ThreadPoolExecutor(workers) as pool:
        return _joined(list(pool.map(estimated, parts)))


def _finished(
    replicates: Floats, groups: Groups, factor: float, keep_replicates: bool
) -> GroupEstimates:
    replicates, absent = _with_mean_of_others(replicates)
    variances, lost = replicate_variance(replicates, factor)
    # One household has the same mean under every weight; that is no certainty.
    alone = (groups.sizes == 1) & ~np.nan_to_num(variances).any(axis=1)
    variances[alone] = np.nan
    of_mean, _ = replicate_variance(replicates.mean(axis=2, keepdims=True), factor)
    of_mean[alone] = np.nan
    kept = replicates if keep_replicates else None
    return GroupEstimates(replicates[:, 0].copy(), variances, of_mean[:, 0], lost, absent, kept)


def _with_mean_of_others(values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Put the mean of the other implicates where one has no estimate; return where.

    Parameters
    ----------
    values
        Shape (groups, K, M), the estimate first.
    """
    absent = np.isnan(values[:, 0])
    absent &= ~absent.all(axis=1, keepdims=True)
    places = np.flatnonzero(absent.any(axis=1))
    if len(places):
        values = values.copy()
    for group in places:
        others = values[group][:, ~absent[group]].mean(axis=1, keepdims=True)
        values[group] = np.where(absent[group], others, values[group])
    return values, absent


def _joined(parts: Sequence[GroupEstimates]) -> GroupEstimates:
    kept = [part.replicates for part in parts if part.replicates is not None]
    return GroupEstimates(
        np.concatenate([part.estimates for part in parts]),
        np.concatenate([part.variances for part in parts]),
        np.concatenate([part.variance_of_mean for part in parts]),
        np.concatenate([part.lost_replicates for part in parts]),
        np.concatenate([part.absent for part in parts]),
        np.concatenate(kept) if kept else None,
    )


def estimate_linearized(
    groups: Groups, weight: Floats, targets: Sequence[Target], sample: int
) -> list[GroupEstimates]:
    """Estimate every target in every group from the full-sample weight alone.

    Parameters
    ----------
    groups
        Rows of each group.
    weight
        One weight per row.
    targets
        What to estimate.
    sample
        Number of rows of the whole sample, groups being domains of it.
    """
    collected: list[list[tuple[Floats, Floats]]] = [[] for _ in targets]
    for rows in groups:
        block = np.asarray(weight[rows], dtype=np.float64)
        for place, target in zip(collected, targets, strict=True):
            place.append(target.linearized(block, rows, sample))
    return [_collect(place) for place in collected]


def _collect(place: list[tuple[Floats, Floats]]) -> GroupEstimates:
    both, absent = _with_mean_of_others(np.array(place))
    estimates, variances = both[:, 0], both[:, 1]
    count = estimates.shape[1]
    noise = estimates.var(axis=1, ddof=1) if count > 1 else np.zeros(len(estimates))
    # Every implicate's sampling variance holds the noise of its draws; their mean holds an M-th of it.
    of_mean = np.maximum(variances.mean(axis=1) - (1.0 - 1.0 / count) * noise, noise / count)
    lost = np.zeros(len(estimates), dtype=np.intp)
    return GroupEstimates(estimates, variances, of_mean, lost, absent)
