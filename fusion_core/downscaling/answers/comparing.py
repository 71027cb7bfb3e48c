"""Small areas compared: their ranks and differences, by what their errors have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.downscaling.answers._question import asked_of, by_pumas, measured
from fusion_core.downscaling.answers.small_areas import Places, places_of_level
from fusion_core.errors import InputError
from fusion_core.estimates.places import SUMS, JointAreas
from fusion_core.estimates.runs import EstimateCache
from fusion_core.estimates.variance import JointError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.downscaling.stage import StoredAllocation
    from fusion_core.estimates.runs import Source
    from fusion_core.estimates.statistics import Statistic
    from fusion_core.workspace.layout import Workspace

    Floats = NDArray[np.float64]

COMMON: Final = 0.5
"""Share of the donor's part in the error that all areas of a PUMA have in common; as between PUMAs in
`fusion_core.calibration.COMMON`, the rest is of places the predictors do not tell apart."""
_ASSUMPTION: Final = "Areas of a PUMA share the draws of its allocation and half of the donor's part in their errors."


def compared_areas(
    workspace: Workspace,
    source: Source,
    allocation: StoredAllocation,
    statistic: Statistic,
    *,
    places: Places | str = "block_group",
    where: str = "",
    confidence: float = 0.90,
    cache: EstimateCache | None = None,
) -> JointAreas:
    """Estimate small areas with their joint error, so that they can be ranked and compared.

    Every area's variance is that of `small_area_estimates`. Areas of the same PUMAs share the draws of
    their allocation, which pulls neighbours apart: what one gets another lacks. Implicates are shared by
    all.

    Parameters
    ----------
    workspace, source, allocation, places, where, confidence, cache
        As in `small_area_estimates`.
    statistic
        One statistic; a share or count must name its level.

    Raises
    ------
    InputError
        As `small_area_estimates`, or if the statistic is of several levels.
    """
    store = EstimateCache() if cache is None else cache
    wanted = places_of_level(allocation, places) if isinstance(places, str) else places
    question = asked_of(
        workspace,
        source,
        allocation,
        (statistic,),
        where=where,
        confidence=confidence,
        cache=store,
    )
    if len(question.targets) != 1:
        raise InputError(
            f"'{statistic.variable}' has several levels", where="level", fix="Name one of them"
        )
    estimates = question.answer(wanted)
    order = {name: place for place, name in enumerate(wanted)}
    implicates: Floats | None = None
    blocks: list[tuple[list[int], Floats]] = []
    own, freedom = np.zeros(len(wanted)), np.zeros(len(wanted))
    for pumas, names in by_pumas(allocation, wanted).items():
        parts = [question.part(puma, [wanted[name] for name in names]) for puma in pumas]
        found = measured(question.targets, parts, question.donor)
        rows = [order[name] for name in names]
        pooled, first = found.pooled(0), found.first[0]
        if implicates is None:
            implicates = np.zeros((len(wanted), first.shape[1]))
        implicates[rows] = _between(first)
        shared = [found.drawn[:, 0].T / np.sqrt(len(found.drawn)), np.sqrt(COMMON) * found.donor[0]]
        moved = np.nan_to_num(np.concatenate(shared, axis=1))
        blocks.append((rows, moved))
        told = (moved**2).sum(axis=1) + (implicates[rows] ** 2).sum(axis=1)
        own[rows] = np.where(np.isnan(pooled.total), np.nan, np.maximum(pooled.total - told, 0.0))
        freedom[rows] = pooled.degrees_of_freedom
    error = JointError(_side_by_side(blocks, implicates, len(wanted)), (), own, freedom)
    return JointAreas(
        tuple(wanted),
        estimates,
        error,
        estimates["households"].to_numpy(float),
        statistic.kind in SUMS,
        _ASSUMPTION,
    )


def _between(estimates: Floats) -> Floats:
    """Return movements of implicates whose squares add up to their variance ÷ their number."""
    count = estimates.shape[1]
    if count == 1:
        return np.zeros_like(estimates)
    centred = estimates - estimates.mean(axis=1, keepdims=True)
    return np.asarray(np.nan_to_num(centred / np.sqrt(count * (count - 1.0))))


def _side_by_side(
    blocks: Sequence[tuple[list[int], Floats]], implicates: Floats | None, count: int
) -> Floats:
    """Put what areas of the same PUMAs share into columns of their own, then what all share."""
    columns = sum(moved.shape[1] for _, moved in blocks)
    found = np.zeros((count, columns))
    first = 0
    for rows, moved in blocks:
        found[rows, first : first + moved.shape[1]] = moved
        first += moved.shape[1]
    return found if implicates is None else np.concatenate([found, implicates], axis=1)


__all__ = ["COMMON", "compared_areas"]
