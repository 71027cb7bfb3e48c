"""What figures of several donors together rest on, and how far they may be from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.estimates.api import level_condition
from fusion_core.estimates.joint import JointBounds, joint_bounds
from fusion_core.estimates.runs._joint_implicates import JointImplicates
from fusion_core.estimates.statistics import DrawnTable, RatioTarget, TotalTarget
from fusion_core.harmony.expressions import write_name

if TYPE_CHECKING:
    from fusion_core.estimates.margins import ResultBlock
    from fusion_core.estimates.runs.estimate_data import EstimateData
    from fusion_core.estimates.statistics import GroupSums, NamedTarget
    from fusion_core.harmony.expressions import CheckedExpression

BOUNDED = (
    "{donors} are assumed independent given the predictors. Whatever their dependence, "
    "the figure lies between its Fréchet bounds."
)
UNBOUNDED = (
    "{donors} are assumed independent given the predictors; how far this figure may be off "
    "if they are not is unknown."
)


def with_joint_part(
    source: EstimateData, sums: GroupSums, item: NamedTarget, block: ResultBlock
) -> ResultBlock:
    """Say of a figure that several donors decide together what it rests on, with its bounds.

    Parameters
    ----------
    source
        The data.
    sums
        Weighted sums of the groups.
    item
        What was estimated.
    block
        Its estimates; returned as they are where one donor decides alone.
    """
    owners = donors_by_variable(source)
    involved = _donors_together(source, item, owners)
    if len(involved) < 2:  # noqa: PLR2004 - one donor alone
        return block
    bounds = _bounds_of(source, sums, item, owners)
    text = (UNBOUNDED if bounds is None else BOUNDED).format(donors=" and ".join(involved))
    notes = [f"{note} {text}".strip() for note in block.assumptions]
    return replace(block, assumptions=notes, frechet=bounds)


def independence_note(source: EstimateData, item: NamedTarget) -> str:
    """Say that a contrast rests on donors taken as independent; nothing where one decides alone."""
    involved = _donors_together(source, item, donors_by_variable(source))
    return UNBOUNDED.format(donors=" and ".join(involved)) if len(involved) > 1 else ""


def donors_by_variable(source: EstimateData) -> dict[str, int]:
    """Return the number of each fused variable's donor; nothing where there is one donor."""
    base = None if source.implicates is None else source.implicates.base
    if not isinstance(base, JointImplicates):
        return {}
    return {name: place for place, strand in enumerate(base.strands) for name in strand.names}


def _donors_together(
    source: EstimateData, item: NamedTarget, owners: Mapping[str, int]
) -> tuple[str, ...]:
    """Return the donors whose variables meet in one household for this figure."""
    base = None if source.implicates is None else source.implicates.base
    if not isinstance(base, JointImplicates):
        return ()
    condition = set() if item.within is None else _read(source, item.within.expression)
    statistic = item.statistic
    # A ratio of totals adds each of the two up for itself.
    parts = [statistic.variable, *filter(None, [statistic.denominator])]
    together: set[int] = set()
    for name in parts:
        found = {
            owners[column] for column in condition | _built_from(source, name) if column in owners
        }
        together |= found if len(found) > 1 else set()
    return tuple(base.strands[place].survey for place in sorted(together))


def _read(source: EstimateData, expression: str) -> set[str]:
    return set(source.checked(expression, where="filter").columns) if expression else set()


def _built_from(source: EstimateData, name: str) -> set[str]:
    outcome = source.outcomes.get(name)
    return {name} if outcome is None else set(outcome.checked.columns)


def _bounds_of(
    source: EstimateData, sums: GroupSums, item: NamedTarget, owners: Mapping[str, int]
) -> tuple[np.ndarray, np.ndarray] | None:
    event = _event(source, item)
    if event is None:
        return None
    within = set() if item.within is None else _read(source, item.within.expression)
    if len({owners[name] for name in within if name in owners}) > 1:
        return None  # what the share is of is uncertain in the same way
    found = source.kept_bounds(event, lambda: _of_households(source, event, owners))
    if not found.known:
        return None
    groups = sums.groups
    totals = found.totals(groups.codes(source.rows), len(groups), source.weights.full)
    if isinstance(item.target, RatioTarget):
        with np.errstate(invalid="ignore", divide="ignore"):
            base = sums.of_full_weight(item.target.denominator)
            return totals[0] / base, np.minimum(totals[1] / base, 1.0)
    return totals[0], totals[1]


def _of_households(
    source: EstimateData, event: CheckedExpression, owners: Mapping[str, int]
) -> JointBounds:
    base = None if source.implicates is None else source.implicates.base
    return joint_bounds(event, DrawnTable(source.table, base), owners)


def _event(source: EstimateData, item: NamedTarget) -> CheckedExpression | None:
    """Return what households have in common that a share or count is of; ``None`` for other figures."""
    statistic = item.statistic
    if not isinstance(item.target, RatioTarget | TotalTarget) or not statistic.variable:
        return None
    name = statistic.variable
    outcome = source.outcomes.get(name)
    if item.level and (outcome is None or outcome.is_condition):
        text = level_condition(name, item.level)
    elif statistic.threshold is not None and (outcome is None or outcome.can_be_written_out):
        sign = "<" if statistic.kind == "share_below" else ">"
        text = f"{write_name(name)} {sign} {statistic.threshold!r}"
    else:
        return None
    if item.within is not None:
        if not item.within.expression:
            return None
        text = f"({text}) AND ({item.within.expression})"
    return source.checked(text, where="event")
