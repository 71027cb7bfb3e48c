"""From weights and targets to pooled estimates: the array core of every estimate.

Per group the rows' weights form a matrix W (rows × 1+R, full weight first) and a variable's
implicates a matrix X (rows × M). One product WᵀX gives all 1+R estimates of all M implicates, so
that the successive-difference variance (Census Bureau, *PUMS Accuracy of the Data*; Fay and Train
1995) of every implicate is affordable; Rubin's rules then add the variance between implicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fusion_core.estimates.groups import Groups
    from fusion_core.estimates.targets import Target

    Floats = NDArray[np.float64]


_ROUNDING = 1e-13


@dataclass(frozen=True)
class GroupEstimates:
    """Estimates of one target in every group, before pooling.

    Attributes
    ----------
    estimates, variances
        Arrays of shape (groups, M).
    lost_replicates
        Per group, the number of replicate weights that gave no estimate (their weights in the
        group sum to zero).
    replicates
        Estimates under every weight, shape (groups, 1+R, M); kept on request only.
    """

    estimates: Floats
    variances: Floats
    lost_replicates: NDArray[np.intp]
    replicates: Floats | None = None

    def pick(self, places: NDArray[np.intp]) -> GroupEstimates:
        """Return the estimates of some groups, in another order."""
        return GroupEstimates(
            self.estimates[places],
            self.variances[places],
            self.lost_replicates[places],
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


def estimate_with_replicates(
    groups: Groups,
    weights: NDArray[np.floating],
    factor: float,
    targets: Sequence[Target],
    *,
    keep_replicates: bool = False,
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
    """
    collected: list[list[tuple[Floats, Floats, int, Floats | None]]] = [[] for _ in targets]
    for rows in groups:
        block = np.asarray(weights[rows], dtype=np.float64)
        for place, target in zip(collected, targets, strict=True):
            replicates = target.replicated(block, rows)
            variance, lost = replicate_variance(replicates, factor)
            # One household has the same mean under every weight; that is no certainty.
            if len(block) == 1 and not np.any(variance):
                variance = np.full_like(variance, np.nan)
            kept = replicates if keep_replicates else None
            place.append((replicates[0], variance, int(lost), kept))
    return [_collect(place) for place in collected]


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
    collected: list[list[tuple[Floats, Floats, int, Floats | None]]] = [[] for _ in targets]
    for rows in groups:
        block = np.asarray(weight[rows], dtype=np.float64)
        for place, target in zip(collected, targets, strict=True):
            estimate, variance = target.linearized(block, rows, sample)
            place.append((estimate, variance, 0, None))
    return [_collect(place) for place in collected]


def _collect(place: list[tuple[Floats, Floats, int, Floats | None]]) -> GroupEstimates:
    kept = [item[3] for item in place if item[3] is not None]
    return GroupEstimates(
        np.array([item[0] for item in place]),
        np.array([item[1] for item in place]),
        np.array([item[2] for item in place], dtype=np.intp),
        np.array(kept) if kept else None,
    )
