"""How the sampling variance of a survey follows from its replicate weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from fusion_core.records import Checked

ReplicateMethod = Literal["successive difference", "Fay BRR", "jackknife", "none"]


@dataclass(frozen=True, slots=True)
class WeightDesign(Checked):
    """How the sampling variance of a survey is computed from its replicate weights.

    The variance of an estimate θ is ``factor`` × Σ_r (θ_r − θ)², centred on the full-sample
    estimate.

    Attributes
    ----------
    method
        The replication method the survey publishes.
    replicates
        Number R of replicate weights (columns ``replicate_1`` … ``replicate_R``).
    factor
        4/80 for ACS successive differences (Census Bureau, PUMS Accuracy of the Data);
        1/(R(1−ε)²) for Fay's balanced repeated replication (EIA: R = 96, ε = 0.5); for jackknives
        see `jackknife`, `paired_jackknife` and `stratified_jackknife`. One factor serves all
        replicates: a stratified jackknife whose strata differ in size has one per stratum and
        must be stored with replicate weights rescaled to a common factor.
    """

    method: ReplicateMethod = "none"
    replicates: int = 0
    factor: float = 0.0

    @classmethod
    def successive_difference(cls, replicates: int = 80) -> Self:
        """Return the ACS design: variance (4/R) Σ (θ_r − θ)²."""
        return cls("successive difference", replicates, 4.0 / replicates)

    @classmethod
    def fay(cls, replicates: int, epsilon: float = 0.5) -> Self:
        """Return Fay's balanced repeated replication with perturbation `epsilon`, 0 for plain BRR."""
        return cls("Fay BRR", replicates, 1.0 / (replicates * (1.0 - epsilon) ** 2))

    @classmethod
    def jackknife(cls, replicates: int) -> Self:
        """Return the delete-a-group jackknife (JK1): variance ((R−1)/R) Σ (θ_r − θ)²."""
        return cls("jackknife", replicates, (replicates - 1.0) / replicates)

    @classmethod
    def paired_jackknife(cls, replicates: int) -> Self:
        """Return the jackknife of R pairs, one of each deleted in turn (JK2): variance Σ (θ_r − θ)²."""
        return cls("jackknife", replicates, 1.0)

    @classmethod
    def stratified_jackknife(cls, replicates: int, per_stratum: int) -> Self:
        """Return the jackknife within strata of n groups each (JKn): ((n−1)/n) Σ (θ_r − θ)².

        Parameters
        ----------
        replicates
            Number R of replicates, one per group of every stratum.
        per_stratum
            Groups n of a stratum, the same in all.
        """
        return cls("jackknife", replicates, (per_stratum - 1.0) / per_stratum)

    @property
    def rank(self) -> float:
        """Rank of the variance estimator: R, of jackknives R less the number of strata.

        A stratum of n groups gives n deviations that sum to nothing, so R·(n−1)/n of them are free;
        of pairs only one of the two is computed, and R are.
        """
        return self.replicates * self.factor if self.method == "jackknife" else self.replicates

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the replicate weight columns."""
        return tuple(f"replicate_{index}" for index in range(1, self.replicates + 1))
