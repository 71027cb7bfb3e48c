"""Ask the donor what its households would contribute to an expression over fused variables.

Where a condition reads answers of the recipient too, such as ``heating = 'None' AND np > 2``, the
donor is asked once for every combination of those answers that the recipient has: which donors would
belong to the subgroup in a household of three? What was drawn from another donor is an answer the
household has already, another one in every implicate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pandas as pd

from fusion_core.estimates.statistics import (
    Answered,
    Coded,
    Column,
    Combinations,
    DonorAnswers,
    HasLevel,
    Measure,
    Number,
    ThresholdIndicator,
    evaluate_plainly,
    split_expression,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import Drawn, DrawnTable, Evaluate
    from fusion_core.estimates.variance.covariates import Covariates
    from fusion_core.harmony.expressions import CheckedExpression

    Floats = NDArray[np.float64]

MOST_PATTERNS: Final = 256
"""Combinations of the recipient's own answers the donor is asked for, at most."""
# Numbers of the recipient that meet a fused one, as in `bill > 0.1 * income`, stand for their
# neighbours: so many bins in all change no estimate by more than a fraction of its own error.
_BINS: Final = 64
# Combinations of values that may occur, and so many of which do at most as `MOST_PATTERNS` says.
_MOST_CODES: Final = 10_000_000
# Numbers looked at to find the bins.
_LOOKED_AT: Final = 1_000_000


class Asked(Protocol):
    """Donors that can be asked: a `DonorSample`."""

    @property
    def columns(self) -> Mapping[str, Column]:
        """Their answers to the fused variables."""

    @property
    def own(self) -> Covariates:
        """Their predictors."""


@dataclass(frozen=True)
class _Asked:
    """An expression as donors are asked for it, beside every pattern of what households have already.

    Attributes
    ----------
    expression
        What is left of it beside the patterns.
    frame
        The donors' answers and the values of the patterns, pattern after pattern.
    pattern
        Which pattern each household has, see `DonorAnswers`.
    count
        Number of patterns.
    unanswered
        Which donors lack an answer it reads.
    """

    expression: CheckedExpression
    frame: pd.DataFrame
    pattern: NDArray[np.integer] | None
    count: int
    unanswered: NDArray[np.bool_]


def donor_answers(measure: Measure, sample: Asked) -> DonorAnswers | None:
    """Return a measure of a fused variable for the donor's households.

    Parameters
    ----------
    measure
        A measure of one fused variable.
    sample
        The donor.

    Returns
    -------
    DonorAnswers or None
        NaN for donors who did not answer – unless no answer is itself something the recipient was
        given –, ``None`` where the donor was not asked.
    """
    if not isinstance(measure, Number | HasLevel | ThresholdIndicator | Answered):
        return None
    column = sample.columns.get(measure.column.name)
    if column is None or bool(column.levels) != bool(measure.column.levels):
        return None
    every = slice(0, sample.own.rows)
    if isinstance(measure, HasLevel):
        level = measure.column.levels[measure.code]
        place = column.levels.index(level) if level in column.levels else len(column.levels)
        own: Measure = HasLevel(column, place)
    else:
        own = replace(measure, column=column)
    values = own(every)
    if measure.column.complete:
        values = np.where(column.present(every) > 0, values, np.nan)
    return DonorAnswers(column.pattern, np.ascontiguousarray(values.T))


def ask_donor(
    condition: CheckedExpression, households: DrawnTable, read: Sequence[str], sample: Asked
) -> DonorAnswers | None:
    """Ask a donor which of its households meet a condition on fused variables.

    Parameters
    ----------
    condition
        The condition.
    households
        The recipient's households.
    read
        The fused variables among its columns that this donor was asked for.
    sample
        The donor.

    Returns
    -------
    DonorAnswers or None
        ``None`` where the donor cannot be asked: it answered otherwise than households were given,
        or what households have already combines in too many ways.
    """
    asked = _asked(condition, households, read, sample)
    if asked is None:
        return None
    answers = evaluate_plainly(asked.expression, asked.frame)
    shape = asked.count, sample.own.rows
    missing = answers.isna().to_numpy().reshape(shape)
    met = answers.fillna(value=False).to_numpy().astype(float).reshape(shape)
    # A condition without an answer selects nobody, unless it was the donor who did not answer.
    met[missing & asked.unanswered] = np.nan
    return _merged(DonorAnswers(asked.pattern, met))


