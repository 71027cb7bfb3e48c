"""What a table of areas seems to be, before anybody says so: its areas, and its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from fusion_core.geography.aggregation import AreaStatistic
from fusion_core.geography.levels import LEVELS, LevelName
from fusion_core.ingest.generic import load_table
from fusion_core.ingest.tables import Layout
from fusion_core.places.files.naming import Key, find_keys, find_unnamed_key, named_columns
from fusion_core.records import Checked

if TYPE_CHECKING:
    from pathlib import Path

_FINEST_FIRST: Final[tuple[LevelName, ...]] = (
    "block_group",
    "tract",
    "puma",
    "zip",
    "county",
    "state",
)
_ROWS_READ: Final = 2000
_SHOWN: Final = 12
_MOSTLY: Final = 0.9
_MOST_CATEGORIES: Final = 30
_COUNTS: Final = re.compile(
    r"(?:tot|pop|hu|hh|count|households|homes|jobs|workers|emp|persons|units|n)(?:ulation)?[0-9_]*"
    r"|(?:tot|total|count|num|n)_?[a-z]+[0-9_]*|e?\d?_?emp[0-9_]*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class InspectedTable(Checked):
    """What a table of areas seems to be.

    Attributes
    ----------
    level
        What the rows are about; empty where no column tells.
    census
        Census that defined the areas, as the names of the columns say; empty where they do not.
    key
        Columns of the codes.
    columns
        The other columns, each with the statistic that would make a predictor of it: ``"mean"`` of
        numbers, ``"total"`` of counts, ``"mode"`` of categories.
    """

    level: LevelName | None
    census: str
    key: tuple[str, ...]
    columns: dict[str, AreaStatistic]

    @property
    def choice(self) -> str:
        """Which columns there are to choose from, in words."""
        names = list(self.columns)
        more = ", …" if len(names) > _SHOWN else ""
        return f"{', '.join(names[:_SHOWN])}{more}" if names else "none but codes of areas"


def inspect_area_table(path: Path, *, encoding: str = "utf-8") -> InspectedTable:
    """Look at a table of areas.

    Parameters
    ----------
    path
        The table.
    encoding
        How its text is written.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    frame = load_table(path, layout=Layout(encoding)).raw.frame
    key = _key(frame)
    own = {item.column for item in named_columns(map(str, frame.columns))}
    own |= set(key.columns) if key else set()
    columns = {}
    for name in map(str, frame.columns):
        statistic = None if name in own else _statistic(name, frame[name].head(_ROWS_READ))
        if statistic is not None:
            columns[name] = statistic
    if key is None:
        return InspectedTable(None, "", (), columns)
    census = key.census if LEVELS[key.level].dated else ""
    return InspectedTable(key.level, census, key.columns, columns)


def _key(frame: pd.DataFrame) -> Key | None:
    """Return the key that tells the rows apart, of the finest areas; else one that repeats."""
    found = [key for level in _FINEST_FIRST for key in find_keys(frame, level)]
    right = [key for key in found if len(key.codes.wrong) <= (1 - _MOSTLY) * len(frame)]
    telling = [key for key in right if key.codes.codes.is_unique]
    if telling:
        return telling[0]
    for level in _FINEST_FIRST:
        unnamed = find_unnamed_key(frame, level)
        if unnamed is not None:
            return unnamed
    return right[0] if right else None


def _statistic(name: str, column: pd.Series[str]) -> AreaStatistic | None:
    texts = column.dropna().astype(str)
    if texts.empty:
        return None
    if pd.to_numeric(texts, errors="coerce").notna().mean() >= _MOSTLY:
        return "total" if _COUNTS.fullmatch(name) else "mean"
    return "mode" if texts.nunique() <= _MOST_CATEGORIES else None


__all__ = ["InspectedTable", "inspect_area_table"]
