"""Subgroups defined by fused variables: who belongs to them, in the recipient and in the donor.

A condition that reads a fused variable selects other households in every implicate. What the donor
adds to the error of an estimate in such a subgroup follows from the donor's own answers to the same
condition (`fusion_core.estimates.variance.donor_error`).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_core.records import Checked

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DonorAnswers(Checked):
    """What donors would contribute beside the answers a household of the recipient has already.

    Of a condition that is whether they meet it. What a household has already are its own answers and,
    where there are several donors, those drawn from the others.

    Attributes
    ----------
    pattern
        Which combination of such answers each household of the recipient has, shape (rows,), or
        (rows, M) where it differs between implicates; ``None`` where none matter.
    met
        Shape (patterns, donors): 1 where a donor meets the condition beside such answers, 0 where
        it does not, NaN where the donor did not answer. Shape (patterns, 1) where the donors are not
        asked at all.
    """

    pattern: NDArray[np.integer] | None
    met: Floats

    def __and__(self, other: DonorAnswers) -> DonorAnswers:
        """Return who meets both conditions; who fails one fails both, whatever the other says."""
        first, second = self.met[:, None, :], other.met[None, :, :]
        met = np.where((first == 0) | (second == 0), 0.0, first * second)
        return DonorAnswers(self._joint_pattern(other), met.reshape(-1, met.shape[-1]))

    def __mul__(self, other: DonorAnswers) -> DonorAnswers:
        """Return the product; where either is not known, it is not known."""
        product = self.met[:, None, :] * other.met[None, :, :]
        return DonorAnswers(self._joint_pattern(other), product.reshape(-1, product.shape[-1]))

    @property
    def is_asked(self) -> bool:
        """Whether it depends on what the donors answered."""
        return bool(self.met.shape[1] > 1)

    @property
    def is_drawn(self) -> bool:
        """Whether what a household has already differs between implicates."""
        return self.pattern is not None and self.pattern.ndim > 1

    def _joint_pattern(self, other: DonorAnswers) -> NDArray[np.integer] | None:
        if self.pattern is None or other.pattern is None:
            return other.pattern if self.pattern is None else self.pattern
        first, second = self.pattern, other.pattern
        if first.ndim != second.ndim:
            first, second = (item if item.ndim > 1 else item[:, None] for item in (first, second))
        return np.asarray(first.astype(np.int32) * len(other.met) + second)


@dataclass(frozen=True)
class Condition(Checked):
    """A subgroup of households that differs between implicates.

    Attributes
    ----------
    key
        What tells it from other conditions on the same households.
    mask
        Whether a household belongs to it in each implicate, shape (rows, M).
    donors
        Each donor's side, ``None`` where it cannot be asked; of the only donor, or of several in
        their order. Nothing where no donor is known.
    expression
        The condition as an expression, where it is known.
    """

    key: Hashable
    mask: NDArray[np.bool_]
    donors: tuple[DonorAnswers | None, ...] = ()
    expression: str = ""

    def __and__(self, other: Condition) -> Condition:
        """Return the households that meet both."""
        donors = tuple(
            None if first is None or second is None else first & second
            for first, second in zip(self.donors, other.donors, strict=True)
        )
        texts = [item.expression for item in (self, other)]
        both = " AND ".join(f"({text})" for text in texts) if all(texts) else ""
        return Condition((self.key, other.key), self.mask & other.mask, donors, both)

    def of_donor(self, place: int) -> DonorAnswers | None:
        """Return one donor's side, ``None`` where there is none."""
        return self.donors[place] if place < len(self.donors) else None

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Households that belong to it in some implicate, or might for all the donors say.

        Those the draws happened to leave out belong to the base of a share as much as the others.
        """
        found = np.asarray(self.mask.any(axis=1))
        for answers in self.donors:
            if answers is None or not answers.is_asked:
                continue
            can = np.asarray((answers.met == 1).any(axis=1))
            if answers.pattern is None:
                found = np.full(len(found), True) if can.any() else found
            else:
                possible = can[answers.pattern]
                found = found | (possible if possible.ndim == 1 else possible.any(axis=1))
        return np.asarray(found)


def given(mask: NDArray[np.bool_]) -> DonorAnswers:
    """Return a condition as donors see it who are not asked for it: their part is as it was drawn.

    Parameters
    ----------
    mask
        Whether a household meets it in each implicate.
    """
    return DonorAnswers(mask.astype(np.int8), np.array([[0.0], [1.0]]))
