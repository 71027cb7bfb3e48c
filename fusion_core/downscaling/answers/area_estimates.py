"""Estimates for tracts, block groups and places made of them, with every part of their error."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fusion_core.downscaling.answers._question import Question, asked_of
from fusion_core.downscaling.answers.reliability import Limit
from fusion_core.downscaling.answers.small_areas import Places, places_of_level
from fusion_core.estimates.runs import EstimateCache
from fusion_core.estimates.statistics import Statistic
from fusion_core.geography.levels import LEVELS
from fusion_core.geography.merging import (
    borders_by_code,
    borders_of_groups,
    merge_until_reliable,
)

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.downscaling.stage import StoredAllocation
    from fusion_core.estimates.runs import Source
    from fusion_core.geography.merging import Borders, Groups
    from fusion_core.workspace.layout import Workspace


def small_area_estimates(
    workspace: Workspace,
    source: Source,
    allocation: StoredAllocation,
    statistic: Statistic | Sequence[Statistic],
    *,
    places: Places | str = "block_group",
    where: str = "",
    confidence: float = 0.90,
    reliable: float | None = None,
    relative: bool = True,
    borders: Borders | None = None,
    cache: EstimateCache | None = None,
) -> pd.DataFrame:
    """Estimate statistics for small areas.

    The variance is the sum of three parts. *Allocation*: the mean squared error of the draws, each
    compared with the possible truth it would have estimated: published counts, microdata and what no
    constraint shows are drawn anew. *Fusion*: b ÷ M for the implicates, and b times effective ÷
    represented households for the residents' own deviation from what is expected of them. *Donor*: the
    donor's part in the error of the PUMA.

    Parameters
    ----------
    workspace
        The project.
    source
        A finished run, several together, or the survey alone.
    allocation
        Of the households of the same survey.
    statistic
        One or more statistics.
    places
        ``block_group``, ``tract`` or ``county``, or places made of the finest areas.
    where
        Condition on households.
    confidence
        Of the margin of error.
    reliable
        Largest coefficient of variation wanted: neighbours of a county are merged until the first
        statistic reaches it (`fusion_core.geography.merging`); ``None`` merges none.
    relative
        Whether `reliable` is a coefficient of variation; else it is a margin of error, in the units of
        the statistic.
    borders
        Neighbours of the finest areas (`fusion_core.geography.merging.borders_of`); without them areas
        of a county stand beside each other in the order of their codes.
    cache
        Keeps data between calls.

    Returns
    -------
    DataFrame
        As `fusion_core.estimates.analyze` with a column ``area``; ``n`` is the number of effective
        households, ``households`` what they stand for. ``attrs["places"]`` are the places, merged
        where that was asked for.

    Raises
    ------
    InputError
        If the allocation is of another survey, or a place has no area in it.
    """
    store = EstimateCache() if cache is None else cache
    statistics = (statistic,) if isinstance(statistic, Statistic) else tuple(statistic)
    wanted = places_of_level(allocation, places) if isinstance(places, str) else places
    question = asked_of(
        workspace,
        source,
        allocation,
        statistics,
        where=where,
        confidence=confidence,
        cache=store,
    )
    found = question.answer(wanted)
    if reliable is None:
        return found
    limit = Limit(reliable, relative)
    return question.answer(_merged(question, wanted, limit, borders))


def _merged(question: Question, places: Places, limit: Limit, borders: Borders | None) -> Places:
    """Merge places with neighbours of their county until the first target is reliable."""
    first = dataclasses.replace(question, targets=question.targets[:1])

    def joined(groups: Groups) -> dict[str, dict[str, float]]:
        merged: dict[str, dict[str, float]] = {name: {} for name in groups}
        for name, parts in groups.items():
            for area, share in (item for part in parts for item in places[part].items()):
                merged[name][area] = merged[name].get(area, 0.0) + share
        return merged

    def estimate(groups: Groups) -> pd.DataFrame:
        return limit.errors(first.answer(joined(groups)))

    county = {name: min(areas)[: LEVELS["county"].digits] for name, areas in places.items()}
    finest = {area for areas in places.values() for area in areas}
    beside = borders_of_groups(places, borders_by_code(finest) if borders is None else borders)
    groups = merge_until_reliable(
        list(places),
        estimate,
        beside,
        limit=limit.value,
        relative=limit.relative,
        within=county,
    )
    return joined(groups)


__all__ = ["small_area_estimates"]
