"""Estimates of a finished run or a stored survey: the reading and caching around `analyze`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.estimates.api import (
    Method,
    estimate_by,
    estimate_points,
    estimate_targets,
    group_mask,
    single_group,
)
from fusion_core.estimates.margins import result_frame
from fusion_core.estimates.runs._joint_shares import with_joint_part
from fusion_core.estimates.runs._stored_results import keep_result, read_result, state_of
from fusion_core.estimates.runs.estimate_cache import (
    EstimateCache,
    Source,
    sources_stamp,
    stamp,
)
from fusion_core.estimates.statistics import Statistic
from fusion_core.estimates.variance import estimate_each

if TYPE_CHECKING:
    from fusion_core.estimates.margins import ResultBlock
    from fusion_core.estimates.runs.estimate_data import EstimateData
    from fusion_core.estimates.statistics import NamedTarget
    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

PUMA = "puma"


def area_estimates(
    workspace: Workspace,
    run: Run | Combination,
    statistic: Statistic | Sequence[Statistic],
    by: Sequence[str] | str = (PUMA,),
    where: str = "",
    *,
    method: Method = "replicates",
    confidence: float = 0.90,
    cache: EstimateCache | None = None,
) -> pd.DataFrame:
    """Estimate statistics of a run's fused or recipient variables by area or other columns.

    Parameters
    ----------
    workspace
        The project.
    run
        A finished run, or several together.
    statistic
        What to estimate.
    by
        Recipient columns, or fused variables with levels, that form the groups; none gives one row
        for everything.
    where
        Condition on recipient columns and fused variables, in the expression language of
        harmonies; empty keeps every household.
    method, confidence
        As in `fusion_core.estimates.analyze`.
    cache
        Keeps data and results between calls; without one, everything is read again.

    Returns
    -------
    DataFrame
        As `fusion_core.estimates.analyze`.

    Raises
    ------
    InputError
        If the run has no result, a column is unknown or the filter keeps nobody.
    ExpressionError
        If the filter is not allowed; the error names the position.
    """
    request = _Request.asked(statistic, by, where, method, confidence)
    store = EstimateCache() if cache is None else cache
    known = _finished(workspace, run, request, store)
    if known is None:
        source = store.source(workspace, run)
        known = _estimated(source, request)
        keep_result(run, source.state, repr(request), known)
        store.keep_result(_key(workspace, run, request), known)
    return known.copy()


def estimate_in_source(
    source: EstimateData, statistic: Statistic, by: Sequence[str] = (), where: str = ""
) -> pd.DataFrame:
    """Estimate a statistic of loaded households; see `area_estimates`."""
    return _estimated(source, _Request.asked(statistic, by, where))


def is_answered(
    workspace: Workspace,
    run: Run | Combination,
    statistic: Statistic | Sequence[Statistic],
    by: Sequence[str] | str = (PUMA,),
    where: str = "",
    *,
    cache: EstimateCache,
) -> bool:
    """Whether `area_estimates` has answered this before, here or in an earlier process.

    Parameters
    ----------
    workspace, run, statistic, by, where, cache
        As in `area_estimates`.
    """
    request = _Request.asked(statistic, by, where)
    return _finished(workspace, run, request, cache) is not None


def first_estimates(
    workspace: Workspace,
    source: Source,
    statistic: Statistic | Sequence[Statistic],
    by: Sequence[str] | str = (PUMA,),
    where: str = "",
    *,
    cache: EstimateCache | None = None,
) -> pd.DataFrame:
    """Estimate without margins of error, in a small part of the time; a map's first colours.

    Parameters
    ----------
    workspace, statistic, by, where, cache
        As in `area_estimates`.
    source
        A finished run, several together, or a survey alone.

    Returns
    -------
    DataFrame
        As `area_estimates`, with the same estimates and no margins.
    """
    loaded = (EstimateCache() if cache is None else cache).source(workspace, source)
    breakdown = loaded.breakdown(_columns(by), where)
    targets = loaded.targets(_listed(statistic))
    estimate = partial(estimate_points, breakdown.groups, loaded.weights)
    return result_frame(*estimate_by(breakdown, targets, estimate), confidence=0.90)


def survey_area_estimates(
    workspace: Workspace,
    survey: SurveyId,
    statistic: Statistic | Sequence[Statistic],
    by: Sequence[str] | str = (PUMA,),
    where: str = "",
    *,
    confidence: float = 0.90,
    cache: EstimateCache | None = None,
) -> pd.DataFrame:
    """Estimate statistics of a stored survey's own household variables, without any fusion.

    Parameters
    ----------
    workspace
        The project.
    survey
        Name and vintage of the survey.
    statistic, by, where, confidence, cache
        As in `area_estimates`.
    """
    request = _Request.asked(statistic, by, where, confidence=confidence)
    store = EstimateCache() if cache is None else cache
    path = workspace.survey_folder(survey) / "household.parquet"
    key = (str(path), stamp(path), request)
    known = store.result(key)
    if known is None:
        known = _estimated(store.survey_source(workspace, survey), request)
        store.keep_result(key, known)
    return known.copy()


def area_draws(
    workspace: Workspace,
    run: Run | Combination,
    statistic: Statistic,
    area: str,
    *,
    by: str = PUMA,
    where: str = "",
    cache: EstimateCache | None = None,
) -> pd.DataFrame:
    """Return the estimate of one area in every implicate, before pooling.

    Parameters
    ----------
    workspace, run, statistic, where, cache
        As in `area_estimates`.
    area
        Value of the column `by`.
    by
        Recipient column that names areas.

    Returns
    -------
    DataFrame
        Columns ``level``, ``implicate`` (from 1), ``estimate`` and ``standard_error`` (sampling
        error within the implicate), missing in implicates without a household of the kind.
    """
    store = EstimateCache() if cache is None else cache
    source = store.source(workspace, run)
    mask = group_mask(source.table, {by: area}) & source.subgroup(where).rows
    if not mask.any():
        raise InputError(
            f"No household of {by} {area} meets the filter", fix="Widen or clear the filter"
        )
    groups = single_group(mask)
    targets = source.targets([statistic], where)
    raw = estimate_each(groups, source.weights, targets)
    frames = [
        pd.DataFrame(
            {
                "level": item.level,
                "implicate": np.arange(1, result.estimates.shape[1] + 1),
                "estimate": np.where(result.absent[0], np.nan, result.estimates[0]),
                "standard_error": np.where(result.absent[0], np.nan, np.sqrt(result.variances[0])),
            }
        )
        for item, result in zip(targets, raw, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


@dataclass(frozen=True)
class _Request:
    statistics: tuple[Statistic, ...]
    by: tuple[str, ...]
    where: str
    method: Method
    confidence: float

    @classmethod
    def asked(
        cls,
        statistic: Statistic | Sequence[Statistic],
        by: Sequence[str] | str,
        where: str,
        method: Method = "replicates",
        confidence: float = 0.90,
    ) -> _Request:
        return cls(_listed(statistic), _columns(by), where.strip(), method, confidence)


def _finished(
    workspace: Workspace, run: Run | Combination, request: _Request, store: EstimateCache
) -> pd.DataFrame | None:
    """Return the table of a request that was answered before."""
    key = _key(workspace, run, request)
    known = store.result(key)
    if known is None and run.estimates_folder.exists():
        known = read_result(run, state_of(workspace, run), repr(request))
        if known is not None:
            store.keep_result(key, known)
    return known


def _key(workspace: Workspace, run: Run | Combination, request: _Request) -> tuple[Any, ...]:
    return (str(run.estimates_folder), *sources_stamp(workspace, run), request)


def _estimated(source: EstimateData, request: _Request) -> pd.DataFrame:
    breakdown = source.breakdown(request.by, request.where)
    targets = source.targets(request.statistics)
    sums = source.sums(breakdown.own, request.where)
    estimate = partial(
        estimate_targets,
        breakdown.groups,
        source.weights,
        method=request.method,
        donor=source.donor,
        sums=sums,
    )

    def with_bounds(items: Sequence[NamedTarget]) -> list[ResultBlock]:
        pairs = zip(items, estimate(items), strict=True)
        return [with_joint_part(source, sums, item, block) for item, block in pairs]

    keys, blocks = estimate_by(breakdown, targets, with_bounds)
    return result_frame(keys, blocks, confidence=request.confidence)


def _listed(statistic: Statistic | Sequence[Statistic]) -> tuple[Statistic, ...]:
    return (statistic,) if isinstance(statistic, Statistic) else tuple(statistic)


def _columns(by: Sequence[str] | str) -> tuple[str, ...]:
    return (by,) if isinstance(by, str) else tuple(by)
