"""Random streams that do not depend on workers, row blocks or the number of implicates.

Every random decision has its own stream, found by a key under the user's seed: folds and boosting by
(step, variable), draws by (step, implicate, chunk of `CHUNK_ROWS` recipient rows). Whoever computes
a piece – in whatever order, process or row block – meets the same numbers, and M = 10 implicates are
the first ten of M = 40.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK_ROWS = 4096
DRAWS_PER_CELL = 2
FEWEST_ROWS = 500


class Purpose(IntEnum):
    """What a stream is for; the numbers are part of what makes a seed reproducible."""

    FOLDS = 0
    BOOSTING = 1
    CENTRES = 2
    DRAWS = 3
    SCREENING = 4


def stream(seed: int, purpose: Purpose, *key: int) -> np.random.Generator:
    """Return the generator of one random decision.

    Parameters
    ----------
    seed
        The user's seed.
    purpose, key
        What the numbers are for, and for which step, variable, implicate or chunk.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int(purpose), *key)))


def integer_seed(seed: int, purpose: Purpose, *key: int) -> int:
    """Return a seed for a library that takes a 31-bit integer."""
    return int(stream(seed, purpose, *key).integers(2**31 - 1))


def some_rows(seed: int, share: float, rows: int, *key: int) -> NDArray[np.int64]:
    """Return a random share of rows, at least `FEWEST_ROWS` of them, in their order.

    Parameters
    ----------
    seed, key
        The user's seed, and for which variable.
    share
        How many of the rows.
    rows
        Number of all rows.
    """
    count = min(rows, max(FEWEST_ROWS, round(share * rows)))
    if count == rows:
        return np.arange(rows)
    drawn = stream(seed, Purpose.SCREENING, *key).choice(rows, count, replace=False)
    return np.asarray(np.sort(drawn))


def cell_uniforms(
    seed: int, step: int, start: int, stop: int, implicates: range
) -> NDArray[np.float64]:
    """Return the uniform numbers that decide the draws of one step.

    Parameters
    ----------
    seed, step
        The fusion's seed and the step's position in the chain.
    start, stop
        Recipient rows, `start` being a multiple of `CHUNK_ROWS`.
    implicates
        Implicates (0-based).

    Returns
    -------
    Array of shape (rows, implicates, `DRAWS_PER_CELL`), each in [0, 1): the first number decides a
    class or zero, the second a donor.
    """
    if start % CHUNK_ROWS:
        raise ValueError(f"row {start} does not begin a chunk of {CHUNK_ROWS} rows")
    result = np.empty((stop - start, len(implicates), DRAWS_PER_CELL))
    for first in range(start, stop, CHUNK_ROWS):
        rows = min(CHUNK_ROWS, stop - first)
        for place, implicate in enumerate(implicates):
            generator = stream(seed, Purpose.DRAWS, step, implicate, first // CHUNK_ROWS)
            result[first - start : first - start + rows, place] = generator.random(
                (rows, DRAWS_PER_CELL)
            )
    return result
