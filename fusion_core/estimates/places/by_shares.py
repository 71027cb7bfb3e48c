"""Estimates of areas that cut through PUMAs: counties, cities, unions of one's own.

A household is known to live in its PUMA. Of a PUMA that lies in several areas, each gets the share of
its households that the shares say (by people or homes): what is estimated of the PUMA is taken to hold
alike in all its parts. How much of an area rests on that is said beside every estimate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.estimates.api import joint_error
from fusion_core.estimates.margins import ResultBlock, result_frame
from fusion_core.estimates.runs import EstimateCache, estimated_side
from fusion_core.estimates.statistics import Statistic
from fusion_core.estimates.variance import Pooled
from fusion_core.geography.location import PUMA, SHARE, read_intersections

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from fusion_core.estimates.api import Side
    from fusion_core.estimates.runs import Source
    from fusion_core.workspace.layout import Workspace

    Floats = NDArray[np.float64]

ALLOCATED: Final = "allocated"
"""Column: share of the area's households that come from PUMAs its border cuts."""
SUMS: Final = frozenset({"total", "count"})
_AVERAGES: Final = frozenset({"mean", "share", "share_above", "share_below"})
_WHOLE: Final = 1.0 - 1e-6


def area_shares(workspace: Workspace, kind: str) -> pd.DataFrame | None:
    """Return how areas cut through PUMAs, ``None`` where the workspace does not know.

    Parameters
    ----------
    workspace
        Where the shares are stored.
    kind
        What the areas are.

    Returns
    -------
    DataFrame or None
        ``puma``, the column `kind`, and ``share``: the part of the PUMA's homes in the area.
    """
    for table in read_intersections(workspace, [kind]):
        return table.assign(**{kind: table[kind].astype(str), PUMA: table[PUMA].astype(str)})
    return None


def kinds_by_shares(workspace: Workspace) -> tuple[str, ...]:
    """Return the kinds of areas the workspace knows the shares of."""
    folder = workspace.geography_folder / "intersections"
    names = [path.stem for path in sorted(folder.glob("*.parquet"))]
    return tuple(name for name in names if area_shares(workspace, name) is not None)


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
    """Estimate areas from the PUMAs they are parts of.

    Parameters
    ----------
    workspace, source
        A run, several together, or a survey alone, whose households know their PUMA.
    statistic
        A total, count, mean or share; a category must name its level.
    kind
        What the areas are (`area_shares`).
    where, confidence, cache
        As in `fusion_core.estimates.runs.area_estimates`.

    Returns
    -------
    DataFrame
        One row per area: the column `kind`, those of `area_estimates`, and `ALLOCATED`.

    Raises
    ------
    InputError
        If no shares are known, or the statistic cannot be put together from PUMAs.

    Notes
    -----
    With s_pa the share of PUMA p in area a, a total is ``Σ_p s_pa T_p``; a mean is
    ``Σ_p s_pa H_p m_p / Σ_p s_pa H_p`` with H_p the weighted households of the PUMA. Its variance is
    that of the same sum of the PUMAs' errors, with all they share: replicate weights, implicates,
    donors, and the effects of areas as far as they nest. H_p counts as known.
    """
    shares = area_shares(workspace, kind)
    if shares is None:
        known = ", ".join(kinds_by_shares(workspace))
        raise InputError(
            f"The workspace does not know which parts of PUMAs lie in areas of the kind '{kind}'",
            fix=f"Choose one of {known}" if known else "Add shares with 'harmony places shares'",
        )
    if statistic.kind not in SUMS | _AVERAGES:
        raise InputError(
            f"A {statistic.kind} cannot be put together from PUMAs an area cuts through",
            fix="Ask for a total, count, mean or share",
        )
    loaded = (EstimateCache() if cache is None else cache).source(workspace, source)
    side, keys = estimated_side(loaded, statistic, (PUMA,), where)
    households, _ = estimated_side(loaded, Statistic("count"), (PUMA,), where)
    pumas = keys[PUMA].astype(str).to_numpy()
    counts = households.found.pooled.estimate
    parts, areas = _parts(shares, kind, pumas)
    people = parts.multiply(counts[None, :]).tocsr()
    whole = np.asarray(people.sum(axis=1)).ravel()
    factors = (
        parts if statistic.kind in SUMS else _scaled(people, 1.0 / np.where(whole > 0, whole, 1))
    )
    frame = _frame(side, factors, pd.DataFrame({kind: areas}), confidence)
    cut = parts.copy()
    cut.data = np.where(cut.data < _WHOLE, cut.data, 0.0)
    allocated = np.asarray(cut.multiply(counts[None, :]).sum(axis=1)).ravel()
    frame[ALLOCATED] = allocated / np.where(whole > 0, whole, 1.0)
    return frame[whole > 0].reset_index(drop=True)


