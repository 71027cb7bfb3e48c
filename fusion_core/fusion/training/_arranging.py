"""Which fusion variables form a block, and in which order they are fused."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.fusion.base import some_rows
from fusion_core.fusion.training._chaining import suggest_blocks, suggest_order
from fusion_core.fusion.training._donors import Donors
from fusion_core.fusion.training._screening import Design
from fusion_core.fusion.training.checking import check_rows

if TYPE_CHECKING:
    from collections.abc import Sequence


def arrange_steps(donors: Donors) -> Donors:
    """Form the suggested blocks, and put the steps into the suggested order, as far as asked for.

    Raises
    ------
    InputError
        If too few donors have a value of every fusion variable.
    """
    settings, first = donors.settings, len(donors.given)
    modelled = range(first, len(donors.steps))
    if len(modelled) == 1 or (settings.order == "given" and settings.largest_block <= 1):
        return donors
    rows = np.flatnonzero(np.isfinite(donors.fused).all(axis=1))
    check_rows(
        len(rows), "rows with a value of every fusion variable, to find order and blocks from"
    )
    key = donors.origin(range(len(donors.fused_types)))
    rows = rows[some_rows(donors.seed, settings.screening_share, len(rows), key)]
    weights = donors.weights[rows]
    predictors = Design.build(donors.matrix[rows], donors.predictors, weights)

    def design(steps: Sequence[int]) -> Design:
        columns = [column for step in steps for column in donors.step_columns(step)]
        kinds = [donors.fused_types[column] for column in columns]
        return Design.build(donors.fused[rows][:, columns], kinds, weights)

    blocks = [[step] for step in modelled]
    if settings.largest_block > 1:
        # Blocks somebody formed stay as they are.
        alone = [step for step in modelled if len(donors.steps[step]) == 1]
        found = suggest_blocks(
            [design([step]) for step in alone],
            predictors,
            largest=settings.largest_block,
            bond=settings.block_bond,
        )
        given = [block for block in blocks if block[0] not in alone]
        blocks = sorted([*given, *([alone[place] for place in block] for block in found)])
    if settings.order == "suggested":
        order = suggest_order([design(block) for block in blocks], predictors)
        blocks = [blocks[place] for place in order]
    return _rearranged(donors, [*([step] for step in range(first)), *blocks])


def _rearranged(donors: Donors, blocks: Sequence[Sequence[int]]) -> Donors:
    """Put steps together to blocks, in the order of these."""
    columns = [column for block in blocks for step in block for column in donors.step_columns(step)]
    steps = tuple(tuple(name for step in block for name in donors.steps[step]) for block in blocks)
    shown = ", ".join(" and ".join(names) for names in steps if names[0] not in donors.given)
    what = "order" if donors.settings.order == "suggested" else "blocks"
    return dataclasses.replace(
        donors,
        steps=steps,
        fused_types=tuple(donors.fused_types[column] for column in columns),
        fused=donors.fused[:, columns],
        filled=donors.filled[:, columns],
        notes=(*donors.notes, f"Suggested {what}: {shown}."),
    )
