"""Which areas of one kind overlap which of another, by how many people or homes.

A `Crosswalk` lists the pieces two kinds of areas cut each other into. Crosswalks are turned around,
coarsened (block groups make tracts, counties and states) and put one behind the other until they
lead from the areas of a table to PUMAs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.geography.levels import LEVELS, Unit, coarsened

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOURCE: Final = "source"
TARGET: Final = "target"
COUNT: Final = "count"
MEASURES: Final = ("population", "housing")
"""What a piece can be weighed by: persons, or housing units (also households)."""


@dataclass(frozen=True)
class Crosswalk:
    """The pieces two kinds of areas cut each other into.

    Attributes
    ----------
    source, target
        The two kinds of areas.
    pieces
        `source` and `target` codes, one row per piece, and at least one column of weights:
        `population`, `housing`, or, where the file has neither, `count`, 1 for each piece.
    title
        Where it comes from, for messages.
    """

    source: Unit
    target: Unit
    pieces: pd.DataFrame
    title: str = ""

    @property
    def measures(self) -> tuple[str, ...]:
        """The weights it has."""
        return tuple(name for name in (*MEASURES, COUNT) if name in self.pieces.columns)

    @property
    def turned(self) -> Crosswalk:
        """The same pieces, from target to source."""
        pieces = self.pieces.rename(columns={SOURCE: TARGET, TARGET: SOURCE})
        return Crosswalk(self.target, self.source, pieces, self.title)


def normalized(weight: NDArray[np.float64], groups: pd.Series[str]) -> NDArray[np.float64]:
    """Divide weights by the sum of their group.

    Parameters
    ----------
    weight
        Weights that are not negative, shape (pieces,).
    groups
        Group of each piece. Pieces of a group without any weight get 0.
    """
    weights = pd.Series(weight, index=groups.index)
    sums = weights.groupby(groups).transform("sum").to_numpy(float)
    shares: NDArray[np.float64] = np.divide(weight, sums, out=np.zeros(len(weight)), where=sums > 0)
    return shares


def find_path(
    start: Unit, crosswalks: Sequence[Crosswalk], *, census: Sequence[str] = ()
) -> Crosswalk | None:
    """Lead from areas to PUMAs by as few crosswalks as possible.

    Parameters
    ----------
    start
        The areas to lead from.
    crosswalks
        What there is, in any order and direction.
    census
        Censuses whose PUMAs are wanted, the most wanted first; any if empty.

    Returns
    -------
    Crosswalk or None
        From `start` to PUMAs; ``None`` if no way was found.
    """
    for wanted in census or ("",):
        for steps in range(1, len(crosswalks) + 1):
            for chosen in permutations(crosswalks, steps):
                for found in _paths(start, chosen):
                    if found.target.agrees(Unit("puma", wanted)):
                        return found
    return None


def _paths(start: Unit, crosswalks: Sequence[Crosswalk]) -> Iterator[Crosswalk]:
    """Yield every way to PUMAs that goes through all these crosswalks in their order."""
    first, *others = crosswalks
    for step in _from(start, first):
        if not others:
            if step.target.level == "puma":
                yield step
            continue
        for rest in _paths(step.target, others):
            yield _joined(step, rest)


def _from(unit: Unit, crosswalk: Crosswalk) -> Iterator[Crosswalk]:
    """Yield the crosswalk so that it begins with these areas, as it is or turned around."""
    for way in (crosswalk, crosswalk.turned):
        if way.source.level == unit.level and way.source.agrees(unit):
            yield replace(way, source=unit)
    for way in (crosswalk, crosswalk.turned):
        if unit.contains(way.source) and way.target.level != unit.level:
            pieces = way.pieces.assign(source=coarsened(way.pieces[SOURCE], unit.level))
            yield replace(way, source=unit, pieces=_summed(pieces))


def _joined(first: Crosswalk, second: Crosswalk) -> Crosswalk:
    """Put two crosswalks one behind the other: each piece of the first is parted by the second."""
    measure = second.measures[0]
    parts = second.pieces.assign(
        share=normalized(second.pieces[measure].to_numpy(float), second.pieces[SOURCE])
    )
    if first.measures == (COUNT,) and measure != COUNT:
        return _weighed_by(first, second)
    met = first.pieces.merge(
        parts[[SOURCE, TARGET, "share"]].rename(columns={SOURCE: TARGET, TARGET: "beyond"}),
        on=TARGET,
    )
    for name in first.measures:
        met[name] = met[name] * met["share"]
    pieces = met[[SOURCE, "beyond", *first.measures]].rename(columns={"beyond": TARGET})
    return Crosswalk(first.source, second.target, _summed(pieces), _titles(first, second))


def _weighed_by(first: Crosswalk, second: Crosswalk) -> Crosswalk:
    """Join where only the second has weights: its pieces are shared among those that lead there."""
    share = normalized(first.pieces[COUNT].to_numpy(float), first.pieces[TARGET])
    met = first.pieces[[SOURCE, TARGET]].assign(share=share)
    met = met.merge(second.pieces.rename(columns={SOURCE: TARGET, TARGET: "beyond"}), on=TARGET)
    for name in second.measures:
        met[name] = met[name] * met["share"]
    pieces = met[[SOURCE, "beyond", *second.measures]].rename(columns={"beyond": TARGET})
    return Crosswalk(first.source, second.target, _summed(pieces), _titles(first, second))


def _titles(first: Crosswalk, second: Crosswalk) -> str:
    return ", ".join(dict.fromkeys(part for part in (first.title, second.title) if part))


def _summed(pieces: pd.DataFrame) -> pd.DataFrame:
    return pieces.groupby([SOURCE, TARGET], as_index=False, sort=True).sum()


def puma_shares(
    crosswalk: Crosswalk, kind: str, unions: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return which part of every PUMA lies in each area, as `location.write_intersections` wants it.

    Parameters
    ----------
    crosswalk
        From the areas to PUMAs.
    kind
        Name of the column of areas.
    unions
        Larger areas of one's own, by the code of an area; those it does not name are left out.

    Returns
    -------
    DataFrame
        ``puma``, the column `kind`, and ``share``, by the best weight the crosswalk has.
    """
    weight = crosswalk.pieces[crosswalk.measures[0]].to_numpy(float)
    pieces = crosswalk.pieces[[SOURCE, TARGET]].assign(
        share=normalized(weight, crosswalk.pieces[TARGET])
    )
    if unions is not None:
        pieces = pieces.assign(**{SOURCE: pieces[SOURCE].map(unions)}).dropna(subset=[SOURCE])
    found: pd.DataFrame = _summed(pieces)
    found = found[found["share"] > 0].assign(share=found["share"].clip(upper=1.0))
    return found.rename(columns={SOURCE: kind, TARGET: "puma"}).reset_index(drop=True)


def require_measure(crosswalk: Crosswalk, measure: str) -> str:
    """Return the column of weights to use; empty asks for the best there is.

    Raises
    ------
    InputError
        If the crosswalk lacks it.
    """
    if not measure:
        return crosswalk.measures[0]
    if measure not in crosswalk.measures:
        raise InputError(
            f"The crosswalk from {LEVELS[crosswalk.source.level].words[1]} to PUMAs has no {measure} "
            f"to weigh by",
            where=crosswalk.title,
            fix=f"Weigh by {' or '.join(crosswalk.measures)}, or give a crosswalk with {measure}",
        )
    return measure


__all__ = [
    "COUNT",
    "MEASURES",
    "Crosswalk",
    "find_path",
    "normalized",
    "puma_shares",
    "require_measure",
]
