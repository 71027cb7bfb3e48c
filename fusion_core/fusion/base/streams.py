"""Random streams named after what they decide.

Every random decision has its own stream under the user's seed, named after the donor survey and the
variables it is about: folds and boosting by variable, draws by (variables drawn together, implicate,
chunk of `CHUNK_ROWS` recipient rows). So

* whoever computes a piece – in whatever order, process or row block – meets the same numbers;
* M = 10 implicates are the first ten of M = 40;
* the same variable of the same donor is drawn with the same numbers wherever the seed is the same, so
  that two methods can be compared on common random numbers;
* different variables, or donors, never share a number, whatever the seeds: their joint distribution in
  two fusions follows from what the models say, not from the generator.

Until model format 4 draws were named after the step's position, and two fusions with equal seeds
shared their numbers. Models of that time still draw so (`Stream.is_positional`), and their implicates
are told apart by `shared_streams`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from fusion_core.errors import InputError
from fusion_core.records import Checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")
CHUNK_ROWS = 4096
DRAWS_PER_CELL = 2
FEWEST_ROWS = 500
SEED_BITS = 32
POSITIONAL = (
    "The model is of an earlier version, whose random numbers are the same for every fusion of equal "
    "seed: do not join these draws household by household with those of another such fusion."
)


class Purpose(IntEnum):
    """What a stream is for; the numbers are part of what makes a seed reproducible."""

    FOLDS = 0
    BOOSTING = 1
    CENTRES = 2
    DRAWS = 3
    SCREENING = 4
    VALIDATION = 5
    IMPUTING = 6
    LOCATION = 7
    GAPS = 8
    FOREST = 9


def random_seed() -> int:
    """Return a seed for work nobody gave one; whoever takes it records it."""
    return secrets.randbits(SEED_BITS)


def check_seed(seed: int | None) -> int:
    """Return the seed if it can be one, a random one for ``None``.

    Raises
    ------
    InputError
        If it is negative or not a whole number.
    """
    if seed is None:
        return random_seed()
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"The seed is {seed!r}", fix="Use a whole number of at least 0")
    return int(seed)


def stream(seed: int, purpose: Purpose, *key: int | str) -> np.random.Generator:
    """Return the generator of one random decision.

    Parameters
    ----------
    seed
        The user's seed.
    purpose, key
        What the numbers are for, and for which donor, variable, implicate or chunk.
    """
    words = (item if isinstance(item, int) else _number(item) for item in key)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int(purpose), *words)))


def integer_seed(seed: int, purpose: Purpose, *key: int | str) -> int:
    """Return a seed for a library that takes a 31-bit integer."""
    return int(stream(seed, purpose, *key).integers(2**31 - 1))


def origin(donor: str, names: Iterable[str], values: Iterable[NDArray[np.float64]] = ()) -> str:
    """Return what names the streams of variables: equal for the same variables of the same donor.

    Parameters
    ----------
    donor
        The donor's name, where it has one.
    names
        The variables, in any order.
    values
        What stands for a donor without a name: its weights and its answers to these variables.
    """
    digest = hashlib.blake2b(json.dumps([donor, sorted(names)]).encode(), digest_size=16)
    for array in values:
        # Adding zero makes one of the two zeros; numbers and what is missing are compared by bits.
        digest.update(np.ascontiguousarray(array + 0.0).tobytes())
    return digest.hexdigest()


def some_rows(seed: int, share: float, rows: int, *key: int | str) -> NDArray[np.int64]:
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


@dataclass(frozen=True)
class Stream(Checked):
    """Which random numbers decide the draws of variables that are drawn together.

    Attributes
    ----------
    seed
        The fusion's seed; ``None`` where implicates of an earlier version do not tell.
    origin
        See `origin`; empty for models of earlier versions, whose numbers follow from seed and step.
    names
        The variables decided by these numbers; for models of earlier versions, all of the fusion.
    """

    seed: int | None
    origin: str
    names: tuple[str, ...]

    @property
    def is_positional(self) -> bool:
        """Whether the numbers follow from the step's position, as in earlier versions."""
        return not self.origin

    def to_record(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"seed": self.seed, "origin": self.origin, "names": list(self.names)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Stream:
        """Read the JSON form."""
        return cls(record["seed"], str(record["origin"]), tuple(record["names"]))


class Drawn(Protocol):
    """Implicates, in memory or on disk."""

    @property
    def streams(self) -> Mapping[str, Sequence[Stream]]:
        """What decided each variable; nothing where that is not known."""


def shared_streams(first: Drawn, second: Drawn) -> tuple[tuple[str, str], ...]:
    """Return which variables of two fusions were drawn with the same random numbers.

    Household by household such variables depend on each other through the numbers alone, so nothing
    may be said of them together. Variables of which nothing is recorded are taken as independent.

    Parameters
    ----------
    first, second
        Implicates of two fusions.

    Returns
    -------
    Pairs of names, of the first and of the second.
    """
    known: dict[str, dict[int | None, list[str]]] = {}
    for other, theirs in second.streams.items():
        for item in theirs:
            known.setdefault(item.origin, {}).setdefault(item.seed, []).append(other)
    pairs = (
        (one, other)
        for one, mine in first.streams.items()
        for item in mine
        for names in _sharing(item.seed, known.get(item.origin, {}))
        for other in names
    )
    return tuple(dict.fromkeys(pairs))


def refuse_shared_streams(first: Drawn, second: Drawn) -> None:
    """Refuse to put two fusions together that were drawn with the same random numbers.

    Raises
    ------
    InputError
        Naming the variables.
    """
    shared = shared_streams(first, second)
    if shared:
        raise _shared_numbers(*shared[0])


def refuse_mixed_streams(variables: Iterable[tuple[str, Sequence[Stream]]]) -> None:
    """Refuse variables in one set that different fusions drew with the same random numbers.

    Parameters
    ----------
    variables
        Name and streams of each. Those of one fusion share a stream where it names them all.

    Raises
    ------
    InputError
        Naming the variables.
    """
    known: dict[str, dict[int | None, tuple[str, tuple[str, ...]]]] = {}
    decided: set[tuple[str, str, int | None]] = set()
    for name, own in variables:
        for item in own:
            of_origin = known.setdefault(item.origin, {})
            for other, names in _sharing(item.seed, of_origin):
                if item.names != names:
                    raise _shared_numbers(other, name)
            of_origin.setdefault(item.seed, (name, item.names))
            if name in item.names:
                key = (name, item.origin, item.seed)
                if key in decided:
                    raise _shared_numbers(name, name)
                decided.add(key)


def _sharing(seed: int | None, known: Mapping[int | None, T]) -> list[T]:
    """Return what belongs to the same seed, or may where one of the two seeds is not known."""
    if seed is None:
        return list(known.values())
    return [known[item] for item in (seed, None) if item in known]


def _shared_numbers(first: str, second: str) -> InputError:
    what = f"'{first}'" if first == second else f"'{first}' and '{second}'"
    return InputError(
        f"{what} of the two fusions were drawn with the same random numbers, so they cannot be "
        "analyzed together",
        fix="Fuse one of them again with another seed",
    )


def common_seed(streams: Mapping[str, Sequence[Stream]]) -> int | None:
    """Return the one seed of all variables; ``None`` where there is none, or several."""
    seeds = {item.seed for own in streams.values() for item in own}
    return next(iter(seeds)) if len(seeds) == 1 else None


def cell_uniforms(
    numbers: Stream, step: int, start: int, stop: int, implicates: range
) -> NDArray[np.float64]:
    """Return the uniform numbers that decide the draws of one step.

    Parameters
    ----------
    numbers
        The step's stream.
    step
        Its position in the chain, which names the numbers of models of earlier versions.
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
    if numbers.seed is None:
        raise ValueError("draws need a seed")
    entropy, key = numbers.seed, [int(Purpose.DRAWS), step]
    if not numbers.is_positional:
        # One number for seed and name, found once: what follows is done for every chunk.
        entropy, key = _number(f"{int(Purpose.DRAWS)} {numbers.seed} {numbers.origin}"), []
    result = np.empty((stop - start, len(implicates), DRAWS_PER_CELL))
    for first in range(start, stop, CHUNK_ROWS):
        rows = min(CHUNK_ROWS, stop - first)
        for place, implicate in enumerate(implicates):
            words = np.random.SeedSequence(
                entropy, spawn_key=(*key, implicate, first // CHUNK_ROWS)
            )
            result[first - start : first - start + rows, place] = np.random.default_rng(
                words
            ).random((rows, DRAWS_PER_CELL))
    return result


def _number(text: str) -> int:
    """Return a number of 128 bits for a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
