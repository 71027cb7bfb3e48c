"""What an allocation has to meet: households, their characteristics, and published counts.

Counts of several nested levels speak of the same quantities: a tract's count is the sum of those of
its block groups. Seen from the finest areas they are one Gaussian observation per characteristic, with
the generalized-least-squares mean and covariance of all levels together. So a problem has as many
unknowns as characteristics × finest areas, whatever the number of levels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.downscaling.solving.published import Z90, PublishedCounts
from fusion_core.errors import InputError
from fusion_core.records import Checked

TOTAL_TIGHTNESS: Final = 0.1
"""Standard error of the whole PUMA's count, as a share of what independent areas would add up to.

Published totals of a PUMA are far better known than the sum of its block groups, whose margins are
bounded from below; a tenth is what the literature's software assumes."""
_UNKNOWN: Final = 1e3
"""Standard error of an unpublished count in units of the characteristic's total over all households."""


@dataclass(frozen=True)
class Level(Checked):
    """Published counts of one level of areas, and which finest areas each of them consists of.

    Attributes
    ----------
    published
        The counts, columns in the order of the problem's characteristics.
    members
        Position of the area each finest area lies in, −1 in none, shape (finest areas,).
    """

    published: PublishedCounts
    members: NDArray[np.int64]


@dataclass(frozen=True)
class AllocationProblem(Checked):
    """Households of one PUMA to be allocated to its areas; made by `allocation_problem`.

    Attributes
    ----------
    names
        Characteristics, one per constraint.
    areas
        Codes of the finest areas.
    characteristics
        How many a household counts for, shape (households, names): 1 and 0, or numbers of persons.
    weights
        Weights of the households; allocated weights add up to their sum.
    levels
        Published counts, coarsest first; the last one is of the finest areas.
    expected
        What all levels together say of the finest areas, shape (areas, names).
    covariance
        Of these, one matrix per characteristic, shape (names, areas, areas).
    notes
        What a user should know, in sentences.
    """

    names: tuple[str, ...]
    areas: tuple[str, ...]
    characteristics: NDArray[np.float64]
    weights: NDArray[np.float64]
    levels: tuple[Level, ...]
    expected: NDArray[np.float64]
    covariance: NDArray[np.float64]
    notes: tuple[str, ...] = ()

    @property
    def finest(self) -> PublishedCounts:
        """The published counts of the finest areas."""
        return self.levels[-1].published

    def without(self, names: Sequence[str]) -> AllocationProblem:
        """Return the same problem with some constraints left out."""
        out = set(names)
        kept = tuple(name for name in self.names if name not in out)
        columns = [position for position, name in enumerate(self.names) if name not in out]
        levels = tuple(Level(one.published.select(kept), one.members) for one in self.levels)
        return AllocationProblem(
            kept,
            self.areas,
            self.characteristics[:, columns],
            self.weights,
            levels,
            self.expected[:, columns],
            self.covariance[columns],
            self.notes,
        )


def allocation_problem(
    characteristics: pd.DataFrame,
    weights: NDArray[np.float64],
    tables: Sequence[PublishedCounts],
    *,
    within: Mapping[str, Mapping[str, str]] | None = None,
    total: bool = True,
) -> AllocationProblem:
    """Put together the allocation of one PUMA's households to its areas.

    Parameters
    ----------
    characteristics
        One row per household, one column per constraint.
    weights
        Weights of the households, all positive.
    tables
        Published counts of nested levels, coarsest first, all of areas in this PUMA.
    within
        For coarser tables by their position as text, the area each finest area lies in; without it
        the code of a coarser area is the beginning of the codes of its parts, as with the Census Bureau.
    total
        Whether the sum of the finest areas is a level of its own (see `TOTAL_TIGHTNESS`).

    Raises
    ------
    InputError
        If there is no table, a constraint has no column, weights are not positive, or a coarser area
        has no part.
    """
    names = _names(characteristics, tables)
    x = characteristics.loc[:, list(names)].to_numpy(float)
    _check_households(x, weights, names)
    finest = tables[-1]
    names, x, notes = _meetable(names, x, finest)
    levels = [
        Level(table.select(names), _members(table, finest.areas, (within or {}).get(str(place))))
        for place, table in enumerate(tables)
    ]
    if total:
        levels.insert(0, _sum_of(levels[-1]))
    scale = np.maximum((x * weights[:, None]).sum(axis=0), 1.0)
    expected, covariance = _combined(levels, scale)
    return AllocationProblem(
        names, finest.areas, x, weights, tuple(levels), expected, covariance, notes
    )


def _names(characteristics: pd.DataFrame, tables: Sequence[PublishedCounts]) -> tuple[str, ...]:
    if not tables:
        raise InputError("No published counts are given", fix="Give at least one table")
    names = tuple(dict.fromkeys(name for table in tables for name in table.names))
    for name in names:
        if name not in characteristics.columns:
            raise InputError.unknown("characteristic", name, map(str, characteristics.columns))
    return names


