"""Scores by random parts of the households, so that two runs can be told from chance.

The score of a run is a mean over households. Whether another run on the same households is better by
more than their choice explains follows from the differences of both in parts of them: the delete-a-group
jackknife (Kott 2001, *The delete-a-group jackknife*, Journal of Official Statistics 17).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.validation.internal._metrics import observed_codes
from fusion_core.validation.internal.scores import brier_by_row, crps_by_row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.implicates import Implicates

    Floats = NDArray[np.float64]

PARTS: Final = 50
SCORE_PART_COLUMNS: Final = ("variable", "part", "weight", "score")


def parts_of(keys: Any) -> NDArray[np.intp]:
    """Return the part of every household, from 0 to `PARTS` − 1.

    It follows from the household's key alone, so that a household is in the same part in every run.

    Parameters
    ----------
    keys
        One key per household.
    """
    texts = np.asarray(pd.Index(keys).astype(str), dtype=object)
    return np.asarray(pd.util.hash_array(texts) % np.uint64(PARTS), dtype=np.intp)


def score_parts(
    observed: pd.DataFrame, implicates: Implicates, weight: Floats, keys: Any
) -> pd.DataFrame:
    """Return the fair score of every variable in every part of the households.

    Parameters
    ----------
    observed
        True values, rows in the order of the implicates.
    implicates
        The draws.
    weight
        One weight per row.
    keys
        What names each household.

    Returns
    -------
    DataFrame
        One row per variable and part: ``variable``, ``part``, ``weight`` (of its households) and
        ``score``: the weighted sum of their CRPS of a number, or Brier score of a category.
    """
    part = parts_of(keys)
    mass = np.bincount(part, weight, minlength=PARTS)
    found = []
    for name, variable in implicates.variables.items():
        if variable.is_categorical:
            codes = observed_codes(observed[name], variable)
            loss = brier_by_row(codes, variable.values, len(variable.levels))
        else:
            loss = crps_by_row(observed[name].to_numpy(dtype=np.float64), variable.values)
        found.append(np.bincount(part, weight * loss, minlength=PARTS))
    return pd.DataFrame(
        {
            "variable": np.repeat(implicates.names, PARTS),
            "part": np.tile(np.arange(PARTS), len(found)),
            "weight": np.tile(mass, len(found)),
            "score": np.concatenate(found),
        }
    )


def jackknife(first: pd.DataFrame, second: pd.DataFrame) -> tuple[float, float]:
    """Return by how much the first score is above the second, as a share of it, and its standard error.

    Parameters
    ----------
    first, second
        The parts of one variable in two runs (`score_parts`).

    Returns
    -------
    tuple
        NaN for the error where the two are not of the same households.
    """
    mass, other = (table["weight"].to_numpy(dtype=np.float64) for table in (first, second))
    loss, against = (table["score"].to_numpy(dtype=np.float64) for table in (first, second))
    if not len(loss) or not against.sum():
        return float("nan"), float("nan")
    whole = float(loss.sum() / mass.sum() / (against.sum() / other.sum()) - 1.0)
    if len(mass) != len(other) or not np.allclose(mass, other):
        return whole, float("nan")
    # Both are of the same households: what they weigh cancels in the ratio.
    left = (loss.sum() - loss) / (against.sum() - against) - 1.0
    used = mass > 0
    count = int(used.sum())
    variance = (count - 1.0) / count * float(((left[used] - left[used].mean()) ** 2).sum())
    return whole, float(np.sqrt(variance))
