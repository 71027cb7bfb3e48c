"""Tables of a donor in its place: functions of its answers, of everybody and of the parts of one variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.published.published_answers import PublishedAnswers
from fusion_core.estimates.published.published_donor import PublishedDonor
from fusion_core.estimates.statistics import (
    Answered,
    Column,
    HasLevel,
    Measure,
    Number,
    ThresholdIndicator,
)
from fusion_core.estimates.variance import KAPPAS, DonorSample

if TYPE_CHECKING:
    from fusion_core.estimates.published.published_donor import Part

Floats = NDArray[np.float64]

FEWEST_DONORS: Final = 10
"""Donors behind every published level and every stretch between two marks, at least."""
MOST_ANSWERS: Final = 40
"""Different answers to a number, at most, of which each is a mark; else marks are quantiles and heaps."""
# Shares of the donors below the marks, closer together at the ends.
_SHARES: Final = np.concatenate(
    [[0.0025, 0.005], np.linspace(0.01, 0.99, 99), [0.995, 0.9975]],
)
# Axes that carry less than this share of the largest movement are rounding.
_NEGLIGIBLE: Final = 1e-13
MOST_BYTES: Final = 96 * 2**20
"""Movements of subgroups that are published, at most; the variables with the fewest parts come first."""
# Variables of more parts than this define no subgroups people ask about.
_MOST_PARTS: Final = 16
_NUMBER_FUNCTIONS: Final = 2
_FLOAT: Final = 4


def publish_donor(
    sample: DonorSample,
    columns: Sequence[Column],
    *,
    fewest: int = FEWEST_DONORS,
    most_bytes: int = MOST_BYTES,
) -> PublishedDonor:
    """Turn a donor into what margins need of it, without its households.

    Parameters
    ----------
    sample
        The donor.
    columns
        The fused variables as the recipient has them.
    fewest
        Donors behind every level and every stretch between two marks.
    most_bytes
        Size of what is published of subgroups; variables beyond it define none with a donor's part.
    """
    asked = {
        column.name: column
        for column in columns
        if column.name in sample.columns
        and bool(sample.columns[column.name].levels) == bool(column.levels)
    }
    raw = {name: _tabulated(sample, column, fewest) for name, column in asked.items()}
    parts = _subgroups(sample, asked, raw, fewest, most_bytes)
    tables = [*raw.values(), *parts.values()]
    turned = _turned([item.movements for item in tables])
    named = [
        replace(item, movements=movements) for item, movements in zip(tables, turned, strict=True)
    ]
    where = sample.locality
    return PublishedDonor.of_tables(
        dict(zip(raw, named[: len(raw)], strict=True)),
        sample.recipient,
        within=dict(zip(parts, named[len(raw) :], strict=True)),
        factor=sample.factor,
        degrees_of_freedom=sample.degrees_of_freedom,
        donors=int((sample.weights[:, 0] > 0).sum()),
        households=sample.households,
        regions=None if where is None or where.regions is None else where.regions[where.areas],
    )


def _tabulated(sample: DonorSample, column: Column, fewest: int) -> PublishedAnswers:
    """Tabulate one variable of everybody."""
    own = sample.columns[column.name]
    known = (own.present(slice(None))[:, 0] > 0) & (sample.weights[:, 0] > 0)
    marks, steps, withheld = np.zeros(0), False, set[int]()
    if own.levels:
        counts = np.bincount(own.values[known, 0], minlength=len(own.levels))
        withheld = _withheld(counts, fewest)
    else:
        numbers = own.values[known, 0].astype(np.float64)
        steps = len(np.unique(numbers)) <= MOST_ANSWERS
        marks = _marks(numbers, sample.weights[known, 0], fewest)
    values = _functions(sample, column, marks)
    if withheld:
        values[sorted(withheld)] = np.nan
    told = [sample.seen_places(row) if np.isfinite(row).any() else None for row in values]
    seen = np.full((len(values), len(KAPPAS)), np.nan)
    between, unexplained = np.full(len(values), np.nan), np.full(len(values), np.nan)
    for place, found in enumerate(told):
        if found is None:
            continue
        between[place] = found.excess
        unexplained[place] = sample.unexplained(values[place])
        if found.likelihood is not None:
            seen[place] = found.likelihood
    answered = sample.answers_to(Answered(column))
    used = np.zeros(sample.own.rows) if answered is None else answered.met[0]
    effective = sample.effective_size((np.nan_to_num(used) > 0).astype(np.float64))
    plain = _regressed(sample, values)
    return replace(
        plain,
        levels=own.levels,
        marks=marks,
        steps=steps,
        effective=effective,
        between=between,
        unexplained=unexplained,
        seen=seen if np.isfinite(seen).any() else None,
        counts=_contributing(sample, values),
    )


def _functions(sample: DonorSample, column: Column, marks: Floats) -> Floats:
    """Return the functions of a variable's answers by donor, NaN for no answer."""
    own = sample.columns[column.name]
    shown = replace(column, levels=own.levels)
    measures: list[Measure]
    if own.levels:
        measures = [HasLevel(shown, code) for code in range(len(own.levels))]
    else:
        above = [ThresholdIndicator(column, float(mark)) for mark in marks]
        measures = [Number(column), Answered(column), *above]
    found = []
    for measure in measures:
        answers = sample.answers_to(measure)
        if answers is None:
            raise ValueError(column.name)
        found.append(answers.met[0])
    return np.array(found, dtype=np.float64)


