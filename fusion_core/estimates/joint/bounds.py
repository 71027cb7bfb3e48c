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
from fusion_core.estimates.joint._mixtures import MOST_KINDS, draws_that_fit, expected_of_counts
from fusion_core.estimates.joint._structure import joint_event
from fusion_core.estimates.statistics import DrawnTable
from fusion_core.harmony.expressions import CheckedExpression
from fusion_core.records import Checked

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class JointBounds(Checked):
    """Bounds of the chance of a joint event, household by household.

    Attributes
    ----------
    lower, upper
        One number per household; only their means over many households mean anything.
    """

    lower: Floats
    upper: Floats

    @classmethod
    def unknown(cls) -> JointBounds:
        """Return that there are no bounds."""
        return cls(np.empty(0), np.empty(0))

    @property
    def known(self) -> bool:
        """Whether there are bounds."""
        return len(self.lower) > 0

    @property
    def nbytes(self) -> int:
        """Memory they take."""
        return self.lower.nbytes + self.upper.nbytes


def joint_bounds(
    event: CheckedExpression, households: DrawnTable, owners: Mapping[str, int]
) -> JointBounds | None:
    """Return the bounds of an event's chance for every household.

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
    JointBounds or None
        ``None`` where `joint_event` cannot take it apart, it depends on too many kinds of answers,
        or there is one implicate, which tells no chance.
    """
    found = joint_event(event, households, owners)
    if found is None or found.kinds[0].shape[1] < 2:  # noqa: PLR2004 - one draw tells no chance
        return None
    rows = len(found.pattern)
    lower, upper = np.zeros(rows), np.zeros(rows)
    for number in np.unique(found.pattern):
        here = found.pattern == number
        table = merged(found.truth[number])
        if max(table.truth.shape) > MOST_KINDS:
            return None
        size = table.truth.shape[0], table.truth.shape[1]
        draws = draws_that_fit(size, found.kinds[0].shape[1])
        first, second = (
            _counts(place[kinds[here, :draws]], count)
            for place, kinds, count in zip(
                (table.first, table.second), found.kinds, size, strict=True
            )
        )
        lower[here], upper[here] = expected_of_counts(
            first, second, [partial(smallest, table.truth), partial(largest, table.truth)]
        )
    return JointBounds(np.clip(lower, 0.0, 1.0), np.clip(upper, 0.0, 1.0))


def _counts(kinds: NDArray[np.integer], count: int) -> NDArray[np.integer]:
    """Return how many draws of every household are of each kind."""
    return np.column_stack([(kinds == kind).sum(axis=1) for kind in range(count)])
