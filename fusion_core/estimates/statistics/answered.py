"""Who counts in an estimate: households with an answer, a weight, and of the kind asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_core.estimates.statistics.quantiles import effective_sample_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics.groups import Groups, Rows
    from fusion_core.estimates.statistics.targets import NamedTarget

    Floats = NDArray[np.float64]


def answered_rows(groups: Groups, item: NamedTarget, weight: Floats) -> NDArray[np.int_]:
    """Return the households with an answer and a weight in every group, averaged over implicates.

    Parameters
    ----------
    groups, item
        Of whom, and what.
    weight
        Full-sample weight of all rows; who has none does not count.
    """
    complete = all(column.complete for column in item.columns)
    if item.within is None and complete and (weight > 0).all():
        return groups.sizes
    counts = []
    for rows in groups:
        used = (weight[rows] > 0)[:, None] * counted(item, rows)
        counts.append(round(float(used.sum(axis=0).mean())))
    return np.array(counts)


def weights_of_answers(item: NamedTarget, rows: Rows, weight: Floats) -> Floats:
    """Return the weight of each household that counts, else 0, shape (rows, M or 1).

    Parameters
    ----------
    item, rows
        What, and of whom.
    weight
        Full-sample weight of these rows.
    """
    return np.asarray(weight[:, None] * counted(item, rows))


def effective_answers(item: NamedTarget, rows: Rows, weight: Floats) -> float:
    """Return Kish's effective number of households that count, averaged over implicates.

    Parameters
    ----------
    item, rows, weight
        As in `weights_of_answers`.
    """
    used = weights_of_answers(item, rows, weight)
    return float(np.mean([effective_sample_size(column) for column in used.T]))


def share_of_answers(item: NamedTarget, rows: Rows, weight: Floats) -> float:
    """Return the weighted share of the households of a kind that answered.

    Parameters
    ----------
    item, rows, weight
        As in `weights_of_answers`.
    """
    everybody = weight[:, None] * inside(item, rows)
    answered = weights_of_answers(item, rows, weight).sum(axis=0).mean()
    total = everybody.sum(axis=0).mean()
    return float(answered / total) if total > 0 else 0.0


def counted(item: NamedTarget, rows: Rows) -> Floats:
    """Return 1 for households of the subgroup that answered all there is to answer, else 0.

    Parameters
    ----------
    item, rows
        What, and of whom.

    Returns
    -------
    ndarray
        Shape (rows, M), or less where it is the same along an axis.
    """
    found = inside(item, rows)
    for column in item.columns:
        if not column.complete:
            found = found * column.present(rows)
    return found


def inside(item: NamedTarget, rows: Rows) -> Floats:
    """Return 1 for households of the subgroup, shape (rows, M), or one 1 where all are.

    Parameters
    ----------
    item, rows
        What, and of whom.
    """
    if item.within is None:
        return np.ones((1, 1))
    return item.within.mask[rows].astype(np.float64)
