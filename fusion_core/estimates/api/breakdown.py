"""Groups formed by fused variables: one subgroup per level, differing between implicates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.estimates.statistics import (
    Column,
    Condition,
    DonorAnswers,
    HasLevel,
    check_group_columns,
    restrict,
)
from fusion_core.estimates.variance import donor_values

if TYPE_CHECKING:
    from fusion_core.estimates.margins import ResultBlock
    from fusion_core.estimates.statistics import Groups, NamedTarget
    from fusion_core.estimates.variance import DonorSample
    from fusion_core.fusion.implicates import Implicates


@dataclass(frozen=True)
class Cell:
    """One combination of levels of the fused variables that form groups.

    Attributes
    ----------
    levels
        Level by variable; none where no fused variable forms groups.
    condition
        The households that have them.
    """

    levels: dict[str, str]
    condition: Condition | None = None

    def of(self, targets: Sequence[NamedTarget]) -> list[NamedTarget]:
        """Restrict targets to these households."""
        if self.condition is None:
            return list(targets)
        return [restrict(item, self.condition) for item in targets]


def fused_cells(
    by: Sequence[str], implicates: Implicates | None, donor: DonorSample | None
) -> tuple[list[str], list[Cell]]:
    """Tell fused variables among the columns that form groups from the recipient's own.

    Parameters
    ----------
    by
        Columns that form groups.
    implicates
        The fused variables.
    donor
        The donor they come from.

    Returns
    -------
    tuple
        The recipient's own columns, and one cell per combination of levels of the fused variables:
        a single one, of everybody, where there are none.

    Raises
    ------
    InputError
        If a fused variable has no levels, or `by` names a column twice or one of the result.
    """
    check_group_columns(by)
    fused = [name for name in by if implicates is not None and name in implicates.variables]
    own = [name for name in by if name not in fused]
    if implicates is None or not fused:
        return own, [Cell({})]
    lists = []
    for name in fused:
        variable = implicates[name]
        if not variable.levels:
            raise InputError(
                f"'{name}' is a fused number and forms no groups",
                where="by",
                fix=f"Select by a condition such as {name} > 0",
            )
        column = Column(name, variable.values, variable.levels)
        lists.append(
            [(level, _has_level(column, code, donor)) for code, level in enumerate(column.levels)]
        )
    cells = []
    for combination in product(*lists):
        condition = combination[0][1]
        for _, other in combination[1:]:
            condition = condition & other
        levels = {name: level for name, (level, _) in zip(fused, combination, strict=True)}
        cells.append(Cell(levels, condition))
    return own, cells


def _has_level(column: Column, code: int, donor: DonorSample | None) -> Condition:
    values = None if donor is None else donor_values(HasLevel(column, code), donor)
    answers = None if values is None else DonorAnswers(None, values[None, :])
    return Condition((column.name, column.levels[code]), column.values == code, answers)


def estimate_by(
    by: Sequence[str],
    grouped: tuple[Groups, pd.DataFrame],
    cells: Sequence[Cell],
    targets: Sequence[NamedTarget],
    estimate: Callable[[Sequence[NamedTarget]], list[ResultBlock]],
) -> tuple[pd.DataFrame, list[ResultBlock]]:
    """Estimate targets in every group and cell.

    Parameters
    ----------
    by
        Columns that form the groups, in the order of the result.
    grouped
        Rows and keys of the groups that the recipient's own columns form.
    cells
        See `fused_cells`.
    targets
        What to estimate.
    estimate
        Estimates targets in those groups.

    Returns
    -------
    tuple
        Keys of all groups that have a household in some implicate, and a block per target.
    """
    groups, keys = grouped
    if not cells[0].levels:
        return keys, estimate(cells[0].of(targets))
    parts = [estimate(cell.of(targets)) for cell in cells]
    present = np.array([_present(groups, cell) for cell in cells])
    first_is_fused = by[0] in cells[0].levels
    order = np.argwhere(present if first_is_fused else present.T)
    places = order if first_is_fused else order[:, ::-1]
    joined = pd.concat(
        [keys.iloc[[group]].assign(**cells[cell].levels) for cell, group in places],
        ignore_index=True,
    )
    for name in cells[0].levels:
        levels = list(dict.fromkeys(cell.levels[name] for cell in cells))
        joined[name] = pd.Categorical(joined[name], categories=levels)
    picked = places[:, 0] * len(groups) + places[:, 1]
    blocks = [_picked([part[place] for part in parts], picked) for place in range(len(targets))]
    return joined[list(by)], blocks


def _present(groups: Groups, cell: Cell) -> list[bool]:
    if cell.condition is None:
        return [True] * len(groups)
    somewhere = np.asarray(cell.condition.mask.any(axis=1))
    return [bool(somewhere[rows].any()) for rows in groups]


def _picked(blocks: Sequence[ResultBlock], places: np.ndarray) -> ResultBlock:
    """Put the blocks of all cells in a row and pick groups of them."""
    pooled = blocks[0].pooled
    names = ("estimate", "within", "between", "total", "degrees_of_freedom")
    numbers = {
        name: np.concatenate([getattr(block.pooled, name) for block in blocks])[places]
        for name in names
    }
    notes = [note for block in blocks for note in block.assumptions]
    return replace(
        blocks[0],
        n=np.concatenate([block.n for block in blocks])[places],
        pooled=replace(pooled, **numbers),
        assumptions=[notes[place] for place in places],
        complete=np.concatenate([block.complete for block in blocks])[places],
    )
