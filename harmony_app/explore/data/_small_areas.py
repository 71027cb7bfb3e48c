"""Tracts and block groups on the map: what can be shown, and the numbers and outlines of a view."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fusion_core.errors import InputError
from fusion_core.geography.boundaries import has_areas
from fusion_core.geography.levels import find_level
from fusion_core.geography.merging import borders_of
from harmony_app.explore.map import shapes_of
from harmony_app.explore.view import OWN_PLACES, words
from harmony_app.shell.look import count

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd
    import pandas as pd

    from fusion_core.downscaling import Limit, Places, StoredAllocation
    from fusion_core.estimates.places import JointAreas
    from fusion_core.estimates.runs import EstimateCache, Source
    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.layout import Workspace
    from harmony_app.explore.map import AreaShapes
    from harmony_app.explore.view import EstimateRequest

_TRACT_DIGITS: Final = 11
MOST_DRAWN: Final = 4_000
"""Areas the map draws at once without lag."""


def small_kinds(workspace: Workspace, survey: SurveyId) -> tuple[str, ...]:
    """Return which small areas of a survey's households can be mapped, the coarsest first."""
    found = newest_allocation(workspace, survey)
    if found is None:
        return ()
    from fusion_core.downscaling import finest_kind, stored_places

    if not has_areas(workspace, finest_kind(found)):
        return ()
    levels = ("tract",) if finest_kind(found) == "tract" else ("tract", "block_group")
    return (*levels, *(f"{OWN_PLACES}{name}" for name in stored_places(workspace)))


def newest_allocation(workspace: Workspace, survey: SurveyId) -> StoredAllocation | None:
    """Return the allocation of a survey's households that was made last; ``None`` without one."""
    if not (workspace.path / "downscaling").is_dir():
        return None  # and the libraries that allocate are not waited for
    from fusion_core.downscaling import list_allocations

    own = [item for item in list_allocations(workspace) if item.recipient == str(survey)]
    return max(
        own, key=lambda item: (item.folder / "allocation.json").stat().st_mtime, default=None
    )


@dataclasses.dataclass(frozen=True)
class SmallAreas:
    """Estimates of small areas, and how they are drawn.

    Attributes
    ----------
    table
        One row per area, in the order of the outlines (`harmony_app.explore.map.layers.align`).
    shapes
        Their outlines, merged areas as one.
    notes
        What size can be trusted, and what was merged, in sentences.
    method
        How households were allocated, and what margins assume.
    """

    table: pd.DataFrame
    shapes: AreaShapes
    notes: tuple[str, ...]
    method: str


class SmallAreaMaps:
    """Answers questions about small areas of one workspace.

    Parameters
    ----------
    workspace
        The project.
    cache
        Where loaded data are kept.
    """

    def __init__(self, workspace: Workspace, cache: EstimateCache) -> None:
        self._workspace = workspace
        self._cache = cache
        self._drawn: dict[tuple[str, ...], AreaShapes] = {}
        self._borders: dict[str, Any] = {}
        self._merged: dict[EstimateRequest, Places] = {}

    def answer(
        self, source: Source, survey: SurveyId, request: EstimateRequest, pumas: Collection[str]
    ) -> SmallAreas:
        """Estimate the small areas of some PUMAs, merged where that is asked for.

        Parameters
        ----------
        source, survey
            What is estimated from, and whose households were allocated.
        request
            What is asked.
        pumas
            Where; empty for everywhere.

        Raises
        ------
        InputError
            If nothing is allocated there, or more is asked for than a map can draw.
        """
        from fusion_core.downscaling import Limit, finest_kind, finest_shapes, small_area_estimates

        allocation = self._allocation(survey)
        shapes = finest_shapes(self._workspace, allocation)
        if shapes is None:
            raise InputError(
                f"The workspace has no {words.kind_words(finest_kind(allocation))} boundaries",
                fix="Add them on the page Places",
            )
        places = self._places(allocation, request.area_kind, pumas)
        limit = None if request.merge is None else Limit(*request.merge)

        def estimates(merging: Limit | None) -> pd.DataFrame:
            return small_area_estimates(
                self._workspace,
                source,
                allocation,
                request.statistic,
                places=places,
                where=request.where,
                reliable=None if merging is None else merging.value,
                relative=merging is None or merging.relative,
                borders=None if merging is None else self._borders_of(allocation, shapes),
                cache=self._cache,
            )

        plain = estimates(None)
        found = plain if limit is None else estimates(limit)
        made = found.attrs["places"]
        drawn = self._shapes(allocation, shapes, made, request.area_kind)
        notes = _notes(request, plain, found)
        self._merged = {request: made}
        return SmallAreas(_table(found, drawn), drawn, notes, _method(allocation))

    def compared(
        self,
        source: Source,
        survey: SurveyId,
        request: EstimateRequest,
        pumas: Collection[str],
    ) -> JointAreas:
        """Return small areas with their joint error, to be ranked and compared; see `answer`.

        Parameters
        ----------
        source, survey, request, pumas
            As in `answer`.
        """
        from fusion_core.downscaling import compared_areas

        allocation = self._allocation(survey)
        if request.merge is not None and request not in self._merged:
            self.answer(source, survey, request, pumas)
        places = self._merged.get(request)
        found = compared_areas(
            self._workspace,
            source,
            allocation,
            request.statistic,
            places=places or self._places(allocation, request.area_kind, pumas),
            where=request.where,
            cache=self._cache,
        )
        named = found.estimates.rename(columns={"area": request.area_kind})
        return dataclasses.replace(found, estimates=named)

    def _allocation(self, survey: SurveyId) -> StoredAllocation:
        found = newest_allocation(self._workspace, survey)
        if found is None:
            raise InputError(
                f"The households of {survey.title} have not been allocated to small areas",
                fix="Allocate them with harmony small-areas allocate",
            )
        return found

    def _places(self, allocation: StoredAllocation, kind: str, pumas: Collection[str]) -> Places:
        if not kind.startswith(OWN_PLACES):
            return _places(allocation, kind, pumas)
        from fusion_core.downscaling import open_places

        return open_places(self._workspace, kind.removeprefix(OWN_PLACES))

    def _borders_of(self, allocation: StoredAllocation, shapes: gpd.GeoDataFrame) -> Any:
        if allocation.name not in self._borders:
            self._borders[allocation.name] = borders_of(shapes)
        return self._borders[allocation.name]

    def _shapes(
        self, allocation: StoredAllocation, finest: gpd.GeoDataFrame, places: Places, kind: str
    ) -> AreaShapes:
        """Return the outlines of places; the same object while these stay, so nothing is sent again."""
        from fusion_core.downscaling import place_shapes

        key = (allocation.name, kind, *(f"{name}:{len(parts)}" for name, parts in places.items()))
        if key not in self._drawn:
            names = dict(zip(finest["area_id"], finest["name"], strict=True))
            outlines = place_shapes(finest, places)
            own = kind.startswith(OWN_PLACES)
            outlines["name"] = [
                place if own else _title(place, places[place], names) for place in places
            ]
            self._drawn = {key: shapes_of(outlines)}
        return self._drawn[key]


