"""Compiled distances between a donor and those drawn for it, and among the latter.

Ways to draw are trees of one kind, or lists of donors. What all scores are made of are two means
over donors V that a way draws for a scored one: the distance E d(V, y) from its true answer y, and
the distance E d(V, V') between draws of two ways, or of two different trees of one way. Few trees thus
score as many of them would (a U-statistic; for a single way it gives the fair CRPS of Ferro 2014). The
distance of two numbers is |v − v'|, that of two classes 2 if they differ.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import boolean, float64, int32, int64, njit, types, void

from fusion_core.compiling import compile_once, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class Drawn(NamedTuple):
    """The distributions that ways to draw give scored rows, each a list of donors.

    Attributes
    ----------
    listed
        The list of each row in each distribution, −1 where the distribution has seen the row; of
        shape (scored rows, distributions).
    way
        The way each distribution belongs to.
    begin
        Where each list begins in `donors`, and where the last one ends.
    donors
        Rows of the donors on the lists.
    chance
        With which chance each of them is drawn from its list.
    """

    listed: NDArray[np.int64]
    way: NDArray[np.int64]
    begin: NDArray[np.int64]
    donors: NDArray[np.int32]
    chance: NDArray[np.float64]


class Answer(NamedTuple):
    """The donors' answers to one variable.

    Attributes
    ----------
    codes
        Every donor's level.
    levels
        The levels as numbers, rising.
    is_class
        Whether levels are classes, of which any two are equally far apart.
    true
        Levels of the scored rows.
    """

    codes: NDArray[np.int64]
    levels: NDArray[np.float64]
    is_class: bool
    true: NDArray[np.int64]


_DRAWN: Final = Drawn(int64[:, ::1], int64[::1], int64[::1], int32[::1], float64[::1])
_ANSWER: Final = Answer(int64[::1], float64[::1], boolean, int64[::1])
_SIGNATURE: Final = void(
    types.NamedTuple(_DRAWN, Drawn),
    types.NamedTuple(_ANSWER, Answer),
    float64[:, ::1],
    float64[:, :, ::1],
)


def pair_distances(
    drawn: Drawn, answer: Answer, ways: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean distances of draws from the true answer, and of draws from each other.

    Parameters
    ----------
    drawn, answer
        What is drawn, and the answers.
    ways
        Number of ways.

    Returns
    -------
    Distances of shape (scored rows, ways) and (scored rows, ways, ways). Those among draws of one way
    are of two different distributions, unless a row has a single one.
    """
    rows = len(answer.true)
    off, apart = np.zeros((rows, ways)), np.zeros((rows, ways, ways))
    compiled_distances()(
        Drawn(
            plain(drawn.listed, np.int64),
            plain(drawn.way, np.int64),
            plain(drawn.begin, np.int64),
            plain(drawn.donors, np.int32),
            plain(drawn.chance, np.float64),
        ),
        Answer(
            plain(answer.codes, np.int64),
            plain(answer.levels, np.float64),
            answer.is_class,
            plain(answer.true, np.int64),
        ),
        off,
        apart,
    )
    return off, apart


@cache
def compiled_distances() -> Callable[..., None]:
    """Return the compiled `_distances`; the first of many processes compiles, the others wait for it."""
    return compile_once(_distances, _SIGNATURE)


def _distances(
    drawn: Drawn, answer: Answer, off: NDArray[np.float64], apart: NDArray[np.float64]
) -> None:
    rows, ways = off.shape
    spread = _spreads(drawn, answer)
    mass = np.zeros((len(answer.levels), ways))
    seen, within = np.empty(ways), np.empty(ways)
    for row in range(rows):
        seen[:], within[:] = 0.0, 0.0
        for number in range(len(drawn.way)):
            if drawn.listed[row, number] >= 0:
                seen[drawn.way[number]] += 1.0
        lowest, highest = len(answer.levels), -1
        for number in range(len(drawn.way)):
            place, way = drawn.listed[row, number], drawn.way[number]
            if place < 0:
                continue
            within[way] += spread[place]
            for at in range(drawn.begin[place], drawn.begin[place + 1]):
                code = answer.codes[drawn.donors[at]]
                mass[code, way] += drawn.chance[at] / seen[way]
                lowest, highest = min(lowest, code), max(highest, code)
        result = off[row], apart[row]
        _sweep(mass[lowest : highest + 1], lowest, answer.true[row], answer, result)
        mass[lowest : highest + 1] = 0.0
        for way in range(ways):
            count = seen[way]
            if count > 1.0:
                pairs = count * count * apart[row, way, way] - within[way]
                apart[row, way, way] = pairs / (count * (count - 1.0))


@njit(nogil=True)
def _sweep(
    mass: NDArray[np.float64],
    lowest: int,
    true: int,
    answer: Answer,
    result: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Sum up the distances of a row's draws: ∫ F (1 − G) + G (1 − F) of numbers, 2 (1 − Σ p q) of classes."""
    off, apart = result
    ways = mass.shape[1]
    below = np.zeros(ways)
    if answer.is_class:
        apart[:] = 2.0
    for place in range(len(mass)):
        code = lowest + place
        if answer.is_class:
            far = 2.0 if code != true else 0.0
        else:
            far = abs(answer.levels[code] - answer.levels[true])
        last = place + 1 == len(mass)
        gap = 0.0 if last else answer.levels[code + 1] - answer.levels[code]
        for one in range(ways):
            off[one] += mass[place, one] * far
            below[one] += mass[place, one]
        for one in range(ways):
            for other in range(ways):
                if answer.is_class:
                    apart[one, other] -= 2.0 * mass[place, one] * mass[place, other]
                else:
                    both = below[one] * (1.0 - below[other]) + below[other] * (1.0 - below[one])
                    apart[one, other] += gap * both


@njit(nogil=True)
def _spreads(drawn: Drawn, answer: Answer) -> NDArray[np.float64]:
    """Return the mean distance of two draws from the same list, of each list."""
    spread = np.zeros(len(drawn.begin) - 1)
    for place in range(len(spread)):
        part = slice(drawn.begin[place], drawn.begin[place + 1])
        codes, chance = answer.codes[drawn.donors[part]], drawn.chance[part]
        order = np.argsort(codes)
        alike, below = 0.0, 0.0
        here = 0.0
        for number in range(len(order)):
            at = order[number]
            here += chance[at]
            following = codes[order[number + 1]] if number + 1 < len(order) else -1
            if following == codes[at]:
                continue
            alike += here * here
            below += here
            here = 0.0
            if following >= 0 and not answer.is_class:
                gap = answer.levels[following] - answer.levels[codes[at]]
                spread[place] += 2.0 * gap * below * (1.0 - below)
        if answer.is_class:
            spread[place] = 2.0 * (1.0 - alike)
    return spread
