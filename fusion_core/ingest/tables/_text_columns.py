"""Columns as categorical texts: a code is translated once, not once per row."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from fusion_core.ingest.tables.categories import category_texts

MISSING_TEXTS: Final = ("", " ")


def text_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn typed columns into categorical texts; whole numbers are written without a decimal.

    Columns of fractions can be no codes and stay numbers, which is much faster.
    """
    return pd.DataFrame(
        {
            str(name): frame[name] if _has_fractions(frame[name]) else text_column(frame[name])
            for name in frame.columns
        },
        index=frame.index,
    )


def text_column(column: pd.Series[Any]) -> pd.Categorical:
    """Return one column as categorical texts; blanks are missing."""
    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    if isinstance(column.dtype, pd.StringDtype):  # millions of identifiers
        texts = pd.Series(uniques).str.strip().tolist()
    else:
        texts = [value_text(value) for value in uniques]
    merged = pd.Categorical(texts)  # '1' and '1.0' must not stay apart
    lookup = np.append(merged.codes, -1).astype("int64")
    recoded = lookup[codes]
    blank = np.flatnonzero(merged.categories.isin(MISSING_TEXTS))
    if not len(blank):
        return pd.Categorical.from_codes(recoded, categories=merged.categories)
    recoded[np.isin(recoded, blank)] = -1
    return pd.Categorical.from_codes(recoded, categories=merged.categories).remove_categories(
        [merged.categories[int(position)] for position in blank]
    )


def stripped(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a categorical text column without spaces around its texts."""
    categories = category_texts(column)
    if all(text == text.strip() for text in categories):
        return column
    return with_texts(column, [text.strip() for text in categories])


def with_texts(column: pd.Series[Any], texts: list[str]) -> pd.Series[Any]:
    """Return a categorical column whose categories read otherwise; equal ones become one."""
    merged = pd.Categorical([None if text in MISSING_TEXTS else text for text in texts])
    lookup = np.append(merged.codes, -1).astype("int64")
    codes = lookup[column.cat.codes.to_numpy()]
    return pd.Series(
        pd.Categorical.from_codes(codes, categories=merged.categories), index=column.index
    )


def value_text(value: Any) -> str:
    """Return a value as a file would write it; whole numbers without a decimal point."""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _has_fractions(column: pd.Series[Any]) -> bool:
    if not pd.api.types.is_float_dtype(column):
        return False
    present = column.dropna()
    return bool((present != present.round()).any())
