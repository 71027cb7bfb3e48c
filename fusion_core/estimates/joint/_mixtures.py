"""What is expected of a function of class probabilities, where only M draws of each are known.

A household's share of implicates with an answer is its class probability and the luck of M draws.
Plugged into the bounds of a joint share, luck does not average out: the lower bound is convex in the
probabilities and comes out too high, the upper one is concave and comes out too low – with ten
implicates by several points, and always so that the range looks narrower than it is.

The draws of a household are independent given its predictors, so its counts are multinomial, and the
distribution of the probabilities over households can be estimated from those of the counts without
any form of it being assumed (Kiefer and Wolfowitz 1956; Laird 1978, *Nonparametric maximum likelihood
estimation of a mixing distribution*, JASA 73). What a household's counts say of a function of its
probabilities is then the mean over that distribution given the counts (Robbins 1956, empirical
Bayes), whose mean over households is unbiased.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.integer]

# Numbers of equal steps of a probability, by number of kinds it is one of.
_STEPS: Final = {1: 1, 2: 20, 3: 8, 4: 4}
MOST_KINDS: Final = max(_STEPS)
_ROUNDS: Final = 100
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


def expected_of_counts(
    first: Counts, second: Counts, functions: list[Callable[[Floats, Floats], Floats]]
) -> list[Floats]:
    """Return what each household's counts say of functions of its two sets of probabilities.

    Parameters
    ----------
    first, second
        How many of its draws are of each kind, shapes (households, kinds); the same number of draws
        for all.
    functions
        Functions of the probabilities of the kinds, of shapes (cases, kinds), to one number a case.

    Returns
    -------
    One array per function, a number per household.
    """
    kinds = first.shape[1], second.shape[1]
    sides = _Side.of(kinds[0]), _Side.of(kinds[1])
    base = int(max(first.max(initial=0), second.max(initial=0))) + 1
    key = np.zeros(len(first), dtype=np.int64)
    for column in (*first.T[:-1], *second.T[:-1]):
        key = key * base + column
    _, where, cell, size = np.unique(
        key, return_index=True, return_inverse=True, return_counts=True
    )
    likelihood = _likelihoods(sides, first[where], second[where])
    mixture = _estimated(likelihood, size / size.sum())
    left = np.repeat(sides[0].places, len(sides[1].places), axis=0)
    right = np.tile(sides[1].places, (len(sides[0].places), 1))
    posterior = likelihood * mixture
    posterior /= posterior.sum(axis=1, keepdims=True)
    return [
        np.asarray((posterior @ function(left, right))[cell.reshape(-1)]) for function in functions
    ]


def draws_that_fit(kinds: tuple[int, int], draws: int) -> int:
    """Return of how many draws the counts can be looked at in bounded memory, at most `draws`."""
    places = len(_Side.of(kinds[0]).places) * len(_Side.of(kinds[1]).places)
    for count in range(draws, 1, -1):
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


def _estimated(likelihood: Floats, shares: Floats) -> Floats:
    """Return the mixing distribution of the largest likelihood by the EM algorithm."""
    mixture = np.full(likelihood.shape[1], 1.0 / likelihood.shape[1])
    for _ in range(_ROUNDS):
        expected = likelihood @ mixture
        mixture = mixture * (likelihood.T @ (shares / expected))
    return np.asarray(mixture)
