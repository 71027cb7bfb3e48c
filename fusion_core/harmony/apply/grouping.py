"""Answers become group codes: bins or labels looked up in the side's table, nothing guessed.

Every row either gets a code, leaves on purpose (`DROP`), or is reported as a problem that names the
level and how many rows it concerns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from fusion_core.errors import InputError
from fusion_core.harmony.apply._encoded_column import CellTotals, EncodedColumn, UniverseColumn
from fusion_core.harmony.apply.prices import deflation_factor
from fusion_core.harmony.apply.rows import SurveyRows
from fusion_core.harmony.model import (
    FloatArray,
    IndexArray,
    Side,
    as_number,
    bin_index,
    check_breakpoints,
    format_number,
)
from fusion_core.records import Checked

ProblemKind = Literal["level without group", "unknown level", "missing answer", "outside universe"]


@dataclass(frozen=True, slots=True)
class RowProblem(Checked):
    """Rows that have no group.

    Attributes
    ----------
    kind
        Why.
    variable
        The variable concerned.
    level
        The level concerned; empty for missing answers and rows outside the universe.
    rows
        Number of rows.
    share
        Their weighted share of all rows, between 0 and 1.
    """

    kind: ProblemKind
    variable: str
    level: str
    rows: int
    share: float

    @property
    def sentence(self) -> str:
        """What is wrong, for people."""
        count = f"{self.rows:,} row{'s' if self.rows != 1 else ''} ({100 * self.share:.1f} %)"
        if self.kind == "level without group":
            return f"'{self.variable}': the level '{self.level}' has no group yet; {count}"
        if self.kind == "unknown level":
            return f"'{self.variable}': the data hold '{self.level}', which is not in the table; {count}"
        if self.kind == "missing answer":
            return f"'{self.variable}': answers are missing; {count}"
        return f"'{self.variable}': rows outside the universe have no group; {count}"

    @property
    def remedy(self) -> str:
        """How to fix it, for people."""
        if self.kind == "missing answer":
            return "Choose a group for missing answers, or leave these rows out"
        if self.kind == "outside universe":
            return "Choose a group for rows outside the universe, or leave them out"
        return "Give the level a group, or leave its rows out"


@dataclass(frozen=True)
class SideValues(Checked):
    """One value per distinct answer, and which answer every row of the side's own table gave.

    Attributes
    ----------
    cells
        The answer of every row.
    values
        Group code or number of every cell; NaN where its rows leave or have a problem.
    problems
        Rows without a group, most frequent first.
    level_of_cell
        Position in the side's `levels` of each cell's level or bin, −1 where none applies; ``None``
        for sides without groups.
    numbers
        The adjusted and deflated number of every distinct answer before binning; ``None`` for
        labels.
    """

    cells: UniverseColumn
    values: FloatArray
    problems: tuple[RowProblem, ...]
    level_of_cell: IndexArray | None = None
    numbers: FloatArray | None = None

    def of_rows(self) -> FloatArray:
        """Return the value of every row."""
        found: FloatArray = self.values[self.cells.positions]
        return found


def side_values(side: Side, rows: SurveyRows, *, of_reference: bool = False) -> SideValues:
    """Adjust, deflate, bin and group one side's answers.

    Parameters
    ----------
    side
        The side of a harmony.
    rows
        The survey's prepared rows.
    of_reference
        Report problems of reference persons only: nobody else's answers count.

    Raises
    ------
    InputError
        If the side itself is wrong: unknown variable, breakpoints on labels, labels without groups,
        an expression that is not allowed.
    """
    cells = rows.cells(side.respondent, side.variable, side.adjustment, side.universe)
    totals = rows.totals(cells, side.respondent, of_reference=of_reference)
    numbers = _deflated(cells.answers, side, rows)
    special = [as_number(side.missing), as_number(side.outside_universe)]
    if not side.is_grouped:
        if numbers is None:
            raise InputError(
                f"'{side.variable}' holds labels, so it cannot be used as a number",
                fix="Assign its levels to groups",
            )
        problems = _problems(side, cells, totals, None, ())
        return SideValues(cells, np.concatenate([numbers, special]), problems, None, numbers)
    labels = _labels(cells.answers, numbers, side)
    level_of_answer = _levels(side, labels, numbers)
    groups = np.array([*(as_number(item.group) for item in side.levels), np.nan])
    return SideValues(
        cells,
        np.concatenate([groups[level_of_answer], special]),
        _problems(side, cells, totals, level_of_answer, labels),
        np.concatenate([level_of_answer, [-1, -1]]),
        numbers,
    )


def _deflated(answers: EncodedColumn, side: Side, rows: SurveyRows) -> FloatArray | None:
    if side.deflate_to_year is None:
        return answers.numbers
    title = rows.survey.id.title
    price_year = rows.survey.description.price_year
    if answers.numbers is None:
        raise InputError(
            f"'{side.variable}' holds labels, so prices cannot be converted",
            fix="Remove the year of prices",
        )
    if price_year is None:
        raise InputError(
            f"{title} does not say which year's prices its dollar amounts are in",
            where=side.variable,
            fix="State the price year of the survey, or remove the year of prices here",
        )
    return answers.numbers * deflation_factor(price_year, side.deflate_to_year)


def _labels(answers: EncodedColumn, numbers: FloatArray | None, side: Side) -> tuple[str, ...]:
    """Return the text by which every distinct answer is looked up; none where bins are set."""
    if numbers is None:
        return answers.labels
    # Numbers are matched by the text people type for them, e.g. ``3`` or ``1.5``.
    return () if side.breakpoints else tuple(format_number(float(value)) for value in numbers)


def _levels(side: Side, labels: tuple[str, ...], numbers: FloatArray | None) -> IndexArray:
    """Return the position of every distinct answer's level in the side; past the end if unknown."""
    if side.breakpoints:
        return bin_index(_binnable(side, numbers), side.breakpoints)
    position = {item.level: index for index, item in enumerate(side.levels)}
    return np.array([position.get(label, len(side.levels)) for label in labels], dtype=np.intp)


