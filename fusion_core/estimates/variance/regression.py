"""What a regression of donors' answers on the predictors needs of the donors who answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.records import Checked

Floats = NDArray[np.float64]

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
