"""One PUMA allocated and drawn again: work that a process of its own can do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final, Protocol, Self, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.downscaling.solving import (
    Allocation,
    AllocationProblem,
    AreaEffects,
    HeldOut,
    PublishedCounts,
    allocate,
    allocation_problem,
    redraw,
    seen_share,
    unexplained_share,
)
from fusion_core.downscaling.stage.stored import PumaAllocation
from fusion_core.errors import InputError
from fusion_core.records import Checked

Item_contra = TypeVar("Item_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)
_FEW: Final = 10.0
"""Effective households below which an area's estimates rest on next to nobody."""
_OTHER_YEARS: Final = 0.1
"""Difference between weights and published households above which years probably differ."""


@dataclass(frozen=True)
class PumaTask(Checked):
    """One PUMA to allocate.

    Attributes
    ----------
    puma
        The PUMA.
    households
        Keys of its households.
    characteristics
        How many each counts for, one column per constraint.
    weights
        Their weights.
    tables
        Published counts, coarsest level first.
    held_out
        Constraints of each table.
    draws, seed
        How often it is drawn again, and the seed.
    """

    puma: str
    households: NDArray[Any]
    characteristics: pd.DataFrame
    weights: NDArray[np.float64]
    tables: tuple[PublishedCounts, ...]
    held_out: dict[str, tuple[str, ...]]
    draws: int
    seed: int


@dataclass(frozen=True)
class SolvedPuma(Checked):
    """What allocating a PUMA showed.

    Attributes
    ----------
    puma
        The PUMA.
    multipliers
        Of its allocation.
    told
        What the record says of it.
    held_out
        What holding out each table showed.
    seen
        How much its areas differ in what constraints count (`seen_share`).
    """

    puma: str
    multipliers: NDArray[np.float64]
    told: dict[str, Any]
    held_out: dict[str, HeldOut]
    seen: float


def solve_puma(task: PumaTask) -> SolvedPuma:
    """Allocate a PUMA and hold out its tables in turn.

    Raises
    ------
    InputError
        Naming the PUMA.
    """
    problem, notes = _problem(task)
    try:
        allocation = allocate(problem)
    except InputError as error:
        where = ", ".join(part for part in (f"PUMA {task.puma}", error.where) if part)
        raise InputError(error.what, where=where, fix=error.fix) from error
    effective = allocation.effective_households
    few = [area for area, n in zip(problem.areas, effective, strict=True) if n < _FEW]
    if few:
        notes.append(
            f"{len(few)} of {len(problem.areas)} areas of PUMA {task.puma} rest on fewer than "
            f"{_FEW:.0f} effective households, such as {few[0]}."
        )
    told = {
        "areas": list(problem.areas),
        "households": len(problem.weights),
        "weight": float(problem.weights.sum()),
        "inside": allocation.inside,
        "entropy": allocation.entropy,
        "effective_households": float(np.median(effective)),
        "notes": [*problem.notes, *notes],
    }
    scores = unexplained_share(problem, task.held_out, start=allocation.multipliers, seed=task.seed)
    seen = seen_share(allocation, seed=task.seed)
    return SolvedPuma(task.puma, allocation.multipliers, told, scores, seen)


def draw_puma(asked: tuple[PumaTask, NDArray[np.float64], AreaEffects]) -> PumaAllocation:
    """Draw a PUMA again, from the multipliers of its allocation on."""
    task, multipliers, effects = asked
    problem, _ = _problem(task)
    allocation: Allocation = allocate(problem, start=multipliers)
    rng = np.random.default_rng(task.seed)
    draws = list(redraw(allocation, task.draws, rng, effects=effects))
    return PumaAllocation.of(task.puma, task.households, allocation, draws, effects)


def _problem(task: PumaTask) -> tuple[AllocationProblem, list[str]]:
    weights, notes = _scaled(task)
    return allocation_problem(task.characteristics, weights, task.tables), notes


def _scaled(task: PumaTask) -> tuple[NDArray[np.float64], list[str]]:
    """Scale weights to the published number of households, where a constraint counts them all."""
    every = [name for name in task.characteristics if (task.characteristics[name] == 1).all()]
    finest = task.tables[-1]
    if not every or every[0] not in finest.names:
        return task.weights, []
    published = float(np.nansum(finest.counts[:, finest.names.index(every[0])]))
    factor = published / task.weights.sum() if published > 0 else 1.0
    notes = []
    if abs(factor - 1) > _OTHER_YEARS:
        notes.append(
            f"PUMA {task.puma} has {published:,.0f} of '{every[0]}' published and "
            f"{task.weights.sum():,.0f} households by the survey's weights, which were scaled; tables "
            f"and microdata may be of different years, or '{every[0]}' not of all households."
        )
    return task.weights * factor, notes


class Work(Protocol[Item_contra, Result_co]):
    """A function of a module, so that another process can call it."""

    def __call__(self, item: Item_contra, /) -> Result_co:
        """Do it."""
        ...


class Workers:
    """Processes that work on PUMAs side by side, or none for one at a time.

    Parameters
    ----------
    count
        How many; 1 works in this process.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self._count > 1:
            self._pool = ProcessPoolExecutor(self._count, mp_context=get_context("spawn"))
        return self

    def __exit__(self, *told: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def each(
        self,
        work: Work[Item_contra, Result_co],
        items: Sequence[Item_contra],
        report: Callable[[int, int], None],
    ) -> Iterator[Result_co]:
        """Yield the results of some work as they come.

        Parameters
        ----------
        work
            What to do.
        items
            With what.
        report
            Called with the number of results and of items.
        """
        for done, result in enumerate(self._results(work, items), start=1):
            report(done, len(items))
            yield result

    def _results(
        self, work: Work[Item_contra, Result_co], items: Sequence[Item_contra]
    ) -> Iterable[Result_co]:
        if self._pool is None:
            return map(work, items)
        waiting = [self._pool.submit(work, item) for item in items]
        return (future.result() for future in as_completed(waiting))


__all__ = ["PumaTask", "SolvedPuma", "Workers", "draw_puma", "solve_puma"]
