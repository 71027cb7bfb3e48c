"""Whether M implicates are enough: how estimates and margins settle as M grows.

With m implicates the pooled estimate still carries simulation noise of standard deviation √(b/m),
b being the variance between implicates (Rubin 1987, chapter 4). Drawing all implicates again would
move the estimate by about that much, so its size against the margin of error says whether more
draws are worth their time. The noise at every m follows from b of all M implicates, because the
first m of them are part of the M they would be compared with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.validation.internal._metrics import SubsetWeights, pooled_margin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fusion_core.validation.internal._metrics import SubsetEstimate

    Floats = NDArray[np.float64]

COUNTS: Final = (2, 3, 5, 10, 20, 40, 80, 160)
CONVERGENCE_COLUMNS: Final = (
    "variable",
    "level",
    "implicates",
    "estimate",
    "moe",
    "margin",
    "noise",
)
# The standard deviation of a normal distribution becomes the margin its 90 % lie within.
_MARGIN: Final = 1.645


def convergence_table(
    estimates: Sequence[SubsetEstimate], whole: Sequence[SubsetEstimate], sums: SubsetWeights
) -> pd.DataFrame:
    """Follow estimates and margins of error from two implicates to all of them.

    Parameters
    ----------
    estimates
        Of the subsets, see `fusion_core.validation.internal._metrics.estimate_subsets`.
    whole
        The same of all households, in the same order.
    sums
        The subsets.

    Returns
    -------
    DataFrame
        One row per variable, level and number of implicates: ``variable``, ``level``,
        ``implicates``, ``estimate`` and ``moe`` (of all households, from the first implicates),
        ``margin`` (margin of error against that of all implicates, median over subsets) and
        ``noise`` (how far a subset estimate would move if all were drawn again, as a 90 % margin
        divided by its margin of error; median over subsets).
    """
    everyone = SubsetWeights.of_everyone(sums.weight)
    sampled = np.concatenate([sums.degrees_of_freedom, everyone.degrees_of_freedom])
    # All estimates are pooled at once, everybody's after those of the subsets.
    mean, variance = (
        np.stack(
            [
                np.concatenate([own.simulated[part], all_rows.simulated[part]])
                for own, all_rows in zip(estimates, whole, strict=True)
            ]
        )
        for part in (0, 1)
    )
    available = mean.shape[2]
    full = _pooled(mean, variance, sampled)[1][:, :-1]
    noise = _MARGIN * mean[:, :-1].std(axis=2, ddof=1)
    rows = []
    for count in _counts(available):
        estimate, moe = _pooled(mean[:, :, :count], variance[:, :, :count], sampled)
        for place, own in enumerate(estimates):
            margin = _typical(moe[place, :-1], full[place])
            typical_noise = _typical(noise[place] / np.sqrt(count), full[place])
            rows.append(
                (
                    own.variable,
                    own.level,
                    count,
                    float(estimate[place, -1]),
                    float(moe[place, -1]),
                    margin,
                    typical_noise,
                )
            )
    # By variable and level, every number of implicates.
    ordered = [row for place in range(len(estimates)) for row in rows[place :: len(estimates)]]
    return pd.DataFrame(ordered, columns=list(CONVERGENCE_COLUMNS))


def _pooled(mean: Floats, variance: Floats, sampled: Floats) -> tuple[Floats, Floats]:
    """Return pooled estimates and margins, shape (estimates, subsets)."""
    shape, count = mean.shape[:2], mean.shape[2]
    flat = mean.reshape(-1, count), variance.reshape(-1, count)
    estimate, moe = pooled_margin(flat, np.tile(sampled, shape[0]))
    return estimate.reshape(shape), moe.reshape(shape)


def _counts(available: int) -> list[int]:
    return sorted({count for count in COUNTS if count < available} | {available})


def _typical(values: Floats, reference: Floats) -> float:
    """Return the median ratio over subsets that have a margin at all."""
    usable = np.isfinite(values) & (reference > 0)
    return float(np.median(values[usable] / reference[usable])) if usable.any() else 0.0
