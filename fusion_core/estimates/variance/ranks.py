"""Which ranks estimates may have, given that they share replicate weights, implicates and a donor.

An area's rank is one more than the number of areas that are higher, so what is known of ranks follows
from what is known of all differences (Mogstad, Romano, Shaikh and Wilhelm 2024, *Inference for ranks
with applications to mobility across neighbourhoods and academic achievement across countries*, Review of
Economic Studies 91): whoever is surely higher than an area pushes its best rank down, whoever is surely
lower pushes its worst rank up. "Surely" holds for all pairs of areas at once with the confidence asked
for, because the largest of all standardised differences is compared with its own distribution, drawn
from the areas' joint error. Klein, Wright and Wieczorek (2020, *A joint confidence region for an overall
ranking of populations*, JRSS C 69) get wider regions from intervals of the areas one by one, which
cannot use that what moves all areas alike – the donor above all – cancels between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.records import Checked

Floats = NDArray[np.float64]

DRAWS: Final = 500
"""Draws of the largest standardised difference; its 90 % point then lies between its 88th and 92nd."""
# Pairs held at once: a block of areas against all.
_PAIRS: Final = 2_000_000


@dataclass(frozen=True)
class JointError(Checked):
    """The error of estimates of several areas, as far as areas share it and as far as they do not.

    The covariance of two areas is the product of their rows in `shared` and those of the donors.

    Attributes
    ----------
    shared
        Movements under the recipient's replicate weights and between implicates, shape (areas, K),
        scaled so that an area's variance is the sum of squares.
    donors
        Per donor the movements under its replicates, scaled likewise, and the fused minus the
        regression estimate of each area: bias, of which differences keep what differs.
    own
        Variance an area shares with no other.
    degrees_of_freedom
        Of each area's variance.
    """

    shared: Floats
    donors: tuple[tuple[Floats, Floats], ...]
    own: Floats
    degrees_of_freedom: Floats

    def blocks(self) -> Iterator[tuple[slice, Floats, Floats]]:
        """Yield blocks of areas with the sampling and the whole variance of differences to all."""
        count = len(self.own)
        movements = [self.shared, *(moved for moved, _ in self.donors)]
        squares = [(item**2).sum(axis=1) for item in movements]
        step = max(1, _PAIRS // max(count, 1))
        for first in range(0, count, step):
            rows = slice(first, min(first + step, count))
            own, *donors = (
                np.maximum(square[rows, None] + square[None, :] - 2.0 * item[rows] @ item.T, 0.0)
                for item, square in zip(movements, squares, strict=True)
            )
            own += self.own[rows, None] + self.own[None, :]
            sampling, whole = own, own
            for donor, (_, gap) in zip(donors, self.donors, strict=True):
                bias = (gap[rows, None] - gap[None, :]) ** 2
                sampling, whole = sampling + donor, whole + np.maximum(donor, bias)
            yield rows, sampling, whole

    def pick(self, places: NDArray[np.intp]) -> JointError:
        """Return the error of some areas."""
        return JointError(
            np.ascontiguousarray(self.shared[places]),
            tuple((np.ascontiguousarray(moved[places]), gap[places]) for moved, gap in self.donors),
            self.own[places],
            self.degrees_of_freedom[places],
        )

    def drawn(self, count: int, generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw joint errors without bias, shape (areas, count)."""
        found: Floats = generator.standard_normal((len(self.own), count))
        found *= np.sqrt(self.own)[:, None]
        for item in (self.shared, *(moved for moved, _ in self.donors)):
            found += item @ generator.standard_normal((item.shape[1], count))
        return found.astype(np.float32)


