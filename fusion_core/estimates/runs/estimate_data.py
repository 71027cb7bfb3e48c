"""Loaded data of a run or a survey, kept in memory between estimates.

The only state of this part: an `EstimateCache` belongs to whoever created it, e.g. the app for the
life of the server, and may be used from several threads at once.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from fusion_core.derived.definition import DerivedVariable
from fusion_core.derived.evaluation import check_on, dependency_order
from fusion_core.derived.outcomes import read_outcomes
from fusion_core.errors import InputError
from fusion_core.estimates.api import Breakdown, fused_cells
from fusion_core.estimates.runs._combined import combined_parts
from fusion_core.estimates.runs._outcomes import (
    Outcome,
    OutcomeImplicates,
    ask_donors_for,
    described,
    drawn_column,
    with_outcome_columns,
    written_out,
)
from fusion_core.estimates.runs._predictor_labels import with_group_labels
from fusion_core.estimates.runs._run_donor import donor_of_run
from fusion_core.estimates.runs._stored_implicates import stored_implicates
from fusion_core.estimates.runs._stored_results import state_of
from fusion_core.estimates.statistics import (
    KEPT_BYTES,
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
    weight_matrix,
)
from fusion_core.estimates.variance import ask_donor, samples_of
from fusion_core.harmony.apply import LruCache
from fusion_core.surveys.model import HOUSEHOLD_KEY, SurveyId, Variable, variable_from_column
from fusion_core.workspace.combinations import Combination
from fusion_core.workspace.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from fusion_core.estimates.joint import JointBounds
    from fusion_core.estimates.statistics import Groups, Statistic, WeightMatrix
    from fusion_core.estimates.variance import Donor
    from fusion_core.fusion.implicates import Implicates
    from fusion_core.harmony.expressions import CheckedExpression
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


_NAME: Final = re.compile(r"\w+")
Source: TypeAlias = "Run | Combination | SurveyId"
"""What estimates are made from: a finished run, several of them together, or a survey alone."""
ROWS_BYTES: Final = 256 * 2**20
"""Memory for who belongs to which subgroup and area: five filters on a fused variable, with 1.3 million
households and 40 implicates."""


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
    ) -> None:
        self.table = table
        self.weights = weights
        self.implicates = None if implicates is None else OutcomeImplicates(implicates)
        self.donor = with_outcome_columns(donor)
        self.state = state
        self.notes = notes
        self._variables: Mapping[str, Variable] | None = None
        self._kept_rows = LruCache(ROWS_BYTES)
        self._kept_sums = LruCache(KEPT_BYTES)
        self.outcomes: dict[str, Outcome] = {}
        self._defining = Lock()
        for outcome in outcomes:
            self.define(outcome)

    @property
    def rows(self) -> int:
        """Number of households."""
        return len(self.table)

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
        return self._kept_rows.get(("bounds", event.sql), find)

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
            If the filter is not allowed, reads something unknown or is no condition.
        InputError
            If it keeps no household.
        """
        text = where.strip()

        def keep() -> Subgroup:
            return self._evaluate(text) if text else Subgroup(np.ones(self.rows, dtype=bool))

        return self._kept_rows.get(("subgroup", text), keep)

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

        return self._kept_rows.get(("groups", where.strip(), tuple(by)), partition)

    def sums(self, by: Sequence[str], where: str) -> GroupSums:
        """Return the weighted sums of groups; what is known of smaller groups is added up."""
        key = ("sums", where.strip(), tuple(by))

        def begin() -> GroupSums:
            groups = self._partition(by, where).groups
            known = [
                sums
                for other, sums in self._kept_rows.items()
                if isinstance(sums, GroupSums) and isinstance(other, tuple) and other[:2] == key[:2]
            ]
            places = ((finer, finer.groups.within(groups, self.rows)) for finer in known)
            nested = next(((finer, place) for finer, place in places if place is not None), None)
            weights = self.weights.values
            return GroupSums(groups, weights, kept=self._kept_sums, key=key, finer=nested)

        return self._kept_rows.get(key, begin)

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
        checked = self.checked(text, where="filter")
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
            own = [name for name in read if name in sample.columns]
            others = samples[:place] + samples[place + 1 :]
            if own:
                answers.append(ask_donor(checked, households, own, sample))
            elif all(any(name in other.columns for other in others) for name in read):
                answers.append(given(mask))
            else:
                answers.append(None)
        return tuple(answers)


