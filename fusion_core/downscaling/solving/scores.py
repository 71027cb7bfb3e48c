"""How good an allocation is where it was not told the answer: tables held out from the constraints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.downscaling.solving._samples import Sample, combined_errors, drawn_sample
from fusion_core.downscaling.solving.allocation import Allocation, Reallocation, allocate
from fusion_core.downscaling.solving.draws import TOLERANCE
from fusion_core.downscaling.solving.problem import AllocationProblem
from fusion_core.downscaling.solving.published import Z90
from fusion_core.errors import InputError
from fusion_core.records import Checked

_DRAWS: Final = 4


@dataclass(frozen=True)
class HeldOut(Checked):
    """A table an allocation did not see, against what the allocation says of it.

    Attributes
    ----------
    names
        Constraints held out.
    error
        Root mean square of allocated minus published counts, in published standard errors; 1 is
        what sampling alone explains.
    inside
        Share of the published counts met within their 90 % margins.
    absolute
        Sum of absolute differences ÷ sum of published counts.
    unexplained
        Variance between areas that neither constraints nor sampling explain, as a share of the
        variance between households that constraints do not explain; by chance below 0.
    counts
        Published counts compared.
    """

    names: tuple[str, ...]
    error: float
    inside: float
    absolute: float
    unexplained: float
    counts: int = 0


def hold_out(
    problem: AllocationProblem,
    names: Sequence[str],
    *,
    start: NDArray[np.float64] | None = None,
    seed: int = 0,
) -> HeldOut:
    """Allocate without some constraints and compare with what is published of them.

    Parameters
    ----------
    problem
        The problem with all constraints.
    names
        Those to hold out.
    start
        Multipliers of the whole problem, to start from.
    seed
        Of the draws that tell how far sampling alone would let the two differ.

    Raises
    ------
    InputError
        If a name is unknown or no constraint is left.
    """
    for name in names:
        if name not in problem.names:
            raise InputError.unknown("constraint", name, problem.names)
    rest = problem.without(names)
    if not rest.names:
        raise InputError("Every constraint is held out", fix="Leave at least one to allocate by")
    kept = [problem.names.index(name) for name in rest.names]
    out = [problem.names.index(name) for name in names]
    begin = None if start is None else np.ascontiguousarray(start[:, kept])
    allocation = allocate(rest, start=begin, tolerance=TOLERANCE)
    counts, errors = problem.finest.counts[:, out], problem.finest.errors[:, out]
    known = ~np.isnan(counts)
    off = np.where(known, allocation.weights.T @ problem.characteristics[:, out] - counts, 0.0)
    scaled = off[known] / errors[known]
    noise = _noise(problem, allocation, kept, out, seed=seed)
    return HeldOut(
        tuple(names),
        float(np.sqrt((scaled**2).mean())),
        float((np.abs(scaled) <= Z90).mean()),
        float(np.abs(off).sum() / max(np.where(known, counts, 0.0).sum(), 1.0)),
        _unexplained(
            problem.characteristics[:, out], allocation, off, np.where(known, noise, np.nan)
        ),
        int(known.sum()),
    )


def _noise(
    problem: AllocationProblem,
    allocation: Allocation,
    kept: list[int],
    out: list[int],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Variance of allocated minus published counts that sampling alone explains.

    Both come from the same sample, so they err together: each draw is of households (see
    `drawn_sample`), and changes what is held out and what the allocation is made from.
    """
    rng, near, rest = np.random.default_rng(seed), Reallocation(allocation), allocation.problem
    x = problem.characteristics[:, out]
    before = allocation.weights.T @ x
    squares = np.zeros(before.shape)
    for _ in range(_DRAWS):
        sample = drawn_sample(problem, allocation.weights, rng)
        own = Sample(tuple(part[:, kept] for part in sample.errors), sample.prior)
        expected = rest.expected + combined_errors(rest, own)
        after = near.solve(sample.prior, expected, tolerance=TOLERANCE).weights.T @ x
        squares += (after - before - sample.errors[-1][:, out]) ** 2
    return squares / _DRAWS


def _unexplained(
    x: NDArray[np.float64],
    allocation: Allocation,
    off: NDArray[np.float64],
    noise: NDArray[np.float64],
) -> float:
    """Moment estimate of an intraclass correlation.

    A count is off by its sampling error and by households × the area's own effect, whose variance
    is the share sought of the variance between households within what constraints explain.
    Unpublished counts have no noise.
    """
    problem, households = allocation.problem, allocation.weights.sum(axis=0)
    beyond = residual_variance(x, problem.characteristics, problem.weights)
    possible = households[:, None] ** 2 * beyond * np.isfinite(noise)
    total = float(possible.sum())
    return float(min(np.nansum(off**2 - noise) / total, 1.0)) if total > 0 else 0.0


def residual_variance(
    values: NDArray[np.float64],
    characteristics: NDArray[np.floating],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Variance between households of what constraints do not explain linearly.

    Parameters
    ----------
    values
        Shape (households, columns).
    characteristics
        Of the constraints, shape (households, constraints).
    weights
        Household weights.

    Returns
    -------
    ndarray
        One variance per column.
    """
    root = np.sqrt(weights / weights.sum())[:, None]
    x = np.column_stack([np.ones(len(weights)), characteristics]) * root
    y = values * root
    fitted = x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return np.asarray(((y - fitted) ** 2).sum(axis=0))


def unexplained_share(
    problem: AllocationProblem,
    tables: Mapping[str, Sequence[str]],
    *,
    start: NDArray[np.float64] | None = None,
    seed: int = 0,
) -> dict[str, HeldOut]:
    """Hold out every table in turn.

    Parameters
    ----------
    problem
        The problem with all constraints.
    tables
        Constraints of each table by its name.
    start, seed
        As in `hold_out`.

    Returns
    -------
    dict
        What holding out each table showed, without tables that are all there is, and without counts
        every household enters alike.
    """
    found = {}
    differs = np.ptp(problem.characteristics, axis=0) > 0
    for title, names in tables.items():
        present = [
            name for name in names if name in problem.names and differs[problem.names.index(name)]
        ]
        if present and len(present) < len(problem.names):
            found[title] = hold_out(problem, present, start=start, seed=seed)
    return found


__all__ = ["HeldOut", "hold_out", "residual_variance", "unexplained_share"]
