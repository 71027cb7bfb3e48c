"""How sure an allocation is: the published counts and the microdata drawn again.

All published counts of an area come from the same sampled households, a tract's counts from those of
its block groups, and the microdata are a part of that sample. So a draw is one of households: each
cell of household × area gets one random number, from which follow the errors of all counts of all
levels – every one scaled to its published standard error – and the weights of the microdata. Counts
that the same households decide then err together, as published ones do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import scipy.sparse
from scipy.special import log_ndtr

from fusion_core.downscaling.allocation import Allocation, Reallocation
from fusion_core.downscaling.problem import weighted_means
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SHARED_SAMPLE: Final = 2 / 3
"""Share of the sample behind published counts that the microdata hold.

Five years of ACS microdata are about 5 % of the housing units, the interviews behind the 5-year
tables about 7.5 %."""
_TOLERANCE: Final = 0.05
"""Precision of a draw's solution in standard errors: far below what the draw itself moves."""


def redraw(
    allocation: Allocation,
    count: int,
    rng: np.random.Generator,
    *,
    shared: float = SHARED_SAMPLE,
) -> Iterator[Allocation]:
    """Yield allocations to counts and with microdata as another sample might have yielded them.

    Parameters
    ----------
    allocation
        The allocation to the published counts.
    count
        How many.
    rng
        Source of randomness.
    shared
        See `SHARED_SAMPLE`; 0 draws microdata and published counts independently.

    Raises
    ------
    InputError
        If `shared` is no share.
    """
    if not 0 <= shared <= 1:
        raise InputError(f"'shared' must lie between 0 and 1; got {shared}")
    near = Reallocation(allocation)
    for _ in range(count):
        cells = rng.standard_normal(allocation.weights.shape)
        expected = allocation.problem.expected + _count_errors(allocation, cells)
        prior = _drawn_weights(allocation, cells, shared, rng)
        yield near.solve(prior, expected, tolerance=_TOLERANCE)


def _count_errors(allocation: Allocation, cells: Floats) -> Floats:
    """Return the errors of the combined counts that random numbers of households × areas imply."""
    problem = allocation.problem
    cell_weights = problem.weights[:, None] * allocation.weights
    x = scipy.sparse.csr_array(problem.characteristics.T)
    noise = np.asarray(x @ (np.sqrt(cell_weights) * cells)).T
    variance = np.asarray(x.power(2) @ cell_weights).T
    errors = []
    for level in problem.levels:
        shape = level.published.counts.shape
        summed, spread = np.zeros(shape), np.zeros(shape)
        inside = level.members >= 0
        np.add.at(summed, level.members[inside], noise[inside])
        np.add.at(spread, level.members[inside], variance[inside])
        unit = summed / np.sqrt(np.maximum(spread, 1e-300))
        errors.append(np.nan_to_num(level.published.errors) * unit)
    return weighted_means(problem.levels, problem.covariance, errors)


def _drawn_weights(
    allocation: Allocation, cells: Floats, shared: float, rng: np.random.Generator
) -> Floats:
    """Reweight households by factors of mean and variance 1 (Rubin 1981's Bayesian bootstrap)."""
    share = allocation.weights / allocation.weights.sum(axis=1, keepdims=True)
    common = (np.sqrt(share) * cells).sum(axis=1)
    normal = np.sqrt(shared) * common + np.sqrt(1 - shared) * rng.standard_normal(len(common))
    weights = allocation.problem.weights * np.maximum(-log_ndtr(-normal), 1e-9)
    return np.asarray(weights * (allocation.problem.weights.sum() / weights.sum()))


__all__ = ["SHARED_SAMPLE", "redraw"]