@dataclass(frozen=True)
class RankSets(Checked):
    """Ranks of areas, 1 the highest, with those they may have.

    Attributes
    ----------
    rank
        Rank of the estimate; equal estimates share the better one. 0 without an estimate.
    best, worst
        Of all ranks an area may have; they hold for all areas at once.
    confidence
        With which they do.
    largest
        Draws of the largest standardised difference of any two areas, ascending.
    """

    rank: NDArray[np.int_]
    best: NDArray[np.int_]
    worst: NDArray[np.int_]
    confidence: float
    largest: Floats

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return sum(item.nbytes for item in (self.rank, self.best, self.worst, self.largest))

    def surely_among(self, highest: int) -> NDArray[np.bool_]:
        """Return which areas are surely among so many highest."""
        return (self.rank > 0) & (self.worst <= highest)

    def may_be_among(self, highest: int) -> NDArray[np.bool_]:
        """Return which areas may be among so many highest; at 1, which nobody is surely above."""
        return (self.rank > 0) & (self.best <= highest)

    def adjusted(self, p_value: float) -> float:
        """Return the p-value of a difference as one of a pair chosen among all pairs.

        It is the chance that the largest of all differences, if there were none, is as unusual.

        Parameters
        ----------
        p_value
            Of the pair on its own, two-sided.
        """
        from scipy import special

        if np.isnan(p_value) or not len(self.largest):
            return float(p_value)
        size = -special.ndtri(min(max(p_value, 1e-300), 1.0) / 2.0)
        beyond = len(self.largest) - np.searchsorted(self.largest, size, side="left")
        return float(max((1.0 + beyond) / (1.0 + len(self.largest)), p_value))


def rank_sets(
    estimates: Floats, error: JointError, *, confidence: float = 0.90, seed: int = 1
) -> RankSets:
    """Return the ranks of areas and those they may have.

    Parameters
    ----------
    estimates
        One per area, NaN for none. An area whose `JointError.own` is NaN has no margin: it may have
        any rank.
    error
        Their joint error.
    confidence
        That all ranks lie within their bounds.
    seed
        Of the draws.
    """
    from scipy import special

    present = np.isfinite(estimates)
    known = np.flatnonzero(present & np.isfinite(error.own))
    count = int(present.sum())
    rank, best, worst = (np.zeros(len(estimates), dtype=np.int_) for _ in range(3))
    ordered = np.sort(-estimates[present])
    rank[present] = 1 + np.searchsorted(ordered, -estimates[present], side="left")
    best[present], worst[present] = 1, count
    if len(known) < 2:  # noqa: PLR2004 - no pair
        worst[present] = count
        return RankSets(rank, best, worst, confidence, np.zeros(0))
    used, values = error.pick(known), estimates[known]
    largest = _largest(used, np.random.default_rng(seed))
    # As unusual as the marked one among normal differences, with the degrees of freedom there are.
    unusual = special.ndtr(-float(np.quantile(largest, confidence)))
    critical = -np.asarray(special.stdtrit(used.degrees_of_freedom, unusual), dtype=np.float64)
    above, below = (np.zeros(len(known), dtype=np.int_) for _ in range(2))
    for rows, _, variance in used.blocks():
        difference = values[None, :] - values[rows, None]
        needed = np.maximum(critical[rows, None], critical[None, :]) * np.sqrt(variance)
        above[rows] = (difference > needed).sum(axis=1)
        below[rows] = (-difference > needed).sum(axis=1)
    best[known], worst[known] = 1 + above, count - below
    return RankSets(rank, best, worst, confidence, largest)


def _largest(error: JointError, generator: np.random.Generator) -> Floats:
    """Draw the largest standardised difference of any two areas."""
    errors = error.drawn(DRAWS, generator)
    found = np.zeros(DRAWS, dtype=np.float32)
    search = _search()
    for rows, sampling, _ in error.blocks():
        with np.errstate(divide="ignore"):
            scale = np.where(sampling > 0, 1.0 / np.sqrt(sampling), 0.0).astype(np.float32)
        search(errors, scale, rows.start, found)
    return np.sort(found.astype(np.float64))


@cache
def _search() -> Callable[..., Any]:
    """Compile the search for the largest differences on first use."""
    from numba import float32, int64, void

    from fusion_core.compiling import compile_once

    return compile_once(_find_largest, void(float32[:, ::1], float32[:, ::1], int64, float32[::1]))


def _find_largest(errors: Any, scale: Any, first: int, found: Any) -> None:
    """Raise each draw's maximum to the largest standardised difference of a block of areas."""
    areas, draws = errors.shape
    for row in range(scale.shape[0]):
        for other in range(first + row + 1, areas):
            factor = scale[row, other]
            for draw in range(draws):
                size = abs(errors[first + row, draw] - errors[other, draw]) * factor
                found[draw] = max(found[draw], size)
