"""Turn columns of texts into numbers, weights and keys, reporting every row that does not fit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

_WHOLE_DECIMAL: Final = re.compile(r"(\d+)\.0+")
_NUMBER: Final = re.compile(r"[-+]?\d+(\.\d+)?")
_LONG: Final = 8
_ODD_SHARE: Final = 10
"""At most one identifier in so many is of another kind than the rest; more are a habit."""

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.ingest.tables.problems import ProblemLog
    from fusion_core.ingest.tables.raw_table import RawTable


def numbers(
    table: RawTable, column: str, log: ProblemLog, *, rows: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Convert a text column to numbers; blanks become NaN, other texts are reported.

    Parameters
    ----------
    table, column
        The raw table and the column's name.
    log
        Where texts that are no number are reported.
    rows
        Rows that matter; texts in other rows are not reported. All if ``None``.
    """
    if pd.api.types.is_float_dtype(table.frame[column]):
        return table.frame[column].to_numpy(dtype="float64")
    codes, values, bad = _parsed(table.frame[column])
    wrong = np.isin(codes, bad) if len(bad) else np.zeros(len(codes), dtype=bool)
    if rows is not None:
        wrong &= rows
    if wrong.any():
        positions = np.flatnonzero(wrong)
        text = str(table.frame[column].iloc[positions[0]])
        table.report(log, f"'{text}' is not a number", column=column, positions=positions)
    result: NDArray[np.float64] = values[codes]
    return result


def weights(
    table: RawTable, column: str, log: ProblemLog, *, rows: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Convert a weight column; text, blanks, infinite, zero and negative weights are reported."""
    before = len(log.problems)
    values = numbers(table, column, log, rows=rows)
    used = np.ones(len(values), dtype=bool) if rows is None else rows
    unreadable = np.zeros(len(values), dtype=bool)
    if len(log.problems) > before:
        unreadable = np.isnan(values) & table.frame[column].notna().to_numpy()
    checks = [
        ("The weight is missing", np.isnan(values) & ~unreadable),
        ("The weight is infinite", np.isinf(values)),
        ("The weight is negative", np.isfinite(values) & (values < 0)),
        ("The weight is zero", values == 0),
    ]
    for what, wrong in checks:
        positions = np.flatnonzero(wrong & used)
        if len(positions):
            table.report(
                log,
                what,
                column=column,
                positions=positions,
                fix="Every row that is kept needs a positive, finite weight",
            )
    return values


def keys(table: RawTable, column: str, log: ProblemLog, *, unique: bool) -> pd.Series[Any]:
    """Return a key column as texts; missing and – if `unique` – repeated keys are reported."""
    texts = key_texts(table.frame[column])
    missing = np.flatnonzero(texts.isna().to_numpy())
    if len(missing):
        table.report(
            log, "The key is missing", column=column, positions=missing, fix="Fill in the key"
        )
    if unique:
        repeated = np.flatnonzero((texts.duplicated() & texts.notna()).to_numpy())
        if len(repeated):
            key = texts.iloc[repeated[0]]
            table.report(
                log,
                f"The household identifier '{key}' occurs more than once",
                column=column,
                positions=repeated,
                fix="Keep one row per household, or import the file as a person file",
            )
    _check_totals(table, column, texts, log)
    return texts


def key_texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return identifiers as texts; whole ones that a program wrote as decimals, 7.0, without."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(object)
    categories = [str(text) for text in column.cat.categories]
    numbered = [text for text in categories if _has_digit(text)]
    if not numbered or not all(_WHOLE_DECIMAL.fullmatch(text) for text in numbered):
        return column.astype(object)
    whole = [_WHOLE_DECIMAL.sub(r"\1", text) for text in categories]
    return column.astype(object).map(dict(zip(categories, whole, strict=True)))


def _check_totals(table: RawTable, column: str, texts: pd.Series[Any], log: ProblemLog) -> None:
    """Report rows that are no household but a total or a footnote: their key is of another kind."""
    distinct = pd.Series(texts.dropna().unique(), dtype=object)
    for usual, fits in (("a number", _is_number), ("with a digit", _has_digit)):
        odd = [text for text in distinct if not fits(str(text))]
        if odd and len(odd) * _ODD_SHARE <= len(distinct):
            positions = np.flatnonzero(texts.isin(odd).to_numpy())
            table.report(
                log,
                f"The identifier '{odd[0]}' is not {usual} as the other {len(distinct) - len(odd):,}"
                " are: the row may be a total or a footnote",
                column=column,
                positions=positions,
                fix="Remove such rows from the file",
            )
            return


def _is_number(text: str) -> bool:
    """Whether an identifier is a number, or one with letters in it such as 2018HU0000012."""
    return text.isdigit() or sum(map(str.isdigit, text)) >= _LONG or _NUMBER.fullmatch(text) is not None


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _parsed(
    column: pd.Series[Any],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return codes, the number of each category (last: NaN for missing) and the bad categories."""
    categorical = column.cat
    texts = pd.Series([str(text) for text in categorical.categories], dtype=object)
    parsed = pd.to_numeric(texts, errors="coerce").to_numpy(dtype="float64")
    bad = np.flatnonzero(np.isnan(parsed))
    values = np.append(parsed, np.nan)
    return categorical.codes.to_numpy().astype("int64"), values, bad