def _regressed(sample: DonorSample, values: Floats) -> PublishedAnswers:
    """Regress functions on the predictors; rows of nothing but NaN are withheld."""
    size, axes = sample.recipient.width, sample.replicates
    coefficients = np.full((len(values), size), np.nan)
    movements = np.zeros((len(values), size, axes))
    told = np.isfinite(values).any(axis=1)
    determined = all(sample.regression(row).is_determined for row in values[told])
    if told.any():
        coefficients[told], movements[told] = sample.regressed(values[told])
    return PublishedAnswers((), np.zeros(0), False, coefficients, movements, determined, np.inf)


def _contributing(sample: DonorSample, values: Floats) -> NDArray[np.intp]:
    """Return how many donors each function has a value of."""
    used = (np.nan_to_num(values) != 0) & (sample.weights[:, 0] > 0)
    return np.asarray(used.sum(axis=1), dtype=np.intp)


@dataclass(frozen=True)
class _Parts:
    """Whether each donor is in each part of a variable, NaN for no answer, and the parts withheld."""

    members: Floats
    hidden: set[int]


def _subgroups(
    sample: DonorSample,
    asked: Mapping[str, Column],
    answers: Mapping[str, PublishedAnswers],
    fewest: int,
    most_bytes: int,
) -> dict[Part, PublishedAnswers]:
    """Tabulate every variable among the donors in each part of every other, as far as there is room."""
    room = most_bytes // (_FLOAT * max(sample.recipient.width * max(sample.replicates, 1), 1))
    defining = {
        name: cells
        for name, item in answers.items()
        if (cells := item.cells) is not None and len(cells) <= _MOST_PARTS
    }
    found: dict[Part, PublishedAnswers] = {}
    for name, cells in sorted(defining.items(), key=lambda entry: len(entry[1])):
        own = answers[name]
        others = [item for item in answers if item != name or not own.levels]
        wanted = len(cells) * sum(_shown(answers[item]) for item in others)
        if wanted > room:
            continue
        room -= wanted
        functions = _functions(sample, asked[name], own.marks)
        members = np.stack([_combined(cell, functions) for cell in cells])
        hidden = {
            place
            for place, cell in enumerate(cells)
            if np.isnan(own.coefficients[np.flatnonzero(cell), 0]).any()
        }
        parts = _Parts(members, hidden)
        for other in others:
            tables = _within(sample, parts, asked[other], answers[other], fewest)
            found |= {(name, place, other): item for place, item in enumerate(tables)}
    return found


def _combined(cell: Floats, functions: Floats) -> Floats:
    used = np.flatnonzero(cell)
    return np.asarray(cell[used] @ functions[used])


def _shown(item: PublishedAnswers) -> int:
    if item.levels or item.steps:
        return item.functions
    return min(item.functions, _NUMBER_FUNCTIONS + _FEW_MARKS + len(item.cuts))


_FEW_MARKS: Final = 20


def _within(
    sample: DonorSample,
    parts: _Parts,
    column: Column,
    every: PublishedAnswers,
    fewest: int,
) -> list[PublishedAnswers]:
    """Tabulate a variable among the donors of each part; what too few donors are behind is withheld."""
    values, members, hidden = _functions(sample, column, every.marks), parts.members, parts.hidden
    products = np.where(members[:, None] == 0, 0.0, members[:, None] * values)
    counted = (np.nan_to_num(products) != 0) & (sample.weights[:, 0] > 0)
    counts = counted.sum(axis=2)
    if every.levels:
        told = _told_levels(counts, hidden, np.isnan(every.coefficients[:, 0]), fewest)
        used = np.arange(len(values))
    else:
        counts[:, 0] = counts[:, 1]
        told, used = _told_marks(counts, hidden, every, fewest)
    found = []
    for place, rows in enumerate(products):
        shown = np.where(told[place, used, None], rows[used], np.nan)
        item = _regressed(sample, shown)
        found.append(
            replace(
                item,
                levels=every.levels,
                marks=every.marks[used[_NUMBER_FUNCTIONS:] - _NUMBER_FUNCTIONS]
                if not every.levels
                else every.marks,
                steps=every.steps,
                effective=every.effective,
                counts=np.where(told[place, used], counts[place, used], 0).astype(np.intp),
            )
        )
    return found


