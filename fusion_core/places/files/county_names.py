"""Counties by name – ``Cook County, Illinois`` – as the codes tables and crosswalks join by.

Names are not unique, spelt in many ways and change, so no list of them comes with the program: those
of the workspace's county boundaries are used, each within its state.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.geography.boundaries import has_areas, read_areas
from fusion_core.geography.codes import match_areas
from fusion_core.places.files.naming import named_columns
from fusion_core.us_states import state_code

if TYPE_CHECKING:
    from fusion_core.ingest.tables import RawTable
    from fusion_core.workspace.layout import Workspace

COUNTY: Final = "county"
_MOSTLY: Final = 0.5


def known_counties(workspace: Workspace) -> pd.DataFrame:
    """Return `area_id` and `name` of the workspace's counties; empty where it has no boundaries."""
    if not has_areas(workspace, COUNTY):
        return pd.DataFrame({"area_id": [], "name": []}, dtype=str)
    areas: pd.DataFrame = read_areas(workspace, COUNTY)[["area_id", "name"]]
    return areas


def with_county_codes(
    raw: RawTable, key: tuple[str, ...], counties: pd.DataFrame
) -> tuple[RawTable, tuple[str, ...], str]:
    """Return the table with the codes of counties it names, their column, and what was done.

    Parameters
    ----------
    raw
        A table of counties.
    key
        The columns a person named, the state first; empty to find them.
    counties
        `area_id` and `name` of the counties that are known.

    Returns
    -------
    tuple
        The table, the column of the codes, and a sentence; the table and `key` as they were and no
        sentence where the counties are not named by words.
    """
    found = _named(raw, key)
    if found is None:
        return raw, key, ""
    column, texts = found
    codes = match_areas(texts.cat.categories, counties)
    known = len(codes)
    if not known:
        return raw, key, ""
    names = [codes.get(str(text), str(text)) for text in texts.cat.categories]
    answers = np.array([*names, None], dtype=object)[texts.cat.codes.to_numpy()]
    changed = pd.Series(pd.Categorical(answers), index=raw.frame.index)
    frame = raw.frame.assign(**{column: changed})
    said = f"{known:,} counties were found by their names in '{column}'."
    return dataclasses.replace(raw, frame=frame), (column,), said


def _named(raw: RawTable, key: tuple[str, ...]) -> tuple[str, pd.Series[Any]] | None:
    """Return the column that names counties, and the names with their states."""
    frame = raw.frame
    columns = {str(name).lower(): str(name) for name in frame.columns}
    asked = [columns[name.lower()] for name in key if name.lower() in columns]
    parts: dict[str, str] = {
        str(item.part): item.column for item in named_columns(asked or columns.values())
    }
    for part in ("state", "county"):
        for wanted in (f"{part}name", f"{part}_name", f"{part} name"):
            if wanted in columns and not asked:
                parts[part] = columns[wanted]
    for column in asked or columns.values():
        if _names_counties(frame[column], with_state=True):
            return column, frame[column].astype("category")
    state, county = parts.get("state", ""), parts.get("county", "")
    if state and county and _names_counties(frame[county], with_state=False):
        joined = frame[county].astype(object).astype(str) + ", "
        joined += frame[state].astype(object).astype(str)
        known = frame[county].notna() & frame[state].notna()
        return county, joined.where(known).astype("category")
    return None


def _names_counties(series: pd.Series[Any], *, with_state: bool) -> bool:
    """Whether most texts of a column are words, with a state behind a comma or without."""
    if not isinstance(series.dtype, pd.CategoricalDtype):
        return False
    texts = [str(text) for text in series.cat.categories]
    if with_state:
        fits = [state_code(text.rpartition(",")[2]) is not None and "," in text for text in texts]
    else:
        fits = [any(sign.isalpha() for sign in text) and "," not in text for text in texts]
    return bool(texts) and sum(fits) > _MOSTLY * len(texts)


__all__ = ["COUNTY", "known_counties", "with_county_codes"]
