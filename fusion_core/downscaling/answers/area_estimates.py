"""Estimates for tracts, block groups and places made of them, with every part of their error."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.downscaling.answers.reliability import Limit
from fusion_core.downscaling.answers.small_areas import Places, places_of_level
from fusion_core.downscaling.stage import PumaAllocation, StoredAllocation
from fusion_core.errors import InputError
from fusion_core.estimates.margins import ResultBlock, result_frame
from fusion_core.estimates.runs import (
    EstimateCache,
    EstimateData,
    area_estimates,
    recipient_of,
)
from fusion_core.estimates.statistics import NamedTarget, RatioTarget, Statistic, TotalTarget
from fusion_core.estimates.variance import Pooled
from fusion_core.geography.levels import LEVELS
from fusion_core.geography.merging import (
    borders_by_code,
    borders_of_groups,
    merge_until_reliable,
)
from fusion_core.records import Checked
from fusion_core.surveys.model import HOUSEHOLD_KEY, SurveyId

if TYPE_CHECKING:
    from fusion_core.estimates.runs import Source
    from fusion_core.geography.merging import Borders, Groups
    from fusion_core.workspace.layout import Workspace

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Part(Checked):
    """One PUMA's share in some places: its households, and how finest areas make up the places."""

    allocation: PumaAllocation
    rows: NDArray[np.intp]
    kept: NDArray[np.bool_]
    shares: NDArray[np.float64]

    def weights(self, draw: int) -> Floats:
        """Return weights of households × places."""
        return np.asarray(self.allocation.weights(draw) @ self.shares) * self.kept[:, None]

    def truth(self, draw: int) -> Floats:
        """Return the same of the possible truth that a draw would have estimated."""
        return np.asarray(self.allocation.truth(draw) @ self.shares) * self.kept[:, None]


@dataclass(frozen=True)
class _Spread(Checked):
    """How the weights of some places are spread.

    Attributes
    ----------
    households
        Sum of the weights of each place, within the filter.
    effective
        Households these are worth (Kish 1965).
    pumas
        Share of each PUMA in each place, shape (places, pumas).
    """

    households: NDArray[np.float64]
    effective: NDArray[np.float64]
    pumas: NDArray[np.float64]


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
    if str(recipient_of(workspace, source)) != allocation.recipient:
        raise InputError(
            f"The allocation '{allocation.name}' is of {allocation.recipient}, the estimates are of "
            f"{recipient_of(workspace, source)}",
            fix="Allocate the households of the same survey",
        )
    statistics = (statistic,) if isinstance(statistic, Statistic) else tuple(statistic)
    wanted = places_of_level(allocation, places) if isinstance(places, str) else places
    loaded = store.source(workspace, source)
    targets = loaded.targets(statistics, where)
    donor = _donor_errors(workspace, source, statistics, where, store)
    question = _Question(
        loaded, allocation, tuple(targets), donor, loaded.subgroup(where).rows, confidence
    )
    found = question.answer(wanted)
    if reliable is None:
        return found
    limit = Limit(reliable, relative)
    return question.answer(_merged(question, wanted, limit, borders))


def _merged(question: _Question, places: Places, limit: Limit, borders: Borders | None) -> Places:
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


@dataclass(frozen=True)
class _Question:
    """What is asked of some households, to be answered for any places."""

    loaded: EstimateData
    allocation: StoredAllocation
    targets: tuple[NamedTarget, ...]
    donor: Mapping[str, Floats]
    kept: NDArray[np.bool_]
    confidence: float

    def answer(self, places: Places) -> pd.DataFrame:
        """Return the estimates, targets one after the other, places in the order given."""
        frames = []
        for pumas, names in _by_pumas(self.allocation, places).items():
            own = [places[name] for name in names]
            parts = [self._part(puma, own) for puma in pumas]
            blocks, spread = _estimated(self.targets, parts, self.donor)
            keys = pd.DataFrame({"area": names})
            frame = result_frame(keys, blocks, confidence=self.confidence)
            frame.insert(1, "households", np.tile(spread.households, len(blocks)))
            frames.append(frame.assign(_target=np.repeat(np.arange(len(blocks)), len(names))))
        found = pd.concat(frames, ignore_index=True)
        order = {name: place for place, name in enumerate(places)}
        rows = np.lexsort((found["area"].map(order), found["_target"]))
        answer = found.iloc[rows].drop(columns="_target").reset_index(drop=True)
        answer.attrs["places"] = places
        return answer

    def _part(self, puma: str, places: Sequence[Mapping[str, float]]) -> _Part:
        found = self.allocation.read(puma)
        keys = pd.Index(self.loaded.table[HOUSEHOLD_KEY].astype(str))
        rows = keys.get_indexer(pd.Index(found.households))
        if (rows < 0).any():
            raise InputError(
                f"The survey has changed since '{self.allocation.name}' was made: household "
                f"{found.households[int(np.argmax(rows < 0))]} is not among those estimated from",
                fix="Allocate again",
            )
        shares = np.array([[place.get(area, 0.0) for place in places] for area in found.areas])
        return _Part(found, rows, self.kept[rows], shares)


