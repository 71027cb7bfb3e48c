"""Estimates of areas that cut through PUMAs: counties, cities, unions of one's own.

A household is known to live in its PUMA. Of a PUMA that lies in several areas, each gets the share of
its households that the shares say (by people or homes): what is estimated of the PUMA is taken to hold
alike in all its parts. How much of an area rests on that is said beside every estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.estimates.api import TOP, Difference, joint_error, with_ranks
from fusion_core.estimates.margins import ResultBlock, result_frame
from fusion_core.estimates.places.shares import area_shares, kinds_by_shares
from fusion_core.estimates.runs import EstimateCache, Ranking, estimated_side
from fusion_core.estimates.statistics import Statistic
from fusion_core.estimates.variance import (
    AreaEffect,
    Contrast,
    JointError,
    Pooled,
    margin_multiplier,
    rank_sets,
)
from fusion_core.geography.location import PUMA, SHARE
from fusion_core.records import Checked

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import TypeAlias

    from scipy import sparse

    from fusion_core.estimates.api import Side
    from fusion_core.estimates.runs import Source
    from fusion_core.workspace.layout import Workspace

    Matrix: TypeAlias = sparse.csr_array
else:
    Matrix = Any  # records read their annotations; whoever has no matrix does without its library

Floats = NDArray[np.float64]

ALLOCATED: Final = "allocated"
"""Column: share of the area's households that come from PUMAs its border cuts."""
SUMS: Final = frozenset({"total", "count"})
_AVERAGES: Final = frozenset({"mean", "share", "share_above", "share_below"})
_WHOLE: Final = 1.0 - 1e-6


