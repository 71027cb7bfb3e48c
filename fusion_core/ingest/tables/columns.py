"""Turn columns of texts into numbers, weights and keys, reporting every row that does not fit."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.ingest.tables.categories import category_texts

EXACT_BELOW: Final = 2.0**53
"""Below it double precision holds every whole number."""
LARGEST_INTEGER: Final = 2.0**63
_WHOLE: Final = re.compile(r"[-+]?[0-9]+")
_WHOLE_DECIMAL: Final = r"^\d+\.0+$"
_DIGIT: Final = r"\d"
_NUMBER: Final = r"^[-+]?\d+(\.\d+)?$|(\D*\d){8}"
"""A number, or one with letters in it such as 2018HU0000012."""
_ODD_SHARE: Final = 10
"""At most one identifier in so many is of another kind than the rest; more are a habit."""

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from fusion_core.ingest.tables.problems import ProblemLog
    from fusion_core.ingest.tables.raw_table import RawTable


def numbers(
    table: RawTable,
    column: str,
    log: ProblemLog,
    *,
    rows: NDArray[np.bool_] | None = None,
    missing: Collection[str] = (),
    fix: str = "",
    exact_below: float = EXACT_BELOW,
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
    missing
        Texts that stand for no value, such as ``9999999`` or ``.``; they become NaN too.
    fix
        What the user can do about a text that is not a number; ``{text}`` in it stands for the text.
    exact_below
        Whole numbers from here on are reported where double precision makes others of them. A
        caller that reads long ones from the texts itself names a higher limit.
    """
    if pd.api.types.is_float_dtype(table.frame[column]):
        found = table.frame[column].to_numpy(dtype="float64")
        absent = [float(text) for text in missing]
        return np.where(np.isin(found, absent), np.nan, found) if absent else found
    codes, values, bad = _parsed(table.frame[column])
    _report_long_numbers(table, column, log, codes, values, exact_below=exact_below)
    if missing:
        texts = category_texts(table.frame[column])
        special = np.flatnonzero([text in missing for text in texts])
        values[special] = np.nan
        bad = np.setdiff1d(bad, special)
    wrong = np.isin(codes, bad) if len(bad) else np.zeros(len(codes), dtype=bool)
    if rows is not None:
        wrong &= rows
    if wrong.any():
        positions = np.flatnonzero(wrong)
        text = str(table.frame[column].iloc[positions[0]])
        table.report(
            log,
            f"'{text}' is not a number",
            column=column,
            positions=positions,
            fix=fix.replace("{text}", text),
        )
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
    """Return a key column as texts.

    Missing and – if `unique` – repeated keys are reported, and those of another kind than the rest,
    as the rows of totals and footnotes have.
    """
    codes, distinct = _identifiers(table.frame[column])
    texts = _taken(distinct, codes, table.frame.index)
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        table.report(
            log, "The key is missing", column=column, positions=missing, fix="Fill in the key"
        )
    if unique and len(distinct) + len(missing) < len(texts):
        repeated = np.flatnonzero(pd.Series(codes).duplicated().to_numpy() & (codes >= 0))
        key = texts.iloc[repeated[0]]
        table.report(
            log,
            f"The household identifier '{key}' occurs more than once",
            column=column,
            positions=repeated,
            fix="Keep one row per household, or import the file as a person file",
        )
    _check_totals(table, column, codes, distinct, log)
    return texts


def key_texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return identifiers as texts; whole ones that a program wrote as decimals, 7.0, without."""
    codes, distinct = _identifiers(column)
    return _taken(distinct, codes, column.index)


def _identifiers(column: pd.Series[Any]) -> tuple[NDArray[np.intp], pd.Index[Any]]:
    """Return which identifier each row has, -1 for none, and the identifiers."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("category")
    codes = column.cat.codes.to_numpy().astype(np.intp)
    distinct = pd.Series(column.cat.categories, dtype="str")
    numbered = distinct[_matching(distinct, _DIGIT)]
    if len(numbered) and _matching(numbered, _WHOLE_DECIMAL).all():
        places, whole = pd.factorize(distinct.str.replace(r"\.0+$", "", regex=True))
        return np.append(places, -1)[codes], pd.Index(whole)
    return codes, pd.Index(distinct)


def _taken(distinct: pd.Index[Any], codes: NDArray[np.intp], index: Any) -> pd.Series[Any]:
    texts = pd.Series(distinct, dtype="str").array.take(codes, allow_fill=True)
    return pd.Series(texts, index=index)


def _check_totals(
    table: RawTable, column: str, codes: NDArray[np.intp], distinct: pd.Index[Any], log: ProblemLog
) -> None:
    """Report rows that are no household but a total or a footnote: their key is of another kind."""
    for usual, pattern in (("a number", _NUMBER), ("with a digit", _DIGIT)):
        odd = np.flatnonzero(~_matching(distinct, pattern))
        if len(odd) and len(odd) * _ODD_SHARE <= len(distinct):
            table.report(
                log,
                f"The identifier '{distinct[odd[0]]}' is not {usual} as the other"
                f" {len(distinct) - len(odd):,} are: the row may be a total or a footnote",
                column=column,
                positions=np.flatnonzero(np.isin(codes, odd)),
                fix="Remove such rows from the file",
            )
            return


def _matching(texts: Any, pattern: str) -> NDArray[np.bool_]:
    """Which texts a pattern is found in; Arrow takes a second for millions."""
    import pyarrow as pa
    from pyarrow import compute

    found = compute.match_substring_regex(pa.array(texts, pa.large_string()), pattern)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _report_long_numbers(
    table: RawTable,
    column: str,
    log: ProblemLog,
    codes: NDArray[np.int64],
    values: NDArray[np.float64],
    *,
    exact_below: float,
) -> None:
    """Report whole numbers of so many digits that double precision makes others of them."""
    with np.errstate(invalid="ignore"):
        large = np.flatnonzero(np.abs(values) >= exact_below)
    categories = table.frame[column].cat.categories
    texts = [str(categories[int(place)]) for place in large]
    changed = [
        place
        for place, text, value in zip(large, texts, values[large], strict=True)
        if _WHOLE.fullmatch(text) and (math.isinf(value) or int(text) != int(value))
    ]
    if changed:
        positions = np.flatnonzero(np.isin(codes, changed))
        text = str(table.frame[column].iloc[positions[0]])
        table.report(
            log,
            f"'{text}' has more digits than a number holds exactly",
            column=column,
            positions=positions,
            fix="Read the column as text, or leave it out",
        )


def whole_or_real(values: NDArray[np.float64]) -> NDArray[Any]:
    """Return whole numbers as integers; as they are where one is missing, a fraction or too large.

    Integers of 64 bits end where double precision goes on, at 9 · 10¹⁸; what is larger would become
    the smallest of them.
    """
    whole = np.isfinite(values).all() and (values == np.round(values)).all()
    if whole and np.abs(values).max(initial=0.0) < LARGEST_INTEGER:
        return values.astype("int64")
    return values


def _parsed(
    column: pd.Series[Any],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return codes, the number of each category (last: NaN for missing) and the bad categories."""
    categorical = column.cat
    texts = pd.Series(category_texts(column), dtype=object)
    parsed = pd.to_numeric(texts, errors="coerce").to_numpy(dtype="float64")
    bad = np.flatnonzero(np.isnan(parsed))
    values = np.append(parsed, np.nan)
    return categorical.codes.to_numpy().astype("int64"), values, bad
