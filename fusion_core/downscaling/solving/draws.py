"""Allocations drawn again, each with a possible truth it would have estimated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.downscaling.solving._samples import (
    SHARED_SAMPLE,
    Sample,
    combined_errors,
    drawn_sample,
)
from fusion_core.downscaling.solving.allocation import Allocation, Reallocation
from fusion_core.downscaling.solving.effects import AreaEffects, possible_truth
from fusion_core.errors import InputError
from fusion_core.records import Checked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fusion_core.downscaling.solving.problem import AllocationProblem

TOLERANCE: Final = 0.05
"""Precision of a draw's solution in standard errors: far below what the draw itself moves."""


@dataclass(frozen=True)
class Draw(Checked):
    """An allocation as another sample of other areas might have led to.

    Attributes
    ----------
    allocation
        Of that sample.
    prior
        Its household weights before allocation.
    seed
        Of the possible truth (`truth_of`).
    """

    allocation: Allocation
    prior: NDArray[np.float64]
    seed: int


def redraw(
    allocation: Allocation,
    count: int,
    rng: np.random.Generator,
    *,
    effects: AreaEffects | None = None,
    shared: float = SHARED_SAMPLE,
) -> Iterator[Draw]:
    """Yield allocations as they might have turned out, with areas, counts and microdata drawn anew.

    Each draw makes up a truth whose areas differ from the allocation as `effects` say, publishes its
    counts with errors as a sample of households brings them, and allocates other microdata by them.

    Parameters
    ----------
    allocation
        The allocation to the published counts.
    count
        How many.
    rng
        Source of randomness.
    effects
        How much areas differ; ``None`` takes the allocation for the truth.
    shared
        See `SHARED_SAMPLE`; 0 draws microdata and published counts independently.

    Raises
    ------
    InputError
        If `shared` is no share.
    """
    if not 0 <= shared <= 1:
        raise InputError(f"'shared' must lie between 0 and 1; got {shared}")
    near, problem = Reallocation(allocation), allocation.problem
    for seed in rng.integers(2**31, size=count):
        truth = allocation.weights
        if effects is not None:
            truth = truth_of(truth, problem.characteristics, effects, int(seed))
        sample = drawn_sample(problem, truth, rng, shared)
        moved = _moved(problem, truth - allocation.weights, sample)
        expected = problem.expected + combined_errors(problem, moved)
        found = near.solve(sample.prior, expected, tolerance=TOLERANCE)
        yield Draw(found, sample.prior, int(seed))


def truth_of(
    weights: NDArray[np.float64],
    characteristics: NDArray[np.float64],
    effects: AreaEffects,
    seed: int,
) -> NDArray[np.float64]:
    """Return the possible truth of a draw, always the same for a seed; see `possible_truth`."""
    return possible_truth(weights, characteristics, effects, np.random.default_rng(seed))


def _moved(problem: AllocationProblem, change: NDArray[np.float64], sample: Sample) -> Sample:
    """Add what a possible truth changes to the errors of all levels."""
    own = change.T @ problem.characteristics
    errors = []
    for level, error in zip(problem.levels, sample.errors, strict=True):
        summed = np.zeros(error.shape)
        inside = level.members >= 0
        np.add.at(summed, level.members[inside], own[inside])
        errors.append(error + summed)
    return Sample(tuple(errors), sample.prior)


__all__ = ["TOLERANCE", "Draw", "redraw", "truth_of"]
