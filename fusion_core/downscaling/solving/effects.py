"""What areas are like beyond chance: how much they differ, and possible truths that differ as much.

An allocation pulls every area towards its PUMA, the more the less is published of it. How wrong that
makes it depends on how much areas really differ. Two shares of the variance between households say so:
`seen`, how much areas differ in what constraints count, from the published counts themselves, and
`unseen`, how much they differ beyond that, from tables held out (`fusion_core.downscaling.solving.scores`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.downscaling.solving._samples import drawn_sample
from fusion_core.records import Checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.downscaling.solving.allocation import Allocation

    Floats = NDArray[np.float64]

_DRAWS: Final = 8
_SWEEPS: Final = 8
_NEGLIGIBLE: Final = 1e-6
_LEAST_SHAPE: Final = 0.02
"""Of gamma factors that put nearly all of a household into one area."""


@dataclass(frozen=True)
class AreaEffects(Checked):
    """How much areas differ, as shares of the variance between households.

    Attributes
    ----------
    seen
        In what constraints count.
    unseen
        In everything else.
    """

    seen: float = 0.0
    unseen: float = 0.0


def seen_share(allocation: Allocation, *, seed: int) -> float:
    """Estimate how much areas differ in what constraints count, beyond the error of the counts.

    Parameters
    ----------
    allocation
        Its households by area are those the areas' shares are of.
    seed
        Of the draws that tell how far sampling alone would let counts differ.
    """
    problem, published = allocation.problem, allocation.problem.finest
    rng = np.random.default_rng(seed)
    share = problem.weights @ problem.characteristics / problem.weights.sum()
    differs = np.ptp(problem.characteristics, axis=0) > 0
    every = np.flatnonzero(~differs & (problem.characteristics[0] == 1.0))
    size = allocation.weights.sum(axis=0)
    off = published.counts - size[:, None] * share
    noise = np.zeros(off.shape)
    for _ in range(_DRAWS):
        errors = drawn_sample(problem, allocation.weights, rng).errors[-1]
        by_size = errors[:, every[:1]] * share if len(every) else 0.0
        noise += (errors - by_size) ** 2 / _DRAWS
    mean = (problem.characteristics - share) ** 2
    possible = size[:, None] ** 2 * (problem.weights @ mean / problem.weights.sum())
    known = ~np.isnan(off) & differs
    total = float(possible[known].sum())
    return float((off**2 - noise)[known].sum() / total) if total > 0 else 0.0


def possible_truth(
    weights: Floats, characteristics: Floats, effects: AreaEffects, rng: np.random.Generator
) -> Floats:
    """Return weights of households × areas whose areas differ from an allocation's as areas do.

    Each cell gets a gamma factor that lets any mean of an area vary by `unseen` times the variance
    between households, as far as so few areas and households allow, and each area is tilted along the constraints by what `seen` is more. The
    households of the PUMA and the number of them in every area stay.

    Parameters
    ----------
    weights
        Allocated weights.
    characteristics
        Of the constraints, shape (households, constraints).
    effects
        How much areas differ.
    rng
        Source of randomness.
    """
    own, size = weights.sum(axis=1, keepdims=True), weights.sum(axis=0)
    effective = size**2 / np.maximum((weights**2).sum(axis=0), 1e-300)
    spread = np.maximum(effects.unseen * effective, _NEGLIGIBLE)
    shape = _shapes(own[:, 0] ** 2 / np.maximum((weights**2).sum(axis=1), 1e-300), spread)
    truth = weights * rng.gamma(shape, 1.0 / shape)
    more = max(effects.seen - effects.unseen, 0.0)
    if more > 0:
        traits = _independent(characteristics, own[:, 0])
        pull = rng.normal(0.0, np.sqrt(more), (traits.shape[1], len(size)))
        tilt = traits @ pull
        truth *= np.exp(tilt - tilt.max(axis=0))
    for _ in range(_SWEEPS):
        truth *= own / np.maximum(truth.sum(axis=1, keepdims=True), 1e-300)
        truth *= size / np.maximum(truth.sum(axis=0), 1e-300)
    return truth


def _shapes(areas: Floats, spread: Floats) -> Floats:
    """Return gamma shapes whose factors vary by `spread` once a household's areas are made to add up.

    Equal gammas of shape k divided by the sum of n of them are a Dirichlet vector, n times which has
    variance (n − 1) ÷ (n k + 1). Without this a few areas would differ by half of what is asked for.

    Parameters
    ----------
    areas
        Areas each household is worth, (Σw)² ÷ Σw².
    spread
        Variance wanted in each area.
    """
    count = areas[:, None]
    return np.maximum(((count - 1.0) / spread - 1.0) / count, _LEAST_SHAPE)


def _independent(characteristics: Floats, weights: Floats) -> Floats:
    """Return uncorrelated traits of variance 1 that span the characteristics."""
    share = weights / weights.sum()
    centred = characteristics - share @ characteristics
    values, vectors = np.linalg.eigh((centred * share[:, None]).T @ centred)
    kept = values > _NEGLIGIBLE * max(float(values.max()), 1e-300)
    return np.asarray(centred @ (vectors[:, kept] / np.sqrt(values[kept])))


__all__ = ["AreaEffects", "possible_truth", "seen_share"]
