"""From a sample with nonresponse to calibrated weights, the same way for every replicate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]


def adjust_nonresponse(weights: Array, responded: Array, cell: Array) -> Array:
    """Spread the weight of nonrespondents over the respondents of their cell.

    Parameters
    ----------
    weights
        Shape (sampled, 1 + replicates).
    responded
        Whether each sampled household took part.
    cell
        Adjustment cell of each sampled household; each holds at least one respondent.

    Returns
    -------
    numpy.ndarray
        Weights of the respondents, shape (respondents, 1 + replicates).
    """
    everybody = _totals(weights, cell)
    respondents = _totals(weights * responded[:, None], cell)
    ratio = everybody / np.where(respondents > 0, respondents, 1.0)
    return np.asarray(weights[responded] * ratio[cell[responded]])


def rake(weights: Array, margins: Sequence[tuple[Array, Array]], *, rounds: int = 6) -> Array:
    """Scale weights until they reproduce known totals of several classifications.

    Iterative proportional fitting (Deming and Stephan, 1940) of every column separately, so that
    replicate weights carry the gain in precision of the calibration. The first margin is met
    exactly on return, the others nearly.

    Parameters
    ----------
    weights
        Shape (units, columns).
    margins
        ``(class of each unit, total of each class)``.
    rounds
        Passes over the margins.
    """
    result = weights
    for _ in range(rounds):
        for group, total in reversed(margins):
            found = _totals(result, group, len(total))
            ratio = total[:, None] / np.where(found > 0, found, 1.0)
            result = result * ratio[group]
    return result


def round_weights(weights: Array, group: Array) -> Array:
    """Round weights to whole numbers so that group totals stay within one.

    The rounding error is carried to the next unit of the group instead of being lost.

    Parameters
    ----------
    weights
        Shape (units, columns).
    group
        Group of each unit; the units of a group stand together.
    """
    ends = np.cumsum(weights, axis=0)
    starts = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    before = np.where(starts[:, None] > 0, ends[starts - 1], 0.0)
    sizes = np.diff(starts, append=len(group))
    within = np.round(ends - np.repeat(before, sizes, axis=0))
    whole = np.diff(within, axis=0, prepend=np.zeros((1, weights.shape[1])))
    whole[starts] = within[starts]
    return np.asarray(np.maximum(whole, 1.0))


def _totals(values: Array, group: Array, count: int | None = None) -> Array:
    from scipy import sparse  # slow to import, and a demo that is there needs none

    number = int(group.max()) + 1 if count is None else count
    indicator = sparse.csr_array(
        (np.ones(len(group)), (group, np.arange(len(group)))), shape=(number, len(group))
    )
    return np.asarray(indicator @ values)
