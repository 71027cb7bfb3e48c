"""Subgroups defined by fused variables: who belongs to them, in the recipient and in the donor.

A condition that reads a fused variable selects other households in every implicate. What the donor
adds to the error of an estimate in such a subgroup follows from the donor's own answers to the same
condition (`fusion_core.estimates.variance.donor_error`).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DonorAnswers:
    """Which donors would meet a condition beside the recipient's own answers.

    Attributes
    ----------
    pattern
        Which combination of its own answers each household of the recipient has, shape (rows,);
        ``None`` where the condition reads none.
    met
        Shape (patterns, donors): 1 where a donor meets the condition beside such answers, 0 where
        it does not, NaN where the donor did not answer.
    """

    pattern: NDArray[np.intp] | None
    met: Floats

    def __and__(self, other: DonorAnswers) -> DonorAnswers:
        """Return who meets both conditions; who fails one fails both, whatever the other says."""
        first, second = self.met[:, None, :], other.met[None, :, :]
        met = np.where((first == 0) | (second == 0), 0.0, first * second)
        pattern = self.pattern
        if pattern is None or other.pattern is None:
            pattern = other.pattern if pattern is None else pattern
        else:
            pattern = pattern * len(other.met) + other.pattern
        return DonorAnswers(pattern, met.reshape(-1, met.shape[-1]))


@dataclass(frozen=True)
class Condition:
    """A subgroup of households that differs between implicates.

    Attributes
    ----------
    key
        What tells it from other conditions on the same households.
    mask
        Whether a household belongs to it in each implicate, shape (rows, M).
    donor
        The donor's side; ``None`` where the donor cannot be asked.
    """

    key: Hashable
    mask: NDArray[np.bool_]
    donor: DonorAnswers | None = None

    def __and__(self, other: Condition) -> Condition:
        """Return the households that meet both."""
        donor = None if self.donor is None or other.donor is None else self.donor & other.donor
        return Condition((self.key, other.key), self.mask & other.mask, donor)

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Households that belong to it in some implicate, or might for all the donor says.

        Those the draws happened to leave out belong to the base of a share as much as the others.
        """
        drawn = np.asarray(self.mask.any(axis=1))
        if self.donor is None:
            return drawn
        can = np.asarray((self.donor.met == 1).any(axis=1))
        if self.donor.pattern is None:
            return np.full(len(drawn), True) if can.any() else drawn
        return np.asarray(drawn | can[self.donor.pattern])
