"""What is expected of a function of class probabilities, where only M draws of each are known.

A household's share of implicates with an answer is its class probability and the luck of M draws.
Plugged into the bounds of a joint share, luck does not average out: the lower bound is convex in the
probabilities and comes out too high, the upper one is concave and comes out too low – with ten
implicates by several points, and always so that the range looks narrower than it is.

The draws of a household are independent given its predictors, so its counts are multinomial, and the
distribution of the probabilities over households can be estimated from those of the counts without
any form of it being assumed (Kiefer and Wolfowitz 1956; Laird 1978, *Nonparametric maximum likelihood
estimation of a mixing distribution*, JASA 73). The mean of a function over a group of households is
its mean over the group's own distribution: that of all households, moved by a few steps of the EM
algorithm towards the counts of the group. Without these steps groups would be drawn to the mean of
all; to convergence small groups would follow their luck.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.integer]
    Function = Callable[[Floats, Floats], Floats]

# Numbers of equal steps of a probability, by number of kinds it is one of.
_STEPS: Final = {1: 1, 2: 20, 3: 8, 4: 4}
MOST_KINDS: Final = max(_STEPS)
_ROUNDS: Final = 100
_GROUP_ROUNDS: Final = 10
# Draws whose counts are looked at, at most: more tell little and cost time with many areas.
_MOST_DRAWS: Final = 20
# Products of different counts and places of the distribution, at most.
_MOST_CELLS: Final = 12_000_000


@dataclass(frozen=True)
class _Side:
    """Possible probabilities of the kinds of one answer, and how likely they make counts."""

    places: Floats

    @classmethod
    def of(cls, kinds: int) -> _Side:
        steps = _STEPS[kinds]
        found = [item for item in product(range(steps + 1), repeat=kinds) if sum(item) == steps]
        return cls(np.array(found, dtype=float) / steps)

    def likelihood(self, counts: Counts) -> Floats:
        """Return the probability of counts, up to a factor each, shape (counts, places)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(self.places)
            terms = counts[:, None, :] * logs[None]
        terms = np.where(counts[:, None, :] == 0, 0.0, terms).sum(axis=2)
        return np.asarray(np.exp(terms - terms.max(axis=1, keepdims=True)))


@dataclass(frozen=True)
class Mixture:
    """The distribution of two sets of probabilities over households, and what counts say of it.

    Attributes
    ----------
    cell
        Which of the different pairs of counts each household has.
    likelihood
        Of each pair of counts at every place of the distribution, shape (counts, places).
    weights
        The distribution over all households, shape (places,).
    places
        Probabilities of the kinds of both answers at every place.
    """

    cell: NDArray[np.intp]
    likelihood: Floats
    weights: Floats
    places: tuple[Floats, Floats]

    @classmethod
    def of(cls, first: Counts, second: Counts) -> Mixture:
        """Estimate the distribution.

        Parameters
        ----------
        first, second
            How many of its draws are of each kind, shapes (households, kinds); the same number of
            draws for all.
        """
        sides = _Side.of(first.shape[1]), _Side.of(second.shape[1])
        base = int(max(first.max(initial=0), second.max(initial=0))) + 1
        key = np.zeros(len(first), dtype=np.int64)
        for column in (*first.T[:-1], *second.T[:-1]):
            key = key * base + column
        _, where, cell, size = np.unique(
            key, return_index=True, return_inverse=True, return_counts=True
        )
        likelihood = _likelihoods(sides, first[where], second[where])
        weights = np.full((1, likelihood.shape[1]), 1.0 / likelihood.shape[1])
        weights = _moved(weights, likelihood, (size / size.sum())[None], _ROUNDS)
        left = np.repeat(sides[0].places, len(sides[1].places), axis=0)
        right = np.tile(sides[1].places, (len(sides[0].places), 1))
        return cls(cell.reshape(-1), likelihood, weights[0], (left, right))

    def shares(self, group: NDArray[np.intp], count: int, weight: Floats) -> Floats:
        """Return the weighted share of every pair of counts in every group.

        Parameters
        ----------
        group
            Group of every household, negative for those in none.
        count
            Number of groups.
        weight
            Weight of every household.

        Returns
        -------
        Array of shape (groups, counts), each row adding up to the weight of the group.
        """
        inside = group >= 0
        cells = len(self.likelihood)
        key = group[inside] * cells + self.cell[inside]
        sums = np.bincount(key, weight[inside], minlength=count * cells)
        return np.asarray(sums.reshape(count, cells))

    def means(self, sums: Floats, functions: Sequence[Function]) -> list[Floats]:
        """Return the means of functions of the probabilities over groups of households.

        Parameters
        ----------
        sums
            See `shares`; a group of weight 0 has the mean of all.
        functions
            Functions of the probabilities of the kinds, of shapes (cases, kinds), to one number a
            case.
        """
        total = sums.sum(axis=1, keepdims=True)
        shares = sums / np.where(total > 0, total, 1.0)
        start = np.broadcast_to(self.weights, (len(sums), len(self.weights)))
        moved = _moved(start, self.likelihood, shares, _GROUP_ROUNDS)
        moved = np.where(total > 0, moved, self.weights)
        return [np.asarray(moved @ function(*self.places)) for function in functions]


def draws_that_fit(kinds: tuple[int, int], draws: int) -> int:
    """Return of how many draws the counts can be looked at in bounded memory, at most `draws`."""
    places = len(_Side.of(kinds[0]).places) * len(_Side.of(kinds[1]).places)
    for count in range(min(draws, _MOST_DRAWS), 1, -1):
        cells = _compositions(kinds[0], count) * _compositions(kinds[1], count)
        if cells * places <= _MOST_CELLS:
            return count
    return min(draws, 1)


def _compositions(kinds: int, draws: int) -> int:
    from math import comb

    return comb(draws + kinds - 1, kinds - 1)


def _likelihoods(sides: tuple[_Side, _Side], first: Counts, second: Counts) -> Floats:
    one, two = sides[0].likelihood(first), sides[1].likelihood(second)
    return np.asarray((one[:, :, None] * two[:, None, :]).reshape(len(first), -1))


def _moved(weights: Floats, likelihood: Floats, shares: Floats, rounds: int) -> Floats:
    """Move distributions towards counts by rounds of the EM algorithm.

    Parameters
    ----------
    weights
        Distributions, shape (groups, places).
    likelihood
        Of the counts, shape (counts, places).
    shares
        Of every group, how many households have which counts, shape (groups, counts).
    rounds
        Number of rounds.
    """
    for _ in range(rounds):
        expected = weights @ likelihood.T
        ratio = np.divide(shares, expected, out=np.zeros_like(shares), where=expected > 0)
        weights = weights * (ratio @ likelihood)
    return weights