def ask_donor_values(
    expression: CheckedExpression,
    households: DrawnTable,
    read: Sequence[str],
    sample: Asked,
    evaluate: Evaluate,
) -> Column | None:
    """Ask a donor for the values of an expression over fused variables.

    Parameters
    ----------
    expression, households, read, sample
        As `ask_donor`.
    evaluate
        Gives its values on a frame: numbers, or a categorical.

    Returns
    -------
    Column or None
        The donors' values beside each pattern, shape (donors, patterns); ``None`` as `ask_donor`.
    """
    asked = _asked(expression, households, read, sample)
    if asked is None:
        return None
    found = evaluate(asked.expression, asked.frame)
    levels: tuple[str, ...] = ()
    values: NDArray[Any] = found.to_numpy() if found.dtype != "category" else np.empty(0)
    if isinstance(found.dtype, pd.CategoricalDtype):
        levels = tuple(map(str, found.cat.categories))
        values = found.cat.codes.to_numpy()
    shaped = np.ascontiguousarray(values.reshape(asked.count, sample.own.rows).T)
    return Column(expression.text, shaped, levels, pattern=asked.pattern)


def _asked(
    expression: CheckedExpression, households: DrawnTable, read: Sequence[str], sample: Asked
) -> _Asked | None:
    kept = set(read)
    inner, parts = split_expression(expression, lambda names, _: not kept & set(names))
    columns = {name: sample.columns[name] for name in inner.columns if name in kept}
    for name, column in columns.items():
        fused = None if households.implicates is None else households.implicates[name]
        if (
            fused is None
            or bool(column.levels) != fused.is_categorical
            or column.pattern is not None
        ):
            return None
    already = {name: households.evaluate(part) for name, part in parts.items()}
    found = _patterns(already)
    if found is None:
        return None
    pattern, combinations = found
    donors = pd.DataFrame({name: _series(column) for name, column in columns.items()})
    unanswered = donors.isna().any(axis=1).to_numpy()
    count, rows = len(combinations), len(donors)
    frame = donors.iloc[np.tile(np.arange(rows), count)].reset_index(drop=True)
    for name in already:
        frame[name] = combinations[name].repeat(rows).reset_index(drop=True)
    return _Asked(inner, frame, pattern, count, unanswered)


def _patterns(
    already: Mapping[str, Drawn],
) -> tuple[NDArray[np.integer] | None, pd.DataFrame] | None:
    """Return which combination of values every household has, and the combinations.

    ``None`` where there are too many.
    """
    if not already:
        return None, pd.DataFrame(index=pd.RangeIndex(1))
    numbers = sum(not isinstance(item, Coded) for item in already.values())
    bins = max(int(_BINS ** (1.0 / max(numbers, 1))), 2)
    coded = {
        name: item if isinstance(item, Coded) else _binned(item, bins)
        for name, item in already.items()
    }
    count = np.prod([len(item.distinct) for item in coded.values()], dtype=float)
    if count > _MOST_CODES:
        return None
    found = Combinations.of(coded)
    if len(found.values) > MOST_PATTERNS:
        return None
    differs = found.codes.shape[-1] > 1
    return found.codes if differs else found.codes.reshape(-1), found.values


def _binned(values: Floats, bins: int) -> Coded:
    """Let the median of every bin stand for its values."""
    known = values[np.isfinite(values)]
    some = known[:: max(len(known) // _LOOKED_AT, 1)]
    different = np.unique(some)
    if len(different) <= _BINS:
        distinct = pd.Series([*different, np.nan])
        place = np.searchsorted(different, np.nan_to_num(values)).clip(0, len(different) - 1)
        return Coded(np.where(np.isnan(values), len(different), place), distinct)
    marks = np.unique(np.quantile(some, np.linspace(0.0, 1.0, bins + 1)[1:-1]))
    place = np.searchsorted(marks, np.nan_to_num(values), side="right")
    middle = pd.Series(some).groupby(np.searchsorted(marks, some, side="right")).median()
    distinct = pd.Series([*middle.reindex(range(len(marks) + 1)), np.nan])
    return Coded(np.where(np.isnan(values), len(marks) + 1, place), distinct)


def _series(column: Column) -> pd.Series[Any]:
    """Return a donor's answers as an expression reads them."""
    values = column.values[:, 0]
    if not column.levels:
        return pd.Series(np.asarray(values, dtype=float))
    labels = np.array([*column.levels, None], dtype=object)
    return pd.Series(labels[values])


def _merged(answers: DonorAnswers) -> DonorAnswers:
    """Join the patterns beside which the same donors meet the condition."""
    if answers.pattern is None:
        return answers
    _, first, place = np.unique(
        np.nan_to_num(answers.met, nan=-1.0), axis=0, return_index=True, return_inverse=True
    )
    size = np.min_scalar_type(-max(len(first), 2))
    return DonorAnswers(place.reshape(-1).astype(size)[answers.pattern], answers.met[first])
