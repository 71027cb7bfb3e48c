"""Numbers and categories of a raw table, with every value that is none reported by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from fusion_core.ingest.tables import ProblemLog, RawTable


def read_numbers(
    raw: RawTable, column: str, log: ProblemLog, *, missing: Collection[float] = ()
) -> NDArray[np.float64]:
    """Read a column of numbers, with or without thousands separators.

    Parameters
    ----------
    raw, column
        The table and the column's name.
    log
        Where texts that are no number, and infinite numbers, are reported.
    missing
        Numbers that stand for no value.
    """
    given = raw.frame[column]
    if pd.api.types.is_float_dtype(given):
        values = given.to_numpy(dtype="float64").copy()
        unread = np.zeros(len(values), dtype=bool)
    else:
        texts = given.astype(object)
        numbers = {text: _number(text) for text in texts.dropna().unique()}
        values = texts.map(numbers).astype("float64").to_numpy().copy()
        unread = np.isnan(values) & texts.notna().to_numpy() & ~texts.isin(_NONE).to_numpy()
    if missing:
        values[np.isin(values, list(missing))] = np.nan
    for what, wrong in (
        ("is not a number", unread),
        ("is not a finite number", np.isinf(values)),
    ):
        positions = np.flatnonzero(wrong)
        if len(positions):
            raw.report(
                log,
                f"'{given.iloc[positions[0]]}' {what}",
                column=column,
                positions=positions,
                fix="Correct it, or leave the column out",
            )
    return values


_NONE = ("NA", "N/A", "NaN", "nan", "null", ".", "-", "")
"""Texts that stand for no value in published tables."""


def _number(text: Any) -> float:
    plain = str(text).strip().replace(",", "")
    try:
        return float(plain)
    except ValueError:
        return np.nan


def read_categories(raw: RawTable, column: str) -> pd.Series[Any]:
    """Read a column of categories as texts."""
    given = raw.frame[column].astype(object)
    return given.where(given.notna() & ~given.isin(_NONE), None)
