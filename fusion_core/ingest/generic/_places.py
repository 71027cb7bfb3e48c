"""Columns that say where a household lives: states, divisions and regions, and PUMAs.

A PUMA is named by seven digits, two of the state and five of the area. Files write it so, as a whole
number without the leading zero, or as five digits beside a column of states; all become seven.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.geography.codes import PUMA_DIGITS, complete_puma, is_puma
from fusion_core.ingest.tables import category_texts
from fusion_core.us_states import is_state, state_code, states_of

if TYPE_CHECKING:
    from fusion_core.ingest.tables import ProblemLog, RawTable

_NAMES: Final = frozenset(
    {"region", "regionc", "division", "state", "st", "statefip", "county", "puma"}
    | {"puma00", "puma10", "puma12", "puma20", "puma2000", "puma2010", "puma2020"}
)
_STATE_NAME: Final = re.compile(
    r"(?:(?:hh|ge|res|home|curr?)_?)?(?:st|state)(?:_?(?:fips?|code|cd|postal|abbr?|usps|name))?",
    re.IGNORECASE,
)
_GROUP_NAME: Final = re.compile(
    r"(?:(?:census|cen|hh)_?)?(?:reg(?:ion)?|div(?:ision)?)c?|census_[dr]", re.IGNORECASE
)
_PUMA_NAME: Final = re.compile(r"puma(?:20(?=\d\d$))?(00|10|12|20)?", re.IGNORECASE)
_CENSUSES: Final = {"00": "2000", "10": "2010", "12": "2010", "20": "2020"}
_AREA_DIGITS: Final = 5
STATE: Final = "state"
PUMA: Final = "puma"


def is_place(column: str, texts: Sequence[str], labels: Mapping[str, str]) -> bool:
    """Whether a column says where a household lives.

    Parameters
    ----------
    column
        Its name.
    texts
        Its different values that are answers.
    labels
        Label of each code, where a codebook says it.
    """
    name = column.strip().lower()
    if name in _NAMES:
        return True
    if not texts:
        return False
    said = [labels.get(text, text) for text in texts]
    if _STATE_NAME.fullmatch(name):
        return all(state_code(text) is not None for text in said)
    return _GROUP_NAME.fullmatch(name) is not None and all(states_of(text) for text in said)


def census_of_column(column: str) -> str:
    """Return the census whose PUMAs a column holds by its name, such as ``PUMA20``; else ``""``."""
    match = _PUMA_NAME.fullmatch(column.strip())
    return _CENSUSES.get(match.group(1) or "", "") if match else ""


def only_puma_column(columns: Collection[str]) -> str:
    """Return the one column of PUMAs a file has under whatever name, else ``""``."""
    found = [column for column in columns if _PUMA_NAME.fullmatch(column.strip())]
    return found[0] if len(found) == 1 else ""


def with_whole_pumas(raw: RawTable, log: ProblemLog) -> RawTable:
    """Return the table with PUMAs of seven digits and the state they lie in.

    A PUMA of five digits is joined with the state beside it; from PUMAs of seven the state is taken
    where no column names it.
    """
    columns = [str(name) for name in raw.frame.columns]
    pumas = [column for column in columns if _PUMA_NAME.fullmatch(column.strip())]
    state = next((column for column in columns if _is_state(raw.frame[column], column)), "")
    changed: dict[str, Any] = {}
    for column in pumas:
        series = raw.frame[column]
        if pd.api.types.is_float_dtype(series):
            continue
        texts = [complete_puma(str(text)) for text in series.cat.categories]
        known = [text for text in texts if text.isdigit()]
        if not known:
            continue
        if state and all(len(text) <= _AREA_DIGITS for text in known):
            changed[column] = _joined(raw.frame[state], series, texts)
            log.add(
                f"The state ({state}) and the PUMA of five digits are joined to seven",
                file=raw.path.name,
                column=column,
                severity="warning",
            )
        elif not state and STATE not in map(str.lower, columns) and _begin_with_states(known):
            changed[STATE] = _mapped(
                series, [text[:2] if is_puma(text) else None for text in texts]
            )
            log.add(
                "The first two digits of the PUMA are kept as the state",
                file=raw.path.name,
                column=column,
                severity="warning",
            )
            state = STATE
    if not changed:
        return raw
    frame = raw.frame.assign(**changed)
    if state == STATE and STATE not in columns:  # coarse areas stand before fine ones
        frame = frame[[STATE, *columns]]
    return dataclasses.replace(raw, frame=frame)


def _begin_with_states(texts: Sequence[str]) -> bool:
    return all(len(text) == PUMA_DIGITS and is_state(text[:2]) for text in texts)


def _is_state(series: pd.Series[Any], column: str) -> bool:
    if not _STATE_NAME.fullmatch(column.strip()) or pd.api.types.is_float_dtype(series):
        return False
    texts = category_texts(series)
    return bool(texts) and all(state_code(text) is not None for text in texts)


def _joined(state: pd.Series[Any], area: pd.Series[Any], texts: Sequence[str]) -> pd.Series[Any]:
    """Write the codes of state and area together; each pair once, not once per row."""
    states = [state_code(str(text)) or "" for text in state.cat.categories]
    pairs = pd.MultiIndex.from_arrays([state.cat.codes, area.cat.codes])
    codes, distinct = pd.factorize(pairs)
    names = [
        states[first] + texts[second].zfill(_AREA_DIGITS)
        if first >= 0 and second >= 0 and texts[second].isdigit()
        else texts[second]
        if second >= 0
        else None
        for first, second in distinct
    ]
    return pd.Series(
        pd.Categorical(np.array([*names, None], dtype=object)[codes]), index=area.index
    )


def _mapped(series: pd.Series[Any], texts: Sequence[str | None]) -> pd.Series[Any]:
    answers = np.array([*texts, None], dtype=object)[series.cat.codes.to_numpy()]
    return pd.Series(pd.Categorical(answers), index=series.index)
