"""A question about places made of small areas: what is measured of them, and every part of its error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.downscaling.answers.small_areas import Places
from fusion_core.downscaling.stage import PumaAllocation, StoredAllocation
from fusion_core.errors import InputError
from fusion_core.estimates.margins import ResultBlock, result_frame
from fusion_core.estimates.runs import EstimateCache, EstimateData, area_estimates, recipient_of
from fusion_core.estimates.statistics import NamedTarget, RatioTarget, Statistic, TotalTarget
from fusion_core.estimates.variance import Pooled
from fusion_core.records import Checked
from fusion_core.surveys.model import HOUSEHOLD_KEY, SurveyId

if TYPE_CHECKING:
    from fusion_core.estimates.runs import Source
    from fusion_core.workspace.layout import Workspace

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Part(Checked):
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
class Spread(Checked):
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


def asked_of(
    workspace: Workspace,
    source: Source,
    allocation: StoredAllocation,
    statistics: Sequence[Statistic],
    *,
    where: str,
    confidence: float,
    cache: EstimateCache,
) -> Question:
    """Return a question about the households of an allocation.

    Raises
    ------
    InputError
        If the allocation is of another survey.
    """
    if str(recipient_of(workspace, source)) != allocation.recipient:
        raise InputError(
            f"The allocation '{allocation.name}' is of {allocation.recipient}, the estimates are of "
            f"{recipient_of(workspace, source)}",
            fix="Allocate the households of the same survey",
        )
    loaded = cache.source(workspace, source)
    targets = loaded.targets(tuple(statistics), where)
    donor = donor_errors(workspace, source, statistics, where, cache)
    rows = loaded.subgroup(where).rows
    return Question(loaded, allocation, tuple(targets), donor, rows, confidence)


@dataclass(frozen=True)
class Question:
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
        for pumas, names in by_pumas(self.allocation, places).items():
            own = [places[name] for name in names]
            parts = [self.part(puma, own) for puma in pumas]
            found = measured(self.targets, parts, self.donor)
            blocks, spread = _blocks(self.targets, found), found.spread
            keys = pd.DataFrame({"area": names})
            frame = result_frame(keys, blocks, confidence=self.confidence)
            frame.insert(1, "households", np.tile(spread.households, len(blocks)))
            frames.append(frame.assign(_target=np.repeat(np.arange(len(blocks)), len(names))))
        joined = pd.concat(frames, ignore_index=True)
        order = {name: place for place, name in enumerate(places)}
        rows = np.lexsort((joined["area"].map(order), joined["_target"]))
        answer = joined.iloc[rows].drop(columns="_target").reset_index(drop=True)
        answer.attrs["places"] = places
        return answer

    def part(self, puma: str, places: Sequence[Mapping[str, float]]) -> Part:
        """Return one PUMA's share in some places.

        Raises
        ------
        InputError
            If the survey has changed since it was allocated.
        """
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
        return Part(found, rows, self.kept[rows], shares)


def by_pumas(allocation: StoredAllocation, places: Places) -> dict[tuple[str, ...], list[str]]:
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


@dataclass(frozen=True)
class Measured:
    """What is measured of some places.

    Attributes
    ----------
    first
        Estimates of every implicate, one array of shape (places, implicates) per target.
    drawn
        Errors of the draws of the allocation, shape (draws, targets, places).
    spread
        How the weights are spread.
    donor
        The donor's part in the standard error, by target an array of shape (places, PUMAs).
    bounds
        Variance of shares of exactly 0 or 1, shape (targets, places).
    """

    first: Sequence[Floats]
    drawn: Floats
    spread: Spread
    donor: Sequence[Floats]
    bounds: Floats

    def pooled(self, target: int) -> Pooled:
        """Add up the parts of the variance; degrees of freedom after Satterthwaite (1946)."""
        estimates, drawn = self.first[target], self.drawn[:, target]
        count = estimates.shape[1]
        within = np.nanmean(drawn**2, axis=0)
        between = self.between(target)
        fusion = between * (1.0 / count + self.own_share)
        total = within + fusion + self.donor[target].sum(axis=1) ** 2 + self.bounds[target]
        squares = within**2 / len(drawn) + fusion**2 / max(count - 1, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            freedom = np.where(squares > 0, total**2 / squares, np.inf)
        return Pooled(estimates.mean(axis=1), within, between, total, freedom)

    def between(self, target: int) -> Floats:
        """Variance between implicates."""
        estimates = self.first[target]
        if estimates.shape[1] == 1:
            return np.zeros(len(estimates))
        return np.asarray(estimates.var(axis=1, ddof=1), dtype=np.float64)

    @property
    def own_share(self) -> Floats:
        """Effective ÷ represented households: how far residents deviate by themselves."""
        spread = self.spread
        return np.minimum(spread.effective / np.maximum(spread.households, 1.0), 1.0)


def measured(
    targets: Sequence[NamedTarget], parts: Sequence[Part], donor: Mapping[str, Floats]
) -> Measured:
    """Measure targets of places that lie in the same PUMAs."""
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
    of_donor, bounds = [], np.zeros((len(targets), weights.shape[1]))
    for place, item in enumerate(targets):
        errors = np.array(
            [donor.get(part.allocation.puma, np.zeros(len(targets)))[place] for part in parts]
        )
        if isinstance(item.target, TotalTarget):
            errors = errors * spread.households[:, None]
        of_donor.append(spread.pumas * errors)
        if isinstance(item.target, RatioTarget) and item.target.proportion:
            bounds[place] = _at_bounds(first[place], spread.effective)
    return Measured(first, drawn, spread, of_donor, bounds)


def _blocks(targets: Sequence[NamedTarget], found: Measured) -> list[ResultBlock]:
    effective = np.round(found.spread.effective).astype(np.int_)
    count = len(effective)
    return [
        ResultBlock.of(
            item, effective, found.pooled(place), [""] * count, np.ones(count, dtype=bool)
        )
        for place, item in enumerate(targets)
    ]


def _spread(parts: Sequence[Part], weights: Floats) -> Spread:
    households = weights.sum(axis=0)
    safe = np.maximum(households, 1e-300)
    by_puma = [part.weights(0).sum(axis=0) / safe for part in parts]
    effective = households**2 / np.maximum((weights**2).sum(axis=0), 1e-300)
    return Spread(households, effective, np.array(by_puma).T)


def _at_bounds(estimates: Floats, effective: Floats) -> Floats:
    """Variance of shares of exactly 0 or 1, as if half a household more had said otherwise."""
    certain = np.ptp(estimates, axis=1) == 0
    certain &= np.isin(estimates[:, 0], (0.0, 1.0))
    share = 0.5 / (effective + 1.0)
    return np.where(certain, share * (1 - share) / (effective + 1.0), 0.0)


def donor_errors(
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


__all__ = ["Measured", "Question", "asked_of", "by_pumas", "measured"]
