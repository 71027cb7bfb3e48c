"""`analyze`: estimates of fused variables with honest margins of error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from fusion_core.arguments import require_type
from fusion_core.errors import InputError
from fusion_core.estimates.api.breakdown import estimate_by, fused_cells
from fusion_core.estimates.margins import (
    MARGIN_LATER,
    ResultBlock,
    bounds_of,
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
    build_targets,
    checked_implicates,
    group_rows,
    ordered_mask,
    weight_matrix,
)
from fusion_core.estimates.variance import (
    DonorError,
    DonorSample,
    Pooled,
    estimate_linearized,
    estimate_with_replicates,
)
from fusion_core.fusion.implicates import order_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import Statistic
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
    implicates = checked_implicates(implicates)
    asked = Question.asked(statistics, by=by, weight=weight, design=design, confidence=confidence)
    if recipient is None and any(name not in implicates.variables for name in asked.by):
        raise InputError("Groups need the recipient's columns", fix="Give `recipient`")
    if donor is not None:
        require_type(
            donor, DonorSample, "donor", fix="Make one with DonorSample.of(model, donor, recipient)"
        )
    if recipient is not None:
        recipient = asked.read(recipient, "the recipient", fused=implicates.names)
        order = order_of(implicates.index, recipient, what="recipient")
        if subset is not None:
            subset = ordered_mask(subset, recipient, order, "The subset")
        recipient = recipient if order is None else recipient.iloc[order]
        donor = None if donor is None else donor.in_order_of(recipient)
    rows = implicates.rows if recipient is None else len(recipient)
    weights = weight_matrix(
        recipient,
        implicates.rows or rows,
        weight=weight,
        design=design,
        trained=implicates.weight,
    )
    table = _empty_table(rows) if recipient is None else recipient
    own, cells = fused_cells(asked.by, implicates, donor)
    groups, keys = group_rows(table, own, subset)
    targets = [
        target
        for statistic in asked.statistics
        for target in build_targets(statistic, implicates, recipient, rows)
    ]

    def blocks_of(items: Sequence[NamedTarget]) -> list[ResultBlock]:
        return estimate_targets(groups, weights, items, method=method, donor=donor)

    found = estimate_by(asked.by, (groups, keys), cells, targets, blocks_of)
    return result_frame(*found, confidence=confidence)


def estimate_targets(
    groups: Groups,
    weights: WeightMatrix,
    targets: Sequence[NamedTarget],
    *,
    method: Method = "replicates",
    donor: DonorSample | None = None,
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
    computed = [item.target for item in targets]
    known = GroupSums(groups, weights.values) if sums is None else sums
    if weights.has_replicates:
        raw = estimate_with_replicates(
            groups, weights.values, weights.design.factor, computed, sums=known
        )
    else:
        raw = estimate_linearized(groups, weights.full, computed, len(weights.values))
    error = None if donor is None else DonorError(donor, known, weights.full)
    blocks = []
    for item, result in zip(targets, raw, strict=True):
        found = pool_target(
            item, result, groups, weights, error=error, wilson_at_bounds=wilson_at_bounds
        )
        blocks.append(
            ResultBlock(
                item.statistic,
                item.level,
                found.n,
                found.pooled,
                bounds_of(item),
                found.notes,
                found.complete,
            )
        )
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
    blocks = []
    for item in targets:
        means = [
            item.target.replicated(weights.full[rows][:, None], rows).mean() for rows in groups
        ]
        pooled = Pooled(np.array(means), unknown, unknown, unknown, unknown)
        counts = answered_rows(groups, item, weights.full)
        notes = [MARGIN_LATER] * len(groups)
        blocks.append(
            ResultBlock(
                item.statistic,
                item.level,
                counts,
                pooled,
                bounds_of(item),
                notes,
                np.ones(len(groups), dtype=bool),
            )
        )
    return blocks


def _empty_table(rows: int) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(index=pd.RangeIndex(rows))
