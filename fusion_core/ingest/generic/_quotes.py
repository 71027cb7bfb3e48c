"""Strip the quotation marks some files wrap their codes in: ``'-6'`` is the code −6."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from fusion_core.ingest.tables import RawTable

_MARKS = "'\""


def without_quotes(raw: RawTable) -> RawTable:
    """Return the table with unwrapped texts, of columns in which every text is wrapped."""
    changed = {
        column: _unwrapped(raw.frame[column])
        for column in raw.frame.columns
        if not pd.api.types.is_float_dtype(raw.frame[column]) and _is_wrapped(raw.frame[column])
    }
    if not changed:
        return raw
    return dataclasses.replace(raw, frame=raw.frame.assign(**changed))


def _is_wrapped(column: pd.Series[Any]) -> bool:
    texts = [str(text) for text in column.cat.categories]
    return bool(texts) and all(
        len(text) > 1 and text[0] == text[-1] and text[0] in _MARKS for text in texts
    )


def _unwrapped(column: pd.Series[Any]) -> pd.Series[Any]:
    plain = [str(text)[1:-1].strip() for text in column.cat.categories]
    names = sorted(set(plain) - {""})
    places = {name: place for place, name in enumerate(names)}
    lookup = [*(places.get(name, -1) for name in plain), -1]  # the last is that of missing values
    codes = pd.Series(column.cat.codes.to_numpy()).map(
        dict(zip([*range(len(plain)), -1], lookup, strict=True))
    )
    return pd.Series(pd.Categorical.from_codes(codes.to_numpy(), names), index=column.index)
