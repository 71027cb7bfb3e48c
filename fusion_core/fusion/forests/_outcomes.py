"""What the trees of a forest are grown on: outcomes side by side, and categories in an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fusion_core.fusion.base import VariableType

    Floats = NDArray[np.float64]


def outcome_columns(types: Sequence[VariableType], values: Floats, weights: Floats) -> Floats:
    """Return the outcomes as columns whose squared errors the trees lower together.

    A number is one column; a category has an indicator of every class, whose squared error is the
    Gini impurity. Each variable counts alike: its columns have a variance of one in all.

    Parameters
    ----------
    types, values
        Types and values of the variables, of shape (donors, variables), none missing.
    weights
        Survey weights.
    """
    columns = []
    for variable, own in zip(types, values.T, strict=True):
        if variable.is_categorical:
            found = (own[:, None] == np.unique(own)).astype(np.float64)
        else:
            found = own[:, None]
        centred = found - np.average(found, axis=0, weights=weights)
        variance = float(np.average(np.square(centred), axis=0, weights=weights).sum())
        columns.append(centred / np.sqrt(variance) if variance > 0 else centred)
    return np.concatenate(columns, axis=1)


def category_ranks(codes: Floats, levels: int, outcomes: Floats, weights: Floats) -> Floats:
    """Return each code's place in the order in which trees split an unordered category.

    Levels are ordered by their mean outcome; with several outcomes by the first principal component of
    their means (Coppersmith, Hong and Hosking 1999, *Partitioning nominal attributes in decision
    trees*, Data Mining and Knowledge Discovery 3).

    Parameters
    ----------
    codes
        The donors' codes, missing ones as NaN.
    levels
        Number of levels.
    outcomes, weights
        Of the same donors, outcomes as from `outcome_columns`.

    Returns
    -------
    Rank by code; NaN for levels no donor has.
    """
    given = np.isfinite(codes)
    place, mass = codes[given].astype(np.int64), weights[given]
    total = np.bincount(place, mass, levels)
    present = total > 0
    sums = np.stack(
        [np.bincount(place, mass * column, levels) for column in outcomes[given].T], axis=1
    )
    means = sums[present] / total[present, None]
    centred = means - np.average(means, axis=0, weights=total[present])
    _, _, directions = np.linalg.svd(
        centred * np.sqrt(total[present])[:, None], full_matrices=False
    )
    ranks: Floats = np.full(levels, np.nan)
    # The sign of a direction means nothing; rounding keeps the order the same on every machine.
    along = np.round(centred @ directions[0], 10)
    order = np.argsort(along, kind="stable")
    ranks[np.flatnonzero(present)[order]] = np.arange(len(order))
    return ranks
