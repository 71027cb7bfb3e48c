"""Allocate households to small areas so that published counts are met within their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.downscaling.solving._dual import Dual, Point
from fusion_core.downscaling.solving.problem import AllocationProblem
from fusion_core.downscaling.solving.published import Z90
from fusion_core.errors import InputError
from fusion_core.records import Checked

if TYPE_CHECKING:
    from collections.abc import Callable

    Floats = NDArray[np.float64]

TOLERANCE: Final = 1e-3
"""How far allocated counts may be from the optimum, in standard errors of the published ones."""
_STEPS: Final = 120
_INNER_STEPS: Final = 80
_SHORTEST: Final = 1e-6
_ARMIJO: Final = 1e-4
_ROUNDING: Final = 1e-11
_LOOSEST: Final = 0.1
_CLOSE: Final = 1.0
"""Standard errors from the optimum below which the preconditioner is kept."""


@dataclass(frozen=True)
class Allocation(Checked):
    """The households of a PUMA spread over its areas.

    Attributes
    ----------
    problem
        What was asked for.
    multipliers
        Of the constraints, shape (areas, characteristics); a later solution may start from them.
    weights
        Weight of every household in every area, shape (households, areas).
    steps
        Newton steps it took.
    """

    problem: AllocationProblem
    multipliers: NDArray[np.float64]
    weights: NDArray[np.float64]
    steps: int

    @property
    def counts(self) -> NDArray[np.float64]:
        """Allocated counts of the finest areas, shape (areas, characteristics)."""
        return np.asarray(self.weights.T @ self.problem.characteristics)

    @property
    def inside(self) -> float:
        """Share of the finest areas' published counts met within their 90 % margins."""
        published = self.problem.finest
        known = ~np.isnan(published.counts)
        off = np.abs(self.counts - published.counts)[known]
        return float((off <= Z90 * published.errors[known]).mean())

    @property
    def effective_households(self) -> NDArray[np.float64]:
        """Households an area's weights are worth, (Σw)² ÷ Σw², shape (areas,) (Kish 1965)."""
        squares = (self.weights**2).sum(axis=0)
        return np.asarray(self.weights.sum(axis=0) ** 2 / np.maximum(squares, 1e-300))

    @property
    def entropy(self) -> float:
        """How evenly weight is spread over households and areas: 1 is evenly, 0 all in one cell."""
        share = self.weights.ravel() / self.weights.sum()
        share = share[share > 0]
        return float(-(share * np.log(share)).sum() / np.log(self.weights.size))

    def frame(self) -> pd.DataFrame:
        """Compare published and allocated counts, one row per area and constraint.

        Returns
        -------
        Columns ``area``, ``name``, ``count``, ``standard_error``, ``allocated`` and ``inside``.
        """
        table = self.problem.finest.frame()
        area = pd.Index(self.problem.areas).get_indexer(pd.Index(table["area"]))
        name = pd.Index(self.problem.names).get_indexer(pd.Index(table["name"]))
        table = table.assign(allocated=self.counts[area, name])
        off = (table["allocated"] - table["count"]).abs()
        return table.assign(inside=off <= Z90 * table["standard_error"])


def allocate(
    problem: AllocationProblem,
    *,
    start: NDArray[np.float64] | None = None,
    prior: NDArray[np.float64] | None = None,
    expected: NDArray[np.float64] | None = None,
    tolerance: float = TOLERANCE,
) -> Allocation:
    """Allocate by penalized maximum entropy.

    The weights are the most even ones – nearest to every area having the PUMA's households – given
    how far published counts may be off (Leyk et al. 2013; Nagle et al. 2014). The dual is minimized
    by a truncated Newton method whose conjugate gradients are preconditioned by the areas' own
    blocks of the Hessian.

    Parameters
    ----------
    problem
        The households and what they have to meet.
    start
        Multipliers of a similar problem to start from.
    prior
        Household weights in place of the problem's, e.g. of a replicate.
    expected
        Combined counts in place of the problem's, e.g. of a draw.
    tolerance
        See `TOLERANCE`.

    Raises
    ------
    InputError
        If the constraints contradict each other so much that weights explode.
    """
    weights = problem.weights if prior is None else prior
    dual = _dual_of(problem, weights, problem.expected if expected is None else expected)
    begin = np.zeros((len(problem.areas), len(problem.names))) if start is None else start
    return _settle(problem, dual, begin, tolerance)[0]


