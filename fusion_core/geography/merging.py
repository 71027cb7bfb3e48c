"""Merge neighbouring areas until what is estimated of them is sure enough.

A tract or block group is often too small for an estimate of its own. Its neighbours – areas that share a
border, those of the same tract or county first – are joined to it until the coefficient of variation, or
the margin of error, is below a limit (the idea of Spielman & Folch 2015, *Reducing Uncertainty in the
American Community Survey through Data-Driven Regionalization*, PLoS ONE 10(2)). Nothing is merged because
its estimates are alike: that would choose by chance.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import shapely

from fusion_core.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

Borders: TypeAlias = Mapping[str, Collection[str]]
"""The neighbours of each area."""
Groups: TypeAlias = Mapping[str, tuple[str, ...]]
"""The areas of each group, ascending, by the name of the group."""
_GAPE: Final = 0.01
"""Half the widest gap between neighbours, as a share of the length of an area: public boundaries are
often simplified polygon by polygon."""
_CORNER: Final = 2.0
"""Shared borders of less than this many gaps are corners."""
_COUNTY: Final = 5
_ROUNDS: Final = 12
_NOBODY: Final = 1e-9
"""Households that weigh nothing beside any."""


def borders_of(areas: gpd.GeoDataFrame) -> dict[str, tuple[str, ...]]:
    """Return the areas each area shares a border with, more than a corner.

    An island borders the area nearest to it.

    Parameters
    ----------
    areas
        `area_id` and polygons in metres; neighbours may gape or overlap a little.
    """
    names = areas["area_id"].astype(str).to_numpy()
    shapes = areas.geometry.to_numpy()
    gap = _GAPE * np.sqrt(shapely.area(shapes))
    grown = shapely.buffer(shapes, gap, quad_segs=2)
    one, other = shapely.STRtree(grown).query(grown, predicate="intersects")
    one, other = one[one < other], other[one < other]
    reach = gap[one] + gap[other]
    common = shapely.area(shapely.intersection(grown[one], grown[other]))
    shared = common > _CORNER * reach**2
    found: dict[str, set[str]] = {str(name): set() for name in names}
    for left, right in zip(names[one[shared]], names[other[shared]], strict=True):
        found[str(left)].add(str(right))
        found[str(right)].add(str(left))
    for place in np.flatnonzero([not found[str(name)] for name in names]):
        if len(names) > 1:
            away = shapely.distance(shapes[place], shapes)
            away[place] = np.inf
            nearest, island = str(names[int(np.argmin(away))]), str(names[place])
            found[nearest].add(island)
            found[island].add(nearest)
    return {name: tuple(sorted(others)) for name, others in found.items()}


def borders_by_code(areas: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return each area's next ones of the same county by code, where no boundaries are at hand."""
    found: dict[str, list[str]] = {area: [] for area in sorted(areas)}
    for one, other in itertools.pairwise(sorted(areas)):
        if one[:_COUNTY] == other[:_COUNTY]:
            found[one].append(other)
            found[other].append(one)
    return {area: tuple(others) for area, others in found.items()}


def borders_of_groups(groups: Mapping[str, Collection[str]], borders: Borders) -> Borders:
    """Return which groups border each other: those of which some areas do, or that share one.

    Parameters
    ----------
    groups
        The areas of each group.
    borders
        Of the areas.
    """
    member: dict[str, set[str]] = {}
    for name, areas in groups.items():
        for area in areas:
            member.setdefault(area, set()).add(name)
    found = {}
    for name, areas in groups.items():
        near = {area for one in areas for area in (one, *borders.get(one, ()))}
        beside = set().union(*(member.get(area, set()) for area in near)) - {name}
        found[name] = tuple(sorted(beside))
    return found


def merge_neighbours(
    estimates: pd.DataFrame,
    borders: Borders,
    *,
    limit: float,
    relative: bool = True,
    within: Mapping[str, str] | None = None,
) -> dict[str, tuple[str, ...]]:
    """Merge areas until each group is sure enough, as far as errors of areas are independent.

    Errors of neighbours often have a part in common; `merge_until_reliable` estimates groups anew and
    merges on.

    Parameters
    ----------
    estimates
        One row per area: ``area``, ``estimate``, ``error`` – its standard error or its margin of
        error – and ``size``, the households it stands for.
    borders
        The neighbours of each area.
    limit
        Largest error wanted: as a share of the estimate, a coefficient of variation where errors are
        standard errors, or in the units of the estimate.
    relative
        Whether the limit is a share of the estimate.
    within
        What an area must not leave, such as its county; ``None`` sets no bounds.

    Returns
    -------
    dict
        The areas of each group. A group is named by its first area, and how many more there are.

    Raises
    ------
    InputError
        If the limit is not positive, or an area has two rows.
    """
    if not limit > 0:
        raise InputError(f"The limit must be above 0; got {limit}", fix="Such as 0.12")
    if estimates["area"].duplicated().any():
        twice = estimates["area"][estimates["area"].duplicated()].iloc[0]
        raise InputError(f"Area {twice} has more than one estimate", fix="Merge by one statistic")
    work = _Merging(estimates, borders, within or {}, limit if relative else -limit)
    work.run()
    return dict(sorted((_named(group), tuple(sorted(group))) for group in work.members.values()))


