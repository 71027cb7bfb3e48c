"""The donor's part of a margin without the donor: what a published data set carries in its place.

All that margins need of a donor are regressions of its answers on the predictors, and how these move
under the donor's replicate weights (`fusion_core.estimates.variance.donor_error`). Both are linear in
what a donor contributes, so it is enough to know them for each level of a category, and for a number
itself and for being above each of some marks: sums over many donors, no donor's answers.

Margins follow from sums over replicates of products of movements. Such sums stay the same when the
movements are turned by any rotation of the replicates; published are those along the principal axes,
which belong to no replicate and no group of donors any more, are fewer, and give the same margins.

Every level and every stretch between two marks stands for at least `FEWEST_DONORS` donors. Rarer
levels are withheld, together with enough others that no difference reveals them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.statistics import (
    Answered,
    Column,
    DonorAnswers,
    HasLevel,
    Measure,
    Number,
    ThresholdIndicator,
)
from fusion_core.estimates.variance.area_error import SeenPlaces
from fusion_core.estimates.variance.area_rule import KAPPAS
from fusion_core.estimates.variance.covariates import Covariates
from fusion_core.estimates.variance.donor_sample import DonorSample, Regression
from fusion_core.records import Checked
from fusion_core.summaries import listed

if TYPE_CHECKING:
    import pandas as pd

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
# Of the functions of a number, the one that says whether it was answered.
_ANSWERED: Final = 1


@dataclass(frozen=True)
class PublishedAnswers(Checked):
    """What is known of the donor's answers to one variable.

    Attributes
    ----------
    levels
        Levels of a category, in the donor's order; empty for a number.
    marks
        Of a number, where the shares above are known, ascending.
    steps
        Whether nobody lies between two marks, as with a number of few answers; else movements are
        interpolated there.
    coefficients
        Regression of each function of the answers on the predictors, shape (functions, columns). Of
        a category the functions are its levels, NaN for those withheld; of a number the number
        itself, whether it was answered, and whether it is above each mark.
    movements
        How they move, shape (functions, columns, axes).
    determined
        Whether there were donors enough for a regression.
    effective
        Effective number of donors who answered.
    between, unexplained
        Of each function, what differs between the places the donor publishes (π of `area_rule`) and
        the variance of single donors around the regression; NaN where it is not known. ``None`` in
        data published before areas had a part in margins.
    seen
        Of each function, what a few places say (`donor_places.FewPlaces`), shape (functions, `KAPPAS`),
        NaN where they say nothing; ``None`` where the donor does not publish a few.
    """

    levels: tuple[str, ...]
    marks: Floats
    steps: bool
    coefficients: Floats
    movements: Floats
    determined: bool
    effective: float
    between: Floats | None = None
    unexplained: Floats | None = None
    seen: Floats | None = None

    @property
    def withheld(self) -> tuple[str, ...]:
        """Levels of which nothing is told."""
        if not self.levels:
            return ()
        hidden = np.isnan(self.coefficients[:, 0])
        return tuple(
            level for level, is_hidden in zip(self.levels, hidden, strict=True) if is_hidden
        )

    @property
    def functions(self) -> int:
        """Number of functions of the answers."""
        return len(self.coefficients)

    def combination(self, measure: Measure) -> Floats | None:
        """Return a measure as a combination of the functions, ``None`` where it is withheld."""
        found = np.zeros(self.functions)
        if isinstance(measure, HasLevel):
            level = measure.column.levels[measure.code]
            if level not in self.levels:
                return found  # no donor gave this answer
            place = self.levels.index(level)
            if np.isnan(self.coefficients[place, 0]):
                return None
            found[place] = 1.0
        elif isinstance(measure, Number):
            found[0] = 1.0
        elif isinstance(measure, ThresholdIndicator):
            at = measure.threshold
            if measure.below:
                found[1] = 1.0
                found -= self._above(np.nextafter(at, -np.inf))
            else:
                found = self._above(at)
        elif isinstance(measure, Answered):
            if self.levels:
                if np.isnan(self.coefficients[:, 0]).any():
                    return None
                found[:] = 1.0
            else:
                found[1] = 1.0
        else:
            return None
        return found

    def _above(self, at: float) -> Floats:
        """Return being above a number as a combination of being above the marks on either side."""
        found, marks = np.zeros(self.functions), self.marks
        after = int(np.searchsorted(marks, at, side="right"))
        if after == 0:
            found[1] = 1.0  # every answer is above
        elif after == len(marks):
            found[1 + len(marks)] = 1.0
        else:
            low, high = marks[after - 1], marks[after]
            share = 0.0 if self.steps else (at - low) / (high - low)
            found[1 + after] = 1.0 - share
            found[2 + after] = share
        return found


@dataclass(frozen=True)
class KnownAnswers(DonorAnswers):
    """A combination of what is known of one variable, in place of what each donor contributes.

    Attributes
    ----------
    variable
        The variable.
    is_answered
        Whether it says no more than that it was answered.
    """

    variable: str = ""
    is_answered: bool = False


@dataclass(frozen=True, repr=False)
class PublishedDonor(DonorSample):
    """A donor of which only regressions and their movements are known.

    Attributes
    ----------
    answers
        What is known of each fused variable.
    donors
        Number of donors.
    regions
        Which of the few places the donor publishes each household of the recipient lives in; ``None``
        where it does not publish a few.
    """

    answers: Mapping[str, PublishedAnswers] = field(default_factory=dict)
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
        households: pd.Index[Any] | None = None,
        regions: NDArray[np.intp] | None = None,
    ) -> PublishedDonor:
        """Build a donor from what was published of it.

        Parameters
        ----------
        answers, donors, regions
            See the attributes.
        recipient, factor, degrees_of_freedom, households
            As in `DonorSample`.
        """
        functions = sum(item.functions for item in answers.values())
        axes = next((item.movements.shape[2] for item in answers.values()), 0)
        nobody = Covariates((), np.zeros((functions, 0), dtype=np.float32), functions)
        return cls(
            {},
            nobody,
            recipient,
            np.zeros((functions, 1 + axes)),
            factor,
            households,
            degrees_of_freedom,
            answers=answers,
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
        found[0, self._place(name)] = own
        return KnownAnswers(None, found, name, isinstance(measure, Answered))

    def product_of(self, asked: tuple[DonorAnswers | None, ...]) -> tuple[DonorAnswers | None, ...]:
        """Return factors whose product is that of what was asked.

        Whoever has an answer answered; what two variables have in common is not published.
        """
        known = [item for item in asked if isinstance(item, KnownAnswers)]
        if len(known) < len(asked) or len({item.variable for item in known}) > 1:
            return (None,) if asked else ()
        said = [item for item in known if not item.is_answered] or known[:1]
        return tuple(said) if len(said) <= 1 else (None,)

    def effective_size(self, used: Floats) -> float:
        """Return the effective number of donors who answered the variables used; see `DonorSample`."""
        asked = [
            item.effective for name, item in self.answers.items() if used[self._place(name)].any()
        ]
        everybody = [item.effective for item in self.answers.values()]
        return min(asked or everybody, default=np.inf)

    def coefficients(self, values: Floats) -> Floats:
        """Return the regression of a combination of known functions."""
        return np.asarray(
            sum(part @ item.coefficients[used] for item, used, part in self._parts(values))
        )

    def movements(self, values: Floats) -> Floats:
        """Return how the regression of a combination of known functions moves."""
        return np.asarray(
            sum(
                np.tensordot(part, item.movements[used], axes=1)
                for item, used, part in self._parts(values)
            )
        )

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
        for name, item in self.answers.items():
            own = values[self._place(name)]
            used = np.flatnonzero(own)
            if len(used):
                found.append((item, used, own[used]))
        return found

    def _place(self, name: str) -> slice:
        first = 0
        for other, item in self.answers.items():
            if other == name:
                return slice(first, first + item.functions)
            first += item.functions
        raise KeyError(name)

    def _facts(self) -> dict[str, object]:
        return {
            "variables": listed(self.answers),
            "donors": f"{self.donors:,}, not among these data",
            "recipient": f"{self.recipient.rows:,}",
            "axes of movement": self.replicates,
        }


def publish_donor(
    sample: DonorSample, columns: Sequence[Column], *, fewest: int = FEWEST_DONORS
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
    """
    raw = {
        column.name: _tabulated(sample, column, fewest)
        for column in columns
        if column.name in sample.columns
        and bool(sample.columns[column.name].levels) == bool(column.levels)
    }
    turned = _turned([item.movements for item in raw.values()])
    answers = {
        name: replace(item, movements=movements)
        for (name, item), movements in zip(raw.items(), turned, strict=True)
    }
    where = sample.locality
    return PublishedDonor.of_tables(
        answers,
        sample.recipient,
        factor=sample.factor,
        degrees_of_freedom=sample.degrees_of_freedom,
        donors=int((sample.weights[:, 0] > 0).sum()),
        households=sample.households,
        regions=None if where is None or where.regions is None else where.regions[where.areas],
    )


