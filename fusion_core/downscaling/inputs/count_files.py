"""Published summary tables from files: counts of small areas beside their margins of error.

Read are wide tables as the Census API and data.census.gov give them (``B25003_002E`` beside
``B25003_002M``), those of NHGIS (``ALZKE002`` beside ``ALZKM002``), tables whose margins are named after
their counts (``owners`` beside ``owners_moe``), and long ones with one row per area and count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.downscaling.solving import Z90
from fusion_core.errors import InputError
from fusion_core.geography.codes import bare_code, complete_puma
from fusion_core.ingest.generic import load_table
from fusion_core.ingest.tables import ProblemLog, RawTable
from fusion_core.places.files import read_numbers
from fusion_core.records import Checked

if TYPE_CHECKING:
    from fusion_core.arguments import PathLike

AREA_LEVELS: Final = {12: "block_group", 11: "tract", 7: "puma", 5: "county"}
"""Level of areas by the length of their codes."""
_AREA_COLUMNS: Final = (
    "geoid",
    "geo_id",
    "geoid20",
    "geoid10",
    "gisjoin",
    "geoidfq",
    "area",
    "tl_geo_id",
)
_NAME_COLUMNS: Final = ("name", "variable", "category", "count_of")
_COUNT_COLUMNS: Final = ("estimate", "count", "value")
_MARGIN_COLUMNS: Final = ("moe", "margin", "moe90", "margin_of_error")
_PAIRS: Final = (
    (re.compile(r"^([A-Z]+\d+[A-Z]*_\d{3})E$"), r"\1M"),
    (re.compile(r"^([A-Z0-9]{3,5})E(\d{3})$"), r"\1M\2"),
    (re.compile(r"^(.+)$"), r"\1_moe"),
)
_CONTROLLED: Final = -555_555_555.0
"""Stands for a margin of a count the Census Bureau holds to its population estimates."""
_MISSING: Final = (-222_222_222.0, -333_333_333.0, -666_666_666.0, -888_888_888.0, -999_999_999.0)
_LEAST_ERROR: Final = 0.5
_GISJOIN: Final = re.compile(r"^G(\d\d)0(\d{3})0(\d{6})(\d?)$")


@dataclass(frozen=True)
class CountFile(Checked):
    """Counts as a file publishes them.

    Attributes
    ----------
    level
        What the areas are: ``block_group``, ``tract``, ``county`` or ``puma``.
    counts, margins
        One row per area, labelled by its code, one column per published count; margins of 90 %.
    bare
        What else may be the name of a count, without a margin beside it.
    pumas
        PUMA of each area, where the file has a column ``puma``.
    """

    level: str
    counts: pd.DataFrame
    margins: pd.DataFrame
    bare: frozenset[str] = frozenset()
    pumas: dict[str, str] = field(default_factory=dict)


def read_counts(path: PathLike) -> CountFile:
    """Read counts and margins of error of one level of areas.

    Raises
    ------
    InputError
        If no column holds codes of areas, an area occurs twice, counts have no margins, or a value
        is not a number.
    """
    raw = load_table(path).raw
    where = Path(path).name
    column = _area_column(raw, where)
    codes = raw.frame[column].astype(object).fillna("").astype(str).map(_code)
    rows = codes.str.fullmatch(r"\d+") & codes.str.len().isin(list(AREA_LEVELS))
    if not rows.any():
        raise InputError(
            f"Column '{column}' holds no codes of block groups, tracts, counties or PUMAs",
            where=where,
            fix="Give codes of 12, 11, 5 or 7 digits, the state first",
        )
    raw, codes = _kept(raw, rows), codes[rows].reset_index(drop=True)
    lengths = codes.str.len().unique()
    if len(lengths) > 1:
        raise InputError(
            f"The table mixes areas with codes of {' and '.join(map(str, sorted(lengths)))} digits",
            where=where,
            fix="Give one file per level of areas",
        )
    log = ProblemLog()
    counts, margins = _long(raw, codes, log) or _wide(raw, codes, column, where, log)
    log.raise_errors()
    level, bare = AREA_LEVELS[int(lengths[0])], _bare(list(map(str, raw.frame.columns)))
    return CountFile(level, counts, margins, bare, _pumas(raw, codes))


def _pumas(raw: RawTable, codes: pd.Series[str]) -> dict[str, str]:
    named = next((name for name in raw.frame.columns if str(name).lower() == "puma"), None)
    if named is None:
        return {}
    given = raw.frame[named].astype(object).fillna("").astype(str).map(complete_puma)
    return dict(zip(codes, given, strict=True))


def _code(text: str) -> str:
    join = _GISJOIN.match(text.strip())
    return "".join(join.groups()) if join else bare_code(text)


def _kept(raw: RawTable, rows: pd.Series[bool]) -> RawTable:
    return replace(raw, frame=raw.frame[rows].reset_index(drop=True))


def _area_column(raw: RawTable, where: str) -> str:
    names = {str(name).lower(): str(name) for name in raw.frame.columns}
    for wanted in _AREA_COLUMNS:
        if wanted in names:
            return names[wanted]
    raise InputError(
        "No column holds the codes of areas",
        where=f"{where}: {', '.join(map(str, raw.frame.columns[:8]))}",
        fix="Name it GEOID, GEO_ID or area",
    )


def _long(
    raw: RawTable, codes: pd.Series[str], log: ProblemLog
) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Read one row per area and count; ``None`` if the table is not like that."""
    names = {str(name).lower(): str(name) for name in raw.frame.columns}
    parts = [
        next((names[one] for one in known if one in names), None)
        for known in (_NAME_COLUMNS, _COUNT_COLUMNS, _MARGIN_COLUMNS)
    ]
    if parts[0] is None or parts[1] is None or parts[2] is None:
        return None
    title = raw.frame[parts[0]].astype(str)
    if "table" in names:
        title = raw.frame[names["table"]].astype(str) + " " + title
    frame = pd.DataFrame(
        {
            "area": codes,
            "name": title,
            "count": read_numbers(raw, parts[1], log, missing=_MISSING),
            "margin": read_numbers(raw, parts[2], log, missing=_MISSING),
        }
    )
    twice = frame.duplicated(["area", "name"])
    if twice.any():
        row = frame[twice].iloc[0]
        raise InputError(
            f"The count of '{row['name']}' in area {row['area']} occurs more than once",
            where=raw.path.name,
            fix="Keep one row per area and count",
        )
    counts, margins = (
        frame.pivot_table(index="area", columns="name", values=value, dropna=False)
        for value in ("count", "margin")
    )
    return counts, margins


