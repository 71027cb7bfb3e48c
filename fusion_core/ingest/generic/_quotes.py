"""Strip the quotation marks some files wrap their codes in: ``'-6'`` is the code −6."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.ingest.tables import category_texts

if TYPE_CHECKING:
    from fusion_core.ingest.tables import RawTable

_MARKS = "'\""


def without_quotes(raw: RawTable) -> tuple[RawTable, frozenset[str]]:
    """Return the table with unwrapped texts, and the columns in which every text was wrapped.

    The marks say that the column holds codes, whose digits are no amounts.
    """
    changed = {
        column: _unwrapped(raw.frame[column])
        for column in raw.frame.columns
        if not pd.api.types.is_float_dtype(raw.frame[column]) and _is_wrapped(raw.frame[column])
    }
    if not changed:
        return raw, frozenset()
    return dataclasses.replace(raw, frame=raw.frame.assign(**changed)), frozenset(changed)


def _is_wrapped(column: pd.Series[Any]) -> bool:
    texts = category_texts(column)
    return bool(texts) and all(
        len(text) > 1 and text[0] == text[-1] and text[0] in _MARKS for text in texts
    )


def _unwrapped(column: pd.Series[Any]) -> pd.Series[Any]:
    plain = [str(text)[1:-1].strip() for text in column.cat.categories]
    names = sorted(set(plain) - {""})
    places = {name: place for place, name in enumerate(names)}
    lookup = [*(places.get(name, -1) for name in plain), -1]  # the last is that of missing values
    codes = np.array(lookup)[column.cat.codes.to_numpy()]
    return pd.Series(pd.Categorical(np.array([*names, None], dtype=object)[codes]), column.index)