class EstimateCache:
    """Sources kept in memory, the least recently used ones dropped first.

    Parameters
    ----------
    capacity
        Number of runs and surveys kept.
    results
        Number of finished tables kept.
    """

    def __init__(self, capacity: int = 3, results: int = 200) -> None:
        self._capacity = capacity
        self._kept = results
        self._lock = Lock()
        self._loading: dict[tuple[Hashable, ...], Lock] = {}
        self._sources: OrderedDict[tuple[Hashable, ...], EstimateData] = OrderedDict()
        self._results: OrderedDict[tuple[Any, ...], pd.DataFrame] = OrderedDict()

    def source(self, workspace: Workspace, source: Source) -> EstimateData:
        """Return the households of a run, a combination of runs or a survey."""
        if isinstance(source, SurveyId):
            return self.survey_source(workspace, source)
        if isinstance(source, Combination):
            return self.combination_source(workspace, source)
        return self.run_source(workspace, source)

    def combination_source(self, workspace: Workspace, combination: Combination) -> EstimateData:
        """Return the recipient with the implicates of several runs, loading what is new or changed."""
        runs = combination.runs(workspace)
        state = sources_stamp(workspace, combination)

        def load() -> EstimateData:
            return load_combination(
                combination, runs, [self.run_source(workspace, run) for run in runs]
            )

        return self._kept_source((str(combination.path), *state), load)

    def run_source(self, workspace: Workspace, run: Run) -> EstimateData:
        """Return the recipient and implicates of a run, loading them when new or changed."""
        key = (str(run.implicates_folder), *sources_stamp(workspace, run))
        return self._kept_source(key, lambda: load_run(workspace, run))

    def survey_source(self, workspace: Workspace, survey: SurveyId) -> EstimateData:
        """Return the households of a survey, loading them when new or changed."""
        path = workspace.survey_folder(survey) / "household.parquet"
        return self._source(path, lambda: load_survey(workspace, survey))

    def result(self, key: tuple[Any, ...]) -> pd.DataFrame | None:
        """Return a finished table, or ``None``."""
        with self._lock:
            found = self._results.get(key)
            if found is not None:
                self._results.move_to_end(key)
            return found

    def keep_result(self, key: tuple[Any, ...], table: pd.DataFrame) -> None:
        """Keep a finished table."""
        with self._lock:
            self._results[key] = table
            while len(self._results) > self._kept:
                self._results.popitem(last=False)

    def _source(self, path: Path, load: Callable[[], EstimateData]) -> EstimateData:
        return self._kept_source((str(path), stamp(path)), load)

    def _kept_source(
        self, key: tuple[Hashable, ...], load: Callable[[], EstimateData]
    ) -> EstimateData:
        with self._lock:
            found = self._sources.get(key)
            if found is not None:
                self._sources.move_to_end(key)
                return found
            waiting = self._loading.setdefault(key, Lock())
        # Two sessions that open the same run wait for one load instead of doing it twice.
        with waiting:
            with self._lock:
                found = self._sources.get(key)
            if found is not None:
                return found
            try:
                found = load()
                with self._lock:
                    self._sources[key] = found
                    while len(self._sources) > self._capacity:
                        self._sources.popitem(last=False)
                return found
            finally:
                with self._lock:
                    self._loading.pop(key, None)


def stamp(path: Path) -> int:
    """Return the latest modification time of a file or of the files in a folder, 0 if absent."""
    if not path.exists():
        return 0
    files = [path, *path.iterdir()] if path.is_dir() else [path]
    return max(file.stat().st_mtime_ns for file in files)


def recipient_of(workspace: Workspace, source: Source) -> SurveyId:
    """Return the survey whose households and weights estimates are made from."""
    if isinstance(source, SurveyId):
        return source
    run = source.runs(workspace)[0] if isinstance(source, Combination) else source
    return run.spec().pair.recipient


def sources_stamp(workspace: Workspace, source: Run | Combination) -> tuple[int, ...]:
    """Return the latest times of change of all that a run or a combination is read from."""
    if isinstance(source, Combination):
        runs = source.runs(workspace)
        return (
            stamp(source.path),
            stamp(source.derived_path),
            *(stamp(run.implicates_folder) for run in runs),
        )
    return (stamp(source.implicates_folder), stamp(source.derived_path))


