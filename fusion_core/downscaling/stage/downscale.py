"""Allocate the households of a stored survey to small areas, PUMA by PUMA, and keep the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from fusion_core.downscaling.inputs import (
    Constraint,
    CountFile,
    characteristics,
    published_counts,
    puma_of,
    read_constraints,
    read_counts,
    refuse_contradictions,
    refuse_unequal_sums,
    tables_of,
)
from fusion_core.downscaling.solving import AreaEffects, HeldOut, PublishedCounts
from fusion_core.downscaling.stage._puma_tasks import (
    PumaTask,
    SolvedPuma,
    Workers,
    draw_puma,
    solve_puma,
)
from fusion_core.downscaling.stage.stored import (
    StoredAllocation,
    new_allocation,
    open_allocation,
    write_puma,
    write_record,
)
from fusion_core.errors import ConflictError, InputError
from fusion_core.records import Checked
from fusion_core.surveys.model import HOUSEHOLD_KEY, SurveyId

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

Progress: TypeAlias = Callable[[float, str], None]
DRAWS: Final = 40
_FINEST_FIRST: Final = ("block_group", "tract")


@dataclass(frozen=True)
class DownscaleRequest(Checked):
    """What to allocate, and by which published counts.

    Attributes
    ----------
    name
        What the allocation is called.
    recipient
        The survey whose households are allocated.
    tables
        Files of published counts, of block groups, tracts or both (`read_counts`).
    constraints
        File that says which households each count is of (`read_constraints`).
    crosswalk
        File that leads from tracts or block groups to PUMAs; not needed where the tables have a
        column ``puma``.
    pumas
        Only these; empty allocates every PUMA the tables cover.
    draws
        How often published counts and microdata are drawn again for the margins.
    processes
        PUMAs solved at the same time.
    seed
        Of the draws.
    may_replace
        Whether an allocation of this name may be replaced.
    """

    name: str
    recipient: SurveyId
    tables: tuple[Path, ...]
    constraints: Path
    crosswalk: Path | None = None
    pumas: tuple[str, ...] = ()
    draws: int = DRAWS
    processes: int = 1
    seed: int = 0
    may_replace: bool = False


def downscale(
    workspace: Workspace, request: DownscaleRequest, *, progress: Progress | None = None
) -> StoredAllocation:
    """Allocate a survey's households and store the result; nothing is stored unless all is well.

    Parameters
    ----------
    workspace
        The project.
    request
        What to allocate.
    progress
        Called with the share done and a sentence.

    Raises
    ------
    InputError
        If a file is wrong, areas lie in no PUMA of the survey, or constraints contradict each
        other.
    ConflictError
        If there is an allocation of this name that may not be replaced.
    """
    report = progress or _silent
    _check(workspace, request)
    report(0.0, "Reading the published counts")
    constraints = read_constraints(request.constraints)
    tasks = _tasks(workspace, request, constraints)
    with (
        new_allocation(workspace, request.name, may_replace=request.may_replace) as folder,
        Workers(min(request.processes, len(tasks))) as workers,
    ):

        def tell(begin: float, verb: str) -> Callable[[int, int], None]:
            return lambda done, of: report(
                begin + 0.5 * done / of, f"{done:,} of {of:,} PUMAs {verb}"
            )

        solved = list(workers.each(solve_puma, tasks, tell(0.0, "allocated")))
        effects = _effects(solved)
        multipliers = {one.puma: one.multipliers for one in solved}
        again = [(task, multipliers[task.puma], effects) for task in tasks]
        for found in workers.each(draw_puma, again, tell(0.5, "drawn again")):
            write_puma(folder, found)
        write_record(folder, _record(request, constraints, solved, effects))
    return open_allocation(workspace, request.name)


def _check(workspace: Workspace, request: DownscaleRequest) -> None:
    if not request.name.replace("-", "").replace("_", "").isalnum():
        raise InputError(
            f"'{request.name}' is not a valid name for an allocation",
            fix="Use letters, digits, hyphens and underscores",
        )
    if not request.tables:
        raise InputError(
            "No published counts are given", fix="Name a table of tracts or block groups"
        )
    if request.draws < 2 or request.processes < 1:  # noqa: PLR2004 - a variance needs two
        raise InputError(
            "There must be at least 2 draws and 1 process", fix="Raise them, or leave them out"
        )
    exists = (workspace.path / "downscaling" / request.name / "allocation.json").exists()
    if exists and not request.may_replace:
        raise ConflictError.taken("allocation", request.name, where=str(workspace.path))


def _tasks(
    workspace: Workspace, request: DownscaleRequest, constraints: Sequence[Constraint]
) -> list[PumaTask]:
    from fusion_core.estimates.runs import EstimateCache

    files = [read_counts(path) for path in request.tables]
    levels = _levels(files, constraints)
    source = EstimateCache().survey_source(workspace, request.recipient)
    if "puma" not in source.table.columns or HOUSEHOLD_KEY not in source.table.columns:
        raise InputError(
            f"{request.recipient} has no PUMAs", fix="Allocate a survey whose households have one"
        )
    counted = characteristics(constraints, source.table, source.variables())
    for level in levels:
        refuse_unequal_sums(tables_of(constraints), counted, level)
    names = tuple(dict.fromkeys(name for level in levels for name in level.names))
    own = source.table["puma"].astype(str).to_numpy()
    member = puma_of(levels[-1].areas, files, request.crosswalk, frozenset(own), request.pumas)
    seeds = np.random.SeedSequence(request.seed).spawn(len(set(member.values())))
    tasks = []
    for place, puma in enumerate(sorted(set(member.values()))):
        rows = np.flatnonzero((own == puma) & (source.weights.full > 0))
        areas = tuple(area for area in levels[-1].areas if member.get(area) == puma)
        tables = tuple(_inside(level, areas) for level in levels)
        tasks.append(
            PumaTask(
                puma,
                source.table[HOUSEHOLD_KEY].to_numpy()[rows],
                counted.iloc[rows][list(names)].reset_index(drop=True),
                source.weights.full[rows],
                tables,
                tables_of([item for item in constraints if item.name in names]),
                request.draws,
                int(seeds[place].generate_state(1)[0]),
            )
        )
    return tasks


def _levels(files: Sequence[CountFile], constraints: Sequence[Constraint]) -> list[PublishedCounts]:
    """Return the published counts of each level, coarsest first."""
    found = []
    for level in reversed(_FINEST_FIRST):
        parts = [file for file in files if file.level == level]
        if parts:
            counts, margins = (
                pd.concat([getattr(part, what) for part in parts], axis=1)
                for what in ("counts", "margins")
            )
            if counts.columns.duplicated().any():
                twice = counts.columns[counts.columns.duplicated()][0]
                raise InputError(
                    f"The count '{twice}' of {level.replace('_', ' ')}s is in two files",
                    fix="Give every table once",
                )
            bare = frozenset().union(*(part.bare for part in parts)) - set(counts.columns)
            found.append(published_counts(constraints, CountFile(level, counts, margins, bare)))
    others = sorted({file.level for file in files} - set(_FINEST_FIRST))
    if others or not found:
        raise InputError(
            f"Counts of {others[0] if others else 'no level'} cannot be allocated to",
            fix="Give tables of block groups, tracts or both",
        )
    for item in constraints:
        if not any(item.name in level.names for level in found):
            raise InputError(
                f"No table has the counts of the constraint '{item.name}'",
                where="+".join(item.counts),
                fix="Correct the name, add the table, or leave the constraint out",
            )
    if len(found) > 1:
        refuse_contradictions(found[0], found[1])
    return found


def _inside(level: PublishedCounts, areas: tuple[str, ...]) -> PublishedCounts:
    length = len(level.areas[0])
    wanted = {area[:length] for area in areas}
    return level.within(tuple(area for area in level.areas if area in wanted))


def _record(
    request: DownscaleRequest,
    constraints: Sequence[Constraint],
    solved: Sequence[SolvedPuma],
    effects: AreaEffects,
) -> dict[str, Any]:
    return {
        "recipient": str(request.recipient),
        "tables": [path.name for path in request.tables],
        "draws": request.draws,
        "seed": request.seed,
        "constraints": [
            {"name": item.name, "table": item.table, "households": item.households}
            for item in constraints
        ],
        "held_out": _held_out(solved),
        "seen": effects.seen,
        "unseen": effects.unseen,
        "pumas": {one.puma: one.told for one in sorted(solved, key=lambda one: one.puma)},
    }


def _effects(solved: Sequence[SolvedPuma]) -> AreaEffects:
    """Return how much areas differ, averaged over PUMAs.

    Which of the tables an outcome resembles is not known; the root mean square of their shares gives
    those that differ much their weight in the margins.
    """
    unseen = [max(table["unexplained"], 0.0) for table in _held_out(solved).values()]
    seen = float(np.mean([one.seen for one in solved]))
    if not unseen:
        return AreaEffects(max(seen, 0.0))
    return AreaEffects(max(seen, 0.0), float(np.sqrt(np.mean(np.square(unseen)))))


def _held_out(solved: Sequence[SolvedPuma]) -> dict[str, dict[str, float]]:
    """Pool over PUMAs what holding out each table showed."""
    scores: dict[str, list[HeldOut]] = {}
    for one in solved:
        for title, score in one.held_out.items():
            scores.setdefault(title, []).append(score)
    return {title: _pooled(own) for title, own in scores.items()}


def _pooled(scores: Sequence[HeldOut]) -> dict[str, float]:
    counts = np.array([score.counts for score in scores], dtype=float)
    return {
        "error": float(np.sqrt(np.average([one.error**2 for one in scores], weights=counts))),
        "inside": float(np.average([one.inside for one in scores], weights=counts)),
        "unexplained": float(np.average([one.unexplained for one in scores], weights=counts)),
    }


def _silent(share: float, sentence: str) -> None:
    """Report progress to nobody."""


__all__ = ["DRAWS", "DownscaleRequest", "downscale"]
