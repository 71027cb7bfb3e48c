"""Fréchet–Hoeffding bounds of any event over two answers whose joint distribution is not known.

An event of two answers, such as "insecure and travel a burden" or "two of three burdens", is a table
of truth: which kinds of the first meet it with which kinds of the second. Of all joint distributions
with given margins p and q the largest probability of the event is

    min over sets A of kinds of the first of  p(not A) + q(kinds that meet the event with one of A)

(Strassen 1965, *The existence of probability measures with given marginals*, Annals of Mathematical
Statistics 36; for finitely many kinds this is the theorem of maximum flow and minimum cut), and the
smallest is one minus the largest of its complement. Of "both" these are min(p₁, p₂) and
max(0, p₁ + p₂ − 1) (Fréchet 1951; Hoeffding 1940).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class Merged:
    """A table of truth without kinds that say the same.

    Attributes
    ----------
    truth
        Shape (kinds of the first, kinds of the second).
    first, second
        Which of these every kind of the original table is.
    """

    truth: Truth
    first: NDArray[np.intp]
    second: NDArray[np.intp]


def merged(truth: Truth) -> Merged:
    """Merge the kinds beside which the event holds with the same kinds of the other answer."""
    rows, first = np.unique(truth, axis=0, return_inverse=True)
    columns, second = np.unique(rows, axis=1, return_inverse=True)
    return Merged(columns, first.reshape(-1), second.reshape(-1))


def largest(truth: Truth, first: Floats, second: Floats) -> Floats:
    """Return the largest probability an event can have.

    Parameters
    ----------
    truth
        With which kinds of the second each kind of the first meets it, shape (kinds, kinds).
    first, second
        Probabilities of the kinds, shapes (cases, kinds).
    """
    result = np.minimum(first[:, truth.any(axis=1)].sum(axis=1), 1.0)
    for chosen in _subsets(len(truth)):
        others = [kind for kind in range(len(truth)) if kind not in chosen]
        met = truth[list(chosen)].any(axis=0)
        result = np.minimum(result, first[:, others].sum(axis=1) + second[:, met].sum(axis=1))
    return np.asarray(result)


def smallest(truth: Truth, first: Floats, second: Floats) -> Floats:
    """Return the smallest probability an event can have; see `largest`."""
    return np.asarray(1.0 - largest(~truth, first, second))


def _subsets(count: int) -> Iterator[tuple[int, ...]]:
    kinds = range(count)
    return chain.from_iterable(combinations(kinds, size) for size in range(1, count + 1))
