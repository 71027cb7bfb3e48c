"""What is published of a donor's answers to one variable, as functions of the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.statistics import (
    Answered,
    HasLevel,
    Measure,
    Number,
    ThresholdIndicator,
)
from fusion_core.records import Checked

Floats = NDArray[np.float64]

# Of the functions of a number, the one that says whether it was answered, and the first of being above
# a mark.
_ANSWERED: Final = 1
_FIRST_MARK: Final = 2
# Of an amount, stretches of as many donors each that define subgroups, and marks of heaps beside them.
_STRETCHES: Final = 12
_MOST_HEAPED: Final = 4


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
    counts
        Of each function, how many donors contribute; ``None`` in data published before subgroups had a
        donor's part.
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
    counts: NDArray[np.intp] | None = None

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

    @property
    def heaped(self) -> NDArray[np.bool_]:
        """Which marks are on either side of an answer that many gave."""
        pairs = self.marks[1:] == np.nextafter(self.marks[:-1], np.inf)
        return np.asarray(np.append(pairs, False) | np.insert(pairs, 0, False), dtype=np.bool_)

    def tells_between(self, fewer: Floats, measure: Measure) -> bool:
        """Return whether fewer marks tell of a threshold: no heap lies between the two beside it.

        Parameters
        ----------
        fewer
            The marks that are left.
        measure
            What is asked; anything but a threshold is told.
        """
        if not isinstance(measure, ThresholdIndicator):
            return True
        at = measure.threshold
        low = fewer[fewer <= at].max(initial=-np.inf)
        high = fewer[fewer > at].min(initial=np.inf)
        between = (self.marks > low) & (self.marks < high) & self.heaped
        return not between.any()

    @property
    def cuts(self) -> Floats:
        """Where the parts of a number end that define subgroups.

        Of a number of few answers every mark; of an amount those between stretches of about as many
        donors each, and those on either side of the answers that most gave.
        """
        if self.steps or self.counts is None or not len(self.marks):
            return self.marks if self.steps else np.zeros(0)
        beyond = self.counts[_FIRST_MARK:].astype(np.float64)
        wanted = self.counts[_ANSWERED] * np.arange(1, _STRETCHES) / _STRETCHES
        nearest = np.abs(beyond - wanted[:, None]).argmin(axis=1)
        starts = np.flatnonzero(self.marks[1:] == np.nextafter(self.marks[:-1], np.inf))
        largest = np.argsort(beyond[starts + 1] - beyond[starts], kind="stable")
        starts = starts[largest[: _MOST_HEAPED // 2]]
        heaps = np.concatenate([starts, starts + 1])
        # What is left of a stretch beside a heap is joined to the next.
        apart = np.abs(beyond[nearest, None] - beyond[heaps]).min(axis=1, initial=np.inf)
        nearest = nearest[apart >= self.counts[_ANSWERED] / _STRETCHES / 2]
        return np.asarray(self.marks[np.unique(np.concatenate([nearest, heaps]))])

    @property
    def cells(self) -> Floats | None:
        """The parts donors fall into as combinations of the functions, shape (parts, functions).

        Levels of a category; of a number the stretches up to each of its `cuts` and beyond the last.
        ``None`` of a number without.
        """
        return self.stretches(self.cuts)

    def stretches(self, cuts: Floats) -> Floats | None:
        """Return levels, or stretches between some marks, as combinations of the functions.

        Parameters
        ----------
        cuts
            Marks of a number, ascending.

        Returns
        -------
        ndarray or None
            Shape (parts, functions); ``None`` where there are no such marks.
        """
        if self.levels:
            return np.eye(self.functions)
        if not len(cuts) or not np.isin(cuts, self.marks).all():
            return None
        found = np.zeros((len(cuts) + 1, self.functions))
        found[0, _ANSWERED] = 1.0
        part, mark = np.arange(len(cuts)), _FIRST_MARK + np.searchsorted(self.marks, cuts)
        found[part, mark] -= 1.0
        found[part + 1, mark] += 1.0
        return found

    def cell_of(self, values: NDArray[Any], levels: tuple[str, ...]) -> NDArray[np.intp]:
        """Return the part each answer of the recipient falls into, −1 for none.

        Parameters
        ----------
        values
            Numbers, or codes into `levels`.
        levels
            Levels of the recipient's column.
        """
        if self.levels:
            place = {level: code for code, level in enumerate(self.levels)}
            known = np.array([*(place.get(level, -1) for level in levels), -1], dtype=np.intp)
            return known[values.astype(np.intp)]
        numbers = values.astype(np.float64)
        found = np.searchsorted(self.cuts, numbers, side="left")
        return np.where(np.isnan(numbers), -1, found).astype(np.intp)

    def cell_counts(self, cuts: Floats | None = None) -> Floats:
        """Return how many donors are in each part, as far as that is published.

        Parameters
        ----------
        cuts
            Of a number, where the parts end, if not at its own `cuts`.
        """
        cells = self.stretches(self.cuts if cuts is None else cuts)
        if cells is None or self.counts is None:
            return np.zeros(0)
        return np.asarray(cells @ self.counts)