@dataclass(frozen=True)
class AllocatedAreas(Checked):
    """Areas put together of the PUMAs they are parts of, with what PUMAs share of their errors.

    With s_pa the share of PUMA p in area a, a total is ``Σ_p s_pa T_p``; a mean is
    ``Σ_p s_pa H_p m_p / Σ_p s_pa H_p`` with H_p the weighted households of the PUMA. Its variance is
    that of the same sum of the PUMAs' errors, with all they share: replicate weights, implicates,
    donors, and the effects of areas as far as they nest. H_p counts as known.

    Attributes
    ----------
    kind
        What the areas are.
    names
        The areas, in the order of the factors.
    pumas
        Estimates of the PUMAs.
    error
        Their joint error.
    effects
        How the effects of areas beyond the predictors move PUMAs, where anything says.
    implicates
        Estimate of each PUMA in every implicate, shape (PUMAs, M).
    assumption
        What had to be assumed of all.
    codes
        The PUMAs, as the survey writes them.
    people
        Weighted households of each PUMA in each area, shape (areas, PUMAs).
    factors
        What each PUMA counts in each area.
    cut
        Of `people`, those of PUMAs the area's border cuts.
    """

    kind: str
    names: tuple[str, ...]
    pumas: ResultBlock
    error: JointError
    effects: AreaEffect | None
    implicates: Floats
    assumption: str
    codes: NDArray[Any]
    people: Matrix
    factors: Matrix
    cut: Matrix

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        matrices = [self.people, self.factors, self.cut]
        if self.effects is not None:
            matrices.append(self.effects.moved)
        arrays = [self.implicates, self.error.shared, *(moved for moved, _ in self.error.donors)]
        return sum(item.nbytes for item in arrays) + sum(2 * item.data.nbytes for item in matrices)

    def estimates(self, *, confidence: float = 0.90) -> pd.DataFrame:
        """Return one row per area: the column of its kind, those of `area_estimates`, and `ALLOCATED`.

        Parameters
        ----------
        confidence
            Of margins.
        """
        frame = self._frame(self.factors, pd.DataFrame({self.kind: self.names}), confidence)
        frame[ALLOCATED] = _sums(self.cut) / _sums(self.people)
        return frame

    def only(self, areas: Collection[str]) -> AllocatedAreas:
        """Return some of the areas.

        Parameters
        ----------
        areas
            Their names; those that are not there are left out.

        Raises
        ------
        InputError
            If none is there.
        """
        chosen = np.flatnonzero(pd.Index(self.names).isin(list(areas)))
        if not len(chosen):
            raise InputError(f"No {self.kind} of this name has households", fix="Choose another")
        return replace(
            self,
            names=tuple(self.names[place] for place in chosen),
            people=self.people[chosen],
            factors=self.factors[chosen],
            cut=self.cut[chosen],
        )

    def together(self, *, confidence: float = 0.90) -> pd.DataFrame:
        """Return one row of all areas together.

        Parameters
        ----------
        confidence
            Of margins.
        """
        return self._frame(_joined(self), pd.DataFrame(index=[0]), confidence)

    def ranking(self, *, lowest: bool = False, top: int = TOP, confidence: float = 0.90) -> Ranking:
        """Rank the areas, with the ranks each may have; see `fusion_core.estimates.rank`.

        What two areas have from one PUMA counts as independent, so that ranks are wider rather than
        narrower than they need be.
        """
        frame = self.estimates(confidence=confidence)
        shared, donors = self._moved(self.factors)
        own = _squared(self.factors) @ self._own + self._area_variance(self.factors)
        own = np.where(self._touches(self.factors, np.isnan(self.error.own)), np.nan, own)
        freedom = frame["degrees_of_freedom"].to_numpy(dtype=float)
        error = JointError(shared, donors, own, freedom)
        sign = -1.0 if lowest else 1.0
        values = sign * frame["estimate"].to_numpy(dtype=float)
        sets = rank_sets(values, error, confidence=confidence)
        return Ranking(with_ranks(frame, sets, top=top), sets)

    def difference(
        self, first: str, second: str | None = None, *, confidence: float = 0.90
    ) -> Difference:
        """Test whether two areas differ, or an area and all areas together.

        Parameters
        ----------
        first, second
            The areas; ``None`` for all of them.
        confidence
            Of the margin and the decision.
        """
        other = self if second is None else self.only([second])
        rows = [_joined(self.only([first])), _joined(other)]
        pair = [self._pooled(item) for item in rows]
        moved = rows[0] - rows[1]
        within, total = self._variances(moved)
        unknown = np.isnan(pair[0].total) | np.isnan(pair[1].total)
        freedom = np.minimum(pair[0].degrees_of_freedom, pair[1].degrees_of_freedom)
        pooled = Pooled(
            pair[0].estimate - pair[1].estimate,
            within,
            np.maximum(total - within, 0.0),
            np.where(unknown, np.nan, total),
            freedom,
        )
        found = Contrast("difference", pooled)
        moes = [_margin(item, confidence) for item in (*pair, pooled)]
        return Difference(
            first=float(pair[0].estimate[0]),
            second=float(pair[1].estimate[0]),
            difference=float(pooled.estimate[0]),
            standard_error=float(pooled.standard_error[0]),
            moe=moes[2],
            degrees_of_freedom=float(freedom[0]),
            p_value=float(found.p_values[0]),
            confidence=confidence,
            first_moe=moes[0],
            second_moe=moes[1],
            assumption=self.assumption,
        )

    def draws(self, area: str) -> Floats:
        """Return the estimate of an area in every implicate."""
        return np.asarray(self.only([area]).factors @ self.implicates).ravel()

    @cached_property
    def _own(self) -> Floats:
        """What PUMAs share with no other, less what effects of areas take of it."""
        taken = 0.0 if self.effects is None else np.nan_to_num(self.effects.variance)
        return np.maximum(np.nan_to_num(self.error.own) - taken, 0.0)

    def _moved(self, factors: Matrix) -> tuple[Floats, tuple[tuple[Floats, Floats], ...]]:
        donors = [(factors @ moved, factors @ gap) for moved, gap in self.error.donors]
        return factors @ self.error.shared, tuple(donors)

    def _area_variance(self, factors: Matrix) -> Floats:
        if self.effects is None:
            return np.zeros(factors.shape[0])
        return _sums(_squared(factors @ self.effects.moved))

    def _variances(self, factors: Matrix) -> tuple[Floats, Floats]:
        """Return the sampling variance and the whole one of sums of PUMAs."""
        shared, donors = self._moved(factors)
        within = _squares(shared) + _squared(factors) @ self._own
        total = within + self._area_variance(factors)
        for moved, gap in donors:
            total = total + np.maximum(_squares(moved), gap**2)
        return within, total

    def _pooled(self, factors: Matrix) -> Pooled:
        pooled = self.pumas.pooled
        within, total = self._variances(factors)
        missing = self._touches(factors, np.isnan(pooled.estimate))
        unknown = self._touches(factors, np.isnan(self.error.own))
        inverse = factors @ (1.0 / np.maximum(np.nan_to_num(pooled.degrees_of_freedom, nan=1.0), 1))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            freedom = np.where(inverse > 0, _sums(factors) / inverse, np.inf)
        return Pooled(
            np.where(missing, np.nan, factors @ np.nan_to_num(pooled.estimate)),
            within,
            np.maximum(total - within, 0.0),
            np.where(missing | unknown, np.nan, total),
            np.maximum(freedom, 1.0),
        )

    def _frame(self, factors: Matrix, keys: pd.DataFrame, confidence: float) -> pd.DataFrame:
        """Put the estimates of PUMAs, and their errors, together as the factors say."""
        own = self.pumas
        # Each PUMA's households count in an area by their part of it.
        part = factors if own.statistic.kind in SUMS else _relative(factors)
        block = replace(
            own,
            n=np.rint(part @ own.n.astype(np.float64)).astype(np.int64),
            pooled=self._pooled(factors),
            assumptions=_notes(factors, own.assumptions),
            complete=~self._touches(factors, ~own.complete),
            untested=self._touches(factors, own.untested),
        )
        return result_frame(keys, [block], confidence=confidence)

    def _touches(self, factors: Matrix, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return whether any PUMA of each area is marked."""
        present = factors.copy()
        present.data = (present.data != 0).astype(np.float64)
        return np.asarray(present @ marked.astype(np.float64) > 0)


def are_by_shares(workspace: Workspace, source: Source, kind: str, cache: EstimateCache) -> bool:
    """Whether areas of a kind are no column of the households, and their shares of PUMAs are known."""
    if not kind or kind in cache.source(workspace, source).table:
        return False
    return area_shares(workspace, kind) is not None


def allocated_areas(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    kind: str,
    where: str = "",
    *,
    shares: pd.DataFrame | None = None,
    cache: EstimateCache | None = None,
) -> AllocatedAreas:
    """Put areas together of the PUMAs they are parts of.

    Parameters
    ----------
    workspace, source
        A run, several together, or a survey alone, whose households know their PUMA.
    statistic
        A total, count, mean or share; a category must name its level.
    kind
        What the areas are (`area_shares`).
    where, cache
        As in `fusion_core.estimates.runs.area_estimates`.
    shares
        How areas cut through PUMAs, as `area_shares`; left out, what the workspace knows of their kind.

    Raises
    ------
    InputError
        If no shares are known, or the statistic cannot be put together from PUMAs.
    """
    parts = area_shares(workspace, kind) if shares is None else shares
    if parts is None:
        known = ", ".join(kinds_by_shares(workspace))
        raise InputError(
            f"The workspace does not know which parts of PUMAs lie in areas of the kind '{kind}'",
            fix=f"Choose one of {known}" if known else "Add shares with 'harmony places shares'",
        )
    if statistic.kind not in SUMS | _AVERAGES:
        raise InputError(
            f"A {statistic.kind} cannot be computed for areas that cut through PUMAs",
            fix="Ask for a total, count, mean or share",
        )
    loaded = (EstimateCache() if cache is None else cache).source(workspace, source)

    def put_together() -> AllocatedAreas:
        side, keys = estimated_side(loaded, statistic, (PUMA,), where)
        households, _ = estimated_side(loaded, Statistic("count"), (PUMA,), where)
        pumas = keys[PUMA].astype(str).to_numpy()
        return _put_together(parts, kind, side, pumas, households.found.pooled.estimate)

    if shares is not None:  # which areas these are nobody else knows
        return put_together()
    return loaded.kept(("allocated", kind, where.strip(), statistic), put_together)


def estimates_by_shares(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    kind: str,
    where: str = "",
    *,
    confidence: float = 0.90,
    cache: EstimateCache | None = None,
) -> pd.DataFrame:
    """Estimate areas from the PUMAs they are parts of; see `AllocatedAreas`.

    Parameters
    ----------
    workspace, source, statistic, kind, where, cache
        As in `allocated_areas`.
    confidence
        Of margins.

    Returns
    -------
    DataFrame
        One row per area: the column `kind`, those of `area_estimates`, and `ALLOCATED`.

    Raises
    ------
    InputError
        As `allocated_areas`.
    """
    found = allocated_areas(workspace, source, statistic, kind, where, cache=cache)
    return found.estimates(confidence=confidence)


def _put_together(
    shares: pd.DataFrame, kind: str, side: Side, pumas: NDArray[Any], counts: Floats
) -> AllocatedAreas:
    parts, areas = _parts(shares, kind, pumas)
    people = parts.multiply(counts[None, :]).tocsr()
    inhabited = _sums(people) > 0
    parts, people = parts[inhabited], people[inhabited]
    sums = side.item.statistic.kind in SUMS
    cut = people.copy()
    cut.data = np.where(parts.data < _WHOLE, people.data, 0.0)
    found = side.found
    return AllocatedAreas(
        kind,
        tuple(np.asarray(areas, dtype=object)[inhabited]),
        ResultBlock.of(
            side.item, found.n, found.pooled, found.notes, found.complete, untested=found.untested
        ),
        joint_error(side),
        found.areas,
        side.raw.estimates,
        side.assumption,
        pumas,
        people,
        parts if sums else _scaled(people, 1.0 / _sums(people)),
        cut,
    )


def _parts(shares: pd.DataFrame, kind: str, pumas: NDArray[Any]) -> tuple[Matrix, list[str]]:
    """Return the share of every PUMA in every area, shape (areas, PUMAs)."""
    from scipy import sparse

    used = shares[(shares[SHARE] > 0) & shares[PUMA].isin(pumas)]
    areas = sorted(used[kind].unique())
    rows = pd.Index(areas).get_indexer(pd.Index(used[kind]))
    columns = pd.Index(pumas).get_indexer(pd.Index(used[PUMA]))
    values = used[SHARE].to_numpy(dtype=np.float64)
    shape = (len(areas), len(pumas))
    return sparse.coo_array((values, (rows, columns)), shape=shape).tocsr(), areas


def _scaled(matrix: Matrix, factors: Floats) -> Matrix:
    from scipy import sparse

    return sparse.csr_array(sparse.diags_array(factors) @ matrix)


def _relative(factors: Matrix) -> Matrix:
    """Return factors as shares of the largest PUMA of each area."""
    largest = np.asarray(factors.max(axis=1).toarray()).ravel()
    return _scaled(factors, 1.0 / np.where(largest > 0, largest, 1.0))


def _joined(areas: AllocatedAreas) -> Matrix:
    """Return what each PUMA counts in all areas together, one row."""
    if areas.pumas.statistic.kind in SUMS:
        return _row(areas.factors.sum(axis=0))
    people = np.asarray(areas.people.sum(axis=0)).ravel()
    return _row(people / people.sum())


def _row(values: Any) -> Matrix:
    from scipy import sparse

    return sparse.csr_array(np.asarray(values, dtype=np.float64).reshape(1, -1))


def _sums(matrix: Matrix) -> Floats:
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()


def _squared(matrix: Matrix) -> Matrix:
    squared: Matrix = matrix.multiply(matrix).tocsr()
    return squared


def _squares(moved: Floats) -> Floats:
    return np.asarray(np.einsum("gr,gr->g", moved, moved))


def _margin(pooled: Pooled, confidence: float) -> float:
    multiplier = margin_multiplier(pooled.degrees_of_freedom, confidence)
    return float((multiplier * pooled.standard_error)[0])


def _notes(factors: Matrix, notes: list[str]) -> list[str]:
    """Return what had to be assumed of any PUMA of each area."""
    found = []
    for row in range(factors.shape[0]):
        columns = factors.indices[factors.indptr[row] : factors.indptr[row + 1]]
        found.append(" ".join(dict.fromkeys(filter(None, (notes[place] for place in columns)))))
    return found


__all__ = [
    "ALLOCATED",
    "SUMS",
    "AllocatedAreas",
    "allocated_areas",
    "are_by_shares",
    "estimates_by_shares",
]
