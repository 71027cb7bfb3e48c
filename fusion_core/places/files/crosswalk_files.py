"""Crosswalks in the layouts publishers use, told apart by the names of their columns.

Known are relationship files of the Census Bureau (tracts to PUMAs), the parts of 2010 and 2020 PUMAs
of IPUMS, block-group centres with population, crosswalks with `bg10`, `bg20` or `puma10`, `puma20` and
a weight, and – from general knowledge of their layout – those of Geocorr (MCDC).
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.geography.crosswalks import COUNT, Crosswalk
from fusion_core.geography.levels import LEVELS, LevelName, Unit
from fusion_core.ingest.generic import load_table
from fusion_core.ingest.tables import Layout, ProblemLog
from fusion_core.places.files.naming import Key, census_in, find_keys
from fusion_core.places.files.values import read_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.arguments import PathLike
    from fusion_core.ingest.tables import RawTable

_WEIGHTS: Final = {
    "population": r"(?:part)?pop(?:ulation)?|xwalkweight|weight|totpop|afact",
    "housing": r"(?:part)?(?:hu|hus|housing|housingunits|units|hh|households)",
}
_FINEST_FIRST: Final[tuple[LevelName, ...]] = ("block_group", "tract", "zip", "county")
_ENDS: Final = 2


def read_crosswalk(path: PathLike, *, encoding: str = "utf-8") -> Crosswalk:
    """Read which areas of two kinds overlap, and by how many people or homes.

    Raises
    ------
    InputError
        If the columns do not name two kinds of areas, a code is wrong or missing, a weight is
        missing, negative or no number, or a pair of areas occurs twice.
    """
    raw, begin = _with_blank_labels(load_table(path, layout=Layout(encoding)).raw)
    where = Path(path).name
    first, second = _two_ends(raw, where)
    log = ProblemLog()
    for key in (first, second):
        _report_codes(raw, key, begin, log)
    weights = {}
    for measure, column in _weight_columns(raw).items():
        weights[measure] = read_numbers(raw, column, log)
        _report_weights(raw, column, weights[measure], begin, log)
    log.raise_errors()
    pieces = pd.DataFrame({"source": first.codes.codes, "target": second.codes.codes, **weights})
    if not weights:
        pieces[COUNT] = 1.0
    pieces = pieces.iloc[begin:]
    twice = np.flatnonzero(pieces.duplicated(["source", "target"]).to_numpy())
    if len(twice):
        pair = pieces.iloc[twice[0]]
        twice = twice + begin
        raw.report(
            log,
            f"The pair {pair['source']} and {pair['target']} occurs more than once",
            column=first.columns[-1],
            positions=twice,
            fix="Keep one row per pair of areas",
        )
        log.raise_errors()
    return Crosswalk(
        Unit(first.level, _census(first, second, where)),
        Unit(second.level, _census(second, first, where)),
        pieces,
        where,
    )


def _two_ends(raw: RawTable, where: str) -> tuple[Key, Key]:
    frame = raw.frame
    pumas = find_keys(frame, "puma")
    censuses = {key.census for key in pumas}
    for level in _FINEST_FIRST:
        others = find_keys(frame, level)
        # The state and county beside a PUMA are parts of codes, not areas of their own.
        if len(others) == _ENDS and level in ("block_group", "tract"):
            return others[0], others[1]
        if others and len(pumas) == 1:
            return others[0], pumas[0]
    if len(pumas) == _ENDS and len(censuses) == _ENDS:
        return pumas[0], pumas[1]
    raise InputError(
        "The columns do not name two kinds of areas",
        where=f"{where}: {', '.join(map(str, frame.columns[:12]))}",
        fix=(
            "Name them like bg20, tract20, county, zcta, puma20 or GEOID10, with the state where the "
            "code lacks it, and the weight population or housing"
        ),
    )


def _census(key: Key, other: Key, where: str) -> str:
    """Return the census of one end: told by its column, by that of the other end, or by the file."""
    if not LEVELS[key.level].dated:
        return ""
    lone = other.census if key.level != other.level else ""
    return key.census or lone or census_in(where)


def _weight_columns(raw: RawTable) -> dict[str, str]:
    """Return the column of each measure; of several censuses', the latest."""
    found: dict[str, tuple[int, str]] = {}
    for name in map(str, raw.frame.columns):
        plain = re.sub(r"[^a-z0-9]", "", name.lower())
        for measure, words in _WEIGHTS.items():
            match = re.fullmatch(rf"(?:{words})(\d\d)?(?:ce|dec)?", plain)
            if match:
                year = int(match.group(1) or -1)
                found[measure] = max(found.get(measure, (-2, "")), (year, name))
    return {measure: name for measure, (_, name) in found.items()}


def _report_codes(raw: RawTable, key: Key, first: int, log: ProblemLog) -> None:
    wrong = key.codes.wrong[key.codes.wrong >= first]
    if len(wrong):
        raw.report(
            log,
            key.codes.flaw(wrong[0]),
            column=key.columns[-1],
            positions=wrong,
            fix="Correct or complete the codes",
        )


def _report_weights(
    raw: RawTable, column: str, values: NDArray[np.float64], first: int, log: ProblemLog
) -> None:
    checks = (
        ("The weight is missing", np.isnan(values) & raw.frame[column].isna().to_numpy()),
        ("The weight is negative", values < 0),
    )
    for what, wrong in checks:
        positions = np.flatnonzero(wrong[first:]) + first
        if len(positions):
            fix = "Every piece needs a weight of 0 or more"
            raw.report(log, what, column=column, positions=positions, fix=fix)


def _with_blank_labels(raw: RawTable) -> tuple[RawTable, int]:
    """Blank the second header row, with words, that Geocorr writes; return where the data begin."""
    head = raw.frame.iloc[0].dropna().astype(str)
    if head.str.contains(r"\d").sum() > len(head) / 4:
        return raw, 0
    frame = raw.frame.copy()
    for name in frame.columns:
        frame[name] = frame[name].where(np.arange(len(frame)) > 0)
    return replace(raw, frame=frame), 1


__all__ = ["read_crosswalk"]
