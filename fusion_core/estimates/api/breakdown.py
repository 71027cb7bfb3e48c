"""Groups formed by fused variables: one subgroup per level, differing between implicates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.estimates.margins import ResultBlock
from fusion_core.estimates.statistics import (
    Column,
    Condition,
    Groups,
    NamedTarget,
    check_group_columns,
    given,
    group_rows,
    restrict,
)
from fusion_core.estimates.variance import Donor, samples_of
from fusion_core.fusion.implicates import FusedVariable, Implicates
from fusion_core.memory_share import require_memory
from fusion_core.records import Checked


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


@dataclass(frozen=True)
class Breakdown(Checked):
    """The groups to estimate in: combinations of the recipient's own columns and fused variables.

    Attributes
    ----------
    by
        Columns that form the groups, in the order of the result.
    groups, keys
        Rows and values of the groups that the recipient's own columns form.
    cells
        What fused variables add: one per combination of their levels, of everybody without any.
    """

    by: tuple[str, ...]
    groups: Groups
    keys: pd.DataFrame
    cells: tuple[Cell, ...]

    @classmethod
    def of(
        cls,
        by: Sequence[str],
        table: pd.DataFrame,
        implicates: Implicates | None = None,
        donor: Donor | None = None,
        *,
        subset: NDArray[np.bool_] | None = None,
    ) -> Breakdown:
        """Break the rows of a table down, some of them if need be.

        Raises
        ------
        InputError
            If a column does not exist, has no levels or cannot form groups, or no row is kept.
        """
        own, cells = fused_cells(by, implicates, donor)
        return cls(tuple(by), *group_rows(table, own, subset), tuple(cells))

    @property
    def own(self) -> tuple[str, ...]:
        """The recipient's own columns."""
        return tuple(name for name in self.by if name not in self.fused)

    @property
    def fused(self) -> tuple[str, ...]:
        """The fused variables."""
        return tuple(self.cells[0].levels)


def fused_cells(
    by: Sequence[str], implicates: Implicates | None, donor: Donor | None
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
    variables = {name: implicates[name] for name in fused}
    _require_memory(variables)
    lists = []
    for name, variable in variables.items():
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


def _require_memory(variables: Mapping[str, FusedVariable]) -> None:
    """Refuse more combinations of levels than the share of a question holds: a mask each."""
    levels = [len(variable.levels) for variable in variables.values()]
    masks = sum(levels) + (prod(levels) if len(levels) > 1 else 0)
    largest = max(variables, key=lambda name: len(variables[name].levels))
    require_memory(
        masks * max(variable.values.size for variable in variables.values()),
        f"Groups by {' and '.join(variables)}",
        f"Group by fewer fused variables, or by one with fewer levels than the {max(levels)} of "
        f"{largest}; `harmony estimate` and notebooks have no such limit",
    )


def _has_level(column: Column, code: int, donor: Donor | None) -> Condition:
    mask = column.values == code
    samples = samples_of(donor)
    asked = [column.name in sample.names for sample in samples]
    donors = tuple(
        # Another donor alone was asked.
        given(mask) if any(asked) and not known else sample.has_level(column, code)
        for sample, known in zip(samples, asked, strict=True)
    )
    expression = level_condition(column.name, column.levels[code])
    return Condition((column.name, column.levels[code]), mask, donors, expression)


def level_condition(name: str, level: str) -> str:
    """Return the condition that a variable has a level, in the expression language."""
    column, text = name.replace('"', '""'), level.replace("'", "''")
    return f"\"{column}\" = '{text}'"


def fused_group(
    group: Mapping[str, Any], implicates: Implicates | None, donor: Donor | None
) -> tuple[dict[str, Any], Condition | None]:
    """Tell levels of fused variables among the values of a group from the recipient's own.

    Parameters
    ----------
    group
        A value by column.
    implicates
        The fused variables.
    donor
        The donor they come from.

    Returns
    -------
    tuple
        The values of the recipient's own columns, and the households that have the levels of the
        fused variables: ``None`` where the group names no fused variable.

    Raises
    ------
    InputError
        If a fused variable has no levels, or not this one.
    """
    own, condition = dict(group), None
    for name, value in group.items():
        if implicates is None or name not in implicates.variables:
            continue
        del own[name]
        variable = implicates[name]
        if not variable.levels:
            raise InputError(
                f"'{name}' is a fused number and names no group",
                fix=f"Write a condition such as {name} > 0, or give one truth value per household",
            )
        level = str(value)
        if level not in variable.levels:
            raise InputError.unknown("level", level, variable.levels, where=name)
        column = Column(name, variable.values, variable.levels)
        chosen = _has_level(column, variable.levels.index(level), donor)
        condition = chosen if condition is None else condition & chosen
    return own, condition


def estimate_by(
    breakdown: Breakdown,
    targets: Sequence[NamedTarget],
    estimate: Callable[[Sequence[NamedTarget]], list[ResultBlock]],
) -> tuple[pd.DataFrame, list[ResultBlock]]:
    """Estimate targets in every group and cell.

    Parameters
    ----------
    breakdown
        The groups.
    targets
        What to estimate.
    estimate
        Estimates targets in the groups that the recipient's own columns form.

    Returns
    -------
    tuple
        Keys of all groups that have a household in some implicate, and a block per target.
    """
    groups, keys, cells = breakdown.groups, breakdown.keys, breakdown.cells
    if not breakdown.fused:
        return keys, estimate(cells[0].of(targets))
    parts = [estimate(cell.of(targets)) for cell in cells]
    present = np.array([_present(groups, cell) for cell in cells])
    first_is_fused = breakdown.by[0] in breakdown.fused
    order = np.argwhere(present if first_is_fused else present.T)
    places = order if first_is_fused else order[:, ::-1]
    joined = pd.concat(
        [keys.iloc[[group]].assign(**cells[cell].levels) for cell, group in places],
        ignore_index=True,
    )
    for name in breakdown.fused:
        levels = list(dict.fromkeys(cell.levels[name] for cell in cells))
        joined[name] = pd.Categorical(joined[name], categories=levels)
    picked = places[:, 0] * len(groups) + places[:, 1]
    blocks = [_picked([part[place] for part in parts], picked) for place in range(len(targets))]
    return joined[list(breakdown.by)], blocks


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
        untested=np.concatenate([block.untested for block in blocks])[places],
        frechet=_picked_bounds(blocks, places),
    )


def _picked_bounds(
    blocks: Sequence[ResultBlock], places: np.ndarray
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    if all(block.frechet is None for block in blocks):
        return None
    sides = []
    for side in (0, 1):
        parts = [
            np.full(len(block.n), np.nan) if block.frechet is None else block.frechet[side]
            for block in blocks
        ]
        sides.append(np.concatenate(parts)[places])
    return sides[0], sides[1]
