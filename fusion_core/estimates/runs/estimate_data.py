"""Loaded data of a run or a survey, kept in memory between estimates.

The only state of this part: an `EstimateCache` belongs to whoever created it, e.g. the app for the
life of the server, and may be used from several threads at once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.estimates.api import Breakdown, fused_cells
from fusion_core.estimates.runs._predictor_labels import with_group_labels
from fusion_core.estimates.runs._run_donor import donor_of_run
from fusion_core.estimates.runs._stored_implicates import StoredImplicates, stored_implicates
from fusion_core.estimates.runs._stored_results import state_of
from fusion_core.estimates.statistics import (
    KEPT_BYTES,
    Condition,
    GroupSums,
    NamedTarget,
    build_targets,
    group_rows,
    restrict,
    weight_matrix,
)
from fusion_core.estimates.variance import ask_donor
from fusion_core.fusion.implicates import Implicates
from fusion_core.harmony.apply import LruCache
from fusion_core.surveys.model import HOUSEHOLD_KEY, SurveyId, Variable, variable_from_column
from fusion_core.workspace.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import DonorAnswers, Groups, Statistic, WeightMatrix
    from fusion_core.estimates.variance import DonorSample
    from fusion_core.harmony.expressions import CheckedExpression
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


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
        The donor they come from, for its own sampling error.
    state
        Of the files of a run before they were read.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        weights: WeightMatrix,
        implicates: Implicates | None = None,
        donor: DonorSample | None = None,
        state: str = "",
    ) -> None:
        self.table = table
        self.weights = weights
        self.implicates = implicates
        self.donor = donor
        self.state = state
        self._kept_rows = LruCache(ROWS_BYTES)
        self._kept_sums = LruCache(KEPT_BYTES)

    @property
    def rows(self) -> int:
        """Number of households."""
        return len(self.table)

    def variables(self) -> Mapping[str, Variable]:
        """Describe what a filter may read: recipient columns and fused variables."""
        found = {str(name): _describe(self.table[name], str(name)) for name in self.table.columns}
        if self.implicates is not None and self.implicates.count:
            found |= {name: self._describe_fused(name) for name in self.implicates.names}
        return found

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
        if isinstance(self.implicates, StoredImplicates):
            levels, ordered = self.implicates.levels_of(name)
        elif self.implicates is not None:
            fused = self.implicates[name]
            levels, ordered = fused.levels, fused.ordered
        if not levels:
            return Variable(name, type="continuous")
        return Variable(name, type="ordered" if ordered else "nominal", levels=levels)

    def _evaluate(self, text: str) -> Subgroup:
        # Loaded on first use: estimates without a filter need neither DuckDB nor a parser.
        from fusion_core.harmony.expressions import check_expression, evaluate_expression

        checked = check_expression(text, self.variables(), where="filter")
        fused = self.implicates
        read = (
            [] if fused is None else [name for name in checked.columns if name in fused.variables]
        )
        within: Condition | None = None
        if fused is None or not read:
            kept = _truth(evaluate_expression(checked, self.table[list(checked.columns)]))
        else:
            stacked = {
                name: _stack(fused, name)
                if name in read
                else _repeat(self.table[name], fused.count)
                for name in checked.columns
            }
            answers = _truth(evaluate_expression(checked, pd.DataFrame(stacked)))
            mask = np.ascontiguousarray(answers.reshape(fused.count, self.rows).T)
            kept = np.asarray(mask.any(axis=1))
            if kept.any():
                within = Condition(text, mask, self._ask_donor(checked, read))
                kept = within.possible
        if not kept.any():
            raise InputError(
                "No household meets the filter", where=text, fix="Widen or clear the filter"
            )
        return Subgroup(kept, within)

    def _ask_donor(self, checked: CheckedExpression, read: Sequence[str]) -> DonorAnswers | None:
        if self.donor is None:
            return None
        fused = {name: self._describe_fused(name) for name in read}
        return ask_donor(checked, self.table, fused, self.donor)


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
        self._loading: dict[tuple[str, int], Lock] = {}
        self._sources: OrderedDict[tuple[str, int], EstimateData] = OrderedDict()
        self._results: OrderedDict[tuple[Any, ...], pd.DataFrame] = OrderedDict()

    def source(self, workspace: Workspace, source: Run | SurveyId) -> EstimateData:
        """Return the households of a run or of a survey."""
        if isinstance(source, SurveyId):
            return self.survey_source(workspace, source)
        return self.run_source(workspace, source)

    def run_source(self, workspace: Workspace, run: Run) -> EstimateData:
        """Return the recipient and implicates of a run, loading them when new or changed."""
        path = run.implicates_folder
        return self._source(path, lambda: load_run(workspace, run))

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
        key = (str(path), stamp(path))
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
    return EstimateData(_without(table, design.columns), weights, implicates, donor, state)


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


def _truth(answers: pd.Series[Any]) -> NDArray[np.bool_]:
    if answers.dtype == object:
        raise InputError(
            "The filter gives text, not true or false",
            where="filter",
            fix="Write a condition such as np >= 2",
        )
    return answers.fillna(value=False).to_numpy().astype(bool)


def _stack(implicates: Implicates, name: str) -> pd.Series[Any]:
    fused = implicates[name]
    draws = fused.values.T.ravel()
    if not fused.is_categorical:
        return pd.Series(draws, name=name)
    dtype = pd.CategoricalDtype(list(fused.levels), ordered=fused.ordered)
    return pd.Series(pd.Categorical.from_codes(draws, dtype=dtype), name=name)


def _repeat(series: pd.Series[Any], times: int) -> pd.Series[Any]:
    return pd.concat([series] * times, ignore_index=True)
