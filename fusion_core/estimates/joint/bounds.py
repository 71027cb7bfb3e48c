"""Bounds of joint shares: what is known without assuming that donors are independent.

Two donors share no household, so nothing in the data says how their variables go together beyond what
the predictors both share with the recipient explain. Given the predictors of a household, the chance
of a joint event lies between the bounds of Fréchet and Hoeffding, and the share of households between
the means of these (D'Orazio, Di Zio and Scanu 2006, *Statistical Matching: Theory and Practice*,
chapter 4). They are narrower than bounds from the overall shares alone, because predictors tell
households apart.

The chances are those of the implicates: a household's draws are independent given its predictors, so
the share of its draws with an answer estimates its chance, for any condition – categories, numbers
beyond a threshold, chained variables – and for implicates whose model is not at hand. That M draws
are few is allowed for, see `_mixtures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.joint._couplings import largest, merged, smallest
from fusion_core.estimates.joint._mixtures import MOST_KINDS, Mixture, draws_that_fit
from fusion_core.estimates.joint._structure import joint_event
from fusion_core.estimates.statistics import DrawnTable
from fusion_core.harmony.expressions import CheckedExpression
from fusion_core.records import Checked

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Part:
    """Households with the same answers of their own: what the event takes beside them, and how likely."""

    rows: NDArray[np.intp]
    truth: NDArray[np.bool_]
    mixture: Mixture


@dataclass(frozen=True)
class JointBounds(Checked):
    """Bounds of the share of households with a joint event, for groups of households.

    Attributes
    ----------
    parts
        The households by their own answers, as far as the event reads them; none where there are no
        bounds.
    """

    parts: tuple[_Part, ...] = ()

    @property
    def known(self) -> bool:
        """Whether there are bounds."""
        return len(self.parts) > 0

    @property
    def nbytes(self) -> int:
        """Memory they take."""
        return sum(
            part.rows.nbytes + part.mixture.cell.nbytes + part.mixture.likelihood.nbytes
            for part in self.parts
        )

    def totals(self, group: NDArray[np.intp], count: int, weight: Floats) -> tuple[Floats, Floats]:
        """Return the smallest and the largest weight of households with the event in every group.

        Parameters
        ----------
        group
            Group of every household, negative for those in none.
        count
            Number of groups.
        weight
            Weight of every household.
        """
        lower, upper = np.zeros(count), np.zeros(count)
        for part in self.parts:
            sums = part.mixture.shares(group[part.rows], count, weight[part.rows])
            functions = [partial(smallest, part.truth), partial(largest, part.truth)]
            least, most = part.mixture.means(sums, functions)
            inside = sums.sum(axis=1)
            lower += inside * np.clip(least, 0.0, 1.0)
            upper += inside * np.clip(most, 0.0, 1.0)
        return lower, upper


def joint_bounds(
    event: CheckedExpression, households: DrawnTable, owners: Mapping[str, int]
) -> JointBounds:
    """Return the bounds of the share of households with an event.

    Parameters
    ----------
    event
        A condition on fused variables of two donors and, perhaps, the households' own answers.
    households
        The households with at least two implicates.
    owners
        The donor of every fused variable, by number.

    Returns
    -------
    JointBounds
        None are `known` where `joint_event` cannot take the event apart, it depends on too many kinds
        of answers, or there is one implicate, which tells no chance.
    """
    found = joint_event(event, households, owners)
    if found is None or found.kinds[0].shape[1] < 2:  # noqa: PLR2004 - one draw tells no chance
        return JointBounds()
    parts = []
    for number in np.unique(found.pattern):
        rows = np.flatnonzero(found.pattern == number)
        table = merged(found.truth[number])
        size = table.truth.shape[0], table.truth.shape[1]
        if max(size) > MOST_KINDS:
            return JointBounds()
        draws = draws_that_fit(size, found.kinds[0].shape[1])
        first, second = (
            _counts(place.astype(np.int16)[kinds[rows, :draws]], count)
            for place, kinds, count in zip(
                (table.first, table.second), found.kinds, size, strict=True
            )
        )
        parts.append(_Part(rows, table.truth, Mixture.of(first, second)))
    return JointBounds(tuple(parts))


def _counts(kinds: NDArray[np.integer], count: int) -> NDArray[np.integer]:
    """Return how many draws of every household are of each kind."""
    by_draw = np.ascontiguousarray(kinds.T)
    return np.column_stack([(by_draw == kind).sum(axis=0, dtype=np.int16) for kind in range(count)])