def merge_until_reliable(
    areas: Collection[str],
    estimate: Callable[[Groups], pd.DataFrame],
    borders: Borders,
    *,
    limit: float,
    relative: bool = True,
    within: Mapping[str, str] | None = None,
) -> dict[str, tuple[str, ...]]:
    """Merge areas and estimate the groups, until every group is sure enough or has no neighbour.

    Parameters
    ----------
    areas
        The areas.
    estimate
        Estimates groups: a row each, in their order, as `merge_neighbours` wants them; ``area`` is the
        name of the group.
    borders, limit, relative, within
        As in `merge_neighbours`.

    Returns
    -------
    dict
        As `merge_neighbours`.
    """
    groups: dict[str, tuple[str, ...]] = {area: (area,) for area in sorted(areas)}
    for _ in range(_ROUNDS):
        bounds = {name: (within or {}).get(parts[0], "") for name, parts in groups.items()}
        found = merge_neighbours(
            estimate(groups),
            borders_of_groups(groups, borders),
            limit=limit,
            relative=relative,
            within=bounds,
        )
        if len(found) == len(groups):
            break
        merged = [[area for part in parts for area in groups[part]] for parts in found.values()]
        groups = dict(sorted((_named(parts), tuple(sorted(parts))) for parts in merged))
    return groups


class _Merging:
    """Groups of areas on their way, the least sure one next."""

    def __init__(
        self, estimates: pd.DataFrame, borders: Borders, within: Mapping[str, str], limit: float
    ) -> None:
        names = estimates["area"].astype(str).tolist()
        known = set(names)
        self.limit = limit
        self.members: dict[int, tuple[str, ...]] = {
            place: (name,) for place, name in enumerate(names)
        }
        values = estimates[["estimate", "error", "size"]].to_numpy(float)
        self.known = np.isfinite(values).all(axis=1)
        # An area without an estimate takes that of the areas it is joined to.
        estimate, error, size = np.where(self.known[:, None], values, (0.0, 0.0, _NOBODY)).T
        self.size = np.maximum(size, _NOBODY)
        self.sums, self.squares = estimate * self.size, (error * self.size) ** 2
        place = {name: number for number, name in enumerate(names)}
        self.near = {
            place[name]: {
                place[other]
                for other in borders.get(name, ())
                if other in known and within.get(other, "") == within.get(name, "")
            }
            for name in names
        }
        self.prefix = dict(enumerate(names))

    def run(self) -> None:
        """Merge until no unsure group has a neighbour."""
        waiting = [(-self._excess(group), group) for group in self.members]
        heapq.heapify(waiting)
        while waiting:
            told, group = heapq.heappop(waiting)
            if group not in self.members or -told != self._excess(group):
                continue
            if -told <= 1.0 or not self.near[group]:
                continue
            other = min(self.near[group], key=lambda one: self._order(group, one))
            self._join(group, other)
            heapq.heappush(waiting, (-self._excess(group), group))

    def _excess(self, group: int) -> float:
        """Return the error in units of the limit; unknown ones are larger than any."""
        wanted = -self.limit * self.size[group]
        if self.limit > 0:
            wanted = self.limit * abs(self.sums[group])
        if not self.known[group] or wanted <= 0:
            return np.inf
        return float(np.sqrt(self.squares[group]) / wanted)

    def _order(self, group: int, other: int) -> tuple[int, bool, float, str]:
        """Say which neighbour comes first: of the same tract or county, unsure itself, and small."""
        kin = len(_common(self.prefix[group], self.prefix[other]))
        return -kin, self._excess(other) <= 1.0, float(self.size[other]), self.members[other][0]

    def _join(self, group: int, other: int) -> None:
        self.members[group] = (*self.members[group], *self.members.pop(other))
        self.prefix[group] = _common(self.prefix[group], self.prefix.pop(other))
        for sums in (self.size, self.sums, self.squares, self.known):
            sums[group] += sums[other]
        for beside in self.near.pop(other):
            self.near[beside].discard(other)
            if beside != group:
                self.near[beside].add(group)
                self.near[group].add(beside)


def _common(one: str, other: str) -> str:
    """Return what two codes begin with: that of a tract, a county or a state."""
    alike = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(letter for letter, _ in alike)


def _named(areas: Sequence[str]) -> str:
    first, more = min(areas), len(areas) - 1
    return f"{first} +{more}" if more else first


__all__ = [
    "Borders",
    "Groups",
    "borders_by_code",
    "borders_of",
    "borders_of_groups",
    "merge_neighbours",
    "merge_until_reliable",
]
