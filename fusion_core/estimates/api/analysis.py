"""`analyze`: estimates of fused variables with honest margins of error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from fusion_core.errors import InputError
from fusion_core.estimates.api._published import estimate_published
from fusion_core.estimates.api.report import ResultBlock, result_frame
from fusion_core.estimates.statistics import (
    Groups,
    GroupSums,
    NamedTarget,
    QuantileTarget,
    RatioTarget,
    Statistic,
    TotalTarget,
    WeightMatrix,
    build_targets,
    effective_sample_size,
    group_rows,
    indicates,
    weight_matrix,
)
from fusion_core.estimates.variance import (
    DonorError,
    GroupEstimates,
    Pooled,
    estimate_linearized,
    estimate_with_replicates,
    pool,
    pool_with_donor,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fusion_core.estimates.variance import DonorSample
    from fusion_core.fusion.implicates import Implicates
    from fusion_core.surveys.model import WeightDesign

    Floats = NDArray[np.float64]

Method = Literal["replicates", "paper", "fusionacs"]
METHODS: tuple[Method, ...] = ("replicates", "paper", "fusionacs")

NO_REPLICATES = (
    "No replicate weights: sampling error is linearized as if households were drawn independently."
)
ONE_IMPLICATE = "One implicate: the uncertainty of fusion itself is unknown and not counted."
MARGIN_LATER = "The margin of error is still being computed."
NO_DONOR = "The donor's own sampling error cannot be told for this figure and is not contained."
ONE_HOUSEHOLD = "One household: sampling error cannot be estimated."
SAME_VALUE = (
    "Every replicate weight and implicate gives the same value, as where many households gave the"
    " same round number: the margin is unknown, not zero."
)
NO_CASE = (
    "No household, or every one, is of this kind: the margin comes from the sample size (Wilson)."
)
# The normal quantile of a 90 % interval, squared: Wilson's adjustment of a share of 0 or 1.
_WILSON = 1.6448536269514722**2
# Estimates and variances this near to 0 or 1 differ from it by rounding alone.
_ROUNDING = 1e-12


def analyze(
    implicates: Implicates,
    statistics: Statistic | Sequence[Statistic],
    *,
    by: Sequence[str] | str | None = None,
    recipient: pd.DataFrame | None = None,
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
        Fused variables, rows in the order of `recipient`.
    statistics
        What to estimate; variables of the recipient itself may be named too.
    by
        Recipient columns whose combinations form the groups.
    recipient
        One row per household; ``None`` weights every household 1 and allows no `by`.
    weight
        Column of the full-sample weight, ``None`` for weight 1.
    design
        Replication design of the recipient's weights; ``None`` linearizes the sampling variance.
    donor
        The donor survey, for its own sampling error (`DonorSample.build`).
    method
        ``replicates`` (default): variances from all replicate weights; ``paper``: the formulas of
        fusionModel 2.4; ``fusionacs``: those of fusionACS, both without `donor`.
    confidence
        Of the margin of error.
    subset
        Households to estimate from, one truth value per row.

    Returns
    -------
    DataFrame
        One row per statistic, level and group with columns `by`…, ``variable``, ``level``,
        ``statistic``, ``n`` (households, unweighted), ``estimate``, ``standard_error``, ``moe``,
        ``lower``, ``upper``, ``cv``, ``degrees_of_freedom``, ``reliability``, ``fusion_share``
        (share of the variance due to fusion) and ``assumption``.

    Raises
    ------
    InputError
        If a name does not exist, lengths differ or a statistic does not suit its variable.
    """
    if method not in METHODS:
        raise InputError.unknown("method", str(method), METHODS)
    if not 0 < confidence < 1:
        raise InputError(f"{confidence} is no confidence level", fix="Use a share such as 0.90")
    columns = [by] if isinstance(by, str) else list(by or ())
    if columns and recipient is None:
        raise InputError("Groups need the recipient's columns", fix="Give `recipient`")
    rows = implicates.rows if recipient is None else len(recipient)
    weights = weight_matrix(recipient, implicates.rows or rows, weight=weight, design=design)
    table = _empty_table(rows) if recipient is None else recipient
    groups, keys = group_rows(table, columns, subset)
    targets = [
        target
        for statistic in _as_list(statistics)
        for target in build_targets(statistic, implicates, recipient, rows)
    ]
    blocks = estimate_targets(groups, weights, targets, method=method, donor=donor)
    return result_frame(keys, blocks, confidence=confidence)