def _binnable(side: Side, numbers: FloatArray | None) -> FloatArray:
    if numbers is None:
        raise InputError(
            f"Breakpoints are set on '{side.variable}', which holds labels, not numbers",
            fix="Remove the breakpoints; its levels have groups of their own",
        )
    check_breakpoints(side.breakpoints, where=side.variable)
    if len(side.levels) != len(side.breakpoints) + 1:
        raise InputError(
            f"{len(side.breakpoints)} breakpoints make {len(side.breakpoints) + 1} bins, "
            f"but {len(side.levels)} groups are listed",
            where=side.variable,
            fix="Set the breakpoints again to rebuild the bins",
        )
    return numbers


def _problems(
    side: Side,
    cells: UniverseColumn,
    totals: CellTotals,
    level_of_answer: IndexArray | None,
    labels: tuple[str, ...],
) -> tuple[RowProblem, ...]:
    total = float(totals.weight.sum()) or 1.0
    found: list[RowProblem] = []

    def report(kind: ProblemKind, level: str, rows: float, weight: float) -> None:
        if rows:
            found.append(RowProblem(kind, side.variable, level, int(rows), float(weight) / total))

    if level_of_answer is not None:
        listed, asked = len(side.levels), len(level_of_answer)
        rows, weight = (
            np.bincount(level_of_answer, of[:asked], listed + 1).tolist()
            for of in (totals.rows, totals.weight)
        )
        for position, item in enumerate(side.levels):
            if item.group is None:
                report("level without group", item.level, rows[position], weight[position])
        for answer in np.flatnonzero(level_of_answer == listed):
            report("unknown level", labels[answer], totals.rows[answer], totals.weight[answer])
    if side.missing is None:
        report("missing answer", "", totals.rows[cells.missing], totals.weight[cells.missing])
    if side.universe.strip() and side.outside_universe is None:
        report("outside universe", "", totals.rows[cells.outside], totals.weight[cells.outside])
    return tuple(sorted(found, key=lambda problem: -problem.rows))


PROBLEM_LIMIT: Final = 3


def problems_error(problems: tuple[RowProblem, ...], *, where: str) -> InputError:
    """Return the one error that stands for all problems of a side."""
    shown = "; ".join(problem.sentence for problem in problems[:PROBLEM_LIMIT])
    more = f"; and {len(problems) - PROBLEM_LIMIT} more" if len(problems) > PROBLEM_LIMIT else ""
    return InputError(shown + more, where=where, fix=problems[0].remedy)


__all__ = ["ProblemKind", "RowProblem", "SideValues", "problems_error", "side_values"]
