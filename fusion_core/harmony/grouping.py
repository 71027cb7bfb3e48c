"""Answers become group codes: bins or labels looked up in the side's table, nothing guessed.

Every row either gets a code, leaves on purpose (`DROP`), or is reported as a problem that names the
level and how many rows it concerns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from fusion_core.errors import InputError
from fusion_core.harmony.aggregation import FloatArray
from fusion_core.harmony.binning import bin_index, check_breakpoints, format_number
from fusion_core.harmony.model import DROP, GroupCode, Side
from fusion_core.harmony.prices import deflation_factor
from fusion_core.harmony.rows import RawValues, SurveyRows

ProblemKind = Literal["level without group", "unknown level", "missing answer", "outside universe"]


@dataclass(frozen=True, slots=True)
class RowProblem:
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
        count = f"{self.rows:,} row{'s' if self.rows != 1 else ''} ({self.share:.1%})"
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
class SideValues:
    """One value per row of the side's own table.

    Attributes
    ----------
    values
        Group code or number; NaN where the row leaves or has a problem.
    problems
        Rows without a group, most frequent first.
    level_of_row
        Position in the side's `levels` of each row's level or bin, −1 where none applies; ``None``
        for sides without groups.
    numbers
        The adjusted and deflated number of each row before binning; ``None`` for labels.
    """

    values: FloatArray
    problems: tuple[RowProblem, ...]
    level_of_row: npt.NDArray[np.intp] | None = None
    numbers: FloatArray | None = None


def side_values(side: Side, rows: SurveyRows) -> SideValues:
    """Adjust, deflate, bin and group one side's answers.

    Parameters
    ----------
    side
        The side of a harmony.
    rows
        The survey's prepared rows.

    Raises
    ------
    InputError
        If the side itself is wrong: unknown variable, breakpoints on labels, labels without groups,
        an expression that is not allowed.
    """
    raw = _deflated(rows.raw(side.respondent, side.variable, side.adjustment), side, rows)
    outside = _outside(side, rows)
    missing = (raw.codes < 0) if raw.codes is not None else np.isnan(_numbers(raw))
    missing &= ~outside
    if side.is_grouped:
        level_of_row, unknown = _levels(side, raw)
        groups = np.array([_as_number(item.group) for item in side.levels] + [np.nan])
        values = groups[level_of_row]
    else:
        if raw.codes is not None:
            raise InputError(
                f"'{side.variable}' holds labels, so it cannot be used as a number",
                fix="Assign its levels to groups",
            )
        level_of_row, unknown = None, None
        values = _numbers(raw).copy()
    values[outside] = _as_number(side.outside_universe)
    values[missing] = _as_number(side.missing)
    if level_of_row is not None:
        level_of_row = np.where(outside | missing, -1, level_of_row)
    placed = _Placed(raw, level_of_row, unknown, missing, outside)
    return SideValues(values, _problems(side, rows, placed), level_of_row, raw.numbers)


@dataclass(frozen=True)
class _Placed:
    """Where every row of a side ended up."""

    raw: RawValues
    level_of_row: npt.NDArray[np.intp] | None
    unknown: npt.NDArray[np.intp] | None
    missing: npt.NDArray[np.bool_]
    outside: npt.NDArray[np.bool_]


def _deflated(raw: RawValues, side: Side, rows: SurveyRows) -> RawValues:
    if side.deflate_to_year is None:
        return raw
    title = rows.survey.id.title
    price_year = rows.survey.description.price_year
    if raw.numbers is None:
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
    return RawValues(numbers=raw.numbers * deflation_factor(price_year, side.deflate_to_year))


def _outside(side: Side, rows: SurveyRows) -> npt.NDArray[np.bool_]:
    if not side.universe.strip():
        return np.zeros(rows.count(side.respondent), dtype=bool)
    answer = rows.evaluate(side.respondent, side.universe)
    if answer.numbers is None:
        raise InputError(
            "The universe is text where a condition is needed",
            where=side.universe,
            fix="Write a comparison such as agep >= 16",
        )
    inside: npt.NDArray[np.bool_] = answer.numbers == 1
    return ~inside


def _levels(side: Side, raw: RawValues) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp] | None]:
    """Return the position of every row's level in the side, and label codes where unknown."""
    none = len(side.levels)
    if side.breakpoints:
        _check_bins(side, raw)
        numbers = _numbers(raw)
        found = bin_index(numbers, side.breakpoints)
        return np.where(np.isnan(numbers), none, found), None
    codes, labels = (raw.codes, raw.labels) if raw.codes is not None else _as_labels(_numbers(raw))
    position = {item.level: index for index, item in enumerate(side.levels)}
    lookup = np.array([position.get(label, none) for label in labels] + [none], dtype=np.intp)
    return lookup[codes], codes.astype(np.intp)


def _check_bins(side: Side, raw: RawValues) -> None:
    if raw.codes is not None:
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


def _as_labels(numbers: FloatArray) -> tuple[npt.NDArray[np.intp], tuple[str, ...]]:
    """Match numbers by the text people type for them, e.g. ``3`` or ``1.5``."""
    distinct, codes = np.unique(numbers, return_inverse=True)
    present = ~np.isnan(distinct)
    labels = tuple(format_number(float(value)) for value in distinct[present])
    return np.where(np.isnan(numbers), -1, codes), labels


def _problems(side: Side, rows: SurveyRows, placed: _Placed) -> tuple[RowProblem, ...]:
    weight = rows.weight(side.respondent)
    total = float(weight.sum()) or 1.0
    found: list[RowProblem] = []

    def report(kind: ProblemKind, level: str, mask: npt.NDArray[np.bool_]) -> None:
        count = int(mask.sum())
        if count:
            share = float(weight[mask].sum()) / total
            found.append(RowProblem(kind, side.variable, level, count, share))

    if placed.level_of_row is not None:
        for position, item in enumerate(side.levels):
            if item.group is None:
                report("level without group", item.level, placed.level_of_row == position)
        nowhere = placed.level_of_row == len(side.levels)
        if placed.unknown is not None and nowhere.any():
            raw = placed.raw
            labels = raw.labels if raw.codes is not None else _as_labels(_numbers(raw))[1]
            for code in np.unique(placed.unknown[nowhere]):
                report("unknown level", labels[code], nowhere & (placed.unknown == code))
    if side.missing is None:
        report("missing answer", "", placed.missing)
    if side.universe.strip() and side.outside_universe is None:
        report("outside universe", "", placed.outside)
    return tuple(sorted(found, key=lambda problem: -problem.rows))


def _numbers(raw: RawValues) -> FloatArray:
    if raw.numbers is None:
        raise TypeError("labels where numbers were expected")
    return raw.numbers


def _as_number(group: GroupCode) -> float:
    return float("nan") if group is None or group == DROP else float(group)


PROBLEM_LIMIT: Final = 3


def problems_error(problems: tuple[RowProblem, ...], *, where: str) -> InputError:
    """Return the one error that stands for all problems of a side."""
    shown = "; ".join(problem.sentence for problem in problems[:PROBLEM_LIMIT])
    more = f"; and {len(problems) - PROBLEM_LIMIT} more" if len(problems) > PROBLEM_LIMIT else ""
    return InputError(shown + more, where=where, fix=problems[0].remedy)


__all__ = ["ProblemKind", "RowProblem", "SideValues", "problems_error", "side_values"]
