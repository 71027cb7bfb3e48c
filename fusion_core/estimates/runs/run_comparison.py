"""Comparisons in a finished run or stored survey: groups, areas, runs and years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.estimates.api import (
    CONTRAST_COLUMNS,
    Difference,
    Side,
    adjusted_for_number,
    compare_sides,
    contrast_frame,
    estimate_side,
    fused_group,
    group_mask,
    group_side,
    only_target,
)
from fusion_core.estimates.runs._joint_shares import independence_note
from fusion_core.estimates.runs.estimate_cache import (
    EstimateCache,
    Source,
    recipient_of,
)
from fusion_core.estimates.statistics import check_group_columns
from fusion_core.fusion.base import shared_streams
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.combinations import Combination
from fusion_core.workspace.runs import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.runs.estimate_data import EstimateData
    from fusion_core.estimates.statistics import Statistic
    from fusion_core.workspace.layout import Workspace

Group: TypeAlias = "Mapping[str, Any] | str"

TWO_SAMPLES = (
    "The two samples are treated as independent; where their years overlap, margins are too wide."
)
TWO_RUNS = "Same recipient, implicates drawn independently."
COMMON_NUMBERS = (
    "Both were drawn with the same random numbers, which margins do not count: they are too wide "
    "rather than too narrow."
)


def compare_groups(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    first: Group,
    second: Group,
    *,
    where: str = "",
    confidence: float = 0.90,
    cache: EstimateCache | None = None,
) -> Difference:
    """Test whether a statistic differs between two groups of a run or survey.

    Parameters
    ----------
    workspace
        The project.
    source
        A finished run, several together, or a survey alone.
    statistic
        One statistic; a share or count must name its level.
    first, second
        Column values such as ``{"state": "41"}``, or a condition on recipient columns and fused
        variables such as ``"tenure = 'Rented'"``; the empty condition means everybody.
    where, confidence, cache
        As in `fusion_core.estimates.runs.estimate_run.area_estimates`.

    Raises
    ------
    InputError
        If a group has no household, or the groups share some and there are no replicate weights.
    """
    loaded = _loaded(workspace, source, cache)
    return compare_in_source(loaded, statistic, first, second, where=where, confidence=confidence)


def compare_in_source(
    source: EstimateData,
    statistic: Statistic,
    first: Group,
    second: Group,
    *,
    where: str = "",
    confidence: float = 0.90,
) -> Difference:
    """Test the difference between two groups of loaded households; see `compare_groups`."""
    sides = [_side_of_group(source, statistic, group, where) for group in (first, second)]
    found = compare_sides(sides[0], sides[1], confidence=confidence)
    note = independence_note(source, sides[0].item) or independence_note(source, sides[1].item)
    return replace(found, assumption=f"{found.assumption} {note}".strip())


def compare_each(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    by: Sequence[str],
    reference: Group = "",
    *,
    where: str = "",
    confidence: float = 0.90,
    cache: EstimateCache | None = None,
) -> pd.DataFrame:
    """Compare every group with one reference group, or with everybody.

    Parameters
    ----------
    workspace, source, statistic, where, confidence, cache
        As in `compare_groups`.
    by
        Columns whose combinations form the groups.
    reference
        The group they are compared with, as in `compare_groups`; by default everybody who meets
        `where`, the group itself included.

    Returns
    -------
    DataFrame
        One row per group: the columns of `by`, then
        `fusion_core.estimates.api.contrast_frame.CONTRAST_COLUMNS`.

    Raises
    ------
    InputError
        As `compare_groups`.
    """
    check_group_columns(by, CONTRAST_COLUMNS)
    loaded = _loaded(workspace, source, cache)
    second = _side_of_group(loaded, statistic, reference, where)
    parts = [
        pd.concat([keys, contrast_frame(first, second, confidence=confidence)], axis=1)
        for first, keys in _sides_by(loaded, statistic, by, where)
    ]
    found = pd.concat(parts, ignore_index=True)
    note = independence_note(loaded, second.item)
    found["assumption"] = [f"{text} {note}".strip() for text in found["assumption"]]
    return adjusted_for_number(found, confidence=confidence)


def compare_sources(
    workspace: Workspace,
    first: Source,
    second: Source,
    statistic: Statistic,
    by: Sequence[str] = (),
    *,
    where: str = "",
    confidence: float = 0.90,
    cache: EstimateCache | None = None,
    common_numbers: bool = False,
) -> pd.DataFrame:
    """Compare the same groups in two runs or surveys, such as two years.

    Runs on the same recipient share its sample: what the replicate weights have in common is
    counted. Anything else counts as two independent samples.

    Parameters
    ----------
    workspace
        The project.
    first, second
        Finished runs or surveys; the difference is first minus second.
    statistic
        One statistic of a variable both have.
    by
        Columns whose combinations form the groups; none compares everybody.
    where, confidence, cache
        As in `compare_groups`; the condition must hold in both.
    common_numbers
        Compare runs that were drawn with the same random numbers too, as to tell two methods apart
        with less noise; an ``assumption`` says so.

    Returns
    -------
    DataFrame
        As `compare_each`. A group that only one of them has is there without a difference, and its
        ``assumption`` says which one lacks it.

    Raises
    ------
    InputError
        If both are the same, one lacks the variable or a column, or both were drawn with the same
        random numbers and that was not asked for.
    """
    if first == second:
        raise InputError("Both sides are the same", fix="Choose two runs or surveys")
    _refuse_common_run(first, second)
    check_group_columns(by, CONTRAST_COLUMNS)
    loaded = [_loaded(workspace, source, cache) for source in (first, second)]
    common = _draw_with_common_numbers(*loaded)
    if common and not common_numbers:
        raise InputError(
            "Both runs were drawn with the same random numbers, so they are not independent",
            where=f"{_title(first)} and {_title(second)}",
            fix="Run one of them again with another seed, or ask for common numbers",
        )
    sides, keys = [], []
    for source in loaded:
        fused = source.breakdown(by, where).fused
        if fused:
            raise InputError(
                f"Two sources are not compared by the fused variable '{fused[0]}'",
                where="by",
                fix=f"Select its levels one by one with a condition such as {fused[0]} = '…'",
            )
        [(side, found)] = _sides_by(source, statistic, by, where)
        sides.append(side)
        keys.append(found)
    joined, places = _matched(keys[0], keys[1])
    shared = recipient_of(workspace, first) == recipient_of(workspace, second)
    both = (places >= 0).all(axis=1)
    picked = [_pick(side, places[both, position]) for position, side in enumerate(sides)]
    contrasted = contrast_frame(
        picked[0], picked[1], same_source=False, same_weights=shared, confidence=confidence
    )
    note = COMMON_NUMBERS if common else TWO_RUNS if shared else TWO_SAMPLES
    contrasted["assumption"] = [f"{note} {text}".strip() for text in contrasted["assumption"]]
    table = contrasted.set_index(np.flatnonzero(both)).reindex(range(len(joined)))
    names = (_title(first), _title(second))
    for row in np.flatnonzero(~both):
        lacking = names[0] if places[row, 0] < 0 else names[1]
        table.loc[row, "assumption"] = f"{lacking} has no household here."
    table["differs"] = table["differs"].eq(other=True)
    for name in ("variable", "level", "statistic"):
        table[name] = table[name].fillna(getattr(statistic, name, None) or "")
    return pd.concat([joined, table], axis=1)


def _refuse_common_run(first: Source, second: Source) -> None:
    """Refuse to compare a combination with a run that is part of it, or with another one of it."""
    runs = [
        {part.run for part in source.parts} if isinstance(source, Combination) else {source.id}
        for source in (first, second)
        if not isinstance(source, SurveyId)
    ]
    common = set.intersection(*runs) if len(runs) > 1 else set()
    if common:
        raise InputError(
            f"Both sides hold the run '{min(common)}', so they are not independent",
            where=f"{_title(first)} and {_title(second)}",
            fix="Compare runs that have nothing in common, or groups within one of the two",
        )


def _draw_with_common_numbers(first: EstimateData, second: EstimateData) -> bool:
    """Whether two sources are fusions that drew something with the same random numbers."""
    if first.implicates is None or second.implicates is None:
        return False
    return bool(shared_streams(first.implicates, second.implicates))


def _loaded(workspace: Workspace, source: Source, cache: EstimateCache | None) -> EstimateData:
    return (EstimateCache() if cache is None else cache).source(workspace, source)


def _side_of_group(source: EstimateData, statistic: Statistic, group: Group, where: str) -> Side:
    own: dict[str, Any] = {}
    condition, within = where, None
    if isinstance(group, Mapping):
        own, within = fused_group(group, source.implicates, source.donor)
    else:
        condition = _both(where, str(group))
    subgroup = source.subgroup(condition)
    mask = subgroup.rows & group_mask(source.table, own) if own else subgroup.rows
    if not mask.any():
        described = ", ".join(f"{name} {value}" for name, value in own.items())
        raise InputError(f"No household of {described} meets the filter", fix="Widen the filter")
    if subgroup.within is not None:
        within = subgroup.within if within is None else subgroup.within & within
    item = only_target(source.targets([statistic]), statistic)
    return group_side(item, mask, within, source.weights, donor=source.donor)


def _sides_by(
    source: EstimateData, statistic: Statistic, by: Sequence[str], where: str
) -> list[tuple[Side, pd.DataFrame]]:
    """Return one side per cell of the fused variables among `by`, with the keys of its groups."""
    breakdown = source.breakdown(by, where)
    item = only_target(source.targets([statistic]), statistic)
    sums = source.sums(breakdown.own, where)
    sides = []
    for cell in breakdown.cells:
        [restricted] = cell.of([item])
        side = estimate_side(
            restricted, breakdown.groups, source.weights, donor=source.donor, sums=sums
        )
        sides.append((side, breakdown.keys.assign(**cell.levels)[list(by)]))
    return sides


def _pick(side: Side, places: NDArray[np.intp]) -> Side:
    """Return a side with some of its groups, in another order."""
    raw = side.raw
    return Side(
        side.item,
        side.groups.pick(places),
        side.weights,
        raw.pick(places),
        side.donor,
    )


def _matched(first: pd.DataFrame, second: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Return the groups of either side and their places in both, −1 where a side lacks one."""
    if not len(first.columns):
        return first, np.zeros((1, 2), dtype=np.intp)
    names = list(first.columns)
    # Two years may order or name levels differently, so groups are matched by their text.
    texts = [keys[names].astype(str).agg("\x1f".join, axis=1) for keys in (first, second)]
    known = pd.Index(texts[0]).union(pd.Index(texts[1]), sort=False)
    places = np.column_stack([pd.Index(text).get_indexer(known) for text in texts])
    joined = pd.DataFrame(
        [
            (first if here >= 0 else second).iloc[here if here >= 0 else there].tolist()
            for here, there in places
        ],
        columns=names,
    )
    return joined, places


def _both(where: str, condition: str) -> str:
    parts = [part.strip() for part in (where, condition) if part.strip()]
    return parts[0] if len(parts) == 1 else " AND ".join(f"({part})" for part in parts)


def _title(source: Source) -> str:
    if isinstance(source, Run):
        return f"run '{source.spec().name or source.id}'"
    return f"combination '{source.name}'" if isinstance(source, Combination) else source.title
