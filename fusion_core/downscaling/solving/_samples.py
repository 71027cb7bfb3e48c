"""How sure an allocation is: the published counts and the microdata drawn again.

All published counts of an area come from the same sampled households, a tract's counts from those of
its block groups, and the microdata are a part of that sample. So a draw is one of households: each
cell of household × area gets one random number, from which follow the errors of all counts of all
levels – every one scaled to its published standard error – and the weights of the microdata. Counts
that the same households decide then err together, as published ones do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.special import log_ndtr

from fusion_core.downscaling.solving.problem import AllocationProblem, weighted_means
from fusion_core.records import Checked

if TYPE_CHECKING:
    Floats = NDArray[np.float64]

SHARED_SAMPLE: Final = 2 / 3
"""Share of the sample behind published counts that the microdata hold.

Five years of ACS microdata are about 5 % of the housing units, the interviews behind the 5-year
tables about 7.5 %."""


@dataclass(frozen=True)
class Sample(Checked):
    """Another sample of households.

    Attributes
    ----------
    errors
        How its counts differ from the published ones, one array per level.
    prior
        Its household weights before allocation.
    """

    errors: tuple[np.ndarray, ...]
    prior: np.ndarray


def drawn_sample(
    problem: AllocationProblem,
    weights: NDArray[np.float64],
    rng: np.random.Generator,
    shared: float = SHARED_SAMPLE,
) -> Sample:
    """Draw a sample behind published counts and microdata.

    Parameters
    ----------
    problem
        The counts.
    weights
        Who lives where: allocated weights, shape (households, areas).
    rng
        Source of randomness.
    shared
        See `SHARED_SAMPLE`.
    """
    cells = rng.standard_normal(weights.shape)
    own = rng.standard_normal(len(weights))
    cell_weights = problem.weights[:, None] * weights
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
    share = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
    common = (np.sqrt(share) * cells).sum(axis=1)
    normal = np.sqrt(shared) * common + np.sqrt(1 - shared) * own
    return Sample(tuple(errors), _drawn_weights(problem.weights, normal))


def combined_errors(problem: AllocationProblem, sample: Sample) -> NDArray[np.float64]:
    """Return the errors of the combined counts of a sample, shape (areas, names)."""
    return weighted_means(problem.levels, problem.covariance, sample.errors)


def _drawn_weights(weights: Floats, normal: Floats) -> Floats:
    """Reweight households by factors of mean and variance 1 (Rubin 1981's Bayesian bootstrap)."""
    drawn = weights * np.maximum(-log_ndtr(-normal), 1e-9)
    return np.asarray(drawn * (weights.sum() / drawn.sum()))


__all__ = ["SHARED_SAMPLE", "Sample", "combined_errors", "drawn_sample"]
