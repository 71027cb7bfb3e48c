"""Dependence between variables, observed against simulated.

Which measure fits a pair follows from the two kinds: Pearson's correlation for numbers, ordered
categories (by rank) and two-level categories; the correlation ratio η (Pearson 1905) for a nominal
variable and a number; Cramér's V (1946) for two nominal variables. All are weighted, and the
simulated value is the mean over implicates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.validation.internal._metrics import observed_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.implicates import FusedVariable, Implicates

    Floats = NDArray[np.float64]
    Measure = Callable[[Floats, Floats, Floats], float]

FUSED, PREDICTOR = "fused", "predictor"


@dataclass(frozen=True)
class _Column:
    """A variable as numbers: observed (rows, 1), and drawn (rows, M) or the same again."""

    observed: Floats
    drawn: Floats
    nominal: bool
    kind: str
    known: NDArray[np.bool_]

    def among(self, rows: NDArray[np.bool_]) -> _Column:
        """Return some of the rows."""
        if rows.all():
            return self
        return replace(
            self, observed=self.observed[rows], drawn=self.drawn[rows], known=self.known[rows]
        )


def compare_dependence(
    observed: pd.DataFrame,
    implicates: Implicates,
    weight: Floats,
    predictors: Sequence[str] = (),
) -> pd.DataFrame:
    """Compare the dependence of every pair of fused variables, and of these with predictors.

    Each pair is compared in the rows where both were observed.

    Parameters
    ----------
    observed
        Observed data, rows in the order of the implicates.
    implicates
        Simulated values.
    weight
        One weight per row.
    predictors
        Columns of `observed` without missing values that every fused variable is paired with.

    Returns
    -------
    DataFrame
        One row per pair: ``first``, ``second``, ``kind`` of the second (``"fused"`` or
        ``"predictor"``), ``measure``, ``observed``, ``simulated`` (mean over implicates) and
        ``difference``.
    """
    fused = {
        name: _fused_column(observed[name], variable)
        for name, variable in implicates.variables.items()
    }
    others = {name: _predictor_column(observed[name]) for name in predictors}
    rows = []
    pairs = [*combinations(fused, 2), *((name, other) for name in fused for other in others)]
    columns = fused | others
    for first, second in pairs:
        left, right = columns[first], columns[second]
        measure, function = _MEASURES[left.nominal, right.nominal]
        both = left.known & right.known
        left, right, mass = left.among(both), right.among(both), weight[both]
        real = function(left.observed, right.observed, mass)
        drawn = function(left.drawn, right.drawn, mass)
        rows.append((first, second, right.kind, measure, real, drawn, drawn - real))
    names = ["first", "second", "kind", "measure", "observed", "simulated", "difference"]
    return pd.DataFrame(rows, columns=names)


def cramers_v(first: NDArray[np.intp], second: NDArray[np.intp], weight: Floats) -> float:
    """Return the weighted Cramér's V (1946) of two classifications, 0 (independent) to 1.

    Parameters
    ----------
    first, second
        Codes from 0, one per row.
    weight
        One weight per row.
    """
    return _cramer(first[:, None].astype(np.float64), second[:, None].astype(np.float64), weight)


def _fused_column(observed: pd.Series[Any], variable: FusedVariable) -> _Column:
    if variable.is_categorical:
        truth = observed_codes(observed, variable).astype(np.float64)
    else:
        truth = observed.to_numpy(dtype=np.float64, na_value=np.nan)
    known = observed.notna().to_numpy()
    nominal = _is_nominal(len(variable.levels), variable.ordered or not variable.is_categorical)
    drawn = np.asarray(variable.values, np.float64)
    return _Column(truth[:, None], drawn, nominal, FUSED, known)


def _predictor_column(observed: pd.Series[Any]) -> _Column:
    if pd.api.types.is_numeric_dtype(observed):
        values, nominal = observed.to_numpy(dtype=np.float64), False
    else:
        categories = observed if isinstance(observed.dtype, pd.CategoricalDtype) else None
        text = observed.astype("category") if categories is None else categories
        values = text.cat.codes.to_numpy(dtype=np.float64)
        nominal = _is_nominal(len(text.cat.categories), bool(text.cat.ordered))
    known = np.ones(len(values), dtype=bool)
    return _Column(values[:, None], values[:, None], nominal, PREDICTOR, known)


def _is_nominal(levels: int, ordered: bool) -> bool:
    return not ordered and levels > 2  # noqa: PLR2004 - two levels have an order


def _correlation(first: Floats, second: Floats, weight: Floats) -> float:
    share = weight[:, None] / weight.sum()
    left = first - (share * first).sum(axis=0)
    right = second - (share * second).sum(axis=0)
    product = (share * left * right).sum(axis=0)
    scale = np.sqrt((share * left**2).sum(axis=0) * (share * right**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.mean(np.where(scale > 0, product / scale, 0.0)))


def _correlation_ratio(groups: Floats, values: Floats, weight: Floats) -> float:
    """Return η, the root of the share of variance between groups, averaged over implicates."""
    mass = (weight / weight.sum())[:, None]
    shifted = values - (mass * values).sum(axis=0)
    variance = (mass * shifted**2).sum(axis=0)
    levels = int(groups.max()) + 1
    if groups.shape[1] == 1:
        member = (groups == np.arange(levels)).T.astype(np.float64)
        total, sums = member @ mass, member @ (mass * shifted)
    else:
        total, sums = _sums_by_group(groups.astype(np.intp), mass, mass * shifted, levels)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = np.where(total > 0, sums**2 / total, 0.0)
        share = between.sum(axis=0) / variance
    return float(np.mean(np.where(variance > 0, np.sqrt(share), 0.0)))


def _sums_by_group(
    codes: NDArray[np.intp], mass: Floats, numbers: Floats, levels: int
) -> tuple[Floats, Floats]:
    """Return the mass and the sum of numbers of every group, shape (levels, M)."""
    count = codes.shape[1]
    # Every implicate has group numbers of its own, so that one pass sums up all.
    places, size = (codes + levels * np.arange(count)).ravel(), levels * count
    total, sums = (
        np.bincount(places, np.broadcast_to(values, codes.shape).ravel(), size)
        for values in (mass, numbers)
    )
    shape = count, levels
    return np.asarray(total.reshape(shape).T, float), np.asarray(sums.reshape(shape).T, float)


def _swapped_ratio(values: Floats, groups: Floats, weight: Floats) -> float:
    return _correlation_ratio(groups, values, weight)


def _cramer(first: Floats, second: Floats, weight: Floats) -> float:
    """Return Cramér's V, averaged over implicates."""
    rows, columns = int(first.max()) + 1, int(second.max()) + 1
    cells = (first * columns + second).astype(np.intp)
    share, _ = _sums_by_group(
        cells, weight[:, None] / weight.sum(), weight[:, None], rows * columns
    )
    share = share.T.reshape(-1, rows, columns)
    left, right = share.sum(axis=2), share.sum(axis=1)
    expected = left[:, :, None] * right[:, None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        square = np.where(expected > 0, (share - expected) ** 2 / expected, 0.0).sum(axis=(1, 2))
        filled = np.minimum((left > 0).sum(axis=1), (right > 0).sum(axis=1)) - 1
        return float(np.mean(np.where(filled > 0, np.sqrt(square / filled), 0.0)))


# Whether the first and the second variable are nominal with more than two levels.
_MEASURES: dict[tuple[bool, bool], tuple[str, Measure]] = {
    (False, False): ("correlation", _correlation),
    (True, False): ("correlation ratio", _correlation_ratio),
    (False, True): ("correlation ratio", _swapped_ratio),
    (True, True): ("Cramér's V", _cramer),
}