def estimate_targets(
    groups: Groups,
    weights: WeightMatrix,
    targets: Sequence[NamedTarget],
    *,
    method: Method = "replicates",
    donor: DonorSample | None = None,
    widen_certainty: bool = True,
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
    widen_certainty
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
    blocks = [_block(*pair, groups, weights, error) for pair in zip(targets, raw, strict=True)]
    return _widen(blocks, targets, groups, weights) if widen_certainty else blocks


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
        counts, notes = answered_rows(groups, item), [MARGIN_LATER] * len(groups)
        blocks.append(
            ResultBlock(item.statistic, item.level, counts, pooled, bounds_of(item), notes)
        )
    return blocks


def _block(
    item: NamedTarget,
    result: GroupEstimates,
    groups: Groups,
    weights: WeightMatrix,
    donor: DonorError | None,
) -> ResultBlock:
    counts = answered_rows(groups, item)
    limit = sampling_degrees_of_freedom(counts, weights, observed=item.observed)
    notes = ["" if weights.has_replicates else NO_REPLICATES] * len(groups)
    pooled = None if item.observed else _pool_with_donor(item, result, limit, donor)
    if pooled is None:
        pooled = pool(result.estimates, result.variances, complete_degrees_of_freedom=limit)
        note = "" if item.observed else lacking_donor(result.estimates.shape[1], donor is not None)
        notes = [_join(own, note) for own in notes]
    pooled, fixed = without_false_zeros(pooled, item)
    for group in np.flatnonzero(fixed):
        notes[group] = _join(notes[group], SAME_VALUE)
    for group in np.flatnonzero(np.isnan(pooled.total) & (counts == 1)):
        notes[group] = _join(notes[group], ONE_HOUSEHOLD)
    for group in np.flatnonzero(result.lost_replicates):
        lost = int(result.lost_replicates[group])
        notes[group] = _join(notes[group], f"{lost} replicate weights give no estimate here.")
    return ResultBlock(item.statistic, item.level, counts, pooled, bounds_of(item), notes)


def without_false_zeros(pooled: Pooled, item: NamedTarget) -> tuple[Pooled, NDArray[np.bool_]]:
    """Replace the variance 0 of quantiles by an unknown one; return which groups it concerns.

    Replicate weights move a quantile from one observed value to another. Where many households gave
    the same answer it stays where it is under all of them, which says nothing about its precision.
    """
    fixed = np.zeros(len(pooled.total), dtype=bool)
    if isinstance(item.target, QuantileTarget):
        fixed = (pooled.total == 0) & np.isfinite(pooled.estimate)
    if not fixed.any():
        return pooled, fixed
    unknown = {
        name: np.where(fixed, np.nan, getattr(pooled, name))
        for name in ("within", "between", "total")
    }
    return replace(pooled, **unknown), fixed


def _pool_with_donor(
    item: NamedTarget, result: GroupEstimates, limit: Floats, donor: DonorError | None
) -> Pooled | None:
    effect = None if donor is None else donor.effect(item, result.estimates.mean(axis=1))
    if donor is None or effect is None:
        return None
    freedom = limit, float(donor.sample.replicates)
    return pool_with_donor(result.estimates, result.variance_of_mean, effect.variance, freedom)


def lacking_donor(implicates: int, known: bool) -> str:
    """Say what a margin lacks that does not contain the donor's part.

    Parameters
    ----------
    implicates
        Number of implicates.
    known
        Whether the donor is known, but not its part in this figure.
    """
    return _join(ONE_IMPLICATE if implicates == 1 else "", NO_DONOR if known else "")


def sampling_degrees_of_freedom(
    households: NDArray[np.int_], weights: WeightMatrix, *, observed: bool
) -> Floats:
    """Return the degrees of freedom of groups' sampling variances, before fusion takes its part.

    * Variables the survey itself asked, with replicate weights: those its publisher uses. The Census
      Bureau publishes margins with the normal distribution, infinite degrees of freedom (*PUMS
      Accuracy of the Data*); EIA takes the number of replicates, 96 (*Using the 2015 microdata file
      to compute estimates and standard errors*, R example 2); jackknives have the rank of their
      variance estimator.
    * Fused variables with replicate weights: the smaller of that rank (Korn and Graubard 1999,
      section 2.4, give it less the number of constraints, which no survey publishes), and
      households − 1.
    * No replicate weights: households − 1, as for a simple random sample.

    Rubin's rules turn these into the degrees of freedom of the pooled estimate, see
    `fusion_core.estimates.variance.pooling.barnard_rubin`; contrasts of two sources use Welch and
    Satterthwaite's, see `fusion_core.estimates.variance.contrasts.unpaired`.

    Parameters
    ----------
    households
        Households with an answer per group.
    weights
        Weights they are estimated with.
    observed
        Whether the survey itself asked.
    """
    limit = np.maximum(households - 1, 1).astype(float)
    if not weights.has_replicates:
        return limit
    design = weights.design
    if not observed:
        return np.asarray(np.minimum(limit, design.rank))
    published = np.inf if design.method == "successive difference" else design.rank
    return np.full_like(limit, published)


def _widen(
    blocks: list[ResultBlock],
    targets: Sequence[NamedTarget],
    groups: Groups,
    weights: WeightMatrix,
) -> list[ResultBlock]:
    """Give shares of exactly 0 or 1 the variance of Wilson's adjusted share instead of none."""
    widened = []
    for block, item in zip(blocks, targets, strict=True):
        certain, variance = certainty_variance(block.pooled, item, groups, weights)
        widened.append(_with_variance(block, certain, variance) if certain.any() else block)
    return widened


def certainty_variance(
    pooled: Pooled, item: NamedTarget, groups: Groups, weights: WeightMatrix
) -> tuple[NDArray[np.bool_], Floats]:
    """Return where a share of exactly 0 or 1 came out as certain, and the variance it gets instead.

    No replicate weight changes a share that nobody, or everybody, contributes to. Its variance is
    that of Wilson's (1927) adjusted share p* = (n p + z²/2)/(n + z²), p*(1 − p*)/(n + z²), with n
    the effective sample size; counts take it times the squared weight of the group.

    Parameters
    ----------
    pooled
        Pooled estimates.
    item, groups, weights
        What was estimated, of whom, with which weights.
    """
    target = item.target
    certain = np.zeros(len(groups), dtype=bool)
    if isinstance(target, RatioTarget) and target.proportion:
        nearest = np.clip(np.round(pooled.estimate), 0.0, 1.0)
        certain = np.abs(pooled.estimate - nearest) < _ROUNDING
        certain &= ~(pooled.within > _ROUNDING**2)
    elif isinstance(target, TotalTarget) and indicates(target.measure):
        certain = (pooled.estimate == 0) & ~(pooled.within > 0)
    variance = np.zeros(len(groups))
    if not certain.any():
        return certain, variance
    full = weights.full
    for place, rows in enumerate(groups):
        if certain[place]:
            size = effective_sample_size(full[rows])
            adjusted = _WILSON / 2.0 / (size + _WILSON)
            variance[place] = adjusted * (1.0 - adjusted) / (size + _WILSON)
            if isinstance(target, TotalTarget):
                variance[place] *= full[rows].sum() ** 2
    return certain, variance


def _with_variance(block: ResultBlock, where: NDArray[np.bool_], variance: Floats) -> ResultBlock:
    total = np.fmax(variance, block.pooled.total)
    pooled = replace(
        block.pooled,
        within=np.where(where, variance, block.pooled.within),
        total=np.where(where, total, block.pooled.total),
        degrees_of_freedom=np.where(where, np.inf, block.pooled.degrees_of_freedom),
    )
    notes = [
        _join(note.replace(ONE_HOUSEHOLD, "").strip(), NO_CASE) if widened else note
        for note, widened in zip(block.assumptions, where, strict=True)
    ]
    return replace(block, pooled=pooled, assumptions=notes)


def answered_rows(groups: Groups, item: NamedTarget) -> NDArray[np.int_]:
    """Return the households with an answer in every group, averaged over implicates."""
    column = item.column
    if item.within is None and (column is None or column.complete):
        return groups.sizes
    counts = []
    for rows in groups:
        inside = np.ones((1, 1)) if item.within is None else item.within[rows]
        present = np.ones((1, 1)) if column is None else column.present(rows)
        counts.append(round(float((inside * present).sum(axis=0).mean())))
    return np.array(counts)


def bounds_of(item: NamedTarget) -> tuple[float, float]:
    """Return the smallest and largest value an estimate can have."""
    if isinstance(item.target, RatioTarget) and item.target.proportion:
        return 0.0, 1.0
    if item.statistic.kind == "count":
        return 0.0, np.inf
    return -np.inf, np.inf


def _as_list(statistics: Statistic | Sequence[Statistic]) -> list[Statistic]:
    return [statistics] if isinstance(statistics, Statistic) else list(statistics)


def _empty_table(rows: int) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(index=pd.RangeIndex(rows))


def _join(first: str, second: str) -> str:
    return f"{first} {second}".strip()
