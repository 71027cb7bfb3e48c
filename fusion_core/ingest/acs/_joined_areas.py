"""PUMAs that extracts write together with their state, as seven digits or a whole number."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pandas as pd

from fusion_core.geography.codes import complete_puma, is_puma
from fusion_core.ingest.acs import _codes as acs_codes

_STATES: Final = ("STATE", "ST")
_NO_AREA: Final = re.compile(r"-?0*\d{1,2}")  # such as -9, where another column holds the PUMA


def with_areas_apart(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with PUMAs as the Census Bureau writes them: state and five digits apart.

    Only a column all of whose PUMAs have their state is taken apart; a state that another column
    says stays as it is.
    """
    changed: dict[str, pd.Series[Any]] = {}
    for column in acs_codes.PUMA_COLUMNS:
        if column not in frame.columns or not isinstance(frame[column].dtype, pd.CategoricalDtype):
            continue
        texts = [complete_puma(str(text)) for text in frame[column].cat.categories]
        areas = [text for text in texts if not _NO_AREA.fullmatch(text)]
        if not areas or not all(map(is_puma, areas)):
            continue
        changed[column] = _mapped(
            frame[column], [text[2:] if is_puma(text) else text for text in texts]
        )
        if not any(state in frame.columns or state in changed for state in _STATES):
            changed["ST"] = _mapped(
                frame[column], [text[:2] if is_puma(text) else None for text in texts]
            )
    return frame.assign(**changed) if changed else frame


def _mapped(series: pd.Series[Any], texts: list[str | None]) -> pd.Series[Any]:
    answers = np.array([*texts, None], dtype=object)[series.cat.codes.to_numpy()]
    return pd.Series(pd.Categorical(answers), index=series.index)
