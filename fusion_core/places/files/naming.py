"""What the names of columns say: which part of an area's code they hold, and of which census."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from fusion_core.geography.levels import LEVELS, Codes, LevelName, read_codes
from fusion_core.us_states import is_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

Part = Literal["state", "county", "tract", "block_group", "puma", "zip", "whole"]
_PARTS: Final[dict[Part, str]] = {
    "state": "state|statefp|statefips|statea|st|fips|postal|usps",
    "county": "county|countyfp|cnty|countyfips|countya",
    "tract": "tract|tractce|trt|tracta|tractid",
    "block_group": "bg|blkgrpce|blkgrp|blockgroup|blkgrpa|cbg",
    "puma": "puma|puma5ce|pumace|pumafp|puma5|pumaid|pumageoid",
    "zip": "zip|zipcode|zcta|zcta5|zcta5ce|zip5|postalcode",
    "whole": "geoid|geoidfq|affgeoid|fullfips",
}
_CENSUS: Final = {
    "00": "2000",
    "10": "2010",
    "12": "2010",  # PUMAs of the 2010 census came into use in 2012, those of 2020 in 2022
    "20": "2020",
    "22": "2020",
}
_PARENTS: Final[dict[LevelName, tuple[Part, ...]]] = {
    "block_group": ("state", "county", "tract", "block_group"),
    "tract": ("state", "county", "tract"),
    "county": ("state", "county"),
    "puma": ("state", "puma"),
    "state": ("state",),
    "zip": ("zip",),
}


_TELLING: Final[frozenset[LevelName]] = frozenset({"block_group", "tract", "puma"})


@dataclass(frozen=True)
class NamedColumn:
    """A column that holds a code, or a part of one.

    Attributes
    ----------
    column
        Its name in the file.
    part
        What it holds.
    census
        Census its name tells, empty where it tells none.
    """

    column: str
    part: Part
    census: str = ""


@dataclass(frozen=True)
class Key:
    """The columns that identify areas, and the codes in them.

    Attributes
    ----------
    level
        What the areas are.
    census
        Census the names of the columns tell, empty where they tell none.
    columns
        One column with the whole code, or one per part.
    codes
        The codes, and what is wrong with them.
    """

    level: LevelName
    census: str
    columns: tuple[str, ...]
    codes: Codes


def named_columns(columns: Iterable[str]) -> list[NamedColumn]:
    """Return the columns whose names say that they hold codes of areas."""
    found = []
    for column in columns:
        name = re.sub(r"[^a-z0-9]", "", column.lower())
        for part, words in _PARTS.items():
            match = re.fullmatch(rf"(?:{words})((?:20)?\d\d)?", name)
            if match:
                year = (match.group(1) or "")[-2:]
                if not year or year in _CENSUS:
                    found.append(NamedColumn(column, part, _CENSUS.get(year, "")))
                break
    return found


def find_keys(frame: pd.DataFrame, level: LevelName) -> list[Key]:
    """Return the keys of a level a table has, by the names and lengths of its columns.

    Whole codes come before codes in parts; a part is completed by parents of the same census, or of
    none.
    """
    known = named_columns(map(str, frame.columns))
    keys: dict[str, Key] = {}
    last: Part = _PARENTS[level][-1]
    for entry in known:
        if entry.part in {"whole", last}:
            codes = _whole(frame, entry.column, level)
            if codes is not None and entry.census not in keys:
                keys[entry.census] = Key(level, entry.census, (entry.column,), codes)
    for entry in known:
        if entry.part == last and entry.census not in keys and len(_PARENTS[level]) > 1:
            columns = [_parent(known, part, entry.census) for part in _PARENTS[level][:-1]]
            if all(columns):
                names = (*(str(name) for name in columns), entry.column)
                codes = read_codes([frame[name] for name in names], LEVELS[level])
                keys[entry.census] = Key(level, entry.census, names, codes)
    if not keys:  # what is wrong with codes under a telling name is said by row
        for entry in known:
            if entry.part == last and entry.census not in keys:
                codes = read_codes([frame[entry.column]], LEVELS[level])
                keys[entry.census] = Key(level, entry.census, (entry.column,), codes)
    return list(keys.values())


def find_unnamed_key(frame: pd.DataFrame, level: LevelName) -> Key | None:
    """Return the first column that holds a different whole code in each row, whatever its name.

    Only for levels whose codes are long enough not to be met by chance in every row.
    """
    if level not in _TELLING:
        return None
    for column in map(str, frame.columns):
        codes = read_codes([frame[column]], LEVELS[level])
        if len(frame) and not len(codes.wrong) and codes.codes.is_unique:
            states = codes.codes.str[:2].unique()
            if all(map(is_state, states)):
                return Key(level, "", (column,), codes)
    return None


def _whole(frame: pd.DataFrame, column: str, level: LevelName) -> Codes | None:
    """Read a column as whole codes; ``None`` if most of it is something else."""
    codes = read_codes([frame[column]], LEVELS[level])
    return codes if 2 * len(codes.wrong) < max(len(frame), 1) else None


def _parent(known: Sequence[NamedColumn], part: Part, census: str) -> str | None:
    for wanted in (census, ""):
        for entry in known:
            if entry.part == part and entry.census == wanted:
                return entry.column
    return None


def census_in(name: str) -> str:
    """Return the only census year a file name holds, empty where it holds none or several."""
    years = set(re.findall(r"(?<!\d)(2000|2010|2020)(?!\d)", name))
    return years.pop() if len(years) == 1 else ""


__all__ = ["Key", "NamedColumn", "census_in", "find_keys", "find_unnamed_key", "named_columns"]
