"""The donor's part of a margin without the donor: what a published data set carries in its place.

All that margins need of a donor are regressions of its answers on the predictors, and how these move
under the donor's replicate weights (`fusion_core.estimates.variance.donor_error`). Both are linear in
what a donor contributes, so it is enough to know them for each level of a category, and for a number
itself and for being above each of some marks: sums over many donors, no donor's answers.

Margins follow from sums over replicates of products of movements. Such sums stay the same when the
movements are turned by any rotation of the replicates; published are those along the principal axes,
which belong to no replicate and no group of donors any more, are fewer, and give the same margins.

Of subgroups that a fused variable defines – those with one level of it – the same is published: sums
over the donors of each part (`tabulate`). Such subgroups have the donor's part in their margins as well;
those that two variables define have it for what these two and the recipient's own answers say.

Amounts are parted at few of their marks for this. A condition such as ``use > 300`` may cut a part: a
share s of its donors meets it, nobody knows which. Taken to be any, they contribute s of what the part
does, and as single donors vary independently their sum varies by √s as much as that of all: its
movement is √s that of the part, never less than s of it (`PublishedDonor.contributions`). Nothing is
told where no part is met whole, nor of a share of the first or last stretch, too wide for this.

Every level and every stretch between two marks stands for at least `FEWEST_DONORS` donors. Rarer
levels are withheld, together with enough others that no difference reveals them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import and_
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.published._parts import PartsMet, condition_of_parts
from fusion_core.estimates.published.published_answers import PublishedAnswers
from fusion_core.estimates.statistics import (
    Answered,
    Column,
    DonorAnswers,
    HasLevel,
    Measure,
    Number,
    ThresholdIndicator,
)
from fusion_core.estimates.variance import Covariates, DonorSample, Regression, SeenPlaces
from fusion_core.summaries import listed

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.estimates.statistics import DrawnTable
    from fusion_core.harmony.expressions import CheckedExpression

Floats = NDArray[np.float64]
Part: TypeAlias = tuple[str, int, str]
Key: TypeAlias = tuple[str] | Part

# Of the functions of a number, the one that says whether it was answered.
_ANSWERED = 1


@dataclass(frozen=True)
class KnownAnswers(DonorAnswers):
    """A combination of what is known of one variable, in place of what each donor contributes.

    Attributes
    ----------
    variable
        The variable.
    measure
        What was asked of it.
    """

    variable: str = ""
    measure: Measure | None = None

    @property
    def is_answered(self) -> bool:
        """Whether it says no more than that the variable was answered."""
        return isinstance(self.measure, Answered)


@dataclass(frozen=True, repr=False)
class PublishedDonor(DonorSample):
    """A donor of which only regressions and their movements are known.

    Attributes
    ----------
    answers
        What is known of each fused variable.
    within
        What is known of a variable among the donors in one part of another: by that variable, the
        part's number and the variable.
    donors
        Number of donors.
    regions
        Which of the few places the donor publishes each household of the recipient lives in; ``None``
        where it does not publish a few.
    """

    answers: Mapping[str, PublishedAnswers] = field(default_factory=dict)
    within: Mapping[Part, PublishedAnswers] = field(default_factory=dict)
    donors: int = 0
    regions: NDArray[np.intp] | None = None

    @classmethod
    def of_tables(
        cls,
        answers: Mapping[str, PublishedAnswers],
        recipient: Covariates,
        *,
        factor: float,
        degrees_of_freedom: float,
        donors: int,
        within: Mapping[Part, PublishedAnswers] | None = None,
        households: pd.Index[Any] | None = None,
        regions: NDArray[np.intp] | None = None,
    ) -> PublishedDonor:
        """Build a donor from what was published of it.

        Parameters
        ----------
        answers, within, donors, regions
            See the attributes.
        recipient, factor, degrees_of_freedom, households
            As in `DonorSample`.
        """
        parts = {} if within is None else within
        functions = sum(item.functions for item in (*answers.values(), *parts.values()))
        axes = next((item.movements.shape[2] for item in answers.values()), 0)
        # Beside every function its movement alone.
        nobody = Covariates((), np.zeros((2 * functions, 0), dtype=np.float32), 2 * functions)
        return cls(
            {},
            nobody,
            recipient,
            np.zeros((2 * functions, 1 + axes)),
            factor,
            households,
            degrees_of_freedom,
            answers=answers,
            within=parts,
            donors=donors,
            regions=regions,
        )

    def answers_to(self, measure: Measure) -> DonorAnswers | None:
        """Return a measure as a combination of what is known; see `DonorSample`."""
        if not isinstance(measure, Number | HasLevel | ThresholdIndicator | Answered):
            return None
        name = measure.column.name
        own = self.answers[name].combination(measure) if name in self.answers else None
        if own is None:
            return None
        found = np.zeros((1, self.own.rows))
        found[0, self._place((name,))] = own
        return KnownAnswers(None, found, name, measure)

    def product_of(self, asked: tuple[DonorAnswers | None, ...]) -> tuple[DonorAnswers | None, ...]:
        """Return factors whose product is that of what was asked.

        Whoever has an answer answered; what two variables have in common is not published.
        """
        known = [item for item in asked if isinstance(item, KnownAnswers)]
        if len(known) < len(asked) or len({item.variable for item in known}) > 1:
            return (None,) if asked else ()
        said = [item for item in known if not item.is_answered] or known[:1]
        return tuple(said) if len(said) <= 1 else (None,)

    @property
    def names(self) -> Collection[str]:
        """The fused variables something is known of."""
        return self.answers.keys()

    def meets(
        self, condition: CheckedExpression, households: DrawnTable, read: Sequence[str]
    ) -> DonorAnswers | None:
        """Return which parts meet a condition on one or two fused variables; see `DonorSample`."""
        return condition_of_parts(
            condition, households, {name: self.answers[name] for name in read}
        )

    def has_level(self, column: Column, code: int) -> DonorAnswers | None:
        """Return the part of a level."""
        item, level = self.answers[column.name], column.levels[code]
        met = np.array([[float(name == level) for name in item.levels]])
        return PartsMet(None, met, (column.name,), (len(item.levels),))

    def contributions(
        self, asked: Sequence[DonorAnswers], conditions: Sequence[DonorAnswers]
    ) -> DonorAnswers | None:
        """Return known functions of the donors of a subgroup; see `DonorSample`.

        ``None`` where the subgroup is of more than the published parts of the donor, or of a part that
        is withheld.
        """
        condition = reduce(and_, conditions) if conditions else None
        if not isinstance(condition, PartsMet):
            return super().contributions(asked, conditions)
        known = asked[0] if asked else None
        if known is not None and not isinstance(known, KnownAnswers):
            return None
        if np.isnan(condition.met).any() or not self._is_narrow(condition):
            return None
        found = np.zeros((len(condition.met), 2, self.own.rows // 2))
        moved = replace(condition, met=np.sqrt(condition.met) - condition.met)
        for place, item in enumerate((condition, moved)):
            own = found[:, place]
            is_told = (
                self._among_one(item, known, own)
                if len(item.names) == 1
                else self._among_two(item, known, own) or self._among_two(item.swapped, known, own)
            )
            if not is_told:
                return None
        return DonorAnswers(condition.pattern, found.reshape(len(found), -1))

    def _is_narrow(self, met: PartsMet) -> bool:
        """Whether parts that are cut are few of those met, and none the first or last of an amount."""
        if (met.met.any(axis=1) & ~(met.met == 1).any(axis=1)).any():
            return False
        parted = met.is_parted.reshape(met.sizes)
        for axis, name in enumerate(met.names):
            item = self.answers[name]
            if not item.levels and not item.steps and parted.take([0, -1], axis=axis).any():
                return False
        return True

    def _among_one(self, met: PartsMet, known: KnownAnswers | None, found: Floats) -> bool:
        """Fill in what donors in the parts of one variable contribute; ``False`` where that is withheld."""
        [name] = met.names
        item = self.answers[name]
        cells = item.cells
        if cells is None:
            return False
        if known is None or (known.variable == name and (item.levels or known.is_answered)):
            own = met.met
            if known is not None and item.levels:
                own = own * known.met[0, self._place((name,))]
            return self._fill(found, (name,), own @ cells)
        for cell, own in enumerate(met.met.T):
            table = self.within.get((name, cell, known.variable))
            if not own.any():
                continue
            wanted = None
            if table is not None and known.measure is not None:
                told = self.answers[known.variable].tells_between(table.marks, known.measure)
                wanted = table.combination(known.measure) if told else None
            if wanted is None:
                return False
            if not self._fill(found, (name, cell, known.variable), own[:, None] * wanted):
                return False
        return True

    def _among_two(self, met: PartsMet, known: KnownAnswers | None, found: Floats) -> bool:
        """Fill in what donors in the parts of two variables contribute, of nothing else than these."""
        first, second = met.names
        own = met.met.reshape(len(met.met), *met.sizes)
        if known is not None and not known.is_answered:
            levels = self.answers[known.variable].levels
            if known.variable not in met.names or not levels:
                return False
            share = known.met[0, self._place((known.variable,))]
            own = own * (share[:, None] if known.variable == first else share)
        elif known is not None and known.variable not in met.names:
            return False
        for cell in np.flatnonzero(own.any(axis=(0, 2))):
            table = self.within.get((first, int(cell), second))
            cells = None if table is None else table.stretches(self.answers[second].cuts)
            if cells is None or not self._fill(
                found, (first, int(cell), second), own[:, cell] @ cells
            ):
                return False
        return True

    def _fill(self, found: Floats, key: Key, own: Floats) -> bool:
        """Write combinations of the functions of one table; ``False`` where one of them is withheld."""
        item = self._tables.get(key)
        if item is None:
            return False
        hidden = np.isnan(item.coefficients[:, 0])
        if own[:, hidden].any():
            return False
        found[:, self._place(key)] = own
        return True

    def meeting(self, condition: DonorAnswers) -> int:
        """Return how many donors are in the parts that meet a condition."""
        if not isinstance(condition, PartsMet):
            return self.donors
        if len(condition.names) == 1:
            counts = self.answers[condition.names[0]].cell_counts()
            return int(np.nan_to_num(condition.met).max(axis=0) @ counts)
        return max(self._meeting_two(item) for item in (condition, condition.swapped))

    def _meeting_two(self, condition: PartsMet) -> int:
        (first, second), cuts = condition.names, self.answers[condition.names[1]].cuts
        met, found = np.nan_to_num(condition.met).max(axis=0).reshape(condition.sizes), 0.0
        for cell, own in enumerate(met):
            table = self.within.get((first, cell, second))
            counts = np.zeros(0) if table is None else table.cell_counts(cuts)
            if len(counts):
                found += own @ counts
        return int(found)

    def effective_behind(self, found: Sequence[DonorAnswers]) -> float:
        """Return the effective number of donors behind measures; see `DonorSample`.

        Of a subgroup, as many of them as of everybody count for one.
        """
        fewest = np.inf
        for answers in found:
            for key, item in self._tables.items():
                used = np.flatnonzero(answers.met[:, self._place(key)].any(axis=0))
                if not answers.is_asked or not len(used):
                    continue
                every = self.answers[key[0]]
                size = every.effective
                if item.levels and item.counts is not None and every.counts is not None:
                    size *= item.counts[used].sum() / max(every.counts.sum(), 1)
                fewest = min(fewest, float(size))
        return fewest

    def coefficients(self, values: Floats) -> Floats:
        """Return the regression of a combination of known functions."""
        found = np.zeros(self.recipient.width)
        for item, used, part in self._parts(values):
            found += part @ item.coefficients[used]
        return found

    def movements(self, values: Floats) -> Floats:
        """Return how the regression of a combination of known functions moves."""
        found = np.zeros((self.recipient.width, self.replicates))
        for item, used, part in self._parts(values.reshape(2, -1).sum(axis=0)):
            found += np.tensordot(part, item.movements[used], axes=1)
        return found

    @property
    def knows_areas(self) -> bool:
        """Whether it was published what the part of areas in a margin needs."""
        return all(item.between is not None for item in self.answers.values())

    def seen_places(self, values: Floats) -> SeenPlaces:
        """Return what the donor's places say of known functions; between two marks, their mean."""
        excess = self._mean_of(values, lambda item: item.between)
        likelihood = self._mean_of(values, lambda item: item.seen)
        told = likelihood.ndim > 0 and np.isfinite(likelihood).all()
        return SeenPlaces(float(excess), likelihood if told else None)

    def unexplained(self, values: Floats) -> float:
        """Return the variance of single donors around the regression; between two marks, their mean."""
        return float(self._mean_of(values, lambda item: item.unexplained))

    def _mean_of(
        self, values: Floats, known: Callable[[PublishedAnswers], Floats | None]
    ) -> Floats:
        for item, used, part in self._parts(values):
            told, share = known(item), np.abs(part)
            # Below a mark is answered less above it: it varies as what is above.
            if not item.levels and len(used) > 1:
                share = np.where(used == _ANSWERED, 0.0, share)
            if told is not None:
                return np.asarray(share @ told[used] / share.sum())
        return np.asarray(np.nan)

    def regression(self, values: Floats) -> Regression:
        """Return a regression that tells no more than whether there were donors enough."""
        determined = all(item.determined for item, _, _ in self._parts(values))
        columns = self.recipient.width
        return Regression(np.zeros((0, 0)), columns, 2 * columns if determined else 0)

    def _parts(self, values: Floats) -> list[tuple[PublishedAnswers, NDArray[np.intp], Floats]]:
        found = []
        for key, item in self._tables.items():
            own = values[self._place(key)]
            used = np.flatnonzero(own)
            if len(used):
                found.append((item, used, own[used]))
        return found

    @cached_property
    def _tables(self) -> dict[Key, PublishedAnswers]:
        """All tables: of everybody by variable, then of the parts of one variable."""
        found: dict[Key, PublishedAnswers] = {(name,): item for name, item in self.answers.items()}
        return {**found, **dict(self.within.items())}

    @cached_property
    def _places(self) -> dict[Key, slice]:
        found, first = {}, 0
        for key, item in self._tables.items():
            found[key] = slice(first, first + item.functions)
            first += item.functions
        return found

    def _place(self, key: Key) -> slice:
        return self._places[key]

    def _facts(self) -> dict[str, object]:
        return {
            "variables": listed(self.answers),
            "donors": f"{self.donors:,}, not among these data",
            "recipient": f"{self.recipient.rows:,}",
            "axes of movement": self.replicates,
        }