def _check_households(
    x: NDArray[np.float64], weights: NDArray[np.float64], names: tuple[str, ...]
) -> None:
    if len(weights) != len(x) or not len(x):
        raise InputError(
            f"There are {len(weights):,} weights for {len(x):,} households",
            fix="Give one weight per household",
        )
    if not (np.isfinite(weights) & (weights > 0)).all():
        raise InputError(
            "A household weight is missing or not positive", fix="Leave such households out"
        )
    wrong = ~(np.isfinite(x) & (x >= 0)).all(axis=0)
    if wrong.any():
        raise InputError(
            f"The characteristic '{names[int(np.argmax(wrong))]}' is missing or negative for some "
            "households",
            fix="Give every household 0 or more",
        )


def _meetable(
    names: tuple[str, ...], x: NDArray[np.float64], finest: PublishedCounts
) -> tuple[tuple[str, ...], NDArray[np.float64], tuple[str, ...]]:
    """Leave out constraints no household here counts for, and say so where people are published."""
    met = np.flatnonzero((x > 0).any(axis=0))
    if not len(met):
        raise InputError(
            "No household meets any of the constraints",
            fix="Check the definitions of the constraints",
        )
    counts = np.nansum(finest.select(names).counts, axis=0)
    unmet = np.setdiff1d(np.arange(len(names)), met)
    notes = tuple(
        f"No household counts for '{names[place]}', of which {counts[place]:,.0f} are published; it "
        "was left out."
        for place in unmet
        if counts[place] > 0
    )
    return tuple(names[place] for place in met), np.ascontiguousarray(x[:, met]), notes


def _members(
    table: PublishedCounts, finest: tuple[str, ...], within: Mapping[str, str] | None
) -> NDArray[np.int64]:
    place = {area: position for position, area in enumerate(table.areas)}
    if table.areas == finest:
        return np.arange(len(finest), dtype=np.int64)
    if within is None:
        lengths = sorted({len(area) for area in table.areas}, reverse=True)
        found = [
            next((place[area[:cut]] for cut in lengths if area[:cut] in place), -1)
            for area in finest
        ]
    else:
        found = [place.get(within.get(area, ""), -1) for area in finest]
    members = np.array(found, dtype=np.int64)
    empty = np.setdiff1d(np.arange(len(table.areas)), members)
    if len(empty):
        raise InputError(
            f"Area {table.areas[int(empty[0])]} has no part among the finest areas",
            where=f"finest areas such as {finest[0]}",
            fix="Give both tables for the same places and the same census",
        )
    return members


def _sum_of(level: Level) -> Level:
    counts = np.nansum(level.published.counts, axis=0)[None]
    errors = TOTAL_TIGHTNESS * np.sqrt(np.nansum(level.published.errors**2, axis=0))[None]
    known = ~np.isnan(level.published.counts).any(axis=0, keepdims=True)
    total = PublishedCounts(
        ("all",),
        level.published.names,
        np.where(known, counts, np.nan),
        np.where(known, errors, np.nan),
    )
    return Level(total, np.zeros(len(level.members), dtype=np.int64))


def _combined(
    levels: Sequence[Level], scale: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the generalized-least-squares mean and covariance of the finest areas."""
    count, areas = len(scale), len(levels[-1].members)
    precision = np.zeros((count, areas, areas))
    diagonal = np.arange(areas)
    precision[:, diagonal, diagonal] += ((_UNKNOWN * scale) ** -2.0)[:, None]
    for level in levels:
        own = _precisions(level.published)
        for place in range(len(own)):
            rows = np.flatnonzero(level.members == place)
            precision[:, rows[:, None], rows] += own[place][:, None, None]
    covariance = np.asarray(np.linalg.inv(precision), dtype=np.float64)
    expected = weighted_means(levels, covariance, [level.published.counts for level in levels])
    return expected, covariance


def weighted_means(
    levels: Sequence[Level],
    covariance: NDArray[np.float64],
    values: Sequence[NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Combine values of all levels into values of the finest areas, by their precisions.

    Parameters
    ----------
    levels
        The levels.
    covariance
        As in `AllocationProblem`.
    values
        One array per level, shape (areas of the level, names).

    Returns
    -------
    ndarray
        Shape (finest areas, names).
    """
    total = np.zeros((covariance.shape[1], covariance.shape[0]))
    for level, given in zip(levels, values, strict=True):
        part = _precisions(level.published) * np.nan_to_num(given)
        inside = level.members >= 0
        total[inside] += part[level.members[inside]]
    return np.asarray(np.matmul(covariance, total.T[:, :, None])[:, :, 0].T)


def _precisions(published: PublishedCounts) -> NDArray[np.float64]:
    known = ~np.isnan(published.counts)
    return np.where(known, 1.0 / np.where(known, published.errors, 1.0) ** 2, 0.0)


__all__ = ["TOTAL_TIGHTNESS", "Z90", "AllocationProblem", "Level", "allocation_problem"]
