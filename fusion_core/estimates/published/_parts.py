"""Conditions on fused variables as the published parts of a donor that meet them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.statistics import Column, DonorAnswers
from fusion_core.estimates.variance import Covariates, DonorSample, ask_donor

if TYPE_CHECKING:
    from fusion_core.estimates.published.published_answers import PublishedAnswers
    from fusion_core.estimates.statistics import DrawnTable
    from fusion_core.harmony.expressions import CheckedExpression

Floats = NDArray[np.float64]

_MOST_VARIABLES = 2
# Draws that stand for a stretch of an amount, fewer where two amounts meet; draws looked at for them.
_STANDING, _STANDING_OF_TWO = 32, 8
_LOOKED_AT = 1_000_000


@dataclass(frozen=True)
class PartsMet(DonorAnswers):
    """Which parts of one or two variables meet a condition, in place of which donors.

    `met` has a column per part, or per pair of parts, those of the second variable beside each other.
    Where answers of one part differ in whether they meet it, it is the share that does of an amount, and
    NaN of others.

    Attributes
    ----------
    names
        The variables.
    sizes
        Number of parts of each.
    """

    names: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()

    def __and__(self, other: DonorAnswers) -> DonorAnswers:
        """Return the parts, or pairs of parts, that meet both."""
        if not isinstance(other, PartsMet) or other.names == self.names:
            both = super().__and__(other)
            return PartsMet(both.pattern, both.met, self.names, self.sizes)
        names = tuple(dict.fromkeys((*self.names, *other.names)))
        size = dict(zip((*self.names, *other.names), (*self.sizes, *other.sizes), strict=True))
        sizes = tuple(size[name] for name in names)
        both = replace(self, met=self._over(names, sizes), names=(), sizes=())
        second = replace(other, met=other._over(names, sizes), names=(), sizes=())
        joint = DonorAnswers.__and__(both, second)
        return PartsMet(joint.pattern, joint.met, names, sizes)

    def __rand__(self, other: DonorAnswers) -> DonorAnswers:
        """Return the same the other way round."""
        return self & other

    @property
    def swapped(self) -> PartsMet:
        """The same with its two variables the other way round."""
        names, sizes = self.names[::-1], self.sizes[::-1]
        return PartsMet(self.pattern, self._over(names, sizes), names, sizes)

    @property
    def is_parted(self) -> NDArray[np.bool_]:
        """Which parts are met by a share of their donors, beside some answers."""
        return np.asarray(((self.met > 0) & (self.met < 1)).any(axis=0))

    def _over(self, names: tuple[str, ...], sizes: tuple[int, ...]) -> Floats:
        """Return `met` over the parts of more variables."""
        order = [self.names.index(name) for name in names if name in self.names]
        shaped = self.met.reshape(len(self.met), *self.sizes)
        shaped = shaped.transpose(0, *(1 + place for place in order))
        shape = [size if name in self.names else 1 for name, size in zip(names, sizes, strict=True)]
        spread = shaped.reshape(len(self.met), *shape)
        return np.broadcast_to(spread, (len(self.met), *sizes)).reshape(len(self.met), -1)


def condition_of_parts(
    condition: CheckedExpression,
    households: DrawnTable,
    answers: Mapping[str, PublishedAnswers],
) -> DonorAnswers | None:
    """Ask which parts of the donor meet a condition.

    Parameters
    ----------
    condition, households
        As of `fusion_core.estimates.variance.ask_donor`.
    answers
        What is known of the fused variables it reads.

    Returns
    -------
    DonorAnswers or None
        ``None`` where it reads more than two of them, or numbers of which no parts are published.
    """
    if len(answers) > _MOST_VARIABLES or households.implicates is None:
        return None
    values: dict[str, NDArray[Any]] = {}
    places: dict[str, NDArray[np.intp]] = {}
    columns: dict[str, Column] = {}
    amounts = [name for name, item in answers.items() if not item.levels and not item.steps]
    standing = _STANDING if len(amounts) < _MOST_VARIABLES else _STANDING_OF_TWO
    for name, item in answers.items():
        fused = households.implicates[name]
        if item.cells is None or bool(item.levels) != fused.is_categorical:
            return None
        levels = fused.levels
        if name in amounts:
            seen = _standing(item, fused.values, standing)
        else:
            seen = np.arange(len(levels)) if levels else np.unique(fused.values)
        kept = seen[item.cell_of(seen, levels) >= 0]
        values[name], places[name] = kept, item.cell_of(kept, levels)
        columns[name] = Column(name, kept[:, None], levels)
    grid = np.meshgrid(*(np.arange(len(kept)) for kept in values.values()), indexing="ij")
    chosen = dict(zip(answers, (item.ravel() for item in grid), strict=True))
    rows = len(next(iter(chosen.values())))
    pretended = DonorSample(
        {
            name: replace(columns[name], values=columns[name].values[chosen[name]])
            for name in answers
        },
        Covariates((), np.zeros((rows, 0), dtype=np.float32), rows),
        Covariates((), np.zeros((0, 0), dtype=np.float32), 0),
        np.ones((rows, 1)),
        1.0,
    )
    found = ask_donor(condition, households, list(answers), pretended)
    if found is None:
        return None
    sizes = tuple(len(item.cells) for item in answers.values() if item.cells is not None)
    cell = np.ravel_multi_index([places[name][chosen[name]] for name in answers], sizes)
    met = _agreed(found.met, cell, int(np.prod(sizes)), in_shares=bool(amounts))
    return PartsMet(found.pattern, met, tuple(answers), sizes)


def _standing(item: PublishedAnswers, drawn: NDArray[Any], count: int) -> NDArray[Any]:
    """Return draws that stand for those of each stretch of an amount, as many of each."""
    some = np.ravel(drawn)[:: max(drawn.size // _LOOKED_AT, 1)]
    some = np.sort(some[np.isfinite(some)])
    ends = np.searchsorted(item.cell_of(some, ()), np.arange(len(item.cuts) + 2))
    places = (np.arange(count) + 0.5) / count
    chosen = [
        first + (places * (last - first)).astype(np.intp)
        for first, last in pairwise(ends)
        if last > first
    ]
    return some[np.concatenate(chosen)] if chosen else some


def _agreed(met: Floats, cell: NDArray[np.intp], cells: int, *, in_shares: bool) -> Floats:
    """Return what all answers of each part say, 0 where the recipient has none.

    Where they differ that is the share that meets the condition, or NaN.
    """
    counts = np.bincount(cell, minlength=cells)
    sums = np.stack([np.bincount(cell, row, minlength=cells) for row in np.nan_to_num(met)])
    shares = sums / np.maximum(counts, 1) if in_shares else np.full(sums.shape, np.nan)
    found = np.where(sums == 0, 0.0, np.where(sums == counts, 1.0, shares))
    return np.asarray(found)
