"""Loaded households to estimate from, and what was asked of them before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.derived.definition import DerivedVariable
from fusion_core.derived.evaluation import check_on
from fusion_core.errors import InputError
from fusion_core.estimates.api import Breakdown, fused_cells
from fusion_core.estimates.runs._outcomes import (
    Outcome,
    OutcomeImplicates,
    ask_donors_for,
    described,
    drawn_column,
    with_outcome_columns,
    written_out,
)
from fusion_core.estimates.statistics import (
    Coded,
    Condition,
    DonorAnswers,
    DrawnTable,
    GroupSums,
    NamedTarget,
    build_targets,
    given,
    group_rows,
    restrict,
)
from fusion_core.estimates.variance import samples_of
from fusion_core.lru_cache import Item, LruCache
from fusion_core.surveys.model import Variable, variable_from_column

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fusion_core.estimates.joint import JointBounds
    from fusion_core.estimates.statistics import Groups, Statistic, WeightMatrix
    from fusion_core.estimates.variance import Donor
    from fusion_core.fusion.implicates import Implicates
    from fusion_core.harmony.expressions import CheckedExpression


_NAME: Final = re.compile(r"\w+")
KEPT_BYTES: Final = 768 * 2**20
"""Memory for what was read and computed: 1.3 million households with two donors take 545 MB of it, a
fused amount of ten implicates 108 MB, a count or category 13 MB; the rest is for filters and sums."""


@dataclass(frozen=True)
class Subgroup:
    """Households a filter keeps.

    Attributes
    ----------
    rows
        Households it may keep, see `Condition.possible`.
    within
        Those it keeps in each implicate, where it reads a fused variable, else ``None``.
    """

    rows: NDArray[np.bool_]
    within: Condition | None = None

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return self.rows.nbytes + (0 if self.within is None else self.within.mask.nbytes)


@dataclass(frozen=True)
class _Partition:
    """Groups of households and the values that name each group."""

    groups: Groups
    keys: pd.DataFrame

    @property
    def nbytes(self) -> int:
        return self.groups.nbytes + int(self.keys.memory_usage(deep=True).sum())


class EstimateData:
    """Households to estimate from: columns, weights and – for a run – implicates.

    Parameters
    ----------
    table
        One row per household with the survey's columns.
    weights
        Weights of the same rows.
    implicates
        Fused variables in the same row order, or ``None`` for a survey alone.
    donor
        The donor they come from, or several, for their own sampling errors.
    state
        Of the files of a run before they were read.
    notes
        What is to be said of the data, in sentences.
    outcomes
        Derived outcomes, each after those it is built from.
    parts
        The data of the runs it was put together from, whose columns, implicates and donors it shares.
    memory
        Where what is read and computed is kept; ``None`` for a place of its own.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        weights: WeightMatrix,
        implicates: Implicates | None = None,
        donor: Donor | None = None,
        *,
        state: str = "",
        notes: tuple[str, ...] = (),
        outcomes: Sequence[DerivedVariable] = (),
        parts: Sequence[EstimateData] = (),
        memory: LruCache | None = None,
    ) -> None:
        self.memory = LruCache(KEPT_BYTES) if memory is None else memory
        self.table = table
        self.weights = weights
        self.implicates = None if implicates is None else OutcomeImplicates(implicates, self.memory)
        self.donor = with_outcome_columns(donor)
        self.state = state
        self.notes = notes
        self.parts = tuple(parts)
        self._variables: Mapping[str, Variable] | None = None
        self._kept = self.memory.shelf(self)
        self.outcomes: dict[str, Outcome] = {}
        self._defining = Lock()
        for outcome in outcomes:
            self.define(outcome)

    @property
    def rows(self) -> int:
        """Number of households."""
        return len(self.table)

    def held(self) -> dict[int, int]:
        """Return the bytes that its households and donors take, by part: what others share is one part.

        What is read of the implicates and what is computed stands in `memory`.
        """
        found = {id(self.weights): self.weights.values.nbytes}
        for name in self.table.columns:
            column = self.table[name]
            values = column.array
            own = values.codes if isinstance(values, pd.Categorical) else values
            place = (
                own.__array_interface__["data"][0] if isinstance(own, np.ndarray) else hash(name)
            )
            found[place] = int(column.memory_usage(index=False))
        for sample in samples_of(self.donor):
            found |= sample.held()
        for part in self.parts:
            found |= part.held()
        return found

    def variables(self) -> Mapping[str, Variable]:
        """Describe what a filter may read: recipient columns and fused variables."""
        if self._variables is None:
            found = {
                str(name): _describe(self.table[name], str(name)) for name in self.table.columns
            }
            if self.implicates is not None and self.implicates.count:
                found |= {name: self._describe_fused(name) for name in self.implicates.names}
            for name, outcome in self.outcomes.items():
                if outcome.is_saved and name in found:
                    entry = found[name]
                    found[name] = described(outcome, entry.levels, entry.type == "ordered")
            self._variables = found
        return self._variables

    def define(self, definition: DerivedVariable, name: str = "") -> Outcome:
        """Let a derived outcome be asked for like any variable.

        Parameters
        ----------
        definition
            The outcome.
        name
            What it is asked for by, where that is not its own name: an expression of its own.

        Raises
        ------
        InputError
            If its name is taken by a column, or the expression is not allowed.
        """
        with self._defining:
            return self._define(definition, name)

    def _define(self, definition: DerivedVariable, name: str) -> Outcome:
        title = name or definition.name
        if title in self.table.columns or title in (
            () if self.implicates is None else self.implicates.base.variables
        ):
            raise InputError(
                f"There is a variable '{title}' already", fix="Choose another name for the outcome"
            )
        checked = check_on(definition, self.variables(), where=title)
        whole = written_out(checked, self.outcomes)
        outcome = Outcome(title, definition, whole, not name)
        fused = self.implicates
        if fused is not None and any(item in fused.variables for item in whole.columns):
            fused.add(outcome, self.table)
            ask_donors_for(outcome, DrawnTable(self.table, fused.base), self.donor)
        else:
            found = DrawnTable(self.table).evaluate(whole, outcome.evaluate)
            self.table = self.table.assign(
                **{title: drawn_column(found).set_axis(self.table.index)}
            )
        self.outcomes[title] = outcome
        self._variables = None
        return outcome

    def trial(self, definition: DerivedVariable) -> EstimateData:
        """Return the same households with one more derived outcome, or with another of its name.

        Raises
        ------
        InputError
            As `define`.
        """
        others = [
            item.definition
            for name, item in self.outcomes.items()
            if item.is_saved and name != definition.name
        ]
        own = self.implicates
        fused = None if own is None else own.base
        plain = [name for name in self.table.columns if name not in self.outcomes]
        return EstimateData(
            self.table[plain],
            self.weights,
            fused,
            self.donor,
            state=self.state,
            notes=self.notes,
            outcomes=[*others, definition],
            memory=self.memory,
        )

    def find(self, name: str) -> None:
        """Make sure that something can be asked for: a variable, or an expression over variables.

        Raises
        ------
        InputError
            If it is neither.
        """
        with self._defining:
            fused = self.implicates
            if not name or name in self.table.columns or name in self.outcomes:
                return
            if fused is not None and name in fused.variables:
                return
            if not _NAME.fullmatch(name):
                self._define(DerivedVariable("outcome", name), name)

    def checked(self, text: str, *, where: str) -> CheckedExpression:
        """Check an expression over everything there is; outcomes it reads are written out.

        Raises
        ------
        ExpressionError
            If it is not allowed or reads something unknown.
        """
        # Loaded on first use: estimates without a filter need neither DuckDB nor a parser.
        from fusion_core.harmony.expressions import check_expression

        asked_once = {
            name: described(item, *self._levels(name))
            for name, item in self.outcomes.items()
            if not item.is_saved
        }
        known = {**self.variables(), **asked_once}
        return written_out(check_expression(text, known, where=where), self.outcomes)

    def _levels(self, name: str) -> tuple[tuple[str, ...], bool]:
        if self.implicates is not None and name in self.implicates.variables:
            return self.implicates.levels_of(name)
        entry = _describe(self.table[name], name)
        return entry.levels, entry.type == "ordered"

    def kept_bounds(self, event: CheckedExpression, find: Callable[[], JointBounds]) -> JointBounds:
        """Return the bounds of an event, finding them on first use."""
        return self._kept.get(("bounds", event.sql), find)

    @property
    def numbers(self) -> int:
        """Products of weights and answers behind a statistic of one fused variable."""
        count = 1 if self.implicates is None else max(self.implicates.count, 1)
        return int(self.rows * count * self.weights.values.shape[1])

    def subgroup(self, where: str) -> Subgroup:
        """Return the households a filter keeps; an empty filter keeps all.

        Raises
        ------
        ExpressionError
            If the filter is not allowed, reads something unknown or is not a condition.
        InputError
            If it keeps no household.
        """
        text = where.strip()

        def keep() -> Subgroup:
            return self._evaluate(text) if text else Subgroup(np.ones(self.rows, dtype=bool))

        return self._kept.get(("subgroup", text), keep)

    def breakdown(self, by: Sequence[str], where: str) -> Breakdown:
        """Return the groups that columns and fused variables form within a filter."""
        for name in by:
            self.find(name)
        own, cells = fused_cells(by, self.implicates, self.donor)
        within = self.subgroup(where).within
        if within is not None:
            cells = [
                replace(
                    cell, condition=within if cell.condition is None else within & cell.condition
                )
                for cell in cells
            ]
        found = self._partition(own, where)
        return Breakdown(tuple(by), found.groups, found.keys, tuple(cells))

    def _partition(self, by: Sequence[str], where: str) -> _Partition:
        def partition() -> _Partition:
            return _Partition(*self._grouped(by, self.subgroup(where)))

        return self._kept.get(("groups", where.strip(), tuple(by)), partition)

    def sums(self, by: Sequence[str], where: str) -> GroupSums:
        """Return the weighted sums of groups; what is known of smaller groups is added up."""
        key = ("sums", where.strip(), tuple(by))

        def begin() -> GroupSums:
            groups = self._partition(by, where).groups
            known = [
                sums
                for other, sums in self._kept.items()
                if isinstance(sums, GroupSums) and isinstance(other, tuple) and other[:2] == key[:2]
            ]
            places = ((finer, finer.groups.within(groups, self.rows)) for finer in known)
            nested = next(((finer, place) for finer, place in places if place is not None), None)
            weights = self.weights.values
            return GroupSums(groups, weights, kept=self._kept, key=key, finer=nested)

        return self._kept.get(key, begin)

    def kept(self, key: tuple[object, ...], compute: Callable[[], Item]) -> Item:
        """Return what was computed of these households before, else compute and keep it.

        Parameters
        ----------
        key
            What it is.
        compute
            Returns it; its ``nbytes`` say what memory it takes.
        """
        return self._kept.get(key, compute)

    def targets(self, statistics: Sequence[Statistic], where: str = "") -> list[NamedTarget]:
        """Return what has to be computed for some statistics, within a filter if one is given."""
        for statistic in statistics:
            self.find(statistic.variable)
            self.find(statistic.denominator or "")
        targets = build_targets(statistics, self.implicates, self.table, self.rows)
        within = self.subgroup(where).within
        return targets if within is None else [restrict(target, within) for target in targets]

    def _grouped(self, by: Sequence[str], subgroup: Subgroup) -> tuple[Groups, pd.DataFrame]:
        """Partition the households of a subgroup; a group without any in all implicates is none."""
        groups, keys = group_rows(self.table, by, subgroup.rows)
        if subgroup.within is None:
            return groups, keys
        somewhere = np.asarray(subgroup.within.mask.any(axis=1))
        present = np.array([bool(somewhere[rows].any()) for rows in groups])
        if present.all():
            return groups, keys
        places = np.flatnonzero(present)
        return groups.pick(places), keys.iloc[places].reset_index(drop=True)

    def _describe_fused(self, name: str) -> Variable:
        if self.implicates is None:
            raise ValueError(name)
        levels, ordered = self.implicates.levels_of(name)
        if not levels:
            return Variable(name, type="continuous")
        return Variable(name, type="ordered" if ordered else "nominal", levels=levels)

    def _evaluate(self, text: str) -> Subgroup:
        # Loaded on first use, as in `checked`.
        from fusion_core.harmony.expressions import require_condition

        checked = require_condition(self.checked(text, where="filter"), where="filter")
        households = DrawnTable(self.table, self.implicates)
        read = [name for name in checked.columns if households.is_fused(name)]
        mask = _truth(households.evaluate(checked))
        kept, within = np.asarray(mask.any(axis=1)), None
        if read and kept.any():
            donors = self._ask_donors(checked, households, read, mask)
            within = Condition(text, mask, donors, text)
            kept = within.possible
        if not kept.any():
            raise InputError(
                "No household meets the filter", where=text, fix="Widen or clear the filter"
            )
        return Subgroup(kept, within)

    def _ask_donors(
        self,
        checked: CheckedExpression,
        households: DrawnTable,
        read: Sequence[str],
        mask: NDArray[np.bool_],
    ) -> tuple[DonorAnswers | None, ...]:
        """Return every donor's side of a condition on fused variables."""
        samples = samples_of(self.donor)
        answers: list[DonorAnswers | None] = []
        for place, sample in enumerate(samples):
            own = [name for name in read if name in sample.names]
            others = samples[:place] + samples[place + 1 :]
            if own:
                answers.append(sample.meets(checked, households, own))
            elif all(any(name in other.names for other in others) for name in read):
                answers.append(given(mask))
            else:
                answers.append(None)
        return tuple(answers)


def _describe(series: pd.Series[Any], name: str) -> Variable:
    if pd.api.types.is_bool_dtype(series) or isinstance(series.dtype, pd.CategoricalDtype):
        return variable_from_column(name, series)
    # What an expression may read, and no more: the quantiles of every column would take a second.
    if pd.api.types.is_integer_dtype(series):
        return Variable(name, type="integer")
    if pd.api.types.is_numeric_dtype(series):
        return Variable(name, type="continuous")
    return Variable(name, type="nominal")


def _truth(answers: Coded | NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a condition holds, shape (rows, M).

    Of columns whose kind no dictionary says, such as weights, the values tell that it is none.
    """
    distinct = answers.distinct if isinstance(answers, Coded) else pd.Series(np.unique(answers))
    if not distinct.dropna().isin([0, 1]).all():
        raise InputError(
            "The filter gives numbers or text, not true or false",
            where="filter",
            fix="Write a condition such as np >= 2",
        )
    if not isinstance(answers, Coded):
        return np.asarray(np.nan_to_num(answers) != 0)
    return answers.with_truth()
