"""Runs, combinations of them and surveys, loaded once and kept between estimates.

The only state of this part: an `EstimateCache` belongs to whoever created it, e.g. the app for the
life of the server, and may be used from several threads at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import blake2b
from operator import or_
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from weakref import WeakValueDictionary

import pandas as pd

from fusion_core.asking import Holdings
from fusion_core.derived.evaluation import dependency_order
from fusion_core.derived.outcomes import read_outcomes
from fusion_core.errors import InputError
from fusion_core.estimates.runs._combined import combined_parts, share_memory
from fusion_core.estimates.runs._predictor_labels import with_group_labels
from fusion_core.estimates.runs._stored_implicates import stored_implicates
from fusion_core.estimates.runs._stored_results import state_of
from fusion_core.estimates.runs.estimate_data import KEPT_BYTES, EstimateData
from fusion_core.estimates.runs.run_donor import donor_of_run
from fusion_core.estimates.statistics import weight_matrix
from fusion_core.lru_cache import LruCache
from fusion_core.memory_share import return_freed_memory
from fusion_core.surveys.model import HOUSEHOLD_KEY, SurveyId
from fusion_core.workspace.combinations import Combination
from fusion_core.workspace.runs import Run
from fusion_core.workspace.tables import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.derived.definition import DerivedVariable
    from fusion_core.estimates.statistics import WeightMatrix
    from fusion_core.workspace.layout import Workspace

Source: TypeAlias = "Run | Combination | SurveyId"
"""What estimates are made from: a finished run, several of them together, or a survey alone."""


_FOR_SOURCES: Final = 0.75


class EstimateCache:
    """Sources kept in memory, and what was read and computed of them, within one limit.

    What was not used longest is dropped first, of whoever holds the most (see `Holdings`): sources as
    long as those kept take more than three quarters of the limit, and of fused variables, subgroups, sums
    and finished tables what exceeds the rest.

    Parameters
    ----------
    limit
        Bytes for all of it; what was used last is kept whatever its size.
    """

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self.memory = LruCache(limit)
        self._lock = Lock()
        self._loading: dict[tuple[Hashable, ...], Lock] = {}
        self._sources: dict[Hashable, EstimateData] = {}
        self._holdings = Holdings()
        # What was dropped may still be in memory, as the runs of a combination are: it is not read twice.
        self._alive: WeakValueDictionary[tuple[Hashable, ...], EstimateData] = WeakValueDictionary()
        self._results = self.memory.shelf(self)

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
                combination,
                runs,
                [self.run_source(workspace, run) for run in runs],
                memory=self.memory,
            )

        return self._kept_source((str(combination.path), *state), load)

    def run_source(self, workspace: Workspace, run: Run) -> EstimateData:
        """Return the recipient and implicates of a run, loading them when new or changed."""
        key = (str(run.implicates_folder), *sources_stamp(workspace, run))
        return self._kept_source(
            key, lambda: load_run(workspace, run, beside=self._loaded(), memory=self.memory)
        )

    def survey_source(self, workspace: Workspace, survey: SurveyId) -> EstimateData:
        """Return the households of a survey, loading them when new or changed."""
        path = workspace.survey_folder(survey) / "household.parquet"
        return self._source(path, lambda: load_survey(workspace, survey, memory=self.memory))

    def result(self, key: tuple[Any, ...]) -> pd.DataFrame | None:
        """Return a finished table, or ``None``."""
        found = self._results.find(key)
        return found.table if isinstance(found, FinishedTable) else None

    def keep_result(self, key: tuple[Any, ...], table: pd.DataFrame) -> None:
        """Keep a finished table, and nothing of the memory it took to compute."""
        return_freed_memory()
        self._results.keep(key, FinishedTable(table, int(table.memory_usage(deep=True).sum())))

    def _loaded(self) -> list[EstimateData]:
        with self._lock:
            return list(self._sources.values())

    def _source(self, path: Path, load: Callable[[], EstimateData]) -> EstimateData:
        return self._kept_source((str(path), stamp(path)), load)

    def _kept_source(
        self, key: tuple[Hashable, ...], load: Callable[[], EstimateData]
    ) -> EstimateData:
        with self._lock:
            found = self._alive.get(key)
            if found is not None:
                self._keep_source(key, found)
                return found
            waiting = self._loading.setdefault(key, Lock())
        # Two sessions that open the same run wait for one load instead of doing it twice.
        with waiting:
            with self._lock:
                found = self._alive.get(key)
            if found is not None:
                return found
            try:
                found = load()
                return_freed_memory()
                with self._lock:
                    self._keep_source(key, found)
                return found
            finally:
                with self._lock:
                    self._loading.pop(key, None)

    def _keep_source(self, key: tuple[Hashable, ...], source: EstimateData) -> None:
        """Keep a source as the one used last; the lock is held."""
        known = key in self._sources
        self._sources[key] = self._alive[key] = source
        self._holdings.use(key, _bytes_of([source]))
        if known:
            return
        while (taken := _bytes_of(self._sources.values())) > self._limit * _FOR_SOURCES:
            if len(self._sources) == 1:
                break
            dropped = self._holdings.first_to_go(key)
            self._holdings.drop(dropped)
            del self._sources[dropped]
        self.memory.reserve(taken)


@dataclass(frozen=True)
class FinishedTable:
    """A finished table."""

    table: pd.DataFrame
    nbytes: int


def _bytes_of(sources: Iterable[EstimateData]) -> int:
    """Return the memory several sources take, what they share counted once."""
    return sum(reduce(or_, (source.held() for source in sources), {}).values())


def stamp(path: Path) -> int:
    """Return a number that changes with a file, or any file of a folder; 0 if absent.

    All times of change count, not only the latest: a clock set back must not hide a change.
    """
    if not path.exists():
        return 0
    files = [path, *sorted(path.iterdir())] if path.is_dir() else [path]
    states = [(file.name, (found := file.stat()).st_mtime_ns, found.st_size) for file in files]
    return int.from_bytes(blake2b(repr(states).encode(), digest_size=8).digest())


def recipient_of(workspace: Workspace, source: Source) -> SurveyId:
    """Return the survey whose households and weights estimates are made from."""
    if isinstance(source, SurveyId):
        return source
    run = source.runs(workspace)[0] if isinstance(source, Combination) else source
    return run.spec().pair.recipient


def sources_stamp(workspace: Workspace, source: Run | Combination) -> tuple[int, ...]:
    """Return the stamps of all that a run or a combination is read from."""
    if isinstance(source, Combination):
        runs = source.runs(workspace)
        return (
            stamp(source.path),
            stamp(source.derived_path),
            *(stamp(run.implicates_folder) for run in runs),
            *(stamp(run.area_rule_file) for run in runs),
        )
    return (
        stamp(source.implicates_folder),
        stamp(source.derived_path),
        stamp(source.area_rule_file),
    )


def load_run(
    workspace: Workspace,
    run: Run,
    *,
    beside: Sequence[EstimateData] = (),
    memory: LruCache,
) -> EstimateData:
    """Load the recipient and implicates of a run.

    Rows are those of the prepared recipient; the columns of the recipient survey are joined to it
    by household.

    Parameters
    ----------
    workspace, run
        Where it is.
    beside
        What is in memory already; columns that are the same there are not held twice.
    memory
        Where what is read and computed is kept.

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
    implicates = stored_implicates(
        run.implicates_folder, recipient=path, rows=len(recipient), memory=memory, seed=spec.seed
    )
    table, weights = _households(workspace, run, recipient, implicates.names, beside)
    donor = donor_of_run(workspace, run, recipient, implicates.names)
    return EstimateData(
        table,
        weights,
        implicates,
        donor,
        state=state,
        outcomes=_outcomes(run),
        memory=memory,
    )


