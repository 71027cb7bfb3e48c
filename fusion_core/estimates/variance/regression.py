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
        A generalised inverse of A = Σ w x xᵀ that leaves a constant to the constant: what all donors
        answer alike is expected of every household, whichever of its predictors are missing, and an
        answer and its contrary are expected of everybody together.
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
        """Invert the moments A, of which the constant is the first column."""
        weight = moments[0, 0]
        if not weight > 0:
            return cls(np.zeros_like(moments), 0, donors)
        means = moments[0, 1:] / weight
        # The other columns around their means: only how donors differ is shared out among them.
        centred = moments[1:, 1:] - weight * np.outer(means, means)
        values, vectors = np.linalg.eigh(centred)
        kept = values > _COLLINEAR * max(weight, values.max(initial=0.0))
        slopes = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
        inverse = np.empty_like(moments)
        inverse[1:, 1:] = slopes
        inverse[0, 1:] = inverse[1:, 0] = -slopes @ means
        inverse[0, 0] = 1.0 / weight + means @ slopes @ means
        return cls(inverse, 1 + int(kept.sum()), donors)

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


@dataclass(frozen=True)
class UnseenLocation(Checked):
    """Components of location that a donor's places do not tell apart, among the columns of a regression.

    Inside a place nothing shows how answers follow climate or prices. Slopes b of predictors are taken to
    be independent and of one size, as in a ridge regression (Hoerl and Kennard 1970, *Ridge regression:
    biased estimation for nonorthogonal problems*, Technometrics 12): slopes of components that are not
    seen are expected to follow those that are, and what is left of them is of the size of these; which
    way it goes is not known. So it moves an estimate as replicate weights do, only that these replicates
    are not of the sample: for each unseen component and each slope that is seen there is one, in which
    the unseen slope is that one, all of them together as large as their mean square. That is linear in
    the answers, as movements have to be.

    Attributes
    ----------
    seen, unseen
        Columns of the components that are seen, and of those that are not.
    scale
        Turns slopes of components that are seen into numbers of the mean square of unseen slopes.
    """

    seen: slice
    unseen: slice
    scale: float

    @property
    def replicates(self) -> int:
        """How many movements there are."""
        return int((self.seen.stop - self.seen.start) * (self.unseen.stop - self.unseen.start))

    def movements(self, coefficients: Floats, factor: float) -> Floats:
        """Return how coefficients move, shape (…, columns, `replicates`).

        Parameters
        ----------
        coefficients
            Of regressions, shape (…, columns).
        factor
            By which sums of squared movements are multiplied.
        """
        found = self.scale * coefficients[..., self.seen]
        count = found.shape[-1]
        moved = np.zeros((*coefficients.shape, self.replicates))
        for place, column in enumerate(range(self.unseen.start, self.unseen.stop)):
            own = slice(place * count, (place + 1) * count)
            moved[..., column, own] = found / np.sqrt(count * factor)
        return moved


def told_apart(moments: Floats, columns: slice, least: float) -> Floats:
    """Return the directions of some columns that the others leave, shape (columns, directions).

    Parameters
    ----------
    moments
        A = Σ w x xᵀ of all columns.
    columns
        Those asked for, of unit variance and uncorrelated.
    least
        Share of its variance that must be left of a direction.
    """
    inside = np.zeros(len(moments), dtype=bool)
    inside[columns] = True
    rest = moments[np.ix_(~inside, ~inside)]
    across = moments[np.ix_(~inside, inside)]
    left = moments[np.ix_(inside, inside)] - across.T @ Regression.of(rest, 0).inverse @ across
    values, vectors = np.linalg.eigh(left / moments[0, 0])
    return np.asarray(vectors[:, values >= least])


def unseen_slopes(seen: Floats, unseen: Floats, least: float) -> tuple[Floats, Floats, float]:
    """Say what is expected of unseen slopes, given those that are seen.

    Parameters
    ----------
    seen, unseen
        Matrices that turn slopes of predictors into those that are seen and unseen.
    least
        Share of the largest variance that a direction of seen slopes must have to foretell others.

    Returns
    -------
    tuple
        Matrix that turns slopes seen into those expected of the unseen, a root of the covariance of what
        is left of these, in units of τ², and the factor that turns slopes seen into numbers of mean
        square τ².
    """
    values, vectors = np.linalg.eigh(seen @ seen.T)
    kept = values > values.max(initial=0.0) * least
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    follows = unseen @ seen.T @ inverse
    left = unseen @ unseen.T - follows @ seen @ unseen.T
    spread, axes = np.linalg.eigh(left)
    root = axes * np.sqrt(np.maximum(spread, 0.0))
    return follows, root, float(np.sqrt(len(seen) / np.square(seen).sum()))
