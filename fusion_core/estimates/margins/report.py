"""Results as people read them: margins of error, bounds, CV and reliability in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.estimates.statistics import RESULT_COLUMNS, NamedTarget, RatioTarget, Statistic
from fusion_core.estimates.variance import Pooled, margin_multiplier
from fusion_core.records import Checked

Floats = NDArray[np.float64]

HIGH_RELIABILITY_CV = 0.12
LOW_RELIABILITY_CV = 0.40
FRECHET_COLUMNS = ("frechet_lower", "frechet_upper")
"""Bounds of joint shares that hold however the donors depend on each other given the predictors."""
FUSED_MARGINS = (
    "Margins of fused variables include the sampling error of both surveys and the models' tendency to "
    "flatten differences between groups."
)
"""What the default margins are made of, for whoever shows them; `local_knowledge` says what of areas."""


@dataclass(frozen=True)
class ResultBlock(Checked):
    """One target in every group, pooled.

    Attributes
    ----------
    statistic, level
        What was estimated.
    n
        Households with an answer per group, unweighted.
    pooled
        The pooled estimates.
    bounds
        Smallest and largest possible value of the estimate.
    assumptions
        Per group, what was assumed for want of something better; empty when nothing was.
    complete
        Per group, whether the margin contains every part of the error that there is.
    untested
        Per group, whether areas may differ by more than anything has tested.
    frechet
        Per group, how small and how large the estimate may be if the donors behind it are not
        independent of one another (see `fusion_core.estimates.joint`); of joint shares alone.
    """

    statistic: Statistic
    level: str
    n: NDArray[np.int_]
    pooled: Pooled
    bounds: tuple[float, float]
    assumptions: list[str]
    complete: NDArray[np.bool_]
    untested: NDArray[np.bool_]
    frechet: tuple[Floats, Floats] | None = None

    @classmethod
    def of(
        cls,
        item: NamedTarget,
        n: NDArray[np.int_],
        pooled: Pooled,
        assumptions: list[str],
        complete: NDArray[np.bool_],
        *,
        untested: NDArray[np.bool_] | None = None,
    ) -> Self:
        """Lay out a target's results, within what its estimates can be."""
        bounds = (-np.inf, np.inf)
        if isinstance(item.target, RatioTarget) and item.target.proportion:
            bounds = (0.0, 1.0)
        elif item.statistic.kind == "count":
            bounds = (0.0, np.inf)
        few = np.zeros(len(n), dtype=bool) if untested is None else untested
        return cls(item.statistic, item.level, n, pooled, bounds, assumptions, complete, few)


def reliability(
    cv: Floats,
    *,
    high: float = HIGH_RELIABILITY_CV,
    low: float = LOW_RELIABILITY_CV,
    complete: NDArray[np.bool_] | bool = True,
    untested: NDArray[np.bool_] | bool = False,
) -> NDArray[np.object_]:
    """Return ``high``, ``medium``, ``low``, ``incomplete`` or ``undefined`` for each coefficient.

    Parameters
    ----------
    cv
        Standard error over absolute estimate; NaN where the estimate is 0 or has no standard error.
    high, low
        A CV under `high` is reliable, one above `low` is not (Esri's limits for ACS estimates).
    complete
        Whether the margin contains every part of the error. One that lacks the donor's part is a
        lower bound: the estimate is ``low`` where even that is too large, else ``incomplete``.
    untested
        Whether areas may differ by more than anything has tested; such an estimate is never ``high``.
    """
    classes = np.select(
        [np.isnan(cv), cv > low, ~np.asarray(complete), (cv < high) & ~np.asarray(untested)],
        ["undefined", "low", "incomplete", "high"],
        "medium",
    )
    return classes.astype(object)


def coefficient_of_variation(estimate: Floats, standard_error: Floats) -> Floats:
    """Return SE / |estimate|, NaN where the estimate is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(estimate != 0, standard_error / np.abs(estimate), np.nan)


def result_frame(
    keys: pd.DataFrame, blocks: list[ResultBlock], *, confidence: float
) -> pd.DataFrame:
    """Lay out pooled results, one row per target and group.

    Parameters
    ----------
    keys
        One row of `by` values per group.
    blocks
        The pooled targets.
    confidence
        Of the margin of error, 0.90 as the Census Bureau publishes.

    Returns
    -------
    DataFrame
        The columns of `keys`, `RESULT_COLUMNS` and, where an estimate is a joint share of several
        donors, `FRECHET_COLUMNS`.
    """
    groups = len(keys)
    columns = [_block_columns(block, groups, confidence) for block in blocks]
    values = {
        name: np.concatenate([column[name] for column in columns])
        for name in RESULT_COLUMNS
        if columns
    }
    # One frame built at once: inserting columns block by block would take most of the time.
    repeated = keys.take(np.tile(np.arange(groups), len(blocks))).reset_index(drop=True)
    result = pd.DataFrame(values, columns=list(RESULT_COLUMNS))
    if any(block.frechet is not None for block in blocks):
        nothing = np.full(groups, np.nan)
        for side, name in enumerate(FRECHET_COLUMNS):
            parts = [nothing if block.frechet is None else block.frechet[side] for block in blocks]
            result[name] = np.concatenate(parts)
    return pd.concat([repeated, result], axis=1)


def _block_columns(block: ResultBlock, groups: int, confidence: float) -> dict[str, NDArray[Any]]:
    pooled = block.pooled
    estimate, error = pooled.estimate, pooled.standard_error
    moe = margin_multiplier(pooled.degrees_of_freedom, confidence) * error
    cv = coefficient_of_variation(estimate, error)
    low, high = block.bounds
    return {
        "variable": _repeated(block.statistic.variable, groups),
        "level": _repeated(block.level, groups),
        "statistic": _repeated(block.statistic.kind, groups),
        "n": np.asarray(block.n),
        "estimate": estimate,
        "standard_error": error,
        "moe": moe,
        "lower": np.maximum(estimate - moe, low),
        "upper": np.minimum(estimate + moe, high),
        "cv": cv,
        "degrees_of_freedom": pooled.degrees_of_freedom,
        "reliability": reliability(cv, complete=block.complete, untested=block.untested),
        "fusion_share": pooled.fusion_share,
        "assumption": np.array(block.assumptions, dtype=object),
    }


def _repeated(text: str, count: int) -> NDArray[np.object_]:
    return np.full(count, text, dtype=object)
