"""Replicate factors of the demo samples: successive differences and balanced half-samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

REPLICATES: Final = 80
_PRIME: Final = REPLICATES - 1


def hadamard(order: int = REPLICATES) -> Array:
    """Return a Hadamard matrix of entries ±1 whose first row is all 1.

    Paley's first construction for a prime ``order − 1`` ≡ 3 (mod 4), such as 79; every other row is
    negated so that no column is constant (a replicate equal to the full sample would look odd).

    Parameters
    ----------
    order
        Number of rows.
    """
    prime = order - 1
    square = np.zeros(prime, dtype=bool)
    square[(np.arange(1, prime) ** 2) % prime] = True
    difference = (np.arange(prime)[:, None] - np.arange(prime)[None, :]) % prime
    core = np.where(square[difference], 1, -1)
    np.fill_diagonal(core, -1)
    matrix = np.ones((order, order), dtype=np.int64)
    matrix[1:, 1:] = core
    matrix[1::2] *= -1
    return matrix


def successive_difference_factors(count: int) -> Array:
    """Return the replicate factors of a sample in its sort order.

    Unit i gets the factor ``1 + 2^(−3/2) a(i, r) − 2^(−3/2) a(i + 1, r)`` in replicate r, where
    a(i, ·) and a(i + 1, ·) are the two rows of an order-80 Hadamard matrix assigned to it. The rows
    are walked in closed cycles of 79 units, each cycle with another stride, so that every unit is
    compared with its neighbour and cycles stay uncorrelated. The variance (4/80) Σ (θ_r − θ)² is
    then that of successive differences. Sources: Fay and Train (1995), "Aspects of survey and
    model-based postcensal estimation"; U.S. Census Bureau, "PUMS Accuracy of the Data".

    Parameters
    ----------
    count
        Number of sampled units.

    Returns
    -------
    numpy.ndarray
        Shape (count, 80), between 0.29 and 1.71.
    """
    cycle, step = np.divmod(np.arange(count), _PRIME)
    stride = cycle % (_PRIME - 1) + 1
    first = (step * stride) % _PRIME + 1
    second = ((step + 1) * stride) % _PRIME + 1
    rows = hadamard()
    return np.asarray(1.0 + 2.0**-1.5 * (rows[first] - rows[second]))


def fay_factors(count: int, rng: np.random.Generator, epsilon: float = 0.5) -> Array:
    """Return Fay's balanced-repeated-replication factors of a sample in its sort order.

    Neighbouring units form pairs; pairs are dealt to 79 variance strata, and one unit of each pair,
    chosen at random, to the first half-sample. A unit's factor is 2 − ε or ε (for ε = 0.5: 1.5 or
    0.5) as the Hadamard entry of its stratum and half says. The variance is
    Σ (θ_r − θ)² / (R (1 − ε)²). Source: Judkins (1990), "Fay's method for variance estimation".

    Parameters
    ----------
    count
        Number of sampled units.
    rng
        Source of randomness.
    epsilon
        Perturbation ε.

    Returns
    -------
    numpy.ndarray
        Shape (count, 80).
    """
    pair = np.arange(count) // 2
    flip = rng.integers(0, 2, pair[-1] + 1 if count else 0)
    half = 1 - 2 * ((np.arange(count) + flip[pair]) % 2)
    return np.asarray(1.0 + (1.0 - epsilon) * half[:, None] * hadamard()[pair % _PRIME + 1])
