"""How far one donor, or several, may have moved an estimate; `donor_error` says how that is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fusion_core.records import Checked

Floats = NDArray[np.float64]


class Effect(Protocol):
    """How far one donor, or several, may have moved an estimate."""

    @property
    def variance(self) -> Floats:
        """Expected squared error of each group."""

    @property
    def degrees_of_freedom(self) -> Floats | float:
        """Of that variance."""

    def scaled(self, by: Floats | float) -> Effect:
        """Return the effect on a multiple of the estimate, by one factor or one per group."""

    def __sub__(self, other: Any) -> Effect:
        """Return the effect on a difference of two estimates of the same donors."""


@dataclass(frozen=True)
class DonorEffect(Checked):
    """How far the donor may have moved an estimate.

    Attributes
    ----------
    moved
        Difference of the estimate under each donor replicate, shape (groups, R).
    gap
        Fused minus regression estimate, one per group.
    factor
        Of the donor's replication.
    degrees_of_freedom
        Of the sampling variance: those of the replication, or fewer where few donors decide.
    """

    moved: Floats
    gap: Floats
    factor: float
    degrees_of_freedom: float = np.inf

    @property
    def variance(self) -> Floats:
        """Expected squared error of each group: sampling variance of the donor plus squared bias."""
        sampling = self.factor * np.einsum("gr,gr->g", self.moved, self.moved)
        return np.asarray(np.maximum(sampling, self.gap**2))

    def scaled(self, by: Floats | float) -> DonorEffect:
        """Return the effect on a multiple of the estimate, by one factor or one per group."""
        factors = np.asarray(by, dtype=np.float64)
        return replace(self, moved=self.moved * factors[..., None], gap=self.gap * factors)

    def __sub__(self, other: DonorEffect) -> DonorEffect:
        """Return the effect on a difference; what moves both estimates alike cancels."""
        freedom = min(self.degrees_of_freedom, other.degrees_of_freedom)
        return DonorEffect(self.moved - other.moved, self.gap - other.gap, self.factor, freedom)


@dataclass(frozen=True)
class JointEffect(Checked):
    """How far several donors, which are independent samples, may have moved an estimate.

    Attributes
    ----------
    parts
        The effect of each.
    """

    parts: tuple[DonorEffect, ...]

    @property
    def variance(self) -> Floats:
        """Expected squared error of each group, the sum of the parts'."""
        return np.asarray(sum(part.variance for part in self.parts))

    @property
    def degrees_of_freedom(self) -> Floats:
        """Those of the sum of the parts' variances (Satterthwaite 1946), one per group."""
        with np.errstate(invalid="ignore", divide="ignore"):
            weakness = sum(part.variance**2 / part.degrees_of_freedom for part in self.parts)
            freedom = self.variance**2 / weakness
        return np.where(np.isfinite(freedom), freedom, np.inf)

    def scaled(self, by: Floats | float) -> JointEffect:
        """Return the effect on a multiple of the estimate; see `DonorEffect.scaled`."""
        return JointEffect(tuple(part.scaled(by) for part in self.parts))

    def __sub__(self, other: JointEffect) -> JointEffect:
        """Return the effect on a difference; what a donor moves in both alike cancels."""
        pairs = zip(self.parts, other.parts, strict=True)
        return JointEffect(tuple(first - second for first, second in pairs))
