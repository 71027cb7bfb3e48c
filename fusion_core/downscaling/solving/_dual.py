"""The dual of a penalized maximum-entropy allocation: its value, slope and curvature.

With weights d of households × areas before any constraint, characteristics x and combined counts y of
covariance S, the allocation minimizes

    (n / N) Σ w log(w / d) + ½ Σ_k (x_k'w − y_k)' S_k⁻¹ (x_k'w − y_k)   with   Σ w = N

over weights w (Leyk, Nagle & Buttenfield 2013; Nagle et al. 2014). Its solution is w ∝ d exp(−x'μ)
for multipliers μ that minimize N log Σ d exp(−x'μ) + y'μ + ½ (n / N) μ'Sμ, a smooth convex function
of one number per area and characteristic. Households have few characteristics each, so everything is
computed on the sparse matrix of characteristics.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import scipy.sparse

from fusion_core.compiling import compile_once, plain
from fusion_core.records import Checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_NEGLIGIBLE: Final = 1e-12
"""Weights below it do not bend the dual."""


@dataclass(frozen=True)
class Point(Checked):
    """The dual at some multipliers.

    Attributes
    ----------
    multipliers, bent
        μ and (n / N) S μ, shape (areas, characteristics).
    value
        Of the dual.
    weights
        Allocated weights, shape (households, areas).
    """

    multipliers: np.ndarray
    bent: np.ndarray
    value: float
    weights: np.ndarray


class Dual:
    """The dual of one problem.

    Parameters
    ----------
    characteristics
        Shape (households, characteristics).
    prior
        Weights before any constraint, shape (households, areas).
    expected
        Combined counts, shape (areas, characteristics).
    covariance
        Theirs, shape (characteristics, areas, areas).
    """

    def __init__(
        self, characteristics: Floats, prior: Floats, expected: Floats, covariance: Floats
    ) -> None:
        self.rows = scipy.sparse.csr_array(characteristics)
        self.rows.sort_indices()
        self.columns = scipy.sparse.csr_array(self.rows.T)
        self.prior = prior
        self.total = float(prior.sum())
        self.expected = expected
        self.penalty = covariance * (len(characteristics) / self.total)
        self.own_penalty = np.ascontiguousarray(np.diagonal(self.penalty, axis1=1, axis2=2).T)
        self.errors = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2).T)

    def bend(self, direction: Floats) -> Floats:
        """Return the penalty's matrix times a direction."""
        across = np.ascontiguousarray(direction.T)[:, :, None]
        return np.asarray(np.matmul(self.penalty, across)[:, :, 0].T)

    def at(self, multipliers: Floats, bent: Floats) -> Point:
        """Evaluate the dual.

        Parameters
        ----------
        multipliers
            Where.
        bent
            `bend` of them.
        """
        weights = np.asarray(self.rows @ np.ascontiguousarray(-multipliers.T))
        top = float(weights.max())
        weights -= top
        np.exp(weights, out=weights)
        weights *= self.prior
        mass = float(weights.sum())
        weights *= self.total / mass
        value = self.total * (np.log(mass / self.total) + top)
        value += float((self.expected * multipliers).sum() + 0.5 * (multipliers * bent).sum())
        return Point(multipliers, bent, value, weights)

    def counts(self, weights: Floats) -> Floats:
        """Return the allocated counts, shape (areas, characteristics)."""
        return np.ascontiguousarray((self.columns @ weights).T)

    def curvature(self, point: Point, counts: Floats) -> Callable[[Floats], Floats]:
        """Return the product with the Hessian at a point."""

        def times(direction: Floats) -> Floats:
            moved = np.asarray(self.rows @ np.ascontiguousarray(direction.T))
            moved *= point.weights
            common = float((counts * direction).sum()) / self.total
            return np.asarray((self.columns @ moved).T + self.bend(direction) - counts * common)

        return times

    def area_inverses(self, point: Point) -> NDArray[np.float32]:
        """Return the inverse of each area's own block of the Hessian, for preconditioning."""
        areas, count = self.expected.shape
        blocks = np.zeros((areas, count, count))
        _second_moments()(
            plain(self.rows.indptr, np.int64),
            plain(self.rows.indices, np.int64),
            plain(self.rows.data, np.float64),
            plain(point.weights, np.float64),
            blocks,
        )
        own = np.arange(count)
        blocks[:, own, own] += self.own_penalty
        return np.linalg.inv(blocks).astype(np.float32)


@cache
def _second_moments() -> Callable[..., Any]:
    from numba import types

    whole, real = types.int64[::1], types.float64[::1]
    matrix, cube = types.float64[:, ::1], types.float64[:, :, ::1]
    return compile_once(_add_second_moments, types.void(whole, whole, real, matrix, cube))


def _add_second_moments(
    start: NDArray[np.int64],
    column: NDArray[np.int64],
    value: Floats,
    weights: Floats,
    moments: Floats,
) -> None:
    """Add Σ w x x' of every area; households are rows of a sparse matrix."""
    households, areas = weights.shape
    for area in range(areas):
        block = moments[area]
        for row in range(households):
            weight = weights[row, area]
            if weight < _NEGLIGIBLE:
                continue
            for one in range(start[row], start[row + 1]):
                scaled = weight * value[one]
                for other in range(start[row], one + 1):
                    block[column[one], column[other]] += scaled * value[other]
        for one in range(block.shape[0]):
            for other in range(one):
                block[other, one] = block[one, other]
