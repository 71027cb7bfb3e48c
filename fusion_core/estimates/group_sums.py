"""Weighted sums by group, the sufficient statistics of means, shares, totals and ratios.

All these follow from Σ w·a per group, weight and implicate, and many questions share such sums: the
mean and the total of a variable, its margin at another confidence, every share its denominator, and
a state its areas. So a sum is computed once and kept as long as the memory set for it lasts.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.harmony.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from fusion_core.estimates.groups import Groups
    from fusion_core.estimates.targets import Measure

    Floats = NDArray[np.float64]

KEPT_BYTES: Final = 512 * 2**20
"""Memory for sums kept between questions: those of eight variables for every PUMA."""
_LARGEST_BYTES: Final = 128 * 2**20
_USUAL_IMPLICATES: Final = 40


class GroupSums:
    """The sums of some groups.

    Parameters
    ----------
    groups
        Rows of each group.
    weights
        Array of shape (rows, K), the full-sample weight first.
    kept
        Where sums are kept; ``None`` computes them anew each time.
    key
        Names the groups among all that share `kept`.
    finer
        Smaller groups of the same rows and, for each of them, which of these groups it belongs to.
    """

    def __init__(
        self,
        groups: Groups,
        weights: NDArray[np.floating],
        *,
        kept: Kept | None = None,
        key: Hashable = (),
        finer: tuple[GroupSums, NDArray[np.intp]] | None = None,
    ) -> None:
        self.groups = groups
        self.weights = weights
        self._kept = kept
        self._key = key
        self._finer = finer

    def of(self, measures: Sequence[Measure]) -> list[Floats]:
        """Return Σ w·a of some measures, each of shape (groups, K, M), not to be changed.

        M is 1 for a measure that is the same in all implicates.
        """
        kept = self._kept
        if kept is None:
            return [self._compute(measure) for measure in measures]
        return [
            kept.get((self._key, measure.key), partial(self._compute, measure))
            for measure in measures
        ]

    def parts(self) -> list[GroupSums]:
        """Return these groups in parts whose sums fit into memory beside one another."""
        size = len(self.groups) * self.weights.shape[1] * _USUAL_IMPLICATES * 8
        count = -(-size // _LARGEST_BYTES)
        if count <= 1 or self._finer is not None:
            return [self]
        return [
            GroupSums(part, self.weights, kept=self._kept, key=(self._key, place))
            for place, part in enumerate(self.groups.parts(count))
        ]

    def _compute(self, measure: Measure) -> Floats:
        if self._finer is not None:
            finer, place = self._finer
            parts = finer.of([measure])[0]
            result = np.zeros((len(self.groups), *parts.shape[1:]))
            np.add.at(result, place, parts)
            return result
        # Sums in double precision: replicates differ from the estimate by little.
        return np.stack(
            [
                np.asarray(self.weights[rows], dtype=np.float64).T @ measure(rows)
                for rows in self.groups
            ]
        )