def _wide(
    raw: RawTable, codes: pd.Series[str], key: str, where: str, log: ProblemLog
) -> tuple[pd.DataFrame, pd.DataFrame]:
    if codes.duplicated().any():
        raise InputError(
            f"Area {codes[codes.duplicated()].iloc[0]} occurs more than once",
            where=where,
            fix="Keep one row per area",
        )
    pairs = _pairs([str(name) for name in raw.frame.columns if str(name) != key])
    if not pairs:
        raise InputError(
            "No count has a margin of error beside it",
            where=where,
            fix="Download the table with its margins, named like B25003_002M or owners_moe",
        )
    index = pd.Index(codes, name="area")
    counts, margins = {}, {}
    for name, (count, margin) in pairs.items():
        counts[name] = read_numbers(raw, count, log, missing=_MISSING)
        margins[name] = read_numbers(raw, margin, log, missing=_MISSING)
    return pd.DataFrame(counts, index=index), pd.DataFrame(margins, index=index)


def _pairs(columns: list[str]) -> dict[str, tuple[str, str]]:
    """Return the columns of count and margin of each published count, by its name."""
    known = {name.lower(): name for name in columns}
    found: dict[str, tuple[str, str]] = {}
    for pattern, margin in _PAIRS:
        for name in columns:
            match = pattern.match(name)
            beside = known.get(match.expand(margin).lower()) if match else None
            if match and beside is not None and beside != name:
                found.setdefault(_title(pattern, match), (name, beside))
    return found


def _bare(columns: list[str]) -> frozenset[str]:
    """Return what columns without a margin could be called in a constraint."""
    paired = {name for pair in _pairs(columns).values() for name in pair}
    return frozenset(
        _title(pattern, match)
        for name in columns
        if name not in paired
        for pattern, _ in _PAIRS
        if (match := pattern.match(name)) is not None
    )


def _title(pattern: re.Pattern[str], match: re.Match[str]) -> str:
    return match.expand(r"\1_\2") if pattern.groups > 1 else match.group(1)


def standard_errors(
    counts: NDArray[np.float64], margins: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return standard errors of published counts.

    Counts that are held to population estimates have no sampling error; half a household stands for
    rounding. Counts without a margin stay without an error.

    Parameters
    ----------
    counts, margins
        Published counts and their 90 % margins, same shape.
    """
    held = margins == _CONTROLLED
    errors = np.where(held, 0.0, margins) / Z90
    known = np.isfinite(errors) & (errors >= 0)
    return np.where(known & np.isfinite(counts), np.maximum(errors, _LEAST_ERROR), np.nan)


def summed_margin(counts: NDArray[np.float64], margins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the margin of a sum of published counts, along the last axis.

    The root of the sum of squares; of counts of zero only the largest margin enters, since their
    margins are set by the size of the area alone (Census Bureau 2020, *Understanding and Using ACS
    Data*, chapter 8).

    Parameters
    ----------
    counts, margins
        Counts and margins of the terms, last axis the terms.
    """
    zero = counts == 0
    largest = np.where(zero, margins, 0.0).max(axis=-1, initial=0.0)
    squares = np.where(zero, 0.0, margins**2).sum(axis=-1)
    return np.asarray(np.sqrt(squares + largest**2))


__all__ = ["AREA_LEVELS", "CountFile", "read_counts", "standard_errors", "summed_margin"]