def _by_pumas(allocation: StoredAllocation, places: Places) -> dict[tuple[str, ...], list[str]]:
    """Group places by the PUMAs they lie in."""
    member = allocation.puma_of_areas()
    found: dict[tuple[str, ...], list[str]] = {}
    for name, areas in places.items():
        unknown = [area for area in areas if area not in member]
        if unknown or not areas:
            what = f"the area {unknown[0]}" if unknown else "no area"
            raise InputError(
                f"The place '{name}' has {what}, which the allocation '{allocation.name}' does not have"
                if unknown
                else f"The place '{name}' has no area of the allocation '{allocation.name}'",
                fix="Allocate the PUMAs it lies in",
            )
        found.setdefault(tuple(sorted({member[area] for area in areas})), []).append(name)
    return found


def _estimated(
    targets: Sequence[NamedTarget],
    parts: Sequence[_Part],
    donor: Mapping[str, Floats],
) -> tuple[list[ResultBlock], _Spread]:
    rows = np.concatenate([part.rows for part in parts])
    weights = np.concatenate([part.weights(0) for part in parts])
    spread = _spread(parts, weights)
    first = [item.target.replicated(weights, rows) for item in targets]
    draws = min(part.allocation.draws for part in parts)
    drawn = np.empty((draws, len(targets), weights.shape[1]))
    for draw in range(draws):
        other = np.concatenate([part.weights(draw + 1) for part in parts])
        truth = np.concatenate([part.truth(draw + 1) for part in parts])
        for place, item in enumerate(targets):
            off = item.target.replicated(other, rows) - item.target.replicated(truth, rows)
            drawn[draw, place] = off.mean(axis=1)
    blocks = []
    for place, item in enumerate(targets):
        errors = np.array(
            [donor.get(part.allocation.puma, np.zeros(len(targets)))[place] for part in parts]
        )
        if isinstance(item.target, TotalTarget):
            errors = errors * spread.households[:, None]
        more = (spread.pumas * errors).sum(axis=1) ** 2
        if isinstance(item.target, RatioTarget) and item.target.proportion:
            more = more + _at_bounds(first[place], spread.effective)
        pooled = _pooled(first[place], drawn[:, place], spread, more)
        effective = np.round(spread.effective).astype(np.int_)
        count = weights.shape[1]
        blocks.append(
            ResultBlock.of(item, effective, pooled, [""] * count, np.ones(count, dtype=bool))
        )
    return blocks, spread


def _spread(parts: Sequence[_Part], weights: Floats) -> _Spread:
    households = weights.sum(axis=0)
    safe = np.maximum(households, 1e-300)
    by_puma = [part.weights(0).sum(axis=0) / safe for part in parts]
    effective = households**2 / np.maximum((weights**2).sum(axis=0), 1e-300)
    return _Spread(households, effective, np.array(by_puma).T)


def _pooled(estimates: Floats, drawn: Floats, spread: _Spread, more: Floats) -> Pooled:
    """Add up the parts of the variance; degrees of freedom after Satterthwaite (1946)."""
    count = estimates.shape[1]
    within = np.nanmean(drawn**2, axis=0)
    between = estimates.var(axis=1, ddof=1) if count > 1 else np.zeros(len(estimates))
    share = np.minimum(spread.effective / np.maximum(spread.households, 1.0), 1.0)
    fusion = between * (1.0 / count + share)
    total = within + fusion + more
    squares = within**2 / len(drawn) + fusion**2 / max(count - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = np.where(squares > 0, total**2 / squares, np.inf)
    return Pooled(estimates.mean(axis=1), within, between, total, freedom)


def _at_bounds(estimates: Floats, effective: Floats) -> Floats:
    """Variance of shares of exactly 0 or 1, as if half a household more had said otherwise."""
    certain = np.ptp(estimates, axis=1) == 0
    certain &= np.isin(estimates[:, 0], (0.0, 1.0))
    share = 0.5 / (effective + 1.0)
    return np.where(certain, share * (1 - share) / (effective + 1.0), 0.0)


def _donor_errors(
    workspace: Workspace,
    source: Source,
    statistics: Sequence[Statistic],
    where: str,
    cache: EstimateCache,
) -> dict[str, Floats]:
    """Return the donor's part in the standard error of each target in every PUMA.

    That of a total is per household.
    """
    if isinstance(source, SurveyId):
        return {}
    found = area_estimates(workspace, source, statistics, ("puma",), where, cache=cache)
    error = found["standard_error"] * np.sqrt(found["fusion_share"].clip(lower=0.0))
    weights = cache.source(workspace, source)
    kept = weights.subgroup(where).rows
    households = pd.Series(weights.weights.full * kept).groupby(
        weights.table["puma"].astype(str).to_numpy()
    )
    totals = found["statistic"].isin(["total", "count"])
    per = found["puma"].astype(str).map(households.sum())
    error = error.where(~totals, error / per).fillna(0.0)
    return {
        str(puma): own.to_numpy(float) for puma, own in error.groupby(found["puma"].astype(str))
    }


__all__ = ["small_area_estimates"]