def _households(
    workspace: Workspace,
    run: Run,
    recipient: pd.DataFrame,
    fused: Sequence[str],
    beside: Sequence[EstimateData],
) -> tuple[pd.DataFrame, WeightMatrix]:
    """Return the prepared recipient with the other columns of its survey, and its weights."""
    survey = workspace.stored_survey(run.spec().pair.recipient)
    design = survey.description.design
    # Most columns, all weights among them, are in the prepared table too: they are not read again.
    extra = [
        name
        for name in survey.column_names("household")
        if name not in recipient.columns and name not in fused
    ]
    household = survey.columns("household", [HOUSEHOLD_KEY, *extra]).set_index(HOUSEHOLD_KEY)
    joined = household.reindex(recipient[HOUSEHOLD_KEY]).reset_index(drop=True)
    labelled = with_group_labels(recipient, workspace, run)
    table = pd.concat([labelled, joined], axis=1)
    weights = weight_matrix(table, len(table), design=design)
    return share_memory(table.drop(columns=list(design.columns)), weights, beside)


def _outcomes(source: Run | Combination) -> Sequence[DerivedVariable]:
    """Return the derived outcomes of a run or combination, each after those it is built from."""
    found = read_outcomes(source.derived_path)
    ordered, cycles = dependency_order(found)
    if cycles:
        raise next(iter(cycles.values()))
    return ordered


def load_combination(
    combination: Combination,
    runs: Sequence[Run],
    loaded: Sequence[EstimateData],
    *,
    memory: LruCache,
) -> EstimateData:
    """Put the data of several runs on one recipient together.

    Parameters
    ----------
    combination, runs
        The combination and its runs.
    loaded
        The data of each run; their weights are the same.
    memory
        Where what is computed is kept.

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
        parts=loaded,
        memory=memory,
    )


def load_survey(workspace: Workspace, survey: SurveyId, *, memory: LruCache) -> EstimateData:
    """Load the households of a survey; what is computed of them is kept in a memory."""
    found = workspace.stored_survey(survey)
    table = found.columns("household", found.column_names("household")).reset_index(drop=True)
    design = found.description.design
    weights = weight_matrix(table, len(table), design=design)
    return EstimateData(_without(table, design.columns), weights, memory=memory)


def _without(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return table.drop(columns=list(names)).copy()