def _tabulated(sample: DonorSample, column: Column, fewest: int) -> PublishedAnswers:
    own = sample.columns[column.name]
    known = (own.present(slice(None))[:, 0] > 0) & (sample.weights[:, 0] > 0)
    marks, steps = np.zeros(0), False
    measures: list[Measure | None]
    if own.levels:
        codes = own.values[known, 0]
        counts = np.bincount(codes, minlength=len(own.levels))
        withheld = _withheld(counts, fewest)
        shown = replace(column, levels=own.levels)
        measures = [
            None if code in withheld else HasLevel(shown, code) for code in range(len(own.levels))
        ]
    else:
        numbers = own.values[known, 0].astype(np.float64)
        steps = len(np.unique(numbers)) <= MOST_ANSWERS
        marks = _marks(numbers, sample.weights[known, 0], fewest)
        above = [ThresholdIndicator(column, float(mark)) for mark in marks]
        measures = [Number(column), Answered(column), *above]
    size, axes = sample.recipient.width, sample.replicates
    coefficients = np.full((len(measures), size), np.nan)
    movements = np.zeros((len(measures), size, axes))
    between, unexplained = np.full(len(measures), np.nan), np.full(len(measures), np.nan)
    seen = np.full((len(measures), len(KAPPAS)), np.nan)
    determined = True
    for place, measure in enumerate(measures):
        answers = None if measure is None else sample.answers_to(measure)
        if answers is None or answers.pattern is not None:
            continue
        values = answers.met[0]
        determined &= sample.regression(values).is_determined
        coefficients[place] = sample.coefficients(values)
        movements[place] = sample.movements(values)
        told = sample.seen_places(values)
        between[place] = told.excess
        if told.likelihood is not None:
            seen[place] = told.likelihood
        unexplained[place] = sample.unexplained(values)
    answered = sample.answers_to(Answered(column))
    used = np.zeros(sample.own.rows) if answered is None else answered.met[0]
    effective = sample.effective_size((np.nan_to_num(used) > 0).astype(np.float64))
    return PublishedAnswers(
        own.levels,
        marks,
        steps,
        coefficients,
        movements,
        determined,
        effective,
        between,
        unexplained,
        seen if np.isfinite(seen).any() else None,
    )


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
