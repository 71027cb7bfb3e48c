"""Regressions of donors' answers on the predictors: what they need of the donors, and how they move."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.records import Checked

Floats = NDArray[np.float64]

RANDOM_GROUPS: Final = 100
"""Groups a donor without replicate weights is dealt to (delete-a-group jackknife, Kott 2001)."""
# Directions in which predictors vary by less than this share of the largest come from columns that
# say the same, such as the levels of one predictor and the constant.
_COLLINEAR: Final = 1e-8
_FEWEST_PER_COEFFICIENT: Final = 2.0


@dataclass(frozen=True)
class Regression(Checked):
    """What a regression of donors' answers needs of the donors who answered.

    Attributes
    ----------
    inverse
        The generalised inverse of A = Σ w x xᵀ.
    rank
        Of A: the number of coefficients that can be told apart.
    donors
        Number of donors with an answer and a weight.
    """

    inverse: Floats
    rank: int
    donors: int

    @classmethod
    def of(cls, moments: Floats, donors: int) -> Regression:
        """Invert the moments A."""
        values, vectors = np.linalg.eigh(moments)
        kept = values > max(_COLLINEAR * values[-1], 0.0)
        inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
        return cls(np.asarray(inverse), int(kept.sum()), donors)

    @property
    def is_determined(self) -> bool:
        """Whether there are at least two donors for every coefficient."""
        return self.donors >= _FEWEST_PER_COEFFICIENT * max(self.rank, 1)


@dataclass(frozen=True)
class Replication(Checked):
    """How a donor's weights replicate.

    Attributes
    ----------
    weights
        Shape (donors, 1+R), full sample first; with `dealt` the full sample alone.
    dealt
        The random group of every donor, one of which is left out at a time; ``None`` with replicate
        weights.
    """

    weights: Floats
    dealt: NDArray[np.intp] | None

    def changes(self, matrix: Floats, residual: Floats) -> Floats:
        """Return Σ_j (w_jr − w_j) x_j e_j for every replicate r, shape (columns, R).

        Parameters
        ----------
        matrix
            Predictors x of the donors.
        residual
            Their residuals e.
        """
        if self.dealt is None:
            changed = (self.weights[:, 1:] - self.weights[:, :1]) * residual[:, None]
            return np.asarray(matrix.T @ changed)
        from scipy import sparse

        # Leaving a group out takes its households away and gives the others their weight.
        order, ends = _by_group(self.dealt)
        own, count = (self.weights[:, 0] * residual)[order], len(ends) - 1
        members = sparse.csr_array((own, order, ends), shape=(count, len(order)))
        sums = np.asarray(members @ matrix).T
        return np.asarray((sums.sum(axis=1, keepdims=True) - count * sums) / max(count - 1, 1))

    def changes_of(self, matrix: Floats, residuals: Floats) -> Floats:
        """Return what `changes` does of several residuals, shape (functions, columns, R).

        Parameters
        ----------
        matrix, residuals
            As of `changes`; residuals have the shape (functions, donors).
        """
        if self.dealt is None:
            return np.stack([self.changes(matrix, residual) for residual in residuals])
        order, ends = _by_group(self.dealt)
        count = len(ends) - 1
        rows, weighted = matrix[order], (residuals * self.weights[:, 0])[:, order]
        sums = np.stack(
            [weighted[:, first:last] @ rows[first:last] for first, last in pairwise(ends)], axis=2
        )
        return np.asarray((sums.sum(axis=2, keepdims=True) - count * sums) / max(count - 1, 1))


def random_groups(weight: Floats) -> tuple[Floats, NDArray[np.intp], float]:
    """Deal the donors to random groups, one of which is left out at a time.

    Parameters
    ----------
    weight
        Weight of each donor.

    Returns
    -------
    tuple
        The weights as a column, the group of every donor, and the factor of the jackknife.
    """
    count = min(RANDOM_GROUPS, len(weight))
    # Seeded by the size alone: the same donor has the same margins at every reading.
    group = np.random.default_rng(len(weight)).permutation(len(weight)) % count
    return weight[:, None], group, (count - 1.0) / count


def _by_group(dealt: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the donors in the order of their groups, and where the groups begin and end."""
    order = np.argsort(dealt, kind="stable")
    return order, np.searchsorted(dealt[order], np.arange(int(dealt.max()) + 2))
