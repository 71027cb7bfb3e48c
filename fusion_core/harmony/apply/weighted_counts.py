"""Distributions as weighted counts of distinct values: small, and exact for all that is compared."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from fusion_core.harmony.apply._collapsing import collapse_side
from fusion_core.harmony.apply._encoded_column import CellTotals, cell_totals, distinct_numbers
from fusion_core.harmony.apply.grouping import SideValues
from fusion_core.harmony.apply.rows import SurveyRows
from fusion_core.harmony.apply.similarity import quantiles_at
from fusion_core.harmony.model import (
    FloatArray,
    Harmony,
    IndexArray,
    Rule,
    SideName,
    collapses,
    resolve_rule,
)
from fusion_core.records import Checked
from fusion_core.surveys.model import RespondentLevel


@dataclass(frozen=True)
class WeightedCounts(Checked):
    """The weighted distribution of a number or group code; missing values are left out.

    Attributes
    ----------
    values
        The distinct values in increasing order.
    rows, weight
        Number of rows and sum of their weights, per value.
    first_weight, last_weight
        Weight of the first and of the last row that has the value.
    """

    values: FloatArray
    rows: IndexArray
    weight: FloatArray
    first_weight: FloatArray
    last_weight: FloatArray

    @property
    def nbytes(self) -> int:
        """Memory the counts take."""
        return 5 * self.values.nbytes

    @property
    def is_empty(self) -> bool:
        """Whether no row has a value."""
        return not len(self.values)

    @property
    def mean(self) -> float:
        """Weighted mean."""
        return float(self.values @ self.weight / self.weight.sum())

    def quantiles(self, probabilities: FloatArray) -> FloatArray:
        """Return weighted quantiles; see `similarity.sorted_quantiles`."""
        cumulated = np.cumsum(self.weight)
        target = probabilities * (cumulated[-1] - cumulated[-1] / self.rows.sum())
        return quantiles_at(
            target,
            probabilities,
            self.values,
            cumulated=cumulated,
            before_last=cumulated - self.last_weight,
            first_weight=self.first_weight,
        )

    def row_quantile(self, probability: float) -> float:
        """Return the quantile of the rows without weights, interpolated linearly."""
        upto = np.cumsum(self.rows)
        place = probability * (upto[-1] - 1)
        low, high = (
            float(self.values[np.searchsorted(upto, at, side="right")])
            for at in (np.floor(place), np.ceil(place))
        )
        return low + (high - low) * float(place - np.floor(place))


def count_values(values: FloatArray, totals: CellTotals) -> WeightedCounts:
    """Put the cells of equal value together.

    Parameters
    ----------
    values
        Value of every cell, NaN for cells that are left out.
    totals
        How often the cells occur.
    """
    used = np.flatnonzero((totals.rows > 0) & ~np.isnan(values))
    if np.all(np.diff(values[used]) > 0):  # one cell per value, as with numbers not yet grouped
        return WeightedCounts(
            values[used],
            totals.rows[used],
            totals.weight[used],
            totals.row_weight[totals.first[used]],
            totals.row_weight[totals.last[used]],
        )
    used = used[np.argsort(values[used], kind="stable")]
    ordered = values[used]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return WeightedCounts(
        ordered[starts],
        np.add.reduceat(totals.rows[used], starts),
        np.add.reduceat(totals.weight[used], starts),
        totals.row_weight[np.minimum.reduceat(totals.first[used], starts)],
        totals.row_weight[np.maximum.reduceat(totals.last[used], starts)],
    )


def count_numbers(
    found: SideValues, rows: SurveyRows, respondent: RespondentLevel
) -> WeightedCounts | None:
    """Return a side's number before binning among all rows of its table; ``None`` for labels."""
    if found.numbers is None:
        return None
    answers = found.cells.answers
    totals = rows.kept.get(
        ("number", found.cells.key),
        lambda: cell_totals(answers.positions, rows.weight(respondent), answers.count + 1),
    )
    return count_values(np.append(found.numbers, np.nan), totals)


def count_outcomes(
    harmony: Harmony,
    name: SideName,
    rows: SurveyRows,
    found: SideValues,
    *,
    respondent: RespondentLevel = "household",
) -> WeightedCounts:
    """Return the distribution of a side's result at the level of the output.

    The same as tallying `harmonize_side`, but rows are passed over only where the answers of several
    persons are combined.

    Parameters
    ----------
    harmony, name
        The harmony and which side of it.
    rows, found
        The side's survey and its answers.
    respondent
        Level of the output.

    Raises
    ------
    InputError
        If persons cannot become households in the way asked for.
    """
    side = harmony.side(name)
    rule: Rule | None = None
    if collapses(harmony, name, respondent):
        rule = resolve_rule(side.aggregator, grouped=side.is_grouped, ordered=harmony.ordered)
    if rule is None and side.respondent == respondent:
        return count_values(found.values, rows.totals(found.cells, respondent))
    if rule == "reference" and respondent == "household":
        return count_values(found.values, rows.totals(found.cells, "person", of_reference=True))

    def combine() -> WeightedCounts:
        values = collapse_side(harmony, name, rows, found.of_rows(), respondent=respondent)
        positions, numbers = distinct_numbers(values)
        totals = cell_totals(positions, rows.weight(respondent), len(numbers) + 1)
        return count_values(np.append(numbers, np.nan), totals)

    key = ("outcome", found.cells.key, _digest(found.values), rule, respondent)
    return rows.kept.get(key, combine)


def _digest(values: FloatArray) -> Hashable:
    return blake2b(values.tobytes(), digest_size=16).digest()


__all__ = ["WeightedCounts", "count_numbers", "count_outcomes", "count_values"]
