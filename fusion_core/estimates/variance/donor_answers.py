"""Ask the donor which of its households meet a condition on fused variables.

Where the condition reads answers of the recipient too, such as ``heating = 'None' AND np > 2``, the
donor is asked once for every combination of those answers that the recipient has: which donors would
belong to the subgroup in a household of three?
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.estimates.statistics import DonorAnswers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import Column
    from fusion_core.estimates.variance.donor_sample import DonorSample
    from fusion_core.harmony.expressions import CheckedExpression
    from fusion_core.surveys.model import Variable

    Floats = NDArray[np.float64]

MOST_PATTERNS: Final = 256
"""Combinations of the recipient's own answers the donor is asked for, at most."""
# Numbers of the recipient that meet a fused one, as in `bill > 0.1 * income`, stand for their
# neighbours: so many bins in all change no estimate by more than a fraction of its own error.
_BINS: Final = 64
_PLACEHOLDER: Final = "answers of the recipient "


def ask_donor(
    condition: CheckedExpression,
    table: pd.DataFrame,
    fused: Mapping[str, Variable],
    sample: DonorSample,
) -> DonorAnswers | None:
    """Ask the donor which of its households meet a condition on fused variables.

    Parameters
    ----------
    condition
        The condition.
    table
        The recipient's households.
    fused
        The fused variables.
    sample
        The donor.

    Returns
    -------
    DonorAnswers or None
        ``None`` where the donor was not asked for a variable, or the recipient's answers combine
        in too many ways.
    """
    from fusion_core.harmony.expressions import evaluate_expression

    inner, parts = split_by_columns(condition, fused)
    read = [name for name in inner.columns if name in fused]
    columns = {name: sample.columns.get(name) for name in read}
    if any(
        column is None or bool(column.levels) != fused[name].is_categorical
        for name, column in columns.items()
    ):
        return None
    own = {
        name: evaluate_expression(part, table[list(part.columns)]) for name, part in parts.items()
    }
    pattern, combinations = _patterns(own, len(table))
    if len(combinations) > MOST_PATTERNS:
        return None
    donors = pd.DataFrame(
        {name: _series(column) for name, column in columns.items() if column is not None}
    )
    unanswered = donors.isna().any(axis=1).to_numpy()
    count, rows = len(combinations), len(donors)
    asked = donors.iloc[np.tile(np.arange(rows), count)].reset_index(drop=True)
    for name in own:
        asked[name] = combinations[name].repeat(rows).reset_index(drop=True)
    answers = evaluate_expression(inner, asked)
    missing = answers.isna().to_numpy().reshape(count, rows)
    met = answers.fillna(value=False).to_numpy().astype(float).reshape(count, rows)
    # A condition without an answer selects nobody, unless it was the donor who did not answer.
    met[missing & unanswered] = np.nan
    return _merged(DonorAnswers(pattern, met))


def split_by_columns(
    condition: CheckedExpression, kept: Collection[str]
) -> tuple[CheckedExpression, dict[str, CheckedExpression]]:
    """Take out of an expression the largest parts that read none of some columns.

    Parameters
    ----------
    condition
        The expression.
    kept
        The columns that stay in it.

    Returns
    -------
    tuple
        The expression with a column of its own in place of every such part, and those parts by the
        names of these columns.
    """
    from sqlglot import exp

    from fusion_core.harmony.expressions import CheckedExpression as Checked
    from fusion_core.harmony.expressions import finite_sql, parse_expression

    parts: dict[str, Checked] = {}

    def columns_of(node: exp.Expression) -> tuple[str, ...]:
        return tuple(sorted({column.name for column in node.find_all(exp.Column)}))

    def checked(node: exp.Expression) -> Checked:
        sql = node.sql("duckdb", comments=False, identify=True)
        return Checked(condition.text, sql, finite_sql(node.copy()), columns_of(node), "any")

    def placed(node: exp.Expression) -> exp.Expression:
        names = columns_of(node)
        # A branch of CASE is no value by itself.
        if not names or any(name in kept for name in names) or isinstance(node, exp.If):
            return node
        part = checked(node)
        name = next((key for key, known in parts.items() if known.sql == part.sql), "")
        name = name or f"{_PLACEHOLDER}{len(parts)}"
        parts[name] = part
        return exp.column(name, quoted=True)

    # `transform` goes down into a node only where it was left as it is.
    tree = parse_expression(condition.sql).transform(placed)
    inner = checked(tree)
    return replace(inner, kind=condition.kind), parts


def _patterns(
    own: Mapping[str, pd.Series[Any]], rows: int
) -> tuple[NDArray[np.intp] | None, pd.DataFrame]:
    """Return which combination of values every row has, and the combinations."""
    if not own:
        return None, pd.DataFrame(index=pd.RangeIndex(1))
    fine = {name: series.nunique() > _BINS for name, series in own.items()}
    bins = max(int(_BINS ** (1.0 / max(sum(fine.values()), 1))), 2)
    coarse = {
        name: _binned(series, bins) if fine[name] and series.dtype.kind == "f" else series
        for name, series in own.items()
    }
    table = pd.DataFrame({name: series.reset_index(drop=True) for name, series in coarse.items()})
    numbers = table.groupby(list(table.columns), dropna=False, sort=False, observed=True).ngroup()
    pattern: NDArray[np.intp] = np.asarray(numbers, dtype=np.intp)
    _, first = np.unique(pattern, return_index=True)
    if len(pattern) != rows:
        raise ValueError("one value per household is needed")
    return pattern, table.iloc[first].reset_index(drop=True)


def _binned(series: pd.Series[Any], bins: int) -> pd.Series[Any]:
    """Let the median of every bin stand for its values."""
    values = series.to_numpy(dtype=float)
    known = np.isfinite(values)
    marks = np.unique(np.quantile(values[known], np.linspace(0.0, 1.0, bins + 1)[1:-1]))
    place = pd.Series(np.searchsorted(marks, values[known], side="right"))
    result = values.copy()
    result[known] = pd.Series(values[known]).groupby(place).transform("median").to_numpy()
    return pd.Series(result)


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
    return DonorAnswers(place.reshape(-1)[answers.pattern], answers.met[first])
