"""Groups ranked by an estimate, with the ranks each may have (`fusion_core.estimates.variance.ranks`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.errors import InputError
from fusion_core.estimates.api._households import Households
from fusion_core.estimates.api.comparison import only_statistic, only_target
from fusion_core.estimates.api.contrast_frame import Side, estimate_side
from fusion_core.estimates.margins import ResultBlock, result_frame
from fusion_core.estimates.statistics import Question, checked_implicates
from fusion_core.estimates.variance import (
    DonorEffect,
    JointEffect,
    JointError,
    RankSets,
    rank_sets,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import Statistic
    from fusion_core.estimates.variance import DonorSample, Effect
    from fusion_core.frames import Table
    from fusion_core.fusion.implicates import Implicates
    from fusion_core.surveys.weight_design import WeightDesign

    Floats = NDArray[np.float64]

RANK_COLUMNS: Final = (
    "rank",
    "best_rank",
    "worst_rank",
    "surely_among",
    "may_be_among",
    "may_lead",
)
TOP: Final = 10
# A share of 1 under every weight is rounded to 1 − 1e-16 under some: that is no movement.
_ROUNDING: Final = 1e-13


def rank(
    implicates: Implicates | None,
    statistic: Statistic,
    by: Sequence[str] | str,
    *,
    recipient: Table,
    weight: str | None = "weight",
    design: WeightDesign | None = None,
    donor: DonorSample | None = None,
    lowest: bool = False,
    top: int = TOP,
    confidence: float = 0.90,
    seed: int = 1,
) -> pd.DataFrame:
    """Rank groups of households by a statistic, with the ranks each may have.

    Parameters
    ----------
    implicates
        Fused variables; ``None`` to rank by a variable of the recipient alone.
    statistic
        One statistic; a share or count must name its level.
    by
        Columns of the recipient whose combinations form the groups.
    recipient, weight, design, donor
        As in `fusion_core.estimates.analyze`.
    lowest
        Whether rank 1 is the lowest estimate rather than the highest.
    top
        The number of first places the columns ``surely_among`` and ``may_be_among`` speak of.
    confidence
        Of margins, and that all ranks lie within their bounds.
    seed
        Of the draws behind the bounds.

    Returns
    -------
    DataFrame
        As `fusion_core.estimates.analyze`, one row per group in the order of ranks, with `RANK_COLUMNS`:
        ``rank``; ``best_rank`` and ``worst_rank``, which hold for all groups at once;
        ``surely_among`` and ``may_be_among`` the `top` first; ``may_lead``, where nobody is surely
        before it.

    Raises
    ------
    InputError
        As `fusion_core.estimates.compare`, or if `top` is no positive number.
    """
    fused = None if implicates is None else checked_implicates(implicates)
    asked = Question.asked(statistic, by=by, weight=weight, design=design, confidence=confidence)
    households = Households.read(asked, recipient, fused, donor)
    item = only_target(households.targets(), only_statistic(asked))
    breakdown = households.breakdown()
    refuse_fused(asked.by, () if fused is None else fused.names)
    side = estimate_side(item, breakdown.groups, households.weights, donor=households.donor)
    sets = ranks_of(side, lowest=lowest, confidence=confidence, seed=seed)
    return rank_frame(breakdown.keys, side, sets, top=top)


def refuse_fused(by: Sequence[str], fused: Sequence[str]) -> None:
    """Refuse groups whose households differ between implicates.

    Raises
    ------
    InputError
        If a column is a fused variable.
    """
    for name in by:
        if name in fused:
            raise InputError(
                f"Groups of the fused variable '{name}' are not ranked",
                where="by",
                fix="Rank by a column of the recipient, and select its levels with a condition",
            )


def ranks_of(
    side: Side, *, lowest: bool = False, confidence: float = 0.90, seed: int = 1
) -> RankSets:
    """Return the ranks of estimated groups.

    Parameters
    ----------
    side
        The groups.
    lowest, confidence, seed
        As in `rank`.
    """
    estimate = side.found.pooled.estimate
    sign = -1.0 if lowest else 1.0
    return rank_sets(sign * estimate, joint_error(side), confidence=confidence, seed=seed)


def rank_frame(keys: pd.DataFrame, side: Side, sets: RankSets, *, top: int = TOP) -> pd.DataFrame:
    """Return estimated groups in the order of their ranks; see `rank` and `with_ranks`."""
    found = side.found
    block = ResultBlock.of(
        side.item, found.n, found.pooled, found.notes, found.complete, untested=found.untested
    )
    return with_ranks(result_frame(keys, [block], confidence=sets.confidence), sets, top=top)


def with_ranks(estimates: pd.DataFrame, sets: RankSets, *, top: int = TOP) -> pd.DataFrame:
    """Return estimates in the order of their ranks, with `RANK_COLUMNS`.

    Parameters
    ----------
    estimates
        One row per group.
    sets
        The ranks each may have, in the same order.
    top
        As in `rank`.

    Raises
    ------
    InputError
        If `top` is no positive number.
    """
    if top < 1:
        raise InputError(f"There are no {top} first places", fix="Ask for at least one")
    frame = estimates.assign(
        rank=sets.rank,
        best_rank=sets.best,
        worst_rank=sets.worst,
        surely_among=sets.surely_among(top),
        may_be_among=sets.may_be_among(top),
        may_lead=sets.may_be_among(1),
    )
    unranked = frame["rank"].eq(0)
    order = np.lexsort((frame["rank"], unranked))
    return frame.iloc[order].reset_index(drop=True)


def joint_error(side: Side) -> JointError:
    """Return the joint error of estimated groups: each group's variance is that of its margin.

    With the donor's part known it is that of the mean over implicates under the recipient's
    replicate weights, and the donor's movements. Else it follows Rubin's rules: every implicate under
    every weight, and the implicates about their mean. Without replicate weights groups share no
    sampling error.

    Parameters
    ----------
    side
        The groups.
    """
    raw, found = side.raw, side.found
    count, implicates = raw.estimates.shape
    shared, own = np.zeros((count, 0)), np.zeros(count)
    donors: list[tuple[Floats, Floats]] = []
    effect = found.effect
    factor = side.weights.design.factor
    if effect is not None:
        for part in _parts(effect):
            moved = np.nan_to_num(np.sqrt(part.factor) * part.moved)
            donors.append((moved, np.nan_to_num(part.gap)))
        if raw.replicates is None:
            own = raw.variance_of_mean.copy()
        else:
            shared = _movements(raw.replicates.mean(axis=2, keepdims=True), factor)
    else:
        if raw.replicates is None:
            own = raw.variances.mean(axis=1)
        else:
            shared = _movements(raw.replicates, factor / implicates)
        if implicates > 1:
            spread = np.sqrt((1.0 + 1.0 / implicates) / (implicates - 1.0))
            centred = raw.estimates - raw.estimates.mean(axis=1, keepdims=True)
            shared = np.concatenate([shared, np.nan_to_num(spread * centred)], axis=1)
    own = np.nan_to_num(own)
    told = (shared**2).sum(axis=1) + own
    for moved, gap in donors:
        told = told + np.maximum((moved**2).sum(axis=1), gap**2)
    # What a margin contains besides – of shares of 0 or 1 – concerns its group alone.
    total = found.pooled.total
    own = np.where(np.isnan(total), np.nan, own + np.maximum(total - told, 0.0))
    return JointError(shared, tuple(donors), own, found.pooled.degrees_of_freedom)


def _parts(effect: Effect) -> tuple[DonorEffect, ...]:
    """Return the effects of single donors."""
    if isinstance(effect, JointEffect):
        return effect.parts
    return (effect,) if isinstance(effect, DonorEffect) else ()


def _movements(replicates: Floats, factor: float) -> Floats:
    """Return movements under each weight and implicate, scaled to variances, shape (groups, K)."""
    estimate = replicates[:, :1]
    moved = replicates[:, 1:] - estimate
    moved[np.abs(moved) <= _ROUNDING * np.abs(estimate)] = 0.0
    missing = np.isnan(moved)
    if missing.any():
        kept = (~missing).sum(axis=1, keepdims=True)
        moved = np.where(missing, 0.0, moved) * np.sqrt(moved.shape[1] / np.maximum(kept, 1))
    return np.asarray(np.sqrt(factor) * moved.reshape(len(moved), -1))