def _places(allocation: StoredAllocation, kind: str, pumas: Collection[str]) -> Places:
    from fusion_core.downscaling import places_of_level

    member = allocation.puma_of_areas()
    wanted = {
        name: parts
        for name, parts in places_of_level(allocation, kind).items()
        if not pumas or any(member[area] in pumas for area in parts)
    }
    kinds = find_level(kind).words[1]
    if not wanted:
        raise InputError(
            f"No {words.kind_words(kind)} of this place is allocated",
            fix="Choose another place under “Only in”, or allocate its PUMAs too",
        )
    if len(wanted) > MOST_DRAWN:
        raise InputError(
            f"There are {len(wanted):,} {kinds}, and the map draws up to {MOST_DRAWN:,} at once",
            fix="Choose a place under “Only in”, such as a county",
        )
    return wanted


def _title(place: str, parts: Collection[str], names: dict[str, str]) -> str:
    """Name a place after its first area, as far as all its areas share that name."""
    first = str(names[min(parts)])
    tract = first.partition(", ")[2] or first
    if place == min(parts):
        return first
    if all(area.startswith(place) for area in parts):  # a tract is what its areas begin with
        return tract
    tracts = {area[:_TRACT_DIGITS] for area in parts}
    if len(tracts) == 1:
        return f"{tract} ({count(len(parts), 'block group')})"
    if len(place.partition(" ")[0]) == _TRACT_DIGITS:
        return f"{tract} and {count(len(tracts) - 1, 'neighbour')}"
    return f"{first} and {count(len(parts) - 1, 'neighbour')}"


def _table(found: pd.DataFrame, shapes: AreaShapes) -> pd.DataFrame:
    table = found.reset_index(drop=True).rename(columns={"area": "area_id"})
    named = table.assign(name=shapes.areas["name"].to_numpy(), stored=table["area_id"])
    return named.drop(columns=["level"])


def _notes(
    request: EstimateRequest,
    plain: pd.DataFrame,
    found: pd.DataFrame,
) -> tuple[str, ...]:
    from fusion_core.downscaling import Limit

    own = request.area_kind.startswith(OWN_PLACES)
    kinds = "places" if own else find_level(request.area_kind).words[1]
    limit = Limit(*(request.merge or (0.12, True)))
    needed = limit.size_needed(plain)
    rule = (
        f"a CV of {limit.value * 100:g} %"
        if limit.relative
        else f"a margin of {limit.value * 100:g} points"
    )
    size = f"{plain['households'].median():,.0f}"
    told = f"These {kinds} have {size} households (median)"
    if np.isfinite(needed):
        told += f"; for {rule} an area needs about {_rounded(needed):,.0f}"
    sentences = [f"{told}."]
    if request.merge is not None:
        sentences.append(
            f"{len(plain):,} {kinds} were merged with neighbours to {len(found):,} areas."
        )
        left = _still_unsure(found, limit)
        if left:
            told = "has" if left == 1 else "have"
            sentences.append(
                f"{left:,} of them {told} no neighbour left in the county to merge with."
            )
    sentences.append("Margins are too small where people sort by the outcome itself: see Method.")
    return (" ".join(sentences),)


def _still_unsure(found: pd.DataFrame, limit: Limit) -> int:
    """Count areas that are too unsure although they were merged as far as their county goes."""
    errors = limit.errors(found)
    size = errors["error"] / errors["estimate"].abs() if limit.relative else errors["error"]
    return int((size > limit.value).sum())


def _method(allocation: StoredAllocation) -> str:
    """Say how households were allocated, and what margins assume."""
    return (
        f"Households were allocated by published counts ('{allocation.name}'); "
        f"{allocation.inside * 100:.1f} % of these are met within their margins. Margins assume that areas "
        "differ in what no table shows as much as tables held out do "
        f"({allocation.effects.unseen * 100:.1f} % of the variance between households); where people sort "
        "by an outcome more than that, they are too small."
    )


def _rounded(number: float) -> float:
    """Round to two digits."""
    return float(f"{number:.2g}")


__all__ = ["MOST_DRAWN", "SmallAreaMaps", "SmallAreas", "newest_allocation", "small_kinds"]
