"""Population subsets that estimates are compared in: every level and pair of levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.frames import level_text

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

MAXIMUM_GROUPS = 5
# More distinct values than this are first rounded to as many quantiles; clusters hardly move.
_DISTINCT = 500


@dataclass(frozen=True)
class Subsets:
    """Subsets of the rows of a table.

    Attributes
    ----------
    names
        Readable name of each subset, e.g. ``"region: West, tenure: Renter"``.
    variables
        The subset variable or pair of variables each comes from.
    membership
        Sparse matrix (subsets × rows) of ones.
    """

    names: tuple[str, ...]
    variables: tuple[tuple[str, ...], ...]
    membership: sparse.csr_matrix

    def __len__(self) -> int:
        return len(self.names)

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Number of rows of each subset."""
        return np.diff(self.membership.indptr).astype(np.intp)

    def among(self, rows: NDArray[np.bool_], *, minimum_rows: int) -> Subsets:
        """Return the subsets of some rows only.

        Parameters
        ----------
        rows
            Which rows stay, one flag each.
        minimum_rows
            Smaller subsets are left out, unless none is as large.
        """
        membership = self.membership[:, np.flatnonzero(rows)].tocsr()
        sizes = np.diff(membership.indptr)
        kept = np.flatnonzero(sizes >= min(minimum_rows, int(sizes.max())))
        return Subsets(
            tuple(self.names[place] for place in kept),
            tuple(self.variables[place] for place in kept),
            membership[kept],
        )


def build_subsets(
    table: pd.DataFrame, variables: Sequence[str], *, minimum_rows: int = 30
) -> Subsets:
    """Form the subsets: every level of every variable and of every pair of variables.

    Parameters
    ----------
    table
        Observed data.
    variables
        Subset variables. Numbers and ordered categories are clustered into at most five groups;
        rows without a value belong to no subset of the variable.
    minimum_rows
        Smaller subsets are left out.

    Raises
    ------
    InputError
        If a variable does not exist, has one value only, or no subset is large enough.
    """
    from scipy import sparse

    if not variables:
        raise InputError("No subset variable is given", fix="Name at least one, such as income")
    grouped = {}
    for name in variables:
        if name not in table.columns:
            raise InputError.unknown("subset variable", name, map(str, table.columns))
        grouped[name] = group_levels(table[name])
    names: list[str] = []
    sources: list[tuple[str, ...]] = []
    blocks: list[sparse.csr_matrix] = []
    for chosen in [*((name,) for name in grouped), *combinations(grouped, 2)]:
        codes, labels = _cross([grouped[name] for name in chosen], chosen)
        sizes = np.bincount(codes[codes >= 0], minlength=len(labels))
        kept = np.flatnonzero(sizes >= minimum_rows)
        blocks.append(_indicator(codes, kept, len(labels)))
        names += [labels[code] for code in kept]
        sources += [chosen] * len(kept)
    if not names:
        raise InputError(
            f"No subset has {minimum_rows} rows",
            fix="Choose other subset variables or a lower limit",
        )
    membership = sparse.csr_matrix(sparse.vstack(blocks))
    return Subsets(tuple(names), tuple(sources), membership)


