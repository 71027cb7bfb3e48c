"""One statistic of all PUMAs brought into agreement with known totals: estimates, ranks and differences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.arguments import share
from fusion_core.calibration.areas import shares_of_pumas
from fusion_core.calibration.benchmarking import CONFLICT, Method, benchmark
from fusion_core.calibration.known_totals import KnownTotal
from fusion_core.errors import InputError
from fusion_core.estimates.margins import reliability
from fusion_core.estimates.places import JointAreas
from fusion_core.estimates.runs import EstimateCache, area_estimates
from fusion_core.estimates.statistics import SHARES
from fusion_core.estimates.variance import JointError
from fusion_core.records import Checked

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fusion_core.estimates import Statistic
    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

Floats: TypeAlias = NDArray[np.float64]
COMMON: Final = 0.5
"""Correlation between PUMAs of the donor's part in the error: half of it is of the model, which all
share, half of places the predictors do not tell. A total can only take the common half away."""
CALIBRATION_COLUMNS: Final = (
    "uncalibrated",
    "uncalibrated_moe",
    "moved",
    "moved_errors",
    "held",
)
"""What calibrated estimates have beside themselves, see `CalibratedAreas.estimates`."""
Z90: Final = 1.645
_MEANS: Final = ("mean", "share")
_TINY: Final = 1e-12


@dataclass(frozen=True)
class CalibratedAreas(Checked):
    """Estimates of PUMAs that agree with known totals, beside what they were.

    Attributes
    ----------
    before
        Uncalibrated estimates (`fusion_core.estimates.runs.area_estimates`), one row per PUMA.
    estimate
        The calibrated ones, shape (PUMAs,).
    covariance, covariance_before
        Of the errors after and before, shape (PUMAs, PUMAs); its diagonal after is the mean squared
        error after benchmarking.
    held
        PUMAs that reached the limit of how far they may move.
    gap
        Totals less what the calibrated estimates add up to, shape (totals,).
    distance
        How far the uncalibrated estimates were from each total, in standard errors of that difference,
        shape (totals,). Beyond about 3 the two hardly speak of the same thing.
    totals
        What is known.
    households
        Weighted households of each PUMA.
    """

    before: pd.DataFrame
    estimate: Floats
    covariance: Floats
    covariance_before: Floats
    held: NDArray[np.bool_]
    gap: Floats
    distance: Floats
    totals: tuple[KnownTotal, ...]
    households: Floats

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return self.covariance.nbytes + self.covariance_before.nbytes

    @property
    def statistic(self) -> str:
        """Kind of the statistic."""
        return str(self.before["statistic"].iloc[0])

    @property
    def standard_error(self) -> Floats:
        """Root of the mean squared error of each PUMA."""
        return np.asarray(np.sqrt(np.maximum(np.diagonal(self.covariance), 0.0)), dtype=np.float64)

    @property
    def factor(self) -> Floats:
        """Calibrated over uncalibrated estimates; NaN where these are 0."""
        before = self.before["estimate"].to_numpy(float)
        unknown = np.full(len(before), np.nan)
        found = np.divide(self.estimate, before, out=unknown, where=before != 0)
        return np.asarray(found, dtype=np.float64)

    @property
    def conflict(self) -> str:
        """Which total lies far from what was estimated, as a sentence; empty where none does."""
        farthest = int(np.argmax(np.abs(self.distance)))
        size = abs(float(self.distance[farthest]))
        if size <= CONFLICT:
            return ""
        return (
            f"The {self.totals[farthest].title} is {size:.1f} standard errors from what was estimated:"
            " check that both speak of the same year, unit and households."
        )

    def estimates(self) -> pd.DataFrame:
        """Return the calibrated estimates with 90 % margins, beside the uncalibrated.

        Returns
        -------
        DataFrame
            The columns of `before`, calibrated, and `CALIBRATION_COLUMNS`: ``uncalibrated``,
            ``uncalibrated_moe``, ``moved`` (the difference), ``moved_errors`` (in uncalibrated standard
            errors) and ``held``.
        """
        before, error = self.before, self.standard_error
        plain = before["estimate"].to_numpy(float)
        cv = np.divide(
            error, np.abs(self.estimate), out=np.full(len(error), np.nan), where=self.estimate != 0
        )
        low, high = self.estimate - Z90 * error, self.estimate + Z90 * error
        if self.statistic in SHARES:
            low, high = np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = (self.estimate - plain) / before["standard_error"].to_numpy(float)
        return before.assign(
            estimate=self.estimate,
            standard_error=error,
            moe=Z90 * error,
            lower=low,
            upper=high,
            cv=cv,
            reliability=reliability(cv, complete=before["reliability"].ne("incomplete").to_numpy()),
            uncalibrated=plain,
            uncalibrated_moe=before["moe"].to_numpy(float),
            moved=self.estimate - plain,
            moved_errors=errors,
            held=self.held,
        )

    def together(self, pumas: Collection[str] = ()) -> dict[str, Any]:
        """Return all PUMAs together, or some: estimate, margin, and what they were."""
        row = self._row(pumas)
        error = math.sqrt(max(float(row @ self.covariance @ row), 0.0))
        was = math.sqrt(max(float(row @ self.covariance_before @ row), 0.0))
        value = float(row @ self.estimate)
        return {
            "estimate": value,
            "standard_error": error,
            "moe": Z90 * error,
            "lower": value - Z90 * error,
            "upper": value + Z90 * error,
            "uncalibrated": float(row @ self.before["estimate"].to_numpy(float)),
            "uncalibrated_moe": Z90 * was,
        }

    @cached_property
    def compared(self) -> JointAreas:
        """The calibrated PUMAs with their joint error, to be ranked and compared."""
        values, vectors = np.linalg.eigh(self.covariance)
        kept = values > _TINY * max(float(values.max()), 0.0)
        count = len(self.estimate)
        error = JointError(
            np.ascontiguousarray(vectors[:, kept] * np.sqrt(values[kept])),
            (),
            np.zeros(count),
            np.full(count, np.inf),
        )
        return JointAreas(
            tuple(str(code) for code in self.before["puma"]),
            self.estimates(),
            error,
            self.households,
            self.statistic not in _MEANS,
            "Tested with the joint error after calibration.",
        )

    def _row(self, pumas: Collection[str]) -> Floats:
        """Return how PUMAs add up: sums of totals, means by their households."""
        inside = np.ones(len(self.before), dtype=bool)
        if pumas:
            inside = self.before["puma"].astype(str).isin(pumas).to_numpy()
        if self.statistic not in _MEANS:
            return inside.astype(float)
        weights = np.where(inside, self.households, 0.0)
        return np.asarray(weights / weights.sum(), dtype=np.float64)


def calibrated_areas(
    workspace: Workspace,
    source: Run | Combination,
    statistic: Statistic,
    totals: Sequence[KnownTotal],
    *,
    method: Method = "precision",
    factor: float = 2.0,
    common: float = COMMON,
    cache: EstimateCache | None = None,
) -> CalibratedAreas:
    """Benchmark the PUMA estimates of one statistic to known totals.

    Parameters
    ----------
    workspace, source
        A finished run, or several together.
    statistic
        A mean, share, total or count.
    totals
        Of this statistic, for whole states, regions or everybody.
    method, factor
        As in `fusion_core.calibration.benchmark`.
    common
        See `COMMON`.
    cache
        Keeps data between calls.

    Raises
    ------
    InputError
        If no total is given, an area is unknown, a PUMA has no margin, or totals contradict each
        other or cannot be met.
    """
    common = share(common, "common")
    if not totals:
        raise InputError("No total is given", fix="Give at least one")
    store = EstimateCache() if cache is None else cache
    found = area_estimates(workspace, source, statistic, ("puma",), cache=store)
    pumas = [str(code) for code in found["puma"]]
    households = _households(workspace, source, store).reindex(pumas).to_numpy(float)
    shares = np.array([shares_of_pumas(workspace, item.area, pumas) for item in totals])
    covariance = _covariance(found, common)
    plain = found["estimate"].to_numpy(float)
    design = _design(statistic.kind, shares, households)
    values = np.array([item.value for item in totals])
    errors = np.array([item.standard_error for item in totals])
    known = benchmark(
        plain,
        covariance,
        design,
        values,
        errors,
        method=method,
        factor=factor,
        names=tuple(item.title for item in totals),
        shares=shares,
    )
    apart = np.sqrt(np.maximum(((design @ covariance) * design).sum(axis=1), 0.0) + errors**2)
    return CalibratedAreas(
        found,
        known.estimate,
        known.covariance,
        covariance,
        known.held,
        known.gap,
        (design @ plain - values) / np.maximum(apart, np.finfo(float).tiny),
        tuple(totals),
        households,
    )


def _design(kind: str, shares: Floats, households: Floats) -> Floats:
    """Return how the estimates of PUMAs add up to each total."""
    if kind not in _MEANS:
        return shares
    weighed = shares * households
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))


def _covariance(found: pd.DataFrame, common: float) -> Floats:
    """Return the covariance of errors: sampling is independent, the donor's part partly common."""
    squared = found["standard_error"].to_numpy(float) ** 2
    if not np.isfinite(squared).all():
        raise InputError(
            "Some PUMAs have no margin of error",
            where=str(found["variable"].iloc[0]),
            fix="Ask for a statistic that has one",
        )
    donor = squared * np.clip(found["fusion_share"].to_numpy(float), 0.0, 1.0)
    together = common * np.sqrt(np.outer(donor, donor))
    return np.asarray(np.diag(squared - common * donor) + together, dtype=np.float64)


def _households(
    workspace: Workspace, source: Run | Combination, cache: EstimateCache
) -> pd.Series[Any]:
    loaded = cache.source(workspace, source)
    puma = loaded.table["puma"].astype(str).to_numpy()
    return pd.Series(loaded.weights.full).groupby(puma).sum()


__all__ = ["CALIBRATION_COLUMNS", "COMMON", "Z90", "CalibratedAreas", "calibrated_areas"]
