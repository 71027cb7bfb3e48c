"""`analyze`: estimates of fused variables with honest margins of error."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from fusion_core.errors import InputError
from fusion_core.estimates.api._households import Households
from fusion_core.estimates.api.breakdown import estimate_by
from fusion_core.estimates.margins import (
    MARGIN_LATER,
    ResultBlock,
    estimate_published,
    pool_target,
    result_frame,
)
from fusion_core.estimates.statistics import (
    Groups,
    GroupSums,
    NamedTarget,
    Question,
    WeightMatrix,
    answered_rows,
    checked_implicates,
)
from fusion_core.estimates.variance import (
    DonorSample,
    Pooled,
    donor_error,
    estimate_each,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import Statistic
    from fusion_core.estimates.variance import Donor
    from fusion_core.frames import Table
    from fusion_core.fusion.implicates import Implicates
    from fusion_core.surveys.weight_design import WeightDesign

    Floats = NDArray[np.float64]

Method = Literal["replicates", "paper", "fusionacs"]
METHODS: tuple[Method, ...] = ("replicates", "paper", "fusionacs")


def analyze(
    implicates: Implicates,
    statistics: Statistic | Sequence[Statistic],
    *,
    by: Sequence[str] | str | None = None,
    recipient: Table | None = None,
    weight: str | None = "weight",
    design: WeightDesign | None = None,
    donor: DonorSample | None = None,
    method: Method = "replicates",
    confidence: float = 0.90,
    subset: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Estimate statistics of fused variables, overall or by group.

    The estimate is the mean of those of the implicates, its margin of error t·√T. With `donor`, T is
    the recipient's sampling variance of that mean plus the donor's part in the error (see
    `fusion_core.estimates.variance.donor_error`). Without it, T = ū + (1 + 1/M) b (Rubin 1987) with Barnard
    and Rubin's (1999) degrees of freedom, which knows only of the implicates: margins of large
    groups are then too small.

    Parameters
    ----------
    implicates
        Fused variables.
    statistics
        What to estimate; variables of the recipient itself may be named too.
    by
        Columns whose combinations form the groups: of the recipient, or fused variables with levels.
    recipient
        One row per household, a table of pandas, polars, Arrow or DuckDB; ``None`` counts every
        household once, which `assumption` tells, and allows no `by`. Rows are matched by their index where the implicates have
        one, else by position.
    weight
        Column of the full-sample weight; ``None`` counts every household once, which `assumption`
        tells.
    design
        Replication design of the recipient's weights; ``None`` linearizes the sampling variance.
    donor
        The donor survey, for its own sampling error (`DonorSample.of`).
    method
        ``replicates`` (default): variances from all replicate weights; ``paper``: the formulas of
        fusionModel 2.4; ``fusionacs``: those of fusionACS, both without `donor`.
    confidence
        Of the margin of error.
    subset
        Households to estimate from, one truth value per row of `recipient`.

    Returns
    -------
    DataFrame
        One row per statistic, level and group with columns `by`…, ``variable``, ``level``,
        ``statistic``, ``n`` (households, unweighted), ``estimate``, ``standard_error``, ``moe``,
        ``lower``, ``upper``, ``cv``, ``degrees_of_freedom``, ``reliability`` (see
        `fusion_core.estimates.margins.report.reliability`), ``fusion_share`` (share of the variance due to
        fusion) and ``assumption``.

    Raises
    ------
    InputError
        If a name does not exist, the rows are of other households or a statistic does not suit its
        variable.
    """
    if method not in METHODS:
        raise InputError.unknown("method", str(method), METHODS)
    fused = checked_implicates(implicates)
    asked = Question.asked(statistics, by=by, weight=weight, design=design, confidence=confidence)

    if recipient is None:
        households = Households.of_implicates(asked, fused, donor)
    else:
        households = Households.read(asked, recipient, fused, donor)
    breakdown = households.breakdown(subset)
    targets = households.targets()
    estimate = partial(
        estimate_targets,
        breakdown.groups,
        households.weights,
        method=method,
        donor=households.donor,
    )
    keys, blocks = estimate_by(breakdown, targets, estimate)
    return result_frame(keys, blocks, confidence=confidence)


def estimate_targets(
    groups: Groups,
    weights: WeightMatrix,
    targets: Sequence[NamedTarget],
    *,
    method: Method = "replicates",
    donor: Donor | None = None,
    wilson_at_bounds: bool = True,
    sums: GroupSums | None = None,
) -> list[ResultBlock]:
    """Estimate and pool targets; the part of `analyze` that needs no table.

    Parameters
    ----------
    groups
        Rows of each group.
    weights
        Weights of all rows.
    targets
        What to estimate.
    method, donor
        As in `analyze`.
    wilson_at_bounds
        Give shares of exactly 0 or 1, whose replicate variance is 0, the margin their sample size
        implies.
    sums
        Weighted sums of these groups and weights, where some are known already.
    """
    if method != "replicates":
        return estimate_published(groups, weights, targets, method)
    known = GroupSums(groups, weights.values) if sums is None else sums
    raw = estimate_each(groups, weights, targets, sums=known)
    error = None if donor is None else donor_error(donor, known, weights.full)
    blocks = []
    for item, estimates in zip(targets, raw, strict=True):
        found = pool_target(
            item, estimates, groups, weights, error=error, wilson_at_bounds=wilson_at_bounds
        )
        block = ResultBlock.of(
            item, found.n, found.pooled, found.notes, found.complete, untested=found.untested
        )
        blocks.append(block)
    return blocks


def estimate_points(
    groups: Groups, weights: WeightMatrix, targets: Sequence[NamedTarget]
) -> list[ResultBlock]:
    """Estimate targets from the full-sample weight alone, without any margin of error.

    The estimates are those of `estimate_targets`; a map can be coloured by them while its margins
    are computed.

    Parameters
    ----------
    groups, weights, targets
        As in `estimate_targets`.
    """
    unknown = np.full(len(groups), np.nan)
    complete = np.ones(len(groups), dtype=bool)
    blocks = []
    for item in targets:
        means = [
            item.target.replicated(weights.full[rows][:, None], rows).mean() for rows in groups
        ]
        pooled = Pooled(np.array(means), unknown, unknown, unknown, unknown)
        counts = answered_rows(groups, item, weights.full)
        blocks.append(ResultBlock.of(item, counts, pooled, [MARGIN_LATER] * len(groups), complete))
    return blocks
