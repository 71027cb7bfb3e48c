"""How good an allocation is where it was not told the answer: tables held out from the constraints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_core.downscaling.allocation import Allocation, allocate
from fusion_core.downscaling.problem import AllocationProblem
from fusion_core.downscaling.published import Z90
from fusion_core.errors import InputError
from fusion_core.records import Checked


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
        variance between households.
    """

    names: tuple[str, ...]
    error: float
    inside: float
    absolute: float
    unexplained: float


def hold_out(
    problem: AllocationProblem,
    names: Sequence[str],
    *,
    start: NDArray[np.float64] | None = None,
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
    begin = None if start is None else np.ascontiguousarray(start[:, kept])
    return compare_held_out(allocate(rest, start=begin), problem, names)


def compare_held_out(
    allocation: Allocation, problem: AllocationProblem, names: Sequence[str]
) -> HeldOut:
    """Compare an allocation with published counts it did not see.

    Parameters
    ----------
    allocation
        Made without those constraints.
    problem
        The problem with them.
    names
        The constraints.
    """
    columns = [problem.names.index(name) for name in names]
    x = problem.characteristics[:, columns]
    counts, errors = problem.finest.counts[:, columns], problem.finest.errors[:, columns]
    found = allocation.weights.T @ x
    known = ~np.isnan(counts)
    off = np.where(known, found - counts, 0.0)
    scaled = off[known] / errors[known]
    return HeldOut(
        tuple(names),
        float(np.sqrt((scaled**2).mean())),
        float((np.abs(scaled) <= Z90).mean()),
        float(np.abs(off).sum() / max(np.where(known, counts, 0.0).sum(), 1.0)),
        _unexplained(x, allocation, off, np.where(known, errors, np.nan)),
    )


def _unexplained(
    x: NDArray[np.float64],
    allocation: Allocation,
    off: NDArray[np.float64],
    errors: NDArray[np.float64],
) -> float:
    """Moment estimate of an intraclass correlation.

    A count is off by its sampling error and by households × the area's own effect, whose variance
    is the share sought of the variance between households. Unpublished counts have no error.
    """
    weights, households = allocation.problem.weights, allocation.weights.sum(axis=0)
    mean = np.average(x, axis=0, weights=weights)
    between_households = np.average((x - mean) ** 2, axis=0, weights=weights)
    possible = households[:, None] ** 2 * between_households * np.isfinite(errors)
    excess = np.nansum(off**2 - errors**2)
    return float(np.clip(excess / max(float(possible.sum()), 1e-300), 0.0, 1.0))


def unexplained_share(
    problem: AllocationProblem,
    tables: Mapping[str, Sequence[str]],
    *,
    start: NDArray[np.float64] | None = None,
) -> dict[str, HeldOut]:
    """Hold out every table in turn.

    Parameters
    ----------
    problem
        The problem with all constraints.
    tables
        Constraints of each table by its name.
    start
        Multipliers of the whole problem, to start from.

    Returns
    -------
    dict
        What holding out each table showed, without tables that are all there is.
    """
    found = {}
    for title, names in tables.items():
        present = [name for name in names if name in problem.names]
        if present and len(present) < len(problem.names):
            found[title] = hold_out(problem, present, start=start)
    return found


__all__ = ["HeldOut", "compare_held_out", "hold_out", "unexplained_share"]