def _parts(
    shares: pd.DataFrame, kind: str, pumas: NDArray[Any]
) -> tuple[sparse.csr_array, list[str]]:
    """Return the share of every PUMA in every area, shape (areas, PUMAs)."""
    from scipy import sparse

    used = shares[(shares[SHARE] > 0) & shares[PUMA].isin(pumas)]
    areas = sorted(used[kind].unique())
    rows = pd.Index(areas).get_indexer(pd.Index(used[kind]))
    columns = pd.Index(pumas).get_indexer(pd.Index(used[PUMA]))
    values = used[SHARE].to_numpy(dtype=np.float64)
    shape = (len(areas), len(pumas))
    return sparse.coo_array((values, (rows, columns)), shape=shape).tocsr(), areas


def _scaled(matrix: sparse.csr_array, factors: Floats) -> sparse.csr_array:
    from scipy import sparse

    return sparse.csr_array(sparse.diags_array(factors) @ matrix)


def _frame(
    side: Side, factors: sparse.csr_array, keys: pd.DataFrame, confidence: float
) -> pd.DataFrame:
    """Put the estimates of PUMAs, and their errors, together as the factors say."""
    found = side.found
    error = joint_error(side)
    squared = factors.multiply(factors).tocsr()
    estimate = found.pooled.estimate
    missing = _any(factors, np.isnan(estimate))
    unknown = _any(factors, np.isnan(error.own))
    areas = np.zeros(len(estimate)) if found.areas is None else found.areas.variance
    own = np.maximum(np.nan_to_num(error.own) - np.nan_to_num(areas), 0.0)
    within = _squares(factors @ error.shared) + squared @ own
    total = within.copy()
    for moved, gap in error.donors:
        total += np.maximum(_squares(factors @ moved), (factors @ gap) ** 2)
    if found.areas is not None:
        joined = factors @ found.areas.moved
        total += np.asarray(joined.multiply(joined).sum(axis=1)).ravel()
    weight = np.asarray(factors.sum(axis=1)).ravel()
    inverse = factors @ (
        1.0 / np.maximum(np.nan_to_num(found.pooled.degrees_of_freedom, nan=1.0), 1)
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        freedom = np.where(inverse > 0, weight / inverse, np.inf)
    pooled = Pooled(
        np.where(missing, np.nan, factors @ np.nan_to_num(estimate)),
        within,
        np.maximum(total - within, 0.0),
        np.where(missing | unknown, np.nan, total),
        np.maximum(freedom, 1.0),
    )
    # Each PUMA's households count in an area by their part of it.
    part = factors if side.item.statistic.kind in SUMS else _relative(factors)
    households = np.rint(part @ found.n.astype(np.float64)).astype(np.int64)
    block = ResultBlock.of(
        side.item,
        households,
        pooled,
        _notes(factors, found.notes),
        ~_any(factors, ~found.complete),
        untested=None if found.untested is None else _any(factors, found.untested),
    )
    return result_frame(keys, [block], confidence=confidence)


def _relative(factors: sparse.csr_array) -> sparse.csr_array:
    """Return factors as shares of the largest PUMA of each area."""
    largest = np.asarray(factors.max(axis=1).toarray()).ravel()
    return _scaled(factors, 1.0 / np.where(largest > 0, largest, 1.0))


def _squares(moved: Floats) -> Floats:
    return np.asarray(np.einsum("gr,gr->g", moved, moved))


def _any(factors: sparse.csr_array, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether any PUMA of each area is marked."""
    present = factors.copy()
    present.data = (present.data > 0).astype(np.float64)
    return np.asarray(present @ marked.astype(np.float64) > 0)


def _notes(factors: sparse.csr_array, notes: list[str]) -> list[str]:
    """Return what had to be assumed of any PUMA of each area."""
    found = []
    for row in range(factors.shape[0]):
        columns = factors.indices[factors.indptr[row] : factors.indptr[row + 1]]
        found.append(" ".join(dict.fromkeys(filter(None, (notes[place] for place in columns)))))
    return found


__all__ = ["ALLOCATED", "SUMS", "area_shares", "estimates_by_shares", "kinds_by_shares"]
