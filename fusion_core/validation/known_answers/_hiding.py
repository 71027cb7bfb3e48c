"""What has to be hidden with a variable, so that nothing left behind tells its answer.

A variable is hidden together with

* whatever was made from the same columns of either survey, or from variables built of them;
* whatever says nearly the same: predictors with a squared canonical correlation (Hotelling 1936) with
  it of at least `LARGEST_BOND` among the recipient's households, such as bedrooms with rooms or adults
  with household size. That is the bond at which the engine, too, takes variables for one;
* tables of areas that hold its answer: predictors that are the same for all households of an area, and
  explain at least `LARGEST_AREA_BOND` of the variance of its area means, such as a table of owned homes
  beside tenure. A variable that the recipient does not have has no such table as a rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LARGEST_BOND: Final = 0.5
LARGEST_AREA_BOND: Final = 0.9
AREA_SHARE: Final = 0.99
"""Share of a predictor's variance between areas from which it says nothing of single households."""
_ROUNDING: Final = 1e-9


def hidden_with(
    variable: str,
    predictors: Sequence[str],
    bonds: Mapping[str, float],
    sources: Mapping[str, Collection[str]],
) -> dict[str, str]:
    """Return the other predictors hidden with a variable, and why, in a clause.

    Parameters
    ----------
    variable
        The variable whose answers are hidden.
    predictors
        All predictors.
    bonds
        See `bonds_with`.
    sources
        The columns of either survey each predictor follows from.
    """
    own = set(sources.get(variable, ()))
    found = {}
    for name in predictors:
        if name == variable:
            continue
        shared = sorted(own & set(sources.get(name, ())))
        if shared:
            found[name] = f"made from {shared[0]} too"
        elif bonds.get(name, 0.0) >= LARGEST_BOND:
            found[name] = f"says nearly the same (squared correlation {bonds[name]:.2f})"
    return found


def bonds_with(
    variable: str, table: pd.DataFrame, predictors: Sequence[str], areas: NDArray[np.intp]
) -> dict[str, float]:
    """Return how nearly each other predictor says the same as a variable, 0 to 1.

    Predictors of areas are compared by area means, and count as a bond of `LARGEST_BOND` once they
    explain `LARGEST_AREA_BOND` of them.

    Parameters
    ----------
    variable
        Name of a column.
    table
        Households of the recipient.
    predictors
        Names of columns.
    areas
        Area of each household, counted from 0.
    """
    own = _columns(table[variable])
    own_areas = _area_means(own, areas)
    found = {}
    for name in predictors:
        if name == variable:
            continue
        other = _columns(table[name])
        if share_between(other, areas) < AREA_SHARE:
            found[name] = canonical_correlation(own, other)
        else:
            explained = canonical_correlation(own_areas, _area_means(other, areas))
            found[name] = explained if explained >= LARGEST_AREA_BOND else 0.0
    return found


def bonds_of_given(
    variable: str,
    table: pd.DataFrame,
    given: Mapping[str, Sequence[str]],
    areas: NDArray[np.intp],
) -> dict[str, float]:
    """Return how nearly the shares of an area tell the same as a variable; see `bonds_with`.

    Parameters
    ----------
    variable, table, areas
        As in `bonds_with`.
    given
        Columns of shares, by the variable whose levels they are of.
    """
    own = _area_means(_columns(table[variable]), areas)
    found = {}
    for name, columns in given.items():
        shares = _area_means(table[list(columns)].to_numpy(dtype=np.float64), areas)
        explained = canonical_correlation(own, shares)
        found[name] = explained if explained >= LARGEST_AREA_BOND else 0.0
    return found


def between_share(column: pd.Series[Any], areas: NDArray[np.intp]) -> float:
    """Return the share of a predictor's variance that lies between areas."""
    return share_between(_columns(column), areas)


def share_between(columns: Floats, areas: NDArray[np.intp]) -> float:
    """Return the share of the variance of some columns that lies between areas."""
    centred = columns - columns.mean(axis=0)
    total = float(np.square(centred).sum())
    if total <= 0:
        return 1.0
    means = _area_means(centred, areas)
    counts = np.bincount(areas)
    return float((np.square(means).sum(axis=1) * counts[counts > 0]).sum() / total)


def canonical_correlation(first: Floats, second: Floats) -> float:
    """Return the largest squared canonical correlation of two sets of columns.

    Parameters
    ----------
    first, second
        Matrices with the same rows.
    """
    bases = [_basis(columns) for columns in (first, second)]
    if not all(base.shape[1] for base in bases):
        return 0.0
    largest = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False).max()
    return float(min(largest, 1.0) ** 2)


def _basis(columns: Floats) -> Floats:
    """Return orthonormal columns of the same space, without the constant."""
    centred = columns - columns.mean(axis=0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    if not len(values):
        return left
    return np.asarray(left[:, values > _ROUNDING * max(values[0], 1.0)])


def _area_means(columns: Floats, areas: NDArray[np.intp]) -> Floats:
    """Return the mean of each column in each area that has a household."""
    counts = np.bincount(areas)
    sums = np.column_stack([np.bincount(areas, column) for column in columns.T])
    return np.asarray(sums[counts > 0] / counts[counts > 0, None])


def _columns(column: pd.Series[Any]) -> Floats:
    """Return a number by its rank, and anything else by one indicator per level; missing as the mean."""
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numeric or getattr(column.dtype, "ordered", False):
        codes = column if numeric else column.cat.codes.where(column.notna())
        ranks = pd.Series(codes).astype(float).rank(pct=True)
        return np.asarray(ranks.fillna(ranks.mean()).to_numpy()[:, None], dtype=np.float64)
    place, levels = pd.factorize(column)
    matrix = place[:, None] == np.arange(len(levels))
    return np.asarray(matrix, dtype=np.float64)
