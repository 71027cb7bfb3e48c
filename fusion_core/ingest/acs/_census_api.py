"""PUMS records as the Census API returns them, brought to the form of the files.

The API adds the area a query was for as columns of their own (``state``, ``public use microdata
area``), and fills what a file leaves blank: with ``b`` or ``N``, in numbers with a value below the
smallest the dictionary lists (−1, −60000).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Final

import pandas as pd

from fusion_core.ingest.acs._census_dictionary import CensusVariable
from fusion_core.ingest.tables import RawTable

SUFFIX: Final = ".json"
_AREAS: Final = {"public use microdata area": ("PUMA",), "state": ("ST", "STATE")}
"""Columns of the area a query was for, and those of the file that say the same."""
_BLANK: Final = re.compile(r"b+|N+")


def with_file_names(raw: RawTable) -> RawTable:
    """Return the records with the names of the files; areas the query repeats go."""
    if raw.path.suffix.lower() != SUFFIX:
        return raw
    names = set(map(str, raw.frame.columns))
    repeated = [name for name, own in _AREAS.items() if name in names and names & set(own)]
    renamed = {name: own[0] for name, own in _AREAS.items()}
    return dataclasses.replace(raw, frame=raw.frame.drop(columns=repeated).rename(columns=renamed))


def with_blanks(raw: RawTable, entries: Mapping[str, CensusVariable]) -> RawTable:
    """Return the records with blanks where the API fills what does not apply."""
    if raw.path.suffix.lower() != SUFFIX:
        return raw
    changed = {}
    for name in raw.frame.columns:
        entry, series = entries.get(str(name)), raw.frame[name]
        if entry is None or not isinstance(series.dtype, pd.CategoricalDtype):
            continue
        listed = {value.low for value in entry.values}
        fillers = [
            text
            for text in map(str, series.cat.categories)
            if text not in listed and (_BLANK.fullmatch(text) or _is_below(text, entry))
        ]
        if fillers:
            changed[name] = series.cat.remove_categories(fillers)
    return dataclasses.replace(raw, frame=raw.frame.assign(**changed))


def _is_below(text: str, entry: CensusVariable) -> bool:
    """Whether a number is the filler of a range: one below it, or −1 below amounts."""
    lows = [int(v.low) for v in entry.values if v.is_range and re.fullmatch(r"-?\d+", v.low)]
    if not lows or not re.fullmatch(r"-\d+", text):
        return False
    return int(text) in {min(lows) - 1, -1} and int(text) < min(lows)
