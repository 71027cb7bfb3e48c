"""Weighted sums by group, the sufficient statistics of means, shares, totals and ratios.

All these follow from Σ w·a per group, weight and implicate, and many questions share such sums: the
mean and the total of a variable, its margin at another confidence, every share its denominator, and
a state its areas. So a sum is computed once and kept as long as the memory set for it lasts.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.wanted import wanted_check

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import NDArray

    from fusion_core.estimates.statistics.groups import Groups
    from fusion_core.estimates.statistics.targets import Measure
    from fusion_core.lru_cache import Kept

    Floats = NDArray[np.float64]

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

    @property
    def nbytes(self) -> int:
        """Memory the groups take, and the smaller ones they are added up from; sums are `kept`."""
        finer, place = self._finer or (None, None)
        below = 0 if finer is None or place is None else finer.nbytes + place.nbytes
        return self.groups.nbytes + below

    def of(self, measures: Sequence[Measure]) -> list[Floats]:
        """Return Σ w·a of some measures, each of shape (groups, K, M), not to be changed.

        M is 1 for a measure that is the same in all implicates.
        """
        return [self.added(measure.key, partial(self._compute, measure)) for measure in measures]

    def of_full_weight(self, measure: Measure) -> Floats:
        """Return Σ w·a of a measure under the full-sample weight, its mean over implicates."""
        if self._kept is None:
            sums = [self.weights[rows, 0].astype(float) @ measure(rows) for rows in self.groups]
            return np.array([found.mean() for found in sums])
        parts = [part.of([measure])[0] for part in self.parts()]
        return np.concatenate([part[:, 0].mean(axis=1) for part in parts])

    def added(self, name: Hashable, compute: Callable[[Groups], Floats]) -> Floats:
        """Return numbers of the groups that add up over groups, not to be changed.

        Parameters
        ----------
        name
            What they are.
        compute
            Computes them from households, the groups first.
        """
        make = partial(self._add_up, name, compute)
        return make() if self._kept is None else self._kept.get((self._key, name), make)

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

    def _add_up(self, name: Hashable, compute: Callable[[Groups], Floats]) -> Floats:
        if self._finer is None:
            return compute(self.groups)
        finer, place = self._finer
        order = np.argsort(place, kind="stable")
        found, starts = np.unique(place[order], return_index=True)
        parts = finer.added(name, compute)[order]
        result = np.zeros((len(self.groups), *parts.shape[1:]))
        result[found] = np.add.reduceat(parts, starts, axis=0)
        return result

    def _compute(self, measure: Measure, groups: Groups) -> Floats:
        check, found = wanted_check(), []
        for rows in groups:
            check()
            # Sums in double precision: replicates differ from the estimate by little.
            found.append(np.asarray(self.weights[rows], dtype=np.float64).T @ measure(rows))
        return np.stack(found)