def group_levels(column: pd.Series[Any]) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return group codes and labels of a subset variable; the code of a missing value is −1.

    Nominal categories and truth values stay as they are; numbers and ordered categories with more
    than five distinct values become five clusters.

    Raises
    ------
    InputError
        If fewer than two different values are known.
    """
    known = column.notna().to_numpy()
    if column[known].nunique() < 2:  # noqa: PLR2004 - one group is everybody
        found = "the same value in every row" if known.any() else "no value in any row"
        raise InputError(
            f"Subset variable '{column.name}' has {found}", fix="Choose another variable"
        )
    if not known.all():
        own, labels = group_levels(column[known])
        codes = np.full(len(column), -1, dtype=np.intp)
        codes[known] = own
        return codes, labels
    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    ordered = categorical and bool(column.cat.ordered)
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if not ordered and not is_number:
        codes, levels = pd.factorize(column, sort=True)
        return codes.astype(np.intp), tuple(level_text(level) for level in levels)
    values = column.cat.codes.to_numpy() if ordered else column.to_numpy()
    clusters = cluster(np.asarray(values, dtype=np.float64))
    if ordered:
        labels = _span_labels([str(level) for level in column.cat.categories], values, clusters)
    else:
        labels = _range_labels(values, clusters)
    return clusters, labels


def cluster(values: NDArray[np.float64], groups: int = MAXIMUM_GROUPS) -> NDArray[np.intp]:
    """Cluster numbers into groups with the smallest sum of squares within (optimal k-means in 1-D).

    Solved exactly by dynamic programming (Fisher 1958), so that the result does not depend on a
    random start.

    Parameters
    ----------
    values
        One number per row.
    groups
        Largest number of groups.

    Returns
    -------
    ndarray
        Group of each row, 0 for the smallest values.
    """
    distinct, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(distinct) <= groups:
        return inverse.astype(np.intp)
    if len(distinct) > _DISTINCT:
        marks = np.quantile(values, np.linspace(0, 1, _DISTINCT + 1)[1:-1])
        rounded = np.searchsorted(marks, values, side="right")
        means = np.bincount(rounded, weights=values) / np.maximum(np.bincount(rounded), 1)
        return cluster(means[rounded], groups)
    breaks = _optimal_breaks(distinct, counts.astype(np.float64), groups)
    return np.searchsorted(breaks, inverse, side="right").astype(np.intp)


def _optimal_breaks(
    values: NDArray[np.float64], counts: NDArray[np.float64], groups: int
) -> NDArray[np.intp]:
    """Return the indices into sorted distinct values at which groups 1, 2, … start."""
    size = len(values)
    centred = values - np.average(values, weights=counts)
    zero = np.zeros(1)
    weight = np.concatenate([zero, np.cumsum(counts)])
    first = np.concatenate([zero, np.cumsum(counts * centred)])
    second = np.concatenate([zero, np.cumsum(counts * centred**2)])
    start, stop = np.arange(size)[:, None], np.arange(1, size + 1)[None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = second[stop] - second[start]
        inside = inside - (first[stop] - first[start]) ** 2 / (weight[stop] - weight[start])
    cost = np.where(stop > start, inside, np.inf)
    best = cost[0].copy()
    choices = []
    for _ in range(groups - 1):
        # best[j]: cost of the values 0..j in the groups so far; the last one starts at s.
        candidates = np.concatenate([[np.inf], best[:-1]])[:, None] + cost
        choices.append(candidates.argmin(axis=0))
        best = candidates.min(axis=0)
    breaks, last = [], size - 1
    for choice in reversed(choices):
        begin = int(choice[last])
        breaks.append(begin)
        last = begin - 1
    return np.array(breaks[::-1], dtype=np.intp)


def _cross(
    grouped: list[tuple[NDArray[np.intp], tuple[str, ...]]], names: Sequence[str]
) -> tuple[NDArray[np.intp], list[str]]:
    codes, levels = grouped[0]
    labels = [f"{names[0]}: {level}" for level in levels]
    for (more, other), name in zip(grouped[1:], names[1:], strict=True):
        codes = np.where((codes < 0) | (more < 0), -1, codes * len(other) + more)
        labels = [f"{label}, {name}: {level}" for label in labels for level in other]
    return codes, labels


def _indicator(codes: NDArray[np.intp], kept: NDArray[np.intp], count: int) -> sparse.csr_matrix:
    from scipy import sparse

    place = np.full(count, -1, dtype=np.intp)
    place[kept] = np.arange(len(kept))
    rows = np.flatnonzero((codes >= 0) & (place[codes] >= 0))
    entries = (np.ones(len(rows)), (place[codes[rows]], rows))
    return sparse.csr_matrix(entries, shape=(len(kept), len(codes)))


def _span_labels(
    levels: list[str], values: NDArray[Any], clusters: NDArray[np.intp]
) -> tuple[str, ...]:
    labels = []
    for group in range(int(clusters.max()) + 1):
        inside = values[clusters == group]
        low, high = levels[int(inside.min())], levels[int(inside.max())]
        labels.append(low if low == high else f"{low} to {high}")
    return tuple(labels)


def _range_labels(values: NDArray[Any], clusters: NDArray[np.intp]) -> tuple[str, ...]:
    labels = []
    for group in range(int(clusters.max()) + 1):
        inside = values[clusters == group]
        low, high = float(inside.min()), float(inside.max())
        labels.append(f"{low:,.6g}" if low == high else f"{low:,.6g} to {high:,.6g}")
    return tuple(labels)