class Reallocation:
    """Solve problems near one that is solved, starting from its solution.

    Parameters
    ----------
    allocation
        The solution.
    """

    def __init__(self, allocation: Allocation) -> None:
        self._base = allocation
        self._inverses: NDArray[np.float32] | None = None

    def solve(self, prior: Floats, expected: Floats, *, tolerance: float) -> Allocation:
        """Allocate with other household weights and other combined counts.

        Parameters
        ----------
        prior, expected, tolerance
            As in `allocate`.
        """
        problem = self._base.problem
        dual = _dual_of(problem, prior, expected)
        found, self._inverses = _settle(
            problem, dual, self._base.multipliers, tolerance, inverses=self._inverses
        )
        return found


def _dual_of(problem: AllocationProblem, weights: Floats, expected: Floats) -> Dual:
    areas = len(problem.areas)
    prior = np.repeat(weights[:, None] / areas, areas, axis=1)
    return Dual(problem.characteristics, prior, expected, problem.covariance)


def _settle(
    problem: AllocationProblem,
    dual: Dual,
    begin: Floats,
    tolerance: float,
    *,
    inverses: NDArray[np.float32] | None = None,
) -> tuple[Allocation, NDArray[np.float32] | None]:
    """Minimize the dual; inverses that are given serve as long as they lead on."""
    point = dual.at(begin, dual.bend(begin))
    trusted, previous = inverses is not None, np.inf
    for step in range(_STEPS):
        counts = dual.counts(point.weights)
        slope = dual.expected + point.bent - counts
        off = float(np.abs(slope / dual.errors).max())
        if off < tolerance:
            return Allocation(problem, point.multipliers, point.weights, step), inverses
        stale = off > previous / 4 or (off > _CLOSE and not trusted)
        if inverses is None or stale:
            inverses = dual.area_inverses(point)
        previous = off
        hessian = dual.curvature(point, counts)
        target = min(_LOOSEST, _LOOSEST * np.sqrt(off))
        direction = _newton_direction(hessian, slope, inverses, target)
        moved = _search(dual, point, direction, slope)
        if moved is None:
            break
        point = moved
    raise InputError(
        f"The allocation did not settle: counts of '{_worst(problem, point)}' cannot be met together "
        "with the others",
        fix="Leave that constraint out, or check that its definition is that of the table",
    )


def _newton_direction(
    hessian: Callable[[Floats], Floats],
    slope: Floats,
    inverses: NDArray[np.float32],
    target: float,
) -> Floats:
    """Solve for the Newton direction by preconditioned conjugate gradients, as well as is useful."""

    def precondition(residual: Floats) -> Floats:
        single = residual.astype(np.float32)[:, :, None]
        return np.asarray(np.matmul(inverses, single)[:, :, 0], dtype=np.float64)

    direction = np.zeros_like(slope)
    residual = -slope
    scaled = precondition(residual)
    search = scaled
    size = first = float((residual * scaled).sum())
    for _ in range(_INNER_STEPS):
        product = hessian(search)
        curved = float((search * product).sum())
        if curved <= 0:
            break
        direction = direction + (size / curved) * search
        residual = residual - (size / curved) * product
        scaled = precondition(residual)
        now = float((residual * scaled).sum())
        if now < target**2 * first:
            break
        search = scaled + (now / size) * search
        size = now
    return direction


def _search(dual: Dual, point: Point, direction: Floats, slope: Floats) -> Point | None:
    """Return the first point along a direction that is enough lower; ``None`` if none is."""
    descent = float((slope * direction).sum())
    bent = dual.bend(direction)
    rounding = _ROUNDING * (abs(point.value) + dual.total)
    step = 1.0
    while step > _SHORTEST:
        found = dual.at(point.multipliers + step * direction, point.bent + step * bent)
        if found.value <= point.value + _ARMIJO * step * descent + rounding:
            return found
        step /= 2
    return None


def _worst(problem: AllocationProblem, point: Point) -> str:
    """Name the constraint whose allocated counts are farthest from the published ones."""
    counts = point.weights.T @ problem.characteristics
    errors = np.sqrt(np.diagonal(problem.covariance, axis1=1, axis2=2).T)
    off = np.abs(counts - problem.expected) / errors
    return problem.names[int(np.argmax(off.max(axis=0)))]


__all__ = ["TOLERANCE", "Allocation", "Reallocation", "allocate"]