def _told_levels(
    counts: NDArray[np.intp], hidden: set[int], rare: NDArray[np.bool_], fewest: int
) -> NDArray[np.bool_]:
    """Return which levels are told in which parts.

    What is withheld in a part must not follow from the others, nor what is withheld of a level from
    that level's other parts: rows and columns are hidden until neither does.
    """
    told = np.ones(counts.shape, dtype=bool)
    told[sorted(hidden)] = False
    told[:, rare] = False
    told[(counts > 0) & (counts < fewest)] = False
    while True:
        before = int(told.sum())
        for table, flags in ((counts, told), (counts.T, told.T)):
            for numbers, flag in zip(table, flags, strict=True):
                short = numbers[~flag].sum()
                order = np.argsort(numbers, kind="stable")
                for place in order[flag[order] & (numbers[order] > 0)]:
                    if not 0 < short < fewest:
                        break
                    flag[place] = False
                    short += numbers[place]
        if int(told.sum()) == before:
            return told


def _told_marks(
    counts: NDArray[np.intp], hidden: set[int], every: PublishedAnswers, fewest: int
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Return which functions of a number are told in which parts, and which marks are used at all.

    A mark is used if between it and the last one there are donors enough, or none, in every part that is
    told and in those that are not taken together. Of amounts some twenty are, those that part them and
    those on either side of an answer that many gave.
    """
    away = hidden | _withheld(counts[:, 1], fewest)
    kept = [place for place in range(len(counts)) if place not in away]
    rows = [counts[place] for place in kept]
    if away:
        rows.append(counts[sorted(away)].sum(axis=0))
    table = np.array(rows, dtype=np.int64)
    used, last = [0, 1], table[:, 1]
    least = table[:, 1].max(initial=1) / _FEW_MARKS
    chosen = every.heaped | np.isin(every.marks, every.cuts)
    for place in range(_NUMBER_FUNCTIONS, counts.shape[1]):
        here = table[:, place]
        stretch = last - here
        enough = (stretch == 0) | (stretch >= fewest)
        beyond = (here == 0) | (here >= fewest)
        is_worth = every.steps or chosen[place - _NUMBER_FUNCTIONS] or stretch.max() >= least
        if enough.all() and beyond.all() and is_worth:
            used.append(place)
            last = here
    told = np.ones(counts.shape, dtype=bool)
    told[sorted(away)] = False
    return told, np.array(used, dtype=np.intp)


def _withheld(counts: NDArray[np.intp], fewest: int) -> set[int]:
    """Return levels too rare to be shown, and enough others that these do not follow from the rest."""
    order = [int(code) for code in np.argsort(counts, kind="stable") if counts[code]]
    rare = [code for code in order if counts[code] < fewest]
    hidden = set(rare)
    for code in order[len(rare) :]:
        if not hidden or sum(counts[item] for item in hidden) >= fewest:
            break
        hidden.add(code)
    return hidden


def _marks(values: Floats, weight: Floats, fewest: int) -> Floats:
    """Choose marks with donors enough between them: few answers each, else quantiles and heaps."""
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= MOST_ANSWERS:
        candidates = distinct
    else:
        order = np.argsort(values, kind="stable")
        reached = np.cumsum(weight[order]) / weight.sum()
        places = np.searchsorted(reached, _SHARES)
        quantiles = values[order][np.minimum(places, len(values) - 1)]
        heaps = distinct[counts >= max(fewest, len(values) / MOST_ANSWERS)]
        candidates = np.unique(np.concatenate([quantiles, heaps, np.nextafter(heaps, -np.inf)]))
    below = np.searchsorted(distinct, candidates, side="right")
    reached_counts = np.concatenate([[0], np.cumsum(counts)])[below]
    marks, last = [], 0
    for mark, count in zip(candidates, reached_counts, strict=True):
        # A mark below which nobody lies beyond the one before it tells nothing of anybody.
        enough = count == last or count - last >= fewest
        if enough and (count == len(values) or len(values) - count >= fewest):
            marks.append(float(mark))
            last = int(count)
    return np.asarray(marks)


def _turned(movements: Sequence[Floats]) -> list[Floats]:
    """Turn movements to their principal axes, the same for all, which keeps their products."""
    if not movements:
        return []
    rows = np.concatenate([item.reshape(-1, item.shape[2]) for item in movements])
    # Numbers and shares differ by orders of magnitude; each row counts by its direction.
    length = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    unit = rows[length > 0] / length[length > 0, None]
    values, vectors = np.linalg.eigh(unit.T @ unit)
    order = np.argsort(values)[::-1]
    kept = order[values[order] > _NEGLIGIBLE * max(values.max(initial=0.0), 1e-300)]
    axes = vectors[:, kept]
    # An axis has no direction of its own: the largest entry of each points up.
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.sign(axes[largest, np.arange(axes.shape[1])])
    return [item @ axes for item in movements]