def load_run(workspace: Workspace, run: Run) -> EstimateData:
    """Load the recipient and implicates of a run.

    Rows are those of the prepared recipient; the columns of the recipient survey are joined to it
    by household.

    Raises
    ------
    InputError
        If the run has no implicates yet or they do not fit the recipient.
    """
    from fusion_core.fusion.implicates import MANIFEST

    path = run.input_folder / "recipient.parquet"
    if not path.exists() or not (run.implicates_folder / MANIFEST).exists():
        raise InputError(
            "The run has no fused variables yet", where=run.id, fix="Wait until it has finished"
        )
    state = state_of(workspace, run)
    recipient = read_table(path, what="The prepared input", fix="Start the run again")
    spec = run.spec()
    implicates = stored_implicates(run.implicates_folder, rows=len(recipient), seed=spec.seed)
    pair = spec.pair
    survey = workspace.stored_survey(pair.recipient)
    design = survey.description.design
    # Most columns, all weights among them, are in the prepared table too: they are not read again.
    extra = [
        name
        for name in survey.column_names("household")
        if name not in recipient.columns and name not in implicates.names
    ]
    household = survey.columns("household", [HOUSEHOLD_KEY, *extra]).set_index(HOUSEHOLD_KEY)
    joined = household.reindex(recipient[HOUSEHOLD_KEY]).reset_index(drop=True)
    labelled = with_group_labels(recipient, workspace, run)
    table = pd.concat([labelled, joined], axis=1)
    weights = weight_matrix(table, implicates.rows, design=design)
    donor = donor_of_run(workspace, run, recipient, implicates.names)
    return EstimateData(
        _without(table, design.columns),
        weights,
        implicates,
        donor,
        state=state,
        outcomes=_outcomes(run),
    )


def _outcomes(source: Run | Combination) -> Sequence[DerivedVariable]:
    """Return the derived outcomes of a run or combination, each after those it is built from."""
    found = read_outcomes(source.derived_path)
    ordered, cycles = dependency_order(found)
    if cycles:
        raise next(iter(cycles.values()))
    return ordered


def load_combination(
    combination: Combination, runs: Sequence[Run], loaded: Sequence[EstimateData]
) -> EstimateData:
    """Put the data of several runs on one recipient together.

    Parameters
    ----------
    combination, runs
        The combination and its runs.
    loaded
        The data of each run; their weights are the same.

    Raises
    ------
    InputError
        If they cannot be analysed together, see `combined_parts`.
    """
    table, implicates, donor, notes = combined_parts(combination, runs, loaded)
    state = "\n".join(data.state for data in loaded)
    own = _outcomes(combination)
    taken = {*(item.name for item in own), *map(str, table.columns), *implicates.names}
    theirs = [
        outcome.definition
        for data in loaded
        for name, outcome in data.outcomes.items()
        if outcome.is_saved and name not in taken
    ]
    return EstimateData(
        table,
        loaded[0].weights,
        implicates,
        donor,
        state=state,
        notes=notes,
        outcomes=[*theirs, *own],
    )


def load_survey(workspace: Workspace, survey: SurveyId) -> EstimateData:
    """Load the households of a survey."""
    found = workspace.stored_survey(survey)
    table = found.columns("household", found.column_names("household")).reset_index(drop=True)
    design = found.description.design
    weights = weight_matrix(table, len(table), design=design)
    return EstimateData(_without(table, design.columns), weights)


def _without(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return table.drop(columns=list(names)).copy()


def _describe(series: pd.Series[Any], name: str) -> Variable:
    if isinstance(series.dtype, pd.CategoricalDtype) or pd.api.types.is_numeric_dtype(series):
        return variable_from_column(name, series)
    return Variable(name, type="nominal")


def _truth(answers: Coded | NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a condition holds, shape (rows, M)."""
    if not isinstance(answers, Coded):
        return np.asarray(np.nan_to_num(answers) != 0)
    if answers.distinct.dtype == object and not answers.distinct.dropna().map(_is_truth).all():
        raise InputError(
            "The filter gives text, not true or false",
            where="filter",
            fix="Write a condition such as np >= 2",
        )
    return answers.with_truth()


def _is_truth(value: object) -> bool:
    return not isinstance(value, str)
